// Package policy says what a sign-in must prove. It is pure: from what is
// proven so far, what the directory asks and what the person has, [Next] tells
// the next step.
//
// Until something is proven the step depends on the directory and on the
// browser's own cookie only, never on the person: whoever types a name learns
// nothing about it. (Somebody signed in who proves it again is no stranger.)
package policy

import (
	"slices"

	"countersign/internal/server/directory"
)

// Purposes of a sign-in.
const (
	SignIn = "signin"
	Again  = "again" // of somebody signed in, who is about to change sign-in methods
	// Recover reads a sealed backup and makes no session: two different proofs are
	// enough, whatever the directory asks of a sign-in (N14).
	Recover = "recover"
	// Restore is for a new device on which an account came back by its name. It makes
	// no session either; what it is worth decides how the device becomes an app (R1).
	// A phone that is asked in it is asked about that device, by [NewPhone], and only
	// after a first proof.
	Restore = "restore"
)

// Lost tells whether a sign-in is of somebody who has lost a device: two different
// proofs are enough, a code that is sent counts, and no session comes of it.
func Lost(purpose string) bool { return purpose == Recover || purpose == Restore }

// A Kind is what comes next.
type Kind string

// The kinds of steps.
const (
	AskPassword Kind = "password"
	AskSecond   Kind = "second" // one of the ways the step allows
	Enrol       Kind = "enrol"  // pair the first app, then go on
	Renew       Kind = "renew"  // choose a new password, then go on
	Done        Kind = "done"
	Refuse      Kind = "refuse"
)

// Why a sign-in is refused. Only somebody who has proven something hears it.
const (
	WhySuspended  = "suspended"   // by an admin
	WhyExposed    = "exposed"     // the password is known to others, and this browser is not known
	WhyNoSecond   = "no_second"   // a second proof is asked and the person has none to give
	WhyNewBrowser = "new_browser" // they have, but not from a browser that is not known
	WhyNoUnlock   = "no_unlock"   // approvals ask for the app lock, and no app of theirs has one
)

// State is all the next step depends on.
type State struct {
	Policy  directory.Policy
	Purpose string
	Want    int      // the strength that an application asks for; 0 for no matter
	Proofs  []string // in the order they were given
	Known   bool     // the person has signed in with this browser before
	Last    string   // the second proof given in it last, or ""
	// Remembered: the person has said, with two proofs, that they want not to be
	// asked for the second one in this browser for a while. See [State.standsIn].
	Remembered bool
	// Passkeys tells whether passkeys can be had here at all.
	Passkeys bool
	// Managed: of an organisation, whose admins help (R1).
	Managed bool

	// What follows is about the person, and counts only after a proof, or when
	// somebody signed in proves it again.
	Active  bool   // not suspended
	Enrol   string // directory.EnrolOpen, EnrolCode or EnrolClosed
	Has     Methods
	Default string // the way they want to be asked first, or ""
	Exposed bool   // see method.Password
	Due     bool   // they put off often enough to set up what the password alone lacks
	Staff   bool   // they have a role
	Uneasy  bool   // something is wrong these minutes: a freeze, silence, a report, guesses
}

// A Step is what comes next in a sign-in.
type Step struct {
	Kind Kind
	// Ways that lead on. A passkey may also be used where the password is asked.
	Pass, Passkey, Passwordless, Approval, NewPhone, Code, Recovery, Mail bool
	// Password tells that AskSecond may be put off: the password can come first.
	Password bool
	// First is the proof whose page comes first.
	First string
	// Why of Refuse.
	Why string
	// Remember: the person may say that this browser be remembered. Of AskSecond it
	// tells the page to offer that, of Done that saying so counts.
	Remember bool
	// Remembered of Done: this browser stood in for the second proof.
	Remembered bool
}

// Next tells what comes next.
func Next(s State) Step {
	if len(s.Proofs) == 0 {
		return s.first()
	}
	have := Strength(s.Proofs)
	if Lost(s.Purpose) {
		have = Recovering(s.Proofs)
	}
	switch {
	case !s.Active:
		return Step{Kind: Refuse, Why: WhySuspended}
	case s.Exposed && !s.Known && s.has(Password) && have < Strong:
		return Step{Kind: Refuse, Why: WhyExposed}
	case have < s.need(), have < Strong && !s.has(Password):
		step := s.more()
		if step.Kind == AskSecond && s.standsIn() {
			return Step{Kind: Done, Remembered: true}
		}
		step.Remember = step.Kind == AskSecond && s.mayRemember() && (step.Approval || step.Code)
		return step
	case Lost(s.Purpose):
		return Step{Kind: Done} // it neither pairs nor renews anything
	case s.Policy.SecondFactor && s.has(Pass) && !s.Has.Suffice(s.Policy):
		return Step{Kind: Enrol} // the pass ends, and then they could not sign in
	case s.Exposed:
		return Step{Kind: Renew}
	}
	return Step{Kind: Done, Remember: s.mayRemember() && (s.has(Approval) || s.has(Code))}
}

// mayRemember tells whether a browser of this person may be remembered now, and
// one that was may count: at the password of an ordinary sign-in, where the directory
// allows it; never for those with a role, and not while something is wrong.
func (s State) mayRemember() bool {
	return s.Policy.RememberBrowser > 0 && s.Policy.SecondFactor && s.Purpose == SignIn && s.has(Password) && s.Active && !s.Staff && !s.Uneasy && !s.Exposed
}

// standsIn tells whether a remembered browser takes the place of the second
// proof. It does so for a sign-in only of which nobody asks for more than the directory
// does, and it is no proof: the sign-in is worth what was proven in it.
func (s State) standsIn() bool {
	return s.Remembered && s.Known && s.mayRemember() && s.Want <= OneProof
}

