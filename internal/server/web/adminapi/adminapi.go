// Package adminapi is the console for programs: the same acts, with the same
// guard, over HTTP, as docs/api/openapi.yaml has them.
//
// A program shows an access token with the scope admin that a person gave it.
// It may do what that person may, no more, and no longer than they are signed
// in; what changes something wants a full sign-in of the last minutes, as the
// pages do. Every call is one transaction.
package adminapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/explain"
	"countersign/internal/server/limit"
	"countersign/internal/server/logo"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// Deps are what the calls stand on; all must be there.
type Deps struct {
	DB       *db.DB
	Registry *registration.Registry
	Passkeys *method.Passkeys
	Notify   *notify.Notify
	SignIn   *signin.Service
	OAuth    *oauth.Service
	Version  string // of the program
}

const (
	maxBody     = 16 << 10
	mostCalls   = 300 // of one person in a minute, by all their programs
	callsWindow = time.Minute
)

var errFresh = errors.New("a full sign-in of the last minutes is needed")

// problems are how the errors look that only these calls have.
var problems = []web.Problem{
	{Err: oauth.ErrInvalidToken, Status: http.StatusUnauthorized, Code: "invalid_token", Title: "console.api.token.title", Text: "console.api.token.text"},
	{Err: oauth.ErrInsufficientScope, Status: http.StatusForbidden, Code: "insufficient_scope", Title: "console.api.scope.title", Text: "console.api.scope.text"},
	{Err: errFresh, Status: http.StatusUnauthorized, Code: "insufficient_user_authentication", Title: "console.api.fresh.title", Text: "console.api.fresh.text"},
	{Err: admin.ErrNotAllowed, Status: http.StatusForbidden, Code: "not_allowed", Title: "console.notallowed.title", Text: "console.notallowed.text"},
	{Err: admin.ErrSelf, Status: http.StatusForbidden, Code: "self", Title: "console.self.title", Text: "console.self.text"},
	{Err: signin.ErrNoOwner, Status: http.StatusConflict, Code: "no_owner", Title: "common.noowner.title", Text: "common.noowner.text"},
	{Err: explain.ErrUnknown, Status: http.StatusNotFound, Code: "not_found", Title: "common.notfound.title", Text: "common.notfound.text"},
	{Err: registration.ErrUnknown, Status: http.StatusNotFound, Code: "not_found", Title: "common.notfound.title", Text: "common.notfound.text"},
	{Err: directory.ErrTaken, Status: http.StatusConflict, Code: "taken", Title: "console.api.taken.title", Text: "console.api.taken.text"},
	{Err: directory.ErrElsewhere, Status: http.StatusUnprocessableEntity, Code: "other_domain", Title: "console.api.elsewhere.title", Text: "console.add.wrong.elsewhere"},
	{Err: ui.ErrColour, Status: http.StatusUnprocessableEntity, Code: "unprocessable", Title: "console.api.invalid.title", Text: "console.looks.notcolour"},
	{Err: ui.ErrFaint, Status: http.StatusUnprocessableEntity, Code: "too_faint", Title: "console.api.invalid.title", Text: "console.api.faint.text"},
	{Err: logo.ErrKind, Status: http.StatusUnsupportedMediaType, Code: "not_a_picture", Title: "console.api.invalid.title", Text: "console.looks.kind"},
	{Err: logo.ErrLarge, Status: http.StatusRequestEntityTooLarge, Code: "too_large", Title: "console.api.invalid.title", Text: "console.looks.large"},
	{Err: directory.ErrInvalid, Status: http.StatusUnprocessableEntity, Code: "unprocessable", Title: "console.api.invalid.title", Text: "console.api.invalid.text"},
	{Err: method.ErrPassTerms, Status: http.StatusUnprocessableEntity, Code: "unprocessable", Title: "console.api.invalid.title", Text: "console.api.invalid.text"},
}

type api struct {
	Deps
	shell *web.Shell
	desk  *admin.Desk
}

// Mount adds the calls to the shell.
func Mount(s *web.Shell, d Deps) {
	a := &api{d, s, &admin.Desk{Apps: d.Registry, SignIn: d.SignIn, Notify: d.Notify}}
	s.Explain(problems...)
	for _, r := range routes {
		s.Call(r.method+" "+base+r.path, r.limit(), a.answer(r))
	}
}

