package signinweb

import (
	"errors"
	"net/http"

	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A passkeyPage asks for a passkey.
type passkeyPage struct {
	view
	Ways bool // there is a page of other ways; else the password is the other
	Only bool // no other way is as strong: somebody signed in proves it again
}

func (h *handler) showPasskey(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.passkeyPage(w, r, http.StatusOK, a, "")
}

func (h *handler) passkeyPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) (err error) {
	p := passkeyPage{view: viewOf(r, a)}
	p.Ways = a.Step.Approval || a.Step.Code || a.Step.Recovery || a.Step.Pass || a.Step.Password && len(a.Proofs) > 0
	p.Only = !p.Ways && !a.TakesPassword()
	p.Error = problem
	if p.Passkey, err = h.signin.PasskeyQuestion(a); err != nil {
		return err
	}
	return h.Render(w, r, status, "signin/passkey.html", p)
}

// postPasskey takes what a passkey has signed, on whatever page that was.
func (h *handler) postPasskey(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Passkey(r.Context(), token, r.PostFormValue("answer"), h.browser(r))
	switch problem := h.unkeyed(r, err); {
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case problem != "" && !a.Named():
		web.Here(r, "/signin/name")
		return h.showName(w, r, http.StatusUnprocessableEntity, a, namePage{Refused: problem})
	case problem != "":
		return h.passkeyPage(w, r, http.StatusUnprocessableEntity, a, problem)
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}

// unkeyed says in words why a passkey is not taken; "" for other errors.
func (h *handler) unkeyed(r *http.Request, err error) string {
	lang := h.Lang(r)
	switch {
	case errors.Is(err, signin.ErrWrong):
		return ui.T(lang, "signin.passkey.wrong")
	case errors.Is(err, signin.ErrOther):
		return ui.T(lang, "signin.passkey.other")
	case errors.Is(err, method.ErrCopied):
		return ui.T(lang, "signin.passkey.copied")
	}
	return ""
}
