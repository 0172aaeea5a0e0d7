package signin_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// guarded does something to somebody as an action of their own.
func guarded(t *testing.T, w *signintest.World, p directory.Person, actor string, do func(tx *db.Tx) error) error {
	t.Helper()
	return w.DB.Write(t.Context(), func(tx *db.Tx) error {
		g, err := signin.Post(t.Context(), tx, p.DirectoryID, actor, p.ID)
		if err != nil {
			return err
		}
		if err := do(tx); err != nil {
			return err
		}
		return g.Check(t.Context(), tx)
	})
}

func remove(w *signintest.World, t *testing.T, p directory.Person, d regtest.Device) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		return w.Registry.Remove(t.Context(), tx, registration.Removal{Person: p.ID, ID: d.ID(), Why: registration.WhyPerson})
	}
}

func (h *hall) owner(t *testing.T, name string) (directory.Person, regtest.Device) {
	t.Helper()
	p := h.Member(t, name)
	d := h.Device(t, p, "Phone of "+name)
	h.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, directory.Owner) })
	return h.Now(t, p), d
}

type hall struct{ *signintest.World }

// R3: two apps are removed at once, each of which would have been left.
func TestR3OfTwoRemovalsAtOnceOneLeavesAWayIn(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phones := []regtest.Device{w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")}
	var gone atomic.Int64
	var wg sync.WaitGroup
	for _, d := range phones {
		wg.Go(func() {
			err := guarded(t, w, mei, mei.ID, remove(w, t, mei, d))
			if err == nil {
				gone.Add(1)
			} else if !errors.Is(err, signin.ErrOwnLockOut) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if gone.Load() != 1 {
		t.Errorf("%d of two removals passed, want one", gone.Load())
	}
}

// R3: two owners, each of whom alone may go, are suspended at once.
func TestR3OfTwoOwnersSuspendedAtOnceOneStays(t *testing.T) {
	h := &hall{signintest.New(t)}
	kenji, _ := h.owner(t, "kenji")
	yui, _ := h.owner(t, "yui")
	var gone atomic.Int64
	var wg sync.WaitGroup
	for _, p := range []directory.Person{kenji, yui} {
		wg.Go(func() {
			err := guarded(t, h.World, p, "", func(tx *db.Tx) error {
				return directory.SetState(t.Context(), tx, p.ID, directory.Suspended)
			})
			if err == nil {
				gone.Add(1)
			} else if !errors.Is(err, signin.ErrNoOwner) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if gone.Load() != 1 {
		t.Errorf("%d of two owners were suspended, want one", gone.Load())
	}
}

// R3: whatever is done to the last owner who gets in without help is refused.
func TestR3TheLastOwnerCannotBeLockedOut(t *testing.T) {
	h := &hall{signintest.New(t)}
	kenji, phone := h.owner(t, "kenji")
	yui, lost := h.owner(t, "yui") // an owner, but with nothing lasting
	h.RecoveryCodes(t, yui)
	h.Write(t, remove(h.World, t, yui, lost))
	policyWithoutSecond := h.Aoba.Policy
	policyWithoutSecond.SecondFactor = false

	acts := map[string]func(tx *db.Tx) error{
		"suspend": func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, kenji.ID, directory.Suspended) },
		"role":    func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, kenji.ID, directory.Member) },
		"remove":  remove(h.World, t, kenji, phone),
		"reregister": func(tx *db.Tx) error {
			_, err := h.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: kenji.ID, Actor: yui.ID})
			return err
		},
	}
	for name, act := range acts {
		if err := guarded(t, h.World, kenji, yui.ID, act); !errors.Is(err, signin.ErrNoOwner) {
			t.Errorf("%s of the last owner: %v", name, err)
		}
	}
	if now := h.Now(t, kenji); now.State != directory.Active || now.Role != directory.Owner {
		t.Errorf("refused, but done: %+v", now)
	}
	h.Device(t, yui, "Her new phone")
	if err := guarded(t, h.World, kenji, yui.ID, acts["suspend"]); err != nil {
		t.Errorf("another owner gets in now, and still: %v", err)
	}
}

// R3: a policy that asks for more than the only owner can give is refused.
func TestR3APolicyThatLocksTheOwnersOutIsRefused(t *testing.T) {
	h := &hall{signintest.New(t)}
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	kenji := h.Member(t, "kenji")
	h.Write(t, func(tx *db.Tx) error {
		if err := directory.SetRole(t.Context(), tx, kenji.ID, directory.Owner); err != nil {
			return err
		}
		return directory.CloseEnrol(t.Context(), tx, kenji.ID)
	})
	strict := h.Aoba.Policy
	strict.SecondFactor = true
	set := func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.Aoba.ID, strict) }
	if err := guarded(t, h.World, kenji, "", set); !errors.Is(err, signin.ErrNoOwner) {
		t.Errorf("the policy was changed: %v", err)
	}
	h.Device(t, h.Now(t, kenji), "Phone")
	if err := guarded(t, h.World, kenji, "", set); err != nil {
		t.Errorf("with an app: %v", err)
	}
}

// What a page says before the click is what the transaction then does.
func TestWhatIsForeseenIsWhatHappens(t *testing.T) {
	w := signintest.New(t)
	mei := w.Member(t, "mei")
	phone := w.Device(t, mei, "Phone")
	foresee := func(id string) (v ways.Verdict) {
		w.Write(t, func(tx *db.Tx) (err error) {
			v, err = signin.Foresee(t.Context(), tx, mei.DirectoryID, mei.ID, []string{mei.ID}, func(p *ways.Person) { p.Graph = p.Graph.Drop(id) })
			return err
		})
		return v
	}
	if v := foresee(phone.ID()); v.Refused != ways.Yourself {
		t.Errorf("removing the only app: %+v", v)
	}
	tablet := w.Device(t, mei, "Tablet")
	if v := foresee(tablet.ID()); v.Refused != "" || !v.Warns(ways.OneThing) {
		t.Errorf("removing one of two apps: %+v", v)
	}
	w.RecoveryCodes(t, mei)
	if v := foresee(tablet.ID()); v.Refused != "" || len(v.Effects) > 0 {
		t.Errorf("removing one of two apps, with codes on paper: %+v", v)
	}
	w.Passkey(t, mei, "Key")
	w.Write(t, remove(w, t, mei, tablet))
	if err := guarded(t, w, mei, mei.ID, remove(w, t, mei, phone)); err != nil {
		t.Errorf("a passkey is left: %v", err)
	}
}
