package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

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

func (a *api) check(r *http.Request) (c caller, err error) {
	if c.body, err = io.ReadAll(r.Body); err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return c, web.ErrTooLarge
		}
		return c, fmt.Errorf("%w: %w", web.ErrMalformed, err)
	}
	stamp, err := wire.ReadStamp(r.Header)
	if err != nil {
		return c, err
	}
	c.nonce = stamp.Nonce
	err = a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		c.Registration, err = a.Registry.ByID(r.Context(), tx, stamp.Registration)
		return err
	})
	if err != nil {
		return c, err
	}
	key, err := c.Key()
	if err != nil {
		return c, err
	}
	call := wire.Call{Method: r.Method, TargetURI: a.shell.ID + r.URL.RequestURI(), Body: c.body}
	now := a.DB.Now()
	if err := stamp.Verify(call, r.Header, key, now); err != nil {
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
