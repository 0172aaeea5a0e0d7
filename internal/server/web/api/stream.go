package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/registration"
	"countersign/internal/server/web"
)

// stream tells a device that there is something to look at: "requests" with
// the ids that are open, "registration" when the device should ask about
// itself. Never what a request is about.
//
// Ten thousand of these are open on a node, so each keeps as little as it can,
// and looks at the database in a goroutine of its own: the stack that a query
// needs is not kept for the ten minutes that follow.
func (a *api) stream(w http.ResponseWriter, r *http.Request, c *caller) error {
	clear(r.Header) // read; nobody needs them any more
	l := &listener{a: a, id: c.ID}
	return a.shell.Stream(asideWriter{w}, r, registration.PersonTopic(c.Person), l.aside)
}

// An asideWriter writes on a stack of its own, as the looking is done.
type asideWriter struct{ http.ResponseWriter }

func (w asideWriter) Write(b []byte) (n int, err error) {
	err = aside(func() (err error) {
		n, err = w.ResponseWriter.Write(b)
		return err
	})
	return n, err
}

// FlushError is what [http.ResponseController] calls to send what was written.
func (w asideWriter) FlushError() error {
	return aside(func() error { return http.NewResponseController(w.ResponseWriter).Flush() })
}

// Unwrap lets the controller through to deadlines.
func (w asideWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A listener is what a stream remembers between two looks.
type listener struct {
	a     *api
	id    string
	about [sha256.Size]byte // hash of the registration as the device last heard of it
}

// soon has the stream look again at once, for what did not fit into one event.
const soon = time.Millisecond

type ids struct {
	IDs []string `json:"ids"`
}

type change struct {
	State string `json:"state"`
	At    int64  `json:"at"`
}

func (l *listener) aside(ctx context.Context) (e web.Event, err error) {
	err = aside(func() (err error) {
		e, err = l.look(ctx)
		return err
	})
	return e, err
}

func (l *listener) look(ctx context.Context) (web.Event, error) {
	var e web.Event
	err := l.a.DB.Read(ctx, func(tx *db.Tx) error {
		changed, err := l.changed(ctx, tx)
		if err != nil {
			return err
		}
		if changed != "" {
			e = web.Event{Name: "registration", Data: change{changed, db.Millis(tx.Now)}, Again: soon, Done: changed == registration.Removed}
			return nil
		}
		e, err = l.requests(ctx, tx)
		return err
	})
	return e, err
}

// changed returns the registration's state if anything about it is new.
func (l *listener) changed(ctx context.Context, tx *db.Tx) (string, error) {
	g, err := l.a.alive(ctx, tx, l.id)
	if errors.Is(err, registration.ErrRemoved) {
		return registration.Removed, nil
	} else if err != nil {
		return "", err
	}
	d, err := l.a.describe(ctx, tx, g)
	if err != nil {
		return "", err
	}
	d.PendingTest = "" // that is a request's event
	text, err := json.Marshal(d)
	about := sha256.Sum256(text)
	if err != nil || l.about == about {
		return "", err
	}
	first := l.about == [sha256.Size]byte{}
	l.about = about
	if first {
		return "", nil
	}
	return g.State, nil
}

func (l *listener) requests(ctx context.Context, tx *db.Tx) (web.Event, error) {
	g, err := l.a.Registry.ByID(ctx, tx, l.id)
	if err != nil {
		return web.Event{}, err
	}
	briefs, err := l.a.Approvals.Pending(ctx, tx, g)
	open := ids{IDs: []string{}}
	e := web.Event{Name: "requests"}
	for _, b := range briefs {
		open.IDs = append(open.IDs, b.ID)
		if left := time.Duration(b.ExpiresAt-db.Millis(tx.Now)) * time.Millisecond; e.Again == 0 || left < e.Again {
			e.Again = left
		}
	}
	e.Data = open
	return e, err
}
