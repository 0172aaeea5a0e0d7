package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign/internal/server/db"
)

// Lengths of the names that people choose themselves, in characters.
const (
	ShortestName = 3
	LongestName  = 40
)

// Registers returns the directory in which people make their account
// themselves; ok is false where there is none.
func Registers(ctx context.Context, tx *db.Tx) (d Directory, ok bool, err error) {
	d, err = scanDirectory(tx.QueryRow(ctx, `SELECT `+directoryColumns+` FROM directory WHERE kind = 'personal' ORDER BY created_at, id LIMIT 1`))
	if errors.Is(err, ErrUnknown) {
		return d, false, nil
	}
	return d, err == nil && d.Policy.SelfRegister, err
}

// LoginOf is what somebody signs in with who chose a name in a directory: the
// name, and the directory's domain if it has one. A name cannot look like
// somebody's address elsewhere. The error is [ErrInvalid].
func (d Directory) LoginOf(name string) (string, error) {
	login, err := Login(name)
	if d.Domain != "" {
		login = strings.TrimSuffix(login, "@"+d.Domain)
	}
	n := utf8.RuneCountInString(login)
	first, _ := utf8.DecodeRuneInString(login)
	if err != nil || n < ShortestName || n > LongestName || !alphanumeric(first) || strings.ContainsFunc(login, func(r rune) bool {
		return !alphanumeric(r) && !strings.ContainsRune("._-", r)
	}) {
		return "", fmt.Errorf("name to sign in with: %w", ErrInvalid)
	}
	if d.Domain != "" {
		login += "@" + d.Domain
	}
	return login, nil
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
