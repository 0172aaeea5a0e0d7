// Package remote is the door to a sign-in service: it pairs this device, hears
// what it is asked and carries the answer back, each call signed by the device's
// own key (docs/protocol.md). It trusts nothing that comes back: answers are
// small, in time, and from the very address that was asked.
package remote

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"countersign/internal/wire"
)

// What can go wrong with a server.
var (
	// ErrUnreachable: no answer came.
	ErrUnreachable = errors.New("the server cannot be reached")
	// ErrStranger: what answered is no sign-in service of ours.
	ErrStranger = errors.New("what answered is not a sign-in service")
	// ErrRemoved: the registration is no more.
	ErrRemoved = errors.New("this device was removed from the account")
	// ErrClock: the clocks differ, and stayed different after a second try.
	ErrClock = errors.New("the clock of this device is wrong")
	// ErrClosed: the request was answered, replaced, or ran out.
	ErrClosed = errors.New("the request is no longer open")
	// ErrSuspended: the request is over because its person was suspended.
	ErrSuspended = errors.New("the account is suspended")
	// ErrUnknown: there is no such request for this device.
	ErrUnknown = errors.New("there is no such request")
	// ErrOffer: the offer to pair is unknown, used up or over.
	ErrOffer = errors.New("the offer to pair is not open")
	// ErrFull: the person has as many devices as they may.
	ErrFull = errors.New("the account has as many devices as it may have")
	// ErrBusy: the server asks to wait.
	ErrBusy = errors.New("the server asks to wait")
	// ErrEnded: the binding to the backup place has ended; sign in again.
	ErrEnded = errors.New("this device is no longer bound to the backup")
	// ErrNoBackup: nothing is stored.
	ErrNoBackup = errors.New("there is no backup")
	// ErrConflict: another device was first.
	ErrConflict = errors.New("another device stored a backup first")
	// ErrNotPersonal: backups are for personal accounts.
	ErrNotPersonal = errors.New("this account cannot hold a backup")
	// ErrWeak: the account cannot give the proofs that are asked.
	ErrWeak = errors.New("the sign-in is not strong enough")
	// ErrStorage: the place takes no more.
	ErrStorage = errors.New("the backup place is full")
	// ErrDenied: the person said no.
	ErrDenied = errors.New("the sign-in was not allowed")
	// ErrRefused: the server does not want what we sent, for another reason.
	ErrRefused = errors.New("the server refuses")
)

const (
	largest = 64 << 10 // bytes of an answer
	usual   = 10 * time.Second
	// Wait is how long the server may let us wait for news.
	Wait = 25 * time.Second
)

// refusals are the codes of a [wire.Problem] as errors.
var refusals = map[string]error{
	wire.CodeRemoved: ErrRemoved, wire.CodeSkew: ErrClock, wire.CodeClosed: ErrClosed, wire.CodeUnknown: ErrUnknown,
	wire.CodeOfferUnknown: ErrOffer, wire.CodeOfferExpired: ErrOffer, wire.CodeOfferUsed: ErrOffer, wire.CodeMistyped: wire.ErrMistyped,
	wire.CodeFull: ErrFull, wire.CodeTooMany: ErrBusy,
	wire.CodeBindingEnded: ErrEnded, wire.CodeNoBackup: ErrNoBackup, wire.CodeConflict: ErrConflict, wire.CodeNotPersonal: ErrNotPersonal,
	wire.CodeOtherNetwork: ErrNetwork, wire.CodeTaken: ErrTaken,
	wire.CodeNotFresh: ErrWeak, wire.CodeStorageFull: ErrStorage,
	"authorization_pending": errPending, "slow_down": errSlow, "expired_token": ErrLate, "access_denied": ErrDenied, // RFC 8628, section 3.5
}

// client follows no redirect: what we sign is for one address.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// A Door is one registration of this device, ready to speak.
type Door struct {
	Issuer       string
	Registration string
	Key          *ecdsa.PrivateKey
	Now          func() time.Time
	// Ahead is how far the server's clock is ahead of ours, as far as known.
	Ahead time.Duration
}

// ask makes a signed call and returns the bytes of a success. Told that the time
// is off, it asks once more by the server's clock.
func (d *Door) ask(ctx context.Context, method, path string, body any) ([]byte, error) {
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	answer, _, err := d.call(ctx, wire.Call{Method: method, TargetURI: d.Issuer + path, Body: b}, nil)
	return answer, err
}

// call signs a call, with headers that are not signed, and returns the answer.
func (d *Door) call(ctx context.Context, call wire.Call, more http.Header) (b []byte, head http.Header, err error) {
	for range 2 {
		var header http.Header
		header, err = call.Sign(d.Key, wire.Stamp{Registration: d.Registration, Nonce: rand.Text(), Created: d.time().Unix()})
		if err != nil {
			return nil, nil, err
		}
		maps.Copy(header, more)
		b, head, err = send(ctx, call, header)
		at, bad := http.ParseTime(head.Get("Date"))
		if bad != nil || !errors.Is(err, ErrClock) {
			return b, head, err
		}
		d.Ahead = at.Sub(d.Now())
	}
	return b, head, err
}

