package vault

import (
	"errors"
	"testing"
	"time"
)

func TestPurgedAccountsComeBackFromNowhere(t *testing.T) {
	v, ids := with(t, account("GitHub", "mei", "1"), account("Bank", "mei", "2"))
	other := onto(t, v, noon)
	remove(t, v, noon, ids[0])
	remove(t, v, noon.Add(time.Second), ids[1])
	later := noon.Add(time.Minute)
	if _, q := other.Merge(v, later, Delete); q != nil {
		t.Fatal("asked")
	}
	if err := v.Purge(later, ids[0]); err != nil {
		t.Fatal(err)
	}
	equal(t, "trash", len(v.Trash(later)), 1)
	if contains(string(v.Bytes()), "GitHub") {
		t.Errorf("something is left: %s", v.Bytes())
	}
	equal(t, "the other's trash", len(other.Trash(later)), 2)
	other.Merge(v, later, Delete)
	v.Merge(other, later, Delete)
	for name, one := range map[string]*Vault{"here": v, "there": other} {
		equal(t, name, len(one.Trash(later)), 1)
		if contains(string(one.Bytes()), "GitHub") {
			t.Errorf("%s: something came back: %s", name, one.Bytes())
		}
	}
	if _, err := v.Undo(later); err != nil { // of the bank's removal
		t.Fatal(err)
	}
	equal(t, "brought back", titles(v.Entries()), []string{"Bank (mei)"})
	if _, err := v.Undo(later); err != nil { // of a removal of which nothing is left
		t.Fatal(err)
	}
	equal(t, "not brought back", titles(v.Entries()), []string{"Bank (mei)"})
}

func TestPurgeTakesOnlyWhatIsInTheTrash(t *testing.T) {
	v, ids := with(t, account("GitHub", "mei", "1"), account("Bank", "mei", "2"))
	remove(t, v, noon, ids[0])
	before := string(v.Bytes())
	if err := v.Purge(noon, ids[0], ids[1]); !errors.Is(err, ErrUnknown) || string(v.Bytes()) != before {
		t.Error(err)
	}
	if err := v.Purge(noon.Add(TrashFor), ids[0]); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}
