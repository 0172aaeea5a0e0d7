// Package signinweb is the sign-in as people see it: name, password, number,
// code, the account chooser, the set-up link, and a page for each way a
// sign-in can go wrong.
//
// Every page is a plain form and works without scripts; /static/number.js only
// saves a click and a wait. A page is drawn from the attempt that the browser's
// cookie opens, never from what is in its URL. Until something is proven it
// shows nothing that depends on the person: same words, same status, same path
// for a name that nobody has.
package signinweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
)

//go:embed *.html
var pages embed.FS

// Deps are what the pages stand on.
type Deps struct {
	SignIn *signin.Service
	// OAuth knows which application a sign-in leads back to.
	OAuth *oauth.Service
	// Back leads people back who have forgotten their password.
	Back *wayback.Service
	// Addresses are what people who make their account themselves may give.
	Addresses *directory.Addresses
}

type handler struct {
	*web.Shell
	signin *signin.Service
	oauth  *oauth.Service
	back   *wayback.Service
	reach  *directory.Addresses
}

// Mount adds the sign-in pages to the shell.
func Mount(s *web.Shell, d Deps) error {
	h := &handler{Shell: s, signin: d.SignIn, oauth: d.OAuth, back: d.Back, reach: d.Addresses}
	if err := s.Templates("signin", pages); err != nil {
		return err
	}
	s.Explain(problems...)
	for pattern, page := range map[string]web.HandlerFunc{
		"GET /signin":                       h.getSignin,
		"GET /signin/begun":                 h.getBegun,
		"GET /signin/name":                  h.getName,
		"POST /signin/name":                 h.postName,
		"GET /signin/register":              h.getRegister,
		"POST /signin/register":             h.postRegister,
		"POST /signin/register/key":         h.postRegisterKeyed,
		"GET /signin/register/key/{offer}":  h.getRegisterKey,
		"POST /signin/register/key/{offer}": h.postRegisterKey,
		"GET /signin/reach":                 h.reaching(h.getReach),
		"POST /signin/reach":                h.reaching(h.postReach),
		"GET /signin/reach/{offer}":         h.reaching(h.getReachCode),
		"POST /signin/reach/{offer}":        h.reaching(h.postReachCode),
		"GET /signin/help":                  h.getHelp,
		"GET /signin/forgot":                h.getForgot,
		"POST /signin/forgot":               h.postForgot,
		"GET /signin/forgot/proofs":         h.getProofs,
		"POST /signin/forgot/send/{proof}":  h.postSend,
		"POST /signin/forgot/proof/{proof}": h.postProof,
		"GET /signin/forgot/password":       h.getForgotPassword,
		"POST /signin/forgot/password":      h.postForgotPassword,
		"GET /signin/forgot/done":           h.getForgotten,
		"GET /signin/password":              h.by(policy.Password, h.showPassword),
		"POST /signin/password":             h.postPassword,
		"GET /signin/passkey":               h.by(policy.Passkey, h.showPasskey),
		"POST /signin/passkey":              h.postPasskey,
		"GET /signin/number":                h.onPhone(h.showNumber),
		"GET /signin/stream":                h.stream,
		"POST /signin/ask":                  h.postAsk,
		"POST /signin/finish":               h.postFinish,
		"GET /signin/expired":               h.onPhone(h.showExpired),
		"GET /signin/full":                  h.onPhone(h.showFull),
		"GET /signin/blocked":               h.onPhone(h.showBlocked),
		"GET /signin/guessed":               h.onPhone(h.showGuessed),
		"GET /signin/ways":                  h.at(h.showWays, policy.AskSecond),
		"GET /signin/code":                  h.by(policy.Code, h.showCode),
		"POST /signin/code":                 h.postCode,
		"GET /signin/pass":                  h.by(policy.Pass, h.showPass),
		"POST /signin/pass":                 h.postPass,
		"GET /signin/recovery":              h.by(policy.Recovery, h.showRecovery),
		"POST /signin/recovery":             h.postRecovery,
		"GET /signin/mail":                  h.by(policy.Mail, h.showMail),
		"POST /signin/mail":                 h.postMail,
		"POST /signin/mail/send":            h.postSendMail,
		"GET /signin/paired":                h.getPaired,
		"GET /signin/renew":                 h.at(h.showRenew, policy.Renew),
		"POST /signin/renew":                h.postRenew,
		"GET /signin/ended":                 h.getEnded,
		"GET /signin/done":                  h.getDone,
		"GET /signin/accounts":              h.getAccounts,
		"POST /signin/accounts":             h.postAccounts,
		"POST /signin/forget":               h.postForget,
	} {
		s.Page(pattern, page, web.AuthorizeRoad)
	}
	s.Page("GET /signout", h.getSignout)
	s.Page("POST /signout", h.postSignout)
	s.Page("GET /setup/{token}", h.getSetup)
	s.Page("POST /setup/{token}", h.postSetup)
	return nil
}

