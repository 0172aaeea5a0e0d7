package house_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A file is one that we wrote: nothing built, fetched or made by a generator.
type file struct {
	path string
	text []byte
}

var written = []string{".go", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".sql", ".sh", ".md", ".json", ".svg", ".yaml", ".toml"}

func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if slices.Contains([]string{".git", "node_modules", "dist", "bin", "demo-data", "gallery-out", "test-results"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if name == "package-lock.json" || strings.Contains(name, ".gen.") ||
			!slices.Contains(written, filepath.Ext(name)) && name != "Makefile" && path != ".ci/run" {
			return nil
		}
		text, err := os.ReadFile(path)
		all = append(all, file{path, text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (f file) lines() int { return bytes.Count(f.text, []byte("\n")) }

func (f file) isTest() bool {
	return strings.HasSuffix(f.path, "_test.go") || strings.Contains(f.path, ".test.") || strings.HasPrefix(f.path, "e2e/") ||
		strings.HasSuffix(filepath.Dir(f.path), "test") // dbtest, keeptest: they serve tests
}

func TestMainIsADoorway(t *testing.T) {
	for _, f := range files(t) {
		if ok, _ := filepath.Match("cmd/*/main.go", f.path); ok && f.lines() > 40 {
			t.Errorf("%s has %d lines: what is behind the door cannot be tested", f.path, f.lines())
		}
	}
}

func TestNoFileIsTooLongToRead(t *testing.T) {
	for _, f := range files(t) {
		ext := filepath.Ext(f.path)
		if slices.Contains([]string{".go", ".ts", ".tsx", ".js", ".mjs", ".css", ".html", ".sh"}, ext) && f.lines() > 700 {
			t.Errorf("%s has %d lines", f.path, f.lines())
		}
	}
}

// The words are put together here, so that this file does not contain them.
var forbidden = []struct {
	word *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`), "what is not done belongs in an issue"},
	{regexp.MustCompile(`/wo` + `rk/(main|shared|brief)|/ho` + `me/[a-z]+/|/Us` + `ers/[a-z]+/`), "a path of somebody's machine"},
	{regexp.MustCompile(`\.onlyP` + `laywright|\b(test|describe|it)\.(on` + `ly|sk` + `ip|fix` + `me)\(|\bt\.Sk` + `ip`), "a test that does not run is no test"},
}

func TestSourceHoldsNoLeftovers(t *testing.T) {
	for _, f := range files(t) {
		for _, rule := range forbidden {
			if m := rule.word.Find(f.text); m != nil {
				t.Errorf("%s contains %q: %s", f.path, m, rule.why)
			}
		}
	}
}

// Below the server time comes with the transaction, so that everything in it
// happens at one instant and a test can say which.
var clocks = map[string]string{
	"internal/server/db/":      "the clock itself",
	"internal/server/web/api/": "a write to a socket has until then, by the computer's clock",
	"internal/server/web/":     "the line a request leaves in the log says how long it took",
}

func TestTimeComesWithTheTransaction(t *testing.T) {
	now := regexp.MustCompile(`\btime\.(Now|Since|Until)\(`)
	for _, f := range files(t) {
		dir := filepath.Dir(f.path) + "/"
		below := strings.HasPrefix(f.path, "internal/server/") && dir != "internal/server/"
		if !below || f.isTest() || clocks[dir] != "" || filepath.Ext(f.path) != ".go" {
			continue
		}
		if m := now.Find(f.text); m != nil {
			t.Errorf("%s asks %s): below server, time is tx.Now or a field", f.path, m)
		}
	}
}

// The core is told the time with each call: an app shows the codes of a moment,
// and a test says which.
func TestCoreHasNoClock(t *testing.T) {
	now := regexp.MustCompile(`\btime\.(Now|Since|Until|Sleep|After|AfterFunc|Tick|NewTimer|NewTicker)\(`)
	for _, f := range files(t) {
		if !slices.Contains(pure, filepath.Dir(f.path)) || f.isTest() {
			continue
		}
		if m := now.Find(f.text); m != nil {
			t.Errorf("%s asks %s): in the core, time comes in with each call", f.path, m)
		}
	}
}

func TestOnlyCommandsReadArgumentsAndEnvironment(t *testing.T) {
	reads := regexp.MustCompile(`\bos\.(Args|Getenv|LookupEnv|Environ)\b`)
	for _, f := range files(t) {
		inner := strings.HasPrefix(f.path, "internal/") || strings.HasPrefix(f.path, "ui/") || strings.HasPrefix(f.path, "otp/")
		if !inner || f.isTest() || filepath.Ext(f.path) != ".go" {
			continue
		}
		if m := reads.Find(f.text); m != nil {
			t.Errorf("%s reads %s: settings come in as values", f.path, m)
		}
	}
}

// Our pages' policy ignores a style attribute and refuses an inline script:
// one in a page is a mistake that nobody sees. Letters have no such policy, and
// no style sheet either.
func TestPagesHoldNoInlineStyleOrScript(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<[^>]*\s(style|on[a-z]+)=|<style|<script(\s[^>]*)?>\s*[^<\s]`)
	for _, f := range files(t) {
		page := filepath.Ext(f.path) == ".html" && !strings.HasPrefix(f.path, "internal/server/notify/") && (strings.HasPrefix(f.path, "internal/") || strings.HasPrefix(f.path, "app/"))
		if m := inline.Find(f.text); page && m != nil {
			t.Errorf("%s contains %q", f.path, m)
		}
	}
}
