package oauth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Request is an authorization request that may be answered to its
// application: client and redirect are known to belong together.
type Request struct {
	// ID is the row's, once the request is stored to wait for the person. It
	// stands in addresses and opens nothing.
	ID        string
	Client    *Client
	Redirect  string
	Scopes    Scopes
	State     string
	Nonce     string
	Challenge string   // S256 of the verifier
	Prompts   []string // login, consent, select_account; or none alone
	LoginHint string
	Subject   string        // of an id_token_hint: nobody else will do
	MaxAge    time.Duration // since authentication; [anyAge] when it does not matter
	Strength  int           // that the application asks for; 0 for any
	Locales   string        // preferred languages of the pages (BCP 47, spaces between)
	Resource  string
	CreatedAt time.Time
	Device    *Asking // that asked by a code; it has no Redirect, State or Challenge
}

func (r *Request) prompts(p string) bool { return slices.Contains(r.Prompts, p) }

// The values of prompt (OpenID Connect Core §3.1.2.1).
const (
	promptNone    = "none"
	promptLogin   = "login"
	promptConsent = "consent"
	promptAccount = "select_account"
)

// anyAge is the MaxAge of a request that does not ask how old a sign-in is.
const anyAge = -time.Second

// longest is the most bytes that all parameters of a request may have together.
// A request waits in the database, so a stranger decides how much is kept.
const longest = 8 << 10

// addressed reads the two parameters that decide whom an answer goes to. Its
// errors are for the person, not for the application.
func (s *Service) addressed(ctx context.Context, v url.Values) (*Request, error) {
	id, err := one(v, "client_id")
	if err != nil {
		return nil, ErrUnknownClient
	}
	client, err := s.client(ctx, id)
	if err != nil {
		return nil, err
	}
	redirect, err := one(v, "redirect_uri")
	if err != nil {
		return nil, ErrWrongRedirect
	}
	if client, err = s.sentBackTo(client, redirect); err != nil {
		return nil, err
	}
	return &Request{Client: client, Redirect: redirect, MaxAge: anyAge}, nil
}

// read takes over all other parameters. What it refuses is told to the application.
func (s *Service) read(ctx context.Context, r *Request, v url.Values) error {
	if state, err := one(v, "state"); err == nil && isText(state) {
		r.State = state // first, for the answer carries it also when it is an error
	}
	for name, values := range v {
		if len(values) != 1 { // RFC 6749 §3.1
			return refuse(ErrInvalidRequest, "parameter twice: "+printable(name))
		}
		if !isText(values[0]) {
			return refuse(ErrInvalidRequest, "parameter is not text: "+printable(name))
		}
	}
	if size(v) > longest {
		return refuse(ErrInvalidRequest, "request is longer than 8192 bytes")
	}
	if v.Has("request") {
		return ErrNoRequestObjects
	}
	if v.Has("request_uri") {
		return ErrNoRequestURI
	}
	defer r.raise()
	return firstRefusal(
		func() *Refusal { return r.readResponse(v) },
		func() *Refusal { return r.readChallenge(v) },
		func() *Refusal { return r.readScope(v) },
		func() *Refusal { return r.readPrompt(v) },
		func() *Refusal { return r.readWishes(v) },
		func() *Refusal { return s.readHint(ctx, r, v.Get("id_token_hint")) },
	)
}

func firstRefusal(checks ...func() *Refusal) error {
	for _, check := range checks {
		if r := check(); r != nil {
			return r
		}
	}
	return nil
}

func (r *Request) readResponse(v url.Values) *Refusal {
	if t := v.Get("response_type"); t == "" {
		return refuse(ErrInvalidRequest, "response_type is missing")
	} else if t != "code" {
		return refuse(ErrUnsupportedType, "response_type must be code")
	}
	if m := v.Get("response_mode"); m != "" && m != "query" {
		return refuse(ErrInvalidRequest, "response_mode must be query")
	}
	r.Nonce = v.Get("nonce")
	return nil
}

