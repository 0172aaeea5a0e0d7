package transfer

import (
	"bytes"
	"context"
	"errors"
	"iter"

	"countersign/otp"
)

// Databases of apps on a rooted phone are known here and opened by package
// sqlitefile: an engine for SQLite does not fit into a web page.

// ErrSealedToPhone is of an account whose secret is in the database, but
// encrypted with a key that its phone gives to nobody ([SealedToPhone]).
var ErrSealedToPhone = errors.New("the secret is encrypted with a key of its phone")

func isSQLite(f *file) bool { return f.prefix("SQLite format 3\x00") }

func isMicrosoft(f *file) bool {
	return isSQLite(f) && bytes.Contains(f.data, []byte("oath_secret_key"))
}

func isGoogleDatabase(f *file) bool {
	return isSQLite(f) && bytes.Contains(f.data, []byte("accounts")) && bytes.Contains(f.data, []byte("email"))
}

func readDatabase(_ context.Context, j *job) error { return j.noExport(UseTerminal) }

// Gather makes a result of accounts that were read elsewhere, each with nil or
// an error of package otp or [ErrSealedToPhone], as [Read] would have: checked,
// and each once. The
// format is one of [Formats] by its ID; of another, the error is [ErrUnknown].
func Gather(format string, accounts iter.Seq2[Account, error]) (Result, error) {
	j := &job{seen: map[identity]int{}}
	for _, row := range table {
		if row.ID == format {
			j.result.Format = row.Format
		}
	}
	if j.result.Format.ID == "" {
		return Result{}, ErrUnknown
	}
	for a, err := range accounts {
		if err := j.room(context.Background()); err != nil {
			return Result{}, err
		}
		if a.Type == "" {
			a.Type = string(otp.TOTP)
		}
		j.addOr(a, err)
		j.at++
	}
	return j.result, nil
}
