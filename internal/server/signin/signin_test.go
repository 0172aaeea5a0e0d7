package signin_test

import (
	"bytes"
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
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// A visitor is a browser that goes through a sign-in and keeps its cookies.
type visitor struct {
	t     *testing.T
	w     *signintest.World
	b     signin.Browser
	token string
	last  signin.Went
}

func visit(t *testing.T, w *signintest.World, ip string) *visitor {
	t.Helper()
	v := &visitor{t: t, w: w, b: signintest.Browser(ip)}
	v.begin(signin.Start{Goal: "/security"})
	return v
}

func (v *visitor) begin(start signin.Start) signin.Attempt {
	v.t.Helper()
	start.Browser = v.b
	token, a, err := v.w.SignIn.Begin(v.t.Context(), start)
	if err != nil {
		v.t.Fatal(err)
	}
	v.token = token
	return a
}

// took keeps what a step leaves in the browser.
func (v *visitor) took(went signin.Went, err error) error {
	if err != nil {
		return err
	}
	if went.Token == v.token {
		v.t.Error("the token was not replaced")
	}
	v.token, v.last = went.Token, went
	if went.Signed != nil {
		v.b.Sessions = went.Signed.Tokens
		if went.Signed.Known != "" {
			v.b.Known = went.Signed.Known
		}
	}
	return nil
}

func (v *visitor) name(login string) error {
	return v.took(v.w.SignIn.Name(v.t.Context(), v.token, login, v.b))
}

func (v *visitor) password(password string) error {
	return v.took(v.w.SignIn.Password(v.t.Context(), v.token, password, v.b))
}

func (v *visitor) code(code string) error {
	return v.took(v.w.SignIn.Code(v.t.Context(), v.token, code, v.b))
}

func (v *visitor) finish() error {
	return v.took(v.w.SignIn.Finish(v.t.Context(), v.token, v.b))
}

func (v *visitor) ask() signin.Waiting {
	v.t.Helper()
	if err := v.w.SignIn.Ask(v.t.Context(), v.token, v.b); err != nil {
		v.t.Fatal(err)
	}
	return v.watch()
}

func (v *visitor) watch() signin.Waiting {
	v.t.Helper()
	_, w, err := v.w.SignIn.Watch(v.t.Context(), v.token)
	if err != nil {
		v.t.Fatal(err)
	}
	return w
}

func (v *visitor) attempt() signin.Attempt {
	v.t.Helper()
	a, err := v.w.SignIn.Attempt(v.t.Context(), v.token)
	if err != nil {
		v.t.Fatal(err)
	}
	return a
}

// proven gives name and password.
func (v *visitor) proven(p directory.Person) *visitor {
	v.t.Helper()
	v.must(v.name(p.Login))
	v.must(v.password(signintest.Password))
	return v
}

func (v *visitor) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}

// signedIn goes the whole way, with an approval.
func (v *visitor) signedIn(p directory.Person, phone regtest.Device) *visitor {
	v.t.Helper()
	v.proven(p)
	v.w.Answer(v.t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	return v
}

// session is the session in use, or the error instead of one.
func (v *visitor) session() (s signin.Session, err error) {
	if len(v.b.Sessions) == 0 {
		return s, signin.ErrNoSession
	}
	err = v.w.DB.Read(v.t.Context(), func(tx *db.Tx) error {
		s, err = signin.SessionOf(v.t.Context(), tx, v.b.Sessions[0])
		return err
	})
	return s, err
}

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func meiWithPhone(t *testing.T, w *signintest.World) (directory.Person, regtest.Device) {
	t.Helper()
	mei := w.Member(t, "mei")
	return mei, w.Device(t, mei, "Mei's Pixel")
}

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

// A8: a name nobody has goes the same way, to the same answers.
func TestANameNobodyHasGoesTheSameWay(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	suspended := w.Member(t, "ren")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, suspended.ID, directory.Suspended) })
	var seen []signin.Attempt
	for _, login := range []string{mei.Login, suspended.Login, "nobody@aoba.example"} {
		v := visit(t, w, "192.0.2.7")
		v.must(v.name(login))
		a := v.attempt()
		wants(t, v.password("wrong"), signin.ErrWrong)
		wants(t, v.finish(), signin.ErrStep)
		wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
		if len(seen) > 0 {
			b := seen[0]
			if a.Step != b.Step || a.Directory.ID != b.Directory.ID || a.Known != b.Known || a.Second != b.Second || a.Ended != b.Ended {
				t.Errorf("%s: %+v, but %s: %+v", login, a, b.Login, b)
			}
		}
		seen = append(seen, a)
	}
}

