package vault

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// A view is a vault as people see it, worked out from its records.
type view struct {
	entries []Entry             // in their order
	at      map[string]int      // where an id stands in entries
	copies  map[string][]string // all ids of accounts that were added more than once
	aside   []Entry             // already here in another form: not shown until the person says so
	trash   []Trashed
}

// A Trashed account was removed and can be brought back until Until.
type Trashed struct {
	Entry
	Removed, Until time.Time
}

// A look is what one record looks like, by itself.
type look struct {
	entry Entry
	mark  mark // accounts with one mark are the same; zero if there is nothing to compare
	by    *eye
}

// An eye is what looks depend on besides the record: the device, the devices
// that are ignored, and the key. It is replaced when one of them changes.
type eye struct{ _ byte }

type mark [sha256.Size]byte

// Entries are all accounts in their order. They must not be changed.
func (v *Vault) Entries() []Entry { return v.see().entries }

// Aside are accounts of another copy that were already here in another form:
// the same names with another secret, or the same person at the same sign-in
// service. They are kept, and not shown among the others until [Change.Beside].
func (v *Vault) Aside() []Entry { return v.see().aside }

// Rival is the account that another stands aside of.
func (v *Vault) Rival(id string) (ours string, ok bool) {
	for i := range v.see().aside {
		if e := &v.see().aside[i]; e.ID == id {
			found, _, ok := rivalsIn(v.Entries()).of(e)
			if ok {
				return found.ID, true
			}
		}
	}
	return "", false
}

// Trash lists what was removed in the last thirty days, the latest first.
// Accounts of a sign-in service are not in it: they are paired anew instead.
func (v *Vault) Trash(now time.Time) []Trashed {
	return slices.DeleteFunc(slices.Clone(v.see().trash), func(t Trashed) bool { return !now.Before(t.Until) })
}

// Entry is the account with this id.
func (v *Vault) Entry(id string) (Entry, error) {
	if at, ok := v.see().at[id]; ok {
		return v.see().entries[at], nil
	}
	return Entry{}, ErrUnknown
}

func (v *Vault) see() *view {
	if v.view == nil {
		v.view = v.work()
	}
	return v.view
}

func (v *Vault) work() *view {
	w := &view{at: make(map[string]int, len(v.records)), copies: map[string][]string{}, entries: make([]Entry, 0, len(v.records))}
	living, dead := v.sorted()
	living = v.together(living, w)
	// Sorted before they are entries, which are large to move.
	sortBy(living, func(a, b *record) int { return inOrder(&v.look(a).entry, &v.look(b).entry) })
	for _, r := range living {
		if e := v.look(r).entry; v.aside[r.id] && !v.anyShown(w.copies[r.id]) {
			w.aside = append(w.aside, e)
		} else {
			w.entries = append(w.entries, e)
		}
	}
	w.showLonely()
	for i := range w.entries {
		w.at[w.entries[i].ID] = i
	}
	w.trash = v.trashOf(dead, living)
	return w
}

// inOrder compares accounts as the person put them.
func inOrder(a, b *Entry) int {
	return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.ID, b.ID))
}

// sorted parts the records into those that people see and those that were
// removed, by id.
func (v *Vault) sorted() (living, dead []*record) {
	living = make([]*record, 0, len(v.records))
	for _, r := range v.records {
		switch {
		case v.exists(r):
			living = append(living, r)
		case len(r.gone) > 0 && len(r.groups) > 0:
			dead = append(dead, r)
		}
	}
	return living, dead
}

func (v *Vault) look(r *record) *look {
	if r.seen == nil || r.seen.by != v.eye {
		r.seen = v.lookAt(r)
	}
	return r.seen
}

// lookAt works out what one record looks like.
func (v *Vault) lookAt(r *record) *look {
	e := Entry{ID: r.id, Kind: Other}
	for _, vs := range r.groups {
		if won, ok := v.win(v.own(vs)); ok {
			e.set(vs.of, won.value)
		}
	}
	e.Counter = v.counterOf(r, &e)
	return &look{e, v.markOf(&e), v.eye}
}

// own are the versions among which one wins: what a sign-in service gave this
// device goes before what it gave another.
func (v *Vault) own(vs versions) []version {
	if vs.of != server {
		return vs.all
	}
	mine := slices.DeleteFunc(slices.Clone(vs.all), func(one version) bool { return one.at.Device != v.device })
	if len(mine) == 0 {
		return vs.all
	}
	return mine
}

// counterOf is the greatest counter that was written for the present secret.
func (v *Vault) counterOf(r *record, e *Entry) uint64 {
	all := r.of(counter)
	if len(all) == 0 {
		return 0
	}
	of := counterMark(e.Secret)
	var most uint64
	for _, one := range all {
		if mark, n := readCounter(one.value); mark == of && !v.ignores(one.at) {
			most = max(most, n)
		}
	}
	return most
}

// counterMark names a secret without telling it, so that the counter of one
// never goes on with another.
func counterMark(secret []byte) string {
	sum := sha256.Sum256(append([]byte("countersign/counter/1\x00"), secret...))
	return hex.EncodeToString(sum[:8])
}

