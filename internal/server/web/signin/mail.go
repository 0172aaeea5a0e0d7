package signinweb

import (
	"errors"
	"net/http"

	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A mailPage sends a code to an address of the person, and takes it.
type mailPage struct {
	view
	Addresses []mailChoice
	Sent      string // where the code went that can be typed now, masked; or ""
	Anew      bool   // an admin has them set up again, which begins with it
	Ways      bool   // there are others
}

type mailChoice struct {
	ID, Masked string
	First      bool
}

func (h *handler) showMail(w http.ResponseWriter, r *http.Request, a signin.Attempt) error {
	return h.mailPage(w, r, http.StatusOK, a, "")
}

func (h *handler) mailPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, problem string) error {
	if !a.Step.Mail {
		return see(w, h.path(r.Context(), r, a))
	}
	all, sent, err := h.signin.Reachable(r.Context(), a)
	if err != nil {
		return err
	}
	p := mailPage{view: viewOf(r, a), Anew: !policy.Lost(a.Purpose), Ways: policy.Lost(a.Purpose) || a.Step.Pass}
	for i, address := range all {
		p.Addresses = append(p.Addresses, mailChoice{address.ID, address.Masked(), i == 0})
	}
	if sent.ID != "" {
		p.Sent = sent.Masked()
	}
	p.Error = problem
	return h.Render(w, r, status, "signin/mail.html", p)
}

// postSendMail sends a code, anew if one was sent before.
func (h *handler) postSendMail(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	err = h.signin.SendMail(r.Context(), token, r.PostFormValue("to_address"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooOften := errors.AsType[*directory.TooOften](err); {
	case tooOften:
		web.RetryAfter(w, wait.After)
		return h.mailPage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.mail.toooften", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, signin.ErrStep), errors.Is(err, directory.ErrAddress):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return see(w, "/signin/mail")
}

func (h *handler) postMail(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	went, err := h.signin.Mail(r.Context(), token, r.PostFormValue("code"), h.browser(r))
	lang := h.Lang(r)
	switch wait, tooMany := errors.AsType[*signin.TooMany](err); {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return h.mailPage(w, r, http.StatusTooManyRequests, a, ui.T(lang, "signin.code.toomany", "time", web.Wait(lang, wait.After)))
	case errors.Is(err, signin.ErrWrong):
		return h.mailPage(w, r, http.StatusUnprocessableEntity, a, ui.T(lang, "signin.mail.wrong"))
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case err != nil:
		return err
	}
	return h.went(w, r, went)
}
