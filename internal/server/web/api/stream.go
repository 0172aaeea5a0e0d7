package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
)

const (
	streamLife = 10 * time.Minute // then the device comes again
	heartbeat  = 25 * time.Second // keeps proxies from closing what is quiet
	writeTime  = 5 * time.Second  // for one event to reach a reader
)

// stream is GET /device/stream. It tells a device that there is something to
// look at: "requests" with the ids that are open, "registration" when the
// device should ask about itself. Never what a request is about.
//
// Ten thousand devices listen on a node. While nothing happens net/http keeps
// some 25 KiB of buffers and stack for each; so once the request is checked the
// connection is taken from it, and what is left is a goroutine that waits. It
// ends after ten minutes, with the device, or with the server, which waits for
// it as for a request. Over HTTP/2,
// where a connection carries more than this, the shell's stream does the same.
func (a *api) stream(w http.ResponseWriter, r *http.Request, c *caller) error {
	l := &listener{a: a, id: c.ID, topic: registration.PersonTopic(c.Person)}
	if r.ProtoMajor != 1 {
		return a.shell.Stream(w, r, l.topic, l.look)
	}
	leave, err := a.shell.EnterStream()
	if err != nil {
		return err
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		leave()
		return err
	}
	head := w.Header().Clone()
	go func() {
		defer leave()
		l.serve(conn, head)
	}()
	return nil
}

// A listener is a device that listens.
type listener struct {
	a     *api
	id    string
	topic string
	about string // the registration as the device last heard of it
	last  string // event that was sent
}

// serve keeps the connection until one side has enough.
func (l *listener) serve(conn net.Conn, head http.Header) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hangUp := func() { _ = conn.Close() }
	defer hangUp()
	defer time.AfterFunc(streamLife, hangUp).Stop() // also from a reader that takes nothing
	wake, deaf := l.a.Notify.Hub.Subscribe(l.topic)
	defer deaf()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()

	if err := begin(conn, head, l.a.DB.Now()); err != nil {
		return
	}
	var due <-chan time.Time
	for quiet := false; ; {
		again, err := l.tell(ctx, conn, quiet)
		if err != nil {
			return // the device comes again, and hears why
		}
		if !quiet {
			due = nil
		}
		if again > 0 {
			due = time.After(again)
		}
		quiet = false
		select {
		case <-l.a.shell.Closing:
			return
		case <-wake:
		case <-due:
		case <-beat.C:
			quiet = true
		}
	}
}

// begin answers the request, as net/http would have.
func begin(conn net.Conn, head http.Header, now time.Time) error {
	return aside(func() error {
		var b bytes.Buffer
		b.WriteString("HTTP/1.1 200 OK\r\n")
		head.Set("Content-Type", "text/event-stream")
		head.Set("Cache-Control", "no-store, no-transform")
		head.Set("X-Accel-Buffering", "no") // nginx passes events on at once
		head.Set("Connection", "close")
		head.Set("Date", now.Format(http.TimeFormat))
		if err := head.Write(&b); err != nil {
			return err
		}
		b.WriteString("\r\n")
		return write(conn, b.Bytes())
	})
}

// write writes, unless the reader takes nothing for too long: the server's end
// waits for a stream.
func write(conn net.Conn, b []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := conn.Write(b)
	return err
}

var errLast = errors.New("nothing more to tell")

// tell looks and writes what is new; if quiet, only that the line is open. It
// returns when to look again though nobody wakes it, 0 for not at all.
func (l *listener) tell(ctx context.Context, conn net.Conn, quiet bool) (again time.Duration, err error) {
	err = aside(func() error {
		if quiet {
			return write(conn, []byte(":\n\n"))
		}
		e, err := l.look(ctx)
		if err != nil {
			return err
		}
		data, err := json.Marshal(e.Data)
		if err != nil {
			return err
		}
		again = e.Again
		if text := fmt.Sprintf("event: %s\ndata: %s\n\n", e.Name, data); text != l.last {
			l.last = text
			err = write(conn, []byte(text))
		}
		if e.Done && err == nil {
			err = errLast
		}
		return err
	})
	return again, err
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

func (l *listener) look(ctx context.Context) (e web.Event, err error) {
	err = l.a.DB.Read(ctx, func(tx *db.Tx) error {
		g, err := l.a.alive(ctx, tx, l.id)
		if errors.Is(err, registration.ErrRemoved) {
			e = web.Event{Name: "registration", Data: change{registration.Removed, db.Millis(tx.Now)}, Done: true}
			return nil
		} else if err != nil {
			return err
		}
		p, err := directory.ByID(ctx, tx, g.Person)
		if err != nil {
			return err
		}
		if news, err := l.changed(ctx, tx, g, p); err != nil || news {
			e = web.Event{Name: "registration", Data: change{g.StateFor(p), db.Millis(tx.Now)}, Again: soon}
			return err
		}
		e, err = l.requests(ctx, tx, g)
		return err
	})
	return e, err
}

// changed tells whether the registration has news: its state, its name, the
// person's other apps, or what waits. The first look only remembers.
func (l *listener) changed(ctx context.Context, tx *db.Tx, g registration.Registration, p directory.Person) (bool, error) {
	apps, err := l.a.Registry.Stamp(ctx, tx, g.Person)
	if err != nil {
		return false, err
	}
	waits, err := wayback.Waiting(ctx, tx, p)
	about := fmt.Sprint(g.StateFor(p), g.Name, apps)
	for _, c := range waits {
		about += " " + c.ID
	}
	news := l.about != "" && l.about != about
	l.about = about
	return news, err
}

func (l *listener) requests(ctx context.Context, tx *db.Tx, g registration.Registration) (web.Event, error) {
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
