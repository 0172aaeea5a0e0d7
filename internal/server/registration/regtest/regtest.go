// Package regtest gives a test a small server's worth of people with phones:
// real rows, real keys, real signatures.
package regtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/keep/keeptest"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
	"countersign/otp"
)

// Issuer is the origin of the test's sign-in service.
const Issuer = "https://id.example.org"

// From is from where everybody calls unless a test says otherwise.
var From = registration.Where{IP: "192.0.2.7", Place: "Osaka", Browser: "Chrome, Windows"}

// A World is a database with one organisation and what stands on it.
type World struct {
	DB       *db.DB
	Clock    *dbtest.Clock
	Keeper   *keep.Keeper
	Notify   *notify.Notify
	Registry *registration.Registry
	Aoba     directory.Directory
}

// New makes a world whose clock the test moves.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{Clock: dbtest.NewClock()}
	w.DB = dbtest.OpenAt(t, w.Clock)
	w.Keeper = keeptest.New(t, w.DB)
	w.Notify = notify.New(w.DB, w.Keeper, notify.Options{Service: "Aoba Works", Host: "id.example.org", SMTP: &notify.SMTP{Host: "127.0.0.1"}, Texts: nowhere{}})
	w.Registry = registration.New(w.DB, w.Keeper, w.Notify, Issuer)
	w.Write(t, func(tx *db.Tx) (err error) {
		w.Aoba, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Aoba Works", Domain: "aoba.example"})
		return err
	})
	return w
}

// nowhere is who would send texts, if a test let them go.
type nowhere struct{}

func (nowhere) SendText(context.Context, string, string, string) error { return nil }

// Write runs fn in a transaction that has to succeed.
func (w *World) Write(t testing.TB, fn func(*db.Tx) error) {
	t.Helper()
	if err := w.DB.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// Person adds somebody to the organisation, with an address for mails.
func (w *World) Person(t testing.TB, name string) (p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) (err error) {
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{
			DirectoryID: w.Aoba.ID, Login: name + "@aoba.example", Name: name, Email: name + "@mail.example", Zone: "Asia/Tokyo",
		})
		return err
	})
	return p
}

// Offer makes an offer in a session of a person.
func (w *World) Offer(t testing.TB, p directory.Person, session string) (o registration.Offer) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) (err error) {
		o, err = w.Registry.Offer(t.Context(), tx, registration.OfferIn{Person: p.ID, Session: session, Epoch: p.Epoch, From: From})
		return err
	})
	return o
}

// A Device is a phone with its key and what it was told at pairing.
type Device struct {
	Key    *ecdsa.PrivateKey
	Unlock *ecdsa.PrivateKey // nil for a device without an unlock key
	Answer wire.PairAnswer
}

// ID is the device's registration.
func (d Device) ID() string { return d.Answer.Registration }

// NewKey makes a device key.
func NewKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Pair is what a device sends that scanned an offer.
func Pair(t testing.TB, o registration.Offer, key *ecdsa.PrivateKey, name string) wire.Pair {
	t.Helper()
	p := wire.Pair{Offer: o.ID, Secret: o.Secret.Reveal(), Name: name, Platform: "iPhone, Safari"}
	if err := p.Sign(Issuer, key); err != nil {
		t.Fatal(err)
	}
	return p
}

// Accept has a new device take an offer.
func (w *World) Accept(t testing.TB, o registration.Offer, name string) Device {
	t.Helper()
	key := NewKey(t)
	answer, err := w.Registry.Accept(t.Context(), Pair(t, o, key, name), From)
	if err != nil {
		t.Fatal(err)
	}
	return Device{Key: key, Answer: answer}
}

// Confirm says that the device is the person's own.
func (w *World) Confirm(t testing.TB, o registration.Offer) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error { return w.Registry.Confirm(t.Context(), tx, o.Session, o.ID, true, From) })
}

// Activate ends the pairing well.
func (w *World) Activate(t testing.TB, o registration.Offer) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: o.Session, Offer: o.ID, How: registration.ByTest, From: From})
		return err
	})
}

// Device gives a person one more active device.
func (w *World) Device(t testing.TB, p directory.Person, name string) Device {
	t.Helper()
	o := w.Offer(t, p, "session-"+rand.Text())
	d := w.Accept(t, o, name)
	w.Confirm(t, o)
	w.Activate(t, o)
	return d
}

// Unlocked gives a person one more active device, with an unlock key.
func (w *World) Unlocked(t testing.TB, p directory.Person, name string) Device {
	t.Helper()
	d := w.Device(t, p, name)
	d.Unlock = NewKey(t)
	public, err := wire.NewJWK(&d.Unlock.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	g := w.Get(t, d.ID())
	w.Write(t, func(tx *db.Tx) error { return w.Registry.SetUnlock(t.Context(), tx, g, public, From) })
	return d
}

// Alone is Unlocked with a device that signs in without a password.
func (w *World) Alone(t testing.TB, p directory.Person, name string) Device {
	t.Helper()
	d := w.Unlocked(t, p, name)
	w.Write(t, func(tx *db.Tx) error { return w.Registry.SetPasswordless(t.Context(), tx, p.ID, d.ID(), true, From) })
	return d
}

// Keys are what the device signs an answer with.
func (d Device) Keys(q wire.Request, decision string) wire.Keys {
	if !q.Unlock || decision != wire.Approve {
		return wire.Keys{Device: d.Key}
	}
	return wire.Keys{Device: d.Key, Unlock: d.Unlock, Brings: q.BringsKey()}
}

// Code is the device's one-time code at a time.
func (d Device) Code(t testing.TB, at time.Time) string {
	t.Helper()
	secret, err := otp.ParseSecret(d.Answer.Code.Secret)
	if err != nil {
		t.Fatal(err)
	}
	key := otp.Key{Kind: otp.TOTP, Secret: secret, Algorithm: otp.Algorithm(d.Answer.Code.Algorithm), Digits: d.Answer.Code.Digits, Period: d.Answer.Code.Period}
	code, err := key.CodeAt(at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// Recorded fails the test for each kind of event that the log of a person lacks.
func (w *World) Recorded(t testing.TB, person string, kinds ...audit.Kind) {
	t.Helper()
	found := map[audit.Kind]bool{}
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, person, 1000)
		for _, e := range events {
			found[e.Kind] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range kinds {
		if !found[kind] {
			t.Errorf("%s is not in the audit log", kind)
		}
	}
}

// Get returns a registration as its device would be known.
func (w *World) Get(t testing.TB, id string) (g registration.Registration) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		g, err = w.Registry.ByID(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
