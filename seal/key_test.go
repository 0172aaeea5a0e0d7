package seal

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestARecoveryKeyIsForgivenHowItWasTyped(t *testing.T) {
	key := NewRecoveryKey()
	text := key.Reveal()
	if len(text) != 47 || strings.Count(text, "-") != 7 || text != strings.ToUpper(text) {
		t.Fatalf("%d characters", len(text))
	}
	wide := strings.Map(func(r rune) rune {
		if r == '-' {
			return '\u3000'
		}
		return r + '！' - '!'
	}, text)
	for _, typed := range []string{
		text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "), strings.ReplaceAll(text, "-", "\r\n"),
		" " + strings.ReplaceAll(text, "-", " – ") + "\n", wide,
		strings.NewReplacer("0", "O", "1", "l").Replace(text), strings.NewReplacer("0", "o", "1", "I").Replace(text),
	} {
		if got, err := ParseRecoveryKey(typed); err != nil || got.Reveal() != text {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// Whatever is wrong within one group is caught, and that group is named.
func TestTheWrongGroupIsNamed(t *testing.T) {
	key := NewRecoveryKey()
	parts := strings.Split(key.Reveal(), "-")
	wrong := func(how string, typed string, group int) {
		t.Helper()
		_, err := ParseRecoveryKey(typed)
		if where := (*KeyError)(nil); !errors.As(err, &where) || where.Group != group || !errors.Is(err, ErrMistyped) {
			t.Errorf("%s in group %d: %v", how, group, err)
		}
	}
	with := func(group int, part string) string {
		c := append([]string{}, parts...)
		c[group-1] = part
		return strings.Join(c, "-")
	}
	for g := 1; g <= groups; g++ {
		part := parts[g-1]
		for i := range part {
			for _, r := range crockford {
				if byte(r) != part[i] {
					wrong("another symbol", with(g, part[:i]+string(r)+part[i+1:]), g)
				}
			}
			for j := range i {
				if part[i] != part[j] {
					b := []byte(part)
					b[i], b[j] = b[j], b[i]
					wrong("two swapped", with(g, string(b)), g)
				}
			}
			wrong("one missing", with(g, part[:i]+part[i+1:]), g)
		}
		wrong("one too many", with(g, part+"0"), g)
		wrong("no letter", with(g, part[:4]+"U"), g)
		for h := g + 1; h <= groups; h++ {
			c := append([]string{}, parts...)
			c[g-1], c[h-1] = c[h-1], c[g-1]
			if c[g-1] != c[h-1] {
				wrong("another group", strings.Join(c, ""), g)
			}
		}
	}
	wrong("nothing", "", 1)
	wrong("the end missing", strings.Join(parts[:5], ""), 6)
	wrong("too much", key.Reveal()+"-00000", 8)
	wrong("a book", strings.Repeat("A", maxTyped+1), 1)
}

func TestAlmostARecoveryKeyIsKnownFromAPassphrase(t *testing.T) {
	text := NewRecoveryKey().Reveal()
	for typed, want := range map[string]bool{
		text: true, text[:len(text)-3]: true, text + "A": true, strings.Replace(text, text[3:4], "U", 1): true,
		"correct horse battery staple": false, "": false, text[:20]: false, text + "!": false, text + text: false,
	} {
		if got := LooksLikeKey(typed); got != want {
			t.Errorf("%q: %v", typed, got)
		}
	}
}

// A text is a recovery key if and only if it is what that key reveals, but for
// what is forgiven.
func FuzzParseRecoveryKey(f *testing.F) {
	text := NewRecoveryKey().Reveal()
	f.Add(text)
	f.Add(strings.ToLower(text))
	f.Add("0000\u3000" + text)
	f.Add(text[:23] + "\n" + text[24:])
	f.Fuzz(func(t *testing.T, typed string) {
		key, err := ParseRecoveryKey(typed)
		if err != nil {
			where := (*KeyError)(nil)
			if !errors.As(err, &where) || where.Group < 1 || where.Group > groups || !key.IsZero() {
				t.Fatalf("%v", err)
			}
			return
		}
		var bare strings.Builder
		for _, r := range typed {
			if !separates(r) {
				bare.WriteRune(plain(r))
			}
		}
		if bare.String() != strings.ReplaceAll(key.Reveal(), "-", "") {
			t.Fatal("read something else than was typed")
		}
		again, err := ParseRecoveryKey(key.Reveal())
		if err != nil || again.Reveal() != key.Reveal() {
			t.Fatal(fmt.Errorf("what it reveals is no key: %w", err))
		}
	})
}
