package registration_test

import (
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

func step(t *testing.T, w *regtest.World, session, id string) string {
	t.Helper()
	return state(t, w, session, id).Step
}

func state(t *testing.T, w *regtest.World, session, id string) (o registration.Offer) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		o, err = w.Registry.OfferState(t.Context(), tx, session, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAPhoneIsPaired(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	o := w.Offer(t, mei, "session")
	if got := state(t, w, "session", o.ID); got.Step != registration.Waiting || got.Secret.Reveal() != o.Secret.Reveal() || got.Code.Reveal() != o.Code.Reveal() {
		t.Fatalf("the page cannot show the offer again: %+v", got)
	}
	phone := w.Accept(t, o, "Mei’s Pixel")
	a := phone.Answer
	if a.State != registration.Pending || a.Person.Subject != mei.ID || a.Directory.Name != "Aoba Works" || a.AccountType != "work" ||
		len(a.Code.Secret) != 32 || a.Digits != 2 || a.Issuer != regtest.Issuer || a.PushKey == "" || a.ExpiresAt != db.Millis(o.ExpiresAt) {
		t.Fatalf("answer %+v", a)
	}
	if got := state(t, w, "session", o.ID); got.Step != registration.Taken || got.Taker.Name != "Mei’s Pixel" || !got.Secret.Empty() {
		t.Fatalf("after taking: %+v", got)
	}
	w.Confirm(t, o)
	w.Activate(t, o)
	if got := step(t, w, "session", o.ID); got != registration.Done {
		t.Errorf("offer is %s", got)
	}
	if g := w.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("registration is %s", g.State)
	}
	heard(t, w, mei)
}

// heard checks that the person's address and log know of the new app, and that
// the password alone pairs no other one (N11).
func heard(t *testing.T, w *regtest.World, mei directory.Person) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		if mail, err := w.Notify.MailStatus(t.Context(), tx); err != nil || mail.Waiting != 1 {
			t.Errorf("%d mails, %v", mail.Waiting, err)
		}
		p, err := directory.ByID(t.Context(), tx, mei.ID)
		if err != nil || p.Enrol != directory.EnrolClosed {
			t.Errorf("enrol is %s", p.Enrol)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Recorded(t, mei.ID, audit.RegistrationOffered, audit.RegistrationAccepted, audit.RegistrationConfirmed, audit.RegistrationActive)
}

// N12: once, by QR code or by typed code, never by both.
func TestAnOfferIsTakenOnce(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	o := w.Offer(t, mei, "session")
	w.Accept(t, o, "Mei’s Pixel")
	byCode := wire.Pair{Code: o.Code.Reveal(), Name: "Eve’s phone", Platform: "Android"}
	if err := byCode.Sign(regtest.Issuer, regtest.NewKey(t)); err != nil {
		t.Fatal(err)
	}
	for _, p := range []wire.Pair{byCode, regtest.Pair(t, o, regtest.NewKey(t), "Eve’s phone")} {
		_, err := w.Registry.Accept(t.Context(), p, regtest.From)
		var used registration.UsedError
		if !errors.Is(err, registration.ErrOfferUsed) || !errors.As(err, &used) || used.By != "Mei’s Pixel" {
			t.Errorf("a second phone: %v", err)
		}
	}
}

// N12: however many come at once, one wins.
func TestManyPhonesAtOnceOneWins(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "session")
	var won, used atomic.Int64
	var wg sync.WaitGroup
	for i := range 12 {
		p := regtest.Pair(t, o, regtest.NewKey(t), fmt.Sprint("phone ", i))
		wg.Go(func() {
			_, err := w.Registry.Accept(t.Context(), p, regtest.From)
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, registration.ErrOfferUsed):
				used.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || used.Load() != 11 {
		t.Errorf("%d won, %d heard that it was taken", won.Load(), used.Load())
	}
}

func TestATypedCodePairs(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "session")
	p := wire.Pair{Code: o.Code.Reveal(), Name: "Mei’s Pixel", Platform: "Android"}
	if err := p.Sign(regtest.Issuer, regtest.NewKey(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Registry.Accept(t.Context(), p, regtest.From); err != nil {
		t.Fatal(err)
	}
}

// N12: ten wrong typed codes of a network an hour; the eleventh is not looked
// at even if it is right. Another network is not concerned.
func TestWrongTypedCodesAreLimitedByNetwork(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "session")
	typed := func(code, ip string) error {
		p := wire.Pair{Code: code, Name: "Phone", Platform: "Android"}
		if err := p.Sign(regtest.Issuer, regtest.NewKey(t)); err != nil {
			t.Fatal(err)
		}
		_, err := w.Registry.Accept(t.Context(), p, registration.Where{IP: ip})
		return err
	}
	for i := range 10 {
		if err := typed(wire.NewPairingCode(), fmt.Sprintf("198.51.100.%d", i)); !errors.Is(err, registration.ErrOfferUnknown) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	err := typed(o.Code.Reveal(), "198.51.100.200")
	var wait registration.WaitError
	if !errors.Is(err, registration.ErrTooMany) || !errors.As(err, &wait) || wait.After != time.Hour {
		t.Fatalf("the eleventh: %v", err)
	}
	if err := typed(o.Code.Reveal(), "203.0.113.5"); err != nil {
		t.Errorf("from another network: %v", err)
	}
	w.Clock.Add(time.Hour)
	if err := typed(wire.NewPairingCode(), "198.51.100.1"); !errors.Is(err, registration.ErrOfferUnknown) {
		t.Errorf("an hour later: %v", err)
	}
}

func TestWhatIsRefusedChangesNothing(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "session")
	for name, c := range map[string]struct {
		change func(*wire.Pair)
		want   error
	}{
		"another secret":  {func(p *wire.Pair) { p.Secret = "NOTTHESECRETNOTTHESECRETNO" }, registration.ErrOfferUnknown},
		"another offer":   {func(p *wire.Pair) { p.Offer = "NOTTHEOFFERNOTTHEOFFERNOTT" }, registration.ErrOfferUnknown},
		"a mistyped code": {func(p *wire.Pair) { p.Offer, p.Secret, p.Code = "", "", "0000000000000001" }, wire.ErrMistyped},
		"no name":         {func(p *wire.Pair) { p.Name = "" }, wire.ErrInvalid},
	} {
		p := regtest.Pair(t, o, regtest.NewKey(t), "Phone")
		c.change(&p)
		if err := p.Sign(regtest.Issuer, regtest.NewKey(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Registry.Accept(t.Context(), p, regtest.From); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	p := regtest.Pair(t, o, regtest.NewKey(t), "Phone")
	p.Name = "Another phone"
	if _, err := w.Registry.Accept(t.Context(), p, regtest.From); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("a changed name: %v", err)
	}
	if got := step(t, w, "session", o.ID); got != registration.Waiting {
		t.Errorf("the offer is %s", got)
	}
}

// N12: ten minutes, for the offer and for the registration that took it.
func TestAnOfferAndWhatTookItDieAfterTenMinutes(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	late, taken := w.Offer(t, mei, "one"), w.Offer(t, mei, "two")
	phone := w.Accept(t, taken, "Mei’s Pixel")
	w.Clock.Add(registration.OfferLife)
	if _, err := w.Registry.Accept(t.Context(), regtest.Pair(t, late, regtest.NewKey(t), "Phone"), regtest.From); !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("late: %v", err)
	}
	if step(t, w, "one", late.ID) != registration.Ended || step(t, w, "two", taken.ID) != registration.Ended {
		t.Error("an offer lives on")
	}
	if g := w.Get(t, phone.ID()); g.State != registration.Removed {
		t.Errorf("the pending registration is %s", g.State)
	}
	w.Write(t, func(tx *db.Tx) error { return w.Registry.Prune(t.Context(), tx) })
	if g := w.Get(t, phone.ID()); g.State != registration.Removed || g.RemovedWhy != registration.WhyExpired {
		t.Errorf("after housekeeping %s, %s", g.State, g.RemovedWhy)
	}
}

// 02 §2.6: offers and pending registrations die with the person's epoch.
func TestOffersDieWithTheEpoch(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	open, taken := w.Offer(t, mei, "one"), w.Offer(t, mei, "two")
	phone := w.Accept(t, taken, "Mei’s Pixel")
	w.Write(t, func(tx *db.Tx) error {
		_, err := directory.BumpEpoch(t.Context(), tx, mei.ID)
		return err
	})
	if _, err := w.Registry.Accept(t.Context(), regtest.Pair(t, open, regtest.NewKey(t), "Phone"), regtest.From); !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("accept: %v", err)
	}
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		return w.Registry.Confirm(t.Context(), tx, "two", taken.ID, true, regtest.From)
	})
	if !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("confirm: %v", err)
	}
	if g := w.Get(t, phone.ID()); g.State != registration.Removed {
		t.Errorf("the pending registration is %s", g.State)
	}
}

