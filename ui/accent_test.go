package ui

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// Every colour of a grid either can be read wherever it is used, in both themes,
// or is refused with one that can.
func TestAccentCanBeReadOrNamesTheNearestThatCan(t *testing.T) {
	refused := 0
	for r := 0; r < 256; r += 17 {
		for g := 0; g < 256; g += 17 {
			for b := 0; b < 256; b += 17 {
				colour := fmt.Sprintf("#%02x%02x%02x", r, g, b)
				a, err := NewAccent(colour)
				if faint, ok := errors.AsType[*Faint](err); ok {
					refused++
					colour = faint.Nearest
					a, err = NewAccent(colour)
				}
				if err != nil || a.Light.Pine != colour {
					t.Fatalf("%s became %s (%v)", colour, a.Light.Pine, err)
				}
				legible(t, colour, a)
			}
		}
	}
	if refused == 0 || refused == 16*16*16 {
		t.Errorf("%d of %d refused", refused, 16*16*16)
	}
}

func legible(t *testing.T, of string, a Accent) {
	t.Helper()
	for _, theme := range []struct {
		Shades
		grounds []string
	}{{a.Light, lightGrounds}, {a.Dark, darkGrounds}} {
		pairs := [][2]string{{theme.On, theme.Pine}, {theme.On, theme.Press}, {theme.Pine, theme.Soft}, {theme.OnSoft, theme.Soft}}
		for _, ground := range theme.grounds {
			pairs = append(pairs, [2]string{theme.Pine, ground})
		}
		for _, pair := range pairs {
			if got := contrast(pair[0], pair[1]); got < Readable {
				t.Errorf("%s: %s on %s has %.2f", of, pair[0], pair[1], got)
			}
		}
	}
}

func TestAccentKeepsItsHueInTheDark(t *testing.T) {
	a, err := NewAccent("#7B1FA2")
	if err != nil || a.Light.Pine != "#7b1fa2" {
		t.Fatal(a, err)
	}
	light, _ := lchOf(a.Light.Pine)
	dark, _ := lchOf(a.Dark.Pine)
	if d := light.h - dark.h; d > 0.1 || d < -0.1 || dark.L < light.L {
		t.Errorf("%v became %v", light, dark)
	}
}

// Beside a No in the colour of danger a Yes never stands in a red of its own.
func TestAYesIsNeverRed(t *testing.T) {
	for colour, want := range map[string]bool{
		"#a2262b": true, "#c8102e": true, "#b00020": true, "#8b0000": true, "#cc0000": true, "#c2185b": true, // reds
		"#7b1fa2": false, "#12524a": false, "#00539b": false, "#846800": false, "#3a3a3a": false, "#4a3f3e": false, "#1b5e20": false,
	} {
		a, err := NewAccent(colour)
		if err != nil {
			t.Fatal(colour, err)
		}
		if own := strings.Contains(a.CSS(), "--yes: var(--brand);"); a.Warns != want || own != want {
			t.Errorf("%s warns: %t, its yes is ours: %t, want %t", colour, a.Warns, own, want)
		}
		for _, theme := range []struct {
			name, pine string
		}{{"light", a.Light.Pine}, {"dark", a.Dark.Pine}} {
			if c, _ := lchOf(theme.pine); c.warns() != want {
				t.Errorf("%s in the %s is %s", colour, theme.name, theme.pine)
			}
		}
	}
}

func TestAccentTakesColoursOnly(t *testing.T) {
	for _, typed := range []string{"", "red", "#12g", "#fff", "#1234567", "12524a", "#12 24a", "#+2524a", "#12524a;}"} {
		if _, err := NewAccent(typed); !errors.Is(err, ErrColour) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// The grounds are written twice: here, where contrast is counted, and in tokens.css.
func TestAccentKnowsTheGroundsOfTheTokens(t *testing.T) {
	tokens, err := Files.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"paper", "surface", "surface-lift"} {
		m := regexp.MustCompile(`--` + name + `:\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindStringSubmatch(string(tokens))
		if m == nil || m[1] != lightGrounds[i] || m[2] != darkGrounds[i] {
			t.Errorf("--%s is %v", name, m)
		}
	}
}

func TestAccentSheetNamesTokensThatAreThere(t *testing.T) {
	tokens, err := Files.ReadFile("tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`--danger:\s*light-dark\(` + danger + `,`).Match(tokens) {
		t.Errorf("--danger is not %s", danger)
	}
	for colour, n := range map[string]int{"#7b1fa2": 5, "#b00020": 8} {
		a, err := NewAccent(colour)
		if err != nil {
			t.Fatal(err)
		}
		names := regexp.MustCompile(`--[a-z-]+:`).FindAllString(a.CSS(), -1)
		if len(names) != n {
			t.Errorf("%s: %q", colour, names)
		}
		for _, name := range names {
			if !strings.Contains(string(tokens), "  "+name) {
				t.Errorf("no token %s", name)
			}
		}
	}
}
