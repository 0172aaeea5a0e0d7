package vault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/cryptotest"
	"time"
)

// The laws of merging, over thousands of invented pasts of three devices: they
// add (also what another has added), edit, move, remove, bring back, purge,
// count, undo, merge, lose each other and have wrong clocks.

// A past makes things happen.
type past struct {
	*rand.Rand
	t   *testing.T
	now time.Time
}

// invent is what three devices know after a common beginning.
func invent(t *testing.T, seed uint64) (a, b, c *Vault, now time.Time) {
	p := &past{rand.New(rand.NewPCG(seed, 1)), t, noon}
	a = New()
	for range p.IntN(6) {
		p.something(a)
	}
	b, c = onto(t, a, p.now), onto(t, a, p.now)
	if p.IntN(4) == 0 {
		b = New() // had a life of its own
	}
	for range p.IntN(24) {
		p.now = p.now.Add(time.Duration(p.IntN(3_600_000)) * time.Millisecond)
		p.something([]*Vault{a, b, c}[p.IntN(3)])
		if p.IntN(6) == 0 {
			p.meet(a, b, c)
		}
	}
	if p.IntN(5) == 0 {
		p.removeDevice(a, b, c)
	} else if p.IntN(5) == 0 {
		p.now = p.now.Add(TrashFor - time.Duration(p.IntN(3_600_000))*time.Millisecond)
	}
	return a, b, c, p.now
}

func (p *past) meet(a, b, c *Vault) {
	pairs := [][2]*Vault{{a, b}, {b, a}, {b, c}, {c, a}}
	pair := pairs[p.IntN(len(pairs))]
	if _, q := pair[0].Merge(pair[1], p.now, []Answer{Delete, Keep}[p.IntN(2)]); q != nil {
		p.t.Fatal("asked although it was answered")
	}
}

func (p *past) removeDevice(a, b, c *Vault) {
	all := []*Vault{a, b, c}
	by, of := p.IntN(3), p.IntN(3)
	all[by].RemoveDevice(p.now, all[of].device)
	p.now = p.now.Add(time.Minute)
	for range 4 {
		p.something(all[of])
		p.something(all[p.IntN(3)])
	}
}

// something is done on a device, in the present or, with a wrong clock, not.
func (p *past) something(v *Vault) {
	now := p.now
	switch p.IntN(12) {
	case 0:
		now = now.Add(time.Duration(p.IntN(40)) * time.Hour)
	case 1:
		now = now.Add(-time.Duration(p.IntN(40)) * time.Hour)
	}
	if p.IntN(12) == 0 {
		v.NameDevice(now, fmt.Sprint("device ", p.IntN(3)))
	}
	if p.IntN(8) == 0 {
		_, _ = v.Undo(now) // there may be nothing to undo
		return
	}
	if trash := v.Trash(now); p.IntN(12) == 0 && len(trash) > 0 {
		p.check(v.Purge(now, trash[p.IntN(len(trash))].ID))
		return
	}
	if p.IntN(6) == 0 && len(v.Entries()) > 0 {
		_, err := v.Next(now, p.one(v))
		p.check(err)
		return
	}
	p.check(v.Change(now, "past", func(c *Change) error {
		for range 1 + p.IntN(3) {
			p.deed(c)
		}
		return nil
	}))
}

func (p *past) check(err error) {
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *past) one(v *Vault) string {
	all := v.Entries()
	return all[p.IntN(len(all))].ID
}

func (p *past) invented() Entry {
	e := account(fmt.Sprint("issuer ", p.IntN(3)), fmt.Sprint("name ", p.IntN(3)), fmt.Sprint("secret ", p.IntN(5)))
	switch p.IntN(5) {
	case 0:
		e = counting(e.Issuer, e.Name, fmt.Sprint("count ", p.IntN(2)), p.Uint64N(9))
	case 1:
		e.Kind, e.Secret = Work, nil
		e.server = fmt.Appendf(nil, `{"issuer":"https://id.example","directory":{"id":"d"},"subject":"s%d","state":"active"}`, p.IntN(2))
	}
	return e
}

