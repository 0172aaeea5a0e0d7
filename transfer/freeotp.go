package transfer

import (
	"cmp"
	"context"
	"encoding/json"

	"countersign/otp"
)

// FreeOTP 1 and FreeOTP+: the same JSON of a token, in the preferences of the
// one and in a list of the other. FreeOTP+ also writes a list of URIs.

func isFreeOTP(f *file) bool { return f.isPreferences("issuerExt") || f.isPreferences(">otpauth://") }

func readFreeOTP(ctx context.Context, j *job) error {
	all, err := preferences(j.file.data)
	if err != nil {
		return err
	}
	var tokens []json.RawMessage
	for _, p := range all {
		switch {
		case p.name == "tokenOrder":
		case schemeOf(p.value) != "": // of its first versions
			j.addURI(p.value, Account{})
		default:
			tokens = append(tokens, json.RawMessage(p.value))
		}
	}
	return each(ctx, j, tokens, j.addFreeOTP)
}

func isFreeOTPPlus(f *file) bool { return f.listHas("tokens", "secret", "type") }

func readFreeOTPPlus(ctx context.Context, j *job) error {
	tokens, err := readArray(j.file.object["tokens"])
	if err != nil {
		return err
	}
	return each(ctx, j, tokens, j.addFreeOTP)
}

// A freeOTPToken has two issuers: Ext is shown, Int was in the URI. Alt is what
// a person changed them to.
type freeOTPToken struct {
	Type, Algo                      text
	IssuerExt, IssuerInt, IssuerAlt text
	Label, LabelAlt                 text
	Secret                          signedBytes
	Digits, Period, Counter         number
}

func (t freeOTPToken) issuer() string { return string(cmp.Or(t.IssuerAlt, t.IssuerExt, t.IssuerInt)) }

func (t freeOTPToken) label() string { return string(cmp.Or(t.LabelAlt, t.Label)) }

func (j *job) addFreeOTP(t freeOTPToken) {
	a := Account{
		Type: cmp.Or(t.Type.kind(), string(otp.TOTP)), Issuer: t.issuer(), Name: t.label(),
		Secret: t.Secret, Algorithm: t.Algo.algorithm(), Digits: t.Digits.or(0), Period: t.Period.or(0),
	}
	switch {
	case a.Type == string(otp.TOTP) && a.Issuer == "Steam":
		a.Type, a.Digits = string(otp.Steam), 0
	case a.Type == string(otp.HOTP) && t.Counter.ok:
		t.Counter.n++ // it keeps the counter of the last code, -1 before the first
	}
	j.addCounted(a, t.Counter)
}

// signedBytes are bytes as Java's JSON writes them: a list of numbers from -128
// to 127. Anything else is no bytes at all.
type signedBytes []byte

func (b *signedBytes) UnmarshalJSON(raw []byte) error {
	var numbers []number
	*b = nil
	if json.Unmarshal(raw, &numbers) != nil || len(numbers) > MaxFile {
		return nil
	}
	out := make([]byte, len(numbers))
	for i, n := range numbers {
		if !n.ok || n.n < -128 || n.n > 255 {
			return nil
		}
		out[i] = byte(n.n)
	}
	*b = out
	return nil
}
