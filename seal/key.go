package seal

import (
	"crypto/rand"
	"fmt"
	"strings"
)

const (
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	groups    = 8
	data      = 4 // symbols of a group that are drawn; the fifth is the check symbol
)

// A RecoveryKey opens a backup when every device is lost: 160 random bits that
// a person keeps on paper, as eight groups of five symbols. It refuses to be
// printed; [RecoveryKey.Reveal] is the only way out.
type RecoveryKey struct{ symbols *[groups * data]byte }

// NewRecoveryKey draws a recovery key.
func NewRecoveryKey() RecoveryKey {
	var v [groups * data]byte
	_, _ = rand.Read(v[:]) // never fails
	for i := range v {
		v[i] %= 32
	}
	return RecoveryKey{&v}
}

func (RecoveryKey) String() string   { return "[recovery key]" }
func (RecoveryKey) GoString() string { return "[recovery key]" }

// IsZero reports whether there is no key.
func (k RecoveryKey) IsZero() bool { return k.symbols == nil }

// Reveal writes the key as it is printed, and as it is the passphrase of
// holder-key.age: upper case, eight groups joined by hyphens. A zero key is
// nothing.
func (k RecoveryKey) Reveal() string {
	if k.symbols == nil {
		return ""
	}
	var b strings.Builder
	for g := range groups {
		if g > 0 {
			b.WriteByte('-')
		}
		group := k.symbols[g*data : (g+1)*data]
		for _, v := range group {
			b.WriteByte(crockford[v])
		}
		b.WriteByte(crockford[check(g+1, group)])
	}
	return b.String()
}

// check is the check symbol of a group. Each symbol stands for an element of
// GF(32), five bits of a polynomial modulo x⁵+x²+1; with α = x, group n with
// the symbols v₁ … v₄ has the check symbol
//
//	α⁵·n + α⁴·v₁ + α³·v₂ + α²·v₃ + α·v₄
//
// So every wrong symbol, every swap of two symbols in a group, and every group
// in another group's place is caught.
func check(n int, group []byte) byte {
	c := double(byte(n))
	for _, v := range group {
		c = double(c ^ v)
	}
	return c
}

// double multiplies by α.
func double(v byte) byte {
	if v <<= 1; v >= 32 {
		v ^= 0b100101
	}
	return v
}

// A KeyError says where a recovery key was mistyped. It is an [ErrMistyped].
type KeyError struct {
	Group int // from 1 to 8
}

func (e *KeyError) Error() string { return fmt.Sprintf("%v: group %d", ErrMistyped, e.Group) }

// Is makes the error an [ErrMistyped].
func (e *KeyError) Is(target error) bool { return target == ErrMistyped }

// maxTyped is far more than a key with whatever people put around it.
const maxTyped = 1 << 10

// ParseRecoveryKey reads what a person typed, pasted or scanned: any case, O
// for 0, I and L for 1, spaces, hyphens and newlines anywhere, full-width
// letters of a Japanese keyboard. It returns a [*KeyError] that names the first
// group that cannot be right.
func ParseRecoveryKey(typed string) (RecoveryKey, error) {
	if len(typed) > maxTyped {
		return RecoveryKey{}, &KeyError{1}
	}
	if parts := strings.FieldsFunc(typed, separates); len(parts) == groups {
		return join(parts) // whoever forgot a letter hears in which group
	}
	whole := []rune(strings.Join(strings.FieldsFunc(typed, separates), ""))
	var parts []string
	for len(whole) > 0 {
		n := min(len(whole), data+1)
		parts, whole = append(parts, string(whole[:n])), whole[n:]
	}
	return join(parts)
}

func join(parts []string) (RecoveryKey, error) {
	var all [groups * data]byte
	for g := range groups {
		if g == len(parts) {
			return RecoveryKey{}, &KeyError{g + 1}
		}
		group, ok := symbolsOf(parts[g])
		if !ok || check(g+1, group[:data]) != group[data] {
			return RecoveryKey{}, &KeyError{g + 1}
		}
		copy(all[g*data:], group[:data])
	}
	if len(parts) > groups {
		return RecoveryKey{}, &KeyError{groups}
	}
	return RecoveryKey{&all}, nil
}

func symbolsOf(part string) (group [data + 1]byte, ok bool) {
	n := 0
	for _, r := range part {
		v := strings.IndexRune(crockford, plain(r))
		if v < 0 || n == len(group) {
			return group, false
		}
		group[n] = byte(v)
		n++
	}
	return group, n == len(group)
}

// separates reports what people, printers and keyboards put between groups.
func separates(r rune) bool {
	return strings.ContainsRune(" \t\r\n\u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d", r)
}

// plain undoes what people do to a symbol.
func plain(r rune) rune {
	if r >= '！' && r <= '～' { // full width
		r -= '！' - '!'
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return r
}
