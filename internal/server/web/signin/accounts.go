package signinweb

import (
	"errors"
	"net/http"
	"net/url"

	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

// An accountsPage lists who has signed in with this browser.
type accountsPage struct {
	App      string
	For      string // what a personal account is needed for, see [view]
	To       string
	Other    string // where somebody else signs in
	Accounts []signin.Account
}

func goalOf(to string) string {
	if !web.LocalPath(to) || isSignin(to) {
		return home
	}
	return to
}

// getAccounts is the account chooser.
func (h *handler) getAccounts(w http.ResponseWriter, r *http.Request) error {
	to := goalOf(r.URL.Query().Get("to"))
	other := "/signin?" + url.Values{"to": {to}, "other": {"1"}}.Encode()
	all, err := h.signin.Accounts(r.Context(), h.SessionTokens(r))
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return see(w, other)
	}
	start := signin.Start{Goal: to}
	if err := h.about(r.Context(), &start); err != nil {
		return err
	}
	web.Dress(r, directory.Directory{}) // they may be of several
	return h.Render(w, r, http.StatusOK, "signin/accounts.html", accountsPage{App: start.App, For: personalFor(start.Client, start.Purpose), To: to, Other: other, Accounts: all})
}

// postAccounts goes on as one of them; somebody whose session has ended signs
// in, with the name filled in.
func (h *handler) postAccounts(w http.ResponseWriter, r *http.Request) error {
	to, id := goalOf(r.PostFormValue("to")), r.PostFormValue("session")
	tokens, err := h.signin.Use(r.Context(), h.SessionTokens(r), id)
	if err == nil {
		h.SetSessionTokens(w, tokens)
		h.SetCookie(w, web.AttemptCookie, "", 0)
		return see(w, to)
	} else if !errors.Is(err, signin.ErrNoSession) {
		return err
	}
	return h.begin(w, r, signin.Start{Goal: to, Hint: h.loginOf(r, id)})
}

// loginOf is the login of somebody who signed in with this browser, or "".
func (h *handler) loginOf(r *http.Request, session string) string {
	all, err := h.signin.Accounts(r.Context(), h.SessionTokens(r))
	if err != nil {
		return ""
	}
	for _, a := range all {
		if a.Session.ID == session {
			return a.Person.Login
		}
	}
	return ""
}

// postForget signs one of them out here and takes them off the list.
func (h *handler) postForget(w http.ResponseWriter, r *http.Request) error {
	to := goalOf(r.PostFormValue("to"))
	left, err := h.signin.Forget(r.Context(), h.SessionTokens(r), r.PostFormValue("session"))
	if err != nil && !errors.Is(err, signin.ErrNoSession) {
		return err
	}
	if err == nil {
		h.SetSessionTokens(w, left)
	}
	return see(w, "/signin/accounts?"+url.Values{"to": {to}}.Encode())
}

// A signoutPage asks whether to sign out, or says that it is done.
type signoutPage struct{ Login, Name string }

func (h *handler) getSignout(w http.ResponseWriter, r *http.Request) error {
	p, err := h.Person(r)
	if errors.Is(err, signin.ErrNoSession) {
		return h.Render(w, r, http.StatusOK, "signin/signedout.html", signoutPage{})
	} else if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "signin/signout.html", signoutPage{Login: p.Login, Name: p.Name})
}

// postSignout ends the session in use. Other accounts of this browser stay.
func (h *handler) postSignout(w http.ResponseWriter, r *http.Request) error {
	session, err := h.EnrolSession(r)
	if err == nil {
		var left []string
		if left, err = h.signin.Forget(r.Context(), h.SessionTokens(r), session.ID); err == nil {
			h.SetSessionTokens(w, left)
		}
	}
	if err != nil && !errors.Is(err, signin.ErrNoSession) {
		return err
	}
	h.SetCookie(w, web.AttemptCookie, "", 0)
	return see(w, "/signout")
}
