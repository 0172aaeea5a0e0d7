package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"countersign/ui"
)

// A Terminal is a command-line application: it opens the browser for the
// sign-in, takes the answer on a port of this computer (RFC 8252 §7.3), and
// calls the notes API.
type Terminal struct {
	Issuer string // the service
	API    string // the notes API
	Lang   string // "en" or "ja"
	Out    io.Writer
	// Open shows an address in the person's browser; nil only prints it.
	Open func(url string) error
	// Client reaches the service; nil is the ordinary way.
	Client *http.Client
}

// Run signs in once and prints the person's notes.
func (c Terminal) Run(ctx context.Context) error {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second}
	}
	ctx = oidc.ClientContext(ctx, c.Client)
	provider, err := oidc.NewProvider(ctx, c.Issuer)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return err
	}
	config := oauth2.Config{ClientID: TerminalID, Endpoint: provider.Endpoint(), RedirectURL: "http://" + l.Addr().String() + pathCallback,
		Scopes: []string{oidc.ScopeOpenID, "profile", scopeNotes}}
	token, err := c.authorize(ctx, l, config)
	if err != nil {
		return err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: TerminalID}).Verify(ctx, raw)
	if err != nil {
		return err
	}
	var who struct{ Name string }
	if err := id.Claims(&who); err != nil {
		return err
	}
	fmt.Fprintln(c.Out, c.say("demo.cli.hello", "name", who.Name))
	return c.notes(ctx, token.AccessToken)
}

// authorize sends the person to the service and waits for the answer.
func (c Terminal) authorize(ctx context.Context, l net.Listener, config oauth2.Config) (*oauth2.Token, error) {
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	answers := make(chan answer, 1)
	srv := &http.Server{Handler: c.receiver(state, answers), ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	defer func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = srv.Shutdown(grace) // the page it showed last has been written
		<-served
	}()
	link := config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("ui_locales", c.Lang))
	fmt.Fprintln(c.Out, c.say("demo.cli.open"))
	fmt.Fprintln(c.Out, link)
	if c.Open != nil {
		_ = c.Open(link) // the address is on the screen as well
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case a := <-answers:
		if a.err != nil {
			return nil, a.err
		}
		return config.Exchange(ctx, a.code, oauth2.VerifierOption(verifier))
	}
}

// An answer is what the browser brought back.
type answer struct {
	code string
	err  error
}

// receiver takes one answer, the first that belongs to this sign-in.
func (c Terminal) receiver(state string, answers chan<- answer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+pathCallback, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("state") != state || q.Get("iss") != c.Issuer {
			http.Error(w, "not the answer this program waits for", http.StatusBadRequest)
			return
		}
		a, text := answer{code: q.Get("code")}, c.say("demo.cli.done")
		if e := q.Get("error"); e != "" {
			a, text = answer{err: errors.New(strings.TrimSuffix(e+": "+q.Get("error_description"), ": "))}, c.say("demo.cli.failed")
		}
		select {
		case answers <- a:
		default:
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		fmt.Fprintln(w, text)
	})
	return mux
}

// notes calls the API.
func (c Terminal) notes(ctx context.Context, token string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.API+"/notes", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Accept-Language", c.Lang)
	a, err := c.Client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("notes API: %s %s", a.Status, a.Header.Get("WWW-Authenticate"))
	}
	var list noteList
	if err := json.NewDecoder(io.LimitReader(a.Body, 64<<10)).Decode(&list); err != nil {
		return err
	}
	for _, n := range list.Notes {
		fmt.Fprintln(c.Out, " –", n)
	}
	return nil
}

func (c Terminal) say(key string, args ...any) string { return ui.T(c.Lang, key, args...) }
