package ways_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/policy/ways"
)

// rounds is how many random cases a test looks at.
func rounds() uint64 {
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		return 1_000_000
	}
	return 10_000
}

func TestR3WhatALossLeavesIsWhatTheSlowModelSays(t *testing.T) {
	for seed := range rounds() {
		d := drawing(seed)
		g := d.graph()
		s, lost := slowly(g), d.some(len(g.Things), 0.4)
		if got, want := g.Left(lost), asSet(s.left(asMap(lost))); got != want {
			t.Fatalf("graph %d: %b left, want %b: %+v without %b", seed, got, want, g, lost)
		}
		have := d.some(len(g.Methods), 0.4)
		if got, want := g.Back(have), asSet(s.back(asMap(have))); got != want {
			t.Fatalf("graph %d: %b back from %b, want %b: %+v", seed, got, have, want, g)
		}
		if got, want := g.After(lost), s.after(asMap(lost)); got != want {
			t.Fatalf("graph %d: strength %d, want %d: %+v without %b", seed, got, want, g, lost)
		}
	}
}

func TestR3LosingMoreNeverLeavesMore(t *testing.T) {
	for seed := range rounds() {
		d := drawing(seed)
		g := d.graph()
		lost := d.some(len(g.Things), 0.3)
		more := lost | d.some(len(g.Things), 0.3)
		if g.Left(more)&^g.Left(lost) != 0 || g.After(more) > g.After(lost) {
			t.Fatalf("graph %d: losing %b leaves more than %b: %+v", seed, more, lost, g)
		}
	}
}

func TestR3AMailboxWhoseCodeLivesInTheAppGoesWithThePhone(t *testing.T) {
	g := ways.Graph{
		Things:  []ways.Thing{{Kind: ways.Phone}, {Kind: ways.Memory}, {Kind: ways.Mailbox, OpenedBy: ways.Of(0)}},
		Methods: []ways.Method{{ID: "app", On: ways.Of(0)}, {ID: "password", On: ways.Of(1)}, {ID: "mail", On: ways.Of(2)}},
		Rules:   []ways.Rule{{Needs: ways.Of(0, 1), Gives: 3}, {Needs: ways.Of(1, 2), Gives: 2}, {Needs: ways.Of(1), Gives: 1}},
	}
	if got := g.After(ways.Of(0)); got != 1 {
		t.Errorf("without the phone %d is left, want the password alone", got)
	}
	if got := g.Depends(2); got != ways.Of(0) {
		t.Errorf("a sign-in of two proofs depends on %b, want the phone", got)
	}
	g.Things[2].OpenedBy = 0
	if got := g.After(ways.Of(0)); got != 2 {
		t.Errorf("with a mailbox of its own %d is left, want 2", got)
	}
}

// slowJudge says it once more, without the package's words.
func slowJudge(before, after []ways.Person, actor string) (refused ways.Reason, out []string) {
	in := func(p ways.Person) bool {
		lost := map[int]bool{}
		for i, th := range p.Graph.Things {
			lost[i] = th.Kind == ways.Admin
		}
		s := slowly(p.Graph)
		have := s.left(lost)
		for i, m := range p.Graph.Methods {
			if m.Lent {
				delete(have, i)
			}
		}
		return p.Active && s.strength(s.back(have)) >= p.Need
	}
	owners := func(all []ways.Person) bool {
		return slices.ContainsFunc(all, func(p ways.Person) bool { return p.Owner && in(p) })
	}
	for _, b := range before {
		i := slices.IndexFunc(after, func(a ways.Person) bool { return a.ID == b.ID })
		if in(b) && (i < 0 || !in(after[i])) {
			if b.ID == actor {
				refused = ways.Yourself
			} else {
				out = append(out, b.ID)
			}
		}
	}
	if owners(before) && !owners(after) {
		refused = ways.NoOwner
	}
	return refused, out
}

