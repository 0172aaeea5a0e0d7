package signin

import "crypto/rand"

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
