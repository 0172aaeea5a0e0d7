package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	streamLife = 10 * time.Minute // then the browser comes again
	heartbeat  = 25 * time.Second // keeps proxies from closing what is quiet
	writeTime  = 10 * time.Second // for one event to reach a reader
)

// An Event is what a stream tells its reader after a look at the database.
type Event struct {
	Name  string        // of the event; "" sends nothing
	Data  any           // sent as JSON
	Done  bool          // this is the last event
	Again time.Duration // look again so much later even if nothing wakes the stream; 0 for no
}

// Stream keeps the request open as server-sent events (WHATWG HTML, 9.2). It
// calls look at once and whenever the topic is woken, and sends an event when
// it differs from the one before. It ends with a Done event, with the reader,
// with the server, or after ten minutes. An error of the first look comes
// back unwritten; a later one ends the stream, and the reader comes again. With
// more streams open than the shell allows it is [ErrUnavailable].
func (s *Shell) Stream(w http.ResponseWriter, r *http.Request, topic string, look func(context.Context) (Event, error)) error {
	leave, err := s.EnterStream()
	if err != nil {
		return err
	}
	defer leave()
	wake, cancel := s.Hub.Subscribe(topic)
	defer cancel()
	ctx, stop := context.WithTimeout(r.Context(), streamLife)
	defer stop()
	e, err := look(ctx)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store, no-transform")
	w.Header().Set("X-Accel-Buffering", "no") // nginx passes events on at once
	w.WriteHeader(http.StatusOK)
	out := sink{w: w, rc: http.NewResponseController(w), closing: s.Closing}
	return out.run(ctx, wake, e, look)
}

// streams counts what is open, so that a server that stops can wait for it.
type streams struct {
	mu    sync.Mutex
	n     int
	over  bool          // no more are let in
	empty chan struct{} // closed when the last one leaves, once over
}

// EnterStream counts a stream, one that is kept elsewhere too, until it leaves.
// It returns [ErrUnavailable] when there are as many as may be, or when the
// server ends.
func (s *Shell) EnterStream() (leave func(), err error) {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	if s.streams.over || s.Streams > 0 && s.streams.n >= s.Streams {
		return nil, Later(ErrUnavailable, heartbeat)
	}
	s.streams.n++
	return sync.OnceFunc(s.leaveStream), nil
}

func (s *Shell) leaveStream() {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	if s.streams.n--; s.streams.n == 0 && s.streams.over {
		close(s.streams.empty)
	}
}

// WaitStreams lets no more streams in and waits until those that are open have
// left, or ctx ends. Closing [Config.Closing] sends them away.
func (s *Shell) WaitStreams(ctx context.Context) error {
	s.streams.mu.Lock()
	s.streams.over, s.streams.empty = true, make(chan struct{})
	if s.streams.n == 0 {
		close(s.streams.empty)
	}
	s.streams.mu.Unlock()
	select {
	case <-s.streams.empty:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d streams are still open: %w", s.OpenStreams(), ctx.Err())
	}
}

// OpenStreams tells how many streams are open.
func (s *Shell) OpenStreams() int {
	s.streams.mu.Lock()
	defer s.streams.mu.Unlock()
	return s.streams.n
}

// A sink writes events.
type sink struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	closing <-chan struct{}
	last    string
}

func (o *sink) run(ctx context.Context, wake <-chan struct{}, e Event, look func(context.Context) (Event, error)) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if err := o.send(e); err != nil || e.Done {
			return nil // the reader is gone, or has heard all
		}
		var again <-chan time.Time
		if e.Again > 0 {
			again = time.After(e.Again)
		}
		for waiting := true; waiting; {
			select {
			case <-ctx.Done():
				return nil
			case <-o.closing:
				return nil
			case <-wake:
				waiting = false
			case <-again:
				waiting = false
			case <-beat.C:
				if o.write(":\n\n") != nil {
					return nil
				}
			}
		}
		var err error
		if e, err = look(ctx); err != nil {
			return nil // the reader comes again and hears of it
		}
	}
}

func (o *sink) send(e Event) error {
	if e.Name == "" {
		return o.flushOnce()
	}
	data, err := json.Marshal(e.Data)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("event: %s\ndata: %s\n\n", e.Name, data)
	if text == o.last {
		return nil
	}
	o.last = text
	return o.write(text)
}

// flushOnce tells a reader with nothing to hear yet that the stream is open.
func (o *sink) flushOnce() error {
	if o.last != "" {
		return nil
	}
	o.last = ":"
	return o.write(":\n\n")
}

func (o *sink) write(text string) error {
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeTime)) // not every writer has one
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.rc.Flush()
}
