package otp

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// Codes that need a PIN besides the secret: Yandex and mOTP. Neither has a
// specification; what stands here is what their programs do.

const (
	yandexDigits  = 8
	yandexSecret  = 16 // bytes that make codes
	yandexChecked = 26 // the same with an identifier and a checksum, as it is typed
	motpDigits    = 6
	motpPeriod    = 10
	maxPIN        = 64
)

// checkPIN tells whether a key has the PIN its kind needs.
func (k Key) checkPIN() error {
	switch {
	case k.Kind == Yandex && !isYandexPIN(k.PIN),
		k.Kind == MOTP && (k.PIN == "" || len(k.PIN) > maxPIN || !utf8.ValidString(k.PIN)):
		return ErrPIN
	}
	return nil
}

// isYandexPIN: up to 16 digits, as Yandex.Key asks for.
func isYandexPIN(pin string) bool {
	return pin != "" && len(pin) <= 16 && isDigits(pin)
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// yandex writes 63 bits of an HMAC under the hash of PIN and secret as eight
// letters. A hash that begins with 0 loses that byte.
func (k Key) yandex(count uint64) string {
	sum := sha256.Sum256(append([]byte(k.PIN), k.Secret...))
	key := sum[:]
	if key[0] == 0 {
		key = key[1:]
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, count))
	out := mac.Sum(nil)
	n := binary.BigEndian.Uint64(out[out[len(out)-1]&0xf:]) & (1<<63 - 1)
	code := make([]byte, yandexDigits)
	for i := len(code) - 1; i >= 0; i-- {
		code[i] = 'a' + byte(n%26)
		n /= 26
	}
	return string(code)
}

// YandexSecret takes a Yandex secret as it is scanned, 16 bytes, or as it is
// typed, 26 bytes that end in a checksum, and returns the 16 that make codes.
// Anything else is [ErrSecret].
func YandexSecret(secret []byte) ([]byte, error) {
	if len(secret) == yandexChecked && yandexRemainder(secret) == 0 {
		secret = secret[:yandexSecret]
	}
	if len(secret) != yandexSecret {
		return nil, ErrSecret
	}
	return secret, nil
}

// yandexRemainder divides all but the last 12 bits by the polynomial 0x18F3
// and compares with those: 0 if the checksum is right.
func yandexRemainder(secret []byte) uint16 {
	var rest uint16
	for i := range len(secret)*8 - 12 {
		rest = rest<<1 | uint16(secret[i/8]>>(7-i%8)&1)
		if rest&0x1000 != 0 {
			rest ^= 0x18f3
		}
	}
	return rest ^ binary.BigEndian.Uint16(secret[len(secret)-2:])&0xfff
}

// motp is the beginning of an MD5 over count, secret and PIN as text.
func (k Key) motp(count uint64) string {
	sum := md5.Sum([]byte(strconv.FormatUint(count, 10) + hex.EncodeToString(k.Secret) + k.PIN))
	return hex.EncodeToString(sum[:])[:motpDigits]
}
