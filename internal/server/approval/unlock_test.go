package approval_test

import (
	"errors"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// locked has approvals ask for the app lock.
func (w *world) locked(t testing.TB) {
	t.Helper()
	p := w.Aoba.Policy
	p.Unlock = true
	w.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, w.Aoba.ID, p) })
}

// N6: where the app lock is asked for, only the unlock key's signature proves it.
func TestN6AnApprovalTakesTheUnlockKeyWhereItIsAsked(t *testing.T) {
	w := newWorld(t)
	w.locked(t)
	mei := w.Person(t, "mei")
	phone, open := w.Unlocked(t, mei, "Phone"), w.Device(t, mei, "No lock")
	in := from(mei)
	q := w.ask(t, in)

	without := phone
	without.Unlock = nil
	stranger := phone
	stranger.Unlock = regtest.NewKey(t)
	itself := phone
	itself.Unlock = phone.Key
	for name, d := range map[string]regtest.Device{"no signature": without, "another key": stranger, "the device key": itself, "a device without one": open} {
		if _, err := w.send(t, d, q.ID, w.sign(t, d, q.ID, wire.Approve, q.Number)); !errors.Is(err, wire.ErrUnlock) {
			t.Errorf("%s: %v", name, err)
		}
	}
	brings := w.sign(t, stranger, q.ID, wire.Approve, q.Number)
	public, err := wire.NewJWK(&stranger.Unlock.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	brings.UnlockKey = &public
	if _, err := w.send(t, stranger, q.ID, brings); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("a key slipped in: %v", err)
	}
	if v := w.state(t, q.ID); v.State != approval.Open {
		t.Fatalf("the request is %s", v.State)
	}
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if reg, err := w.use(t, in, q.ID); err != nil || reg != phone.ID() {
		t.Errorf("%s %v", reg, err)
	}
}

// N6: what the unlock key signed is good for the one request, and sent again
// it gets the same answer and no other.
func TestN6AnUnlockSignatureIsGoodForOneAnswer(t *testing.T) {
	w := newWorld(t)
	w.locked(t)
	mei := w.Person(t, "mei")
	phone := w.Unlocked(t, mei, "Phone")
	first := w.ask(t, from(mei))
	signed := w.sign(t, phone, first.ID, wire.Approve, first.Number)
	second := w.ask(t, from(mei))
	replayed := w.sign(t, regtest.Device{Key: phone.Key, Answer: phone.Answer}, second.ID, wire.Approve, second.Number)
	replayed.UnlockSignature = signed.UnlockSignature
	if _, err := w.send(t, phone, second.ID, replayed); !errors.Is(err, wire.ErrUnlock) {
		t.Errorf("replayed for another request: %v", err)
	}
	for range 2 {
		if out, err := w.send(t, phone, first.ID, signed); err != nil || out.Outcome != wire.Approved {
			t.Errorf("%+v %v", out, err)
		}
	}
}

// No is as easy as Yes: it takes no lock, and a lock that was not asked for is refused.
func TestADenialTakesNoUnlockKey(t *testing.T) {
	w := newWorld(t)
	w.locked(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	w.decide(t, phone, w.ask(t, from(mei)).ID, wire.Deny, "", wire.Denied)
}

// A device brings its unlock key when it is tried, and has signed with it once
// before it counts.
func TestADeviceThatIsTriedBringsItsUnlockKey(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Device(t, mei, "Phone")
	phone.Unlock = regtest.NewKey(t)
	in := from(mei)
	in.Kind, in.Attempt, in.Offer, in.OnlyDevice, in.TTL = wire.KindUnlock, "", "unlock", phone.ID(), 5*time.Minute
	q := w.ask(t, in)
	wrongNumber := wrong(q.Number)
	bare := w.sign(t, phone, q.ID, wire.Approve, q.Number)
	bare.UnlockKey, bare.UnlockSignature = nil, ""
	if _, err := w.send(t, phone, q.ID, bare); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("the key left out: %v", err)
	}
	w.decide(t, phone, q.ID, wire.Approve, wrongNumber, wire.WrongNumber)
	if w.Get(t, phone.ID()).Unlocks() {
		t.Error("a wrong number left a key")
	}
	q = w.ask(t, in)
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if !w.Get(t, phone.ID()).Unlocks() {
		t.Error("the key is not there")
	}
	if _, err := w.use(t, in, q.ID); err != nil {
		t.Error(err)
	}
}

// A sign-in without a password is asked of the phones for which it is switched
// on, and an answer dies with that, or with the lock.
func TestAPhoneAloneAnswersOnlyAsLongAsItMay(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	alone, other := w.Alone(t, mei, "Alone"), w.Unlocked(t, mei, "Other")
	ask := func() (approval.AskIn, approval.Asked) {
		in := from(mei)
		in.Kind, in.Proven = wire.KindPasswordless, false
		return in, w.ask(t, in)
	}
	_, q := ask()
	if _, err := w.fetch(t, other, q.ID); !errors.Is(err, approval.ErrUnknown) {
		t.Errorf("another phone sees it: %v", err)
	}
	if n := len(w.pending(t, other)); n != 0 {
		t.Errorf("another phone is asked %d times", n)
	}
	w.decide(t, alone, q.ID, wire.Approve, wrong(q.Number), wire.WrongNumber)

	in, q := ask()
	w.decide(t, alone, q.ID, wire.Approve, q.Number, wire.Approved)
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.SetPasswordless(t.Context(), tx, mei.ID, alone.ID(), false, regtest.From)
	})
	if _, err := w.use(t, in, q.ID); !errors.Is(err, approval.ErrNotApproved) {
		t.Errorf("used after it was switched off: %v", err)
	}
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.SetPasswordless(t.Context(), tx, mei.ID, alone.ID(), true, regtest.From)
	})
	_, q = ask()
	s, g := w.sign(t, alone, q.ID, wire.Approve, q.Number), w.Get(t, alone.ID())
	w.Write(t, func(tx *db.Tx) error { return w.Registry.DropUnlock(t.Context(), tx, g, regtest.From) })
	if _, err := w.approvals.Decide(t.Context(), g, q.ID, s, regtest.From); !errors.Is(err, wire.ErrUnlock) {
		t.Errorf("answered after the lock was turned off: %v", err)
	}
	if g := w.Get(t, alone.ID()); g.Passwordless || g.Unlocks() {
		t.Errorf("%+v", g)
	}
	w.Write(t, func(tx *db.Tx) error {
		err := w.Registry.SetPasswordless(t.Context(), tx, mei.ID, alone.ID(), true, regtest.From)
		if !errors.Is(err, registration.ErrNoUnlock) {
			t.Errorf("switched on without an unlock key: %v", err)
		}
		return nil
	})
}
