package signinweb

import (
	"cmp"
	"errors"
	"net/http"

	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

const registerKeyPath = "/signin/register/key/"

// postRegisterKeyed begins to make an account with a passkey and no password.
func (h *handler) postRegisterKeyed(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	p := registerPage{Name: r.PostFormValue("login")}
	offer, err := h.signin.RegisterKeyed(r.Context(), token, p.Name, h.browser(r))
	if err != nil {
		return h.notRegistered(w, r, a, p, err)
	}
	return see(w, registerKeyPath+offer)
}

// A registerKeyPage has the browser make the passkey of a new account, then use it once.
type registerKeyPage struct {
	view
	Offer   string
	Created bool
	Ask     string // what the browser is asked, for its script
}

func (h *handler) getRegisterKey(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return h.lost(w, r, a, err)
	}
	return h.registerKeyPage(w, r, http.StatusOK, a, "")
}

func (h *handler) registerKeyPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) error {
	o, ask, err := h.signin.KeyOffered(r.Context(), h.Cookie(r, web.AttemptCookie), r.PathValue("offer"))
	if err != nil {
		return h.notKeyed(w, r, a, registerPage{}, err)
	}
	p := registerKeyPage{view: view{ID: a.ID, To: a.Goal, Login: o.Login, Error: problem}, Offer: o.ID, Created: o.Created, Ask: ask}
	web.Here(r, registerKeyPath+o.ID)
	return h.Render(w, r, status, "signin/registerkey.html", p)
}

// postRegisterKey takes what the browser brings at each step: the passkey it has
// made, then what that has signed.
func (h *handler) postRegisterKey(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	offer, answer := r.PathValue("offer"), r.PostFormValue("answer")
	o, _, err := h.signin.KeyOffered(r.Context(), token, offer)
	if err == nil && !o.Created {
		name := cmp.Or(web.From(r).System, ui.T(h.Lang(r), "security.passkey.name"))
		if err = h.signin.KeyCreated(r.Context(), token, offer, name, answer); err == nil {
			return see(w, registerKeyPath+offer)
		}
	} else if err == nil {
		var went signin.Went
		if went, err = h.signin.KeySigned(r.Context(), token, offer, answer, h.browser(r)); err == nil {
			return h.registered(w, went)
		}
	}
	return h.notKeyed(w, r, a, registerPage{Name: o.Called}, err)
}

// notKeyed says why a passkey made no account: beside its button, or on the form
// where one begins again.
func (h *handler) notKeyed(w http.ResponseWriter, r *http.Request, a signin.Attempt, p registerPage, err error) error {
	switch {
	case errors.Is(err, method.ErrHeld):
		return h.registerKeyPage(w, r, http.StatusUnprocessableEntity, a, ui.T(h.Lang(r), "security.passkey.held"))
	case errors.Is(err, method.ErrPasskey):
		return h.registerKeyPage(w, r, http.StatusUnprocessableEntity, a, ui.T(h.Lang(r), "security.passkey.failed"))
	case errors.Is(err, method.ErrOffer):
		p.Late = true
		return h.registerPage(w, r, http.StatusGone, a, p)
	}
	return h.notRegistered(w, r, a, p, err)
}
