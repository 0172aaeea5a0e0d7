// Package ways is the model of how people get in, and back in. It is pure.
//
// A person holds things: a phone, a laptop, a mailbox, what they remember, a
// sheet of paper, an admin who knows them. Things hold methods, and rules say
// which methods together give a sign-in of some strength, or give another
// method back. Losing a thing takes with it every method that is held by
// nothing else, and every other thing that only it opened: a mailbox whose code
// lives in the phone's app goes with the phone.
//
// From this [Graph] follow three answers that must never contradict each other:
// what is left after a loss ([Graph.Left]), whether an action may be done to the
// people of a directory ([Judge], R3), and whether a way back is as strong as
// what it brings back ([Change.Answer], R1).
package ways

import (
	"iter"
	"math/bits"
	"slices"
)

// A Set holds things or methods by their place in a graph.
type Set uint64

// Most is how many things, and how many methods, a graph can hold.
const Most = 64

// Of makes a set.
func Of(places ...int) (s Set) {
	for _, i := range places {
		s |= 1 << i
	}
	return s
}

// Has tells whether a place is in the set.
func (s Set) Has(i int) bool { return s>>i&1 == 1 }

// Without is the set without the members of another.
func (s Set) Without(other Set) Set { return s &^ other }

// All yields the places in the set.
func (s Set) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(bits.TrailingZeros64(uint64(s))) {
				return
			}
		}
	}
}

func (s Set) contains(other Set) bool { return other&^s == 0 }

// A Kind of thing.
type Kind string

// The kinds of things.
const (
	Phone   Kind = "phone"
	Laptop  Kind = "laptop"
	Key     Kind = "key" // a security key, or whatever device holds a passkey
	Mailbox Kind = "mailbox"
	Memory  Kind = "memory"
	Paper   Kind = "paper"
	Admin   Kind = "admin"
)

// A Thing is what can be lost.
type Thing struct {
	Kind Kind
	Name string // as its person calls it, or ""
	// OpenedBy are the things of which it needs one; none if it stands alone.
	OpenedBy Set
}

// A Method is what a person proves themselves with.
type Method struct {
	ID   string // of the row it comes from
	On   Set    // the things that hold it: it is there as long as one of them is
	Lent bool   // it runs out, or ends: good today, and no reason to let another go
}

// A Rule says what some methods together are good for: a sign-in of some
// strength, other methods that they give back, or both.
type Rule struct {
	Needs    Set
	Gives    int
	Restores Set
}

// A Graph is the ways in of one person.
type Graph struct {
	Things  []Thing
	Methods []Method
	Rules   []Rule
}

// Left are the methods that are left when things are lost.
func (g Graph) Left(lost Set) Set {
	there := g.things().Without(lost)
	for again := true; again; {
		again = false
		for i := range there.All() {
			if by := g.Things[i].OpenedBy; by != 0 && by&there == 0 {
				there, again = there.Without(Of(i)), true
			}
		}
	}
	var left Set
	for i, m := range g.Methods {
		if m.On&there != 0 {
			left |= Of(i)
		}
	}
	return left
}

func (g Graph) things() Set { return 1<<len(g.Things) - 1 }

// Back are the methods that somebody with some of them can have again.
func (g Graph) Back(have Set) Set {
	for {
		before := have
		for _, r := range g.Rules {
			if have.contains(r.Needs) {
				have |= r.Restores
			}
		}
		if have == before {
			return have
		}
	}
}

// Strength is that of the strongest sign-in that methods give.
func (g Graph) Strength(have Set) (strongest int) {
	for _, r := range g.Rules {
		if have.contains(r.Needs) {
			strongest = max(strongest, r.Gives)
		}
	}
	return strongest
}

// After is the strength that is left, or comes back, when things are lost.
func (g Graph) After(lost Set) int { return g.Strength(g.Back(g.Left(lost))) }

// Lasting is the strength of what lasts: without what is lent, and without
// another admin's help.
func (g Graph) Lasting() int {
	var lent Set
	for i, m := range g.Methods {
		if m.Lent {
			lent |= Of(i)
		}
	}
	return g.Strength(g.Back(g.Left(g.Admins()).Without(lent)))
}

// Same tells whether two graphs are the same.
func (g Graph) Same(other Graph) bool {
	return slices.Equal(g.Methods, other.Methods) && slices.Equal(g.Things, other.Things) && slices.Equal(g.Rules, other.Rules)
}

// Drop is the graph without some methods, by their ids.
func (g Graph) Drop(ids ...string) Graph {
	g.Methods = slices.Clone(g.Methods)
	for i := range g.Methods {
		if slices.Contains(ids, g.Methods[i].ID) {
			g.Methods[i].On = 0
		}
	}
	return g
}

// Admins are the things that are other people's help.
func (g Graph) Admins() (s Set) {
	for i, t := range g.Things {
		if t.Kind == Admin {
			s |= Of(i)
		}
	}
	return s
}

// Depends are the things without which alone there is no way in of a strength
// and no other admin's help is counted: lose one, and nothing is left. What
// somebody remembers is not counted among them: it is not lost with a bag.
func (g Graph) Depends(need int) (fatal Set) {
	admins := g.Admins()
	for i, t := range g.Things {
		if t.Kind != Admin && t.Kind != Memory && g.After(admins|Of(i)) < need {
			fatal |= Of(i)
		}
	}
	return fatal
}
