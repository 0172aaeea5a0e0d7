package transfer

import "context"

// Raivo OTP: a JSON list in which every value is a text, and a zip with it
// under a password.

const raivoData = "raivo-otp-export.json"

func isRaivo(f *file) bool { return f.someHave("kind", "timer", "account", "secret") }

func readRaivo(ctx context.Context, j *job) error { return j.addRaivo(ctx, j.file.data) }

func isRaivoZip(f *file) bool { return f.member(isNamed(raivoData)) != nil }

func readRaivoZip(ctx context.Context, j *job) error {
	data, err := j.unpackSealed(ctx, j.file.member(isNamed(raivoData)))
	if err != nil {
		return err
	}
	return j.addRaivo(ctx, data)
}

func isNamed(want string) func(string) bool { return func(name string) bool { return name == want } }

func (j *job) addRaivo(ctx context.Context, data []byte) error {
	array, err := readArray(data)
	if err != nil {
		return err
	}
	return each(ctx, j, array, func(e struct {
		Kind, Algorithm, Issuer, Account, Secret text
		Timer, Digits, Counter                   number
		Pinned                                   truth
	}) {
		j.addEntry(entry{
			Type: e.Kind, Issuer: string(e.Issuer), Name: string(e.Account), Secret: e.Secret, Algorithm: e.Algorithm,
			Digits: e.Digits, Period: e.Timer, Counter: e.Counter, Pinned: bool(e.Pinned),
		})
	})
}

// Authenticator Plus: a zip with a list of URIs under a password.

const authPlusData = "Accounts.txt"

func isAuthPlus(f *file) bool { return f.member(isNamed(authPlusData)) != nil }

func readAuthPlus(ctx context.Context, j *job) error {
	data, err := j.unpackSealed(ctx, j.file.member(isNamed(authPlusData)))
	if err != nil {
		return err
	}
	return j.addLines(ctx, string(plainText(data)))
}
