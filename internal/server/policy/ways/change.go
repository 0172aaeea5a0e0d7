package ways

import (
	"slices"
	"time"
)

// How long a way back that is weaker than the account waits, and how long an
// address must have been confirmed to take part in one (R1).
const (
	PersonalWait = 24 * time.Hour
	AddressAge   = 72 * time.Hour
)

// A Proof is one that was given for a change.
type Proof struct {
	Name string
	// Confirmed is since when the address is known that a code was sent to;
	// zero for proofs that come by no address.
	Confirmed time.Time
}

// A Change is the making or replacing of a sign-in method.
type Change struct {
	Personal bool    // whether the directory is a personal one
	Proofs   []Proof // that were given for it
	Strength int     // what they are worth together: as a sign-in, or as two proofs that make none
	Account  int     // what the account is guarded by: its strongest way in, and no less than the directory asks
	Creates  int     // the strength of the sign-in that the new method makes possible
	Signed   bool    // the restore signature was given: the backup was opened (N20)
}

// An Outcome is how a change goes on.
type Outcome string

// The outcomes.
const (
	Now   Outcome = "now"
	Wait  Outcome = "wait"  // announced on every address and app, each of which can stop it
	Never Outcome = "never" // another way is needed: an admin, or a stronger proof
)

// Why a change is not made at once.
const (
	WhyWeaker   Reason = "proofs_weaker"  // than what the account is guarded by
	WhyOneProof Reason = "one_proof"      // two different ones are needed (N14)
	WhyAddress  Reason = "young_address"  // it was confirmed less than three days ago
	WhyManaged  Reason = "only_admin"     // an organisation's people are helped by an admin
	WhyNothing  Reason = "proofs_missing" // there are none
)

// An Answer is what a change has to expect.
type Answer struct {
	Outcome Outcome
	Wait    time.Duration // of Wait
	Reason  Reason        // of Wait and Never
}

// Answer tells whether the change may be made.
//
// An address that may have been put there for it helps nobody. Whoever has proven
// as much as the account is guarded by is its person, and may do it at once (N11):
// that is asked before how many proofs there were, since the password of an account
// that has nothing else, and a passkey, are one. Everything less is a way back and
// needs two different proofs (N14). One that brings back no more than was proven
// weakens nothing. Every other one waits where people look after themselves, and
// does not exist where admins do (R1).
func (c Change) Answer(now time.Time) Answer {
	young := func(p Proof) bool { return !p.Confirmed.IsZero() && now.Sub(p.Confirmed) <= AddressAge }
	switch {
	case c.Strength <= 0:
		return Answer{Outcome: Never, Reason: WhyNothing}
	case slices.ContainsFunc(c.Proofs, young):
		return Answer{Outcome: Never, Reason: WhyAddress}
	case c.Strength >= c.Account:
		return Answer{Outcome: Now}
	case different(c.Proofs) < 2:
		return Answer{Outcome: Never, Reason: WhyOneProof}
	case c.Strength >= c.Creates:
		return Answer{Outcome: Now}
	case !c.Personal:
		return Answer{Outcome: Never, Reason: WhyManaged}
	case c.Signed:
		return Answer{Outcome: Now}
	}
	return Answer{Outcome: Wait, Wait: PersonalWait, Reason: WhyWeaker}
}

func different(proofs []Proof) int {
	seen := map[string]bool{}
	for _, p := range proofs {
		seen[p.Name] = true
	}
	return len(seen)
}
