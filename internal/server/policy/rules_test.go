package policy

import (
	"encoding/json"
	"slices"
	"testing"

	"countersign/internal/server/directory"
)

// What explains a step never says other than the step.
func TestRulesSayWhatTheStepDoes(t *testing.T) {
	for s := range every {
		step := Next(s)
		r := Explain(s, step)
		if r.Step != step.Kind || r.Why != step.Why || r.Known != s.Known || r.Need != s.need() {
			t.Fatalf("%+v: %+v of %+v", s, r, step)
		}
		for _, way := range r.Ways {
			if !step.Offers(way) {
				t.Fatalf("%+v: %s is said to be offered", s, way)
			}
		}
		for _, w := range r.Withheld {
			if step.Offers(w.Way) {
				t.Fatalf("%+v: %s is said to be withheld (%s)", s, w.Way, w.Why)
			}
		}
		if step.Kind == Refuse && slices.Contains([]string{WhyNewBrowser, WhyNoUnlock}, step.Why) && len(r.Withheld) == 0 {
			t.Fatalf("%+v: refused as %s, and nothing is said to be withheld", s, step.Why)
		}
	}
}

// A8: before a proof the rules written down are the same for every person and for nobody.
func TestA8RulesBeforeAProofTellNothingOfThePerson(t *testing.T) {
	for s := range every {
		if len(s.Proofs) > 0 || s.Purpose == Again {
			continue
		}
		nobody := State{Passkeys: s.Passkeys, Policy: s.Policy, Purpose: s.Purpose, Want: s.Want, Known: s.Known}
		got, want := Explain(s, Next(s)), Explain(nobody, Next(nobody))
		got.Need, got.By = want.Need, want.By // which look reads nothing of before a proof, see signin
		if !got.Equal(want) {
			t.Fatalf("%+v: %+v, but %+v for nobody", s, got, want)
		}
	}
}

func TestRulesAreReadAsTheyWereWritten(t *testing.T) {
	n := 0
	for s := range every {
		if n++; n%101 != 0 { // a prime: all that a state has comes round
			continue
		}
		want := Explain(s, Next(s))
		b, err := json.Marshal(want.Detail())
		if err != nil {
			t.Fatal(err)
		}
		var detail map[string]any
		if err := json.Unmarshal(b, &detail); err != nil {
			t.Fatal(err)
		}
		if got, ok := RulesOf(detail); !ok || !got.Equal(want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
		for name, text := range detail {
			if s, ok := text.(string); ok && len(s) > 300 {
				t.Fatalf("%s is too long for an event: %s", name, s)
			}
		}
	}
	if _, ok := RulesOf(map[string]any{"session": "x"}); ok {
		t.Error("rules where none were written")
	}
}

func TestWhyAWayIsNotOffered(t *testing.T) {
	all := Methods{Password: true, App: true, Passkey: true, Recovery: true}
	phone := Methods{Password: true, App: true}
	with := func(change func(p *directory.Policy)) directory.Policy {
		p := directory.DefaultPolicy()
		change(&p)
		return p
	}
	for name, test := range map[string]struct {
		state State
		by    string
		want  []Withheld
	}{
		"N19: a phone from a new browser, of who has a passkey": {State{Policy: directory.DefaultPolicy(), Has: all}, ByDirectory, []Withheld{{Approval, WhyNewBrowser}}},
		"codes that the directory forbids":                      {State{Policy: with(func(p *directory.Policy) { p.Codes = false }), Known: true, Has: phone}, ByDirectory, []Withheld{{Code, WhyNotAllowed}}},
		"an app without its lock":                               {State{Policy: with(func(p *directory.Policy) { p.Unlock = true }), Known: true, Has: phone}, ByDirectory, []Withheld{{Approval, WhyNoUnlock}}},
		"N11: all but the strongest, before a change":           {State{Policy: directory.DefaultPolicy(), Purpose: Again, Known: true, Has: all}, ByChange, []Withheld{{Approval, WhyTooWeak}, {Code, WhyTooWeak}, {Recovery, WhyTooWeak}}},
		"all but the strongest, for an application":             {State{Policy: directory.DefaultPolicy(), Want: Strong, Known: true, Has: all}, ByApp, []Withheld{{Approval, WhyTooWeak}, {Code, WhyTooWeak}, {Recovery, WhyTooWeak}}},
		"what somebody does not have is not missed":             {State{Policy: directory.DefaultPolicy(), Known: true, Has: phone}, ByDirectory, nil},
	} {
		test.state.Active, test.state.Proofs = true, []string{Password}
		if r := Explain(test.state, Next(test.state)); r.By != test.by || !slices.Equal(r.Withheld, test.want) {
			t.Errorf("%s: %s, %v", name, r.By, r.Withheld)
		}
	}
}
