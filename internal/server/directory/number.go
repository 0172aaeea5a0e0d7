package directory

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Number reads a phone number as people write it, with the country's code, and
// returns it as E.164 has it: "+", then 8 to 15 digits. Without the "+" nobody
// knows which country's it is. The error is [ErrNotNumber].
func Number(typed string) (string, error) {
	if len(typed) > 100 {
		return "", ErrNotNumber
	}
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -.()\u2010\u2011\u2012\u2013\u2212\u30fc", r) {
			return -1
		}
		return r
	}, norm.NFKC.String(strings.TrimSpace(typed)))
	digits, ok := strings.CutPrefix(number, "+")
	if !ok || len(digits) < 8 || len(digits) > 15 || digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return "", ErrNotNumber
	}
	return number, nil
}