// The test counts only in the session that made the offer.
func TestOnlyTheSessionThatOfferedSeesAndEnds(t *testing.T) {
	w := regtest.New(t)
	o := w.Offer(t, w.Person(t, "mei"), "mine")
	w.Accept(t, o, "Mei’s Pixel")
	err := w.DB.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := w.Registry.OfferState(t.Context(), tx, "other", o.ID); !errors.Is(err, registration.ErrOfferUnknown) {
			t.Errorf("state: %v", err)
		}
		if err := w.Registry.Confirm(t.Context(), tx, "other", o.ID, true, regtest.From); !errors.Is(err, registration.ErrOfferUnknown) {
			t.Errorf("confirm: %v", err)
		}
		if err := w.Registry.Withdraw(t.Context(), tx, "other", o.ID); !errors.Is(err, registration.ErrOfferUnknown) {
			t.Errorf("withdraw: %v", err)
		}
		_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: "other", Offer: o.ID, How: registration.ByTest, From: regtest.From})
		return err
	})
	if !errors.Is(err, registration.ErrOfferUnknown) {
		t.Errorf("activate: %v", err)
	}
}

func TestNothingIsActiveBeforeTheOwnerSaidYes(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	o := w.Offer(t, mei, "session")
	phone := w.Accept(t, o, "Eve’s phone")
	activate := func(tx *db.Tx) error {
		_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: "session", Offer: o.ID, How: registration.ByTest, From: regtest.From})
		return err
	}
	if err := w.DB.Write(t.Context(), activate); !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("activate: %v", err)
	}
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.Confirm(t.Context(), tx, "session", o.ID, false, regtest.From)
	})
	if g := w.Get(t, phone.ID()); g.State != registration.Removed || g.RemovedWhy != registration.WhyNotMine {
		t.Errorf("after no: %s, %s", g.State, g.RemovedWhy)
	}
	if err := w.DB.Write(t.Context(), activate); !errors.Is(err, registration.ErrOfferExpired) {
		t.Errorf("activate after no: %v", err)
	}
	if got := step(t, w, "session", o.ID); got != registration.Ended {
		t.Errorf("offer is %s", got)
	}
	w.Recorded(t, mei.ID, audit.RegistrationRefused)
}

func TestANewerOfferOfASessionEndsTheOlder(t *testing.T) {
	w := regtest.New(t)
	mei := w.Person(t, "mei")
	old := w.Offer(t, mei, "session")
	phone := w.Accept(t, old, "Mei’s Pixel")
	w.Offer(t, mei, "session")
	if step(t, w, "session", old.ID) != registration.Ended || w.Get(t, phone.ID()).State != registration.Removed {
		t.Error("the older offer lives on")
	}
}
