package consoleweb_test

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
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
		auditor := d.visitor(t, directory.Auditor, lang)
		now := ui.When(lang, "Asia/Tokyo", d.Clock.Now(), d.Clock.Now())
		for target, want := range map[string]string{
			"/admin":                 ui.T(lang, "console.coverage.counted", "when", now),
			"/admin?period=day":      "0 / 20,001</span>", // with an app, of Mei and the others
			"/admin/people?q=eve+od": ui.T(lang, "console.people.none"),
			"/admin/people?q=e+ev+eve+even+eveni+evenin+od": ui.T(lang, "console.people.many"),
			"/admin/people?q=evening":                       ui.T(lang, "console.people.cut"),
		} {
			if got, page := auditor.get(t, target); got.StatusCode != 200 || !strings.Contains(page, want) {
				t.Errorf("%s, %s: %d without %q", lang, target, got.StatusCode, want)
			}
		}
	}
}

// Nobody is added under a sign-in name that looks like another directory's.
func TestALoginOfAnotherDirectoryIsRefusedInWords(t *testing.T) {
	d := open(t)
	d.Write(t, func(tx *db.Tx) error {
		_, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Mori Books", Domain: "mori.example"})
		return err
	})
	for _, lang := range ui.Languages {
		r := httptest.NewRequest("POST", regtest.Issuer+"/admin/people/add", strings.NewReader(url.Values{
			"login": {"yu@mori.example"}, "name": {"Yu"}, "email": {"yu@mail.example"}, "role": {"member"},
		}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		got, page := d.visitor(t, directory.Owner, lang).send(t, r)
		if got.StatusCode != 422 || !strings.Contains(page, ui.T(lang, "console.add.wrong.elsewhere")) || !strings.Contains(page, `value="yu@mori.example"`) {
			t.Errorf("%s: %d\n%s", lang, got.StatusCode, page)
		}
	}
}

// Who takes the log out stands in it.
func TestTakingTheLogOutIsWrittenDown(t *testing.T) {
	d := open(t)
	v := d.visitor(t, directory.Auditor, "en")
	if got, lines := v.get(t, "/admin/log.jsonl"); got.StatusCode != 200 || !strings.Contains(lines, `"kind":"signin.refused"`) {
		t.Errorf("%d\n%s", got.StatusCode, lines)
	}
	if _, lines := v.get(t, "/admin/log.jsonl"); strings.Count(lines, `"kind":"`+string(audit.AdminExported)+`"`) != 2 {
		t.Errorf("taken out twice:\n%s", lines)
	}
}
