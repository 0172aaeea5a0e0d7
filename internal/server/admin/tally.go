package admin

import (
	"slices"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/policy"
)

// A Tally is what the people of a directory did in some time: how often they signed
// in, how many of these a phone approved, and how often a phone said no, with a
// report or without.
type Tally struct{ SignIns, ByPhone, Denied, Reported int }

// TallyOf sums figures up.
func TallyOf(counted []audit.Figure) (t Tally) {
	for _, f := range counted {
		switch f.Kind {
		case audit.SigninDone:
			t.SignIns += f.N
			if ByPhone(f) {
				t.ByPhone += f.N
			}
		case audit.ApprovalDenied:
			t.Denied += f.N
		case audit.ApprovalReported:
			t.Denied += f.N
			t.Reported += f.N
		}
	}
	return t
}

// ByPhone tells whether sign-ins were approved on a phone.
func ByPhone(f audit.Figure) bool {
	return f.Kind == audit.SigninDone && slices.Contains(strings.Fields(f.Method), policy.Approval)
}
