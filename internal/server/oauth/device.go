package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/server/signin"
)

// The device authorization grant (RFC 8628): a device without a browser shows a
// code, and somebody types it in a browser elsewhere. There it becomes an
// authorization request like any other, but for its answer, which the device
// fetches.
//
// Whoever starts such a sign-in somewhere can talk somebody else into typing the
// code (§5.4). So the code is always typed – no address carries it – the page
// says which application asks and from where, consent is asked for each time,
// and the request goes on only in the browser in which it was typed.

// GrantDevice is the grant type with which a device asks whether it was allowed.
const GrantDevice = "urn:ietf:params:oauth:grant-type:device_code"

const (
	deviceLife  = 15 * time.Minute
	deviceEvery = 5 * time.Second // between two polls, and what one that came too soon adds
	deviceEarly = time.Second     // that a poll may be early, for the network's sake

	// One network may have so many devices ask, and try so many codes that nobody
	// waits with (§5.1, as with pairing codes).
	devicesMost, devicesWindow = 100, 10 * time.Minute
	wrongMost, wrongWindow     = 10, time.Hour
)

// States of a device that asks, after 'open'.
const (
	deviceAllowed  = "allowed"
	deviceDenied   = "denied"
	deviceRedeemed = "redeemed"
)

// ErrUserCode is returned for a code that no device waits with: mistyped,
// expired, answered, or never given out. They look alike on purpose.
var ErrUserCode = errors.New("no device waits with this code")

// An Asking is a device that asks.
type Asking struct {
	ID                 string
	IP, Place, Browser string // where it is, and what it says it is
	AskedAt, ExpiresAt time.Time

	request string // that it may be answered by
	typed   []byte
}

// A DeviceCode is what a device hears that asks (RFC 8628 §3.2). There is no
// verification_uri_complete on purpose.
type DeviceCode struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URI        string `json:"verification_uri"`
	ExpiresIn  int64  `json:"expires_in"` // seconds
	Interval   int64  `json:"interval"`   // seconds
}

// Ask answers the device authorization endpoint. Its errors are [*Refusal], or
// [signin.ErrTooMany] when too many devices of a network ask.
func (s *Service) Ask(ctx context.Context, in Credentials, from From) (DeviceCode, error) {
	c, err := s.authenticate(ctx, in)
	if err != nil {
		return DeviceCode{}, err
	}
	if !c.Device {
		return DeviceCode{}, refuse(ErrUnauthorizedClient, "this application may not ask with a code")
	}
	if size(in.Form) > longest {
		return DeviceCode{}, refuse(ErrInvalidRequest, "request is longer than 8192 bytes")
	}
	r := Request{Client: c}
	if no := r.readScope(in.Form); no != nil {
		return DeviceCode{}, no
	}
	id, secret, code := rand.Text(), rand.Text(), newUserCode()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		ok, after, err := limit.Hit(ctx, tx, "device:"+limit.Net(from.IP), devicesWindow, devicesMost)
		if err == nil && !ok {
			err = &signin.TooMany{After: after}
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO device_code (id, hash, user_code, client_id, scope, resource, ip, place, browser, every, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			id, keep.Hash(secret), s.userHash(code), c.ID, r.Scopes.String(), r.Resource, from.IP, from.Place, from.Browser,
			deviceEvery.Milliseconds(), db.Millis(tx.Now), db.Millis(tx.Now.Add(deviceLife)))
		return err
	})
	return DeviceCode{
		DeviceCode: id + "." + secret, UserCode: showUserCode(code), URI: s.issuer + PathDevice,
		ExpiresIn: seconds(deviceLife), Interval: seconds(deviceEvery),
	}, err
}

func (s *Service) userHash(code string) []byte { return s.keeper.MAC("device.code", []byte(code)) }

