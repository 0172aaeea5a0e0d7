package vault

import (
	"bytes"
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"
)

// A group is a part of an account that is changed and merged as one.
type group string

const (
	names   group = "names"   // kind, issuer, name, and when it was added
	secret  group = "secret"  // what codes are made from
	counter group = "counter" // of HOTP: the greatest wins, not the newest
	place   group = "place"   // order, pinned, tags
	note    group = "note"
	icon    group = "icon"
	server  group = "server" // what a sign-in service gave this device
	other   group = "more"   // what a newer version of the app may have written
)

// kept is how many values of a group are remembered of each device.
func (g group) kept() int {
	if g == server {
		return 2 // it is large, and written by machines
	}
	return 8
}

// A version is a value as it was written once: JSON without white space.
type version struct {
	at    Stamp
	value []byte
}

// compare puts newer versions first. One stamp with two values is a copied
// device; the values then decide, so that every copy decides alike.
func (a version) compare(b version) int {
	return cmp.Or(b.at.Compare(a.at), bytes.Compare(b.value, a.value))
}

// A record is all that is known of one id. Records are never changed, only
// replaced, so copies of a vault share them.
type record struct {
	id     string
	born   Stamp
	from   string  // the removed account that this one was before
	gone   []Stamp // removed: the first of each device, oldest first
	groups []versions

	raw  []byte // as it was read, if nothing changed
	seen *look  // what it looks like, to the eye that looked at it last
}

// records are those of a vault, by id.
type records []*record

func (rs records) find(id string) (int, bool) {
	low, high := 0, len(rs)
	for low < high {
		if mid := (low + high) / 2; rs[mid].id < id {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(rs) && rs[low].id == id
}

// get is the record of an id, or nil.
func (rs records) get(id string) *record {
	if at, ok := rs.find(id); ok {
		return rs[at]
	}
	return nil
}

// put replaces the record of an id, or adds it.
func (rs *records) put(r *record) {
	at, ok := rs.find(r.id)
	if !ok {
		*rs = slices.Insert(*rs, at, r)
	}
	(*rs)[at] = r
}

// ordered are records that were read in whatever order; of those with one id
// the last.
func (rs records) ordered() records {
	for i := 1; i < len(rs); i++ {
		if rs[i-1].id >= rs[i].id {
			var again records
			for _, r := range rs {
				again.put(r)
			}
			return again
		}
	}
	return rs
}

// join puts the records of two copies together.
func (rs records) join(other records) records {
	out := make(records, 0, max(len(rs), len(other)))
	for len(rs) > 0 || len(other) > 0 {
		switch {
		case len(other) == 0 || len(rs) > 0 && rs[0].id < other[0].id:
			out, rs = append(out, rs[0]), rs[1:]
		case len(rs) == 0 || other[0].id < rs[0].id:
			out, other = append(out, other[0]), other[1:]
		default:
			out = append(out, rs[0].join(other[0]))
			rs, other = rs[1:], other[1:]
		}
	}
	return out
}

// versions are those of one group, newest first.
type versions struct {
	of  group
	all []version
}

// of returns the versions of a group.
func (r *record) of(g group) []version {
	for _, vs := range r.groups {
		if vs.of == g {
			return vs.all
		}
	}
	return nil
}

// with is the record with one version more. A deed that writes a group twice
// has written it once, as it was last.
func (r *record) with(g group, v version) *record {
	c := r.copy()
	at, found := slices.BinarySearchFunc(c.groups, g, func(vs versions, g group) int { return strings.Compare(string(vs.of), string(g)) })
	if !found {
		c.groups = slices.Insert(c.groups, at, versions{of: g})
	}
	before := slices.DeleteFunc(slices.Clone(c.groups[at].all), func(one version) bool { return one.at == v.at })
	c.groups[at].all = g.join(before, []version{v})
	return c
}

// removed is the record once it was removed.
func (r *record) removed(at Stamp) *record {
	c := r.copy()
	c.gone = joinGone(r.gone, []Stamp{at})
	return c
}

func (r *record) copy() *record {
	return &record{id: r.id, born: r.born, from: r.from, gone: r.gone, groups: slices.Clone(r.groups)}
}

// join is what two copies know of one id together.
func (r *record) join(s *record) *record {
	if r == s || r.raw != nil && bytes.Equal(r.raw, s.raw) {
		return r
	}
	c := &record{id: r.id, born: r.born, from: max(r.from, s.from), gone: joinGone(r.gone, s.gone)}
	if s.born.Compare(r.born) < 0 {
		c.born = s.born
	}
	c.groups = joinGroups(r.groups, s.groups)
	if c.equal(r) {
		return r
	}
	return c
}

func (r *record) equal(s *record) bool {
	return r.born == s.born && r.from == s.from && slices.Equal(r.gone, s.gone) &&
		slices.EqualFunc(r.groups, s.groups, func(a, b versions) bool { return a.of == b.of && sameVersions(a.all, b.all) })
}

func sameVersions(a, b []version) bool {
	return slices.EqualFunc(a, b, func(x, y version) bool { return x.compare(y) == 0 })
}

func joinGroups(a, b []versions) []versions {
	out := make([]versions, 0, max(len(a), len(b)))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].of < b[0].of:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].of < a[0].of:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, versions{a[0].of, a[0].of.join(a[0].all, b[0].all)})
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// join puts the versions of a group together: the newest few of each device.
func (g group) join(a, b []version) []version {
	if sameVersions(a, b) {
		return a
	}
	out := make([]version, 0, len(a)+len(b))
	count := map[string]int{}
	for len(a) > 0 || len(b) > 0 {
		var v version
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].compare(b[0]) < 0:
			v, a = a[0], a[1:]
		case len(a) == 0 || b[0].compare(a[0]) < 0:
			v, b = b[0], b[1:]
		default:
			v, a, b = a[0], a[1:], b[1:]
		}
		if count[v.at.Device]++; count[v.at.Device] <= g.kept() {
			out = append(out, v)
		}
	}
	return out
}

