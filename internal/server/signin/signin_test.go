package signin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

func TestPasswordAndNumberSignIn(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	s, err := v.session()
	if err != nil || s.Person != mei.ID || s.Strength != policy.TwoProofs || !slices.Equal(s.Methods, []string{policy.Password, policy.Approval}) {
		t.Errorf("%+v %v", s, err)
	}
	if a := v.attempt(); !a.Done || a.Goal != "/security" {
		t.Errorf("%+v", a)
	}
	kinds := map[audit.Kind]bool{}
	w.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, mei.ID, 50)
		for _, e := range events {
			if kinds[e.Kind] = true; strings.HasPrefix(string(e.Kind), "signin.") && e.Correlation != v.attempt().Correlation {
				t.Errorf("%s has reference %q", e.Kind, e.Correlation)
			}
		}
		return err
	})
	for _, want := range []audit.Kind{audit.SigninPasswordOK, audit.ApprovalApproved, audit.ApprovalUsed, audit.SigninDone, audit.SessionStarted} {
		if !kinds[want] {
			t.Errorf("no audit event %s", want)
		}
	}
}

func TestAPasswordAloneIsNotASession(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.ask()
	wants(t, v.finish(), signin.ErrStep)
	if _, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Error(err)
	}
}

func TestACodeIsASecondProof(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.ask()
	v.must(v.code(phone.Code(t, w.Clock.Now())))
	if s, err := v.session(); err != nil || !slices.Equal(s.Methods, []string{policy.Password, policy.Code}) {
		t.Errorf("%+v %v", s, err)
	}
	if open := w.Waiting(t, phone); len(open) != 0 {
		t.Errorf("the phone is still asked: %+v", open)
	}
	// T4: the same code is nobody's second proof again.
	again := visit(t, w, "192.0.2.7").proven(mei)
	wants(t, again.code(phone.Code(t, w.Clock.Now())), registration.ErrCodeUsed)
	w.Recorded(t, mei.ID, audit.SigninCodeOK)
}

// T7: codes can be tried after a first proof only, and wrong ones cost time.
func TestCodesNeedAFirstProofAndAreCounted(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	wants(t, v.code(phone.Code(t, w.Clock.Now())), signin.ErrStep)
	v.must(v.password(signintest.Password))
	for range 5 {
		wants(t, v.code("000000"), signin.ErrWrong)
	}
	err := v.code(phone.Code(t, w.Clock.Now()))
	var wait *signin.TooMany
	if !errors.As(err, &wait) || wait.After != time.Minute {
		t.Errorf("got %v", err)
	}
	w.Clock.Add(time.Minute)
	v.must(v.code(phone.Code(t, w.Clock.Now())))
	w.Recorded(t, mei.ID, audit.SigninCodeWrong)
}

func TestADirectoryMayForbidCodes(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.Codes = false })
	v := visit(t, w, "192.0.2.7").proven(mei)
	wants(t, v.code(phone.Code(t, w.Clock.Now())), signin.ErrStep)
}

func TestWithoutASecondFactorThePasswordIsEnough(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	v := visit(t, w, "192.0.2.7").proven(mei)
	s, err := v.session()
	if err != nil || s.Strength != policy.OneProof {
		t.Errorf("%+v %v", s, err)
	}
	if v.b.Known != "" {
		t.Error("one proof made the browser known")
	}
}

func TestAPolicyThatTightensMeanwhileCounts(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, mei.ID, directory.Suspended) })
	wants(t, v.finish(), signin.ErrStep)
	if _, err := v.session(); err == nil {
		t.Error("a suspended person has a session")
	}
}

func TestNoEndsTheSignIn(t *testing.T) {
	for decision, why := range map[string]string{wire.Deny: signin.WhyDenied, wire.Report: signin.WhyReported} {
		w := signintest.New(t)
		mei, phone := meiWithPhone(t, w)
		v := visit(t, w, "192.0.2.7").proven(mei)
		v.ask()
		w.Answer(t, phone, decision, "")
		if a := v.attempt(); a.Ended != why {
			t.Errorf("%s: %+v", decision, a)
		}
		wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
		wants(t, v.code(phone.Code(t, w.Clock.Now())), signin.ErrStep)
		wants(t, v.name(mei.Login), signin.ErrStep)
	}
}

func TestAWrongNumberEndsTheRequestOnly(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, other(v.ask().Number))
	if got := v.watch(); got.State != approval.Failed || got.Number != "" {
		t.Errorf("%+v", got)
	}
	wants(t, v.finish(), signin.ErrStep)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
}

