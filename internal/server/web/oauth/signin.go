package oauthweb

import (
	"errors"
	"net/http"
	"net/url"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

// signIn sends to a sign-in that comes back to the request. Where it is known
// who should sign in, it begins with their name.
func (h *handler) signIn(w http.ResponseWriter, r *http.Request, step oauth.Step) error {
	req := step.Request
	hint, err := h.hint(r, req)
	if err != nil {
		return err
	}
	if under, err := h.recovering(r, step); err != nil || under {
		if err == nil {
			err = see(w, r, "/signin")
		}
		return err
	}
	if step.Do == oauth.SignIn && hint == "" && !req.Recovers() {
		return see(w, r, "/signin?"+url.Values{"to": {resume(step)}}.Encode())
	}
	c := web.From(r)
	start := signin.Start{
		Goal: resume(step), Hint: hint,
		Strength: req.Strength, Client: req.Client.ID, App: req.Client.Name, AppHost: req.Client.Host, AppVerified: req.Client.Verified,
		Browser: signin.Browser{IP: c.IP, Net: c.Net, Place: c.Place, Name: c.Browser, System: c.System, Lang: c.Lang,
			Known: h.Cookie(r, web.KnownCookie), Sessions: h.SessionTokens(r)},
	}
	if req.Recovers() {
		start.Purpose = policy.Recover
	} else if step.Do == oauth.SignInAgain {
		start.Purpose, start.Session = policy.Again, step.Session
	}
	token, _, err := h.signin.Begin(r.Context(), start)
	if err != nil {
		return err
	}
	h.SetCookie(w, web.AttemptCookie, token, signin.AttemptLife)
	return see(w, r, "/signin")
}

// recovering tells whether the recovery sign-in for a request is under way in
// this browser already.
func (h *handler) recovering(r *http.Request, step oauth.Step) (bool, error) {
	if !step.Request.Recovers() {
		return false, nil
	}
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if errors.Is(err, signin.ErrNoAttempt) || errors.Is(err, signin.ErrExpired) {
		return false, nil
	}
	return a.Open() && a.Purpose == policy.Recover && a.Goal == resume(step), err
}

// hint is the name to begin with: what the application says, or the login of
// the person its ID token is about.
func (h *handler) hint(r *http.Request, req *oauth.Request) (string, error) {
	if req.Subject == "" {
		return req.LoginHint, nil
	}
	var p directory.Person
	err := h.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		p, err = directory.ByID(r.Context(), tx, req.Subject)
		return err
	})
	if errors.Is(err, directory.ErrUnknown) {
		return "", nil
	}
	return p.Login, err
}
