package wire

import (
	"crypto/rand"
	"errors"
	"strings"
)

// ErrMistyped is returned for a code with a wrong letter, or too many or too few.
var ErrMistyped = errors.New("code is mistyped")

const (
	// CodeSymbols is the length of a pairing code: 15 random symbols (75 bits) and a check symbol.
	CodeSymbols = 16
	crockford   = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// The check symbol. Each symbol stands for an element v of GF(32), five bits
// of a polynomial over GF(2) modulo x⁵+x²+1. With α = x, a pairing code
// v₀ … v₁₅ is right when
//
//	α¹⁵·v₀ + α¹⁴·v₁ + … + α·v₁₄ + v₁₅ = 0
//
// No weight is zero, so every single wrong symbol is caught; no two weights
// are equal (α has order 31), so every swap of two different symbols is caught,
// neighbours or not. A sum modulo 31 would miss 0 for Z.
func checkOf(values []byte) byte {
	var c byte
	for _, v := range values {
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

// NewPairingCode draws a pairing code, in the form that gets hashed and signed:
// 16 upper-case symbols.
func NewPairingCode() string {
	v := make([]byte, CodeSymbols-1)
	rand.Read(v)
	for i := range v {
		v[i] %= 32
	}
	return spell(append(v, checkOf(v)))
}

// ParsePairingCode reads what a person typed: any case, O for 0, I and L for
// 1, spaces and dashes anywhere, full-width letters of a Japanese keyboard.
// It returns the 16 symbols, or [ErrMistyped].
func ParsePairingCode(typed string) (string, error) { return parse(typed, CodeSymbols) }

// parse reads a code of so many symbols, of which the last is the check symbol.
func parse(typed string, symbols int) (string, error) {
	var v []byte
	for _, r := range typed {
		if r >= '！' && r <= '～' { // full width
			r -= '！' - '!'
		}
		if strings.ContainsRune(" \t\r\n\u00a0\u3000-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc", r) {
			continue
		}
		i := strings.IndexRune(crockford, plain(r))
		if i < 0 || len(v) == symbols {
			return "", ErrMistyped
		}
		v = append(v, byte(i))
	}
	if len(v) != symbols || checkOf(v[:symbols-1]) != v[symbols-1] {
		return "", ErrMistyped
	}
	return spell(v), nil
}

// plain undoes what people do to a symbol.
func plain(r rune) rune {
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

// ShowPairingCode groups a code for eyes: ABCD-EFGH-JKMN-PQRS.
func ShowPairingCode(code string) string { return grouped(code) }

func grouped(code string) string {
	var b strings.Builder
	for i, r := range code {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func spell(values []byte) string {
	b := make([]byte, len(values))
	for i, v := range values {
		b[i] = crockford[v]
	}
	return string(b)
}
