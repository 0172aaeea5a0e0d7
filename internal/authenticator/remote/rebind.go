package remote

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"countersign/internal/wire"
)

// Vouch sends the public half of an account's restore key, or takes it back with nil.
func (d *Door) Vouch(ctx context.Context, key *wire.JWK) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := d.ask(ctx, http.MethodPut, "/device/registration", wire.Change{Restore: wire.Given[wire.JWK]{Given: true, To: key}})
	return err
}

// Stop stops a change of the account that waits.
func (d *Door) Stop(ctx context.Context, id string) error {
	if !token(id) {
		return ErrUnknown
	}
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := d.ask(ctx, http.MethodDelete, "/device/waiting/"+id, nil)
	return err
}

// RemoveOlder removes an app that was there before this one, which has just been set
// up, and signs the person out. binding is that of this device, if the same account
// keeps its backup: it goes on.
func (d *Door) RemoveOlder(ctx context.Context, app, binding string) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := d.ask(ctx, http.MethodPost, "/device/older", wire.Lost{Remove: []string{app}, Binding: binding})
	return err
}

// A Ticket is a door of a device on which an account came back by its name; its
// registration is the ticket.
type Ticket struct{ Door }

// AskTicket asks for one. With restore, the restore key of the account, it is shown
// that the backup was opened here; nil where it was not.
func AskTicket(ctx context.Context, issuer, subject, name, platform string, key, restore *ecdsa.PrivateKey, now func() time.Time) (*Ticket, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*usual)
	defer cancel()
	in := wire.Rebind{Subject: subject, Name: name, Platform: platform}
	if err := in.Sign(issuer, key); err != nil {
		return nil, err
	}
	b, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	call := wire.Call{Method: http.MethodPost, TargetURI: issuer + "/device/rebind", Body: b}
	b, _, err = send(ctx, call, http.Header{"Content-Type": {"application/json"}})
	a, err := read[wire.Ticket](b, err)
	if err == nil && !token(a.Ticket) {
		err = ErrStranger
	}
	if err != nil {
		return nil, err
	}
	t := &Ticket{Door{Issuer: issuer, Registration: a.Ticket, Key: key, Now: now}}
	if restore == nil {
		return t, nil
	}
	s, err := wire.Restore{Issuer: issuer, Subject: subject, Ticket: a.Ticket, Challenge: a.Challenge, Key: in.Key}.Sign(restore)
	if err == nil {
		_, err = t.ask(ctx, http.MethodPut, "/device/rebind", s)
	}
	return t, err
}

// State tells how the ticket stands; with wait the server answers when that changes,
// and after [Wait] at the latest.
func (t *Ticket) State(ctx context.Context, wait bool) (wire.TicketState, error) {
	ctx, cancel := context.WithTimeout(ctx, Wait+usual)
	defer cancel()
	path := "/device/rebind"
	if wait {
		path = fmt.Sprintf("%s?wait=%d", path, int(Wait/time.Second))
	}
	return read[wire.TicketState](t.ask(ctx, http.MethodGet, path, nil))
}
