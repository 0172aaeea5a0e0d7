package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/metrics"
	"countersign/internal/server/notify"
)

// mostDrift is how far a node's clock may be from the database's (protocol, §8).
const mostDrift = 2 * time.Second

// Handler serves both origins and, under any name, the questions of machines:
// /healthz (this process answers) and /readyz (it can do its work).
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			s.healthz(w, r)
		case "/readyz":
			s.readyz(w, r)
		default:
			limitBody(w, r)
			s.rooms.shell.ServeHTTP(w, r)
		}
	})
}

// limitBody gives a body its time. Without a body there is nothing to wait for,
// and a deadline would end a stream that only writes.
func limitBody(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // a test's recorder has none
	}
}

// healthz tells that the process lives; nothing else, because what it depends
// on is not mended by starting it again.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintln(w, "ok")
}

// readyz tells what keeps this node from its work, as {"ready":…,"why":{…}}.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	why := s.notReady(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	if len(why) > 0 {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(struct { // the reader is gone
		Ready bool              `json:"ready"`
		Why   map[string]string `json:"why,omitempty"`
	}{len(why) == 0, why})
}

// errStopping is why a node that is told to stop is not ready.
var errStopping = errors.New("the node is stopping")

// notReady names what is not in order. It says what, never an address or a
// password that an engine's error may hold; the log has the error.
func (s *Server) notReady(ctx context.Context) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	why := map[string]string{}
	for what, check := range map[string]func(context.Context) (string, error){
		"server": s.checkStopping, "schema": s.checkSchema, "clock": s.checkClock, "keys": s.checkKeys,
	} {
		if text, err := check(ctx); err != nil {
			why[what] = text
			s.log.WarnContext(ctx, "not ready", "what", what, "error", err)
		}
	}
	return why
}

func (s *Server) checkStopping(context.Context) (string, error) {
	select {
	case <-s.closing:
		return "stopping", errStopping
	default:
		return "", nil
	}
}

func (s *Server) checkSchema(ctx context.Context) (string, error) {
	now, need, err := s.db.Version(ctx)
	if err != nil {
		return "the database cannot be reached", err
	}
	if now != need {
		text := fmt.Sprintf("the database's schema is version %d, this program's is %d", now, need)
		return text, errors.New(text)
	}
	return "", nil
}

func (s *Server) checkClock(ctx context.Context) (string, error) {
	drift, err := s.db.Drift(ctx)
	if err != nil {
		return "the database cannot be reached", err
	}
	return agree(drift)
}

// agree tells whether a clock that is so far from the database's is good
// enough, and else in what words it is not.
func agree(drift time.Duration) (string, error) {
	if drift.Abs() > mostDrift {
		text := fmt.Sprintf("the clock differs from the database's by %v", drift.Round(time.Millisecond))
		return text, errors.New(text)
	}
	return "", nil
}

func (s *Server) checkKeys(ctx context.Context) (string, error) {
	if _, err := s.rooms.oauth.Keys(ctx); err != nil {
		return "the signing keys cannot be used", err
	}
	return "", nil
}

// figures shows what the rooms count.
func (s *Server) figures() {
	r := s.rooms
	figures := []metrics.Figure{
		{Name: "countersign_streams_open", Help: "Pages and phones that wait.", Now: func() float64 { return float64(r.shell.OpenStreams()) }},
		{Name: "countersign_db_busy", Help: "SQLite: writes that wait. PostgreSQL: connections in use.", Now: func() float64 { return float64(s.db.Busy()) }},
	}
	for _, outcome := range approval.Outcomes {
		figures = append(figures, metrics.Figure{Name: "countersign_approvals_total", Help: "Answered approvals by outcome.",
			Label: "outcome", Value: outcome, Total: func() float64 { return float64(r.approvals.Count(outcome)) }})
	}
	for result, of := range map[string]func(notify.Stats) int64{
		"delivered": func(n notify.Stats) int64 { return n.Knocks },
		"failed":    func(n notify.Stats) int64 { return n.KnocksFailed },
		"lost":      func(n notify.Stats) int64 { return n.KnocksLost },
		"gone":      func(n notify.Stats) int64 { return n.Gone },
	} {
		figures = append(figures, metrics.Figure{Name: "countersign_knocks_total", Help: "Web pushes by result.",
			Label: "result", Value: result, Total: func() float64 { return float64(of(r.notify.Stats())) }})
	}
	for result, of := range map[string]func(notify.Stats) int64{
		"sent":   func(n notify.Stats) int64 { return n.Mails },
		"failed": func(n notify.Stats) int64 { return n.MailsFailed },
	} {
		figures = append(figures, metrics.Figure{Name: "countersign_mails_total", Help: "Mails by result.",
			Label: "result", Value: result, Total: func() float64 { return float64(of(r.notify.Stats())) }})
	}
	for result, of := range map[string]func(notify.Stats) int64{
		"sent":   func(n notify.Stats) int64 { return n.Texts },
		"failed": func(n notify.Stats) int64 { return n.TextsFailed },
	} {
		figures = append(figures, metrics.Figure{Name: "countersign_texts_total", Help: "Texts by result.",
			Label: "result", Value: result, Total: func() float64 { return float64(of(r.notify.Stats())) }})
	}
	s.metrics.Show(figures...)
}
