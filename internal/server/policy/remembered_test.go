package policy

import (
	"slices"
	"testing"

	"countersign/internal/server/directory"
)

// remembering yields the states in which a browser could be remembered, were it not
// for one thing: every state after a password, in a directory that allows it.
func remembering(yield func(State) bool) {
	for s := range every {
		if !slices.Contains(s.Proofs, Password) || s.Policy.PhoneFirst {
			continue // before a proof nothing depends on it, see below
		}
		s.Policy.RememberBrowser, s.Remembered = 30, true
		if !yield(s) {
			return
		}
	}
}

// N11 and N14: a remembered browser is asked less at an ordinary sign-in after the
// password, where the second proof would be asked, and nowhere else.
func TestN11ARememberedBrowserStandsInForAnOrdinarySecondProofOnly(t *testing.T) {
	stood := 0
	for s := range remembering {
		asked := s
		asked.Remembered = false
		got, want := Next(s), Next(asked)
		if got == want {
			continue
		}
		stood++
		if (got != Step{Kind: Done, Remembered: true}) || want.Kind != AskSecond {
			t.Fatalf("%+v: %+v instead of %+v", s, got, want)
		}
		if s.Purpose != SignIn || s.Want > OneProof || !s.Known || !s.Active || s.Exposed || Strength(s.Proofs) != OneProof || s.need() != TwoProofs {
			t.Fatalf("stands in with %+v", s)
		}
	}
	if stood == 0 {
		t.Error("it stands in nowhere")
	}
}

// What shuts a remembered browser out shuts it out whatever else there is.
func TestARememberedBrowserCountsForNothingWhereItMayNot(t *testing.T) {
	never := map[string]func(*State){
		"the policy does not allow it":         func(s *State) { s.Policy.RememberBrowser = 0 },
		"they have a role":                     func(s *State) { s.Staff = true },
		"something is wrong":                   func(s *State) { s.Uneasy = true },
		"the password is known to others":      func(s *State) { s.Exposed = true },
		"the browser is not known":             func(s *State) { s.Known = false },
		"an application asks for two proofs":   func(s *State) { s.Want = TwoProofs },
		"an application asks for a strong one": func(s *State) { s.Want = Strong },
		"N11: methods are to be changed":       func(s *State) { s.Purpose = Again },
		"N14: a backup is to be recovered":     func(s *State) { s.Purpose = Recover },
	}
	n := 0
	for s := range remembering {
		if n++; n%31 != 0 { // a prime: all that a state has comes round
			continue
		}
		for name, change := range never {
			now := s
			change(&now)
			asked := now
			asked.Remembered = false
			if got, want := Next(now), Next(asked); got != want {
				t.Fatalf("%s, and yet: %+v: %+v instead of %+v", name, now, got, want)
			}
		}
	}
}

// It is ticked with an approval or a code after the password, and counts then.
func TestABrowserIsRememberedWithAnApprovalOrACodeOnly(t *testing.T) {
	n, offered := 0, 0
	for s := range remembering {
		if n++; n%5 != 0 {
			continue
		}
		s.Remembered = false
		step := Next(s)
		if !step.Remember {
			continue
		}
		offered++
		ticked := step.Kind == AskSecond && (step.Approval || step.Code)
		counts := step.Kind == Done && (s.has(Approval) || s.has(Code)) && Strength(s.Proofs) >= TwoProofs
		if !ticked && !counts || s.Purpose != SignIn || s.Exposed || !s.Active {
			t.Fatalf("%+v: %+v", s, step)
		}
		for name, change := range map[string]func(*State){
			"with a role":              func(s *State) { s.Staff = true },
			"while something is wrong": func(s *State) { s.Uneasy = true },
			"where it is not allowed":  func(s *State) { s.Policy.RememberBrowser = 0 },
		} {
			not := s
			if change(&not); Next(not).Remember {
				t.Fatalf("%s: %+v", name, not)
			}
		}
	}
	if offered == 0 {
		t.Error("it is offered nowhere")
	}
}

// A8: before a proof nothing shows that a browser is remembered.
func TestA8BeforeAProofARememberedBrowserLooksLikeAnyKnownOne(t *testing.T) {
	for s := range every {
		if len(s.Proofs) > 0 || s.Purpose == Again || s.Policy.PhoneFirst {
			continue
		}
		s.Policy.RememberBrowser = 30
		plain := s
		s.Remembered, s.Staff, s.Uneasy = true, true, true
		if got, want := Next(s), Next(plain); got != want {
			t.Fatalf("%+v: %+v, want %+v", s, got, want)
		}
	}
}

func TestARememberedBrowserIsARule(t *testing.T) {
	p := directory.DefaultPolicy()
	p.RememberBrowser = 30
	s := State{Policy: p, Purpose: SignIn, Proofs: []string{Password}, Known: true, Active: true, Remembered: true, Has: Methods{Password: true, App: true}}
	r := Explain(s, Next(s))
	if r.Step != Done || !r.Remembered || r.Need != TwoProofs || r.By != ByDirectory || r.Detail()["remembered"] != true {
		t.Errorf("%+v", r)
	}
	if s.Remembered = false; Explain(s, Next(s)).Remembered {
		t.Error("a browser that is not is said to be")
	}
}
