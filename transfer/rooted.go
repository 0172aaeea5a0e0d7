package transfer

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"countersign/otp"
)

// Apps that export nothing: what they keep on a phone whose owner may read it.

// Authy keeps its accounts as JSON inside of preferences; its own, which have
// ten seconds and seven digits, in another file than those of others.

func isAuthy(f *file) bool {
	return f.isPreferences("decryptedSecret") || f.isPreferences("encryptedSecret") || f.isPreferences("secretSeed")
}

type authyEntry struct {
	DecryptedSecret, EncryptedSecret, Salt, SecretSeed text
	Name, OriginalName, OriginalIssuer, AccountType    text
	Digits                                             number
}

func readAuthy(ctx context.Context, j *job) error {
	all, err := preferences(j.file.data)
	if err != nil {
		return err
	}
	var list []json.RawMessage
	for _, p := range all {
		if array, err := readArray([]byte(p.value)); err == nil {
			list = append(list, array...)
		}
	}
	opened, failed := 0, error(nil)
	err = each(ctx, j, list, func(e authyEntry) {
		if e.EncryptedSecret != "" && e.DecryptedSecret == "" && (failed == nil || opened > 0) {
			var err error
			if e.DecryptedSecret, err = j.openAuthy(ctx, e); err == nil {
				opened++
			} else {
				failed = err
			}
		}
		j.addAuthy(e)
	})
	if failed != nil && (opened == 0 || !errors.Is(failed, ErrPassword)) {
		return failed
	}
	return err
}

// openAuthy opens the secret of an account, each under a salt of its own, which
// is used as it is written.
func (j *job) openAuthy(ctx context.Context, e authyEntry) (text, error) {
	sealed, err := unbase64(string(e.EncryptedSecret))
	if err != nil {
		return "", ErrPassword
	}
	key, err := j.unlock(ctx, pbkdf2{sha1.New, []byte(e.Salt), 1000, 32})
	if err != nil {
		return "", err
	}
	plain, err := openCBC(key, make([]byte, 16), sealed)
	if err == nil {
		_, err = otp.ParseSecret(string(plain))
	}
	if err != nil {
		return "", ErrPassword
	}
	return text(plain), nil
}

func (j *job) addAuthy(e authyEntry) {
	a := Account{Type: string(otp.TOTP), Issuer: string(e.OriginalIssuer), Name: string(e.Name), Digits: e.Digits.or(0)}
	if issuer, name, ok := strings.Cut(string(e.OriginalName), ":"); ok {
		a.Issuer, a.Name = cmp.Or(a.Issuer, issuer), name
	} else if issuer, name, ok := strings.Cut(string(e.Name), " - "); ok && a.Issuer == "" {
		a.Issuer, a.Name = issuer, name
	}
	a.Issuer, a.Name = cmp.Or(a.Issuer, string(e.AccountType)), strings.TrimPrefix(a.Name, a.Issuer+": ")
	var err error
	if e.SecretSeed != "" {
		a.Issuer, a.Period, a.Digits = cmp.Or(a.Issuer, "Authy"), 10, cmp.Or(a.Digits, 7)
		if a.Secret, err = hex.DecodeString(string(e.SecretSeed)); err != nil {
			err = otp.ErrSecret
		}
	} else {
		a.Secret, err = otp.ParseSecret(string(e.DecryptedSecret))
	}
	j.addOr(a, err)
}

// Battle.net masks its one secret with a constant.

const (
	battleNetSecret = "com.blizzard.messenger.AUTHENTICATOR_DEVICE_SECRET"
	battleNetSerial = "com.blizzard.messenger.AUTHENTICATOR_SERIAL"
	battleNetMask   = "398e27fc50276a656065b0e525f4c06c04c61075286b8e7aeda59da9813b5dd6c80d2fb38068773fa59ba47c17ca6c6479015c1d5b8b8f6b9a"
)

func isBattleNet(f *file) bool { return f.isPreferences(battleNetSecret) }

func readBattleNet(_ context.Context, j *job) error {
	all, err := preferences(j.file.data)
	if err != nil {
		return err
	}
	a := Account{Type: string(otp.TOTP), Issuer: "Battle.net", Digits: 8}
	for _, p := range all {
		switch p.name {
		case battleNetSerial:
			a.Name = string(unmask(p.value))
		case battleNetSecret:
			if a.Secret, err = hex.DecodeString(string(unmask(p.value))); err != nil {
				err = otp.ErrSecret
			}
		}
	}
	j.addOr(a, err)
	return nil
}

// unmask is empty if s is not masked.
func unmask(s string) []byte {
	mask, _ := hex.DecodeString(battleNetMask)
	b, err := hex.DecodeString(s)
	if err != nil || len(b) > len(mask) {
		return nil
	}
	for i := range b {
		b[i] ^= mask[i]
	}
	return b
}
