package signin_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// A8: of any number of wrong passwords tried at once for one name, from as many
// networks, as many are told to be wrong as the budget has left, whether
// anybody has the name or not. The others hear that there were too many.
func TestOfWrongPasswordsAtOnceTheBudgetIsLookedAt(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Name = 3 })
	mei, _ := meiWithPhone(t, w)
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		var all [16]*visitor
		for i := range all {
			all[i] = visit(t, w, fmt.Sprintf("192.0.%d.7", i))
			all[i].must(all[i].name(login))
		}
		errs := make([]error, len(all))
		var at sync.WaitGroup
		for i, v := range all {
			at.Go(func() { _, errs[i] = w.SignIn.Password(t.Context(), v.token, "wrong", v.b) })
		}
		at.Wait()
		looked := 0
		for _, err := range errs {
			switch {
			case errors.Is(err, signin.ErrWrong):
				looked++
			case !errors.Is(err, signin.ErrTooMany):
				t.Errorf("%s: %v", login, err)
			}
		}
		if looked != 3 {
			t.Errorf("%s: %d were looked at", login, looked)
		}
	}
}
