// Package policy says what a sign-in must prove. It is pure: from what is
// proven so far and what the directory asks, [Next] tells the next step.
//
// Until something is proven the step depends on the directory only, never on
// the person: whoever types a name learns nothing about it.
package policy

import (
	"slices"

	"countersign/internal/server/directory"
)

// Proofs, as sessions and audit events name them.
const (
	Password = "pwd"
	Approval = "approval" // by number, on a paired app
	Code     = "otp"      // one-time code of a paired app
	Paired   = "paired"   // the first app, paired and tried in the course of this sign-in
)

// Purposes of a sign-in.
const (
	SignIn = "signin"
	Again  = "again" // of somebody signed in, who is about to change sign-in methods
)

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
	WhySuspended = "suspended" // by an admin
	WhyExposed   = "exposed"   // the password is known to others, and this browser is not known
	WhyNoSecond  = "no_second" // a second proof is asked and the person has none to give
)

// State is all the next step depends on.
type State struct {
	Policy  directory.Policy
	Purpose string
	Proofs  []string // in the order they were given
	Known   bool     // the person has signed in with this browser before

	// What follows is about the person, and counts only after a proof.
	Active  bool   // not suspended
	Enrol   string // directory.EnrolOpen or EnrolClosed
	HasApp  bool   // has an active authenticator app
	Exposed bool   // see method.Password
}

// A Step is what comes next in a sign-in.
type Step struct {
	Kind Kind
	// Ways of AskSecond.
	Approval, Code bool
	// Password tells that AskSecond may be put off: the password can come first.
	Password bool
	// Why of Refuse.
	Why string
}

// Next tells what comes next.
func Next(s State) Step {
	if len(s.Proofs) == 0 {
		return first(s.Policy)
	}
	if !s.Active {
		return Step{Kind: Refuse, Why: WhySuspended}
	}
	if !slices.Contains(s.Proofs, Password) {
		return Step{Kind: AskPassword}
	}
	if s.Exposed && !s.Known {
		return Step{Kind: Refuse, Why: WhyExposed}
	}
	if s.needsSecond() && !s.hasSecond() {
		return s.second()
	}
	if s.Exposed {
		return Step{Kind: Renew}
	}
	return Step{Kind: Done}
}

// first is the step before any proof.
func first(p directory.Policy) Step {
	if p.PhoneFirst && p.SecondFactor {
		return Step{Kind: AskSecond, Approval: true, Password: true}
	}
	return Step{Kind: AskPassword}
}

// needsSecond: where the directory asks, and always before sign-in methods
// are changed by somebody who has an app (N11).
func (s State) needsSecond() bool {
	return s.Policy.SecondFactor || s.Purpose == Again && s.HasApp
}

func (s State) hasSecond() bool {
	return slices.ContainsFunc(s.Proofs, func(p string) bool { return p == Approval || p == Code || p == Paired })
}

func (s State) second() Step {
	switch {
	case s.HasApp:
		return Step{Kind: AskSecond, Approval: true, Code: s.Policy.Codes}
	case s.Enrol == directory.EnrolOpen:
		return Step{Kind: Enrol}
	}
	return Step{Kind: Refuse, Why: WhyNoSecond}
}