// act draws an action and does it to a copy.
func act(d drawer, people []ways.Person) []ways.Person {
	after := slices.Clone(people)
	p := &after[d.IntN(len(after))]
	switch d.IntN(8) {
	case 0: // a method is removed, or voided
		p.Graph = p.Graph.Drop(p.Graph.Methods[d.IntN(len(p.Graph.Methods))].ID)
	case 1: // everything beyond one method is void
		keep := d.IntN(len(p.Graph.Methods))
		p.Graph.Methods = slices.Clone(p.Graph.Methods)
		for i := range p.Graph.Methods {
			if i != keep {
				p.Graph.Methods[i].On = 0
			}
		}
	case 2:
		p.Active = !p.Active
	case 3:
		p.Owner = !p.Owner
	case 4: // the policy asks for more, or less
		need := []int{1, 3, 4}[d.IntN(3)]
		for i := range after {
			after[i].Need = need
		}
	case 5: // the policy knows a way less: a network rule, the mail server removed
		for i := range after {
			rules := slices.Clone(after[i].Graph.Rules)
			after[i].Graph.Rules = slices.Delete(rules, 0, min(1, len(rules)))
		}
	case 6: // replaced by a new one in one step (R2)
		p.Graph.Methods = slices.Clone(p.Graph.Methods)
		p.Graph.Methods[d.IntN(len(p.Graph.Methods))].On = ways.Of(d.IntN(len(p.Graph.Things)))
	case 7: // bulk: two of them at once
		return act(d, act(d, after))
	}
	return after
}

func TestR3AnOwnerHasAWayInAfterAnySequenceOfActions(t *testing.T) {
	acts, refusals, lockouts := 0, 0, 0
	for seed := range rounds() {
		d := drawing(seed)
		people := d.people()
		began, _ := slowJudge(people, nil, "")
		for range 1 + d.IntN(4) {
			actor := ""
			if d.IntN(2) == 0 {
				actor = people[d.IntN(len(people))].ID
			}
			after := act(d, people)
			verdict := ways.Judge(people, after, actor)
			refused, out := slowJudge(people, after, actor)
			if verdict.Refused != refused {
				t.Fatalf("case %d: refused %q, want %q\nbefore %+v\nafter %+v", seed, verdict.Refused, refused, people, after)
			}
			var warned []string
			for _, e := range verdict.Effects {
				if e.Reason == ways.LockedOut {
					warned = append(warned, e.Person)
				}
			}
			if !slices.Equal(warned, out) {
				t.Fatalf("case %d: warns of %v, want %v\nbefore %+v\nafter %+v", seed, warned, out, people, after)
			}
			acts++
			lockouts += len(out)
			if verdict.Refused != "" {
				refusals++
				continue
			}
			people = after
		}
		if held, _ := slowJudge(people, nil, ""); began == ways.NoOwner && held != ways.NoOwner {
			t.Fatalf("case %d: there was an owner who got in, and is none: %+v", seed, people)
		}
	}
	if refusals < acts/100 || lockouts < acts/100 {
		t.Errorf("of %d acts %d were refused and %d people locked out: that tests little", acts, refusals, lockouts)
	}
}

func TestWarningsSayTheGravestThing(t *testing.T) {
	pair := func(app, key bool) ways.Person {
		g := ways.Graph{
			Things:  []ways.Thing{{Kind: ways.Memory}, {Kind: ways.Phone}, {Kind: ways.Laptop}, {Kind: ways.Phone}},
			Methods: []ways.Method{{On: ways.Of(0)}, {On: ways.Of(3)}, {}, {}},
			Rules:   []ways.Rule{{Needs: ways.Of(0, 1), Gives: 3}, {Needs: ways.Of(2), Gives: 4}, {Needs: ways.Of(0, 3), Gives: 3}},
		}
		if app {
			g.Methods[3].On = ways.Of(1)
		}
		if key {
			g.Methods[2].On = ways.Of(2)
		}
		return ways.Person{ID: "p", Active: true, Need: 3, Graph: g}
	}
	for _, c := range []struct {
		name          string
		before, after ways.Person
		want          ways.Reason
	}{
		{"the passkey goes", pair(true, true), pair(true, false), ways.Weaker},
		{"the second app goes", pair(true, false), pair(false, false), ways.OneThing},
		{"an app goes, a passkey is left", pair(true, true), pair(false, true), ""},
	} {
		v := ways.Judge([]ways.Person{c.before}, []ways.Person{c.after}, "p")
		if v.Refused != "" || v.Warns(c.want) != (c.want != "") || c.want == "" && len(v.Effects) > 0 {
			t.Errorf("%s: %+v, want %q", c.name, v, c.want)
		}
	}
}

var now = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

