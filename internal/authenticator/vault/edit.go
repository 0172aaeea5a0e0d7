package vault

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Deed names what was done, for the button that undoes it.
type Deed string

// The deeds a vault knows; faces may use others.
const (
	Adding    Deed = "add"
	Editing   Deed = "edit"
	Moving    Deed = "move"
	Removing  Deed = "remove"
	Restoring Deed = "restore"
	Importing Deed = "import"
	Undoing   Deed = "undo"
)

// A Done is an entry of the journal: something a person did, in one stamp.
type Done struct {
	At    Stamp
	Deed  Deed
	Count int   // accounts it touched
	Undid Stamp // what an undo took back
}

// A Change is one deed while it is done: all of it or nothing.
type Change struct {
	v       *Vault
	at      Stamp
	was     *view // before the change
	last    float64
	touched map[string]bool
	deed    Deed // what it amounts to, if nobody says
}

// begin starts a change. What it looks up is what was there at its beginning,
// and what it touched since.
func (v *Vault) begin(at Stamp) *Change {
	c := &Change{v: v, at: at, was: v.see(), touched: map[string]bool{}}
	for i := range c.was.entries {
		c.last = max(c.last, c.was.entries[i].Order)
	}
	return c
}

// Change does something to a vault under one stamp, so that one undo takes it
// back. If do fails, nothing has changed.
func (v *Vault) Change(now time.Time, deed Deed, do func(*Change) error) error {
	before := v.Clone()
	c := v.begin(v.tick(now))
	if err := do(c); err != nil {
		*v = *before
		return err
	}
	if len(c.touched) == 0 {
		*v = *before
		return nil
	}
	v.note(Done{At: c.at, Deed: deed, Count: len(c.touched)})
	return nil
}

// note writes into the journal, newest first.
func (v *Vault) note(d Done) {
	v.journal = joinJournal(v.journal, []Done{d})
}

func joinJournal(a, b []Done) []Done {
	all := slices.Concat(a, b)
	sortBy(all, func(a, b Done) int { return b.compare(a) })
	all = slices.CompactFunc(all, func(a, b Done) bool { return a.compare(b) == 0 })
	return all[:min(len(all), maxJournal)]
}

func (d Done) compare(e Done) int {
	return cmp.Or(d.At.Compare(e.At), strings.Compare(string(d.Deed), string(e.Deed)), d.Count-e.Count, d.Undid.Compare(e.Undid))
}

// put replaces a record.
func (c *Change) put(r *record) {
	c.v.records.put(r)
	c.touched[r.id] = true
	c.v.view = nil
}

// entry is an account as it is in the middle of the change.
func (c *Change) entry(id string) (Entry, error) {
	at, ok := c.was.at[id]
	if ok && !c.touched[id] {
		return c.was.entries[at], nil
	}
	r := c.v.records.get(id)
	if !ok && !c.touched[id] || !c.v.exists(r) {
		return Entry{}, ErrUnknown
	}
	return c.v.lookAt(c.v.withCopies(r, c.was.copies[id])).entry, nil
}

// withCopies is a record with what its copies know.
func (v *Vault) withCopies(r *record, copies []string) *record {
	for _, id := range copies {
		both := r.copy()
		both.groups = joinGroups(r.groups, v.records.get(id).groups)
		r = both
	}
	return r
}

// Add puts a new account at the end of the list and returns its id; the entry's
// own id and order do not count.
func (c *Change) Add(e Entry) string {
	c.last++
	e.ID, e.Order = newID(), c.last
	c.insert(e, "")
	return e.ID
}

// insert makes the record of a new account.
func (c *Change) insert(e Entry, from string) {
	e.tidy()
	c.amountsTo(Adding)
	r := &record{id: e.ID, born: c.at, from: from}
	for _, g := range entryGroups {
		if value := e.value(g); value != nil {
			r.groups = append(r.groups, versions{g, []version{{c.at, value}}})
		}
	}
	if e.Counter > 0 {
		r.groups = append(r.groups, versions{counter, []version{{c.at, counterValue(e.Secret, e.Counter)}}})
	}
	c.put(r.sorted())
}

// Edit lets edit change an account. Its id and kind stay. It returns
// [ErrCounter] if a counter went back while the secret stayed.
func (c *Change) Edit(id string, edit func(*Entry)) error {
	old, err := c.entry(id)
	if err != nil {
		return err
	}
	e := old
	e.Tags = slices.Clone(e.Tags)
	edit(&e)
	e.ID, e.Kind = old.ID, old.Kind
	e.tidy()
	if e.Counter < old.Counter && bytes.Equal(e.Secret, old.Secret) {
		return fmt.Errorf("%s: %w", old.Title(), ErrCounter)
	}
	c.write(old, e)
	return nil
}

