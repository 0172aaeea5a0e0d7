package vault

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Journal lists what was done, the latest first, on all devices.
func (v *Vault) Journal() []Done { return v.journal }

// LastDone is what Undo would take back: the latest deed of this device that
// was not taken back yet.
func (v *Vault) LastDone() (Done, bool) {
	undone := v.undone()
	for _, d := range v.journal {
		if d.At.Device == v.device && d.Deed != Undoing && !undone[d.At] {
			return d, true
		}
	}
	return Done{}, false
}

// undone are the stamps of deeds that were taken back, and of those that took
// them back.
func (v *Vault) undone() map[Stamp]bool {
	all := map[Stamp]bool{}
	for _, d := range v.journal {
		if !d.Undid.IsZero() {
			all[d.Undid], all[d.At] = true, true
		}
	}
	return all
}

// Undo takes back the latest deed of this device: what it added is removed,
// what it removed comes back under a new id, what it wrote is as it was – unless
// it was changed again since, on whatever device. Counters stay. It returns
// what it took back, with the number of accounts that were touched.
func (v *Vault) Undo(now time.Time) (Done, error) {
	last, ok := v.LastDone()
	if !ok {
		return Done{}, ErrNothing
	}
	undone := v.undone()
	c := v.begin(v.tick(now))
	for _, r := range v.byBirth() {
		c.takeBack(r, last.At, undone)
	}
	v.note(Done{At: c.at, Deed: Undoing, Count: len(c.touched), Undid: last.At})
	last.Count = len(c.touched)
	return last, nil
}

func (v *Vault) byBirth() records {
	all := slices.Clone(v.records)
	sortBy(all, func(a, b *record) int { return cmp.Or(a.born.Compare(b.born), strings.Compare(a.id, b.id)) })
	return all
}

// takeBack takes back what the deed did to one record.
func (c *Change) takeBack(r *record, deed Stamp, undone map[Stamp]bool) {
	at, gone := c.v.removedAt(r)
	switch {
	case gone && at == deed:
		if len(r.groups) > 0 {
			c.revive(r, nil)
		}
	case gone:
	case c.v.bornIn(r, undone) == deed:
		c.put(r.removed(c.at))
	default:
		for _, vs := range r.groups {
			c.takeBackGroup(r.id, vs, deed, undone)
		}
	}
}

// bornIn is the deed that added an account. One that only came back by an undo
// was added when the one was that it comes from.
func (v *Vault) bornIn(r *record, undone map[Stamp]bool) Stamp {
	for range len(v.records) {
		from := v.records.get(r.from)
		if !undone[r.born] || from == nil {
			break
		}
		r = from
	}
	return r.born
}

// takeBackGroup writes the value again that stood before the deed, if what the
// deed wrote still counts. Deeds that were taken back, and their undoing, do
// not stand in between.
func (c *Change) takeBackGroup(id string, vs versions, deed Stamp, undone map[Stamp]bool) {
	if vs.of == counter {
		return
	}
	left := slices.DeleteFunc(slices.Clone(c.v.own(vs)), func(one version) bool { return undone[one.at] || c.v.ignores(one.at) })
	if len(left) == 0 || left[0].at != deed {
		return
	}
	before := []byte("null")
	if len(left) > 1 {
		before = left[1].value
	}
	c.put(c.v.records.get(id).with(vs.of, version{c.at, before}))
}

// A Revision is an account as it was once something about it had been written.
type Revision struct {
	Entry
	At     time.Time
	Device string
}

// History tells how an account came to be as it is, the latest first. The eight
// latest values of each part of it are remembered of each device.
func (v *Vault) History(id string) ([]Revision, error) {
	if _, err := v.Entry(id); err != nil {
		return nil, err
	}
	r := v.withCopies(v.records.get(id), v.see().copies[id])
	var all []Revision
	for _, at := range r.stamps() {
		if !v.ignores(at) {
			all = append(all, Revision{v.lookAt(r.until(at)).entry, at.At(), at.Device})
		}
	}
	return all, nil
}

// stamps are those of all values, newest first.
func (r *record) stamps() []Stamp {
	var all []Stamp
	for _, vs := range r.groups {
		for _, one := range vs.all {
			all = append(all, one.at)
		}
	}
	sortBy(all, func(a, b Stamp) int { return b.Compare(a) })
	return slices.Compact(all)
}

// until is the record as it was at a stamp.
func (r *record) until(at Stamp) *record {
	c := r.copy()
	for i, vs := range c.groups {
		from := slices.IndexFunc(vs.all, func(one version) bool { return one.at.Compare(at) <= 0 })
		if from < 0 {
			from = len(vs.all)
		}
		c.groups[i].all = vs.all[from:]
	}
	return c
}
