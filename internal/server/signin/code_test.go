package signin_test

import (
	"errors"
	"sync"
	"testing"

	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// T7: of any number of wrong codes tried at once, in as many sign-ins, five are
// looked at, on every engine. Four went before, so that one is left.
func TestOfWrongCodesAtOnceFiveAreLookedAt(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	var all [16]*visitor
	for i := range all {
		all[i] = visit(t, w, "192.0.2.7").proven(mei)
	}
	wrong := wrongCode(t, w, phone)
	for range 4 {
		wants(t, all[0].code(wrong), signin.ErrWrong)
	}
	errs := make([]error, len(all))
	var at sync.WaitGroup
	for i, v := range all {
		at.Go(func() { _, errs[i] = w.SignIn.Code(t.Context(), v.token, wrong, v.b) })
	}
	at.Wait()
	looked := 0
	for _, err := range errs {
		switch {
		case errors.Is(err, signin.ErrWrong):
			looked++
		case !errors.Is(err, signin.ErrTooMany):
			t.Errorf("%v", err)
		}
	}
	if looked != 1 {
		t.Errorf("%d more were looked at", looked)
	}
}

// wrongCode is none of the phone's codes now.
func wrongCode(t *testing.T, w *signintest.World, phone regtest.Device) string {
	t.Helper()
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		if code != phone.Code(t, w.Clock.Now()) && code != phone.Code(t, w.Clock.Now().Add(-30e9)) && code != phone.Code(t, w.Clock.Now().Add(30e9)) {
			return code
		}
	}
	return "444444"
}
