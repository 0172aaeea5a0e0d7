package signinweb

import (
	"errors"
	"net/http"
	"net/url"

	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// An endPage says why there will be no session.
type endPage struct {
	view
	Title, Text string
	Seal        bool // the halves stay apart: the phone said no
	Ref         string
	Again       string // where one begins anew, or ""
}

// getEnded says why a sign-in ended. Only somebody who has proven something
// gets here.
func (h *handler) getEnded(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return h.lost(w, r, a, err)
	}
	if a.Ended == "" {
		return see(w, h.path(r.Context(), r, a))
	}
	web.SetReference(r, a.Correlation)
	lang := h.Lang(r)
	p := endPage{view: viewOf(r, a), Ref: a.Correlation, Again: "/signin?" + url.Values{"to": {a.Goal}, "other": {"1"}}.Encode()}
	if policy.Lost(a.Purpose) {
		p.Again = a.Goal
	}
	p.Title, p.Text = ui.T(lang, "signin.ended."+a.Ended+".title"), ui.T(lang, "signin.ended."+endedText(a.Ended, p.Own))
	if a.Ended == policy.WhyNoUnlock && a.Purpose == policy.Restore {
		p.Text = ui.T(lang, "signin.ended.no_unlock.phone")
	}
	p.Seal = a.Ended == signin.WhyDenied || a.Ended == signin.WhyReported
	return h.Render(w, r, http.StatusOK, "signin/ended.html", p)
}

// endedText is the message that says why; in a personal directory there is no
// IT desk to see a report or to be asked.
func endedText(why string, own bool) string {
	if own && ui.Has(ui.Languages[0], "signin.ended."+why+".text.own") {
		return why + ".text.own"
	}
	return why + ".text"
}

// getDone is what the back button shows after a sign-in.
func (h *handler) getDone(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return h.lost(w, r, a, err)
	}
	if !a.Done {
		return see(w, h.path(r.Context(), r, a))
	}
	return h.Render(w, r, http.StatusOK, "signin/done.html", viewOf(r, a))
}

// showOtherTab answers a form of a sign-in that another tab has replaced.
func (h *handler) showOtherTab(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	web.Here(r, "/signin")
	return h.Render(w, r, http.StatusConflict, "signin/othertab.html", viewOf(r, a))
}

// getPaired goes on after the first app was paired.
func (h *handler) getPaired(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return h.lost(w, r, a, err)
	}
	if to := h.path(r.Context(), r, a); to != "/signin/paired" {
		return see(w, to)
	}
	return h.Render(w, r, http.StatusOK, "signin/paired.html", viewOf(r, a))
}

// A choosePage asks for a new password.
type choosePage struct {
	view
	Name     string
	Shortest int
	Action   string
}

func (h *handler) showRenew(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.renewPage(w, r, http.StatusOK, a, nil)
}

func (h *handler) renewPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem error) error {
	p := choosePage{view: viewOf(r, a), Shortest: method.Shortest(a.Directory.Policy), Action: "/signin/renew"}
	p.Error = h.refused(r, problem, p.Shortest)
	return h.Render(w, r, status, "signin/renew.html", p)
}

func (h *handler) postRenew(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Renew(r.Context(), token, r.PostFormValue("password"), h.browser(r))
	switch {
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case h.refused(r, err, 0) != "":
		return h.renewPage(w, r, http.StatusUnprocessableEntity, a, err)
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}

// refused says in words why a new password is not taken; "" for other errors.
func (h *handler) refused(r *http.Request, err error, shortest int) string {
	lang := h.Lang(r)
	switch {
	case errors.Is(err, method.ErrTooShort):
		return ui.T(lang, "setup.password.short", "n", shortest)
	case errors.Is(err, method.ErrTooLong):
		return ui.T(lang, "setup.password.long", "n", method.Longest)
	case errors.Is(err, method.ErrCommon):
		return ui.T(lang, "setup.password.common")
	case errors.Is(err, method.ErrPersonal):
		return ui.T(lang, "setup.password.personal")
	case errors.Is(err, method.ErrSame):
		return ui.T(lang, "setup.password.same")
	}
	return ""
}

// getSetup shows the page behind a set-up link. Looking at it uses nothing up.
func (h *handler) getSetup(w http.ResponseWriter, r *http.Request) error {
	return h.setupPage(w, r, http.StatusOK, nil)
}

func (h *handler) setupPage(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	token := r.PathValue("token")
	person, d, err := h.signin.SeeSetUp(r.Context(), token)
	if err != nil {
		return err
	}
	p := choosePage{view: viewIn(r, d, person.Login), Name: person.Name, Shortest: method.Shortest(d.Policy), Action: "/setup/" + url.PathEscape(token)}
	p.Error = h.refused(r, problem, p.Shortest)
	return h.Render(w, r, status, "signin/setup.html", p)
}

func (h *handler) postSetup(w http.ResponseWriter, r *http.Request) error {
	start := signin.Start{Goal: home, Purpose: policy.SignIn, Browser: h.browser(r)}
	went, err := h.signin.SetUp(r.Context(), r.PathValue("token"), r.PostFormValue("password"), start)
	if h.refused(r, err, 0) != "" {
		return h.setupPage(w, r, http.StatusUnprocessableEntity, err)
	} else if err != nil {
		return err
	}
	return h.went(w, r, went)
}