// problems are how errors look that no page of this family shows by itself.
var problems = []web.Problem{
	{Err: signin.ErrTooMany, Status: http.StatusTooManyRequests, Code: "too_many", Title: "common.toomany.title", Text: "common.toomany.text"},
	{Err: method.ErrBusy, Status: http.StatusServiceUnavailable, Code: "busy", Title: "common.busy.title", Text: "common.busy.text"},
	{Err: directory.ErrSetupLink, Status: http.StatusGone, Code: "setup_link", Title: "setup.gone.title", Text: "setup.gone.text"},
}

// browser is who asks.
func (h *handler) browser(r *http.Request) signin.Browser {
	c := web.From(r)
	return signin.Browser{IP: c.IP, Net: c.Net, Place: c.Place, Name: c.Browser, System: c.System, Lang: c.Lang, Zone: zoneOf(r),
		Known: h.Cookie(r, web.KnownCookie), Remember: r.PostFormValue("remember") != "", Sessions: h.SessionTokens(r)}
}

// zoneOf is the time zone that a form says the browser is in; "" for none, or none that is known.
func zoneOf(r *http.Request) string {
	zone := r.PostFormValue("zone")
	if _, err := time.LoadLocation(zone); err != nil || len(zone) > 64 || zone == "Local" {
		return ""
	}
	return zone
}

// see sends the browser on with a GET (O7).
func see(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// getSignin begins a sign-in or goes on with the one under way.
func (h *handler) getSignin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	goal := q.Get("to")
	if !web.LocalPath(goal) || isSignin(goal) {
		goal = ""
	}
	session, err := h.Session(r)
	if err != nil && !errors.Is(err, signin.ErrNoSession) {
		return err
	}
	signedIn := err == nil
	switch {
	case q.Get("again") != "" && signedIn:
		return h.begin(w, r, signin.Start{Goal: orHome(goal), Purpose: policy.Again, Session: session})
	case goal == "":
		return h.resume(w, r, signedIn)
	case q.Get("other") != "":
		return h.begin(w, r, signin.Start{Goal: goal})
	case signedIn:
		return see(w, goal)
	}
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err == nil && a.Open() && a.Goal == goal && a.Purpose == policy.SignIn {
		return see(w, h.path(r.Context(), r, a))
	}
	if len(h.SessionTokens(r)) > 0 {
		return see(w, "/signin/accounts?"+url.Values{"to": {goal}}.Encode())
	}
	return h.begin(w, r, signin.Start{Goal: goal})
}

// resume goes on with the sign-in under way, wherever it is.
func (h *handler) resume(w http.ResponseWriter, r *http.Request, signedIn bool) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	switch {
	case errors.Is(err, signin.ErrExpired):
		return h.paused(w, r, a.Goal, a.Login)
	case errors.Is(err, signin.ErrNoAttempt) && signedIn:
		return see(w, home)
	case errors.Is(err, signin.ErrNoAttempt):
		return h.begin(w, r, signin.Start{Goal: home})
	case err != nil:
		return err
	case a.Done && signedIn && a.Purpose == policy.SignIn:
		return see(w, orHome(a.Goal))
	}
	return see(w, h.path(r.Context(), r, a))
}

// home is where a sign-in leads that began nowhere.
const home = "/security"

func orHome(goal string) string {
	if goal == "" {
		return home
	}
	return goal
}

// isSignin tells whether a path is a sign-in page itself, which no sign-in can lead to.
func isSignin(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return path == "/signin" || strings.HasPrefix(path, "/signin/") || path == "/signout"
}

