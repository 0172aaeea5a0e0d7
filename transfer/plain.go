package transfer

import (
	"cmp"

	"countersign/otp"
)

// An entry is an account as most programs' JSON has it, one field for each
// thing.
type entry struct {
	Type                    text
	Issuer, Name            string
	Secret                  text // base32
	Algorithm               text
	Digits, Period, Counter number
	Pin                     text
	Tags                    []string
	Note                    string
	Pinned                  bool
}

// addEntry takes over an entry, or tells what is wrong with it.
func (j *job) addEntry(e entry) {
	a := Account{
		Type: cmp.Or(e.Type.kind(), string(otp.TOTP)), Issuer: e.Issuer, Name: e.Name, Algorithm: e.Algorithm.algorithm(),
		Digits: e.Digits.or(0), Period: e.Period.or(0), Pin: string(e.Pin), Tags: e.Tags, Note: e.Note, Pinned: e.Pinned,
	}
	var err error
	if a.Secret, err = e.Secret.base32(a.Type); err != nil {
		j.fail(a.Label(), err)
		return
	}
	j.addCounted(a, e.Counter)
}

// addCounted takes over an account with a counter that may be none.
func (j *job) addCounted(a Account, counter number) {
	var ok bool
	if a.Counter, ok = counter.count(); !ok && a.Type == string(otp.HOTP) {
		j.problem(a.Label(), BadCounter, "")
		return
	}
	j.add(a)
}

// addField takes over what password managers have in their field for one-time
// codes: a URI, or only the secret.
func (j *job) addField(value string, others Account) {
	if schemeOf(value) != "" {
		j.addURI(value, others)
		return
	}
	others.Type = string(otp.TOTP)
	var err error
	others.Secret, err = otp.ParseSecret(value)
	j.addOr(others, err)
}
