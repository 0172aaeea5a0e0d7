package transfer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEverythingSaidHasItsWords holds reasons, errors and formats to the
// messages, in both languages and both directions.
func TestEverythingSaidHasItsWords(t *testing.T) {
	keys := map[string]bool{}
	for _, r := range Reasons() {
		keys[r.Message()] = true
	}
	for _, s := range sentences {
		keys[Message(s.err)] = true
	}
	for _, f := range Formats() {
		keys[f.Message()] = true
	}
	for _, lang := range []string{"en", "ja"} {
		raw, err := os.ReadFile(filepath.Join("../ui/messages", lang, "transfer.json"))
		if err != nil {
			t.Fatal(err)
		}
		var said map[string]string
		if err := json.Unmarshal(raw, &said); err != nil {
			t.Fatal(err)
		}
		for key := range keys {
			if said[strings.TrimPrefix(key, "transfer.")] == "" {
				t.Errorf("%s has no words in %s", key, lang)
			}
		}
		for key := range said {
			if !keys["transfer."+key] {
				t.Errorf("nobody says %s (%s)", key, lang)
			}
		}
	}
}

// TestTheDocumentListsEveryFormat, and marks what is not verified.
func TestTheDocumentListsEveryFormat(t *testing.T) {
	text, err := os.ReadFile("../docs/design/import.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		_, row, found := strings.Cut(string(text), "\n| `"+f.ID+"` |")
		row, _, _ = strings.Cut(row, "\n")
		if !found || strings.Contains(row, "| unverified |") == f.Verified {
			t.Errorf("docs/design/import.md has no row for %s, or another mark", f.ID)
		}
	}
}