// A8: where the phone is asked first, a name nobody has gets a number too, and
// a no, a wrong number and nobody look alike until time is up.
func TestANumberForNobodyLooksLikeAnyOther(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	answers := map[string]func(number string){
		mei.Login + " says nothing":      func(string) {},
		mei.Login + " denies":            func(string) { w.Answer(t, phone, wire.Deny, "") },
		mei.Login + " reports":           func(string) { w.Answer(t, phone, wire.Report, "") },
		mei.Login + " types another one": func(n string) { w.Answer(t, phone, wire.Approve, other(n)) },
		"nobody@aoba.example is nobody":  func(string) {},
	}
	for name, answer := range answers {
		login, _, _ := strings.Cut(name, " ")
		v := visit(t, w, "198.51.100.9")
		v.must(v.name(login))
		first := v.ask()
		if first.State != approval.Open || len(first.Number) != 2 || first.ExpiresAt.Sub(w.Clock.Now()) != time.Minute {
			t.Errorf("%s: %+v", name, first)
		}
		answer(first.Number)
		if again := v.watch(); again != first {
			t.Errorf("%s: the page learnt it: %+v, was %+v", name, again, first)
		}
		wants(t, v.finish(), signin.ErrStep)
		w.Clock.Add(time.Minute)
		if after := v.watch(); after.State != approval.Expired || after.Number != "" {
			t.Errorf("%s: after a minute %+v", name, after)
		}
		if a := v.attempt(); !a.Open() {
			t.Errorf("%s: ended %s", name, a.Ended)
		}
		w.Clock.Add(25 * time.Hour) // blocks and silence are over
	}
}

func other(number string) string {
	if number == "11" {
		return "22"
	}
	return "11"
}

func TestThePhoneFirstThenThePassword(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	if _, err := v.session(); err == nil || v.attempt().Step.Kind != policy.AskPassword {
		t.Fatalf("after the approval: %v, %+v", err, v.attempt().Step)
	}
	v.must(v.password(signintest.Password))
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs {
		t.Errorf("%+v %v", s, err)
	}
}

func TestWhoSaidNoIsNotAskedAgain(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	v.ask()
	w.Answer(t, phone, wire.Deny, "")
	if again := v.ask(); again.State != approval.Open || again.Number == "" {
		t.Errorf("the page sees %+v", again)
	}
	if open := w.Waiting(t, phone); len(open) != 0 {
		t.Errorf("the phone is asked %+v", open)
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
	own.must(own.renew("kumo no ue no tourou"))
	if s, err := own.session(); err != nil || s.Epoch != w.Now(t, mei).Epoch {
		t.Errorf("%+v %v", s, err)
	}
	thief = visit(t, w, "203.0.113.66")
	thief.must(thief.name(mei.Login))
	wants(t, thief.password(signintest.Password), signin.ErrWrong)
}

func (v *visitor) renew(password string) error {
	return v.took(v.w.SignIn.Renew(v.t.Context(), v.token, password, v.b))
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

func TestWrongPasswordsAreLimitedPerNameButNotForKnownBrowsers(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Name = 3 })
	mei, phone := meiWithPhone(t, w)
	own := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		for i := range 3 {
			v := visit(t, w, "203.0.113.66")
			v.must(v.name(login))
			if err := v.password("wrong"); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s, try %d: %v", login, i, err)
			}
		}
		v := visit(t, w, "198.51.100.1")
		v.must(v.name(login))
		err := v.password(signintest.Password)
		var wait *signin.TooMany
		if !errors.As(err, &wait) || wait.After != 15*time.Minute {
			t.Errorf("%s: %v", login, err)
		}
	}
	own.begin(signin.Start{Goal: "/security"})
	own.proven(mei)
	w.Clock.Add(15 * time.Minute)
	visit(t, w, "198.51.100.1").proven(mei)
}

