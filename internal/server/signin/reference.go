package signin

import (
	"crypto/rand"
	"strings"
)

// crockford is the alphabet without the letters one mistakes for digits.
const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewReference makes a correlation reference: CS-7F42-19KD. The same one is on
// the page, on the phone and in the logs of one sign-in. It opens nothing.
func NewReference() string {
	var b [8]byte
	rand.Read(b[:])
	s := []byte("CS-0000-0000")
	for i, v := range b {
		at := 3 + i
		if i > 3 {
			at++
		}
		s[at] = crockford[v%32]
	}
	return string(s)
}

// ReadReference reads a reference however it was said and typed: without the
// hyphens, in small letters, with an O for a zero. ok tells whether it can be one.
func ReadReference(typed string) (reference string, ok bool) {
	s := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	s, begins := strings.CutPrefix(s, "CS")
	if !begins || len(s) != 8 || strings.Trim(s, crockford) != "" {
		return "", false
	}
	return "CS-" + s[:4] + "-" + s[4:], true
}
