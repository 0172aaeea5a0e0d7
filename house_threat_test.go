package house_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Rows of the tables in docs/threat-model.md: a line or an attack, and the tests
// that hold it, as `file` and the name behind it.
var (
	tableRow  = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \|$`)
	heldBy    = regexp.MustCompile("`([^`]+)` ([^;|]+)")
	lineName  = regexp.MustCompile(`^[NTRAOW]\d+$`)
	bracketed = regexp.MustCompile(`\[([NTRAOW]\d+)\]`)
)

// Each promise of the threat model has a test that names its line, and each
// attack that we think of one that tries it; the page says which.
func TestEveryLineOfTheThreatModelIsHeldByATest(t *testing.T) {
	text, err := os.ReadFile("docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]bool{}
	for _, row := range tableRow.FindAllStringSubmatch(string(text), -1) {
		tests := heldBy.FindAllStringSubmatch(row[2], -1)
		if len(tests) == 0 {
			continue // the head of a table
		}
		isLine := lineName.MatchString(row[1])
		lines[row[1]] = isLine
		for _, test := range tests {
			source, err := os.ReadFile(test[1])
			name := strings.TrimSpace(test[2])
			switch {
			case err != nil:
				t.Errorf("%s: %v", row[1], err)
			case !strings.Contains(string(source), "func "+name+"(") && !strings.Contains(string(source), "'"+name+"'"):
				t.Errorf("%s: %s has no test %q", row[1], test[1], name)
			case isLine && !regexp.MustCompile(row[1]+`(\D|$)`).Match(source):
				t.Errorf("%s is not named in %s", row[1], test[1])
			}
		}
	}
	for _, m := range bracketed.FindAllStringSubmatch(string(text), -1) {
		if !lines[m[1]] {
			t.Errorf("%s is promised, and no test is named for it", m[1])
		}
	}
	if len(lines) < 50 {
		t.Errorf("only %d rows: %v", len(lines), slices.Sorted(maps.Keys(lines)))
	}
}