func TestWrongPasswordsAreLimitedPerNetworkAndInAll(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Net, c.Limits.Server = 2, 4 })
	mei, _ := meiWithPhone(t, w)
	try := func(ip, login string) error {
		v := visit(t, w, ip)
		v.must(v.name(login))
		return v.password("wrong")
	}
	wants(t, try("203.0.113.1", "a"), signin.ErrWrong)
	wants(t, try("203.0.113.2", "b"), signin.ErrWrong)
	wants(t, try("203.0.113.3", "c"), signin.ErrTooMany)
	wants(t, try("198.51.100.1", "d"), signin.ErrWrong)
	wants(t, try("192.0.2.1", mei.Login), signin.ErrWrong)
	wants(t, try("192.0.3.1", mei.Login), signin.ErrTooMany)
}

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

func (v *visitor) enrolSession() (s signin.Session) {
	v.t.Helper()
	v.w.Write(v.t, func(tx *db.Tx) (err error) {
		s, err = signin.EnrolSessionOf(v.t.Context(), tx, v.b.Sessions[0])
		return err
	})
	if !s.Enrol || s.Strength != policy.OneProof {
		v.t.Errorf("%+v", s)
	}
	return s
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
	v.must(setUp(signintest.Password))
	if a := v.attempt(); a.Step.Kind != policy.Enrol || a.Login != mei.Login {
		t.Errorf("%+v", a)
	}
	v.enrolSession()
	wants(t, setUp(signintest.Password), directory.ErrSetupLink)
	visit(t, w, "192.0.2.7").proven(mei)
}

func TestSigningInAgainKeepsTheSessionUnderANewToken(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	first, err := v.session()
	if err != nil {
		t.Fatal(err)
	}
	old := v.b.Sessions[0]
	w.Clock.Add(time.Hour)
	if first.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Error("an hour later it is still fresh")
	}
	a := v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: first})
	if a.Step.Kind != policy.AskPassword || a.Login != mei.Login {
		t.Fatalf("%+v", a)
	}
	wants(t, v.name("ren@aoba.example"), signin.ErrStep)
	v.must(v.password(signintest.Password))
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	again, err := v.session()
	if err != nil || again.ID != first.ID || !again.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Errorf("%+v %v", again, err)
	}
	w.Write(t, func(tx *db.Tx) error {
		_, err := signin.SessionOf(t.Context(), tx, old)
		wants(t, err, signin.ErrNoSession)
		return nil
	})
}

func TestASessionEndsByTimeEpochSuspensionAndWord(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(*testing.T, *signintest.World, signin.Session)
		still bool
	}{
		"nothing":         {func(*testing.T, *signintest.World, signin.Session) {}, true},
		"idle":            {func(_ *testing.T, w *signintest.World, _ signin.Session) { w.Clock.Add(24 * time.Hour) }, false},
		"almost idle":     {func(_ *testing.T, w *signintest.World, _ signin.Session) { w.Clock.Add(24*time.Hour - time.Second) }, true},
		"used and in use": {func(t *testing.T, w *signintest.World, s signin.Session) { use(t, w, s, 29) }, true},
		"used too long":   {func(t *testing.T, w *signintest.World, s signin.Session) { use(t, w, s, 30) }, false},
		"password": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.SetPassword(t, directory.Person{ID: s.Person}, "new")
		}, false},
		"suspension": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, s.Person, directory.Suspended) })
		}, false},
		"ended": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return signin.End(t.Context(), tx, s.Person, s.ID, "signed_out") })
		}, false},
		"another's word": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return signin.End(t.Context(), tx, "somebody else", s.ID, "signed_out") })
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := signintest.New(t)
			mei, phone := meiWithPhone(t, w)
			v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
			c.do(t, w, v.last.Signed.Session)
			if _, err := v.session(); (err == nil) != c.still {
				t.Errorf("session: %v", err)
			}
		})
	}
}

// use keeps a session in use for days.
func use(t *testing.T, w *signintest.World, s signin.Session, days int) {
	t.Helper()
	for range days * 2 {
		w.Clock.Add(12 * time.Hour)
		w.Write(t, func(tx *db.Tx) error { return signin.Touch(t.Context(), tx, s.ID) })
	}
}

