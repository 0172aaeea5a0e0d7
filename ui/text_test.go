package ui

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

type vectors struct {
	Messages []struct {
		Lang, Message, Want string
		Values              map[string]any
	}
	Times []struct {
		Lang, Zone, When, Day string
		At, Now               time.Time
	}
}

func readVectors(t *testing.T) vectors {
	t.Helper()
	text, err := os.ReadFile("../testdata/vectors/ui/text.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMessagesReadAsTheVectorsSay(t *testing.T) {
	for _, v := range readVectors(t).Messages {
		m, err := parse(v.Message)
		if err != nil {
			t.Errorf("%s: %v", v.Message, err)
			continue
		}
		var args []any
		for name, value := range v.Values {
			args = append(args, name, value)
		}
		var b strings.Builder
		if m.write(&b, v.Lang, args, ""); b.String() != v.Want {
			t.Errorf("%s %q = %q, want %q", v.Lang, v.Message, b.String(), v.Want)
		}
	}
}

func TestTimesAreSaidAsTheVectorsSay(t *testing.T) {
	for _, v := range readVectors(t).Times {
		if got := When(v.Lang, v.Zone, v.At, v.Now); got != v.When {
			t.Errorf("%s %s %s: when %q, want %q", v.Lang, v.Zone, v.At, got, v.When)
		}
		if got := Day(v.Lang, v.Zone, v.At, v.Now); got != v.Day {
			t.Errorf("%s %s %s: day %q, want %q", v.Lang, v.Zone, v.At, got, v.Day)
		}
	}
}

func TestADateOnPaperSaysItsYear(t *testing.T) {
	at := time.Date(2026, 11, 22, 15, 32, 0, 0, time.UTC)
	for lang, want := range map[string]string{"en": "23 November 2026", "ja": "2026年11月23日"} {
		if got := Date(lang, "Asia/Tokyo", at); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}

func TestUnknownZoneMeansUTC(t *testing.T) {
	at := time.Date(2026, 11, 22, 5, 32, 0, 0, time.UTC)
	for _, zone := range []string{"", "Nowhere/Town", "Local", "../../etc/passwd"} {
		if got := When("en", zone, at, at); got != "today 05:32" {
			t.Errorf("zone %q: %q", zone, got)
		}
	}
}

func TestBrokenMessagesAreRefused(t *testing.T) {
	for _, text := range []string{
		"{", "}", "{}", "{ }", "{a", "a}", "{a{b}}", "{n, select, x {y}}", "{n, plural}", "{n, plural,",
		"{n, plural, one {x}}", "{n, plural, few {x} other {y}}", "{n, plural, =a {x} other {y}}",
		"{n, plural, other {x}", "{n, plural, other {x", "{n, plural, other x}",
	} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("{n, plural, one {# account} other {# accounts}} of {name}")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parse(text)
		if err != nil {
			return
		}
		if !strings.ContainsAny(text, "{}") {
			var b strings.Builder
			if m.write(&b, "en", nil, ""); b.String() != text {
				t.Fatalf("%q reads %q", text, b.String())
			}
		}
	})
}

func TestLanguageIsTheCookiesThenTheHeaders(t *testing.T) {
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", "en"},
		{"ja", "", "ja"},
		{"ja-JP,ja;q=0.9,en;q=0.8", "", "ja"},
		{"en;q=0.7,ja;q=0.8", "", "ja"},
		{"fr,de;q=0.9", "", "en"},
		{"fr, JA;q=0.1", "", "ja"},
		{"ja;q=0", "", "en"},
		{"ja;q=NaN, ja;q=7, ja;q=x", "", "en"},
		{"ja", "en", "en"},
		{"en", "ja", "ja"},
		{"ja", "fr", "ja"},
	} {
		if got := Negotiate(c.accept, c.cookie); got != c.want {
			t.Errorf("Accept-Language %q, cookie %q: %s, want %s", c.accept, c.cookie, got, c.want)
		}
	}
	if got := Negotiate("ja", "ja", "en"); got != "en" {
		t.Errorf("a server in English only answered in %s", got)
	}
}

func TestSymbolsComeOnceAndInOrder(t *testing.T) {
	sheet := Symbols("i-phone", "logo", "i-phone", "nothing")
	if strings.Count(sheet, "<symbol") != 2 || !strings.HasPrefix(sheet, `<symbol id="i-phone"`) {
		t.Errorf("got %s", sheet)
	}
}
