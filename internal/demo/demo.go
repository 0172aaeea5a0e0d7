// Package demo is a small world to try Countersign in: an organisation with
// people, applications that let them sign in, and a mail server that keeps
// what it is given. Everything in it is real: the applications are ordinary
// OpenID Connect clients that talk HTTP to the service, the mails come by SMTP.
//
// There are four sites beside the service's own two origins, each on a port of
// 127.0.0.1, so that their cookies and the service's never meet:
//
//   - the start page, which says what to open, with the inbox;
//   - Aoba Expenses, a web application that runs on a server;
//   - Aoba Notes, a single-page application;
//   - the notes API, which that and the command line call with access tokens.
//
// First [Listen], because the addresses are registered as redirects; then
// [Seed] the database; then [Stage.Run].
package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Origins are where everything is. None ends with a slash.
type Origins struct {
	ID, App  string // the service's own two
	Start    string
	Expenses string
	Notes    string
	API      string
}

// A Sample is one site of the demo, for a list of what to open.
type Sample struct{ Name, URL string }

// A Stage holds the ports on which the demo's sites will be.
type Stage struct {
	Origins
	// Terminal is the command that starts the application for the terminal, as
	// one types it; the start page shows it.
	Terminal string

	start, expenses, notes, api, smtp net.Listener
	inbox                             *inbox
}

// host is where the sites are: this computer, under a name that the service's
// cookies do not belong to.
const host = "127.0.0.1"

// Listen takes four ports from first on, or free ones where those are taken,
// and one for mail. id and app are the service's origins.
func Listen(id, app string, first int) (*Stage, error) {
	s := &Stage{Origins: Origins{ID: id, App: app}, inbox: newInbox()}
	for i, site := range []struct {
		listener *net.Listener
		origin   *string
	}{{&s.start, &s.Start}, {&s.expenses, &s.Expenses}, {&s.notes, &s.Notes}, {&s.api, &s.API}} {
		l, err := listen(first + i)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		*site.listener, *site.origin = l, "http://"+l.Addr().String()
	}
	var err error
	if s.smtp, err = listen(0); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func listen(port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil && port != 0 {
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return l, nil
}

// Close gives the ports back, for a demo that is not run after all.
func (s *Stage) Close() error {
	var errs []error
	for _, l := range []net.Listener{s.start, s.expenses, s.notes, s.api, s.smtp} {
		if l != nil {
			errs = append(errs, l.Close())
		}
	}
	return errors.Join(errs...)
}

// Mail is the mail server of the inbox, without encryption or a password.
func (s *Stage) Mail() (host string, port int) {
	a := s.smtp.Addr().(*net.TCPAddr)
	return a.IP.String(), a.Port
}

// SendText keeps a text to a phone in the inbox.
func (s *Stage) SendText(ctx context.Context, id, number, text string) error {
	return s.inbox.SendText(ctx, id, number, text)
}

// Samples are the sites in the order a visitor meets them.
func (s *Stage) Samples() []Sample {
	return []Sample{{"start", s.Start}, {"expenses", s.Expenses}, {"notes", s.Notes}, {"api", s.API}, {"inbox", s.Start + pathInbox}}
}

// Run serves the sites until the context ends. The applications ask the
// service for its addresses and keys when somebody first signs in, so it may
// come up later. client is how they reach it; nil is the ordinary way.
func (s *Stage) Run(ctx context.Context, seeded Seeded, client *http.Client) error {
	if client == nil {
		client = &http.Client{Timeout: 10 * time.Second}
	}
	sites, err := s.sites(seeded, client)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	done := make(chan error, len(sites)+1)
	for l, h := range sites {
		go func() { done <- serve(ctx, l, h) }()
	}
	go func() { done <- s.inbox.serve(ctx, s.smtp) }()
	var errs []error
	for range len(sites) + 1 {
		errs = append(errs, <-done)
	}
	return errors.Join(errs...)
}

func (s *Stage) sites(seeded Seeded, client *http.Client) (map[net.Listener]http.Handler, error) {
	start, err := newStart(s.Origins, s.Terminal, seeded, s.inbox)
	if err != nil {
		return nil, err
	}
	expenses, err := newExpenses(s.Origins, seeded, client)
	if err != nil {
		return nil, err
	}
	notes, err := newNotes(s.Origins)
	if err != nil {
		return nil, err
	}
	return map[net.Listener]http.Handler{s.start: start, s.expenses: expenses, s.notes: notes, s.api: newAPI(s.Origins, client)}, nil
}

// serve answers on a listener until the context ends, then lets what is under way finish.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		ended <- srv.Shutdown(grace)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}
