package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/internal/usage"
	"countersign/ui"
)

// Every command, flag and argument is explained, in every language, and
// nothing is explained that is not there.
func TestEveryCommandIsExplained(t *testing.T) {
	var g grammar
	k := kong.Must(&g, kong.Name(program))
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
