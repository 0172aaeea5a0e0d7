package ui

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryMessageExistsInEveryLanguage(t *testing.T) {
	first := Languages[0]
	for _, lang := range Languages[1:] {
		for _, key := range Keys(first) {
			if !Has(lang, key) {
				t.Errorf("%s is missing in %s", key, lang)
			} else if a, b := Placeholders(first, key), Placeholders(lang, key); !samePlaceholders(a, b) {
				t.Errorf("%s wants %v in %s and %v in %s", key, a, first, b, lang)
			}
		}
		for _, key := range Keys(lang) {
			if !Has(first, key) {
				t.Errorf("%s is missing in %s", key, first)
			}
		}
	}
}

// A language may show a number as text where another needs a plural.
func samePlaceholders(a, b map[string]string) bool {
	return slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
}

func TestNoMessageIsEmptyOrKeyTwice(t *testing.T) {
	key := regexp.MustCompile(`(?m)^\s*"([^"]+)"\s*:`)
	for _, lang := range Languages {
		files, _ := filepath.Glob("messages/" + lang + "/*.json")
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, m := range key.FindAllSubmatch(text, -1) {
				if seen[string(m[1])] {
					t.Errorf("%s has %s twice", file, m[1])
				}
				seen[string(m[1])] = true
			}
			if bytes.Contains(text, []byte(`: ""`)) {
				t.Errorf("%s has an empty message", file)
			}
		}
	}
}

var (
	// literal is a key in quotes, or the front of one that is put together:
	// "mail." + template, `app.outcome.${state}`.
	literal = regexp.MustCompile("[\"'`]([a-z]+\\.[a-z0-9_.]*)[\"'`$]")
	// asked is a message asked for by its whole key, in a template or in Go.
	asked = regexp.MustCompile(`(?:\{\{-?\s*|\()t "([a-z]+\.[a-z0-9_.]+)"|ui\.T\([^,()]+(?:\([^()]*\))?, "([a-z]+\.[a-z0-9_.]*[a-z0-9_])"`)
)

func TestEveryMessageIsUsedSomewhere(t *testing.T) {
	used, fronts := map[string]bool{}, map[string]bool{}
	for path, text := range sources(t) {
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			if used[m[1]] = true; strings.HasSuffix(m[1], ".") {
				fronts[m[1]] = true
			}
		}
		for _, m := range asked.FindAllStringSubmatch(text, -1) {
			if key := m[1] + m[2]; !Has(Languages[0], key) && !strings.HasSuffix(key, ".") {
				t.Errorf("%s asks for %s, which does not exist", path, key)
			}
		}
	}
	for _, key := range Keys(Languages[0]) {
		if !used[key] && !fronted(fronts, key) {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

// fronted reports whether some front of a key is put together with its rest.
func fronted(fronts map[string]bool, key string) bool {
	for i, c := range key {
		if c == '.' && fronts[key[:i+1]] {
			return true
		}
	}
	return false
}

// sources are the texts that may name a message: everything we wrote, but no
// tests and nothing built or fetched.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if name == "node_modules" || name == "dist" || name == "bin" || (strings.HasPrefix(name, ".") && name != "..") {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".html", ".ts", ".tsx", ".js"}, filepath.Ext(name)) ||
			strings.Contains(name, "_test.") || strings.Contains(name, ".test.") || strings.Contains(name, ".gen.") {
			return nil
		}
		text, err := os.ReadFile(path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestKeysForTypeScriptAreFresh(t *testing.T) {
	kept, err := os.ReadFile("messages/keys.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, TypeScriptKeys()) {
		t.Error("the messages changed: run go run ./ui/gen")
	}
}

// TestIconsOfOurPagesExist holds every icon named in a page or a script to icons.svg.
func TestIconsOfOurPagesExist(t *testing.T) {
	named := regexp.MustCompile(`\{\{icon "([a-z-]+)"|icons\.svg#([a-z0-9-]+)"`)
	for path, text := range sources(t) {
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			id := m[2]
			if m[1] != "" {
				id = "i-" + m[1]
			}
			if !HasSymbol(id) {
				t.Errorf("%s shows %s, which icons.svg does not have", path, id)
			}
		}
	}
}

// A terminal breaks what --help says to its own width; lines that were broken
// before come out ragged.
func TestAParagraphOfAManualIsOneLine(t *testing.T) {
	torn := regexp.MustCompile(`(?m)^[^ \n][^\n]*[^.:!?。\n]\n[^ \n]`)
	for _, lang := range Languages {
		for _, key := range Keys(lang) {
			if !strings.HasSuffix(key, ".more") {
				continue
			}
			if at := torn.FindString(T(lang, key)); at != "" {
				t.Errorf("%s: %s is broken after %q", lang, key, at[:len(at)-2])
			}
		}
	}
}
