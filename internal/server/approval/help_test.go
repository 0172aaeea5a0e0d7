package approval_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
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

// A world is people with phones, and approvals.
type world struct {
	*regtest.World
	approvals *approval.Approvals
	reports   []approval.Report
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: regtest.New(t)}
	w.approvals = approval.New(w.DB, w.Keeper, w.Notify, w.Registry, func(_ context.Context, _ *db.Tx, r approval.Report) error {
		w.reports = append(w.reports, r)
		return nil
	})
	return w
}

// from is a sign-in of p from an unknown browser, with the password proven.
func from(p directory.Person) approval.AskIn {
	return approval.AskIn{
		Kind: wire.KindSecond, Person: p.ID, Directory: p.DirectoryID, Attempt: rand.Text(), App: "Aoba Expenses", AppHost: "expenses.aoba.example",
		IP: "192.0.2.7", Place: "Osaka", Browser: "Chrome", System: "Windows", Proven: true, Epoch: p.Epoch,
		Correlation: "CS-1234-5678", Digits: 2, TTL: time.Minute,
	}
}

func (w *world) try(t testing.TB, in approval.AskIn) (q approval.Asked, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
		q, err = w.approvals.Ask(t.Context(), tx, in)
		return err
	})
	return q, err
}

func (w *world) ask(t testing.TB, in approval.AskIn) approval.Asked {
	t.Helper()
	q, err := w.try(t, in)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (w *world) fetch(t testing.TB, d regtest.Device, id string) (body []byte, err error) {
	t.Helper()
	g := w.Get(t, d.ID())
	err = w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		body, err = w.approvals.Fetch(t.Context(), tx, g, id)
		return err
	})
	return body, err
}

// sign fetches a request and signs a decision about it.
func (w *world) sign(t testing.TB, d regtest.Device, id, decision, number string) wire.Decision {
	t.Helper()
	body, err := w.fetch(t, d, id)
	if err != nil {
		t.Fatal(err)
	}
	var q wire.Request
	if err := json.Unmarshal(body, &q); err != nil {
		t.Fatal(err)
	}
	out := wire.Decision{Decision: decision, Number: number, At: db.Millis(w.Clock.Now())}
	asked := wire.Asked{Issuer: regtest.Issuer, Registration: d.ID(), Request: id, Nonce: q.Nonce, Kind: q.Kind}
	if err := out.Sign(asked, body, d.Keys(q, decision)); err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) send(t testing.TB, d regtest.Device, id string, s wire.Decision) (wire.Outcome, error) {
	t.Helper()
	return w.approvals.Decide(t.Context(), w.Get(t, d.ID()), id, s, regtest.From)
}

// decide fetches, signs and sends, and wants an outcome.
func (w *world) decide(t testing.TB, d regtest.Device, id, decision, number, want string) {
	t.Helper()
	out, err := w.send(t, d, id, w.sign(t, d, id, decision, number))
	if err != nil || out.Outcome != want {
		t.Fatalf("%s: %+v, %v; want %s", decision, out, err, want)
	}
}

func (w *world) state(t testing.TB, id string) (v approval.View) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		v, err = w.approvals.State(t.Context(), tx, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) use(t testing.TB, in approval.AskIn, id string) (reg string, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
		used, err := w.approvals.Use(t.Context(), tx, approval.UseIn{ID: id, Person: in.Person, Epoch: in.Epoch, Attempt: in.Attempt, Offer: in.Offer})
		reg = used.Registration
		return err
	})
	return reg, err
}

func (w *world) pending(t testing.TB, d regtest.Device) (ids []string) {
	t.Helper()
	g := w.Get(t, d.ID())
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		briefs, err := w.approvals.Pending(t.Context(), tx, g)
		ids = nil
		for _, b := range briefs {
			ids = append(ids, b.ID)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// knocked tells whether a request knocked, as the log has it.
func (w *world) knocked(t testing.TB, in approval.AskIn) bool {
	t.Helper()
	before := w.pushes(t, in.Person)
	w.ask(t, in)
	return w.pushes(t, in.Person) > before
}

// reachable gives a device a push address.
func (w *world) reachable(t testing.TB, d regtest.Device) regtest.Device {
	t.Helper()
	p, err := regtest.NewKey(t).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	push := &wire.Push{Endpoint: "https://push.example.net/1", P256dh: base64url(p), Auth: base64url(make([]byte, 16))}
	w.Write(t, func(tx *db.Tx) error { return w.Registry.SetPush(t.Context(), tx, d.ID(), push) })
	return d
}

func (w *world) remove(t testing.TB, p directory.Person, d regtest.Device) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		return w.Registry.Remove(t.Context(), tx, registration.Removal{Person: p.ID, ID: d.ID(), Why: registration.WhyPerson})
	})
}

// wrong is a number of two digits unlike any given.
func wrong(not ...string) string {
	for n := range 100 {
		s := string([]byte{byte('0' + n/10), byte('0' + n%10)})
		ok := true
		for _, x := range not {
			ok = ok && s != x
		}
		if ok {
			return s
		}
	}
	panic("no number left")
}

func closedState(t testing.TB, err error) string {
	t.Helper()
	var c approval.ClosedError
	if !errors.Is(err, approval.ErrClosed) || !errors.As(err, &c) {
		t.Fatalf("want a closed request, got %v", err)
	}
	return c.State
}
