package wayback_test

import (
	"errors"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin/signintest"
)

// The password that others know is none to come back to. Whether any other is the
// one there was is not told: that would be a guess that nobody counts.
func TestThePasswordThatOthersKnowIsNotChosenAgain(t *testing.T) {
	h := newHouse(t)
	mei, ken := h.Member(t, "mei"), h.Member(t, "ken")
	for _, p := range []directory.Person{mei, ken} {
		h.Device(t, p, "Pixel")
	}
	mine, his := h.RecoveryCodes(t, mei), h.RecoveryCodes(t, ken)
	h.days()
	h.Write(t, func(tx *db.Tx) error { return method.Expose(t.Context(), tx, mei.ID) })
	v := h.proves(t, mei, mine[0])
	if _, err := h.back.Renew(t.Context(), v.token, signintest.Password, false, v.b); !errors.Is(err, method.ErrSame) {
		t.Errorf("the one that others know: %v", err)
	}
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	v = h.proves(t, ken, his[0])
	v.keep(h.back.Renew(t.Context(), v.token, signintest.Password, false, v.b))
}
