package signin_test

import (
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// refused is a sign-in with the phone first that its person said no to.
func refused(t *testing.T, decision string) (v *visitor, again func() int) {
	t.Helper()
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	v = visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	v.ask()
	w.Answer(t, phone, decision, "")
	return v, func() int {
		v.ask()
		return len(w.Waiting(t, phone))
	}
}

// A page that was not told of the No may ask as often as it likes: no phone hears of it.
func TestNoIsNotAskedAgain(t *testing.T) {
	for _, no := range []string{wire.Deny, wire.Report} {
		_, ask := refused(t, no)
		for range 4 {
			if n := ask(); n != 0 {
				t.Errorf("after %s the phone is asked again", no)
			}
		}
	}
}

// Nor does the right password carry such an attempt on, however often was asked between.
func TestThePasswordDoesNotOutweighANo(t *testing.T) {
	for no, why := range map[string]string{wire.Deny: signin.WhyDenied, wire.Report: signin.WhyReported} {
		v, ask := refused(t, no)
		ask()
		ask()
		v.must(v.password(signintest.Password))
		if a := v.attempt(); a.Open() || a.Ended != why {
			t.Errorf("after %s the attempt is open %v, ended %q", no, a.Open(), a.Ended)
		}
		wants(t, v.finish(), signin.ErrStep)
	}
}

// The name typed first may have been somebody else's: their No is not one to the next name.
func TestANoIsOneOfThePersonAsked(t *testing.T) {
	v, _ := refused(t, wire.Deny)
	rei := v.w.Member(t, "rei")
	phone := v.w.Device(t, rei, "Rei's phone")
	v.must(v.name(rei.Login))
	v.w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	if a := v.attempt(); !a.Open() {
		t.Errorf("it ended: %q", a.Ended)
	}
}

// Where the password would be enough, it is not after a No.
func TestThePasswordAloneDoesNotOutweighANo(t *testing.T) {
	v, ask := refused(t, wire.Deny)
	ask()
	v.w.Policy(t, func(p *directory.Policy) { p.PhoneFirst, p.SecondFactor = false, false })
	v.must(v.password(signintest.Password))
	if a := v.attempt(); v.last.Signed != nil || a.Open() || a.Ended != signin.WhyDenied {
		t.Errorf("signed in %v, open %v, ended %q", v.last.Signed != nil, a.Open(), a.Ended)
	}
}

// The page that sees first that nobody answered writes it down.
func TestThePageWritesDownThatARequestExpired(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.ask()
	w.Clock.Add(time.Minute)
	for range 2 {
		if now := v.watch(); now.State != approval.Expired {
			t.Errorf("%+v", now)
		}
	}
	n := 0
	w.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, mei.ID, 50)
		for _, e := range events {
			if e.Kind == audit.ApprovalExpired {
				n++
			}
		}
		return err
	})
	if n != 1 {
		t.Errorf("%d events", n)
	}
}
