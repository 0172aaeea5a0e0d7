package backupweb

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// A caller is a bound device whose signature was checked.
type caller struct {
	backup.Binding
	nonce string
	body  []byte
}

type signedFunc func(w http.ResponseWriter, r *http.Request, c *caller) error

// signed lets a call through that is signed by a bound device. What body it has
// is JSON.
func (a *api) signed(h signedFunc) web.HandlerFunc { return a.checked(h, "") }

// archive is signed for a call whose body is a sealed generation.
func (a *api) archive(h signedFunc) web.HandlerFunc { return a.checked(h, wire.Archive) }

func (a *api) checked(h signedFunc, kind string) web.HandlerFunc {
	return told(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.check(r, kind)
		if err != nil {
			return err
		}
		return h(w, r, &c)
	})
}

// check finds the binding before it reads the body: a stranger does not get the
// server to hold megabytes. The target that was signed is rebuilt from our own
// origin, never from the Host header.
func (a *api) check(r *http.Request, kind string) (c caller, err error) {
	stamp, err := wire.ReadStamp(r.Header)
	if err != nil {
		return c, err
	}
	c.nonce = stamp.Nonce
	var over error
	err = a.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		c.Binding, over, err = a.Backup.ByID(r.Context(), tx, stamp.Registration)
		return err
	})
	if err != nil {
		return c, err
	}
	if c.body, err = io.ReadAll(r.Body); err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return c, web.ErrTooLarge
		}
		return c, fmt.Errorf("%w: %w", web.ErrMalformed, err)
	}
	key, err := c.Key()
	if err != nil {
		return c, err
	}
	call := wire.Call{Method: r.Method, TargetURI: a.issuer + r.URL.RequestURI(), Body: c.body, Type: kind}
	now := a.DB.Now()
	if err := stamp.Verify(call, r.Header, key, now); err != nil {
		return c, err
	}
	if over != nil { // only the device itself is told
		return c, over
	}
	if c.Stale(now) {
		err = a.DB.Write(r.Context(), func(tx *db.Tx) error { return a.Backup.Seen(r.Context(), tx, c.Binding) })
	}
	return c, err
}

// change runs a change of a device once, in a transaction.
func (a *api) change(r *http.Request, c *caller, fn func(tx *db.Tx) error) error {
	return a.DB.Write(r.Context(), func(tx *db.Tx) error {
		if err := a.Backup.Once(r.Context(), tx, c.Binding, c.nonce); err != nil {
			return err
		}
		return fn(tx)
	})
}
