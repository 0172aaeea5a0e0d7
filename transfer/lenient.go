package transfer

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"countersign/otp"
)

// Values as other programs write them: a number may come as text, a text may be
// null. None of these fails on a wrong type: one odd field is not a reason to
// lose an entry.

// text is a JSON string; null is "", a number or a truth is its digits or word,
// anything else is "".
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	switch {
	case json.Unmarshal(raw, &s) == nil:
		*t = text(s)
	case raw[0] == '{' || raw[0] == '[':
		*t = ""
	default:
		*t = text(raw)
	}
	return nil
}

// number is a JSON number or a text that is one. ok is false if it was missing,
// null, empty, or not a whole number; odd tells the latter from the rest.
type number struct {
	n       int64
	ok, odd bool
}

func (n *number) UnmarshalJSON(raw []byte) error {
	s := strings.TrimSpace(strings.Trim(string(raw), `"`))
	if s == "" || strings.EqualFold(s, "null") {
		return nil
	}
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr == nil && f == float64(int64(f)) && f > -1<<53 && f < 1<<53 {
			i, err = int64(f), nil
		}
	}
	*n = number{i, err == nil, err != nil}
	return nil
}

// or is the number, or what is meant by none. What is there but is no number,
// or does not fit, is -1, which no field allows.
func (n number) or(otherwise int) int {
	switch {
	case n.odd, n.ok && (n.n < 0 || n.n > 1<<31-1):
		return -1
	case !n.ok:
		return otherwise
	case n.n == 0:
		return -1
	}
	return int(n.n)
}

// count is the number as a counter, and whether it is one; missing is 0.
func (n number) count() (uint64, bool) { return uint64(max(n.n, 0)), !n.odd && n.n >= 0 }

// truth is true, "true", 1 or "1"; anything else is false.
type truth bool

func (t *truth) UnmarshalJSON(raw []byte) error {
	s := strings.ToLower(strings.Trim(string(raw), `"`))
	*t = s == "true" || s == "1"
	return nil
}

// algorithm is the name of a hash function as package otp writes it, or
// something it does not know.
func (t text) algorithm() string {
	s := strings.TrimPrefix(strings.ToUpper(string(t)), "ALGORITHM.")
	return strings.TrimPrefix(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s), "HMAC")
}

// base32 is the secret of a code of this kind, or an error of package otp.
func (t text) base32(kind string) ([]byte, error) {
	secret, err := otp.ParseSecret(string(t))
	if err == nil && kind == string(otp.Yandex) {
		secret, err = otp.YandexSecret(secret)
	}
	return secret, err
}

// kind is the type of an account as other programs name it.
func (t text) kind() string {
	s := strings.ToLower(string(t))
	switch s {
	case "steamtotp":
		return string(otp.Steam)
	case "yaotp":
		return string(otp.Yandex)
	case "mobileotp", "mobile-otp":
		return string(otp.MOTP)
	}
	return s
}

// all is what is not empty of many texts.
func all(many []text) (out []string) {
	for _, t := range many {
		if t != "" {
			out = append(out, string(t))
		}
	}
	return out
}

// unhex and unbase64 read what a container must hold.
func unhex(s string, size int) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || size > 0 && len(b) != size {
		return nil, ErrBroken
	}
	return b, nil
}

// unbase64 reads base64 in either alphabet, with or without padding and line
// ends.
func unbase64(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", " ", "").Replace(s)
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil, ErrBroken
	}
	return b, nil
}
