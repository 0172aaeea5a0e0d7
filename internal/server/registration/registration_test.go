package registration_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

func checkCode(t *testing.T, w *regtest.World, person, code string) (id string, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		id, err = w.Registry.CheckCode(t.Context(), tx, person, code)
		return err
	})
	return id, err
}

// T3: one step early or late, not two.
func TestACodeIsGoodOneStepEarlyOrLate(t *testing.T) {
	const period = 30 * time.Second
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	for _, c := range []struct {
		off time.Duration
		ok  bool
	}{{0, true}, {period, true}, {-period, true}, {2 * period, false}, {-2 * period, false}} {
		phone := w.Device(t, mei, "Phone")
		id, err := checkCode(t, w, mei.ID, phone.Code(t, w.Clock.Now().Add(c.off)))
		if (err == nil) != c.ok || c.ok && id != phone.ID() || !c.ok && !errors.Is(err, registration.ErrCode) {
			t.Errorf("%v off: %q, %v", c.off, id, err)
		}
	}
}

// T4: an accepted step is never accepted again, nor one before it.
func TestACodeSignsInOnce(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	now := phone.Code(t, w.Clock.Now())
	if _, err := checkCode(t, w, mei.ID, now[:3]+" "+now[3:]); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{"again": now, "the one before": phone.Code(t, w.Clock.Now().Add(-30*time.Second))} {
		if _, err := checkCode(t, w, mei.ID, code); !errors.Is(err, registration.ErrCodeUsed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Clock.Add(30 * time.Second)
	if _, err := checkCode(t, w, mei.ID, phone.Code(t, w.Clock.Now())); err != nil {
		t.Errorf("the next: %v", err)
	}
}

// T4: parallel uses of a code make exactly one success, also from two nodes.
func TestACodeUsedAtOnceManyTimesCountsOnce(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	code := w.Device(t, mei, "Phone").Code(t, w.Clock.Now())
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch _, err := checkCode(t, w, mei.ID, code); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, registration.ErrCodeUsed):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d successes", won.Load())
	}
}

// Each device has a code secret of its own, and a pending one's does not sign in.
func TestCodesAreOfActiveAppsOnly(t *testing.T) {
	w := regtest.New(t)
	mei, rei := w.Person(t, "mei"), w.Person(t, "rei")
	phone, tablet := w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet")
	if phone.Answer.Code.Secret == tablet.Answer.Code.Secret {
		t.Error("two devices share a secret")
	}
	pending := w.Accept(t, w.Offer(t, mei, "session"), "New phone")
	if _, err := checkCode(t, w, mei.ID, pending.Code(t, w.Clock.Now())); !errors.Is(err, registration.ErrCode) {
		t.Errorf("pending: %v", err)
	}
	if _, err := checkCode(t, w, rei.ID, phone.Code(t, w.Clock.Now())); !errors.Is(err, registration.ErrCode) {
		t.Errorf("somebody else's: %v", err)
	}
	if id, err := checkCode(t, w, mei.ID, tablet.Code(t, w.Clock.Now())); err != nil || id != tablet.ID() {
		t.Errorf("tablet: %q, %v", id, err)
	}
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.Remove(t.Context(), tx, registration.Removal{Person: mei.ID, ID: phone.ID(), Why: registration.WhyPerson})
	})
	if _, err := checkCode(t, w, mei.ID, phone.Code(t, w.Clock.Now())); !errors.Is(err, registration.ErrCode) {
		t.Errorf("removed: %v", err)
	}
}

func TestATypedCodeStandsInForTheTest(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "session")
	phone := w.Accept(t, o, "Phone")
	w.Confirm(t, o)
	try := func(code string) (refused error) {
		w.Write(t, func(tx *db.Tx) (err error) {
			s, err := w.Registry.OfferState(t.Context(), tx, "session", o.ID)
			if err == nil {
				refused, err = w.Registry.CheckPending(t.Context(), tx, s, code)
			}
			return err
		})
		return refused
	}
	if err := try("000000"); !errors.Is(err, registration.ErrCode) {
		t.Errorf("a wrong one: %v", err)
	}
	if err := try(phone.Code(t, w.Clock.Now())); err != nil {
		t.Errorf("the right one: %v", err)
	}
	for range 3 {
		try("000000")
	}
	if err := try(phone.Code(t, w.Clock.Now().Add(30*time.Second))); !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("after five wrong ones: %v", err)
	}
	if step(t, w, "session", o.ID) != registration.Ended {
		t.Error("the offer lives on")
	}
}

