// Package signintest gives a test people who can sign in: with passwords,
// phones that really sign, and the service that leads them through.
package signintest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"testing"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/server/method"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
	"countersign/otp"
)

// Password is everybody's.
const Password = "lantern in the gate"

// Cheap are the parameters of a password hash that costs nothing, for tests.
var Cheap = method.Params{Memory: 64, Time: 1, Threads: 1}

// A World is people, phones and a sign-in service.
type World struct {
	*regtest.World
	Passwords *method.Passwords
	Passkeys  *method.Passkeys
	CodeApps  *method.CodeApps
	Recovery  *method.Recovery
	Approvals *approval.Approvals
	SignIn    *signin.Service
}

// New makes a world whose clock the test moves.
func New(t testing.TB, change ...func(*signin.Config)) *World {
	t.Helper()
	w := &World{World: regtest.New(t), Passwords: method.NewPasswords(4, Cheap)}
	w.Approvals = approval.New(w.DB, w.Keeper, w.Notify, w.Registry, signin.Reported)
	var err error
	if w.Passkeys, err = method.NewPasskeys(regtest.Issuer, w.Notify); err != nil {
		t.Fatal(err)
	}
	w.CodeApps = method.NewCodeApps(w.Keeper, w.Notify)
	w.Recovery = method.NewRecovery(w.Keeper, w.Notify)
	c := signin.Config{DB: w.DB, Keeper: w.Keeper, Passwords: w.Passwords, Passkeys: w.Passkeys, CodeApps: w.CodeApps, Recovery: w.Recovery, Passes: method.NewPasses(w.Keeper, w.Notify), Addresses: directory.NewAddresses(w.Keeper, w.Notify), Apps: w.Registry, Approvals: w.Approvals, Notify: w.Notify, Host: "id.example.org"}
	for _, f := range change {
		f(&c)
	}
	w.SignIn = signin.New(c)
	return w
}

// Member adds somebody to the organisation who has a password.
func (w *World) Member(t testing.TB, name string) directory.Person {
	t.Helper()
	p := w.Person(t, name)
	w.SetPassword(t, p, Password)
	return w.Now(t, p)
}

// Passkey adds a passkey to a person, with a counter.
func (w *World) Passkey(t testing.TB, p directory.Person, name string) (key *methodtest.Passkey) {
	t.Helper()
	p = w.Now(t, p)
	w.Write(t, func(tx *db.Tx) error {
		in := method.OfferIn{Person: p.ID, Session: "passkey of " + p.ID, Epoch: p.Epoch}
		o, err := w.Passkeys.Offer(t.Context(), tx, in, method.KindPasskey)
		if err != nil {
			return err
		}
		question, err := w.Passkeys.Ask(t.Context(), tx, o)
		if err != nil {
			return err
		}
		made, answer := methodtest.Create(t, question, regtest.Issuer, true)
		if err := w.Passkeys.Create(t.Context(), tx, in.Session, o.ID, name, answer); err != nil {
			return err
		}
		if o, err = w.Passkeys.Offered(t.Context(), tx, in.Session, o.ID); err != nil {
			return err
		}
		if question, err = w.Passkeys.Ask(t.Context(), tx, o); err != nil {
			return err
		}
		key = made
		_, err = w.Passkeys.Add(t.Context(), tx, in.Session, o.ID, key.Sign(t, question), method.Where{Browser: "Chrome, Windows"})
		return err
	})
	return key
}

// CodeApp adds another authenticator to a person.
func (w *World) CodeApp(t testing.TB, p directory.Person, name string) (key otp.Key, id string) {
	t.Helper()
	p = w.Now(t, p)
	w.Write(t, func(tx *db.Tx) error {
		in := method.OfferIn{Person: p.ID, Session: "codes of " + p.ID, Epoch: p.Epoch}
		a, err := w.CodeApps.Offer(t.Context(), tx, in, "")
		if err != nil {
			return err
		}
		if key, err = w.CodeApps.Key(a); err != nil {
			return err
		}
		code, err := key.CodeAt(tx.Now)
		if err != nil {
			return err
		}
		id = a.ID
		_, err = w.CodeApps.Confirm(t.Context(), tx, in.Session, a.ID, name, code, method.Where{Browser: "Chrome, Windows"})
		return err
	})
	return key, id
}

// RecoveryCodes makes a set for a person.
func (w *World) RecoveryCodes(t testing.TB, p directory.Person) (codes []string) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		made, err := w.Recovery.Make(t.Context(), tx, p.ID, method.Where{})
		codes = nil
		for _, c := range made {
			codes = append(codes, c.Reveal())
		}
		return err
	})
	return codes
}

