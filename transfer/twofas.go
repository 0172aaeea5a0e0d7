package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
)

// 2FAS: .2fas files of schema 1 to 4. With a password the services are
// encrypted and the groups are not; "reference" is a constant under the same
// key, which tells a wrong password from a broken file.

func isTwoFAS(f *file) bool {
	return f.has("schemaVersion") && (f.has("services") || f.has("servicesEncrypted"))
}

func readTwoFAS(ctx context.Context, j *job) error {
	var f struct {
		Services, Groups             json.RawMessage
		ServicesEncrypted, Reference text
	}
	if err := readObject(j.file.data, &f); err != nil {
		return err
	}
	services := []byte(f.Services)
	if strings.TrimSpace(string(f.ServicesEncrypted)) != "" {
		var err error
		if services, err = j.openTwoFAS(ctx, string(f.ServicesEncrypted), string(f.Reference)); err != nil {
			return err
		}
	}
	array, err := readArray(services)
	if err != nil {
		return err
	}
	return j.addTwoFAS(ctx, array, twoFASGroups(f.Groups))
}

// A twoFASBox is base64 of ciphertext with tag, salt and nonce, between colons.
type twoFASBox struct{ sealed, salt, nonce []byte }

func readTwoFASBox(s string) (b twoFASBox, err error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return b, ErrBroken
	}
	for i, into := range []*[]byte{&b.sealed, &b.salt, &b.nonce} {
		if *into, err = unbase64(parts[i]); err != nil || len(*into) == 0 {
			return b, ErrBroken
		}
	}
	return b, nil
}

func (j *job) openTwoFAS(ctx context.Context, services, reference string) ([]byte, error) {
	box, err := readTwoFASBox(services)
	if err != nil {
		return nil, err
	}
	key, err := j.unlock(ctx, pbkdf2{sha256.New, box.salt, 10_000, 32})
	if err != nil {
		return nil, err
	}
	plain, err := openGCM(key, box.nonce, box.sealed, nil)
	if err == nil {
		return plain, nil
	}
	if ref, rerr := readTwoFASBox(reference); rerr == nil {
		if _, rerr = openGCM(key, ref.nonce, ref.sealed, nil); rerr == nil {
			return nil, ErrBroken // the password was right
		}
	}
	return nil, err
}

func twoFASGroups(raw json.RawMessage) map[text]string {
	names := map[text]string{}
	array, _ := readArray(raw) // none in schema 1
	for _, r := range array {
		var g struct{ ID, Name text }
		if readObject(r, &g) == nil {
			names[g.ID] = string(g.Name)
		}
	}
	return names
}

type twoFASService struct {
	Name, Secret, GroupID text
	OTP                   struct {
		Label, Account, Issuer, Algorithm, TokenType text
		Digits, Period, Counter                      number
	}
}

func (j *job) addTwoFAS(ctx context.Context, services []json.RawMessage, groups map[text]string) error {
	return each(ctx, j, services, func(s twoFASService) {
		account := s.OTP.Account
		if issuer, label, ok := strings.Cut(string(s.OTP.Label), ":"); account == "" && ok {
			account = text(label)
		} else if account == "" && issuer != string(s.Name) {
			account = s.OTP.Label
		}
		j.addEntry(entry{
			Type: s.OTP.TokenType, Issuer: string(cmp.Or(s.OTP.Issuer, s.Name)), Name: string(account), Secret: s.Secret,
			Algorithm: s.OTP.Algorithm, Digits: s.OTP.Digits, Period: s.OTP.Period, Counter: s.OTP.Counter,
			Tags: []string{groups[s.GroupID]},
		})
	})
}
