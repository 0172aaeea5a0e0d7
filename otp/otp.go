// Package otp makes one-time codes and reads and writes the URIs that carry
// their secrets.
//
// It knows codes that count events (HOTP, RFC 4226), codes that count time
// (TOTP, RFC 6238) and three others that count time too: the five letters of
// Steam, the eight of Yandex, and mOTP. It uses nothing but the standard
// library, and has no clock of its own.
package otp

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strings"
	"time"
)

// A Kind says what a code counts.
type Kind string

// The kinds of codes.
const (
	TOTP  Kind = "totp"  // time
	HOTP  Kind = "hotp"  // events
	Steam Kind = "steam" // time, written in Steam's letters

	Yandex Kind = "yandex" // time, with a PIN, written in letters
	MOTP   Kind = "motp"   // time, with a PIN, written in hexadecimal
)

// An Algorithm is the hash function under the HMAC.
type Algorithm string

// The algorithms of RFC 6238, and that of mOTP, which is a bare hash.
const (
	SHA1   Algorithm = "SHA1"
	SHA256 Algorithm = "SHA256"
	SHA512 Algorithm = "SHA512"
	MD5    Algorithm = "MD5"
)

// What can be wrong with a key or with a URI that should hold one.
var (
	ErrKind      = errors.New("not a kind of one-time code we know")
	ErrSecret    = errors.New("the secret is missing or not base32")
	ErrAlgorithm = errors.New("not an algorithm of one-time codes")
	ErrDigits    = errors.New("a one-time code has 4 to 10 digits")
	ErrPeriod    = errors.New("the period is not a number of seconds")
	ErrCounter   = errors.New("the counter is not a number")
	ErrPIN       = errors.New("the PIN is missing or cannot be one")
	ErrNotURI    = errors.New("not an otpauth URI")
)

const (
	defaultDigits = 6
	defaultPeriod = 30
	maxPeriod     = 1_000_000_000
	steamDigits   = 5
	steamLetters  = "23456789BCDFGHJKMNPQRTVWXY"
)

// A Key makes codes. It is a secret: whoever has it has the codes.
type Key struct {
	Kind      Kind
	Issuer    string // who asks for the codes, for example "GitHub"
	Account   string // whose they are, for example "mei@example.org"
	Secret    []byte
	Algorithm Algorithm
	Digits    int    // 4 to 10; 5 for Steam, 8 for Yandex, 6 for mOTP
	Period    int    // seconds a code lasts; unused by HOTP
	Counter   uint64 // of the next code; used by HOTP only
	PIN       string // used by Yandex and mOTP only
}

// A form is what a kind leaves no choice about; zero is free.
type form struct {
	algorithm Algorithm
	digits    int
	period    int // when none is said
}

var forms = map[Kind]form{
	TOTP:   {"", 0, defaultPeriod},
	HOTP:   {"", 0, 0},
	Steam:  {SHA1, steamDigits, defaultPeriod},
	Yandex: {SHA256, yandexDigits, defaultPeriod},
	MOTP:   {MD5, motpDigits, motpPeriod},
}

// Shaped returns the key with algorithm, digits and period as its kind wants
// them where they are missing or leave no choice.
func (k Key) Shaped() Key {
	f := forms[k.Kind]
	k.Algorithm = cmp.Or(f.algorithm, k.Algorithm, SHA1)
	k.Digits = cmp.Or(f.digits, k.Digits, defaultDigits)
	k.Period = cmp.Or(k.Period, f.period)
	return k
}

// Check tells what is wrong with a key, if anything. A PIN that is missing is
// told last: with it the key would be whole.
func (k Key) Check() error {
	f, known := forms[k.Kind]
	switch {
	case !known:
		return ErrKind
	case len(k.Secret) == 0 || k.Kind == Yandex && len(k.Secret) != yandexSecret:
		return ErrSecret
	case f.algorithm != "" && k.Algorithm != f.algorithm, f.algorithm == "" && k.Algorithm.hash() == nil:
		return ErrAlgorithm
	case k.Digits < 4 || k.Digits > 10 || f.digits != 0 && k.Digits != f.digits:
		return ErrDigits
	case k.Kind != HOTP && (k.Period < 1 || k.Period > maxPeriod):
		return ErrPeriod
	}
	return k.checkPIN()
}

// Step numbers the period that t lies in, counted from 1970. Periods before
// 1970 have negative numbers.
func (k Key) Step(t time.Time) int64 {
	s, p := t.Unix(), int64(k.Period)
	if s < 0 {
		return (s+1)/p - 1
	}
	return s / p
}

// CodeAt is the code of a time: of any key but HOTP's.
func (k Key) CodeAt(t time.Time) (string, error) {
	if k.Kind == HOTP {
		return "", ErrKind
	}
	if err := k.Check(); err != nil {
		return "", err
	}
	return k.code(uint64(k.Step(t)))
}

// CodeOf is the code of a step ([Key.Step]) or, with HOTP, of a counter.
func (k Key) CodeOf(count uint64) (string, error) {
	if err := k.Check(); err != nil {
		return "", err
	}
	return k.code(count)
}

// Match finds the step, at most reach steps away from at, that a code belongs to.
// It compares all of them, each in constant time, and prefers the latest.
func (k Key) Match(code string, at int64, reach int) (step int64, ok bool, err error) {
	if err := k.Check(); err != nil {
		return 0, false, err
	}
	for s := at - int64(reach); s <= at+int64(reach); s++ {
		want, err := k.code(uint64(s))
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok, nil
}

// Typed is a code of digits as it was meant: without spaces and hyphens, and
// with the digits of a Japanese keyboard taken for what they are.
func Typed(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\u3000' || r == '\u00a0':
			return -1
		}
		return r
	}, strings.TrimSpace(code))
}

func (k Key) code(count uint64) (string, error) {
	switch k.Kind {
	case Yandex:
		return k.yandex(count), nil
	case MOTP:
		return k.motp(count), nil
	}
	n := truncate(k.Algorithm.hash(), k.Secret, count)
	if k.Kind == Steam {
		return letters(n), nil
	}
	return digits(n, k.Digits), nil
}

// truncate is the dynamic truncation of RFC 4226 section 5.3: 31 bits.
func truncate(h func() hash.Hash, secret []byte, count uint64) uint32 {
	mac := hmac.New(h, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, count))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
}

func digits(n uint32, count int) string {
	s := fmt.Sprintf("%010d", n)
	return s[len(s)-count:]
}

// letters writes a number as Steam does: five of 26 letters, lowest first.
func letters(n uint32) string {
	b := make([]byte, steamDigits)
	for i := range b {
		b[i] = steamLetters[n%uint32(len(steamLetters))]
		n /= uint32(len(steamLetters))
	}
	return string(b)
}

func (a Algorithm) hash() func() hash.Hash {
	switch a {
	case SHA1:
		return sha1.New
	case SHA256:
		return sha256.New
	case SHA512:
		return sha512.New
	}
	return nil
}
