package demo

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const pathCallback = "/callback"

// Expenses is a web application as its developers would write it: it runs on
// a server, has a secret, and leaves the protocol to coreos/go-oidc and
// x/oauth2, unmodified.
type expenses struct {
	*site
	Origins
	client *http.Client
	secret string

	mu       sync.Mutex
	known    *party
	sessions shelf[visitor]  // who is signed in, by cookie
	trips    shelf[signTrip] // who has gone to sign in, by cookie
}

// A party is what the service says about itself, read when it is first needed.
type party struct {
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
	logout   string
}

// A visitor is somebody signed in here.
type visitor struct {
	Claims map[string]any
	raw    string // the ID token, to sign out with
}

// A signTrip is a visitor on the way to the service and back.
type signTrip struct{ state, nonce, verifier string }

func newExpenses(o Origins, seeded Seeded, client *http.Client) (*expenses, error) {
	// The form that signs out is redirected to the service, which form-action must allow.
	s, err := newSite("demo.expenses.name", "form-action 'self' "+o.ID, "expenses.html")
	if err != nil {
		return nil, err
	}
	e := &expenses{site: s, Origins: o, client: client, secret: seeded.ExpensesSecret()}
	s.HandleFunc("GET /{$}", e.home)
	s.HandleFunc("GET /signin", e.signin)
	s.HandleFunc("GET "+pathCallback, e.callback)
	s.HandleFunc("POST /signout", e.signout)
	return e, nil
}

// discover asks the service where its endpoints are, until it has answered once.
func (e *expenses) discover(ctx context.Context) (*party, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known != nil {
		return e.known, nil
	}
	provider, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), e.client), e.ID)
	if err != nil {
		return nil, err
	}
	var more struct {
		Logout string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&more); err != nil {
		return nil, err
	}
	e.known = &party{
		config: oauth2.Config{ClientID: ExpensesID, ClientSecret: e.secret, Endpoint: provider.Endpoint(),
			RedirectURL: e.Expenses + pathCallback, Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
		verifier: provider.Verifier(&oidc.Config{ClientID: ExpensesID}),
		logout:   more.Logout,
	}
	return e.known, nil
}

// A claim is one line of what the service told.
type claim struct{ Name, Value string }

// An expensesPage is the application's only page.
type expensesPage struct {
	Who    string // "" for nobody
	Claims []claim
	Error  string // what the service answered instead
	Start  string
}

func (e *expenses) home(w http.ResponseWriter, r *http.Request) {
	e.page(w, r, http.StatusOK, "")
}

func (e *expenses) page(w http.ResponseWriter, r *http.Request, status int, trouble string) {
	p := expensesPage{Error: trouble, Start: e.Start}
	if v, ok := e.sessions.get(r, "expenses"); ok {
		p.Who = fmt.Sprint(cmp.Or(v.Claims["name"], v.Claims["sub"]))
		for _, name := range slices.Sorted(maps.Keys(v.Claims)) {
			p.Claims = append(p.Claims, claim{name, shown(name, v.Claims[name])})
		}
	}
	e.show(w, r, status, "expenses.html", p)
}

// shown is a claim's value as people read it.
func shown(name string, value any) string {
	switch v := value.(type) {
	case float64:
		if name == "exp" || name == "iat" || name == "auth_time" {
			return time.Unix(int64(v), 0).UTC().Format("2006-01-02 15:04:05 UTC")
		}
		return fmt.Sprint(v)
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = fmt.Sprint(v[i])
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprint(value)
}

// signin sends the visitor to the service. ?prompt=login asks for a fresh
// sign-in, ?prompt=select_account for another account.
func (e *expenses) signin(w http.ResponseWriter, r *http.Request) {
	p, err := e.discover(r.Context())
	if err != nil {
		e.page(w, r, http.StatusBadGateway, err.Error())
		return
	}
	trip := signTrip{state: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier()}
	e.trips.put(w, "expenses-trip", trip, 2*time.Hour)
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(trip.verifier), oidc.Nonce(trip.nonce),
		oauth2.SetAuthURLParam("ui_locales", language(r))}
	if prompt := r.URL.Query().Get("prompt"); prompt != "" {
		options = append(options, oauth2.SetAuthURLParam("prompt", prompt))
	}
	http.Redirect(w, r, p.config.AuthCodeURL(trip.state, options...), http.StatusSeeOther)
}

var errMixedUp = errors.New("the answer does not belong to a sign-in that began here")

// callback takes the service's answer.
func (e *expenses) callback(w http.ResponseWriter, r *http.Request) {
	v, err := e.redeem(w, r)
	if err != nil {
		e.page(w, r, http.StatusBadRequest, err.Error())
		return
	}
	e.sessions.put(w, "expenses", v, 8*time.Hour)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (e *expenses) redeem(w http.ResponseWriter, r *http.Request) (visitor, error) {
	p, err := e.discover(r.Context())
	if err != nil {
		return visitor{}, err
	}
	q := r.URL.Query()
	trip, ok := e.trips.take(w, r, "expenses-trip")
	if !ok || q.Get("state") != trip.state || q.Get("iss") != e.ID { // RFC 9207: whose answer is this?
		return visitor{}, errMixedUp
	}
	if code := q.Get("error"); code != "" {
		return visitor{}, errors.New(strings.TrimSuffix(code+": "+q.Get("error_description"), ": "))
	}
	ctx := oidc.ClientContext(r.Context(), e.client)
	token, err := p.config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(trip.verifier))
	if err != nil {
		return visitor{}, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return visitor{}, err
	}
	if id.Nonce != trip.nonce {
		return visitor{}, errMixedUp
	}
	visitor := visitor{raw: raw}
	return visitor, id.Claims(&visitor.Claims)
}

// signout ends the session here and asks the service to end its own.
func (e *expenses) signout(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		http.Error(w, "not from here", http.StatusForbidden)
		return
	}
	v, ok := e.sessions.take(w, r, "expenses")
	p, err := e.discover(r.Context())
	if !ok || err != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, p.logout+"?"+url.Values{
		"id_token_hint": {v.raw}, "post_logout_redirect_uri": {e.Expenses + "/"}, "ui_locales": {language(r)},
	}.Encode(), http.StatusSeeOther)
}