// At most five; with five the person chooses which one the new one replaces,
// and both happen or none.
func TestTheSixthAppReplacesOne(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	var phones []regtest.Device
	for i := range registration.Most {
		phones = append(phones, w.Device(t, mei, fmt.Sprint("Phone ", i)))
	}
	in := registration.OfferIn{Person: mei.ID, Session: "session", Epoch: mei.Epoch}
	offer := func() (o registration.Offer, err error) {
		err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
			o, err = w.Registry.Offer(t.Context(), tx, in)
			return err
		})
		return o, err
	}
	if _, err := offer(); !errors.Is(err, registration.ErrFull) {
		t.Errorf("a sixth: %v", err)
	}
	in.Replaces = "nobody"
	if _, err := offer(); !errors.Is(err, registration.ErrUnknown) {
		t.Errorf("to replace none of hers: %v", err)
	}
	in.Replaces = phones[1].ID()
	o, err := offer()
	if err != nil {
		t.Fatal(err)
	}
	sixth := w.Accept(t, o, "Sixth")
	if w.Get(t, phones[1].ID()).State != registration.Active {
		t.Error("the old one went before the new one was proven (R2)")
	}
	w.Confirm(t, o)
	w.Activate(t, o)
	if g := w.Get(t, phones[1].ID()); g.State != registration.Removed || g.RemovedWhy != registration.WhyReplaced {
		t.Errorf("the old one is %s, %s", g.State, g.RemovedWhy)
	}
	if w.Get(t, sixth.ID()).State != registration.Active {
		t.Error("the new one is not active")
	}
	w.Recorded(t, mei.ID, audit.RegistrationReplaced)
}

// However many pairings end at once, there are never more than five apps.
func TestNeverMoreThanFiveActive(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	for i := range registration.Most - 1 {
		w.Device(t, mei, fmt.Sprint("Phone ", i))
	}
	var offers []registration.Offer
	for i := range 6 {
		o := w.Offer(t, mei, fmt.Sprint("session ", i))
		w.Accept(t, o, fmt.Sprint("New ", i))
		w.Confirm(t, o)
		offers = append(offers, o)
	}
	var won atomic.Int64
	var wg sync.WaitGroup
	for _, o := range offers {
		wg.Go(func() {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: o.Session, Offer: o.ID, How: registration.ByTest, From: regtest.From})
				return err
			})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, registration.ErrFull) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d became active beside four", won.Load())
	}
}

// The password alone pairs one app, however many pairings it began.
func TestThePasswordAlonePairsOneApp(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	var offers []registration.Offer
	for i := range 4 {
		o := w.Offer(t, mei, fmt.Sprint("session ", i))
		w.Accept(t, o, fmt.Sprint("Phone ", i))
		w.Confirm(t, o)
		offers = append(offers, o)
	}
	var won atomic.Int64
	var wg sync.WaitGroup
	for _, o := range offers {
		wg.Go(func() {
			err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
				_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: o.Session, Offer: o.ID, First: directory.EnrolOpen})
				return err
			})
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, registration.ErrNotFirst) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d apps by the password alone", won.Load())
	}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := w.Registry.Offer(t.Context(), tx, registration.OfferIn{Person: mei.ID, Session: "late", Epoch: mei.Epoch, First: directory.EnrolOpen})
		return err
	})
	if !errors.Is(err, registration.ErrNotFirst) {
		t.Errorf("a late offer: %v", err)
	}
}

func TestRemovingWakesTheAppAndWipesItsSecrets(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	signal, cancel := w.Notify.Hub.Subscribe(registration.PersonTopic(mei.ID))
	defer cancel()
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.Remove(t.Context(), tx, registration.Removal{Person: mei.ID, ID: phone.ID(), Why: registration.WhyPerson})
	})
	select {
	case <-signal:
	default:
		t.Error("nobody was woken")
	}
	g := w.Get(t, phone.ID())
	if _, err := g.Key(); err != nil || g.State != registration.Removed {
		t.Errorf("%s, key %v: the server cannot tell the app that it was removed", g.State, err)
	}
	if _, ok := g.Target(); ok {
		t.Error("it can still be knocked on")
	}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		return w.Registry.Remove(t.Context(), tx, registration.Removal{Person: mei.ID, ID: phone.ID()})
	})
	if !errors.Is(err, registration.ErrUnknown) {
		t.Errorf("again: %v", err)
	}
	w.Recorded(t, mei.ID, audit.RegistrationRemoved)
}

