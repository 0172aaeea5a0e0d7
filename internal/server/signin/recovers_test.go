package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

const recovering = "/authorize/resume?r=REQUEST"

// lost is a browser that goes through a recovery sign-in.
func lost(t *testing.T, w *signintest.World) *visitor {
	t.Helper()
	v := &visitor{t: t, w: w, b: signintest.Browser("192.0.2.7")}
	v.begin(signin.Start{Goal: recovering, Purpose: policy.Recover})
	return v
}

func (v *visitor) recovered() (signin.Session, error) {
	return v.w.SignIn.Recovered(v.t.Context(), v.token, recovering)
}

// mailed has a code sent to an address, and returns it.
func (v *visitor) mailed(id, address string) string {
	v.t.Helper()
	v.w.Clock.Add(time.Second) // so that it is the newest letter
	v.must(v.w.SignIn.SendMail(v.t.Context(), v.token, id, v.b))
	template, letter := v.w.Letter(v.t, address)
	if template != notify.MailRecoveryCode {
		v.t.Fatalf("the address got %q", template)
	}
	return letter["code"]
}

func (v *visitor) mail(code string) error {
	return v.took(v.w.SignIn.Mail(v.t.Context(), v.token, code, v.b))
}

func count(t *testing.T, w *signintest.World, query string) (n int) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error { return tx.QueryRow(t.Context(), query).Scan(&n) })
	return n
}

// N14: two different proofs are enough to recover, whichever they are; they
// leave no session, know no browser, and speak to one request only.
func TestN14ARecoverySignInTakesTwoProofsAndLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		strength int
		prove    func(*signintest.World, directory.Person, *visitor) error
	}{
		"recovery code and password": {policy.TwoProofs, func(w *signintest.World, mei directory.Person, v *visitor) error {
			codes := w.RecoveryCodes(t, mei)
			return v.proven(mei).recovery(codes[0])
		}},
		"password and a code by mail": {policy.Helped, func(w *signintest.World, mei directory.Person, v *visitor) error {
			id := w.Address(t, mei, "mei@other.example")
			v.proven(mei)
			return v.mail(v.mailed(id, "mei@other.example"))
		}},
		"access pass and password": {policy.TwoProofs, func(w *signintest.World, mei directory.Person, v *visitor) error {
			secret := issue(t, w, method.PassIn{Person: mei.ID})
			return v.proven(mei).pass(secret)
		}},
	} {
		w := signintest.New(t)
		mei, _ := meiWithPhone(t, w)
		v := lost(t, w)
		v.must(c.prove(w, mei, v))
		s, err := v.recovered()
		if err != nil || s.Person != mei.ID || s.Strength != c.strength || !s.Recovery || !s.AuthAt.Equal(w.Clock.Now()) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		if v.last.Signed != nil || count(t, w, `SELECT count(*) FROM session`)+count(t, w, `SELECT count(*) FROM known_browser`) != 0 {
			t.Errorf("%s: a session or a known browser is left", name)
		}
		if _, err := w.SignIn.Recovered(t.Context(), v.token, "/authorize/resume?r=OTHER"); !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("%s: it speaks to another request: %v", name, err)
		}
		if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.SigninRecovered) || slices.Contains(kinds, audit.SessionStarted) {
			t.Errorf("%s: %v", name, kinds)
		}
		directoryEpoch(t, w, mei)
		if _, err := v.recovered(); !errors.Is(err, signin.ErrNoSession) {
			t.Errorf("%s: good after everything was signed out: %v", name, err)
		}
	}
}

func directoryEpoch(t *testing.T, w *signintest.World, p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, p.ID); return err })
}

// An ordinary sign-in is none to recover with, though it is stronger.
func TestAnOrdinarySignInRecoversNothing(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := &visitor{t: t, w: w, b: signintest.Browser("192.0.2.7")}
	v.begin(signin.Start{Goal: recovering})
	v.signedIn(mei, phone)
	if _, err := v.recovered(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("got %v", err)
	}
}

