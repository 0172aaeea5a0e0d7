package signinweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// view is what the pages of a sign-in have in common.
type view struct {
	ID    string // of the attempt, for forms: so that another tab's is noticed
	To    string // where it leads, for forms older than their attempt
	App   string // that asked, or ""
	Org   web.Org
	For   string // what a personal account is needed for: toKeep, toRecover, or ""
	Own   bool   // of a personal directory: there is no IT desk to ask
	Login string // as typed
	Fixed bool   // the name cannot be changed: somebody signed in proves it again
	Error string // in words, beside the field
	// Remember is for how many days this browser may be remembered; 0 for not.
	Remember int
	// Passkey is what the browser is asked to have signed, where a passkey can
	// be used: JSON for its script.
	Passkey string
}

// viewOf is the view of a page, which is dressed as the organisation that the name
// is of; where a personal account is needed, as none.
func viewOf(r *http.Request, a signin.Attempt) view {
	v := view{ID: a.ID, To: a.Goal, App: a.App, For: personalFor(a.Client, a.Purpose), Login: a.Login, Fixed: a.Again(), Own: a.Directory.Kind == directory.Personal}
	if a.Step.Remember {
		v.Remember = a.Directory.Policy.RememberBrowser
	}
	wears := a.Directory
	if v.For != "" {
		wears = directory.Directory{}
	}
	web.Dress(r, wears)
	v.Org = web.OrgOf(wears)
	return v
}

// evenTime is how long anything takes at least whose pace could tell whether
// somebody exists (A8).
const evenTime = 40 * time.Millisecond

// even runs f and returns no sooner than after evenTime.
func (h *handler) even(ctx context.Context, f func() error) error {
	wait := time.NewTimer(evenTime)
	defer wait.Stop()
	err := f()
	select {
	case <-wait.C:
	case <-ctx.Done():
	}
	return err
}

// A namePage asks who wants to sign in.
type namePage struct {
	view
	Paused   bool   // begun anew after a long pause
	Register bool   // one can make an account
	Accounts bool   // others have signed in with this browser
	Refused  string // why a passkey was not taken, in words
}

func (h *handler) getName(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return h.lost(w, r, a, err)
	}
	if !a.Open() || a.Again() {
		return see(w, h.path(r.Context(), r, a))
	}
	return h.showName(w, r, http.StatusOK, a, namePage{})
}

func (h *handler) showName(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, p namePage) (err error) {
	problem, typed := p.Error, p.Login
	p.view, p.Accounts = viewOf(r, a), len(h.SessionTokens(r)) > 0
	p.Error, p.Login = problem, cmp.Or(typed, p.Login, a.Hint)
	if p.Passkey, err = h.signin.PasskeyQuestion(a); err != nil {
		return err
	}
	if _, p.Register, err = h.signin.Registers(r.Context()); err != nil {
		return err
	}
	return h.Render(w, r, status, "signin/name.html", p)
}

// paused begins anew after a long pause and keeps the name.
func (h *handler) paused(w http.ResponseWriter, r *http.Request, goal, login string) error {
	a, err := h.start(w, r, signin.Start{Goal: orHome(goal), Hint: login})
	if err != nil {
		return err
	}
	web.Here(r, "/signin/name")
	return h.showName(w, r, http.StatusGone, a, namePage{Paused: true})
}

func (h *handler) postName(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	login := r.PostFormValue("login")
	if login == "" {
		return h.showName(w, r, http.StatusUnprocessableEntity, a, namePage{view: view{Error: ui.T(h.Lang(r), "signin.name.empty")}})
	}
	if theirs, err := h.organizations(r.Context(), a, login); err != nil {
		return err
	} else if theirs {
		return h.showName(w, r, http.StatusUnprocessableEntity, a, namePage{view: view{Login: login, Error: ui.T(h.Lang(r), "signin.personal.wrong")}})
	}
	var went signin.Went
	err = h.even(r.Context(), func() (err error) {
		went, err = h.signin.Name(r.Context(), token, login, h.browser(r))
		return err
	})
	if errors.Is(err, signin.ErrStep) {
		return see(w, "/signin")
	} else if err != nil {
		return err
	}
	return h.went(w, r, went)
}

