package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	auditKind = regexp.MustCompile(`(?m)^\t([A-Z]\w+) +Kind = "([a-z_.]+)"`)
)

// Whatever the audit log can say is named by a test that has it happen.
func TestEveryKindOfEventIsNamedByATest(t *testing.T) {
	source, err := os.ReadFile("internal/server/audit/kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, f := range files(t) {
		if f.isTest() {
			tests.Write(f.text)
		}
	}
	scenes, err := filepath.Glob("cmd/*/testdata/*.txtar")
	for _, scene := range scenes {
		text, err := os.ReadFile(scene)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	if err != nil || len(scenes) == 0 {
		t.Fatal("no scenes", err)
	}
	all := auditKind.FindAllStringSubmatch(string(source), -1)
	if len(all) < 100 {
		t.Fatalf("%d kinds", len(all))
	}
	for _, kind := range all {
		if !regexp.MustCompile(`audit\.` + kind[1] + `\b|["']` + regexp.QuoteMeta(kind[2]) + `["'/]`).MatchString(tests.String()) {
			t.Errorf("no test has %s (%s) happen", kind[2], kind[1])
		}
	}
}
