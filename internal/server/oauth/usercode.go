package oauth

import (
	"crypto/rand"
	"strings"
)

// A user code has eight of these letters, 34 bits: no vowels, so that it spells
// nothing, and none that is taken for another (RFC 8628 §6.1).
const (
	userLetters = "BCDFGHJKLMNPQRSTVWXZ"
	userLength  = 8
)

// newUserCode draws one evenly: of a byte, values that would favour some letters are drawn again.
func newUserCode() string {
	code := make([]byte, 0, userLength)
	for len(code) < userLength {
		var one [1]byte
		rand.Read(one[:])
		if n := len(userLetters); int(one[0]) < 256/n*n {
			code = append(code, userLetters[int(one[0])%n])
		}
	}
	return string(code)
}

// showUserCode groups a code for eyes: BCDF-GHJK.
func showUserCode(code string) string { return code[:userLength/2] + "-" + code[userLength/2:] }

// parseUserCode reads what a person typed: any case, spaces and dashes anywhere,
// full-width letters of a Japanese keyboard.
func parseUserCode(typed string) (code string, ok bool) {
	var b strings.Builder
	for _, r := range typed {
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		if strings.ContainsRune(" \t\r\n\u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc", r) {
			continue
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		if !strings.ContainsRune(userLetters, r) || b.Len() == userLength {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), b.Len() == userLength
}
