package method

import (
	_ "embed"
	"errors"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"countersign/internal/server/directory"
)

// Lengths of a password in characters (NIST SP 800-63B-4, 3.1.1.2).
const (
	ShortestWithSecond = 8  // where a second proof is asked
	ShortestAlone      = 15 // where it is all there is
	Longest            = 256
)

// Why a new password is refused.
var (
	ErrTooShort = errors.New("password is too short")
	ErrTooLong  = errors.New("password is too long")
	ErrCommon   = errors.New("password is one that is tried first")
	ErrPersonal = errors.New("password is the person's own name")
	ErrSame     = errors.New("password is the one there was")
)

//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			words[line] = true
		}
	}
	return words
})

// Shortest is how many characters a password needs under a policy.
func Shortest(p directory.Policy) int {
	if p.SecondFactor {
		return ShortestWithSecond
	}
	return ShortestAlone
}

// CheckNew tells whether a person may choose a password. There are no rules
// about kinds of characters: they make passwords worse.
func CheckNew(p directory.Policy, person directory.Person, password string) error {
	password = prepare(password)
	n := utf8.RuneCountInString(password)
	switch low := strings.ToLower(password); {
	case n < Shortest(p):
		return ErrTooShort
	case n > Longest:
		return ErrTooLong
	case common()[low], monotone(low):
		return ErrCommon
	case personal(person, low):
		return ErrPersonal
	}
	return nil
}

// monotone tells whether a text is one or two characters over and over.
func monotone(s string) bool {
	seen := map[rune]bool{}
	for _, c := range s {
		seen[c] = true
	}
	return len(seen) <= 2
}

// personal tells whether a text is the person's login, address or name, give
// or take digits and marks at its end.
func personal(person directory.Person, low string) bool {
	bare := strings.TrimRightFunc(low, func(r rune) bool { return !unicode.IsLetter(r) })
	local, _, _ := strings.Cut(person.Login, "@")
	for _, own := range []string{person.Login, local, person.Email, person.Name, strings.ReplaceAll(person.Name, " ", "")} {
		own = strings.ToLower(own)
		if own != "" && (low == own || bare == own) {
			return true
		}
	}
	return false
}

// prepare brings a password into one form however it was typed: NFC, and every
// space the ordinary one (RFC 8265, OpaqueString).
func prepare(password string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}
