package vault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestAccountsStandWhereTheyWerePut(t *testing.T) {
	v, ids := with(t, account("a", "", "1"), account("b", "", "2"), account("c", "", "3"), account("d", "", "4"))
	move := func(i int, above string) {
		change(t, v, noon, Moving, func(c *Change) error { return c.Move(ids[i], above) })
	}
	move(3, "")
	equal(t, "d on top", titles(v.Entries()), []string{"d", "a", "b", "c"})
	move(0, ids[2])
	equal(t, "a at the end", titles(v.Entries()), []string{"d", "b", "c", "a"})
	move(2, ids[3])
	equal(t, "c below d", titles(v.Entries()), []string{"d", "c", "b", "a"})
	for i := range 200 { // until no number lies between two
		move(i%2, ids[3])
		move(2, ids[3])
	}
	equal(t, "after many moves", titles(v.Entries()), []string{"d", "c", "b", "a"})
	if err := v.Change(noon, Moving, func(c *Change) error { return c.Move(ids[0], "nobody") }); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

// All faces once gave every account the same order.
func TestMoveAmongEqualOrders(t *testing.T) {
	v, ids := with(t, account("a", "", "1"), account("b", "", "2"), account("c", "", "3"))
	change(t, v, noon, Editing, func(c *Change) error {
		for _, id := range ids {
			if err := c.Edit(id, func(e *Entry) { e.Order = 0 }); err != nil {
				return err
			}
		}
		return nil
	})
	all := v.Entries()
	change(t, v, noon, Moving, func(c *Change) error { return c.Move(all[2].ID, all[0].ID) })
	equal(t, "order", titles(v.Entries()), titles([]Entry{all[0], all[2], all[1]}))
}

func TestChangeIsAllOrNothing(t *testing.T) {
	v, ids := with(t, account("a", "", "1"))
	before := string(v.Bytes())
	err := v.Change(noon, Editing, func(c *Change) error {
		c.Add(account("b", "", "2"))
		if err := c.Remove(ids[0]); err != nil {
			return err
		}
		return c.Edit(ids[0], func(*Entry) {}) // it was removed
	})
	if !errors.Is(err, ErrUnknown) || string(v.Bytes()) != before {
		t.Errorf("%v: %s", err, v.Bytes())
	}
	if err := v.Change(noon, Editing, func(*Change) error { return nil }); err != nil || string(v.Bytes()) != before {
		t.Error("nothing was done, and something changed")
	}
}

func TestUndoTakesBackOneDeedAfterTheOther(t *testing.T) {
	v, ids := with(t, account("a", "", "1"), account("b", "", "2"))
	states := []string{shown(v)}
	step := func(deed Deed, do func(*Change) error) {
		change(t, v, noon, deed, do)
		states = append(states, shown(v))
	}
	step(Editing, func(c *Change) error { return c.Edit(ids[0], func(e *Entry) { e.Name = "first" }) })
	step(Editing, func(c *Change) error { return c.Edit(ids[0], func(e *Entry) { e.Name = "second" }) })
	step(Editing, func(c *Change) error { return c.Edit(ids[0], func(e *Entry) { e.Note = "a note" }) })
	step(Moving, func(c *Change) error { return c.Move(ids[1], "") })
	step(Importing, func(c *Change) error {
		c.Add(account("c", "", "3"))
		c.Add(account("d", "", "4"))
		return c.Edit(ids[1], func(e *Entry) { e.Pinned = true })
	})
	step(Removing, func(c *Change) error { return c.Remove(ids[0]) })
	for i := len(states) - 2; i >= 0; i-- {
		if _, err := v.Undo(noon); err != nil || shown(v) != states[i] {
			t.Fatalf("back to %d: %v\n%s\nwant\n%s", i, err, shown(v), states[i])
		}
		v = open(t, v.Bytes(), noon) // another process may do the next
	}
	equal(t, "trash", titles2(v.Trash(noon)), []string{"c", "d"})
	if last, err := v.Undo(noon); err != nil || last.Deed != Adding || len(v.Entries()) != 0 {
		t.Errorf("%+v, %v", last, err)
	}
	if _, err := v.Undo(noon); !errors.Is(err, ErrNothing) {
		t.Error(err)
	}
}

// shown is what people see of a vault, ids apart: they are new after an undo.
func shown(v *Vault) string {
	var b strings.Builder
	for _, e := range v.Entries() {
		fmt.Fprintln(&b, e.Title(), e.Note, e.Pinned, e.Order, e.Secret)
	}
	return b.String()
}

func titles2(all []Trashed) (out []string) {
	for _, one := range all {
		out = append(out, one.Title())
	}
	return out
}

// What was changed again since, stays – also by another device.
func TestUndoLeavesLaterChanges(t *testing.T) {
	phone, ids := with(t, account("a", "", "1"), account("b", "", "2"))
	tablet := onto(t, phone, noon)
	change(t, phone, noon.Add(hour), Editing, func(c *Change) error {
		for _, id := range ids {
			if err := c.Edit(id, func(e *Entry) { e.Name = "phone" }); err != nil {
				return err
			}
		}
		return nil
	})
	tablet.Merge(phone, noon.Add(2*hour), Unasked)
	rename(t, tablet, noon.Add(2*hour), ids[1], "tablet")
	phone.Merge(tablet, noon.Add(3*hour), Unasked)
	last, err := phone.Undo(noon.Add(3 * hour))
	if err != nil || last.Count != 1 {
		t.Errorf("%+v, %v", last, err)
	}
	equal(t, "titles", titles(phone.Entries()), []string{"a", "b (tablet)"})
}

func TestCountersAreNeverUndone(t *testing.T) {
	v, ids := with(t, counting("a", "", "1", 7))
	rename(t, v, noon, ids[0], "x")
	if n, err := v.Next(noon, ids[0]); n != 7 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := v.Undo(noon); err != nil {
		t.Fatal(err)
	}
	equal(t, "counter", entry(t, v, ids[0]).Counter, uint64(8))
	err := v.Change(noon, Editing, func(c *Change) error { return c.Edit(ids[0], func(e *Entry) { e.Counter = 3 }) })
	if !errors.Is(err, ErrCounter) {
		t.Error(err)
	}
}

func TestCounterThatFacesCannotHoldEnds(t *testing.T) {
	v, ids := with(t, counting("a", "", "1", MaxCounter-1))
	if n, err := v.Next(noon, ids[0]); n != MaxCounter-1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := v.Next(noon, ids[0]); !errors.Is(err, ErrCounter) {
		t.Error(err)
	}
}

// Bringing back makes a new id, and the account remembers what it was.
func TestRestoredAccountHasANewIDAndItsPast(t *testing.T) {
	v, ids := with(t, account("a", "", "1"))
	rename(t, v, noon.Add(hour), ids[0], "named")
	remove(t, v, noon.Add(2*hour), ids[0])
	equal(t, "trash", v.Trash(noon.Add(3 * hour))[0].Until, noon.Add(2*hour+TrashFor))
	var id string
	change(t, v, noon.Add(3*hour), Restoring, func(c *Change) (err error) { id, err = c.Restore(ids[0]); return err })
	if id == ids[0] || len(v.Trash(noon)) != 0 {
		t.Errorf("%s, %v", id, v.Trash(noon))
	}
	past, err := v.History(id)
	if err != nil || len(past) != 2 || past[0].Name != "named" || past[1].Name != "" {
		t.Errorf("%+v, %v", past, err)
	}
	err = v.Change(noon, Restoring, func(c *Change) error { _, err := c.Restore(ids[0]); return err })
	if !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	v, ids := with(t, account("a", "", "1"))
	for i := range 50 {
		rename(t, v, noon.Add(hour), ids[0], fmt.Sprint(i))
	}
	past, err := v.History(ids[0])
	if err != nil || len(past) > 10 || past[0].Name != "49" || past[1].Name != "48" {
		t.Errorf("%d, %+v, %v", len(past), past[:2], err)
	}
	equal(t, "journal", len(v.Journal()) <= maxJournal, true)
}

// An account of a sign-in service is of no use without its device key: it is
// not kept in the trash.
func TestPairedAccountIsNotInTheTrash(t *testing.T) {
	v, ids := with(t, Entry{Kind: Personal, Name: "mei", server: []byte(`{"issuer":"https://id.example"}`)})
	remove(t, v, noon, ids[0])
	if len(v.Trash(noon)) != 0 || contains(string(v.Bytes()), "id.example") {
		t.Errorf("%s", v.Bytes())
	}
}

func TestStampsAreReadAsTheyAreWritten(t *testing.T) {
	for _, s := range []Stamp{{}, {1, 0, "a"}, {1795348800000, maxCount, "Device_1-x"}} {
		if got, err := ParseStamp(s.String()); got != s || err != nil {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	for _, text := range []string{"1", "1.2", "1.2.", "-1.0.a", "01.0.a", "+1.0.a", "1.9007199254740992.a", "1.0.a.b", "1.0.a\"", "1.0." + strings.Repeat("a", 41)} {
		if s, err := ParseStamp(text); !errors.Is(err, ErrBroken) {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}

func TestClockOfAVaultNeverRunsBackwards(t *testing.T) {
	v, ids := with(t, account("a", "", "1"))
	rename(t, v, noon.Add(hour), ids[0], "later")
	rename(t, v, noon, ids[0], "the clock was set back")
	equal(t, "name", entry(t, v, ids[0]).Name, "the clock was set back")
	again := open(t, v.Bytes(), noon)
	rename(t, again, noon.Add(-hour), ids[0], "and again")
	equal(t, "name", entry(t, again, ids[0]).Name, "and again")
}
