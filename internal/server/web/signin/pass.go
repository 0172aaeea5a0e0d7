package signinweb

import (
	"errors"
	"net/http"

	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A passPage asks for a temporary access pass.
type passPage struct {
	view
	Ways bool // there are others
}

func (h *handler) showPass(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.passPage(w, r, http.StatusOK, a, "")
}

func (h *handler) passPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) error {
	if !a.Step.Offers(policy.Pass) {
		return see(w, h.path(r.Context(), r, a))
	}
	p := passPage{view: viewOf(r, a), Ways: a.Step.Passkey || a.Step.Approval || a.Step.Code || a.Step.Recovery || a.Step.Mail}
	p.Error = problem
	return h.Render(w, r, status, "signin/pass.html", p)
}

func (h *handler) postPass(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Pass(r.Context(), token, r.PostFormValue("pass"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooMany := errors.AsType[*signin.TooMany](err); {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return h.passPage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.code.toomany", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, signin.ErrWrong):
		return h.passPage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.pass.wrong"))
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}
