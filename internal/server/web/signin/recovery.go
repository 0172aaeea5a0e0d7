package signinweb

import (
	"errors"
	"net/http"

	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

// A recoveryPage asks for a recovery code.
type recoveryPage struct{ view }

func (h *handler) showRecovery(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.recoveryPage(w, r, http.StatusOK, a, "")
}

func (h *handler) recoveryPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) error {
	if !a.Step.Recovery {
		return see(w, h.path(r.Context(), r, a))
	}
	p := recoveryPage{view: viewOf(r, a)}
	p.Error = problem
	return h.Render(w, r, status, "signin/recovery.html", p)
}

func (h *handler) postRecovery(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.RecoveryCode(r.Context(), token, r.PostFormValue("code"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooMany := errors.AsType[*signin.TooMany](err); {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return h.recoveryPage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.code.toomany", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, wire.ErrMistyped):
		return h.recoveryPage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.recovery.mistyped"))
	case errors.Is(err, signin.ErrWrong):
		return h.recoveryPage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.recovery.wrong"))
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}
