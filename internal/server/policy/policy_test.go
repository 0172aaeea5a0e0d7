package policy

import (
	"slices"
	"testing"

	"countersign/internal/server/directory"
)

// every yields all states there are, but for what orders the ways.
func every(yield func(State) bool) {
	proofs := [][]string{nil, {Password}, {Approval}, {Code}, {Passkey}, {Password, Approval}, {Password, Code}, {Password, Paired}, {Approval, Password}, {Password, Passkey}, {Password, Recovery}, {Password, Pass}, {Passwordless}, {Password, Passwordless}}
	flags := []bool{false, true}
	phones := []struct{ allowed, asked, app, unlock, passwordless, codes bool }{
		{}, {app: true}, {codes: true}, {allowed: true}, {asked: true, app: true}, {asked: true, app: true, unlock: true},
		{allowed: true, app: true, unlock: true, passwordless: true}, {allowed: true, asked: true, app: true, unlock: true, passwordless: true},
	}
	for n := range 1 << 13 {
		bit := func(i int) bool { return flags[n>>i&1] }
		p := directory.DefaultPolicy()
		p.SecondFactor, p.PhoneFirst, p.Codes = bit(0), bit(1), bit(2)
		enrol, purpose, want := directory.EnrolClosed, SignIn, 0
		if bit(3) {
			enrol = directory.EnrolOpen
		}
		if bit(9) {
			purpose = Again
		}
		if bit(10) {
			want = Strong
		}
		has := Methods{Password: true, Passkey: bit(8), Recovery: bit(12), Pass: bit(6)}
		for _, phone := range phones {
			p.Passwordless, p.Unlock = phone.allowed, phone.asked
			has.App, has.Unlock, has.Passwordless = phone.app, phone.unlock, phone.passwordless
			has.CodeApp = phone.codes && p.Codes
			for _, browsers := range []string{directory.PhonesAsked, directory.PasskeyFirst, directory.PhonesQuiet} {
				p.NewBrowsers = browsers
				for _, given := range proofs {
					s := State{Passkeys: bit(11), Policy: p, Purpose: purpose, Want: want, Proofs: given, Known: bit(4), Active: bit(5), Enrol: enrol, Has: has, Exposed: bit(7)}
					if !yield(s) {
						return
					}
				}
			}
		}
	}
}

// A8: before a proof, the step is the same for every person and for nobody.
func TestBeforeAProofTheStepDependsOnTheDirectoryAndTheCookieOnly(t *testing.T) {
	for s := range every {
		if len(s.Proofs) > 0 || s.Purpose == Again {
			continue
		}
		nobody := State{Passkeys: s.Passkeys, Policy: s.Policy, Purpose: s.Purpose, Want: s.Want, Known: s.Known}
		if got, want := Next(s), Next(nobody); got != want {
			t.Fatalf("%+v: %+v, but %+v for nobody", s, got, want)
		}
	}
}

func TestDoneNeedsWhatTheDirectoryAsks(t *testing.T) {
	for s := range every {
		if Next(s).Kind != Done {
			continue
		}
		have := Strength(s.Proofs)
		if !s.Active || s.Exposed || have < Strong && !slices.Contains(s.Proofs, Password) {
			t.Fatalf("done with %+v", s)
		}
		if s.Policy.SecondFactor && have < TwoProofs {
			t.Fatalf("done with one proof where two are asked: %+v", s)
		}
		if s.Want >= Strong && have < s.Has.Strongest() {
			t.Fatalf("an application asked for more, and they could: %+v", s)
		}
	}
}

// N11: who is about to change methods proves as much as they can.
func TestN11ChangingMethodsNeedsTheAccountsStrongest(t *testing.T) {
	for s := range every {
		if s.Purpose == Again && Next(s).Kind == Done && Strength(s.Proofs) < s.Has.Strongest() {
			t.Fatalf("%v is full authentication of %+v", s.Proofs, s.Has)
		}
	}
}

// N19: a browser that is not known has the phones of nobody asked, or of nobody
// with a passkey, as the policy says; who is signed in is known.
func TestN19PhonesAreNotAskedFromNewBrowsersWhereThePolicySaysSo(t *testing.T) {
	for s := range every {
		step := Next(s)
		if len(s.Proofs) == 0 || !step.Approval || s.Known || s.Purpose == Again {
			continue
		}
		if s.Policy.NewBrowsers == directory.PhonesQuiet || s.Policy.NewBrowsers == directory.PasskeyFirst && s.Has.Passkey {
			t.Fatalf("%+v: %+v", s, step)
		}
	}
}

// N19 and N6 of a phone without a password: it is asked where the directory
// allows it, and for somebody known only where they have switched it on.
func TestAPhoneAloneIsAskedWhereItIsAllowedAndSwitchedOn(t *testing.T) {
	for s := range every {
		step := Next(s)
		if !step.Passwordless {
			continue
		}
		quiet := !s.Known && s.Purpose != Again && s.Policy.NewBrowsers == directory.PhonesQuiet
		if !s.Policy.Passwordless || quiet || (len(s.Proofs) > 0 || s.Purpose == Again) && !s.Has.Passwordless {
			t.Fatalf("%+v: %+v", s, step)
		}
		if len(s.Proofs) == 0 && s.Purpose == SignIn && s.Want == 0 && (!step.Password || step.First != Passkey && step.First != Password && step.First != Approval) {
			t.Fatalf("%+v: %+v leads a stranger to a phone that they may not have, or nowhere else", s, step)
		}
	}
}

