package desk

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
)

// How setting up an account that came back can end.
var (
	// ErrNotAway: the account has a registration here, or never belonged to a service.
	ErrNotAway = errors.New("the account does not wait to be set up")
	// ErrStopped: one of the person's other phones or addresses stopped it.
	ErrStopped = errors.New("setting the account up was stopped")
	// ErrOver: it took too long, or the account changed meanwhile.
	ErrOver = errors.New("setting the account up took too long")
)

// A WaitError says until when it waits; then it is gone on with.
type WaitError struct{ Until time.Time }

func (WaitError) Error() string { return "setting the account up waits" }

// A ticket is one that is kept among the keys until it has led somewhere.
type ticket struct {
	Ticket string `json:"ticket"`
	Key    []byte `json:"key"` // PKCS #8, of the device
}

// Names among the keys: the ticket of an account, and its restore key.
func ticketOf(entry string) string            { return "ticket " + entry }
func restoreOf(server, subject string) string { return "restore " + server + " " + subject }

// keepRestoreKeys keeps, for who has opened a backup, what shows that of its personal
// accounts, until each of them is set up.
func keepRestoreKeys(c *disk.Content, g backup.Generation) error {
	all, err := g.RestoreKeys()
	if err != nil {
		return err
	}
	if c.Keys == nil {
		c.Keys = map[string][]byte{}
	}
	for _, r := range all {
		if c.Keys[restoreOf(r.Server, r.Subject)], err = x509.MarshalPKCS8PrivateKey(r.Key); err != nil {
			return err
		}
	}
	return nil
}

// Verify sets an account up here that came back by its name: the person opens the
// page that show is given, and proves there who they are; then this device has a
// registration, which the page tries. It goes on with what was begun before. It
// returns [ErrNotAway], a [WaitError], [ErrStopped], [ErrOver], or what pairing does.
func (d *Desk) Verify(ctx context.Context, e vault.Entry, show func(page string)) (wire.PairAnswer, error) {
	s, ok := e.Server()
	if !ok || s.Here() {
		return wire.PairAnswer{}, ErrNotAway
	}
	ctx, cancel := context.WithTimeoutCause(ctx, signInTime, ErrOver)
	defer cancel()
	answer, err := d.verify(ctx, e, s, show)
	if errors.Is(err, context.DeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return answer, err
}

func (d *Desk) verify(ctx context.Context, e vault.Entry, s vault.Server, show func(page string)) (wire.PairAnswer, error) {
	t, state, err := d.resume(ctx, e.ID, s)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	shown := false
	for {
		switch state.State {
		case wire.TicketWaits:
			return wire.PairAnswer{}, WaitError{time.UnixMilli(state.ReadyAt)}
		case wire.TicketStopped:
			return wire.PairAnswer{}, errors.Join(ErrStopped, d.forgetTicket(ctx, e.ID))
		case wire.TicketDone, wire.TicketOver:
			return wire.PairAnswer{}, errors.Join(ErrOver, d.forgetTicket(ctx, e.ID))
		}
		if state.Offer != nil {
			return d.take(ctx, e.ID, s, t, *state.Offer)
		}
		if !shown {
			shown = true
			show(s.Issuer + "/restore/" + t.Registration + "?" + url.Values{"login": {e.Name}}.Encode())
		}
		if state, err = t.State(ctx, true); err != nil {
			return wire.PairAnswer{}, err
		}
	}
}

// resume is the ticket that an account has, if it leads on still, or else a new one.
func (d *Desk) resume(ctx context.Context, entry string, s vault.Server) (*remote.Ticket, wire.TicketState, error) {
	_, keys, err := d.read()
	if err != nil {
		return nil, wire.TicketState{}, err
	}
	var kept ticket
	if json.Unmarshal(keys[ticketOf(entry)], &kept) == nil {
		if key, err := readKey(kept.Key); err == nil {
			t := &remote.Ticket{Door: remote.Door{Issuer: s.Issuer, Registration: kept.Ticket, Key: key, Now: d.now}}
			state, err := t.State(ctx, false)
			leads := err == nil && state.State != wire.TicketOver && state.State != wire.TicketDone
			if leads || err != nil && !errors.Is(err, remote.ErrRemoved) {
				return t, state, err
			}
		}
	}
	t, err := d.newTicket(ctx, entry, s, keys)
	return t, wire.TicketState{State: wire.TicketOpen}, err
}

func (d *Desk) newTicket(ctx context.Context, entry string, s vault.Server, keys map[string][]byte) (*remote.Ticket, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	restore, err := readKey(keys[restoreOf(s.Issuer, s.Subject)])
	if err != nil {
		restore = nil // the backup was not opened here
	}
	t, err := remote.AskTicket(ctx, s.Issuer, s.Subject, DeviceName(), platform(), key, restore, d.now)
	if err != nil {
		return nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(ticket{t.Registration, raw})
	if err != nil {
		return nil, err
	}
	return t, d.changeKeys(ctx, func(keys map[string][]byte) { keys[ticketOf(entry)] = text })
}

// take takes the offer that is for this device alone, and keeps the account.
func (d *Desk) take(ctx context.Context, entry string, s vault.Server, t *remote.Ticket, o wire.OfferForOnly) (wire.PairAnswer, error) {
	a, err := remote.Pair(ctx, remote.Offer{Issuer: s.Issuer, ID: o.Offer, Secret: o.Secret}, t.Key, DeviceName(), platform())
	if err != nil {
		return a, err
	}
	if err := d.keep(ctx, a, t.Key); err != nil {
		return a, err
	}
	return a, d.changeKeys(ctx, func(keys map[string][]byte) {
		delete(keys, ticketOf(entry))
		delete(keys, restoreOf(s.Issuer, s.Subject))
	})
}

func (d *Desk) forgetTicket(ctx context.Context, entry string) error {
	return d.changeKeys(ctx, func(keys map[string][]byte) { delete(keys, ticketOf(entry)) })
}

// changeKeys changes what is kept beside the vault.
func (d *Desk) changeKeys(ctx context.Context, do func(keys map[string][]byte)) error {
	_, err := d.change(ctx, func(a *authenticator.App, c *disk.Content) (*authenticator.App, error) {
		if c.Keys == nil {
			c.Keys = map[string][]byte{}
		}
		do(c.Keys)
		return a, nil
	})
	return err
}
