package vault

import (
	"fmt"
	"testing"
)

// A face that has a vault and hears what became of it since has what there is.
func TestWhatChangedSinceIsAllThatChanged(t *testing.T) {
	v, ids := with(t, account("a", "", "1"), account("b", "", "2"), account("c", "", "3"), account("d", "", "4"))
	for what, do := range map[string]func(*Change) error{
		"an edit":   func(c *Change) error { return c.Edit(ids[0], func(e *Entry) { e.Note = "n" }) },
		"a move":    func(c *Change) error { return c.Move(ids[3], "") },
		"a removal": func(c *Change) error { return c.Remove(ids[1]) },
		"another":   func(c *Change) error { c.Add(account("e", "", "5")); return c.Remove(ids[2]) },
		"nothing":   func(*Change) error { return nil },
	} {
		was, now := v.Clone(), v.Clone()
		change(t, now, noon, Editing, do)
		changed, gone, ok := now.Since(was)
		if !ok {
			t.Errorf("%s: no answer", what)
		}
		equal(t, what, valuesOf(patched(was, changed, gone)), valuesOf(now.Entries()))
		if len(changed)+len(gone) > 2 {
			t.Errorf("%s: %d changed, %d gone", what, len(changed), len(gone))
		}
	}
}

// What cannot be told of single accounts is not told so.
func TestMuchThatChangedIsNotToldOneByOne(t *testing.T) {
	v, ids := with(t, account("a", "", "1"), account("b", "", "2"))
	for what, do := range map[string]func(*Vault){
		"the same account twice": func(v *Vault) {
			change(t, v, noon, Editing, func(c *Change) error {
				return c.Edit(ids[0], func(e *Entry) { other, _ := v.Entry(ids[1]); *e = e.WithKey(other.Key()) })
			})
		},
		"very many": func(v *Vault) {
			change(t, v, noon, Adding, func(c *Change) error {
				for i := range few + 1 {
					c.Add(account(fmt.Sprint("x", i), "", fmt.Sprint("x", i)))
				}
				return nil
			})
		},
		"a removed device": func(v *Vault) { v.RemoveDevice(noon, "another") },
	} {
		now := v.Clone()
		do(now)
		if _, _, ok := now.Since(v); ok {
			t.Errorf("%s: told", what)
		}
	}
}

// patched are the entries of a face that has heard what changed.
func patched(was *Vault, changed []Entry, gone []string) []Entry {
	now := map[string]Entry{}
	for _, e := range was.Entries() {
		now[e.ID] = e
	}
	for _, e := range changed {
		now[e.ID] = e
	}
	for _, id := range gone {
		delete(now, id)
	}
	var all []Entry
	for _, e := range now {
		all = append(all, e)
	}
	sortBy(all, func(a, b Entry) int { return inOrder(&a, &b) })
	return all
}

func valuesOf(entries []Entry) (all []string) {
	for _, e := range entries {
		b, _ := e.MarshalJSON()
		all = append(all, string(b))
	}
	return all
}