// time is what the server's clock says.
func (d *Door) time() time.Time { return d.Now().Add(d.Ahead) }

// send makes one call and returns its answer, and what stands above it.
func send(ctx context.Context, call wire.Call, header http.Header) (b []byte, head http.Header, err error) {
	r, err := http.NewRequestWithContext(ctx, call.Method, call.TargetURI, bytes.NewReader(call.Body))
	if err != nil {
		return nil, nil, errors.Join(ErrStranger, err)
	}
	r.Header = header
	a, err := client.Do(r)
	if err != nil {
		return nil, nil, cut(ctx, err)
	}
	defer a.Body.Close()
	most := int64(largest)
	switch a.Header.Get("Content-Type") {
	case wire.Archive:
		most = wire.MaxArchive
	case wire.Part:
		most = wire.MaxParcel
	}
	b, err = io.ReadAll(io.LimitReader(a.Body, most+1))
	switch {
	case err != nil:
		return nil, a.Header, cut(ctx, err)
	case int64(len(b)) > most:
		return nil, a.Header, ErrStranger
	case a.StatusCode >= 300:
		return nil, a.Header, refusal(a.StatusCode, b)
	}
	return b, a.Header, nil
}

// cut is why there was no answer: because we no longer wanted one, or because
// none came.
func cut(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

func refusal(status int, b []byte) error {
	var p wire.Problem
	if json.Unmarshal(b, &p) != nil || p.Code == "" {
		if status >= http.StatusInternalServerError {
			return ErrUnreachable // a proxy, for a server that is away
		}
		return ErrStranger
	}
	if p.Code == wire.CodeDeleted {
		return DeletedError{time.UnixMilli(p.Until).UTC()}
	}
	if p.Code == wire.CodeClosed && slices.Contains(mets, p.State) {
		return MetError{p.State}
	}
	if p.Code == wire.CodeClosed && p.State == wire.Suspended {
		return ErrSuspended
	}
	if known := refusals[p.Code]; known != nil {
		return known
	}
	return fmt.Errorf("%w: %s", ErrRefused, p.Code)
}

func read[T any](b []byte, err error) (value T, _ error) {
	if err != nil {
		return value, err
	}
	if json.Unmarshal(b, &value) != nil {
		return value, ErrStranger
	}
	return value, nil
}

// About is what the server knows of this registration.
func (d *Door) About(ctx context.Context) (wire.Registration, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	return read[wire.Registration](d.ask(ctx, http.MethodGet, "/device/registration", nil))
}

// Leave ends the registration.
func (d *Door) Leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := d.ask(ctx, http.MethodDelete, "/device/registration", nil)
	return err
}

// DropUnlock tells that this device has no unlock key any more.
func (d *Door) DropUnlock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	_, err := d.ask(ctx, http.MethodDelete, "/device/unlock", nil)
	return err
}

// A DeletedError says that a backup was deleted, and until when it can be
// brought back.
type DeletedError struct{ Until time.Time }

func (DeletedError) Error() string { return "the backup was deleted" }

// Open lists what is asked, the oldest first, and how the registration stands.
func (d *Door) Open(ctx context.Context) (wire.Briefs, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	return read[wire.Briefs](d.ask(ctx, http.MethodGet, "/device/requests", nil))
}

// Await is Open, but the server answers when something changes, and after
// [Wait] at the latest.
func (d *Door) Await(ctx context.Context) (wire.Briefs, error) {
	ctx, cancel := context.WithTimeout(ctx, Wait+usual)
	defer cancel()
	path := fmt.Sprintf("/device/requests?wait=%d", int(Wait/time.Second))
	return read[wire.Briefs](d.ask(ctx, http.MethodGet, path, nil))
}

// A Question is a request with the bytes that an answer to it signs.
type Question struct {
	wire.Request
	bytes []byte
}

// Fetch reads what a request is about.
func (d *Door) Fetch(ctx context.Context, id string) (Question, error) {
	if !token(id) {
		return Question{}, ErrUnknown
	}
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	b, err := d.ask(ctx, http.MethodGet, "/device/requests/"+id, nil)
	q, err := read[wire.Request](b, err)
	if err == nil && q.ID != id {
		err = ErrStranger
	}
	return Question{q, b}, err
}

// Decide answers a question: [wire.Approve] with the number on the page,
// [wire.Deny] or [wire.Report] without one.
func (d *Door) Decide(ctx context.Context, q Question, decision, number string, keys wire.Keys) (wire.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, usual)
	defer cancel()
	answer := wire.Decision{Decision: decision, Number: number, At: d.time().UnixMilli()}
	asked := wire.Asked{Issuer: d.Issuer, Registration: d.Registration, Request: q.ID, Nonce: q.Nonce, Kind: q.Kind}
	if err := answer.Sign(asked, q.bytes, keys); err != nil {
		return wire.Outcome{}, err
	}
	return read[wire.Outcome](d.ask(ctx, http.MethodPost, "/device/requests/"+q.ID+"/decision", answer))
}