// write writes the groups in which e differs from what it was.
func (c *Change) write(old, e Entry) {
	for _, g := range entryGroups {
		if value := e.value(g); !bytes.Equal(value, old.value(g)) {
			c.amountsTo(g.deed())
			for _, id := range c.writers(g, e.ID) {
				c.put(c.v.records.get(id).with(g, version{c.at, orNull(value)}))
			}
		}
	}
	if e.Counter > old.Counter || e.Counter > 0 && !bytes.Equal(e.Secret, old.Secret) {
		c.put(c.v.records.get(e.ID).with(counter, version{c.at, counterValue(e.Secret, e.Counter)}))
	}
}

// writers are the records that a change of a group goes to: all copies of the
// account if it changes what makes them the same.
func (c *Change) writers(g group, id string) []string {
	if g != secret {
		return []string{id}
	}
	return append([]string{id}, c.was.copies[id]...)
}

// deed is what writing a group amounts to. What a sign-in service says is
// nobody's deed.
func (g group) deed() Deed {
	switch g {
	case server:
		return ""
	case place:
		return Moving
	}
	return Editing
}

// amountsTo gathers what a change amounts to: several things are an edit.
func (c *Change) amountsTo(d Deed) {
	switch {
	case d == "" || d == c.deed:
	case c.deed == "":
		c.deed = d
	default:
		c.deed = Editing
	}
}

func orNull(value []byte) []byte {
	if value == nil {
		return []byte("null")
	}
	return value
}

// Move puts an account directly below another one, or at the top if above is
// empty.
func (c *Change) Move(id, above string) error {
	order, room, err := c.below(id, above)
	if err == nil && !room {
		c.renumber()
		order, _, err = c.below(id, above)
	}
	if err != nil {
		return err
	}
	return c.Edit(id, func(e *Entry) { e.Order = order })
}

// below is an order for an account below another one. There is no room if no
// number lies between that one and the next.
func (c *Change) below(id, above string) (order float64, room bool, err error) {
	all := slices.DeleteFunc(slices.Clone(c.v.Entries()), func(e Entry) bool { return e.ID == id })
	at := -1
	if above != "" {
		if at = slices.IndexFunc(all, func(e Entry) bool { return e.ID == above }); at < 0 {
			return 0, false, ErrUnknown
		}
	}
	switch {
	case len(all) == 0:
		return 1, true, nil
	case at < 0:
		return all[0].Order - 1, true, nil
	case at == len(all)-1:
		return all[at].Order + 1, true, nil
	}
	low, high := all[at].Order, all[at+1].Order
	order = low + (high-low)/2
	return order, low < order && order < high, nil
}

// renumber gives every account a whole number, in the order in which they stand.
func (c *Change) renumber() {
	for i, e := range slices.Clone(c.v.Entries()) {
		if e.Order != float64(i+1) {
			moved := e
			moved.Order = float64(i + 1)
			c.write(e, moved)
		}
	}
}

// Remove puts an account into the trash, from where it can be brought back for
// thirty days – unless it belongs to a sign-in service.
func (c *Change) Remove(id string) error {
	e, err := c.entry(id)
	if err != nil {
		return err
	}
	c.amountsTo(Removing)
	for _, one := range c.was.copies[id] {
		c.put(c.v.records.get(one).removed(c.at))
		delete(c.touched, one) // one account, however many copies
	}
	r := c.v.records.get(id).removed(c.at)
	if e.Kind != Other {
		r.groups = nil
	}
	c.put(r)
	return nil
}

// Restore brings an account back from the trash, under a new id, with its
// history. It returns the id.
func (c *Change) Restore(id string) (string, error) {
	at := slices.IndexFunc(c.was.trash, func(t Trashed) bool { return t.ID == id })
	if at < 0 {
		return "", ErrUnknown
	}
	return c.revive(c.v.records.get(id), nil), nil
}

// revive makes a new record of one that was removed and of what its copies know.
func (c *Change) revive(old *record, copies []string) string {
	r := c.v.withCopies(old, copies).copy()
	r.id, r.from, r.born, r.gone = newID(), old.id, c.at, nil
	c.put(r)
	return r.id
}

// Beside shows an account that was already here in another form (see
// [Vault.Aside]) beside that one. To take it instead, remove the other.
func (c *Change) Beside(id string) error {
	if !slices.ContainsFunc(c.was.aside, func(e Entry) bool { return e.ID == id }) {
		return ErrUnknown
	}
	for _, one := range append([]string{id}, c.was.copies[id]...) {
		delete(c.v.aside, one)
	}
	c.touched[id] = true
	c.v.view = nil
	return nil
}

// Next gives the counter of an HOTP account out and counts on. It is not undone
// and not named in the journal: a counter never goes back.
func (v *Vault) Next(now time.Time, id string) (uint64, error) {
	e, err := v.Entry(id)
	if err != nil {
		return 0, err
	}
	if e.Counter >= MaxCounter {
		return 0, ErrCounter
	}
	at := v.tick(now)
	v.records.put(v.records.get(id).with(counter, version{at, counterValue(e.Secret, e.Counter+1)}))
	v.view = nil
	return e.Counter, nil
}
