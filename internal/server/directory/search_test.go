package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
)

// crowd makes a directory with people, and another with one who is like them.
func crowd(t *testing.T, d *db.DB, people ...directory.Person) (in directory.Directory) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		if in, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Aoba", Domain: "aoba.example"}); err != nil {
			return err
		}
		other, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Mori", Domain: "mori.example"})
		if err != nil {
			return err
		}
		for i, p := range append(people, directory.Person{DirectoryID: other.ID, Login: "mei@mori.example", Name: "Mei Tanaka"}) {
			if i < len(people) {
				p.DirectoryID = in.ID
			}
			if _, err := directory.CreatePerson(t.Context(), tx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func logins(people []directory.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, strings.TrimSuffix(p.Login, "@aoba.example"))
	}
	return strings.Join(out, " ")
}

func TestPeopleAreFoundByTheBeginningsOfWords(t *testing.T) {
	d := dbtest.Open(t)
	in := crowd(t, d,
		directory.Person{Login: "tanaka@aoba.example", Name: "Mei Tanaka"},
		directory.Person{Login: "m.tan@aoba.example", Name: "Tan Mary-Lou", Email: "boss@post.example"},
		directory.Person{Login: "sato@aoba.example", Name: "佐藤 悠"},
		directory.Person{Login: "ito@aoba.example", Name: "ＩＴＯ Haru"},
		directory.Person{Login: "odd@aoba.example", Name: "100% _odd"})
	for typed, want := range map[string]string{
		"mei": "tanaka", "TAN": "m.tan tanaka", "tan mei": "tanaka", "mei sato": "", "佐藤": "sato", "悠": "sato", "ito": "ito", "ｉｔｏ": "ito",
		"boss@": "m.tan", "tanaka@aoba": "tanaka", "": "", "   ": "", "%": "", "_o": "odd", "anaka": "", "\x00": "", "100%": "odd",
	} {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			got, _, err := directory.Matching(t.Context(), tx, in.ID, typed, 10)
			if logins(got) != want {
				t.Errorf("%q finds %q, want %q", typed, logins(got), want)
			}
			return err
		})
		if err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestPagesOfPeopleHaveNoGapsOrRepeats(t *testing.T) {
	d := dbtest.Open(t)
	var people []directory.Person
	for i := range 23 {
		people = append(people, directory.Person{Login: fmt.Sprintf("p%02d@aoba.example", i), Name: "P", Role: map[bool]string{true: directory.Auditor}[i%5 == 0]})
	}
	in := crowd(t, d, people...)
	var all []directory.Person
	page := directory.Page{Limit: 5}
	for {
		var got []directory.Person
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			got, err = directory.PeopleAfter(t.Context(), tx, in.ID, page)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		all = append(all, got...)
		page.After = got[len(got)-1].Login
	}
	if len(all) != 23 || all[0].Login != "p00@aoba.example" || all[22].Login != "p22@aoba.example" {
		t.Errorf("%d: %s", len(all), logins(all))
	}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		roles, err := directory.PeopleAfter(t.Context(), tx, in.ID, directory.Page{Managers: true, Limit: 50})
		if logins(roles) != "p00 p05 p10 p15 p20" {
			t.Errorf("with a role: %s", logins(roles))
		}
		c, err2 := directory.Count(t.Context(), tx, in.ID)
		if c != (directory.Counts{People: 23, NotSetUp: 23}) {
			t.Errorf("%+v", c)
		}
		if err == nil {
			err = err2
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Words that many have are looked for in three ways: what is found is the same
// wherever all who could be meant are looked at, and the page is told where not.
func TestPeopleAreFoundByWordsThatManyHave(t *testing.T) {
	for _, c := range []struct {
		people int
		want   map[string]string
	}{
		{2_500, map[string]string{
			"tan": "m0000001 m0000010 m0000100 …", "tanaka m00": "m0000001 m0000002 m0000003 …", "even odd": "", "even m0000004": "m0000004",
			"zoe tan": "zoe", "tan zoe": "zoe", "even zoe": "", "odd m000000": "m0000001 m0000003 m0000005 …", "m000000 even": "m0000002 m0000004 m0000006 …",
		}},
		{12_000, map[string]string{"even odd": "", "even odd tan": "", "even m0000004": "m0000004"}},
		{26_000, map[string]string{"even odd": "", "even odd tan": "…", "even m0000004": "m0000004", "m tan even": "m0000010 m0000100 m0001000 …", "tanaka zoe": "zoe"}},
	} {
		t.Run(fmt.Sprint(c.people), func(t *testing.T) { finds(t, c.people, c.want) })
	}
}

// finds checks searches among very many people called Tanaka, every second of them odd, and one Zoe.
func finds(t *testing.T, people int, wanted map[string]string) {
	t.Helper()
	d := dbtest.Open(t)
	in := crowd(t, d, directory.Person{ID: "Z", Login: "zoe@aoba.example", Name: "Zoe Tanaka"})
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, fill := range []string{
			`INSERT INTO person (id, directory_id, login, name, state, enrol, created_at) SELECT 'P' || n, CAST($2 AS TEXT), 'm' || substr('0000000' || n, length('' || n) + 1), 'M', 'active', 'open', 0 FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), 'tanaka', 'P' || n FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END, 'P' || n FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), 'm' || substr('0000000' || n, length('' || n) + 1), 'P' || n FROM i`,
		} {
			if _, err := tx.Exec(t.Context(), `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1) `+fill, people, in.ID); err != nil {
				return err
			}
		}
		for typed, want := range wanted {
			found, more, err := directory.Matching(t.Context(), tx, in.ID, typed, 3)
			got := logins(found)
			if more {
				got = strings.TrimSpace(got + " …")
			}
			if err != nil || got != want {
				t.Errorf("%q finds %s, want %s, %v", typed, got, want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
