package desk

import (
	"strings"
	"unicode"
)

// Calm is text from outside that can do nothing to a terminal: no control
// characters, nothing that moves other text about, nothing that cannot be seen.
func Calm(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029', unicode.Is(unicode.Bidi_Control, r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d': // joiners make letters and emoji
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// Grouped is a code in two halves, as people read it.
func Grouped(code string) string {
	if len(code) < 6 {
		return code
	}
	half := (len(code) + 1) / 2
	return code[:half] + " " + code[half:]
}
