package signin_test

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/otp"
)

const codeStep = 30 * time.Second

// ahead is the code that an authenticator shows whose clock is so many steps ahead.
func ahead(t *testing.T, w *signintest.World, key otp.Key, steps int) string {
	t.Helper()
	code, err := key.CodeAt(w.Clock.Now().Add(time.Duration(steps) * codeStep))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// none is a code that no authenticator of the key shows for a long while.
func none(t *testing.T, w *signintest.World, key otp.Key) string {
	t.Helper()
	for _, code := range []string{"000000", "111111", "222222"} {
		if _, ok, err := key.Match(code, key.Step(w.Clock.Now()), 60); err == nil && !ok {
			return code
		}
	}
	t.Fatal("the key shows everything")
	return ""
}

// What oathtool shows for the typed key signs in, and the server tells it from
// the codes of the authenticator app beside it.
func TestTheCodeOfAnotherAuthenticatorIsASecondProof(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	key, _ := w.CodeApp(t, mei, "Token")
	w.Clock.Add(codeStep)
	now := w.Clock.Now().UTC().Format("2006-01-02 15:04:05 UTC")
	shown, err := exec.CommandContext(t.Context(), "oathtool", "--totp", "--now", now, "-b", otp.FormatSecret(key.Secret)).Output()
	if err != nil {
		t.Fatalf("oathtool: %v (Debian: apt install oathtool)", err)
	}
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); !a.Step.Code || a.Step.Approval || a.Step.First != policy.Code {
		t.Errorf("%+v", a.Step)
	}
	v.must(v.code(strings.TrimSpace(string(shown))))
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs || !slices.Equal(s.Methods, []string{policy.Password, policy.Code}) {
		t.Errorf("%+v %v", s, err)
	}
	phone := w.Device(t, mei, "Phone")
	visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.Clock.Add(codeStep)
	v = visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.code(ahead(t, w, key, 0)))
}

// Where the directory allows no codes, an authenticator that makes nothing else is no way in.
func TestWhereCodesAreNotAllowedACodeAppIsNoMethod(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.CodeApp(t, mei, "Token")
	w.Policy(t, func(p *directory.Policy) { p.Codes = false })
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); a.Ended != policy.WhyNoSecond {
		t.Errorf("%+v, ended %q", a.Step, a.Ended)
	}
}

// T1: the secret has 160 bits and is not in the database as it is.
func TestT1TheSecretIsLongAndSealed(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	key, id := w.CodeApp(t, mei, "Token")
	if len(key.Secret) != 20 {
		t.Errorf("%d bytes", len(key.Secret))
	}
	var kept []byte
	w.Write(t, func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT secret FROM code_app WHERE id = $1`, id).Scan(&kept)
	})
	if len(kept) < 20 || bytes.Contains(kept, key.Secret) || bytes.Contains(kept, []byte(otp.FormatSecret(key.Secret))) {
		t.Errorf("%x", kept)
	}
}

// T3: one step early or late, no more.
func TestT3ACodeIsGoodOneStepEarlyOrLate(t *testing.T) {
	for steps, want := range map[int]error{-2: signin.ErrWrong, -1: nil, 0: nil, 1: nil, 2: signin.ErrWrong} {
		w := signintest.New(t)
		mei := w.Member(t, "mei")
		key, _ := w.CodeApp(t, mei, "Token")
		w.Clock.Add(10 * codeStep)
		if err := visit(t, w, "192.0.2.7").proven(mei).code(ahead(t, w, key, steps)); !errors.Is(err, want) {
			t.Errorf("%d steps ahead: %v", steps, err)
		}
	}
}

// T4: of one code tried in sixteen sign-ins at once, one gets in; later none, nor an older code.
func TestT4ACodeIsAcceptedOnce(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	key, _ := w.CodeApp(t, mei, "Token")
	w.Clock.Add(4 * codeStep)
	code, older := ahead(t, w, key, 0), ahead(t, w, key, -1)
	var all [4]*visitor // fewer than are counted as guesses
	for i := range all {
		all[i] = visit(t, w, "192.0.2.7").proven(mei)
	}
	errs := make([]error, len(all))
	var at sync.WaitGroup
	for i, v := range all {
		at.Go(func() { _, errs[i] = w.SignIn.Code(t.Context(), v.token, code, v.b) })
	}
	at.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
		} else if !errors.Is(err, registration.ErrCodeUsed) {
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d got in", in)
	}
	wants(t, visit(t, w, "192.0.2.7").proven(mei).code(older), registration.ErrCodeUsed)
}

// T5: a clock that goes wrong slowly is followed, by two steps at most; two
// codes in a row set it anew, and only two in a row do.
func TestT5ADriftingClockIsFollowedAndSet(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	key, id := w.CodeApp(t, mei, "Token")
	for _, c := range []struct {
		steps int
		want  error
	}{{1, nil}, {2, nil}, {3, nil}, {4, signin.ErrWrong}, {3, nil}} {
		w.Clock.Add(10 * codeStep)
		if err := visit(t, w, "192.0.2.7").proven(mei).code(ahead(t, w, key, c.steps)); !errors.Is(err, c.want) {
			t.Fatalf("%d steps ahead: %v", c.steps, err)
		}
	}
	set := func(first, second string) (err error) {
		w.Write(t, func(tx *db.Tx) error {
			err = w.CodeApps.Set(t.Context(), tx, mei.ID, id, first, second, method.Where{})
			return nil
		})
		return err
	}
	w.Clock.Add(10 * codeStep)
	wants(t, set(ahead(t, w, key, 10), ahead(t, w, key, 12)), method.ErrCode)
	wants(t, set(ahead(t, w, key, 11), ahead(t, w, key, 10)), method.ErrCode)
	wants(t, set(ahead(t, w, key, 40), ahead(t, w, key, 41)), method.ErrCode)
	if err := set(ahead(t, w, key, 10), ahead(t, w, key, 11)); err != nil {
		t.Fatal(err)
	}
	wants(t, set(ahead(t, w, key, 10), ahead(t, w, key, 11)), method.ErrCodeUsed)
	wants(t, set(ahead(t, w, key, 11), ahead(t, w, key, 12)), method.ErrCodeUsed)
	w.Clock.Add(10 * codeStep)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.code(ahead(t, w, key, 12)))
}

// T7: wrong codes are counted for the person, whichever authenticator they were meant for.
func TestT7WrongCodesOfAnyAuthenticatorAreCountedTogether(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	key, _ := w.CodeApp(t, mei, "Token")
	for range 5 {
		wants(t, visit(t, w, "192.0.2.7").proven(mei).code(none(t, w, key)), signin.ErrWrong)
	}
	w.Clock.Add(codeStep)
	wants(t, visit(t, w, "192.0.2.7").proven(mei).code(ahead(t, w, key, 0)), signin.ErrTooMany)
	w.Clock.Add(time.Minute)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.code(ahead(t, w, key, 0)))
}

// Require re-registration voids other authenticators too.
func TestReregistrationVoidsCodeApps(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	w.CodeApp(t, mei, "Token")
	w.Write(t, func(tx *db.Tx) error {
		if _, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID}); err != nil {
			return err
		}
		has, _, err := signin.MethodsOf(t.Context(), tx, mei.ID)
		if has.CodeApp {
			t.Errorf("%+v", has)
		}
		return err
	})
}
