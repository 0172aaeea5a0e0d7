// Package usagetest holds a program's words to its grammar.
package usagetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/internal/usage"
	"countersign/ui"
)

// Explained fails a test unless every command, flag and argument of a grammar
// is explained by a family of messages in every language, and nothing is
// explained that is not there.
func Explained(t *testing.T, grammar any, program, family string) {
	t.Helper()
	k := kong.Must(grammar, kong.Name(program))
	for _, lang := range ui.Languages {
		keys := usage.Voice{Lang: lang, Family: family}.Keys(k.Model.Node)
		for _, key := range keys {
			if !ui.Has(lang, key) && !strings.HasSuffix(key, ".more") {
				t.Errorf("%s is missing in %s", key, lang)
			}
		}
		for _, key := range ui.Keys(lang) {
			if strings.HasPrefix(key, family) && !slices.Contains(keys, key) {
				t.Errorf("%s explains nothing", key)
			}
		}
	}
}