// A phone that was used alone comes first in the browser it was used for.
func TestAKnownBrowserBeginsWithThePhoneItWasUsedWith(t *testing.T) {
	p := directory.DefaultPolicy()
	p.Passwordless = true
	for _, c := range []struct{ last, want string }{{"", Password}, {Approval, Password}, {Code, Password}, {Passwordless, Passwordless}, {Passkey, Passkey}} {
		step := Next(State{Policy: p, Purpose: SignIn, Passkeys: true, Known: c.last != "", Last: c.last})
		if step.First != c.want || !step.Password || !step.Passwordless {
			t.Errorf("last %q: %+v, want %s first", c.last, step, c.want)
		}
	}
}

func TestWhoseAppHasNoLockHearsThatItNeedsOne(t *testing.T) {
	p := directory.DefaultPolicy()
	p.Unlock, p.Codes = true, false
	s := State{Policy: p, Purpose: SignIn, Proofs: []string{Password}, Known: true, Active: true, Has: Methods{Password: true, App: true}}
	if got := Next(s); got != (Step{Kind: Refuse, Why: WhyNoUnlock}) {
		t.Errorf("%+v", got)
	}
	if s.Has.Unlock = true; !Next(s).Approval {
		t.Error("with the lock, it is not asked")
	}
}

func TestEnrollingNeedsThePasswordNoOtherWayAndAnOpenDoorOrAPass(t *testing.T) {
	for s := range every {
		if Next(s).Kind != Enrol {
			continue
		}
		pass := slices.Contains(s.Proofs, Pass)
		if !slices.Contains(s.Proofs, Password) || s.Has.Suffice(s.Policy) || !s.Active || !pass && (s.Enrol != directory.EnrolOpen || s.Has.Recovery || s.Has.Pass) {
			t.Fatalf("enrols with %+v", s)
		}
	}
}

// N10, N21: after re-registration without a pass a code that was sent leads, with the
// password, to pairing an app where there is nothing else to ask for. It makes no
// sign-in and no change of methods that would not be one without it.
func TestN10ACodeThatIsSentSetsUpAndDoesNothingElse(t *testing.T) {
	for s := range every {
		if s.Enrol != directory.EnrolClosed || len(s.Proofs) != 1 {
			continue
		}
		s.Enrol, s.Has.Mail, s.Has.Anew = directory.EnrolCode, true, true
		for _, code := range []string{Mail, Text} {
			with := s
			with.Proofs = append(slices.Clone(s.Proofs), code)
			before, after := Next(s), Next(with)
			if after.Kind == Done && before.Kind != Done {
				t.Fatalf("the code is worth a sign-in: %+v", with)
			}
			opens := s.Active && s.has(Password) && before.Mail
			if enrols := after.Kind == Enrol; enrols != opens {
				t.Fatalf("enrols %v, the code was asked for %v: %+v", enrols, opens, with)
			}
			if before.Mail && (s.Has.App || s.Has.CodeApp || s.Has.Passkey || s.Has.Recovery) {
				t.Fatalf("there is something better to ask for: %+v", s)
			}
		}
	}
}

func TestAnExposedPasswordIsNoProofFromABrowserNotKnown(t *testing.T) {
	for s := range every {
		if !s.Exposed || s.Known || !s.Active || !slices.Contains(s.Proofs, Password) || Strength(s.Proofs) == Strong {
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
				if !step.Offers(step.First) {
					t.Fatalf("%+v: the page for %q comes first, which does not lead on: %+v", s, step.First, step)
				}
				if step.First == Passkey && !s.Has.Passkey { // an application asks for one
					s.Proofs = append(slices.Clone(s.Proofs), Password)
					break
				}
				s.Proofs = append(slices.Clone(s.Proofs), step.First)
			case Enrol:
				s.Has.App, s.Has.Unlock, s.Enrol, s.Proofs = true, true, directory.EnrolClosed, append(slices.Clone(s.Proofs), Paired)
			case Renew:
				s.Exposed = false
			}
		}
		if got := Next(s); got.Kind != Done && got.Kind != Refuse {
			t.Fatalf("%+v still asks for %+v", s, got)
		}
	}
}

func TestWhatComesFirst(t *testing.T) {
	both := State{Policy: directory.DefaultPolicy(), Purpose: SignIn, Proofs: []string{Password}, Known: true, Active: true,
		Has: Methods{Password: true, App: true, Passkey: true}}
	for _, c := range []struct{ chosen, last, want string }{
		{"", "", Passkey}, {"", Code, Code}, {Approval, Code, Approval}, {"nonsense", "", Passkey},
	} {
		s := both
		s.Default, s.Last = c.chosen, c.last
		if got := Next(s).First; got != c.want {
			t.Errorf("chosen %q, last %q: %s, want %s", c.chosen, c.last, got, c.want)
		}
	}
	stranger := State{Passkeys: true, Policy: directory.DefaultPolicy(), Purpose: SignIn, Known: true, Last: Passkey}
	if got := Next(stranger); got.First != Passkey || got.Kind != AskPassword {
		t.Errorf("a browser that was signed in with a passkey begins with %+v", got)
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
	all := []string{Password, Approval, NewPhone, Passwordless, Code, Paired, Passkey, Recovery, Pass}
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
		{1, []string{Recovery}}, {1, []string{Recovery, Code}}, {3, []string{Password, Recovery}}, {1, []string{Pass}}, {1, []string{Pass, Code}}, {3, []string{Password, Pass}}, {4, []string{Passwordless}}, {4, []string{Passkey}}, {4, []string{Passkey, Password}},
	} {
		if got := Strength(c.proofs); got != c.want {
			t.Errorf("%v: %d, want %d", c.proofs, got, c.want)
		}
	}
}
