package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"

	"countersign/otp"
)

// TOTP Authenticator: base64 of AES-CBC under the hash of a password, or of a
// constant where a person chose none; and what it keeps in its preferences.

const (
	totpAuthDefault = "TotpAuthenticator"
	totpAuthList    = "STATIC_TOTP_CODES_LIST"
)

// isTOTPAuth is all that can be said of the backup: base64 of whole blocks.
func isTOTPAuth(f *file) bool {
	b := bytes.TrimSpace(f.data)
	if len(b) < 64 || len(bytes.Trim(b[:64], base64Alphabet)) > 0 || len(bytes.Trim(b, base64Alphabet+"\r\n=")) > 0 {
		return false
	}
	sealed, err := unbase64(string(b))
	return err == nil && len(sealed)%16 == 0
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func readTOTPAuth(ctx context.Context, j *job) error {
	sealed, err := unbase64(string(bytes.TrimSpace(j.file.data)))
	if err != nil {
		return err
	}
	list, err := openTOTPAuth([]byte(totpAuthDefault), sealed)
	if err != nil {
		key, err := j.unlock(ctx, noKDF(func(password []byte) []byte { return password }))
		if err != nil {
			return err
		}
		if list, err = openTOTPAuth(key, sealed); err != nil {
			return err
		}
	}
	return j.addTOTPAuth(ctx, list)
}

// openTOTPAuth opens the list, which is the name of a member of an object.
func openTOTPAuth(password, sealed []byte) ([]json.RawMessage, error) {
	key := sha256.Sum256(password)
	plain, err := openCBC(key[:], make([]byte, 16), sealed)
	if err != nil {
		return nil, err
	}
	var names map[string]json.RawMessage
	if json.Unmarshal(plain, &names) != nil {
		return nil, ErrPassword // one in 256 wrong keys leaves what looks like padding
	}
	var list []json.RawMessage
	for _, name := range sortedKeys(names) {
		array, err := readArray([]byte(name))
		if err != nil {
			return nil, err
		}
		list = append(list, array...)
	}
	return list, nil
}

func isTOTPAuthPreferences(f *file) bool { return f.isPreferences(totpAuthList) }

func readTOTPAuthPreferences(ctx context.Context, j *job) error {
	all, err := preferences(j.file.data)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.name != totpAuthList {
			continue
		}
		array, err := readArray([]byte(p.value))
		if err != nil {
			return err
		}
		return j.addTOTPAuth(ctx, array)
	}
	return ErrBroken
}

// addTOTPAuth takes over accounts, each of which is JSON in a text.
func (j *job) addTOTPAuth(ctx context.Context, list []json.RawMessage) error {
	inner := make([]json.RawMessage, len(list))
	for i, raw := range list {
		var s text
		_ = s.UnmarshalJSON(raw)
		inner[i] = json.RawMessage(s)
	}
	return each(ctx, j, inner, func(e struct {
		Base              number
		Key, Name, Issuer text
	}) {
		a := Account{Type: string(otp.TOTP), Issuer: string(e.Issuer), Name: string(e.Name)}
		var err error
		switch e.Base.n {
		case 16:
			a.Secret, err = unhex(string(e.Key), 0)
		case 32:
			a.Secret, err = otp.ParseSecret(string(e.Key))
		case 64:
			a.Secret, err = unbase64(string(e.Key))
		}
		if err != nil {
			err = otp.ErrSecret
		}
		j.addOr(a, err)
	})
}