// readChallenge insists on PKCE with S256 (O2). An absent method would mean
// "plain" (RFC 7636 §4.3), which is refused as well.
func (r *Request) readChallenge(v url.Values) *Refusal {
	r.Challenge = v.Get("code_challenge")
	if r.Challenge == "" {
		return refuse(ErrInvalidRequest, "code_challenge is missing: PKCE is required")
	}
	if v.Get("code_challenge_method") != "S256" {
		return refuse(ErrInvalidRequest, "code_challenge_method must be S256")
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(r.Challenge); err != nil || len(b) != 32 {
		return refuse(ErrInvalidRequest, "code_challenge is not a SHA-256 in base64url")
	}
	return nil
}

// readScope keeps what the application may ask for; the token answer says what
// was granted. Unknown values are ignored (OpenID Connect Core §3.1.2.1).
func (r *Request) readScope(v url.Values) *Refusal {
	r.Scopes = ParseScopes(v.Get("scope")).in(r.Client.Scopes)
	if len(r.Scopes) == 0 {
		return refuse(ErrInvalidScope, "no scope that this application may ask for")
	}
	if r.Scopes.bind() && len(r.Scopes) > 1 {
		return refuse(ErrInvalidScope, "a scope that binds a device stands alone")
	}
	if r.Resource = v.Get("resource"); r.Resource != "" && r.Resource != r.Client.Audience {
		return refuse(ErrInvalidTarget, "resource is not this application's")
	}
	return nil
}

func (r *Request) readPrompt(v url.Values) *Refusal {
	for p := range strings.FieldsSeq(v.Get("prompt")) {
		if p != promptNone && p != promptLogin && p != promptConsent && p != promptAccount {
			return refuse(ErrInvalidRequest, "prompt has an unknown value")
		}
		r.Prompts = append(r.Prompts, p)
	}
	if r.prompts(promptNone) && len(r.Prompts) > 1 {
		return refuse(ErrInvalidRequest, "prompt none goes with nothing else")
	}
	return nil
}

func (r *Request) readWishes(v url.Values) *Refusal {
	r.LoginHint, r.Locales = v.Get("login_hint"), v.Get("ui_locales")
	if age := v.Get("max_age"); age != "" {
		n, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return refuse(ErrInvalidRequest, "max_age is not a number of seconds")
		}
		r.MaxAge = time.Duration(n) * time.Second
	}
	wanted := strings.Fields(v.Get("acr_values"))
	for i, value := range wanted {
		n := strengthOf(value)
		if n != 0 && (r.Strength == 0 || n < r.Strength) {
			r.Strength = n
		}
		if i == len(wanted)-1 && r.Strength == 0 {
			return refuse(ErrTooWeak, "none of acr_values is known")
		}
	}
	return nil
}

// readHint takes the person an ID token of ours was about.
func (s *Service) readHint(ctx context.Context, r *Request, token string) *Refusal {
	if token == "" {
		return nil
	}
	hint, err := s.hint(ctx, token)
	if err != nil || hint.Audience != r.Client.ID {
		return refuse(ErrInvalidRequest, "id_token_hint is not an ID token of this application")
	}
	r.Subject = hint.Subject
	return nil
}

var errNotOne = errors.New("parameter is missing or there twice")

// one is the value of a parameter that is there exactly once and not empty.
func one(v url.Values, name string) (string, error) {
	if values := v[name]; len(values) == 1 && values[0] != "" {
		return values[0], nil
	}
	return "", errNotOne
}

func size(v url.Values) int {
	n := 0
	for name, values := range v {
		n += len(name)
		for _, value := range values {
			n += len(value)
		}
	}
	return n
}

// isText tells whether a value can lie in a database and go back as it came.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// printable keeps a parameter's name within what error_description may hold (RFC 6749 §4.1.2.1).
func printable(name string) string {
	if len(name) > 40 || !validScope(name) {
		return "unprintable"
	}
	return name
}
