package policy

import "slices"

// Strengths of a sign-in (threat model, "ways in"). Approvals and codes are
// never called phishing-resistant, at no strength.
const (
	Nothing   = 0
	OneProof  = 1
	TwoProofs = 3 // password with an approval or a one-time code
)

// Strength is how much the proofs together are worth. Two proofs of one kind
// are worth one.
func Strength(proofs []string) int {
	has := func(p string) bool { return slices.Contains(proofs, p) }
	switch second := has(Approval) || has(Code) || has(Paired); {
	case has(Password) && second:
		return TwoProofs
	case has(Password), second:
		return OneProof
	}
	return Nothing
}
