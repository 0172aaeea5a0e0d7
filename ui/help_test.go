package ui

import "testing"

// Each page says as much in every language, and every message of help stands on
// some page.
func TestHelpIsWholeInEveryLanguage(t *testing.T) {
	for _, lang := range Languages {
		said := map[string]bool{}
		for _, page := range Help(lang) {
			at := "help." + page.Page
			said[at+".title"], said[at+".lead"] = true, true
			for _, section := range page.Sections {
				said[at+"."+section.ID] = true
				if len(section.Steps) == 0 {
					t.Errorf("%s: %s.%s says nothing", lang, at, section.ID)
				}
				for n := range section.Steps {
					said[at+"."+section.ID+"."+string(rune('1'+n))] = true
				}
			}
		}
		for _, key := range Keys(lang) {
			if len(key) > 5 && key[:5] == "help." && !said[key] && key != "help.title" && key != "help.lead" && key != "help.back" && key != "help.link" {
				t.Errorf("%s: %s stands on no page", lang, key)
			}
		}
	}
}
