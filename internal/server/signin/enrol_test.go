package signin_test

import (
	"errors"
	"slices"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

func TestTheFirstAppIsPairedInTheCourseOfTheSignIn(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	v := visit(t, w, "192.0.2.7").proven(mei)
	if v.attempt().Step.Kind != policy.Enrol {
		t.Fatalf("%+v", v.attempt().Step)
	}
	if _, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("an enrol-only session passes for a session: %v", err)
	}
	enrol := v.enrolSession()
	wants(t, v.finish(), signin.ErrStep)
	o := w.Offer(t, mei, enrol.ID)
	w.Accept(t, o, "Mei's Pixel")
	w.Confirm(t, o)
	wants(t, v.finish(), signin.ErrStep)
	w.Activate(t, o)
	if ok, err := w.SignIn.Paired(t.Context(), v.token); !ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	v.must(v.finish())
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs || s.ID == enrol.ID || len(v.b.Sessions) != 1 {
		t.Errorf("%+v %v %v", s, err, v.b.Sessions)
	}
}

// Whoever knows the password and waits must not get in on the app its owner pairs.
func TestAnAppPairedElsewhereLetsNobodyIn(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	thief := visit(t, w, "203.0.113.66").proven(mei)
	own := visit(t, w, "192.0.2.7").proven(mei)
	o := w.Offer(t, mei, own.enrolSession().ID)
	w.Accept(t, o, "Mei's Pixel")
	w.Confirm(t, o)
	w.Activate(t, o)
	own.must(own.finish())
	wants(t, thief.finish(), signin.ErrStep)
	if a := thief.attempt(); a.Step.Kind != policy.AskSecond {
		t.Errorf("%+v", a.Step)
	}
}

func TestWithoutAnAppAndAnOpenDoorThereIsNoWayIn(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Write(t, func(tx *db.Tx) error { return directory.CloseEnrol(t.Context(), tx, mei.ID) })
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	v.must(v.password(signintest.Password))
	if a := v.attempt(); a.Ended != policy.WhyNoSecond || v.last.Signed != nil {
		t.Errorf("%+v", a)
	}
}

func TestASetupLinkChoosesAPasswordAndLeadsToPairing(t *testing.T) {
	w := signintest.New(t)
	mei := w.Person(t, "mei")
	var link string
	w.Write(t, func(tx *db.Tx) (err error) {
		link, err = directory.SetupLink(t.Context(), tx, mei.ID)
		return err
	})
	v := &visitor{t: t, w: w, b: signintest.Browser("192.0.2.7")}
	setUp := func(password string) error {
		return v.took(w.SignIn.SetUp(t.Context(), link, password, signin.Start{Goal: "/security", Browser: v.b}))
	}
	wants(t, setUp("short"), method.ErrTooShort)
	wants(t, setUp("password123"), method.ErrCommon)
	if mails := w.Mails(t, mei); len(mails) != 0 {
		t.Errorf("nothing was set, and her address hears of %v", mails)
	}
	v.must(setUp(signintest.Password))
	if mails := w.Mails(t, mei); !slices.Equal(mails, []string{notify.MailPasswordChanged}) {
		t.Errorf("her address hears of %v", mails)
	}
	if a := v.attempt(); a.Step.Kind != policy.Enrol || a.Login != mei.Login {
		t.Errorf("%+v", a)
	}
	v.enrolSession()
	wants(t, setUp(signintest.Password), directory.ErrSetupLink)
	visit(t, w, "192.0.2.7").proven(mei)
}