func TestAppsOfOthersAreOutOfReach(t *testing.T) {
	w := regtest.New(t)
	mei, rei := w.Person(t, "mei"), w.Person(t, "rei")
	phone := w.Device(t, mei, "Phone")
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		return errors.Join(
			w.Registry.Remove(t.Context(), tx, registration.Removal{Person: rei.ID, ID: phone.ID()}),
			w.Registry.Rename(t.Context(), tx, rei.ID, phone.ID(), "Mine", regtest.From))
	})
	if !errors.Is(err, registration.ErrUnknown) || w.Get(t, phone.ID()).Name != "Phone" {
		t.Errorf("%v", err)
	}
}

func TestAResetEndsEveryApp(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	all := []regtest.Device{w.Device(t, mei, "Phone"), w.Device(t, mei, "Tablet"), w.Accept(t, w.Offer(t, mei, "session"), "New")}
	w.Write(t, func(tx *db.Tx) error {
		return errors.Join(directory.Reset(t.Context(), tx, mei.ID), w.Registry.RemoveAll(t.Context(), tx, mei.ID, regtest.From))
	})
	for _, d := range all {
		if g := w.Get(t, d.ID()); g.State != registration.Removed || g.RemovedWhy != registration.WhyReset {
			t.Errorf("%s is %s, %s", g.Name, g.State, g.RemovedWhy)
		}
	}
}

func TestNameAndPushAddressChange(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	point, err := phone.Key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	push := &wire.Push{Endpoint: "https://push.example.net/1", P256dh: base64url(point), Auth: base64url(make([]byte, 16))}
	w.Write(t, func(tx *db.Tx) error {
		return errors.Join(w.Registry.Rename(t.Context(), tx, mei.ID, phone.ID(), "芽衣のスマホ", regtest.From),
			w.Registry.SetPush(t.Context(), tx, phone.ID(), push))
	})
	g := w.Get(t, phone.ID())
	if target, ok := g.Target(); g.Name != "芽衣のスマホ" || !ok || target.Endpoint != push.Endpoint || len(target.Auth) != 16 {
		t.Errorf("%+v", g)
	}
	w.Recorded(t, mei.ID, audit.RegistrationRenamed)
	for name, do := range map[error]func(tx *db.Tx) error{
		registration.ErrName: func(tx *db.Tx) error {
			return w.Registry.Rename(t.Context(), tx, mei.ID, phone.ID(), "a\nb", regtest.From)
		},
		registration.ErrPush: func(tx *db.Tx) error {
			return w.Registry.SetPush(t.Context(), tx, phone.ID(), &wire.Push{Endpoint: "http://push.example.net"})
		},
	} {
		if err := w.DB.Write(t.Context(), do); !errors.Is(err, name) {
			t.Errorf("%v, want %v", err, name)
		}
	}
	if err := w.Registry.DropPush(t.Context(), phone.ID(), "https://push.example.net/0"); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Get(t, phone.ID()).Target(); !ok {
		t.Error("the end of an earlier subscription took the present one")
	}
	if err := w.Registry.DropPush(t.Context(), phone.ID(), push.Endpoint); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.Get(t, phone.ID()).Target(); ok {
		t.Error("it can still be knocked on")
	}
}

// A signed change is good once, also within the minute its signature lasts.
func TestASignedChangeIsGoodOnce(t *testing.T) {
	w := regtest.New(t)
	once := func() error {
		return w.DB.Write(t.Context(), func(tx *db.Tx) error { return w.Registry.Once(t.Context(), tx, "phone", "nonce") })
	}
	if err := once(); err != nil {
		t.Fatal(err)
	}
	if err := once(); !errors.Is(err, registration.ErrReplayed) {
		t.Errorf("again: %v", err)
	}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
