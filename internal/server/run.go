package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"countersign/internal/server/cert"
)

// What one connection may take.
const (
	headerTime = 10 * time.Second
	headerSize = 16 << 10
	bodyTime   = 30 * time.Second
	answerTime = 3 * time.Minute // for the app over a slow line; a stream sets its own, event by event
	idleTime   = 2 * time.Minute
	certTime   = time.Minute // between two looks at certificate files
)

// Run listens and serves until ctx ends. Then it takes no new connections,
// sends streams away, lets requests under way finish within limits.grace, ends
// the work behind them, and closes the database. It may be called once.
func (s *Server) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	sockets, err := s.sockets(ctx)
	if err != nil {
		return err
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var behind sync.WaitGroup
	for _, run := range s.work() {
		behind.Go(func() { run(work) })
	}
	servers, failed := s.serve(sockets)
	s.log.Info("serving", "id", s.conf.Load().IDURL, "app", s.conf.Load().AppURL, "version", Version(), "listen", addresses(sockets))
	if s.o.Ready != nil {
		s.o.Ready()
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.Info("stopping")
	err = errors.Join(err, s.stop(ctx, servers))
	stopWork()
	behind.Wait()
	s.log.Info("stopped")
	return err
}

// serve serves the sockets, and tells when one fails.
func (s *Server) serve(sockets []socket) ([]*http.Server, <-chan error) {
	failed := make(chan error, len(sockets))
	var servers []*http.Server
	for role, h := range map[role]http.Handler{origins: s.Handler(), plain: s.plain(), figures: s.metrics.Handler()} {
		server := s.httpServer(h)
		servers = append(servers, server)
		for _, l := range sockets {
			if l.role != role {
				continue
			}
			go func() {
				if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					failed <- err
				}
			}()
		}
	}
	return servers, failed
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerSize,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // handshakes that strangers break off
	}
}

// stop lets what is under way finish, each server by itself, all within the grace.
func (s *Server) stop(ctx context.Context, servers []*http.Server) error {
	s.stopping.Do(func() { close(s.closing) })
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.conf.Load().Limits.Grace)
	defer cancel()
	errs := make([]error, len(servers))
	var all sync.WaitGroup
	for i, server := range servers {
		all.Go(func() {
			if errs[i] = server.Shutdown(grace); errs[i] != nil {
				errs[i] = errors.Join(errs[i], server.Close())
			}
		})
	}
	all.Wait()
	return errors.Join(append(errs, s.rooms.shell.WaitStreams(grace))...) // those taken from their server too
}

// work is what goes on behind the requests; each ends with its context.
func (s *Server) work() []func(context.Context) {
	work := append(s.rooms.work(), giveBack)
	if files, ok := s.cert.(*cert.Files); ok {
		work = append(work, func(ctx context.Context) { files.Watch(ctx, certTime, s.tellCert) })
	}
	return work
}

func (s *Server) tellCert(err error) {
	if err != nil {
		s.log.Error("certificate not taken up; the old one stays", "error", err)
		return
	}
	s.log.Info("certificate taken up")
}

// plain is what plain http says beside https.
func (s *Server) plain() http.Handler {
	if s.cert == nil {
		return http.NotFoundHandler()
	}
	if s.o.Plain != nil {
		return s.cert.Plain(s.o.Plain)
	}
	return s.cert.Plain(http.HandlerFunc(s.toHTTPS))
}

// toHTTPS sends browsers to the same place over https. A form that was sent in
// the clear must not look as if that were all right.
func (s *Server) toHTTPS(w http.ResponseWriter, r *http.Request) {
	c := s.conf.Load()
	to := c.IDURL
	if name, _, err := net.SplitHostPort(r.Host); err == nil && name == host(c.AppURL) || r.Host == host(c.AppURL) {
		to = c.AppURL
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "Use "+to, http.StatusBadRequest)
		return
	}
	w.Header().Set("Connection", "close")
	http.Redirect(w, r, to+r.URL.RequestURI(), http.StatusMovedPermanently)
}

func addresses(sockets []socket) []string {
	var out []string
	for _, l := range sockets {
		out = append(out, l.Addr().String())
	}
	return out
}

// host is the name of an origin, without its port.
func host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return "" // Check has refused it
	}
	return u.Hostname()
}
