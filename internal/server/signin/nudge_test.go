package signin_test

import (
	"sync"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

const fortnight = 14 * 24 * time.Hour

// nudging is a directory that asks for the password alone, and advises more.
func nudging(t *testing.T, times int) *signintest.World {
	t.Helper()
	w := signintest.New(t)
	w.Policy(t, func(p *directory.Policy) { p.SecondFactor, p.Nudge, p.NudgeTimes = false, fortnight, times })
	return w
}

// comes signs somebody in with their password.
func comes(t *testing.T, w *signintest.World, p directory.Person) signin.Went {
	t.Helper()
	from := signintest.Browser("192.0.2.7")
	token, _, err := w.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := w.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		went, err = w.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	return went
}

func snooze(t *testing.T, w *signintest.World, p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		d, err := directory.Get(t.Context(), tx, p.DirectoryID)
		if err != nil {
			return err
		}
		return signin.Snooze(t.Context(), tx, p, d.Policy, method.Where{})
	})
}

func TestWhoHasAPasswordAloneIsAdvisedAndCanPutItOff(t *testing.T) {
	w := nudging(t, 0)
	mei := w.Member(t, "mei")
	for i := range 5 { // as often as they like
		if went := comes(t, w, mei); !went.Nudge || went.Signed == nil {
			t.Fatalf("time %d: advised %v, signed in %v", i, went.Nudge, went.Signed != nil)
		}
		snooze(t, w, mei)
		if comes(t, w, mei).Nudge {
			t.Errorf("time %d: advised again at once", i)
		}
		w.Clock.Add(fortnight)
	}
	w.Passkey(t, mei, "ThinkPad")
	w.Passkey(t, mei, "Blue key")
	if went := comes(t, w, mei); went.Nudge {
		t.Error("who has more is advised")
	}
}

func TestNobodyIsAdvisedWhereThePolicyDoesNotSaySo(t *testing.T) {
	w := nudging(t, 0)
	mei := w.Member(t, "mei")
	w.Policy(t, func(p *directory.Policy) { p.Nudge = 0 })
	if comes(t, w, mei).Nudge {
		t.Error("advised")
	}
	w.Policy(t, func(p *directory.Policy) { p.Nudge = fortnight })
	w.Write(t, func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, mei.ID) })
	if comes(t, w, mei).Nudge {
		t.Error("advised, and can change nothing")
	}
}

// After as often as the policy allows an app comes first: the password signs in no more.
func TestAfterThatAnAppIsPairedFirst(t *testing.T) {
	w := nudging(t, 2)
	mei := w.Member(t, "mei")
	for want := range 2 {
		if went := comes(t, w, mei); !went.Nudge || went.Signed.Session.Enrol {
			t.Fatalf("%+v", went)
		}
		w.Write(t, func(tx *db.Tx) error {
			d, err := directory.Get(t.Context(), tx, mei.DirectoryID)
			if err != nil {
				return err
			}
			n, err := signin.NudgeOf(t.Context(), tx, mei, d.Policy)
			if n.Times != want || n.Last != (want == 1) || n.Advice != policy.Safer {
				t.Errorf("%+v", n)
			}
			return err
		})
		snooze(t, w, mei)
		if went := comes(t, w, mei); went.Attempt.Step.Kind != policy.Done {
			t.Errorf("put off, and %s", went.Attempt.Step.Kind)
		}
		w.Clock.Add(fortnight)
	}
	went := comes(t, w, mei)
	if went.Attempt.Step.Kind != policy.Enrol || !went.Signed.Session.Enrol || went.Nudge {
		t.Errorf("%s, advised %v", went.Attempt.Step.Kind, went.Nudge)
	}
	// Who can pair nothing with the password is not kept out by it.
	w.Write(t, func(tx *db.Tx) error { return directory.CloseEnrol(t.Context(), tx, mei.ID) })
	if went := comes(t, w, mei); went.Attempt.Step.Kind != policy.Done || !went.Nudge {
		t.Errorf("%s, advised %v", went.Attempt.Step.Kind, went.Nudge)
	}
}

// Pressed twice, or on two nodes, it is put off once.
func TestPuttingOffCountsOnce(t *testing.T) {
	w := nudging(t, 3)
	mei := w.Member(t, "mei")
	var at sync.WaitGroup
	for range 8 {
		at.Go(func() {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				return signin.Snooze(t.Context(), tx, mei, directory.Policy{Nudge: fortnight, NudgeTimes: 3}, method.Where{})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	at.Wait()
	w.Write(t, func(tx *db.Tx) error {
		n, err := signin.NudgeOf(t.Context(), tx, mei, directory.Policy{Nudge: fortnight, NudgeTimes: 3})
		if err != nil {
			return err
		}
		events, err := audit.Search(t.Context(), tx, audit.Query{Person: mei.ID, Directory: mei.DirectoryID, Limit: 50})
		snoozes := 0
		for _, e := range events {
			if e.Kind == audit.PersonSnoozed {
				snoozes++
			}
		}
		if n.Times != 1 || snoozes != 1 {
			t.Errorf("%d times, %d events", n.Times, snoozes)
		}
		return err
	})
}

// A sign-in that is about something else is left alone: signing in once more to
// change methods, and one in which the app was paired just now.
func TestAdviceComesOnceASignIn(t *testing.T) {
	w := nudging(t, 0)
	mei := w.Member(t, "mei")
	went := comes(t, w, mei)
	from := signintest.Browser("192.0.2.7")
	token, _, err := w.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Purpose: policy.Again, Session: went.Signed.Session, Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.SignIn.Password(t.Context(), token, signintest.Password, from)
	if err != nil || again.Nudge || !again.Attempt.Done {
		t.Errorf("%+v, %v", again.Nudge, err)
	}
}