func TestR1N14N20WaysBackTable(t *testing.T) {
	typed := []ways.Proof{{Name: "pwd"}, {Name: "recovery"}}
	mailed := func(age time.Duration) []ways.Proof {
		return []ways.Proof{{Name: "pwd"}, {Name: "mail", Confirmed: now.Add(-age)}}
	}
	week := 7 * 24 * time.Hour
	for _, c := range []struct {
		name string
		in   ways.Change
		want ways.Answer
	}{
		{"N11 as much as the account has", ways.Change{Proofs: typed, Strength: 3, Account: 3, Creates: 4}, ways.Answer{Outcome: ways.Now}},
		{"N11 a passkey is one proof and enough", ways.Change{Proofs: []ways.Proof{{Name: "passkey"}}, Strength: 4, Account: 4, Creates: 4}, ways.Answer{Outcome: ways.Now}},
		{"N11 less, in an organisation", ways.Change{Proofs: typed, Strength: 3, Account: 4, Creates: 4}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyManaged}},
		{"R1 less, in a personal directory", ways.Change{Personal: true, Proofs: mailed(week), Strength: 2, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Wait, Wait: 24 * time.Hour, Reason: ways.WhyWeaker}},
		{"R1 no more than was proven", ways.Change{Proofs: typed, Strength: 3, Account: 4, Creates: 3}, ways.Answer{Outcome: ways.Now}},
		{"R1 an address of yesterday", ways.Change{Personal: true, Proofs: mailed(24 * time.Hour), Strength: 2, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyAddress}},
		{"R1 an address of yesterday, to an account that has no more", ways.Change{Personal: true, Proofs: mailed(24 * time.Hour), Strength: 2, Account: 1, Creates: 1}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyAddress}},
		{"R1 an address of just three days", ways.Change{Personal: true, Proofs: mailed(72 * time.Hour), Strength: 2, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyAddress}},
		{"N14 one proof", ways.Change{Personal: true, Proofs: typed[:1], Strength: 1, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyOneProof}},
		{"N14 one proof twice", ways.Change{Personal: true, Proofs: []ways.Proof{typed[0], typed[0]}, Strength: 1, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyOneProof}},
		{"N20 with the restore signature", ways.Change{Personal: true, Signed: true, Proofs: mailed(week), Strength: 2, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Now}},
		{"N20 not in an organisation", ways.Change{Signed: true, Proofs: mailed(week), Strength: 2, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyManaged}},
		{"nothing", ways.Change{Personal: true, Account: 3, Creates: 3}, ways.Answer{Outcome: ways.Never, Reason: ways.WhyNothing}},
	} {
		if got := c.in.Answer(now); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// R1: whoever can give less than the account is guarded by has, at once, never
// more than they came with, whatever they do and in whatever order; and only
// with the restore signature does anything but time change that (N20).
func TestR1WhoComesWithLessNeverHasMoreAtOnce(t *testing.T) {
	names := []string{"pwd", "mail", "recovery", "otp", "pass"}
	for seed := range rounds() {
		d := drawing(seed)
		account := 1 + d.IntN(4)
		came := d.IntN(account) // less than that
		have := came
		for range 1 + d.IntN(8) {
			c := ways.Change{Personal: d.IntN(2) == 0, Strength: d.IntN(have + 1), Account: account, Creates: d.IntN(5)}
			for range d.IntN(4) {
				p := ways.Proof{Name: names[d.IntN(len(names))]}
				if p.Name == "mail" {
					p.Confirmed = now.Add(-time.Duration(d.IntN(200)) * time.Hour)
				}
				c.Proofs = append(c.Proofs, p)
			}
			got := c.Answer(now)
			if got.Outcome == ways.Now {
				have = max(have, c.Creates)
			}
			if have > came {
				t.Fatalf("case %d: who came with %d has %d in an account of %d, by %+v", seed, came, have, account, c)
			}
			if got.Outcome == ways.Wait && (!c.Personal || got.Wait < ways.PersonalWait) {
				t.Fatalf("case %d: waits %v: %+v", seed, got.Wait, c)
			}
			c.Signed = true
			if signed := c.Answer(now); signed != got && (got.Outcome != ways.Wait || signed.Outcome != ways.Now) {
				t.Fatalf("case %d: the restore signature makes %+v of %+v: %+v", seed, signed, got, c)
			}
		}
	}
}
