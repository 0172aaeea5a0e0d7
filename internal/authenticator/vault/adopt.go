package vault

import (
	"bytes"
	"sort"
	"time"
)

// What faces change in "entries" has no stamp. It gets one when the vault is
// opened: the difference between what a face left and what the core knows is
// what somebody did.

// A flat vault is what faces read and write.
type flat struct {
	entries  []Entry
	settings []field
}

// adoptAll takes over a vault that the core has never seen. The stamps are the
// times at which accounts were added, and the device is named after the
// lineage, so that the same bytes are the same vault whenever they are opened.
func (v *Vault) adoptAll(f flat, now time.Time) {
	v.device = "l" + first(v.lineage, 11)
	for _, at := range byID(f.entries) {
		e := f.entries[at]
		if v.records.get(e.ID) != nil {
			continue // an id that came twice
		}
		c := &Change{v: v, at: Stamp{max(min(e.created(), now.UnixMilli()), 0), 0, v.device}, touched: map[string]bool{}}
		v.latest = newest(v.latest, c.at)
		c.insert(e, "")
	}
	v.settings = []version{{Stamp{0, 0, v.device}, settingsValue(f.settings)}}
	v.touch()
}

// byID is the order of ids, in which each record is the last so far. Of two with
// one id the first stays the first.
func byID(entries []Entry) []int {
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return entries[order[a]].ID < entries[order[b]].ID })
	return order
}

func first(s string, n int) string {
	if !isDevice(s) {
		return "unknown"
	}
	return s[:min(n, len(s))]
}

// adopt takes over what a face changed since the core wrote the vault.
func (v *Vault) adopt(f flat, now time.Time) {
	known := v.recognise(f.entries)
	c := v.begin(v.latest.after(now, v.device))
	seen := make(map[string]bool, len(f.entries))
	for i, e := range f.entries {
		if seen[e.ID] {
			continue
		}
		seen[e.ID] = true
		switch at, ok := c.was.at[e.ID]; {
		case !ok:
			c.bringBack(e)
		case !known[i] || len(c.was.copies[e.ID]) > 0:
			c.write(c.was.entries[at], e)
		}
	}
	for _, e := range c.was.entries {
		if !seen[e.ID] {
			_ = c.Remove(e.ID) // it is there
		}
	}
	c.adoptSettings(f.settings)
	if len(c.touched) > 0 {
		v.latest = c.at
		v.touch()
	}
	if c.deed != "" { // and not only counted on, or heard from a server
		v.note(Done{At: c.at, Deed: c.deed, Count: len(c.touched)})
	}
}

// recognise spares a look at every record that a face has left as it was: what
// the face read is what there is to see. It returns which entries those are.
func (v *Vault) recognise(entries []Entry) []bool {
	known := make([]bool, len(entries))
	for i := range entries {
		e := &entries[i]
		if r := v.records.get(e.ID); r != nil && e.Counter == 0 && v.shows(r, e) {
			r.seen, known[i] = &look{*e, v.markOf(e), v.eye}, true
		}
	}
	return known
}

// shows reports whether a record looks like an entry.
func (v *Vault) shows(r *record, e *Entry) bool {
	n := 0
	w := &writer{v.scratch}
	for _, g := range entryGroups {
		w.b = w.b[:0]
		e.write(w, g)
		v.scratch = w.b
		won, ok := v.win(v.own(versions{g, r.of(g)}))
		if len(w.b) == 0 != !ok || !bytes.Equal(w.b, won.value) {
			return false
		}
		if ok {
			n++
		}
	}
	return n == len(r.groups) // no counter, and nothing that came later
}

// bringBack takes an account that a face holds and the core does not show: a
// new one or one that was removed meanwhile, which comes back under a new id.
// One that lives on as a copy of another is there already.
func (c *Change) bringBack(e Entry) {
	old := c.v.records.get(e.ID)
	switch {
	case old == nil:
		c.insert(e, "")
	case c.v.exists(old):
	default:
		e.ID = newID()
		c.insert(e, old.id)
	}
}

func (c *Change) adoptSettings(fields []field) {
	value := settingsValue(fields)
	if won, ok := c.v.win(c.v.settings); !ok || !bytes.Equal(won.value, value) {
		c.v.settings = settings.join([]version{{c.at, value}}, c.v.settings)
		c.v.latest = newest(c.v.latest, c.at)
		c.v.touch()
	}
}

// settings are merged like a group of an account.
const settings group = "settings"

func settingsValue(fields []field) []byte {
	if len(fields) == 0 {
		return []byte("{}")
	}
	var w writer
	w.fields("{", fields)
	w.add("}")
	return w.b
}
