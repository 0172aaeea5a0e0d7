package signin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

func (v *visitor) pass(typed string) error {
	return v.took(v.w.SignIn.Pass(v.t.Context(), v.token, typed, v.b))
}

func issue(t *testing.T, w *signintest.World, in method.PassIn) (pass string) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		secret, _, err := w.SignIn.IssuePass(t.Context(), tx, in)
		if err == nil {
			pass = secret.Reveal()
		}
		return err
	})
	return pass
}

// With the password a pass is worth two proofs, and what it opens ends with it.
func TestAnAccessPassSignsInUntilItEnds(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	pass := issue(t, w, method.PassIn{Person: mei.ID})
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); a.Step.First != policy.Pass || len(pass) != 12 {
		t.Errorf("%q, %+v", pass, a.Step)
	}
	wants(t, v.pass("AAAAAAAAAAAA"), signin.ErrWrong)
	v.must(v.pass(strings.ToLower(pass[:6]) + " - " + pass[6:]))
	s, err := v.session()
	if err != nil || s.Strength != policy.TwoProofs || !s.ExpiresAt.Equal(w.Clock.Now().Add(time.Hour)) {
		t.Errorf("%+v %v", s, err)
	}
	again := visit(t, w, "192.0.2.8").proven(mei)
	again.must(again.pass(pass))
	w.Clock.Add(time.Hour)
	if _, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("the pass has ended, and its session: %v", err)
	}
	late := visit(t, w, "192.0.2.7").proven(mei)
	if a := late.attempt(); a.Step.Pass || a.Step.First != policy.Approval {
		t.Errorf("%+v", a.Step)
	}
	wants(t, late.pass(pass), signin.ErrStep)
	late.must(late.code(phone.Code(t, w.Clock.Now())))
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailPassIssued) {
		t.Errorf("her address hears of %v", mails)
	}
	if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.PassIssued) || !slices.Contains(kinds, audit.PassUsed) || !slices.Contains(kinds, audit.SigninPassWrong) {
		t.Errorf("%v", kinds)
	}
}

func TestAPassIsOnePerPersonAndInItsTime(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	once := issue(t, w, method.PassIn{Person: mei.ID, Once: true, Length: 48})
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.pass(once))
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Step.Pass {
		t.Error("used, and offered again")
	}
	old := issue(t, w, method.PassIn{Person: mei.ID})
	if _, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("the pass was replaced, and its session is %v", err)
	}
	later := issue(t, w, method.PassIn{Person: mei.ID, Start: w.Clock.Now().Add(24 * time.Hour), Life: 10 * time.Minute})
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Step.Pass {
		t.Error("not begun, and offered")
	}
	w.Clock.Add(24 * time.Hour)
	v = visit(t, w, "192.0.2.7").proven(mei)
	wants(t, v.pass(old), signin.ErrWrong)
	w.SetPassword(t, mei, "another lantern")
	v = visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	v.must(v.password("another lantern"))
	wants(t, v.pass(later), signin.ErrStep) // it died with the epoch
}

// Wrong passes cost time, as wrong codes do.
func TestGuessingPassesCostsTime(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	pass := issue(t, w, method.PassIn{Person: mei.ID, Length: 8})
	v := visit(t, w, "192.0.2.7").proven(mei)
	for range 5 {
		wants(t, v.pass("00000000"), signin.ErrWrong)
	}
	wants(t, v.pass(pass), signin.ErrTooMany)
	w.Clock.Add(time.Minute)
	v.must(v.pass(pass))
}

