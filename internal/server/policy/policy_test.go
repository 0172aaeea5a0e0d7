package policy

import (
	"slices"
	"testing"

	"countersign/internal/server/directory"
)

// every yields all states there are.
func every(yield func(State) bool) {
	proofs := [][]string{nil, {Password}, {Approval}, {Code}, {Password, Approval}, {Password, Code}, {Password, Paired}, {Approval, Password}}
	flags := []bool{false, true}
	for n := range 1 << 8 {
		bit := func(i int) bool { return flags[n>>i&1] }
		p := directory.DefaultPolicy()
		p.SecondFactor, p.PhoneFirst, p.Codes = bit(0), bit(1), bit(2)
		enrol, purpose := directory.EnrolClosed, SignIn
		if bit(3) {
			enrol = directory.EnrolOpen
		}
		for _, given := range proofs {
			for _, again := range flags {
				if again {
					purpose = Again
				}
				s := State{Policy: p, Purpose: purpose, Proofs: given, Known: bit(4), Active: bit(5), Enrol: enrol, HasApp: bit(6), Exposed: bit(7)}
				if !yield(s) {
					return
				}
			}
		}
	}
}

// A8: before a proof, the step is the same for every person and for nobody.
func TestBeforeAProofTheStepDependsOnTheDirectoryOnly(t *testing.T) {
	for s := range every {
		if len(s.Proofs) > 0 {
			continue
		}
		nobody := State{Policy: s.Policy, Purpose: s.Purpose}
		if got, want := Next(s), Next(nobody); got != want {
			t.Fatalf("%+v: %+v, but %+v for nobody", s, got, want)
		}
	}
}

func TestDoneNeedsThePasswordAndWhatTheDirectoryAsks(t *testing.T) {
	for s := range every {
		if Next(s).Kind != Done {
			continue
		}
		if !slices.Contains(s.Proofs, Password) || !s.Active || s.Exposed {
			t.Fatalf("done with %+v", s)
		}
		if s.Policy.SecondFactor && Strength(s.Proofs) < TwoProofs {
			t.Fatalf("done with one proof where two are asked: %+v", s)
		}
		if s.Purpose == Again && s.HasApp && Strength(s.Proofs) < TwoProofs {
			t.Fatalf("N11: full re-authentication of somebody with an app by %v", s.Proofs)
		}
	}
}

func TestEnrollingNeedsThePasswordNoAppAndAnOpenDoor(t *testing.T) {
	for s := range every {
		if Next(s).Kind == Enrol && (!slices.Contains(s.Proofs, Password) || s.HasApp || s.Enrol != directory.EnrolOpen || !s.Active) {
			t.Fatalf("enrols with %+v", s)
		}
	}
}

func TestAnExposedPasswordIsNoProofFromABrowserNotKnown(t *testing.T) {
	for s := range every {
		if !s.Exposed || s.Known || !s.Active || !slices.Contains(s.Proofs, Password) {
			continue
		}
		if got := Next(s); got != (Step{Kind: Refuse, Why: WhyExposed}) {
			t.Fatalf("%+v: %+v", s, got)
		}
	}
}

func TestASuspendedPersonIsToldOnlyAfterAProof(t *testing.T) {
	for s := range every {
		if s.Active {
			continue
		}
		if refused := Next(s).Kind == Refuse; refused != (len(s.Proofs) > 0) {
			t.Fatalf("%+v: refused %v", s, refused)
		}
	}
}

func TestEveryStepLeadsOn(t *testing.T) {
	for s := range every {
		for range 4 {
			switch step := Next(s); step.Kind {
			case AskPassword:
				s.Proofs = append(slices.Clone(s.Proofs), Password)
			case AskSecond:
				s.Proofs = append(slices.Clone(s.Proofs), Approval)
			case Enrol:
				s.HasApp, s.Enrol, s.Proofs = true, directory.EnrolClosed, append(slices.Clone(s.Proofs), Paired)
			case Renew:
				s.Exposed = false
			}
		}
		if got := Next(s); got.Kind != Done && got.Kind != Refuse {
			t.Fatalf("%+v still asks for %+v", s, got)
		}
	}
}

func TestCodesAreOfferedWhereTheDirectoryAllowsThem(t *testing.T) {
	for s := range every {
		if step := Next(s); step.Code && (!s.Policy.Codes || len(s.Proofs) == 0) {
			t.Fatalf("%+v offers codes", s)
		}
	}
}

func TestMoreProofsAreNeverWorthLess(t *testing.T) {
	all := []string{Password, Approval, Code, Paired}
	for n := range 1 << len(all) {
		var given []string
		for i, p := range all {
			if n>>i&1 == 1 {
				given = append(given, p)
			}
		}
		for _, p := range all {
			if before, after := Strength(given), Strength(append(slices.Clone(given), p)); after < before {
				t.Errorf("%v is worth %d, with %s %d", given, before, p, after)
			}
		}
		if again := Strength(append(slices.Clone(given), given...)); again != Strength(given) {
			t.Errorf("%v twice is worth %d", given, again)
		}
	}
}

func TestStrengthTable(t *testing.T) {
	for _, c := range []struct {
		want   int
		proofs []string
	}{
		{0, nil}, {1, []string{Password}}, {1, []string{Approval}}, {1, []string{Code}}, {1, []string{Approval, Code}},
		{3, []string{Password, Approval}}, {3, []string{Code, Password}}, {3, []string{Password, Paired}},
	} {
		if got := Strength(c.proofs); got != c.want {
			t.Errorf("%v: %d, want %d", c.proofs, got, c.want)
		}
	}
}