// A call is one call under way.
type call struct {
	*api
	ctx   context.Context
	tx    *db.Tx
	by    admin.By
	actor directory.Person
	lang  string // for what people read
	path  func(name string) string
	query url.Values
	body  []byte
}

// read decodes the body strictly.
func (c *call) read(v any) error { return web.DecodeBytes(c.body, v) }

// subject is the person in the path, of the caller's organisation.
func (c *call) subject() (directory.Person, error) {
	p, err := directory.ByID(c.ctx, c.tx, c.path("id"))
	if err == nil && admin.May(c.actor, p, admin.See) != nil {
		return p, directory.ErrUnknown
	}
	return p, err
}

// answer wraps what a route does: who calls, how often, and may they at all.
func (a *api) answer(route route) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		out, err := a.run(r, route)
		if err != nil {
			challenge(w, err)
			return err
		}
		if out == nil {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}
		return web.JSON(w, route.status(), out)
	}
}

func (a *api) run(r *http.Request, route route) (out any, err error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, oauth.ErrInvalidToken
	}
	caller, err := a.OAuth.Caller(r.Context(), token, oauth.ScopeAdmin)
	if err != nil {
		return nil, err
	}
	if err := a.count(r.Context(), caller.Session.Person); err != nil {
		return nil, err
	}
	c := &call{api: a, ctx: r.Context(), lang: a.shell.Lang(r), path: r.PathValue, query: r.URL.Query()}
	if c.body, err = body(r); err != nil {
		return nil, err
	}
	from := web.From(r)
	c.by = admin.By{
		Session: caller.Session, Correlation: web.Reference(r),
		From: registration.Where{IP: from.IP, Place: from.Place, Browser: caller.Client},
	}
	if route.upload != nil {
		if err := route.upload(c); err != nil {
			return nil, err
		}
	}
	do := a.DB.Write
	if !route.changes() {
		do = a.DB.Read
	}
	err = do(r.Context(), func(tx *db.Tx) (err error) {
		c.tx = tx
		if err = c.admit(route); err == nil {
			out, err = route.do(c)
		}
		return err
	})
	return out, err
}

// admit looks whether who calls may come in, as they are now.
func (c *call) admit(route route) (err error) {
	c.actor, err = admin.Actor(c.ctx, c.tx, c.by)
	if errors.Is(err, signin.ErrNoSession) {
		return fmt.Errorf("%w: %w", oauth.ErrInvalidToken, err)
	} else if err != nil {
		return err
	}
	if !admin.Sees(c.actor) {
		return admin.ErrNotAllowed
	}
	if !route.changes() {
		return nil
	}
	ok, err := signin.MayChange(c.ctx, c.tx, c.by.Session)
	if err == nil && !ok {
		err = errFresh
	}
	return err
}

// count refuses a program that calls without end.
func (a *api) count(ctx context.Context, person string) error {
	var allowed bool
	var after time.Duration
	err := a.DB.Write(ctx, func(tx *db.Tx) (err error) {
		allowed, after, err = limit.Hit(ctx, tx, "adminapi:"+person, callsWindow, mostCalls)
		return err
	})
	if err == nil && !allowed {
		err = web.Later(web.ErrTooMany, after)
	}
	return err
}

func body(r *http.Request) ([]byte, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return nil, nil
	}
	b, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, web.ErrTooLarge
	}
	return b, err
}

// challenge says what kind of token would do (RFC 6750 §3, RFC 9470 §3).
func challenge(w http.ResponseWriter, err error) {
	value := `Bearer realm="countersign"`
	switch {
	case errors.Is(err, oauth.ErrInvalidToken):
		value += `, error="invalid_token"`
	case errors.Is(err, oauth.ErrInsufficientScope):
		value += `, error="insufficient_scope", scope="` + oauth.ScopeAdmin + `"`
	case errors.Is(err, errFresh):
		value += `, error="insufficient_user_authentication", max_age="0"`
	default:
		return
	}
	w.Header().Set("WWW-Authenticate", value)
}