// Type takes the code that somebody typed, and returns the request that it
// stands for and what proves, as [From.Typed], that it was typed in their
// browser. Typed once more elsewhere, the request there is the one. It returns
// [ErrUserCode], or [signin.ErrTooMany] after too many wrong ones.
func (s *Service) Type(ctx context.Context, typed string, from From) (r *Request, proof string, err error) {
	code, ok := parseUserCode(typed)
	if !ok {
		return nil, "", ErrUserCode // which could not have been right, so it is no guess
	}
	var no error // what to answer, once a wrong code was counted
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		r, proof = &Request{ID: rand.Text(), MaxAge: anyAge, CreatedAt: tx.Now}, rand.Text()
		if no, err = guessing(ctx, tx, from, limit.Peek); err != nil || no != nil {
			return err
		}
		client, err := s.typed(ctx, tx, r, s.userHash(code), keep.Hash(proof))
		if errors.Is(err, sql.ErrNoRows) {
			if no, err = guessing(ctx, tx, from, limit.Hit); no == nil { // others may have come between
				no = ErrUserCode
			}
			return err
		} else if err != nil {
			return err
		}
		r.Client = &Client{ID: client}
		r.raise()
		return insertRequest(ctx, tx, r)
	})
	if err = errors.Join(err, no); err != nil {
		return nil, "", err
	}
	r, err = s.load(ctx, r.ID)
	return r, proof, err
}

// guessing counts, or looks at the count of, wrong codes of a network.
func guessing(ctx context.Context, tx *db.Tx, from From,
	count func(context.Context, *db.Tx, string, time.Duration, int) (bool, time.Duration, error)) (tooMany, err error) {
	ok, after, err := count(ctx, tx, "device-code:"+limit.Net(from.IP), wrongWindow, wrongMost)
	if err != nil || ok {
		return nil, err
	}
	return &signin.TooMany{After: after}, nil
}

// typed finds the device that waits with a code and says in which browser, and
// as which request, it was typed. It returns [sql.ErrNoRows] if there is none.
func (s *Service) typed(ctx context.Context, tx *db.Tx, r *Request, code, browser []byte) (client string, err error) {
	r.Device = &Asking{}
	var scopes string
	err = tx.QueryRow(ctx, `
		UPDATE device_code SET request_id = $1, typed = $2 WHERE user_code = $3 AND state = 'open' AND expires_at > $4
		RETURNING id, client_id, scope, resource`,
		r.ID, browser, code, db.Millis(tx.Now)).Scan(&r.Device.ID, &client, &scopes, &r.Resource)
	r.Scopes = ParseScopes(scopes)
	return client, err
}

func asking(ctx context.Context, tx *db.Tx, id string) (*Asking, error) {
	a := &Asking{ID: id}
	var asked, expires int64
	err := tx.QueryRow(ctx, `SELECT ip, place, browser, request_id, typed, created_at, expires_at FROM device_code WHERE id = $1`, id).
		Scan(&a.IP, &a.Place, &a.Browser, &a.request, &a.typed, &asked, &expires)
	a.AskedAt, a.ExpiresAt = db.Time(asked), db.Time(expires)
	return a, err
}

// typedIn tells whether the request may go on in this browser: one of a device
// only where its code was typed last.
func (r *Request) typedIn(from From) bool {
	return r.Device == nil || r.Device.request == r.ID && subtle.ConstantTimeCompare(keep.Hash(from.Typed), r.Device.typed) == 1
}

// Binds tells whether a request ends in binding a device to a backup.
func (r *Request) Binds() bool { return r.Scopes.bind() }

// tell answers the device that waits. What it waits for has one answer, by the
// request that it was typed for last; else [ErrGone].
func (r *Request) tell(ctx context.Context, tx *db.Tx, state, grant string) error {
	n, err := tx.Exec(ctx, `
		UPDATE device_code SET state = $1, grant_id = $2 WHERE id = $3 AND request_id = $4 AND state = 'open' AND expires_at > $5`,
		state, grant, r.Device.ID, r.ID, db.Millis(tx.Now))
	if err == nil && n == 0 {
		return ErrGone
	}
	return err
}