func TestWhatPassesAreNotIssued(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	for name, c := range map[string]struct {
		in   method.PassIn
		want error
	}{
		"for oneself":  {method.PassIn{Actor: mei.ID}, method.ErrOwn},
		"too short":    {method.PassIn{Length: 7}, method.ErrPassTerms},
		"too long":     {method.PassIn{Length: 49}, method.ErrPassTerms},
		"too brief":    {method.PassIn{Life: 9 * time.Minute}, method.ErrPassTerms},
		"for too long": {method.PassIn{Life: 31 * 24 * time.Hour}, method.ErrPassTerms},
		"too far away": {method.PassIn{Start: w.Clock.Now().Add(31 * 24 * time.Hour)}, method.ErrPassTerms},
	} {
		err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
			c.in.Person = mei.ID
			_, _, err := w.SignIn.IssuePass(t.Context(), tx, c.in)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// After it the password alone opens nothing; with the pass a new app is paired.
func TestRequireReregistrationVoidsAllButThePassword(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	codes := w.RecoveryCodes(t, mei)
	before := visit(t, w, "192.0.2.7").proven(mei)
	before.must(before.code(phone.Code(t, w.Clock.Now())))
	var pass string
	w.Write(t, func(tx *db.Tx) error {
		if _, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID, Actor: mei.ID}); !errors.Is(err, method.ErrOwn) {
			t.Errorf("for herself: %v", err)
		}
		out, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID, Pass: &method.PassIn{}})
		if err == nil {
			pass = out.Secret.Reveal()
		}
		return err
	})
	if _, err := before.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("her session is %v", err)
	}
	wants(t, visit(t, w, "192.0.2.7").passkey(key), signin.ErrWrong)
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); a.Step != (policy.Step{Kind: policy.AskSecond, Pass: true, First: policy.Pass}) {
		t.Errorf("%+v", a.Step)
	}
	wants(t, v.recovery(codes[0]), signin.ErrStep)
	v.must(v.pass(pass))
	if a := v.attempt(); a.Step.Kind != policy.Enrol {
		t.Fatalf("%+v", a.Step)
	}
	var session signin.Session
	w.Write(t, func(tx *db.Tx) (err error) {
		session, err = signin.EnrolSessionOf(t.Context(), tx, v.b.Sessions[0])
		return err
	})
	if !session.Enrol || !slices.Contains(session.Methods, policy.Pass) {
		t.Errorf("%+v", session)
	}
	o := w.Offer(t, w.Now(t, mei), session.ID)
	w.Accept(t, o, "New phone")
	w.Confirm(t, o)
	w.Activate(t, o)
	v.must(v.finish())
	if s, err := v.session(); err != nil || !s.ExpiresAt.After(w.Clock.Now().Add(24*time.Hour)) {
		t.Errorf("with a phone of her own the session outlives the pass: %+v %v", s, err)
	}
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailReregister) {
		t.Errorf("her address hears of %v", mails)
	}
	if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.PersonReregister) {
		t.Errorf("%v", kinds)
	}
}

func TestAfterReregistrationThePasswordAlonePairsNothing(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	w.Write(t, func(tx *db.Tx) error {
		_, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID})
		return err
	})
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Ended != policy.WhyNoSecond || w.Now(t, mei).Enrol != directory.EnrolClosed {
		t.Errorf("%+v, ended %q", a.Step, a.Ended)
	}
}

// Where it was chosen, the password alone pairs an app again, for a day and once.
func TestThePasswordAlonePairsForADayAfterReregistration(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	w.Write(t, func(tx *db.Tx) error {
		_, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID, Alone: true})
		return err
	})
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailReregisterAlone) {
		t.Errorf("her address hears of %v", mails)
	}
	w.Clock.Add(directory.AloneLife - time.Second)
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); a.Step.Kind != policy.Enrol {
		t.Fatalf("%+v, ended %q", a.Step, a.Ended)
	}
	var session signin.Session
	w.Write(t, func(tx *db.Tx) (err error) {
		session, err = signin.EnrolSessionOf(t.Context(), tx, v.b.Sessions[0])
		return err
	})
	offer := func() error {
		return w.DB.Write(t.Context(), func(tx *db.Tx) error {
			_, err := w.Registry.Offer(t.Context(), tx, registration.OfferIn{Person: mei.ID, Session: session.ID, Epoch: session.Epoch, First: directory.EnrolOpen, From: regtest.From})
			return err
		})
	}
	if err := offer(); err != nil {
		t.Fatal(err)
	}
	w.Clock.Add(time.Second)
	if err := offer(); !errors.Is(err, registration.ErrNotFirst) {
		t.Errorf("the session outlives the day: %v", err)
	}
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Ended != policy.WhyNoSecond {
		t.Errorf("after a day: %+v, ended %q", a.Step, a.Ended)
	}
}
