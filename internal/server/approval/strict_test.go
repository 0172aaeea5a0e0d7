package approval_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// N2: in strict mode the number has six digits and is good for one answer. It
// is dead after success, after its first use even if that was wrong, and at
// expiry, for whichever phone comes with it.
func TestN2AStrictNumberIsGoodForOneAnswer(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	strict := func() (approval.AskIn, approval.Asked) {
		in := from(mei)
		in.Digits, in.Attempt = 6, rand.Text()
		q := w.ask(t, in)
		if len(q.Number) != 6 {
			t.Fatalf("number %q", q.Number)
		}
		return in, q
	}
	dead := func(in approval.AskIn, q approval.Asked, late wire.Decision, why string) {
		t.Helper()
		if got := w.state(t, q.ID); got.Number != "" {
			t.Errorf("%s: the page still shows %q", why, got.Number)
		}
		if _, err := w.send(t, tablet, q.ID, late); closedState(t, err) == approval.Open {
			t.Errorf("%s: the number is taken again: %v", why, err)
		}
		if _, err := w.use(t, in, q.ID); !errors.Is(err, approval.ErrNotApproved) {
			t.Errorf("%s: it signs in: %v", why, err)
		}
	}

	in, q := strict()
	late := w.sign(t, tablet, q.ID, wire.Approve, q.Number)
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if _, err := w.use(t, in, q.ID); err != nil {
		t.Fatal(err)
	}
	dead(in, q, late, "after success")

	in, q = strict()
	late = w.sign(t, tablet, q.ID, wire.Approve, q.Number)
	w.decide(t, phone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)
	dead(in, q, late, "after its first use")

	in, q = strict()
	w.Clock.Add(in.TTL)
	late = lateDecision(t, w, tablet, q)
	dead(in, q, late, "at expiry")
}

// A number has as many digits as the policy says.
func TestANumberHasTheDigitsOfThePolicy(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	for _, digits := range []int{2, 3, 6} {
		policy := directory.DefaultPolicy()
		policy.Digits = digits
		if err := policy.Check(); err != nil {
			t.Errorf("%d digits: %v", digits, err)
		}
		in := from(mei)
		in.Digits, in.Attempt = digits, rand.Text()
		if q := w.ask(t, in); len(q.Number) != digits {
			t.Errorf("%d digits: %q", digits, q.Number)
		}
	}
}

// lateDecision is one that was signed before a request ran out and comes after it.
func lateDecision(t *testing.T, w *world, d regtest.Device, q approval.Asked) wire.Decision {
	t.Helper()
	w.Clock.Add(-time.Minute)
	defer w.Clock.Add(time.Minute)
	return w.sign(t, d, q.ID, wire.Approve, q.Number)
}