// first is the step before any proof.
func (s State) first() Step {
	p := s.Policy
	phones := (s.Known || p.NewBrowsers != directory.PhonesQuiet) && s.Purpose != Restore
	step := Step{Kind: AskSecond, Passkey: s.Passkeys, Passwordless: p.Passwordless && phones && s.Purpose != Again, Password: true}
	switch {
	case s.Purpose == Again && s.Has.Strongest() == Strong:
		return s.strong(s.Default, s.Last)
	case s.Want >= Strong && step.leads():
		return s.order(step, s.Last)
	case p.SecondFactor && p.PhoneFirst && phones:
		step.Approval = true
		return s.order(step, s.Last, Approval)
	case step.Passwordless:
		return s.order(step, s.Last, Password)
	}
	return s.order(Step{Kind: AskPassword, Passkey: s.Passkeys}, s.Last, Password)
}

// more is the step towards the strength that is still needed.
func (s State) more() Step {
	switch {
	case s.need() >= Strong:
		return s.strong(s.Default, s.Last)
	case !s.has(Password):
		return Step{Kind: AskPassword, Passkey: s.Has.Passkey, First: Password}
	case s.setsUp() && sent(s.Proofs):
		return Step{Kind: Enrol}
	}
	step := Step{Kind: AskSecond, Passkey: s.Has.Passkey, Approval: s.asksPhones() && s.approves(), NewPhone: s.asksPhones() && s.welcomes(), Code: s.Policy.Codes && (s.Has.App || s.Has.CodeApp), Recovery: s.Has.Recovery, Pass: s.Has.Pass, Mail: s.Has.Mail && (Lost(s.Purpose) || s.setsUp())}
	switch {
	case step.leads() && s.Purpose == Restore && s.Managed: // where a code that is sent brings no phone back
		return s.order(step, Passkey, NewPhone, Recovery, Mail)
	case step.leads() && Lost(s.Purpose): // the phone is what was lost
		return s.order(step, Passkey, Recovery, Mail)
	case step.leads():
		return s.order(step, s.Default, s.Last)
	case s.approves(), s.welcomes():
		return Step{Kind: Refuse, Why: WhyNewBrowser}
	case s.Has.App:
		return Step{Kind: Refuse, Why: WhyNoUnlock}
	case s.Enrol == directory.EnrolOpen && !Lost(s.Purpose):
		return Step{Kind: Enrol}
	}
	return Step{Kind: Refuse, Why: WhyNoSecond}
}

// setsUp tells whether the password and a code sent to an address of theirs lead to
// pairing an app: an admin has required that they register anew, without a pass. The
// code opens that and nothing else (N10), and only as long as there is nothing else.
func (s State) setsUp() bool {
	return s.Enrol == directory.EnrolCode && !Lost(s.Purpose) && !s.Has.beyond()
}

// approves tells whether a phone of theirs can be asked about this sign-in.
func (s State) approves() bool { return s.Purpose != Restore && s.Has.approves(s.Policy) }

// welcomes tells whether a phone of theirs can be asked about the device that is
// being set up.
func (s State) welcomes() bool { return s.Purpose == Restore && s.Has.welcomes() }

// strong is the step of who has to give a strong proof, and has one to give.
func (s State) strong(prefer ...string) Step {
	step := Step{Kind: AskSecond, Passkey: s.Has.Passkey, Passwordless: s.Has.Passwordless && s.asksPhones()}
	if !step.leads() {
		return Step{Kind: Refuse, Why: WhyNewBrowser}
	}
	return s.order(step, prefer...)
}

// need is the strength that makes a session.
func (s State) need() int {
	need, _ := s.asks()
	return need
}

// asksPhones tells whether the person's phone is asked from this browser (N19).
func (s State) asksPhones() bool {
	if s.Known || s.Purpose == Again {
		return true
	}
	return AsksPhones(s.Policy, s.Has)
}

// AsksPhones tells whether somebody's phone is asked from a browser that is
// not known (N19).
func AsksPhones(p directory.Policy, has Methods) bool {
	switch p.NewBrowsers {
	case directory.PhonesQuiet:
		return false
	case directory.PasskeyFirst:
		return !has.Passkey
	}
	return true
}

func (s State) has(proof string) bool { return slices.Contains(s.Proofs, proof) }

// ranking is the order in which ways are shown to whoever has chosen none. Who
// was given a pass was given it because the other ways do not work.
var ranking = []string{Pass, Passkey, Passwordless, Approval, NewPhone, Code, Recovery, Mail}

// order says which way comes first: one of those preferred that leads on, else
// the highest of the ranking.
func (s State) order(step Step, prefer ...string) Step {
	for _, way := range slices.Concat(ranking[:1], prefer, ranking) {
		if step.Offers(way) {
			step.First = way
			return step
		}
	}
	return step
}

// Offers tells whether a proof leads on from here.
func (s Step) Offers(proof string) bool {
	switch proof {
	case Password:
		return s.Kind == AskPassword || s.Password
	case Pass:
		return s.Pass
	case Passkey:
		return s.Passkey
	case Passwordless:
		return s.Passwordless
	case Approval:
		return s.Approval
	case NewPhone:
		return s.NewPhone
	case Code:
		return s.Code
	case Recovery:
		return s.Recovery
	case Mail:
		return s.Mail
	}
	return false
}

// AsksPhone tells whether the step can be taken with a phone and a number.
func (s Step) AsksPhone() bool { return s.Approval || s.Passwordless || s.NewPhone }

// leads tells whether there is any way.
func (s Step) leads() bool { return slices.ContainsFunc(ranking, s.Offers) }
