package ways_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"countersign/internal/server/policy/ways"
)

// The model once more, as slow and plain as it can be said: sets are maps, and
// what is there is found by trying every choice.

type slow struct {
	opened map[int][]int // thing: what opens it
	on     map[int][]int // method: what holds it
	rules  []slowRule
}

type slowRule struct {
	needs, restores []int
	gives           int
}

func slowly(g ways.Graph) slow {
	s := slow{opened: map[int][]int{}, on: map[int][]int{}}
	for i, t := range g.Things {
		s.opened[i] = slices.Collect(t.OpenedBy.All())
	}
	for i, m := range g.Methods {
		s.on[i] = slices.Collect(m.On.All())
	}
	for _, r := range g.Rules {
		s.rules = append(s.rules, slowRule{slices.Collect(r.Needs.All()), slices.Collect(r.Restores.All()), r.Gives})
	}
	return s
}

// choices yields every way to take some of n.
func choices(n int) func(func(map[int]bool) bool) {
	return func(yield func(map[int]bool) bool) {
		for bits := range 1 << n {
			chosen := map[int]bool{}
			for i := range n {
				if bits/(1<<i)%2 == 1 {
					chosen[i] = true
				}
			}
			if !yield(chosen) {
				return
			}
		}
	}
}

func allIn(list []int, in map[int]bool) bool {
	return !slices.ContainsFunc(list, func(i int) bool { return !in[i] })
}

func someIn(list []int, in map[int]bool) bool {
	return slices.ContainsFunc(list, func(i int) bool { return in[i] })
}

// left: a thing is there if it is part of some choice of things, none of them
// lost, in which each is open by itself or by another.
func (s slow) left(lost map[int]bool) map[int]bool {
	there := map[int]bool{}
	for chosen := range choices(len(s.opened)) {
		stands := true
		for i := range chosen {
			stands = stands && !lost[i] && (len(s.opened[i]) == 0 || someIn(s.opened[i], chosen))
		}
		for i := range chosen {
			there[i] = there[i] || stands
		}
	}
	methods := map[int]bool{}
	for m, on := range s.on {
		if someIn(on, there) {
			methods[m] = true
		}
	}
	return methods
}

// back: the smallest choice of methods that holds those there are and that no
// rule adds to.
func (s slow) back(have map[int]bool) map[int]bool {
	var best map[int]bool
	for chosen := range choices(len(s.on)) {
		closed := true
		for m := range have {
			closed = closed && chosen[m]
		}
		for _, r := range s.rules {
			closed = closed && (!allIn(r.needs, chosen) || allIn(r.restores, chosen))
		}
		if closed && (best == nil || len(chosen) < len(best)) {
			best = chosen
		}
	}
	return best
}

func (s slow) strength(have map[int]bool) (strongest int) {
	for _, r := range s.rules {
		if allIn(r.needs, have) {
			strongest = max(strongest, r.gives)
		}
	}
	return strongest
}

func (s slow) after(lost map[int]bool) int { return s.strength(s.back(s.left(lost))) }

func asMap(s ways.Set) map[int]bool {
	m := map[int]bool{}
	for i := range s.All() {
		m[i] = true
	}
	return m
}

func asSet(m map[int]bool) (s ways.Set) {
	for i, in := range m {
		if in {
			s |= ways.Of(i)
		}
	}
	return s
}

// A drawer draws graphs and people.
type drawer struct{ *rand.Rand }

func drawing(seed uint64) drawer { return drawer{rand.New(rand.NewPCG(seed, 3))} }

func (d drawer) some(n int, often float64) (s ways.Set) {
	for i := range n {
		if d.Float64() < often {
			s |= ways.Of(i)
		}
	}
	return s
}

var kinds = []ways.Kind{ways.Phone, ways.Laptop, ways.Key, ways.Mailbox, ways.Memory, ways.Paper, ways.Admin}

func (d drawer) graph() (g ways.Graph) {
	for i := range 1 + d.IntN(4) {
		t := ways.Thing{Kind: kinds[d.IntN(len(kinds))], Name: fmt.Sprint("thing ", i)}
		g.Things = append(g.Things, t)
	}
	for i := range g.Things {
		if g.Things[i].Kind == ways.Mailbox {
			g.Things[i].OpenedBy = d.some(len(g.Things), 0.3)
		}
	}
	for i := range 1 + d.IntN(4) {
		on := ways.Of(d.IntN(len(g.Things))) | d.some(len(g.Things), 0.1)
		g.Methods = append(g.Methods, ways.Method{ID: fmt.Sprint("method ", i), On: on, Lent: d.IntN(6) == 0})
	}
	for range 1 + d.IntN(6) {
		r := ways.Rule{Needs: ways.Of(d.IntN(len(g.Methods))) | d.some(len(g.Methods), 0.2), Gives: d.IntN(5)}
		if d.IntN(3) == 0 {
			r.Restores = d.some(len(g.Methods), 0.4)
		}
		g.Rules = append(g.Rules, r)
	}
	return g
}

func (d drawer) people() (all []ways.Person) {
	need := []int{1, 3}[d.IntN(2)]
	for i := range 1 + d.IntN(4) {
		all = append(all, ways.Person{ID: fmt.Sprint("person ", i), Owner: d.IntN(2) == 0, Active: d.IntN(8) > 0, Need: need, Graph: d.graph()})
	}
	return all
}
