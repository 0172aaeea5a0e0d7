package consoleweb_test

import (
	"strings"
	"testing"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// Of very many people the pages say what they do not do at once: when they were
// counted, and that a search did not go through all.
func TestPagesSayWhatTheyKnowOfVeryManyPeople(t *testing.T) {
	d := open(t)
	d.Write(t, func(tx *db.Tx) error {
		for _, fill := range []string{
			`INSERT INTO person (id, directory_id, login, name, state, enrol, created_at) SELECT 'P' || n, CAST($2 AS TEXT), 'p' || n, 'P', 'active', 'closed', 0 FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), CASE WHEN n % 2 = 0 THEN 'evening' ELSE 'odd' END, 'P' || n FROM i`,
		} {
			if _, err := tx.Exec(t.Context(), `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1) `+fill, admin.Many, d.Aoba.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err := admin.Recount(t.Context(), d.DB); err != nil {
		t.Fatal(err)
	}
	for _, lang := range ui.Languages {
		auditor := d.hired(t, directory.Auditor, lang)
		now := ui.When(lang, "Asia/Tokyo", d.Clock.Now(), d.Clock.Now())
		for target, want := range map[string]string{
			"/admin":                 ui.T(lang, "console.coverage.counted", "when", now),
			"/admin/people?q=eve+od": ui.T(lang, "console.people.none"),
			"/admin/people?q=e+ev+eve+even+eveni+evenin+od": ui.T(lang, "console.people.many"),
			"/admin/people?q=evening":                       ui.T(lang, "console.people.cut"),
		} {
			if status, page := d.sees(t, auditor, lang, target); status != 200 || !strings.Contains(page, want) {
				t.Errorf("%s, %s: %d without %q", lang, target, status, want)
			}
		}
	}
}