func (h *handler) showPassword(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.passwordPage(w, r, http.StatusOK, a, "")
}

// A passwordPage asks for the password.
type passwordPage struct {
	view
	Ways bool // another way may come first
}

func (h *handler) passwordPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) (err error) {
	if !a.TakesPassword() {
		return see(w, h.path(r.Context(), r, a))
	}
	p := passwordPage{view: viewOf(r, a), Ways: a.Step.Kind == policy.AskSecond}
	p.Error = problem
	if p.Passkey, err = h.signin.PasskeyQuestion(a); err != nil {
		return err
	}
	return h.Render(w, r, status, "signin/password.html", p)
}

func (h *handler) postPassword(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Password(r.Context(), token, r.PostFormValue("password"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooMany := errors.AsType[*signin.TooMany](err); {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return h.passwordPage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.password.toomany", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, method.ErrBusy):
		web.RetryAfter(w, 2*time.Second)
		return h.passwordPage(w, r, http.StatusServiceUnavailable, a, ui.T(lang, "signin.password.busy"))
	case errors.Is(err, signin.ErrWrong):
		return h.passwordPage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.password.wrong"))
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}

// A codePage asks for a one-time code.
type codePage struct{ view }

func (h *handler) showCode(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.codePage(w, r, http.StatusOK, a, "")
}

func (h *handler) codePage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) error {
	if !a.Step.Code {
		return see(w, "/signin/ways")
	}
	p := codePage{view: viewOf(r, a)}
	p.Error = problem
	return h.Render(w, r, status, "signin/code.html", p)
}

func (h *handler) postCode(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Code(r.Context(), token, r.PostFormValue("code"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooMany := errors.AsType[*signin.TooMany](err); {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return h.codePage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.code.toomany", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, signin.ErrWrong):
		return h.codePage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.code.wrong"))
	case errors.Is(err, registration.ErrCodeUsed):
		return h.codePage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.code.used"))
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}

// postAsk asks the phone, anew if it was asked before.
func (h *handler) postAsk(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	if !a.Open() {
		return see(w, h.path(r.Context(), r, a))
	}
	return h.ask(w, r, token)
}

// postFinish goes on after an approval, or after the first app was paired.
func (h *handler) postFinish(w http.ResponseWriter, r *http.Request) error {
	token := h.Cookie(r, web.AttemptCookie)
	if r.PostFormValue("a") != "" { // the pairing page's form knows no attempt
		var done bool
		var err error
		if token, _, done, err = h.posted(w, r); done {
			return err
		}
	}
	went, err := h.signin.Finish(r.Context(), token, h.browser(r))
	switch {
	case errors.Is(err, signin.ErrExpired):
		a, err := h.signin.Attempt(r.Context(), token)
		return h.lost(w, r, a, err)
	case errors.Is(err, signin.ErrStep), errors.Is(err, signin.ErrNoAttempt):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}

// A waysPage lists what may come next. Before a proof it is what the directory
// allows, not what the person has.
type waysPage struct {
	view
	Pass, Key, Phone, Approval, NewPhone, Code, Recovery, Mail, Password bool
}

func (h *handler) showWays(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.Render(w, r, http.StatusOK, "signin/ways.html",
		waysPage{view: viewOf(r, a), Pass: a.Step.Pass, Key: a.Step.Passkey, Phone: a.Step.Passwordless, Approval: a.Step.Approval && !a.Step.Passwordless, NewPhone: a.Step.NewPhone, Code: a.Step.Code, Recovery: a.Step.Recovery, Mail: a.Step.Mail, Password: a.Step.Password})
}

// A numberPage shows the number, or what became of it.
type numberPage struct {
	view
	State   string
	Number  string
	Left    int    // seconds
	Clock   string // "0:48"
	OnPhone string // the app's address, for somebody who signs in on the phone itself
	Minutes string // how long a number is good, in words
	Ref     string
	Way     bool // there is another way
	// Phone tells that only phones are asked for which it was switched on.
	Phone bool
	// Device is what is being set up, when another phone is asked about it.
	Device string
	// KeyFirst tells that the phones of people with a passkey are not asked from here (N19).
	KeyFirst bool
}

// showNumber shows the number page, or what the phone said.
func (h *handler) showNumber(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	now, err := h.signin.Waiting(r.Context(), a)
	if err != nil {
		return err
	}
	p := h.numberPage(r, a, now)
	switch now.State {
	case approval.Open:
		return h.Render(w, r, http.StatusOK, "signin/number.html", p)
	case approval.Approved:
		return h.Render(w, r, http.StatusOK, "signin/approved.html", p)
	case approval.Expired:
		return see(w, "/signin/expired")
	case approval.Failed:
		return h.Render(w, r, http.StatusOK, "signin/mismatch.html", p)
	}
	return h.Render(w, r, http.StatusOK, "signin/unasked.html", p)
}

func (h *handler) numberPage(r *http.Request, a signin.Attempt, now signin.Waiting) numberPage {
	left, clock := web.Countdown(now.ExpiresAt.Sub(h.DB.Now()))
	p := numberPage{view: viewOf(r, a), State: now.State, Number: now.Number, Left: left, Clock: clock,
		Minutes: web.Wait(h.Lang(r), a.AnswerWithin()), Ref: a.Correlation, Way: a.Step.Code || a.Step.Password || a.Step.Passkey || a.Step.Recovery || a.Step.Pass || a.Step.Mail,
		Phone: a.Step.Passwordless && !a.Step.Approval, KeyFirst: !a.Known && len(a.Proofs) == 0 && a.Directory.Policy.NewBrowsers == directory.PasskeyFirst}
	if a.Step.NewPhone {
		p.Device = a.Device.Name
	} else if web.From(r).Phone {
		p.OnPhone = h.App + "/"
	}
	return p
}

func (h *handler) showExpired(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	now, err := h.signin.Waiting(r.Context(), a)
	if err != nil {
		return err
	}
	if now.State == approval.Open || now.State == approval.Approved {
		return see(w, numberPath)
	}
	return h.Render(w, r, http.StatusOK, "signin/expired.html", h.numberPage(r, a, now))
}

func (h *handler) showFull(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.Render(w, r, http.StatusOK, "signin/full.html", h.numberPage(r, a, signin.Waiting{}))
}

func (h *handler) showBlocked(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.Render(w, r, http.StatusOK, "signin/blocked.html", h.numberPage(r, a, signin.Waiting{}))
}

func (h *handler) showGuessed(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.Render(w, r, http.StatusOK, "signin/guessed.html", h.numberPage(r, a, signin.Waiting{}))
}

// streamState is what the number page's script hears.
type streamState struct {
	State string `json:"state"`
}

// stream tells the number page when to look again. It carries a word, never the number.
func (h *handler) stream(w http.ResponseWriter, r *http.Request) error {
	token := h.Cookie(r, web.AttemptCookie)
	a, err := h.signin.Attempt(r.Context(), token)
	if err != nil {
		return h.Stream(w, r, "", func(context.Context) (web.Event, error) { return gone, nil })
	}
	return h.Stream(w, r, a.Topic(), func(ctx context.Context) (web.Event, error) {
		a, now, err := h.signin.Watch(ctx, token)
		switch {
		case errors.Is(err, signin.ErrNoAttempt), errors.Is(err, signin.ErrExpired):
			return gone, nil
		case err != nil:
			return web.Event{}, err
		case !a.Open():
			return gone, nil
		}
		e := web.Event{Name: "state", Data: streamState{now.State}, Done: now.State != approval.Open}
		if !e.Done {
			e.Again = now.ExpiresAt.Sub(h.DB.Now()) + 10*time.Millisecond
		}
		return e, nil
	})
}

// gone tells the script to ask the server what page it should be on.
var gone = web.Event{Name: "state", Data: streamState{"gone"}, Done: true}
