package vault

import (
	"bytes"
	"maps"
	"slices"
	"time"
)

// An Answer is what the person says to a [Question].
type Answer int

// The answers.
const (
	Unasked Answer = iota
	Delete         // the other device was right: remove them here too
	Keep           // keep them: they come back under new ids, everywhere
)

// A Question is asked before a merge removes many accounts: "Tablet removed 14
// accounts". Until it is answered nothing has changed.
type Question struct {
	Accounts []Entry  // that would be removed, none of them by this device
	By       []string // devices that removed them: names, or ids without one
}

// Without asking, a merge removes up to five accounts and up to a fifth of them.
const (
	mostRemoved = 5
	mostOf      = 5
)

// A Why says in what way an account was already here.
type Why string

// The ways of being already here.
const (
	SameNames  Why = "names"  // issuer and name, with another secret
	SamePerson Why = "person" // of the same directory of the same sign-in service
)

// An AlreadyHere is an account of the other copy that stands aside of ours. Ours
// is kept; the person may add the other ([Change.Beside]) or take it instead.
type AlreadyHere struct {
	Ours, Theirs Entry
	Why          Why
}

// An Outcome is what a merge did to what people see.
type Outcome struct {
	Added, Changed, Removed []Entry
	Same                    int // accounts both had under different ids: one each now
	AlreadyHere             []AlreadyHere
	Ahead                   []string // devices whose clocks are ahead: names, or ids without one
}

// Merge puts another copy into v. Merging is commutative, associative and
// idempotent in all that copies share; lineage, device and what stands aside
// stay v's own. If it would remove many accounts and answer is [Unasked], it
// changes nothing and returns a question. theirs is not changed.
func (v *Vault) Merge(theirs *Vault, now time.Time, answer Answer) (Outcome, *Question) {
	l := &limit{at: now.Add(maxAhead).UnixMilli(), ahead: map[string]bool{}}
	ours := l.clamp(v)
	ours.forgetOld(now)
	joined := ours.join(l.clamp(theirs))
	joined.latest = l.latest
	joined.forgetOld(now)

	m := &meeting{ours: ours, joined: joined}
	lost := m.lost()
	if answer == Unasked && (len(lost) > mostRemoved || len(lost)*mostOf > len(ours.Entries())) {
		return Outcome{}, &Question{lost, m.removers(lost)}
	}
	if answer == Keep {
		m.keep(lost, now)
	}
	m.standAside()
	out := m.outcome(l.ahead)
	if !joined.sharesWith(v) || !maps.Equal(joined.aside, v.aside) {
		joined.changed = true
		*v = *joined
	}
	return out, nil
}

// A limit is the latest time that is believed.
type limit struct {
	at     int64
	ahead  map[string]bool // devices that went beyond
	latest Stamp
}

func (l *limit) stamp(s Stamp) Stamp {
	to := s.clamped(l.at)
	if to != s {
		l.ahead[s.Device] = true
	}
	l.latest = newest(l.latest, to)
	return to
}

// passes reports whether a record has a stamp beyond the limit.
func (l *limit) passes(r *record) bool {
	top := r.born
	for _, s := range r.gone {
		top = newest(top, s)
	}
	for _, vs := range r.groups {
		if len(vs.all) > 0 {
			top = newest(top, vs.all[0].at)
		}
	}
	if top.Time > l.at {
		return true
	}
	l.latest = newest(l.latest, top)
	return false
}

// clamp is a copy of a vault without stamps beyond the limit.
func (l *limit) clamp(v *Vault) *Vault {
	c := v.Clone()
	for i, r := range v.records {
		c.records[i] = r.clamped(l)
	}
	for id, d := range v.devices {
		c.devices[id] = device{d.name, l.stamp(d.named), l.stamp(d.removed)}
	}
	if !maps.Equal(c.devices, v.devices) {
		c.eye = new(eye)
	}
	c.settings = slices.Clone(v.settings)
	for i := range c.settings {
		c.settings[i].at = l.stamp(c.settings[i].at)
	}
	sortBy(c.settings, version.compare)
	c.journal = slices.Clone(v.journal)
	for i, d := range c.journal {
		c.journal[i].At, c.journal[i].Undid = l.stamp(d.At), l.stamp(d.Undid)
	}
	c.journal = joinJournal(c.journal, nil)
	c.view = nil
	return c
}

// join is what two copies know together, as a copy of ours.
func (v *Vault) join(w *Vault) *Vault {
	c := v.Clone()
	if bytes.Compare(w.key, c.key) < 0 {
		c.key, c.marker = w.key, nil
	}
	for id, d := range w.devices {
		c.devices[id] = c.devices[id].join(d)
	}
	c.settings = settings.join(v.settings, w.settings)
	c.journal = joinJournal(v.journal, w.journal)
	c.records = v.records.join(w.records)
	if !bytes.Equal(c.key, v.key) || !maps.Equal(c.devices, v.devices) {
		c.eye = new(eye) // accounts may look otherwise now
	}
	c.view = nil
	return c
}