// deed changes something about an account that there was at the beginning.
func (p *past) deed(c *Change) {
	all := c.was.entries
	if len(all) == 0 || p.IntN(4) == 0 {
		c.Add(p.invented())
		return
	}
	id := all[p.IntN(len(all))].ID
	if _, err := c.entry(id); err != nil {
		return // removed in this very change
	}
	switch p.IntN(6) {
	case 0:
		p.check(c.Remove(id))
	case 1:
		p.check(c.Move(id, ""))
	case 2:
		if len(c.was.trash) > 0 {
			_, err := c.Restore(c.was.trash[p.IntN(len(c.was.trash))].ID)
			p.check(err)
		}
	case 3:
		if len(c.was.aside) > 0 {
			p.check(c.Beside(c.was.aside[p.IntN(len(c.was.aside))].ID))
		}
	default:
		p.check(c.Edit(id, p.edit))
	}
}

func (p *past) edit(e *Entry) {
	switch p.IntN(6) {
	case 0:
		e.Name = fmt.Sprint("name ", p.IntN(3))
	case 1:
		e.Note = fmt.Sprint("note ", p.IntN(3))
	case 2:
		e.Tags = []string{fmt.Sprint("tag ", p.IntN(3))}
	case 3:
		e.Pinned = !e.Pinned
	case 4:
		e.Icon = ""
	case 5:
		if len(e.Secret) > 0 {
			e.Digits = 6 + p.IntN(3)
		}
	}
}

// merged is a ⊔ b, on the device of a.
func merged(a, b *Vault, now time.Time) *Vault {
	c := a.Clone()
	c.Merge(b, now, Delete)
	return c
}

func TestLawsOfMerging(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	many := uint64(pasts)
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		many = 100_000
	}
	for seed := range many {
		a, b, c, now := invent(t, seed)
		ab, ba, bc := merged(a, b, now), merged(b, a, now), merged(b, c, now)
		lawful(t, seed, "commutative", ab, ba)
		lawful(t, seed, "associative", merged(ab, c, now), merged(a, bc, now))
		lawful(t, seed, "idempotent", ab, merged(ab, b, now))
		everyoneSeesTheSame(t, seed, ab, ba)
		opensAsItWas(t, seed, ab, now)
	}
}

func lawful(t *testing.T, seed uint64, law string, a, b *Vault) {
	t.Helper()
	if x, y := shared(a), shared(b); x != y {
		t.Fatalf("seed %d: not %s:\n%s\n%s", seed, law, x, y)
	}
}

// What copies show differs only in what stands aside on one of them, and in
// what a sign-in service gave each.
func everyoneSeesTheSame(t *testing.T, seed uint64, a, b *Vault) {
	if x, y := sees(a), sees(b); !slices.Equal(x, y) {
		t.Fatalf("seed %d: one shows\n%q\nthe other\n%q", seed, x, y)
	}
}

func sees(v *Vault) (all []string) {
	for _, e := range slices.Concat(v.Entries(), v.Aside()) {
		e.server = nil
		all = append(all, string(must(e.MarshalJSON())))
	}
	slices.Sort(all)
	return all
}

// What is written opens as what was written, and nobody finds a change in it.
func opensAsItWas(t *testing.T, seed uint64, v *Vault, now time.Time) {
	data := v.Bytes()
	again := open(t, data, now)
	if again.Changed() || !bytes.Equal(again.Bytes(), data) {
		t.Fatalf("seed %d: changed by opening:\n%s\n%s", seed, data, again.Bytes())
	}
	if again.latest.Compare(v.latest) > 0 {
		t.Fatalf("seed %d: the clock jumped from %v to %v", seed, v.latest, again.latest)
	}
}