// begin starts a sign-in and shows its first page.
func (h *handler) begin(w http.ResponseWriter, r *http.Request, start signin.Start) error {
	a, err := h.start(w, r, start)
	if err != nil {
		return err
	}
	if len(r.Cookies()) == 0 {
		return see(w, "/signin/begun")
	}
	return see(w, h.path(r.Context(), r, a))
}

// getBegun is where a browser goes that came without any cookie and was given
// one: if it has not brought it, it keeps none, and would be sent round for ever.
func (h *handler) getBegun(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	switch {
	case errors.Is(err, signin.ErrNoAttempt) && len(r.Cookies()) == 0:
		return web.ErrNoCookie
	case err != nil:
		return h.lost(w, r, a, err)
	}
	return see(w, h.path(r.Context(), r, a))
}

func (h *handler) start(w http.ResponseWriter, r *http.Request, start signin.Start) (signin.Attempt, error) {
	start.Browser = h.browser(r)
	if err := h.about(r.Context(), &start); err != nil {
		return signin.Attempt{}, err
	}
	token, a, err := h.signin.Begin(r.Context(), start)
	if err != nil {
		return a, err
	}
	h.SetCookie(w, web.AttemptCookie, token, signin.AttemptLife)
	return a, nil
}

// about finds the application that a goal leads back to, so that page and
// phone can name it, and whether it is a recovery sign-in.
func (h *handler) about(ctx context.Context, start *signin.Start) error {
	u, err := url.Parse(start.Goal)
	if err != nil || u.Path != "/authorize/resume" {
		return nil
	}
	asked, err := h.oauth.Stored(ctx, u.Query().Get("r"))
	if errors.Is(err, oauth.ErrGone) || errors.Is(err, oauth.ErrAnswered) {
		return nil // the goal says so itself
	} else if err != nil {
		return err
	}
	c := asked.Client
	start.Client, start.App, start.AppHost, start.AppVerified = c.ID, c.Name, c.Host, c.Verified
	start.Strength = min(asked.Strength, policy.TwoProofs) // more would have everybody's first page ask for a passkey
	if asked.Recovers() {
		start.Purpose = policy.Recover
	}
	return nil
}

// path is the page of the step an attempt is at.
func (h *handler) path(ctx context.Context, r *http.Request, a signin.Attempt) string {
	switch {
	case a.Done:
		return "/signin/done"
	case a.Ended != "":
		return "/signin/ended"
	case !a.Named():
		return "/signin/name"
	}
	if a.Waits() {
		if paired, err := h.signin.Paired(ctx, h.Cookie(r, web.AttemptCookie)); err == nil && paired {
			return "/signin/paired"
		}
	}
	switch a.Step.Kind {
	case policy.Enrol:
		return "/security/pair?enrol=1"
	case policy.Renew:
		return "/signin/renew"
	}
	return pageOf[a.Step.First]
}

// numberPath is where the number is shown.
const numberPath = "/signin/number"

// pageOf says where each proof is given.
var pageOf = map[string]string{
	policy.Password:     "/signin/password",
	policy.Passkey:      "/signin/passkey",
	policy.Approval:     numberPath,
	policy.Passwordless: numberPath,
	policy.NewPhone:     numberPath,
	policy.Code:         "/signin/code",
	policy.Recovery:     "/signin/recovery",
	policy.Pass:         "/signin/pass",
	policy.Mail:         "/signin/mail",
}

// by wraps the page of one way. It is shown while that way leads on.
func (h *handler) by(way string, show func(http.ResponseWriter, *http.Request, signin.Attempt) error) web.HandlerFunc {
	return h.when(show, func(a signin.Attempt) bool { return a.Step.Offers(way) })
}

// onPhone wraps a page of the phone and its number.
func (h *handler) onPhone(show func(http.ResponseWriter, *http.Request, signin.Attempt) error) web.HandlerFunc {
	return h.when(show, func(a signin.Attempt) bool { return a.Step.AsksPhone() })
}

// at wraps a page of one step. Whoever comes at another (by the back button,
// from another tab) is shown the step the sign-in is at.
func (h *handler) at(show func(http.ResponseWriter, *http.Request, signin.Attempt) error, kinds ...policy.Kind) web.HandlerFunc {
	return h.when(show, func(a signin.Attempt) bool { return slices.Contains(kinds, a.Step.Kind) })
}

