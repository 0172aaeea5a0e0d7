package web

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/notify"
)

func streamShell(t *testing.T, change ...func(*Config)) *Shell {
	t.Helper()
	c := Config{DB: dbtest.Open(t), ID: "http://id.example", App: "http://app.example", Hub: &notify.Hub{}, Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A reader collects what a stream sends.
type reader struct {
	*httptest.ResponseRecorder
	stop context.CancelFunc
	done chan error
}

func open(s *Shell, look func(context.Context) (Event, error)) *reader {
	ctx, stop := context.WithCancel(context.Background())
	r := &reader{httptest.NewRecorder(), stop, make(chan error, 1)}
	go func() {
		r.done <- s.Stream(r, httptest.NewRequest("GET", "/x", nil).WithContext(ctx), "topic", look)
	}()
	synctest.Wait()
	return r
}

func TestAStreamTellsWhatChangesOnceAndEnds(t *testing.T) {
	s := streamShell(t)
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		r := open(s, func(context.Context) (Event, error) {
			return Event{Name: "state", Data: n.Load(), Done: n.Load() == 2}, nil
		})
		s.Hub.Signal("other")
		s.Hub.Signal("topic")
		synctest.Wait()
		n.Store(1)
		s.Hub.Signal("topic")
		synctest.Wait()
		n.Store(2)
		s.Hub.Signal("topic")
		if err := <-r.done; err != nil {
			t.Error(err)
		}
		want := "event: state\ndata: 0\n\nevent: state\ndata: 1\n\nevent: state\ndata: 2\n\n"
		if got := r.Body.String(); got != want {
			t.Errorf("%q", got)
		}
		if s.Hub.Waiting() != 0 || s.OpenStreams() != 0 {
			t.Error("something is left open")
		}
	})
}

func TestAQuietStreamBeatsAndEndsAfterTenMinutes(t *testing.T) {
	s := streamShell(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := open(s, func(context.Context) (Event, error) { return Event{}, nil })
		<-r.done
		if took := time.Since(start); took != 10*time.Minute {
			t.Errorf("took %v", took)
		}
		if n := strings.Count(r.Body.String(), ":\n\n"); n < 24 || n > 25 {
			t.Errorf("%d beats", n)
		}
	})
}

func TestAStreamLooksAgainWhenAsked(t *testing.T) {
	s := streamShell(t)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := open(s, func(context.Context) (Event, error) {
			over := time.Since(start) >= time.Minute
			return Event{Name: "state", Data: over, Done: over, Again: time.Minute - time.Since(start)}, nil
		})
		<-r.done
		if took := time.Since(start); took != time.Minute || !strings.Contains(r.Body.String(), "data: true") {
			t.Errorf("%v %q", took, r.Body.String())
		}
	})
}

func TestAStreamEndsWithItsReaderItsServerAndItsFault(t *testing.T) {
	s := streamShell(t)
	synctest.Test(t, func(t *testing.T) {
		closing := make(chan struct{}) // of the bubble
		s.Closing = closing
		quiet := func(context.Context) (Event, error) { return Event{Name: "x"}, nil }
		gone := open(s, quiet)
		gone.stop()
		<-gone.done
		var broken atomic.Bool
		fault := open(s, func(context.Context) (Event, error) {
			if broken.Load() {
				return Event{}, errors.New("database gone")
			}
			return Event{Name: "x"}, nil
		})
		broken.Store(true)
		s.Hub.Signal("topic")
		<-fault.done
		last := open(s, quiet)
		close(closing)
		<-last.done
	})
	if s.Hub.Waiting() != 0 || s.OpenStreams() != 0 {
		t.Error("something is left open")
	}
}

func TestAFirstFaultIsAnAnswer(t *testing.T) {
	s := streamShell(t)
	w := httptest.NewRecorder()
	fault := errors.New("no such thing")
	err := s.Stream(w, httptest.NewRequest("GET", "/x", nil), "topic", func(context.Context) (Event, error) { return Event{}, fault })
	if !errors.Is(err, fault) || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "" {
		t.Errorf("%v %v", err, w)
	}
}

func TestThereAreOnlySoManyStreams(t *testing.T) {
	s := streamShell(t, func(c *Config) { c.Streams = 1 })
	synctest.Test(t, func(t *testing.T) {
		quiet := func(context.Context) (Event, error) { return Event{}, nil }
		first := open(s, quiet)
		if err := <-open(s, quiet).done; !errors.Is(err, ErrUnavailable) {
			t.Errorf("the second: %v", err)
		}
		first.stop()
		<-first.done
		third := open(s, quiet)
		third.stop()
		if err := <-third.done; err != nil {
			t.Error(err)
		}
	})
}

func TestAStreamReachesARealReaderAtOnce(t *testing.T) {
	s := streamShell(t)
	var n atomic.Int64
	s.Page("GET /stream", func(w http.ResponseWriter, r *http.Request) error {
		return s.Stream(w, r, "topic", func(context.Context) (Event, error) { return Event{Name: "n", Data: n.Load()}, nil })
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "id.example"
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	answer, err := http.Get(server.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	read := func() (text string) {
		for lines.Scan() && lines.Text() != "" {
			text += lines.Text() + " "
		}
		return text
	}
	if got := read(); got != "event: n data: 0 " || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%q %v", got, answer.Header)
	}
	n.Store(7)
	s.Hub.Signal("topic")
	if got := read(); got != "event: n data: 7 " {
		t.Errorf("%q", got)
	}
}