func counterValue(secret []byte, n uint64) []byte {
	var w writer
	w.text(`{"of":`, counterMark(secret))
	w.integer(`,"n":`, int64(n))
	w.add("}")
	return w.b
}

func readCounter(value []byte) (of string, n uint64) {
	r := &reader{b: value}
	r.object(func(name string) {
		switch name {
		case "of":
			of = r.string()
		case "n":
			n = uint64(max(r.integer(), 0))
		default:
			r.skip()
		}
	})
	return of, n
}

// together makes one account of those that are the same: equal secret, kind,
// algorithm, digits and period, whatever their names. The smallest id wins, and
// of each group the newest value.
func (v *Vault) together(living []*record, w *view) []*record {
	first := make(map[mark]int, len(living))
	var zero mark
	out := make([]*record, 0, len(living))
	for _, r := range living {
		m := v.look(r).mark
		at, again := first[m]
		if m == zero || !again {
			first[m] = len(out)
			out = append(out, r)
			continue
		}
		one := out[at]
		w.copies[one.id] = append(w.copies[one.id], r.id)
		both := one.copy()
		both.groups = joinGroups(one.groups, r.groups)
		out[at] = both
		both.seen = v.lookAt(both)
		both.seen.entry.Counter = max(both.seen.entry.Counter, v.look(one).entry.Counter, v.look(r).entry.Counter)
	}
	return out
}

// showLonely shows accounts that stood aside of one that is no longer there.
func (w *view) showLonely() {
	if len(w.aside) == 0 {
		return
	}
	shown, n := rivalsIn(w.entries), len(w.entries)
	w.aside = slices.DeleteFunc(w.aside, func(e Entry) bool {
		_, _, hidden := shown.of(&e)
		if !hidden {
			w.entries = append(w.entries, e)
		}
		return !hidden
	})
	if len(w.entries) > n {
		sortBy(w.entries, func(a, b Entry) int { return inOrder(&a, &b) })
	}
}

// anyShown reports whether one of an account's copies is not aside.
func (v *Vault) anyShown(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return !v.aside[id] })
}

// trashOf lists removed accounts that are not here in another copy.
func (v *Vault) trashOf(dead, living []*record) []Trashed {
	if len(dead) == 0 {
		return nil
	}
	here := map[mark]bool{}
	for _, r := range living {
		here[v.look(r).mark] = true
	}
	var all []Trashed
	for _, r := range dead {
		at, gone := v.removedAt(r)
		l := v.look(r)
		if !gone || l.mark == (mark{}) || here[l.mark] {
			continue
		}
		here[l.mark] = true
		all = append(all, Trashed{l.entry, at.At(), at.At().Add(TrashFor)})
	}
	sortBy(all, func(a, b Trashed) int { return cmp.Or(b.Removed.Compare(a.Removed), inOrder(&a.Entry, &b.Entry)) })
	return all
}

// Mark is what tells whether two accounts are the same: an HMAC under the
// vault's own key over secret, kind, algorithm, digits and period – never over
// a name or a counter. It is empty for accounts without a secret of their own.
func (v *Vault) Mark(e Entry) string {
	m := v.markOf(&e)
	if m == (mark{}) {
		return ""
	}
	return string(m[:])
}

func (v *Vault) markOf(e *Entry) (m mark) {
	if e.Kind != Other || len(e.Secret) == 0 {
		return m
	}
	if v.marker == nil {
		v.marker = hmac.New(sha256.New, v.key)
	}
	v.marker.Reset()
	b := append(v.scratch[:0], "countersign/same/1\x00"...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(e.Secret))), e.Secret...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(e.Type))), e.Type...)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(e.Algorithm))), e.Algorithm...)
	b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, uint32(e.Digits)), uint32(e.Period))
	v.marker.Write(b)
	v.marker.Sum(m[:0])
	v.scratch = b
	return m
}

// rivals finds accounts that are another form of one: with the same names, or
// of the same person at the same sign-in service.
type rivals map[string]*Entry

func rivalsIn(entries []Entry) rivals {
	all := make(rivals, len(entries))
	for i := range entries {
		if key, _ := rivalKey(&entries[i]); key != "" && all[key] == nil {
			all[key] = &entries[i]
		}
	}
	return all
}

func (r rivals) of(e *Entry) (*Entry, Why, bool) {
	key, why := rivalKey(e)
	found := r[key]
	return found, why, found != nil
}

// rivalKey is what two forms of one account have in common; nothing for an
// account without names.
func rivalKey(e *Entry) (string, Why) {
	if s, ok := e.Server(); ok {
		return strings.Join([]string{"person", s.Issuer, s.Directory, s.Subject}, "\x00"), SamePerson
	}
	if e.Title() == "" {
		return "", ""
	}
	return "names\x00" + NameKey(e.Issuer, e.Name), SameNames
}

// NameKey is equal for names that people take for the same.
func NameKey(issuer, name string) string {
	return strings.ToLower(issuer) + "\x00" + strings.ToLower(name)
}