// SetPassword gives a person a password.
func (w *World) SetPassword(t testing.TB, p directory.Person, password string) {
	t.Helper()
	hash, err := w.Passwords.Hash(t.Context(), method.Asker{}, password)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(t, func(tx *db.Tx) error { return method.Set(t.Context(), tx, p.ID, hash) })
}

// Now returns a person as they are now.
func (w *World) Now(t testing.TB, p directory.Person) directory.Person {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		p, err = directory.ByID(t.Context(), tx, p.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Policy changes the organisation's policy.
func (w *World) Policy(t testing.TB, change func(*directory.Policy)) {
	t.Helper()
	p := w.Aoba.Policy
	change(&p)
	w.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, w.Aoba.ID, p) })
	w.Aoba.Policy = p
}

// Browser is a browser in a network, with nothing in its cookies.
func Browser(ip string) signin.Browser {
	return signin.Browser{IP: ip, Net: limit.Net(ip), Place: "Osaka", Name: "Chrome", System: "Windows", Lang: "ja"}
}

// Waiting lists what a device is asked now.
func (w *World) Waiting(t testing.TB, d regtest.Device) (open []wire.Brief) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) error {
		g, err := w.Registry.ByID(t.Context(), tx, d.ID())
		if err != nil {
			return err
		}
		open, err = w.Approvals.Pending(t.Context(), tx, g)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return open
}

// Address gives a person an address of their own, confirmed, and tells its id.
func (w *World) Address(t testing.TB, p directory.Person, mail string) (id string) {
	t.Helper()
	addresses := directory.NewAddresses(w.Keeper, w.Notify)
	in := directory.AddressIn{Person: p.ID, Kind: directory.ByMail, Session: "address of " + p.ID, Net: "192.0.2.0/24", From: map[string]string{}}
	w.Write(t, func(tx *db.Tx) (err error) {
		var refused error
		id, refused, err = addresses.Offer(t.Context(), tx, in, mail)
		return errors.Join(refused, err)
	})
	_, letter := w.Letter(t, mail)
	w.Write(t, func(tx *db.Tx) error {
		refused, err := addresses.Confirm(t.Context(), tx, in, id, letter["code"])
		return errors.Join(refused, err)
	})
	return id
}

// Mails lists the templates of the mails that were queued for a person, oldest first.
func (w *World) Mails(t testing.TB, p directory.Person) (templates []string) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT template FROM mail WHERE person_id = $1 AND address = $2 ORDER BY created_at, template`, p.ID, p.Email)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var template string
			if err := rows.Scan(&template); err != nil {
				return err
			}
			templates = append(templates, template)
		}
		return rows.Err()
	})
	return templates
}

// Letter is what the newest mail to an address was filled with, and its template; "" for none.
func (w *World) Letter(t testing.TB, address string) (template string, data map[string]string) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		var id, person string
		var sealed []byte
		err := tx.QueryRow(t.Context(), `SELECT id, person_id, template, sealed FROM mail WHERE address = $1 ORDER BY created_at DESC LIMIT 1`, address).Scan(&id, &person, &template, &sealed)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		plain, err := w.Keeper.Unseal(sealed, keep.Where{Table: "mail", Column: "sealed", Key: id, Person: person})
		if err != nil {
			return err
		}
		return json.Unmarshal(plain, &data)
	})
	return template, data
}

// Answer has a device fetch, sign and answer the newest request it is asked.
func (w *World) Answer(t testing.TB, d regtest.Device, decision, number string) wire.Outcome {
	t.Helper()
	open := w.Waiting(t, d)
	if len(open) == 0 {
		t.Fatal("the phone is asked nothing")
	}
	id, g := open[len(open)-1].ID, w.Get(t, d.ID())
	out := wire.Decision{Decision: decision, Number: number, At: db.Millis(w.Clock.Now())}
	body := w.Fetch(t, g, id)
	var q wire.Request
	if err := json.Unmarshal(body, &q); err != nil {
		t.Fatal(err)
	}
	asked := wire.Asked{Issuer: regtest.Issuer, Registration: d.ID(), Request: id, Nonce: q.Nonce, Kind: q.Kind}
	if err := out.Sign(asked, body, d.Keys(q, decision)); err != nil {
		t.Fatal(err)
	}
	got, err := w.Approvals.Decide(t.Context(), g, id, out, regtest.From)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Fetch returns a request as the device sees it.
func (w *World) Fetch(t testing.TB, g registration.Registration, id string) (body []byte) {
	t.Helper()
	err := w.DB.Read(t.Context(), func(tx *db.Tx) (err error) {
		body, err = w.Approvals.Fetch(t.Context(), tx, g, id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}