func (h *handler) when(show func(http.ResponseWriter, *http.Request, signin.Attempt) error, here func(signin.Attempt) bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
		if err != nil {
			return h.lost(w, r, a, err)
		}
		web.SetReference(r, a.Correlation)
		if a.Open() && a.Named() && here(a) {
			return show(w, r, a)
		}
		return see(w, h.path(r.Context(), r, a))
	}
}

// posted finds the sign-in a form belongs to. When it returns done, the answer is given:
// the form came without its cookie, is too old, or is from another tab's sign-in.
func (h *handler) posted(w http.ResponseWriter, r *http.Request) (token string, a signin.Attempt, done bool, err error) {
	token = h.Cookie(r, web.AttemptCookie)
	form := r.PostFormValue("a")
	a, err = h.signin.Attempt(r.Context(), token)
	switch {
	case errors.Is(err, signin.ErrNoAttempt):
		return token, a, true, h.withoutAttempt(w, r, token, form)
	case err != nil:
		return token, a, true, h.lost(w, r, a, err)
	case a.ID != form:
		web.SetReference(r, a.Correlation)
		return token, a, true, h.showOtherTab(w, r, a)
	}
	web.SetReference(r, a.Correlation)
	return token, a, false, nil
}

// withoutAttempt answers a form whose cookie opens nothing.
func (h *handler) withoutAttempt(w http.ResponseWriter, r *http.Request, token, form string) error {
	alive, err := h.signin.Alive(r.Context(), form)
	switch {
	case err != nil:
		return err
	case !alive:
		return h.lost(w, r, signin.Attempt{}, signin.ErrExpired)
	case token == "":
		return web.ErrNoCookie
	}
	return see(w, "/signin") // pressed twice: the first press has moved it on
}

// lost answers who comes with no sign-in or one that took too long: it begins
// anew, to where the old one was going, and keeps the name that was typed.
func (h *handler) lost(w http.ResponseWriter, r *http.Request, a signin.Attempt, err error) error {
	goal, login := a.Goal, a.Login
	if to := r.PostFormValue("to"); goal == "" && web.LocalPath(to) && !isSignin(to) {
		goal = to
	}
	if typed := r.PostFormValue("login"); typed != "" {
		login = typed
	}
	switch {
	case errors.Is(err, signin.ErrExpired):
		return h.paused(w, r, goal, login)
	case errors.Is(err, signin.ErrNoAttempt):
		return see(w, "/signin")
	}
	return err
}

// went keeps what a step left for the browser and goes on to what comes next:
// the next page, or where the sign-in was going.
func (h *handler) went(w http.ResponseWriter, r *http.Request, went signin.Went) error {
	h.keep(w, went)
	a := went.Attempt
	if a.Done && went.LastOne && !policy.Lost(a.Purpose) {
		return see(w, "/security/recovery?"+url.Values{"last": {"1"}, "to": {a.Goal}}.Encode())
	}
	if a.Done && went.Nudge {
		return see(w, "/security/nudge?"+url.Values{"to": {a.Goal}}.Encode())
	}
	if a.Done {
		return see(w, a.Goal)
	}
	if a.Open() && pageOf[a.Step.First] == numberPath {
		return h.ask(w, r, went.Token)
	}
	return see(w, h.path(r.Context(), r, a))
}

// keep keeps what a step left for the browser.
func (h *handler) keep(w http.ResponseWriter, went signin.Went) {
	h.SetCookie(w, web.AttemptCookie, went.Token, signin.AttemptLife)
	if s := went.Signed; s != nil {
		h.SetSessionTokens(w, s.Tokens)
		if s.Known != "" {
			h.SetCookie(w, web.KnownCookie, s.Known, s.KnownFor)
		}
	}
}

// ask has the phone asked and shows the page with the number.
func (h *handler) ask(w http.ResponseWriter, r *http.Request, token string) error {
	err := h.even(r.Context(), func() error { return h.signin.Ask(r.Context(), token, h.browser(r)) })
	switch {
	case errors.Is(err, approval.ErrFull):
		return see(w, "/signin/full")
	case errors.Is(err, approval.ErrBlocked):
		return see(w, "/signin/blocked")
	case errors.Is(err, approval.ErrGuessed):
		return see(w, "/signin/guessed")
	case errors.Is(err, signin.ErrStep), errors.Is(err, approval.ErrEnded):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return see(w, numberPath)
}
