package admin_test

import (
	"fmt"
	"testing"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

func (o *office) headcount(t *testing.T) (c admin.Headcount) {
	t.Helper()
	o.Write(t, func(tx *db.Tx) (err error) {
		c, err = admin.HeadcountOf(t.Context(), tx, o.Aoba.ID)
		return err
	})
	return c
}

func (o *office) recount(t *testing.T) {
	t.Helper()
	if err := admin.Recount(t.Context(), o.DB); err != nil {
		t.Fatal(err)
	}
}

func (o *office) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	o.Write(t, func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), statement, args...)
		return err
	})
}

// Few are counted when a page asks; very many ahead, every ten minutes, by whichever node comes first.
func TestVeryManyPeopleAreCountedAhead(t *testing.T) {
	o := open(t)
	mei := o.Member(t, "mei")
	o.Device(t, mei, "Pixel")
	o.Member(t, "haru")
	o.Passkey(t, mei, "iPhone")
	o.Passkey(t, mei, "MacBook")
	o.Passkey(t, o.Member(t, "ren"), "YubiKey")
	o.exec(t, `UPDATE passkey SET kind = 'key' WHERE name = 'YubiKey'`)
	o.Passkey(t, o.Member(t, "yui"), "copied")
	o.exec(t, `UPDATE passkey SET copied_at = 1 WHERE name = 'copied'`)
	o.recount(t)
	few := o.headcount(t)
	if want := (admin.Headcount{In: o.Aoba.ID, Counts: directory.Counts{People: 4, NotSetUp: 1}, WithApp: 1, WithPasskey: 1, WithKey: 1}); few != want {
		t.Fatalf("few: %+v, want %+v", few, want)
	}
	o.exec(t, `WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < $1)
		INSERT INTO person (id, directory_id, login, name, state, enrol, created_at) SELECT 'P' || n, CAST($2 AS TEXT), 'p' || n, 'P', 'active', 'closed', 0 FROM i`, admin.Many, o.Aoba.ID)
	if now := o.headcount(t); now.People != few.People+admin.Many || !now.At.IsZero() {
		t.Errorf("before the count: %+v", now)
	}
	o.recount(t)
	counted := o.headcount(t)
	if counted.People != few.People+admin.Many || counted.NotSetUp != few.NotSetUp || counted.WithApp != 1 || counted.WithPasskey != 1 || counted.WithKey != 1 || !counted.At.Equal(o.Clock.Now()) {
		t.Errorf("counted: %+v", counted)
	}
	o.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, "P1", directory.Suspended) })
	o.Clock.Add(admin.CountLasts - time.Minute)
	o.recount(t)
	if soon := o.headcount(t); soon != counted {
		t.Errorf("another node counted again too soon: %+v", soon)
	}
	o.Clock.Add(time.Minute)
	o.recount(t)
	if later := o.headcount(t); later.Suspended != 1 || !later.At.Equal(o.Clock.Now()) {
		t.Errorf("ten minutes later: %+v", later)
	}
	for last := range 10 { // in parts: each row is looked for in every table that could name it
		o.exec(t, `DELETE FROM person WHERE id <> 'P1' AND id LIKE $1 AND name = 'P'`, fmt.Sprintf("P%%%d", last))
	}
	o.Clock.Add(admin.CountLasts)
	o.recount(t)
	if left := o.headcount(t); left.People != few.People+1 || left.Suspended != 1 || !left.At.IsZero() {
		t.Errorf("few again: %+v", left)
	}
}