// join takes the name that was given last, and the first removal.
func (d device) join(e device) device {
	if n := d.named.Compare(e.named); n < 0 || n == 0 && d.name < e.name {
		d.name, d.named = e.name, e.named
	}
	if d.removed.IsZero() || !e.removed.IsZero() && e.removed.Compare(d.removed) < 0 {
		d.removed = e.removed
	}
	return d
}

// sharesWith reports whether two vaults are alike in what copies share.
func (v *Vault) sharesWith(w *Vault) bool {
	return bytes.Equal(v.key, w.key) && maps.Equal(v.devices, w.devices) && slices.Equal(v.journal, w.journal) &&
		slices.Equal(v.records, w.records) && sameVersions(v.settings, w.settings)
}

// A meeting is two copies and what becomes of them.
type meeting struct {
	ours, joined *Vault
	here         rivals
}

// lost are accounts of ours that the merge would remove. What a device wrote
// after it was removed is not among them: nobody removed that, it never counted.
func (m *meeting) lost() []Entry {
	after := m.joined.see().everything()
	var lost []Entry
	for _, e := range m.ours.Entries() {
		if _, gone := m.joined.removedAt(m.joined.records.get(e.ID)); gone && !after[e.ID] {
			lost = append(lost, e)
		}
	}
	return lost
}

// everything is the set of ids that people can see, copies and what stands
// aside included.
func (w *view) everything() map[string]bool {
	all := make(map[string]bool, len(w.entries))
	for _, entries := range [][]Entry{w.entries, w.aside} {
		for i := range entries {
			all[entries[i].ID] = true
			for _, id := range w.copies[entries[i].ID] {
				all[id] = true
			}
		}
	}
	return all
}

// removers are the devices that removed accounts.
func (m *meeting) removers(lost []Entry) []string {
	by := map[string]bool{}
	for _, e := range lost {
		if at, gone := m.joined.removedAt(m.joined.records.get(e.ID)); gone {
			by[at.Device] = true
		}
	}
	return m.joined.called(by)
}

// called are the names of devices; an id stands for one without a name.
func (v *Vault) called(devices map[string]bool) []string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(devices)) {
		if d := v.devices[id]; d.name != "" {
			id = d.name
		}
		all = append(all, id)
	}
	return all
}

// keep brings back what another device removed.
func (m *meeting) keep(lost []Entry, now time.Time) {
	_ = m.joined.Change(now, Restoring, func(c *Change) error { // nothing in it fails
		for _, e := range lost {
			c.revive(m.ours.withCopies(m.ours.records.get(e.ID), m.ours.see().copies[e.ID]), nil)
		}
		return nil
	})
}

// standAside puts what we did not know and have in another form beside the list.
func (m *meeting) standAside() {
	m.here = rivalsIn(m.ours.Entries())
	var beside []string
	for _, e := range m.joined.Entries() {
		if m.known(e.ID) {
			continue
		}
		if _, _, found := m.here.of(&e); !found {
			continue
		}
		beside = append(append(beside, e.ID), m.joined.see().copies[e.ID]...)
	}
	for _, id := range beside {
		m.joined.aside[id] = true
		m.joined.view = nil
	}
}

// known reports whether an account, or a copy of it, was in our vault before.
func (m *meeting) known(id string) bool {
	return slices.ContainsFunc(append([]string{id}, m.joined.see().copies[id]...), func(id string) bool {
		r := m.joined.records.get(id)
		return m.ours.records.get(id) != nil || m.ours.records.get(r.from) != nil
	})
}

// outcome compares what people saw with what they see.
func (m *meeting) outcome(ahead map[string]bool) Outcome {
	before, after := m.ours.see(), m.joined.see()
	was, is := before.everything(), after.everything()
	out := Outcome{Ahead: m.joined.called(ahead)}
	for i := range after.entries {
		e := &after.entries[i]
		at, shown := before.at[e.ID]
		switch {
		case shown && m.joined.looksLike(m.ours, e, &before.entries[at]):
		case shown || m.copied(was, e.ID):
			out.Changed = append(out.Changed, *e)
		default:
			out.Added = append(out.Added, *e)
		}
		out.Same += len(after.copies[e.ID]) - len(before.copies[e.ID])
	}
	for i := range before.entries {
		if !is[before.entries[i].ID] {
			out.Removed = append(out.Removed, before.entries[i])
		}
	}
	for i := range after.aside {
		if ours, why, found := m.here.of(&after.aside[i]); found && !was[after.aside[i].ID] {
			out.AlreadyHere = append(out.AlreadyHere, AlreadyHere{*ours, after.aside[i], why})
		}
	}
	return out
}

// copied reports whether one of an account's copies was there before.
func (m *meeting) copied(was map[string]bool, id string) bool {
	return slices.ContainsFunc(m.joined.see().copies[id], func(id string) bool { return was[id] })
}

// looksLike compares an account of two vaults as people see it.
func (v *Vault) looksLike(w *Vault, a, b *Entry) bool {
	if v.records.get(a.ID) == w.records.get(b.ID) && len(v.see().copies[a.ID]) == 0 && len(w.see().copies[b.ID]) == 0 {
		return true
	}
	return a.Counter == b.Counter && !slices.ContainsFunc(entryGroups, func(g group) bool { return !bytes.Equal(a.value(g), b.value(g)) })
}
