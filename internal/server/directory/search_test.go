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
			got, err := directory.Matching(t.Context(), tx, in.ID, typed, 10)
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

// A word that very many have is looked for another way: it finds the same.
func TestCommonWordsFindTheSameAsRareOnes(t *testing.T) {
	d := dbtest.Open(t)
	in := crowd(t, d, directory.Person{Login: "zoe@aoba.example", Name: "Zoe Tanaka"})
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, fill := range []string{
			`INSERT INTO person (id, directory_id, login, name, state, enrol, created_at) SELECT 'P' || n, CAST($1 AS TEXT), 'm' || (1000000 + n), 'M', 'active', 'open', 0 FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($1 AS TEXT), 'tanaka', 'P' || n FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($1 AS TEXT), 'm' || (1000000 + n), 'P' || n FROM i`,
		} {
			if _, err := tx.Exec(t.Context(), `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 2500) `+fill, in.ID); err != nil {
				return err
			}
		}
		for typed, want := range map[string]string{
			"tan": "m1000001 m1000002 m1000003", "m1 tanaka": "m1000001 m1000002 m1000003", "tanaka zoe": "zoe", "tan m1002500": "m1002500",
		} {
			found, err := directory.Matching(t.Context(), tx, in.ID, typed, 3)
			if err != nil || logins(found) != want {
				t.Errorf("%q finds %s, want %s, %v", typed, logins(found), want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Words that very many people have are looked for in another way, with the same answer.
func TestPeopleAreFoundByWordsThatVeryManyHave(t *testing.T) {
	d := dbtest.Open(t)
	in := crowd(t, d, directory.Person{Login: "a@aoba.example", Name: "Mei Sato"}, directory.Person{Login: "b@aoba.example", Name: "Haru Sato"},
		directory.Person{Login: "c@aoba.example", Name: "Mei Ito"})
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, q := range []string{
			`INSERT INTO person (id, directory_id, login, name, email, zone, state, enrol, created_at)
				SELECT 'P' || n, CAST($2 AS TEXT), 'p' || n, 'Mei or Haru', '', '', 'active', 'open', 0 FROM i`,
			`INSERT INTO person_word (directory_id, word, person_id) SELECT CAST($2 AS TEXT), CASE WHEN n % 2 = 0 THEN 'mei' ELSE 'haru' END, 'P' || n FROM i`,
		} {
			if _, err := tx.Exec(t.Context(), `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1) `+q, 4200, in.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]string{"mei sato": "a", "mei haru": "", "mei": "a c p10", "sato mei": "a"} {
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			people, err := directory.Matching(t.Context(), tx, in.ID, typed, 3)
			if got := logins(people); got != want {
				t.Errorf("%q finds %q, want %q", typed, got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