// joinGone keeps the first removal by each device.
func joinGone(a, b []Stamp) []Stamp {
	all := slices.Concat(a, b)
	sortBy(all, Stamp.Compare)
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(s Stamp) bool {
		again := seen[s.Device]
		seen[s.Device] = true
		return again
	})
}

// clamped is the record without stamps beyond a limit.
func (r *record) clamped(l *limit) *record {
	if !l.passes(r) {
		return r
	}
	c := r
	fix := func(s Stamp, set func(Stamp)) {
		to := l.stamp(s)
		if to == s {
			return
		}
		if c == r {
			c = r.deepCopy()
		}
		set(to)
	}
	fix(r.born, func(s Stamp) { c.born = s })
	for i, s := range r.gone {
		fix(s, func(s Stamp) { c.gone[i] = s })
	}
	for i, vs := range r.groups {
		for j, v := range vs.all {
			fix(v.at, func(s Stamp) { c.groups[i].all[j].at = s })
		}
	}
	return c.sorted()
}

func (r *record) deepCopy() *record {
	c := r.copy()
	c.gone = slices.Clone(r.gone)
	for i := range c.groups {
		c.groups[i].all = slices.Clone(c.groups[i].all)
	}
	return c
}

// sorted puts everything of a record in its order.
func (r *record) sorted() *record {
	sortBy(r.groups, func(a, b versions) int { return strings.Compare(string(a.of), string(b.of)) })
	for i := range r.groups {
		sortBy(r.groups[i].all, version.compare)
	}
	r.gone = joinGone(r.gone, nil)
	return r
}

// removedAt is when a record was removed, as far as we listen.
func (v *Vault) removedAt(r *record) (Stamp, bool) {
	for _, s := range r.gone {
		if !v.ignores(s) {
			return s, true
		}
	}
	return Stamp{}, false
}

// exists reports whether people see the account: it was added by a device we
// listen to, and not removed by one.
func (v *Vault) exists(r *record) bool {
	_, gone := v.removedAt(r)
	return !gone && !v.ignores(r.born)
}

// win is the version of a group that counts: the newest. What was written by a
// removed device counts only if there is nothing else.
func (v *Vault) win(all []version) (version, bool) {
	for _, one := range all {
		if !v.ignores(one.at) {
			return one, true
		}
	}
	if len(all) == 0 {
		return version{}, false
	}
	return all[0], true
}

// forgetOld drops what is known of accounts that were removed more than thirty
// days ago, but for the fact itself.
func (v *Vault) forgetOld(now time.Time) {
	for i, r := range v.records {
		if len(r.gone) == 0 || len(r.groups) == 0 {
			continue
		}
		if at, gone := v.removedAt(r); gone && !now.Before(at.At().Add(TrashFor)) {
			c := r.copy()
			c.groups = nil
			v.records[i] = c
			v.touch()
		}
	}
}

// sortBy sorts in place. Most of what is sorted here is in order already; and
// slices.SortFunc, which is made anew for every type, would be a tenth of the
// program that a browser has to fetch.
func sortBy[T any](all []T, compare func(a, b T) int) {
	for i := 1; i < len(all); i++ {
		if compare(all[i-1], all[i]) > 0 {
			sort.Slice(all, func(i, j int) bool { return compare(all[i], all[j]) < 0 })
			return
		}
	}
}
