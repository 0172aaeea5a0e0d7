package oauth

import (
	"strings"
	"testing"
)

// What is read is a code, and reads the same however it is shown; nothing that
// is not a letter of codes, a space or a dash is passed over.
func FuzzUserCode(f *testing.F) {
	for _, typed := range []string{newUserCode(), "bcdf-ghjk", "ＢＣＤＦ　ＧＨＪＫ", "BCDF-GHJA", "B C D F G H J K L", "", "\xff", "ー"} {
		f.Add(typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := parseUserCode(typed)
		if !ok {
			return
		}
		if len(code) != userLength || strings.Trim(code, userLetters) != "" {
			t.Errorf("%q is read as %q", typed, code)
		}
		if again, ok := parseUserCode(strings.ToLower(showUserCode(code))); !ok || again != code {
			t.Errorf("%q shown is read as %q", code, again)
		}
		if letters := strings.Count(typed, "") - 1; letters < userLength {
			t.Errorf("%q is too short for %q", typed, code)
		}
	})
}

func TestUserCodesUseAllTheirLetters(t *testing.T) {
	seen := ""
	for range 400 { // of 3200 letters each comes about 160 times; that one never comes has 1 chance in 10^69
		seen += newUserCode()
	}
	for _, r := range userLetters {
		if !strings.ContainsRune(seen, r) {
			t.Errorf("no code has %c", r)
		}
	}
}
