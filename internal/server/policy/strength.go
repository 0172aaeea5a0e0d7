package policy

import (
	"slices"

	"countersign/internal/server/directory"
)

// Proofs, as sessions and audit events name them.
const (
	Password = "pwd"
	Approval = "approval" // by number, on a paired app
	// Passwordless is an approval by number that the unlock key of the app has
	// signed too, on a phone for which the person has switched it on.
	Passwordless = "passwordless"
	// NewPhone is an approval that says yes to a device which is being set up, by six
	// digits that it shows and by the unlock key of an app the person has. It is a
	// second proof, of [Restore] only, where an ordinary approval is none.
	NewPhone = "newphone"
	Code     = "otp"      // one-time code
	Paired   = "paired"   // the first app, paired and tried in the course of this sign-in
	Passkey  = "passkey"  // or security key, with user verification
	Recovery = "recovery" // recovery code
	Pass     = "pass"     // temporary access pass
	// Mail and Text are codes sent to a confirmed address or number. They help back
	// in, to a sealed backup too, and make no session (N10).
	Mail = "mail"
	Text = "text"
)

// Strengths of a sign-in (threat model, "ways in"). Approvals and codes are
// never called phishing-resistant, at no strength; of what is Strong, passkeys
// are and a phone is not (N18).
const (
	Nothing   = 0
	OneProof  = 1
	Helped    = 2 // two proofs of a way back, or the password and a code by mail to recover a backup; no session is worth that
	TwoProofs = 3 // password with an approval, a one-time code, a recovery code or an access pass
	Strong    = 4 // a key used by somebody whom it, or the lock it lies under, has verified
)

// strong are the proofs that are enough alone; seconds need the password.
var (
	strong  = []string{Passkey, Passwordless}
	seconds = []string{Approval, NewPhone, Code, Paired, Recovery, Pass}
)

// Strength is how much the proofs together are worth. Two proofs of one kind
// are worth one.
func Strength(proofs []string) int {
	given := func(p string) bool { return slices.Contains(proofs, p) }
	switch second := slices.ContainsFunc(seconds, given); {
	case slices.ContainsFunc(strong, given):
		return Strong
	case given(Password) && second:
		return TwoProofs
	case given(Password), second:
		return OneProof
	}
	return Nothing
}

// Recovering is what the proofs are worth to who has lost a device: there a code
// that was sent counts too, with the password.
func Recovering(proofs []string) int {
	if slices.Contains(proofs, Password) && sent(proofs) {
		return max(Helped, Strength(proofs))
	}
	return Strength(proofs)
}

// sent tells whether a code is among the proofs that was sent to an address.
func sent(proofs []string) bool {
	return slices.Contains(proofs, Mail) || slices.Contains(proofs, Text)
}

// Back is how much the proofs of a way back are worth together: those that
// [Strength] does not count, and those that it counts with the password only,
// which is what was forgotten. One of them is worth nothing: it takes two (N14).
func Back(proofs []string) int {
	if len(slices.Compact(slices.Sorted(slices.Values(proofs)))) < 2 {
		return Nothing
	}
	return Helped
}

// Methods are what a person has to prove themselves with.
type Methods struct {
	Password, App, Passkey, Recovery bool
	CodeApp                          bool // another authenticator, whose codes are allowed
	Pass                             bool // that is good now
	Unlock                           bool // an app has an unlock key
	Passwordless                     bool // an app signs in without a password, and may
	Mail                             bool // a confirmed address or number, where a code to it is a proof
	// Anew: they have to register anew, so that the account is worth what it was
	// before: the password alone changes nothing of it (N21).
	Anew bool
}

// beyond tells whether they have anything beyond the password that lasts.
func (m Methods) beyond() bool { return m.App || m.CodeApp || m.Passkey || m.Recovery }

// Strongest is the strength of the strongest way in that they give, or gave until
// they had to register anew. A pass is lent, so it does not count.
func (m Methods) Strongest() int {
	switch second := m.App || m.CodeApp || m.Recovery || m.Anew; {
	case m.Passkey, m.Passwordless:
		return Strong
	case m.Password && second:
		return TwoProofs
	case m.Password:
		return OneProof
	}
	return Nothing
}

// twoProofs is [Methods.Strongest], with what counts for a recovery sign-in only:
// a pass, and a code that is sent.
func (m Methods) twoProofs() int {
	switch strongest := m.Strongest(); {
	case m.Password && m.Pass:
		return max(strongest, TwoProofs)
	case m.Password && m.Mail:
		return max(strongest, Helped)
	default:
		return strongest
	}
}

// Suffice tells whether somebody who has these can sign in where the policy is
// p, for good: recovery codes run out and a pass ends, so they do not count.
func (m Methods) Suffice(p directory.Policy) bool {
	return m.Passkey || m.Passwordless || m.Password && (m.approves(p) || m.App && p.Codes || m.CodeApp || !p.SecondFactor)
}

// approves tells whether an app of theirs can approve what a directory asks for.
func (m Methods) approves(p directory.Policy) bool { return m.App && (m.Unlock || !p.Unlock) }

// welcomes tells whether an app of theirs can say yes to a new device.
func (m Methods) welcomes() bool { return m.App && m.Unlock }

// First is the way they are asked first, as long as nothing else speaks for
// another: the one chosen, if they have it, else the highest of the ranking.
func (m Methods) First(chosen string) string {
	step := Step{Kind: AskSecond, Passkey: m.Passkey, Passwordless: m.Passwordless, Approval: m.App, Code: m.App || m.CodeApp}
	return State{}.order(step, chosen).First
}

// Need is the strength of a sign-in that a directory asks for.
func Need(p directory.Policy) int {
	if p.SecondFactor {
		return TwoProofs
	}
	return OneProof
}