func TestAnApprovalIsUsedOnceAndInTime(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	w.Clock.Add(61 * time.Second)
	wants(t, v.finish(), signin.ErrStep)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	before := v.token
	v.must(v.finish())
	for _, token := range []string{before, v.token} {
		if _, err := w.SignIn.Finish(t.Context(), token, v.b); err == nil {
			t.Error("an approval made a second session")
		}
	}
}

// A report by the person after the password was proven: others know it.
func TestAReportedPasswordIsNoProofFromOtherBrowsersAndIsChanged(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	own := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	thief := visit(t, w, "203.0.113.66").proven(mei)
	thief.ask()
	w.Answer(t, phone, wire.Report, "")
	thief = visit(t, w, "203.0.113.66")
	thief.must(thief.name(mei.Login))
	thief.must(thief.password(signintest.Password))
	if a := thief.attempt(); a.Ended != policy.WhyExposed {
		t.Errorf("the thief sees %+v", a)
	}
	wants(t, w.SignIn.Ask(t.Context(), thief.token, thief.b), signin.ErrStep)

	own.begin(signin.Start{Goal: "/security"})
	own.proven(mei)
	w.Answer(t, phone, wire.Approve, own.ask().Number)
	own.must(own.finish())
	if own.last.Signed != nil || own.attempt().Step.Kind != policy.Renew {
		t.Fatalf("%+v", own.attempt().Step)
	}
	wants(t, own.renew("password1"), method.ErrCommon)
	wants(t, own.renew(signintest.Password), method.ErrSame) // or the thief still had it, and nobody the mark
	own.must(own.renew("kumo no ue no tourou"))
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailPasswordChanged) {
		t.Errorf("her address hears of %v", mails)
	}
	if s, err := own.session(); err != nil || s.Epoch != w.Now(t, mei).Epoch {
		t.Errorf("%+v %v", s, err)
	}
	thief = visit(t, w, "203.0.113.66")
	thief.must(thief.name(mei.Login))
	wants(t, thief.password(signintest.Password), signin.ErrWrong)
}

// A12: whoever saw the cookie before a proof has nothing after it.
func TestEachProofReplacesTheToken(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7")
	var old []string
	keep := func() { old = append(old, v.token) }
	keep()
	v.must(v.name(mei.Login))
	keep()
	v.must(v.password(signintest.Password))
	keep()
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	for i, token := range old {
		if _, err := w.SignIn.Attempt(t.Context(), token); !errors.Is(err, signin.ErrNoAttempt) {
			t.Errorf("token %d still opens the sign-in: %v", i, err)
		}
	}
}

func TestACredentialChangeKillsASignInUnderWay(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	w.SetPassword(t, mei, "another lantern")
	wants(t, v.finish(), signin.ErrStep)
	if a := v.attempt(); a.Ended != signin.WhyChanged {
		t.Errorf("%+v", a)
	}
	wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
	wants(t, v.code(phone.Code(t, w.Clock.Now())), signin.ErrStep)
}

func TestAnotherNameVoidsWhatWasProven(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	ren := w.Member(t, "ren")
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.name(ren.Login))
	wants(t, v.finish(), signin.ErrStep)
	if a := v.attempt(); len(a.Proofs) != 0 || a.Step.Kind != policy.AskPassword {
		t.Errorf("%+v", a)
	}
}

func TestASignInTakesAnHourAtMost(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	w.Clock.Add(signin.AttemptLife)
	a, err := w.SignIn.Attempt(t.Context(), v.token)
	if !errors.Is(err, signin.ErrExpired) || a.Goal != "/security" || a.Login != mei.Login {
		t.Errorf("%+v %v", a, err)
	}
	wants(t, v.password(signintest.Password), signin.ErrExpired)
	if alive, err := w.SignIn.Alive(t.Context(), a.ID); alive || err != nil {
		t.Errorf("%v %v", alive, err)
	}
}

func TestOfTwoAnswersToOneStepOneCounts(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	done := make(chan error)
	for range 8 {
		go func() {
			_, err := w.SignIn.Finish(t.Context(), v.token, v.b)
			done <- err
		}()
	}
	made := 0
	for range 8 {
		if err := <-done; err == nil {
			made++
		} else if !errors.Is(err, signin.ErrNoAttempt) && !errors.Is(err, signin.ErrStep) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d sessions of one approval", made)
	}
}
