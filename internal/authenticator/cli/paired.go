package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
)

// What a sign-in service knows of an account, as all faces write it.
const (
	pending = "pending"
	active  = "active"
	removed = "removed"
)

// A paired account has a door to its sign-in service.
type paired struct {
	entry  vault.Entry
	server vault.Server
	door   *remote.Door
}

// pairedAccounts opens the doors of a vault: those that are not removed and
// whose keys are on this device.
func (g *grammar) pairedAccounts(w World) ([]paired, error) {
	f, err := g.open(w)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := f.Read()
	if errors.Is(err, disk.ErrNone) {
		return nil, errNoServer
	} else if err != nil {
		return nil, err
	}
	warn(w, f)
	v, err := vault.Open(c.Vault, w.Now())
	if err != nil {
		return nil, err
	}
	all := doors(v, c.Keys, w.Now)
	if len(all) == 0 {
		return nil, errNoServer
	}
	return all, nil
}

func doors(v *vault.Vault, keys map[string][]byte, now func() time.Time) (all []paired) {
	for _, e := range v.Entries() {
		s, ok := e.Server()
		if !ok || s.State == removed {
			continue
		}
		key, err := readKey(keys[s.Registration])
		if err != nil {
			continue // paired on another device
		}
		door := &remote.Door{Issuer: s.Issuer, Registration: s.Registration, Key: key, Now: now, Ahead: s.ClockOffset}
		all = append(all, paired{e, s, door})
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

// keepPaired puts an account and its key into the vault: in its old place if it
// was here before.
func (g *grammar) keepPaired(ctx context.Context, w World, a wire.PairAnswer, key *ecdsa.PrivateKey) error {
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	f, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Update(ctx, func(c *disk.Content) error {
		v := vault.New()
		if c.Vault != nil {
			if v, err = vault.Open(c.Vault, w.Now()); err != nil {
				return err
			}
		}
		if c.Keys == nil {
			c.Keys = map[string][]byte{}
		}
		id := ""
		if before, ok := samePerson(v, a); ok {
			s, _ := before.Server()
			delete(c.Keys, s.Registration)
			id = before.ID
		}
		c.Keys[a.Registration] = private
		c.Vault, err = withServer(v, id, a, w.Now())
		return err
	})
}

// samePerson finds the account that a person has at a service already.
func samePerson(v *vault.Vault, a wire.PairAnswer) (vault.Entry, bool) {
	for _, e := range v.Entries() {
		if s, ok := e.Server(); ok && s.Issuer == a.Issuer && s.Directory == a.Directory.ID && s.Subject == a.Person.Subject {
			return e, true
		}
	}
	return vault.Entry{}, false
}

// withServer writes what a service gave this device into the account with this
// id, or into a new one. It is written in the form that faces write, which the
// vault takes over.
func withServer(v *vault.Vault, id string, a wire.PairAnswer, now time.Time) ([]byte, error) {
	u, err := url.Parse(a.Issuer)
	if err != nil {
		return nil, err
	}
	server := map[string]any{
		"issuer": a.Issuer, "host": u.Host, "directory": a.Directory, "subject": a.Person.Subject,
		"registration": a.Registration, "code": a.Code, "state": pending, "numberDigits": a.Digits,
	}
	return rewrite(v, now, func(entries []map[string]any) []map[string]any {
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
			"id": hex.EncodeToString(fresh), "kind": kind, "type": "totp", "issuer": calm(a.Directory.Name), "name": calm(a.Person.Login), "secret": "",
			"algorithm": "SHA1", "digits": 6, "period": 30, "counter": 0, "note": "", "order": len(entries) + 1, "pinned": false,
			"created": now.UnixMilli(), "server": server,
		})
	})
}

// withState writes the state of a registration.
func withState(v *vault.Vault, registration, state string, now time.Time) ([]byte, error) {
	return rewrite(v, now, func(entries []map[string]any) []map[string]any {
		for _, e := range entries {
			if s, ok := e["server"].(map[string]any); ok && s["registration"] == registration {
				s["state"] = state
			}
		}
		return entries
	})
}

// rewrite changes the accounts of a vault as a face of the app does.
func rewrite(v *vault.Vault, now time.Time, change func([]map[string]any) []map[string]any) ([]byte, error) {
	var flat map[string]json.RawMessage
	if err := json.Unmarshal(v.Bytes(), &flat); err != nil {
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
	changed, err := vault.Open(b, now)
	if err != nil {
		return nil, err
	}
	return changed.Bytes(), nil
}

// note keeps what a service says of a registration.
func (g *grammar) note(ctx context.Context, w World, p paired, state string) error {
	if p.server.State == state {
		return nil
	}
	f, err := g.open(w)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Update(ctx, func(c *disk.Content) error {
		v, err := vault.Open(c.Vault, w.Now())
		if err != nil {
			return err
		}
		if state == removed {
			delete(c.Keys, p.server.Registration)
		}
		c.Vault, err = withState(v, p.server.Registration, state, w.Now())
		return err
	})
}

// settle asks the service how a registration stands, after something that may
// have changed it, and keeps the answer.
func (g *grammar) settle(ctx context.Context, w World, p paired) error {
	if p.server.State == active {
		return nil
	}
	about, err := p.door.About(ctx)
	if err != nil {
		return err
	}
	if about.State != active {
		return nil
	}
	return g.note(ctx, w, p, active)
}
