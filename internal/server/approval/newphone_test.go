package approval_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// forPhone asks about a device that is being set up.
func forPhone(p directory.Person) approval.AskIn {
	in := from(p)
	in.Kind, in.Attempt, in.Device = wire.KindNewPhone, rand.Text(), wire.NewDevice{Name: "New phone", Platform: "iPhone, Safari"}
	return in
}

// N2, N6: whatever the directory asks of sign-ins, a new phone takes six digits and
// the unlock key of a phone that the person has, and the sheet says which it is.
func TestN6ANewPhoneTakesSixDigitsAndTheUnlockKey(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone, open := w.Unlocked(t, mei, "Phone"), w.Device(t, mei, "No lock")
	in := forPhone(mei)
	q := w.ask(t, in)
	if len(q.Number) != wire.NewPhoneDigits {
		t.Errorf("number %q", q.Number)
	}
	body, err := w.fetch(t, open, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	var seen wire.Request
	if err := json.Unmarshal(body, &seen); err != nil {
		t.Fatal(err)
	}
	if !seen.Unlock || seen.Digits != wire.NewPhoneDigits || seen.Device == nil || *seen.Device != in.Device {
		t.Errorf("%+v", seen)
	}
	if _, err := w.send(t, open, q.ID, w.sign(t, open, q.ID, wire.Approve, q.Number)); !errors.Is(err, wire.ErrUnlock) {
		t.Errorf("a phone without the key: %v", err)
	}
	w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
	if reg, err := w.useFor(t, in, q.ID, true); err != nil || reg != phone.ID() {
		t.Errorf("%s %v", reg, err)
	}
	if _, err := w.useFor(t, in, q.ID, true); !errors.Is(err, approval.ErrNotApproved) {
		t.Errorf("used twice: %v", err)
	}
	w.Recorded(t, mei.ID, audit.RestoreAsked, audit.RestoreAllowed)
}

// useFor uses an approval up, for a new phone or for a sign-in.
func (w *world) useFor(t testing.TB, in approval.AskIn, id string, phone bool) (reg string, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
		used, err := w.approvals.Use(t.Context(), tx, approval.UseIn{ID: id, Person: in.Person, Epoch: in.Epoch, Attempt: in.Attempt, NewPhone: phone})
		reg = used.Registration
		return err
	})
	return reg, err
}

// N1: what was said yes to as a sign-in is no yes to a new phone, nor the other way
// about: not when it is used up, and not by a signature that was made for the other.
func TestN1ASignInAndANewPhoneAreNeverTakenForEachOther(t *testing.T) {
	w := newWorld(t)
	w.locked(t)
	mei := w.Person(t, "mei")
	phone := w.Unlocked(t, mei, "Phone")
	for _, in := range []approval.AskIn{from(mei), forPhone(mei)} {
		isPhone := in.Kind == wire.KindNewPhone
		q := w.ask(t, in)
		other := wire.KindNewPhone
		if isPhone {
			other = wire.KindSecond
		}
		if _, err := w.send(t, phone, q.ID, w.shownAs(t, phone, q, other)); !errors.Is(err, wire.ErrSignature) {
			t.Errorf("%s shown as %s: %v", in.Kind, other, err)
		}
		w.decide(t, phone, q.ID, wire.Approve, q.Number, wire.Approved)
		if _, err := w.useFor(t, in, q.ID, !isPhone); !errors.Is(err, approval.ErrNotApproved) {
			t.Errorf("%s used for the other: %v", in.Kind, err)
		}
		if _, err := w.useFor(t, in, q.ID, isPhone); err != nil {
			t.Errorf("%s: %v", in.Kind, err)
		}
	}
}

// shownAs approves a request, signed as if the device had shown it as another kind.
func (w *world) shownAs(t *testing.T, d regtest.Device, q approval.Asked, kind string) wire.Decision {
	t.Helper()
	body, err := w.fetch(t, d, q.ID)
	if err != nil {
		t.Fatal(err)
	}
	var seen wire.Request
	if err := json.Unmarshal(body, &seen); err != nil {
		t.Fatal(err)
	}
	out := wire.Decision{Decision: wire.Approve, Number: q.Number, At: db.Millis(w.Clock.Now())}
	asked := wire.Asked{Issuer: regtest.Issuer, Registration: d.ID(), Request: q.ID, Nonce: seen.Nonce, Kind: kind}
	if err := out.Sign(asked, body, d.Keys(seen, wire.Approve)); err != nil {
		t.Fatal(err)
	}
	return out
}

// N3: three wrong numbers, whichever sign-in they belonged to, and no phone is
// asked about a new one for an hour. Sign-ins go on.
func TestN3NumbersOfNewPhonesAreGuessedFewTimes(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	phone := w.Unlocked(t, mei, "Phone")
	for range 3 {
		q := w.ask(t, forPhone(mei))
		w.decide(t, phone, q.ID, wire.Approve, sixWrong(q.Number), wire.WrongNumber)
	}
	if _, err := w.try(t, forPhone(mei)); !errors.Is(err, approval.ErrGuessed) {
		t.Errorf("a fourth is asked: %v", err)
	}
	w.ask(t, from(mei))
	w.Clock.Add(time.Hour + time.Second)
	w.ask(t, forPhone(mei))
}

// sixWrong is a number of six digits unlike one.
func sixWrong(number string) string {
	digit := byte('0' + (number[0]-'0'+1)%10)
	return string(digit) + number[1:]
}

// A report of a new phone is told in words of its own, to the person and to who
// manages the people.
func TestAReportOfANewPhoneIsToldAsSuch(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	w.admin(t, w.Aoba.ID, "admin", directory.Admin, "en")
	open := w.Device(t, mei, "No lock")
	q := w.ask(t, forPhone(mei))
	w.decide(t, open, q.ID, wire.Report, "", wire.Reported)
	if len(w.letters(t, notify.MailNewPhone)) != 1 || len(w.letters(t, notify.MailNewPhoneAdmin)) != 1 || len(w.letters(t, notify.MailReported)) != 0 {
		t.Error("the letters are others")
	}
	if len(w.reports) != 1 {
		t.Errorf("%d reports", len(w.reports))
	}
	if _, err := w.try(t, forPhone(mei)); !errors.Is(err, approval.ErrBlocked) {
		t.Errorf("that network asks again: %v", err)
	}
}
