package keep_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/internal/server/keep"
)

const word = "hunter2-correct-horse"

// holders are the ways a secret lies about in a program.
func holders() map[string]any {
	s := keep.NewSecret(word)
	type shown struct{ Password keep.Secret }
	type hidden struct{ password keep.Secret }
	type deep struct{ inner *hidden }
	return map[string]any{
		"value": s, "pointer": &s, "field": shown{s}, "pointer to field": &shown{s},
		"unexported field": hidden{s}, "pointer to unexported field": &hidden{s}, "deep": deep{&hidden{s}},
		"slice": []keep.Secret{s}, "array": [1]keep.Secret{s}, "map": map[string]keep.Secret{"k": s},
		"key of a map": map[keep.Secret]int{s: 1}, "interface": []any{s}, "unexported in a map": map[string]hidden{"k": {s}},
	}
}

// Whatever verb it is printed with and wherever it lies, a secret is not shown.
func TestSecretIsShownByNoVerb(t *testing.T) {
	for where, v := range holders() {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "10", ".3"} {
			for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
				format := "%" + flags + string(verb)
				if got := fmt.Sprintf(format, v); leaks(got) {
					t.Errorf("%s of %s shows %q", format, where, got)
				}
			}
		}
		if got := fmt.Sprint(v) + fmt.Sprintln(v) + fmt.Errorf("x: %v", v).Error(); leaks(got) {
			t.Errorf("Sprint of %s shows %q", where, got)
		}
	}
}

// leaks looks for the text as it is, and as hexadecimal digits.
func leaks(s string) bool {
	hex := fmt.Sprintf("%x", word[:6])
	return strings.Contains(s, word[:6]) || strings.Contains(strings.ToLower(strings.ReplaceAll(s, " ", "")), hex)
}

func TestSecretIsShownByNoLog(t *testing.T) {
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		for where, v := range holders() {
			slog.New(h).With("a", v).WithGroup("g").Info("x", where, v, slog.Group("h", "b", v))
		}
	}
	if leaks(out.String()) {
		t.Error(out.String())
	}
}

func TestSecretIsShownByNoEncoding(t *testing.T) {
	for where, v := range holders() {
		j, _ := json.Marshal(v)
		x, _ := xml.Marshal(v)
		var g bytes.Buffer
		_ = gob.NewEncoder(&g).Encode(v)
		if leaks(string(j)) || leaks(string(x)) || leaks(g.String()) {
			t.Errorf("%s: %s %s %s", where, j, x, g.Bytes())
		}
	}
	if _, err := json.Marshal(keep.NewSecret(word)); err == nil {
		t.Error("a secret was encoded without complaint")
	}
}

func TestSecretIsReadAndRevealed(t *testing.T) {
	var c struct{ Password keep.Secret }
	if err := json.Unmarshal([]byte(`{"Password":"`+word+`"}`), &c); err != nil || c.Password.Reveal() != word || c.Password.Empty() {
		t.Errorf("%v, %v", c.Password.Reveal() == word, err)
	}
	var zero keep.Secret
	if zero.Reveal() != "" || !zero.Empty() || !keep.NewSecret("").Empty() {
		t.Error("the zero secret is not empty")
	}
	if err := errors.Join(fmt.Errorf("%w", errors.New(fmt.Sprint(c)))); leaks(err.Error()) {
		t.Error(err)
	}
}
