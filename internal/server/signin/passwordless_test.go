package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// meiAlone is somebody whose phone signs in without a password, where that is allowed.
func meiAlone(t *testing.T, w *signintest.World) (directory.Person, regtest.Device) {
	t.Helper()
	w.Policy(t, func(p *directory.Policy) { p.Passwordless = true })
	mei := w.Member(t, "mei")
	return mei, w.Alone(t, mei, "Mei's Pixel")
}

// Strength 4: a phone alone, unlocked, by number.
func TestAPhoneAloneSignsIn(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiAlone(t, w)
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	if a := v.attempt(); a.Step.First != policy.Password || !a.Step.Passwordless {
		t.Fatalf("a new browser begins with %+v", a.Step)
	}
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	s, err := v.session()
	if err != nil || s.Strength != policy.Strong || !slices.Equal(s.Methods, []string{policy.Passwordless}) || !s.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Fatalf("%+v %v", s, err)
	}

	// The browser begins with the phone next time, and can still do otherwise.
	v.begin(signin.Start{Goal: "/security"})
	v.must(v.name(mei.Login))
	if a := v.attempt(); !a.Known || a.Step.First != policy.Passwordless || !a.Step.Password {
		t.Fatalf("a known browser begins with %+v", a.Step)
	}
	v.must(v.password(signintest.Password))
	if a := v.attempt(); a.Done || !a.Step.Approval || a.Step.Passwordless {
		t.Errorf("after the password %+v", a.Step)
	}
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	if s, err = v.session(); err != nil || s.Strength != policy.TwoProofs {
		t.Errorf("%+v %v", s, err)
	}

	// Who is about to change methods gives all they can (N11): the phone alone again.
	v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: s})
	if a := v.attempt(); a.Step.First != policy.Passwordless || a.Step.Password || a.Step.Passkey {
		t.Fatalf("again: %+v", a.Step)
	}
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	if s, err = v.session(); err != nil || s.Strength != policy.Strong {
		t.Errorf("%+v %v", s, err)
	}
}

// A8: before a proof nobody learns who has such a phone, whether they said no,
// or whether there is anybody of that name at all.
func TestA8APhoneAloneLooksLikeNobodysPhone(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiAlone(t, w)
	ken := w.Member(t, "ken")
	w.Device(t, ken, "A phone that is asked after the password only")
	ren := w.Member(t, "ren")
	w.Alone(t, ren, "Of somebody suspended")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, ren.ID, directory.Suspended) })
	nothing := func(string) {}
	var seen *policy.Step
	for name, c := range map[string]struct {
		login  string
		answer func(number string)
	}{
		"silence":              {mei.Login, nothing},
		"a denial":             {mei.Login, func(string) { w.Answer(t, phone, wire.Deny, "") }},
		"a report":             {mei.Login, func(string) { w.Answer(t, phone, wire.Report, "") }},
		"another number":       {mei.Login, func(n string) { w.Answer(t, phone, wire.Approve, other(n)) }},
		"not switched on":      {ken.Login, nothing},
		"somebody suspended":   {ren.Login, nothing},
		"a name nobody has":    {"nobody@aoba.example", nothing},
		"no login name at all": {"?", nothing},
	} {
		v := visit(t, w, "198.51.100.9")
		v.must(v.name(c.login))
		first := v.ask()
		if first.State != approval.Open || len(first.Number) != 2 || first.ExpiresAt.Sub(w.Clock.Now()) != time.Minute {
			t.Errorf("%s: %+v", name, first)
		}
		c.answer(first.Number)
		if again := v.watch(); again != first {
			t.Errorf("%s: the page learnt it: %+v, was %+v", name, again, first)
		}
		wants(t, v.finish(), signin.ErrStep)
		w.Clock.Add(time.Minute)
		if after := v.watch(); after.State != approval.Expired || after.Number != "" {
			t.Errorf("%s: after a minute %+v", name, after)
		}
		a := v.attempt()
		if !a.Open() || seen != nil && a.Step != *seen {
			t.Errorf("%s: %+v, elsewhere %+v", name, a, seen)
		}
		seen = &a.Step
		w.Clock.Add(25 * time.Hour) // blocks and silence are over
	}
}

// N19: from a browser that is not known the phone of who has a passkey is not
// asked, and where the policy says never, nobody's.
func TestN19APhoneAloneIsNotAskedFromNewBrowsersWhereThePolicySaysSo(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiAlone(t, w)
	w.Passkey(t, mei, "Pixel")
	v := visit(t, w, "198.51.100.9")
	v.must(v.name(mei.Login))
	if number := v.ask(); number.State != approval.Open || len(w.Waiting(t, phone)) != 0 {
		t.Errorf("%+v, and the phone is asked %+v", number, w.Waiting(t, phone))
	}
	w.Policy(t, func(p *directory.Policy) { p.NewBrowsers = directory.PhonesQuiet })
	if a := v.attempt(); a.Step.Passwordless {
		t.Errorf("%+v", a.Step)
	}
	wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
}

// What is not allowed any more when the approval is used up does not count.
func TestAPhoneAloneEndsWithThePolicy(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiAlone(t, w)
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	w.Policy(t, func(p *directory.Policy) { p.Passwordless = false })
	wants(t, v.finish(), signin.ErrStep)
	if s, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("%+v %v", s, err)
	}
	w.Write(t, func(tx *db.Tx) error {
		has, _, err := signin.MethodsOf(t.Context(), tx, mei.ID)
		if has.Strongest() != policy.TwoProofs {
			t.Errorf("%+v", has)
		}
		return err
	})
}

// N11: every address hears that a phone signs in alone, and that it does no more.
func TestSwitchingAPhoneOnAndOffIsMailed(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiAlone(t, w)
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.SetPasswordless(t.Context(), tx, mei.ID, phone.ID(), true, regtest.From) // it is already
	})
	g := w.Get(t, phone.ID())
	w.Write(t, func(tx *db.Tx) error { return w.Registry.DropUnlock(t.Context(), tx, g, regtest.From) })
	mails := slices.DeleteFunc(w.Mails(t, mei), func(m string) bool { return m == notify.MailAppAdded })
	if !slices.Contains(mails, notify.MailPasswordlessOn) || !slices.Contains(mails, notify.MailPasswordlessOff) || len(mails) != 2 {
		t.Error(mails)
	}
	w.Recorded(t, mei.ID, audit.RegistrationUnlock, audit.RegistrationUnlockGone, audit.PasswordlessOn, audit.PasswordlessOff)
	ken := w.Member(t, "ken")
	w.Write(t, func(tx *db.Tx) error {
		err := w.Registry.SetPasswordless(t.Context(), tx, ken.ID, phone.ID(), true, regtest.From)
		wants(t, err, registration.ErrUnknown)
		return nil
	})
}
