package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
)

// What a sign-in service knows of an account, as all faces write it.
const (
	pending   = wire.Pending
	active    = wire.Active
	suspended = wire.Suspended
	removed   = "removed"
)

// ErrNoDoor is returned when no account here can answer for a person.
var ErrNoDoor = errors.New("no account of a sign-in service")

// A Paired account has a door to its sign-in service.
type Paired struct {
	Account vault.Entry
	Server  vault.Server
	Door    *remote.Door
}

// Doors are those of accounts that are not removed and whose keys are on this
// device. It returns [ErrNoDoor] if there is none.
func (d *Desk) Doors() ([]Paired, error) {
	a, keys, err := d.read()
	if err != nil {
		return nil, err
	}
	all := d.doors(a, keys)
	if len(all) == 0 {
		return nil, ErrNoDoor
	}
	return all, nil
}

func (d *Desk) doors(a *authenticator.App, keys map[string][]byte) (all []Paired) {
	for _, e := range a.Vault().Entries() {
		s, ok := e.Server()
		if !ok || !s.Here() {
			continue
		}
		key, err := readKey(keys[s.Registration])
		if err != nil {
			continue // paired on another device
		}
		door := &remote.Door{Issuer: s.Issuer, Registration: s.Registration, Key: key, Now: d.now, Ahead: s.ClockOffset}
		all = append(all, Paired{e, s, door})
	}
	return all
}

func readKey(b []byte) (*ecdsa.PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(b)
	if err != nil {
		return nil, err
	}
	if k, ok := key.(*ecdsa.PrivateKey); ok {
		return k, nil
	}
	return nil, wire.ErrKey
}

// keep puts an account and its key into the vault: in its old place if it was
// here before.
func (d *Desk) keep(ctx context.Context, a wire.PairAnswer, key *ecdsa.PrivateKey) error {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, func(app *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		if c.Keys == nil {
			c.Keys = map[string][]byte{}
		}
		id := ""
		if before, ok := samePerson(app, a); ok {
			s, _ := before.Server()
			delete(c.Keys, s.Registration)
			delete(c.Keys, unlockOf(s.Registration))
			id = before.ID
		}
		c.Keys[a.Registration] = private
		return issued(app, id, a, d.now())
	})
	return err
}

// samePerson finds the account that a person has at a service already.
func samePerson(app *authenticator.App, a wire.PairAnswer) (vault.Entry, bool) {
	for _, e := range app.Vault().Entries() {
		if s, ok := e.Server(); ok && s.Issuer == a.Issuer && s.Directory == a.Directory.ID && s.Subject == a.Person.Subject {
			return e, true
		}
	}
	return vault.Entry{}, false
}

// issued writes what a service gave this device into the account with this
// id, or into a new one. It is written in the form that faces write, which the
// vault takes over.
func issued(app *authenticator.App, id string, a wire.PairAnswer, now time.Time) (*authenticator.App, error) {
	u, err := url.Parse(a.Issuer)
	if err != nil {
		return nil, err
	}
	server := map[string]any{
		"issuer": a.Issuer, "host": u.Host, "directory": a.Directory, "subject": a.Person.Subject,
		"registration": a.Registration, "code": a.Code, "state": pending, "numberDigits": a.Digits,
	}
	return rewrite(app, now, func(entries []map[string]any) []map[string]any {
		for _, e := range entries {
			if e["id"] == id {
				e["server"] = server
				return entries
			}
		}
		kind := vault.Work
		if a.AccountType == string(vault.Personal) {
			kind = vault.Personal
		}
		fresh := make([]byte, 16)
		rand.Read(fresh)
		return append(entries, map[string]any{
			"id": hex.EncodeToString(fresh), "kind": kind, "type": "totp", "issuer": Calm(a.Directory.Name), "name": Calm(a.Person.Login), "secret": "",
			"algorithm": "SHA1", "digits": 6, "period": 30, "counter": 0, "note": "", "order": len(entries) + 1, "pinned": false,
			"created": now.UnixMilli(), "server": server,
		})
	})
}

// withServer changes what is written of a registration, and the account it belongs to.
func withServer(app *authenticator.App, registration string, now time.Time, change func(account, server map[string]any)) (*authenticator.App, error) {
	return rewrite(app, now, func(entries []map[string]any) []map[string]any {
		for _, e := range entries {
			if s, ok := e["server"].(map[string]any); ok && s["registration"] == registration {
				change(e, s)
			}
		}
		return entries
	})
}

// rewrite changes the accounts of a vault as a face of the web app does.
func rewrite(app *authenticator.App, now time.Time, change func([]map[string]any) []map[string]any) (*authenticator.App, error) {
	var flat map[string]json.RawMessage
	if err := json.Unmarshal(app.Bytes(), &flat); err != nil {
		return nil, err
	}
	var entries []map[string]any
	if err := json.Unmarshal(flat["entries"], &entries); err != nil {
		return nil, err
	}
	b, err := json.Marshal(change(entries))
	if err != nil {
		return nil, err
	}
	flat["entries"] = b
	if b, err = json.Marshal(flat); err != nil {
		return nil, err
	}
	return authenticator.Open(b, now)
}

// Unsettled reports whether an account waits for its pairing to be completed.
func Unsettled(a *authenticator.App) bool { return anyStands(a, pending) }

// Resting reports whether a service has suspended an account, as far as we heard.
func Resting(a *authenticator.App) bool { return anyStands(a, suspended) }

func anyStands(a *authenticator.App, state string) bool {
	return slices.ContainsFunc(a.Vault().Entries(), func(e vault.Entry) bool {
		s, ok := e.Server()
		return ok && s.State == state
	})
}

// Settle asks the service how a registration stands that was not active, and
// keeps the answer.
func (d *Desk) Settle(ctx context.Context, p Paired) error {
	if p.Server.State == active {
		return nil
	}
	about, err := p.Door.About(ctx)
	if err != nil {
		return err
	}
	return d.Hear(ctx, p, about)
}

// Hear keeps what a service says of a registration: how it stands, and what the
// organisation calls itself. An account that the person calls otherwise stays so.
func (d *Desk) Hear(ctx context.Context, p Paired, about wire.Registration) error {
	name := Calm(about.Directory.Name)
	if p.Server.State == about.State && (p.Server.Organisation == "" || p.Server.Organisation == name) {
		return nil
	}
	_, err := d.change(ctx, func(a *authenticator.App, _ *disk.Content) (*authenticator.App, error) {
		return withServer(a, p.Server.Registration, d.now(), func(account, server map[string]any) {
			server["state"] = about.State
			of, ok := server["directory"].(map[string]any)
			if !ok || name == "" {
				return
			}
			if account["issuer"] == of["name"] {
				account["issuer"] = name
			}
			of["name"] = name
		})
	})
	return err
}

// Lost keeps that a registration is no more: its key is forgotten.
func (d *Desk) Lost(ctx context.Context, p Paired) error {
	_, err := d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		delete(c.Keys, p.Server.Registration)
		delete(c.Keys, unlockOf(p.Server.Registration))
		return withServer(a, p.Server.Registration, d.now(), func(_, server map[string]any) { server["state"] = removed })
	})
	return err
}
