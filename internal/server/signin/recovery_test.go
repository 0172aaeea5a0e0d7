package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

func (v *visitor) recovery(code string) error {
	return v.took(v.w.SignIn.RecoveryCode(v.t.Context(), v.token, code, v.b))
}

// N9: a recovery code is good once, after the password, and with it worth two proofs.
func TestN9ARecoveryCodeSignsInOnce(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	codes := w.RecoveryCodes(t, mei)
	if len(codes) != 10 || len(codes[0]) != 19 {
		t.Fatalf("%q", codes)
	}
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	wants(t, v.recovery(codes[0]), signin.ErrStep)
	v.must(v.password(signintest.Password))
	v.must(v.recovery(codes[0]))
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs || !slices.Equal(s.Methods, []string{policy.Password, policy.Recovery}) {
		t.Errorf("%+v %v", s, err)
	}
	if v.last.LastOne {
		t.Error("the first of ten is called the last")
	}
	wants(t, visit(t, w, "192.0.2.7").proven(mei).recovery(codes[0]), signin.ErrWrong)
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailRecoveryMade) || !slices.Contains(mails, notify.MailRecoveryUsed) {
		t.Errorf("her address hears of %v", mails)
	}
	if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.RecoveryUsed) || !slices.Contains(kinds, audit.SigninRecoveryWrong) {
		t.Errorf("%v", kinds)
	}
}

// N9: two at once with one code: one gets in.
func TestN9OfTwoWithOneRecoveryCodeOneGetsIn(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	code := w.RecoveryCodes(t, mei)[0]
	done := make(chan error)
	for range 4 {
		v := visit(t, w, "192.0.2.7").proven(mei)
		go func() {
			_, err := w.SignIn.RecoveryCode(t.Context(), v.token, code, v.b)
			done <- err
		}()
	}
	in := 0
	for range 4 {
		if err := <-done; err == nil {
			in++
		} else if !errors.Is(err, signin.ErrWrong) {
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

// N9: wrong ones are counted, slips are not, and a new set voids the old.
func TestN9GuessingRecoveryCodesCostsTime(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	old := w.RecoveryCodes(t, mei)
	codes := w.RecoveryCodes(t, mei)
	v := visit(t, w, "192.0.2.7").proven(mei)
	for range 10 {
		wants(t, v.recovery("0000-0000-0000-0001"), wire.ErrMistyped)
	}
	for _, code := range old[:5] {
		wants(t, v.recovery(code), signin.ErrWrong)
	}
	var wait *signin.TooMany
	if err := v.recovery(codes[0]); !errors.As(err, &wait) || wait.After != time.Minute {
		t.Errorf("got %v", err)
	}
	w.Clock.Add(time.Minute)
	v.must(v.recovery(codes[0]))
}

// They do not open another's account, and the last one says so.
func TestRecoveryCodesAreTheirPersonsAndRunOut(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	ren := w.Member(t, "ren")
	w.Device(t, ren, "Ren's phone")
	rens, codes := w.RecoveryCodes(t, ren), w.RecoveryCodes(t, mei)
	wants(t, visit(t, w, "192.0.2.7").proven(mei).recovery(rens[0]), signin.ErrWrong)
	for i, code := range codes {
		v := visit(t, w, "192.0.2.7").proven(mei)
		v.must(v.recovery(code))
		if v.last.LastOne != (i == 9) {
			t.Errorf("code %d: last %v", i, v.last.LastOne)
		}
	}
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Step.Recovery {
		t.Errorf("none left, and offered: %+v", a.Step)
	}
}

// Recovery codes make no lasting second way: they run out.
func TestRecoveryCodesAloneAreNotEnoughToKeep(t *testing.T) {
	p := directory.DefaultPolicy()
	if (policy.Methods{Password: true, Recovery: true}).Suffice(p) {
		t.Error("they suffice")
	}
}
