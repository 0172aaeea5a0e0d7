package transfer

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"strings"

	"countersign/otp"
)

// Stratum, which was Authenticator Pro: documented JSON, plain or behind one of
// two headers that differ in their letters only.
// https://github.com/stratumauth/app/blob/master/doc/BACKUP_FORMAT.md

const (
	stratumStrong = "AUTHENTICATORPRO" // salt 16, nonce 12, AES-GCM under Argon2id
	stratumLegacy = "AuthenticatorPro" // salt 20, IV 16, AES-CBC under PBKDF2
)

func isStratumSealed(f *file) bool { return f.prefix(stratumStrong) || f.prefix(stratumLegacy) }

func readStratumSealed(ctx context.Context, j *job) error {
	open := j.openStratumLegacy
	if j.file.prefix(stratumStrong) {
		open = j.openStratumStrong
	}
	plain, err := open(ctx, j.file.data[len(stratumStrong):])
	if err != nil {
		return err
	}
	return j.addStratum(ctx, plain)
}

func (j *job) openStratumStrong(ctx context.Context, b []byte) ([]byte, error) {
	if len(b) < 16+12+16 {
		return nil, ErrBroken
	}
	key, err := j.unlock(ctx, argon2id{b[:16], 64 << 10, 3, 4, 32})
	if err != nil {
		return nil, err
	}
	return openGCM(key, b[16:28], b[28:], nil)
}

func (j *job) openStratumLegacy(ctx context.Context, b []byte) ([]byte, error) {
	if len(b) < 20+16+16 || (len(b)-36)%16 != 0 {
		return nil, ErrBroken
	}
	key, err := j.unlock(ctx, pbkdf2{sha1.New, b[:20], 64_000, 32})
	if err != nil {
		return nil, err
	}
	plain, err := openCBC(key, b[20:36], b[36:])
	if err == nil && !json.Valid(plain) {
		err = ErrPassword // one in 256 wrong keys leaves what looks like padding
	}
	return plain, err
}

func isStratum(f *file) bool { return f.has("Authenticators") }

func readStratum(ctx context.Context, j *job) error { return j.addStratum(ctx, j.file.data) }

type stratumEntry struct {
	Type                               number
	Issuer, Username, Secret, Pin      text
	Algorithm, Digits, Period, Counter number
}

var (
	stratumTypes      = []text{1: "hotp", 2: "totp", 3: "motp", 4: "steam", 5: "yandex"}
	stratumAlgorithms = []text{"SHA1", "SHA256", "SHA512"}
)

func (j *job) addStratum(ctx context.Context, data []byte) error {
	var f struct{ Authenticators, Categories, AuthenticatorCategories []json.RawMessage }
	if err := readObject(data, &f); err != nil || f.Authenticators == nil {
		return ErrBroken
	}
	tags := stratumTags(f.Categories, f.AuthenticatorCategories)
	return each(ctx, j, f.Authenticators, func(e stratumEntry) {
		to := entry{
			Type: nthOf(stratumTypes, e.Type), Issuer: string(e.Issuer), Name: string(e.Username), Secret: e.Secret,
			Algorithm: nthOf(stratumAlgorithms, e.Algorithm), Digits: e.Digits, Period: e.Period, Counter: e.Counter,
			Pin: e.Pin, Tags: tags[e.Secret],
		}
		if to.Type == text(otp.MOTP) {
			j.addStratumMOTP(to)
			return
		}
		j.addEntry(to)
	})
}

// nthOf is the name behind a number; of one that has none, the number.
func nthOf(names []text, n number) text {
	if !n.odd && n.n >= 0 && n.n < int64(len(names)) && names[n.n] != "" {
		return names[n.n]
	}
	return "?"
}

// stratumTags are the categories' names by the secret they are bound to.
func stratumTags(categories, bindings []json.RawMessage) map[text][]string {
	names, tags := map[text]string{}, map[text][]string{}
	for _, raw := range categories {
		var c struct{ ID, Name text }
		if readObject(raw, &c) == nil {
			names[c.ID] = string(c.Name)
		}
	}
	for _, raw := range bindings {
		var b struct{ CategoryID, AuthenticatorSecret text }
		if readObject(raw, &b) == nil && names[b.CategoryID] != "" {
			tags[b.AuthenticatorSecret] = append(tags[b.AuthenticatorSecret], names[b.CategoryID])
		}
	}
	return tags
}

// addStratumMOTP takes over an mOTP account: its secret is hexadecimal, and
// hashed as it is written. Without a field for the PIN, it is the last four
// characters.
func (j *job) addStratumMOTP(e entry) {
	secret, pin := string(e.Secret), string(e.Pin)
	if pin == "" && len(secret) == 20 {
		secret, pin = secret[:16], secret[16:]
	}
	a := Account{Type: string(otp.MOTP), Issuer: e.Issuer, Name: e.Name, Pin: pin, Tags: e.Tags}
	var err error
	if a.Secret, err = hex.DecodeString(secret); err != nil || secret != strings.ToLower(secret) {
		j.fail(a.Label(), otp.ErrSecret)
		return
	}
	j.add(a)
}
