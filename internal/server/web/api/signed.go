package api

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/registration"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// A caller is a device whose signature was checked.
type caller struct {
	registration.Registration
	nonce string
	body  []byte
}

type signedFunc func(w http.ResponseWriter, r *http.Request, c *caller) error

// signed lets a call through that is signed by a device we know. The target
// that was signed is rebuilt from our own origin, never from the Host header.
func (a *api) signed(h signedFunc) web.HandlerFunc {
	return a.told(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.check(r)
		if err != nil {
			return err
		}
		return h(w, r, &c)
	})
}

// aside runs f on a stack of its own. Asking the database and writing
// JSON need a deep one, which the runtime does not take
// back from a stream that then sits for minutes on the little it needs. A
// panic in f is an error.
func aside(f func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		err = f()
	}()
	<-done
	return err
}

// A letter is a signed call as it came, before it is known whose it is.
type letter struct {
	stamp wire.Stamp
	body  []byte
}

func open(r *http.Request) (l letter, err error) {
	if l.body, err = io.ReadAll(r.Body); err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return l, web.ErrTooLarge
		}
		return l, fmt.Errorf("%w: %w", web.ErrMalformed, err)
	}
	l.stamp, err = wire.ReadStamp(r.Header)
	return l, err
}

// verify checks that it is signed by a key.
func (a *api) verify(r *http.Request, l letter, key *ecdsa.PublicKey, now time.Time) error {
	return l.stamp.Verify(wire.Call{Method: r.Method, TargetURI: a.shell.ID + r.URL.RequestURI(), Body: l.body}, r.Header, key, now)
}

func (a *api) check(r *http.Request) (c caller, err error) {
	l, err := open(r)
	if err != nil {
		return c, err
	}
	c.nonce, c.body = l.stamp.Nonce, l.body
	err = a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		c.Registration, err = a.Registry.ByID(r.Context(), tx, l.stamp.Registration)
		return err
	})
	if err != nil {
		return c, err
	}
	key, err := c.Key()
	if err != nil {
		return c, err
	}
	now := a.DB.Now()
	if err := a.verify(r, l, key, now); err != nil {
		return c, err
	}
	if c.State == registration.Removed { // only the device itself is told
		return c, registration.ErrRemoved
	}
	if c.Stale(now) {
		err = a.DB.Write(r.Context(), func(tx *db.Tx) error { return a.Registry.Seen(r.Context(), tx, c.ID) })
	}
	return c, err
}

// decode reads the body of a signed call.
func (c *caller) decode(v any) error { return web.DecodeBytes(c.body, v) }