func TestSessionsAreListedAndEndedTogether(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	a := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.Clock.Add(time.Minute)
	b := visit(t, w, "198.51.100.1").signedIn(mei, phone)
	w.Write(t, func(tx *db.Tx) error {
		all, err := signin.List(t.Context(), tx, mei.ID)
		if len(all) != 2 || all[0].ID != b.last.Signed.Session.ID {
			t.Errorf("%+v", all)
		}
		if err != nil {
			return err
		}
		n, err := signin.EndAll(t.Context(), tx, mei.ID, b.last.Signed.Session.ID, "signed_out_everywhere")
		if n != 1 {
			t.Errorf("ended %d", n)
		}
		return err
	})
	if _, err := a.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Error(err)
	}
	if _, err := b.session(); err != nil {
		t.Error(err)
	}
}

func TestTheChooserHasOneLinePerAccountOfThisBrowser(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	ren := w.Member(t, "ren")
	rens := w.Device(t, ren, "Ren's phone")
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(ren, rens)
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(mei, phone)
	all, err := w.SignIn.Accounts(t.Context(), v.b.Sessions)
	if err != nil || len(all) != 2 || all[0].Person.ID != mei.ID || all[1].Person.ID != ren.ID || !all[0].Live || !all[1].Live {
		t.Fatalf("%+v %v", all, err)
	}
	tokens, err := w.SignIn.Use(t.Context(), v.b.Sessions, all[1].Session.ID)
	if err != nil || tokens[0] != v.b.Sessions[1] || len(tokens) != 2 {
		t.Errorf("%v %v", tokens, err)
	}
	left, err := w.SignIn.Forget(t.Context(), tokens, all[0].Session.ID)
	if err != nil || !slices.Equal(left, tokens[:1]) {
		t.Errorf("%v %v", left, err)
	}
	if _, err := w.SignIn.Use(t.Context(), tokens, "somebody else's"); !errors.Is(err, signin.ErrNoSession) {
		t.Error(err)
	}
}

func TestAKnownBrowserIsRememberedForItsPersonOnly(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.code(phone.Code(t, w.Clock.Now())))
	old := v.b.Known
	for _, c := range []struct {
		login  string
		known  bool
		second string
	}{{mei.Login, true, policy.Code}, {"ren@aoba.example", false, ""}, {"nobody@aoba.example", false, ""}} {
		v.begin(signin.Start{Goal: "/"})
		v.must(v.name(c.login))
		if a := v.attempt(); a.Known != c.known || a.Second != c.second {
			t.Errorf("%s: known %v, %q", c.login, a.Known, a.Second)
		}
	}
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(mei, phone)
	if v.b.Known == old {
		t.Error("the token was not replaced")
	}
	v.b.Known = old
	v.begin(signin.Start{Goal: "/"})
	v.must(v.name(mei.Login))
	if v.attempt().Known {
		t.Error("a copied token of a known browser still counts")
	}
}

func TestAKnownBrowserIsForgottenWhenTheCredentialChanges(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.SetPassword(t, mei, "another lantern")
	v.begin(signin.Start{Goal: "/"})
	v.must(v.name(mei.Login))
	if v.attempt().Known {
		t.Error("still known")
	}
}

func TestNoTokenLiesInTheDatabase(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	number := v.ask()
	w.Answer(t, phone, wire.Approve, number.Number)
	v.must(v.finish())
	w.Write(t, func(tx *db.Tx) error {
		for _, table := range []string{"attempt", "session", "known_browser", "password"} {
			dump := dumpOf(t, tx, table)
			for _, secret := range append([]string{v.token, v.b.Known, signintest.Password}, v.b.Sessions...) {
				if bytes.Contains(dump, []byte(secret)) {
					t.Errorf("a secret lies in %s", table)
				}
			}
		}
		return nil
	})
}

func dumpOf(t *testing.T, tx *db.Tx, table string) []byte {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			out.Write(*v.(*[]byte))
			out.WriteByte('\n')
		}
	}
	if out.Len() == 0 {
		t.Errorf("%s is empty", table)
	}
	return out.Bytes()
}

func TestOldSignInsAndSessionsArePruned(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.Clock.Add(100 * 24 * time.Hour)
	if err := w.SignIn.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.SignIn.Attempt(t.Context(), v.token)
	wants(t, err, signin.ErrNoAttempt)
	all, err := w.SignIn.Accounts(t.Context(), v.b.Sessions)
	if len(all) != 0 || err != nil {
		t.Errorf("%+v %v", all, err)
	}
}