// N10: a code by mail signs nobody in, and proves nothing before a change.
func TestN10ACodeByMailIsGoodToRecoverOnly(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	id := w.Address(t, mei, "mei@other.example")
	v := visit(t, w, "192.0.2.7").proven(mei)
	if v.attempt().Step.Mail {
		t.Error("a sign-in offers it")
	}
	wants(t, w.SignIn.SendMail(t.Context(), v.token, id, v.b), signin.ErrStep)
	wants(t, v.mail("123456"), signin.ErrStep)
	unproven := lost(t, w)
	unproven.must(unproven.name(mei.Login))
	wants(t, w.SignIn.SendMail(t.Context(), unproven.token, id, unproven.b), signin.ErrStep)
	other := w.Member(t, "ren")
	theirs := w.Address(t, other, "ren@other.example")
	mine := lost(t, w).proven(mei)
	wants(t, w.SignIn.SendMail(t.Context(), mine.token, theirs, mine.b), directory.ErrAddress)
}

// Who has nothing but the password and the mailbox of the account itself turned the
// backup on with that, and reads it again with that.
func TestN14TheAccountsOwnMailboxIsASecondProof(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	v := lost(t, w).proven(mei)
	if !v.attempt().Step.Mail {
		t.Fatalf("it is asked for %+v", v.attempt().Step)
	}
	v.must(v.mail(v.mailed(directory.OwnAddress, mei.Email)))
	if _, err := v.recovered(); err != nil {
		t.Error(err)
	}
}

func TestACodeByMailIsGoodOnceForTenMinutes(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	id := w.Address(t, mei, "mei@other.example")
	v := lost(t, w).proven(mei)
	first := v.mailed(id, "mei@other.example")
	second := v.mailed(id, "mei@other.example")
	if first != second { // else the first is as good as the second
		wants(t, v.mail(first), signin.ErrWrong)
	}
	another := lost(t, w).proven(mei)
	wants(t, another.mail(second), signin.ErrWrong)
	w.Clock.Add(directory.AddressLife)
	wants(t, v.mail(second), signin.ErrWrong)
	w.Clock.Add(time.Hour)
	v = lost(t, w).proven(mei)
	code := v.mailed(id, "mei@other.example")
	v.must(v.mail(code))
	wants(t, v.mail(code), signin.ErrStep)
}

// Who guesses is slowed down, and the person hears of it, once for each round.
func TestGuessingAtARecoverySignInIsThrottledAndTold(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	w.RecoveryCodes(t, mei)
	id := w.Address(t, mei, "mei@other.example")
	v := lost(t, w).proven(mei)
	code := v.mailed(id, "mei@other.example")
	for range 5 {
		wants(t, v.mail(wrongOf(code)), signin.ErrWrong)
	}
	wants(t, v.mail(code), signin.ErrTooMany)
	wants(t, v.recovery("0000-0000-0000-0000"), signin.ErrTooMany)
	w.Clock.Add(method.FirstPause)
	wants(t, v.mail(code), signin.ErrWrong) // it had its five tries
	told := func() (n int) {
		return count(t, w, `SELECT count(*) FROM mail WHERE template = 'recovery_guessed'`)
	}
	if told() != 2 { // at both of her addresses
		t.Errorf("%d letters", told())
	}
	ordinary := w.Member(t, "ren")
	w.Device(t, ordinary, "Pixel")
	r := visit(t, w, "192.0.2.7").proven(ordinary)
	for range 5 {
		wants(t, r.code("000000"), signin.ErrWrong)
	}
	if told() != 2 {
		t.Error("an ordinary sign-in is called a recovery")
	}
}

// wrongOf is another code than this one.
func wrongOf(code string) string {
	last := code[len(code)-1]
	return code[:len(code)-1] + string('0'+(last-'0'+1)%10)
}

// Who has no second proof gets no further than the password is worth, and pairs nothing.
func TestARecoverySignInPairsNothing(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.Notify.SetSMTP(nil) // so no code can be sent
	v := lost(t, w).proven(mei)
	s, err := v.recovered()
	if err != nil || s.Strength != policy.OneProof {
		t.Errorf("%+v, %v", s, err)
	}
	if n := count(t, w, `SELECT count(*) FROM session`); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// A password that somebody else knows proves nothing from a browser not known.
func TestAnExposedPasswordRecoversNothing(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	w.RecoveryCodes(t, mei)
	w.Write(t, func(tx *db.Tx) error { return method.Expose(t.Context(), tx, mei.ID) })
	w.Recorded(t, mei.ID, audit.PersonPasswordSeen)
	v := lost(t, w).proven(mei)
	if a := v.attempt(); a.Ended != policy.WhyExposed {
		t.Errorf("%+v", a)
	}
}
