package signinweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

// Where a forgotten password leads.
const (
	forgotPath    = "/signin/forgot"
	proofsPath    = "/signin/forgot/proofs"
	choosePath    = "/signin/forgot/password"
	forgottenPath = "/signin/forgot/done"
)

// A helpPage says what to do when one cannot sign in. It knows of the sign-in
// under way only what its pages show anyway.
type helpPage struct{ view }

func (h *handler) getHelp(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, r, http.StatusOK, "signin/help.html", helpPage{h.underWay(r)})
}

// ticket is that of the device that led to the sign-in under way, or "": if the
// backup of its person was opened there, a new password need not wait (N20).
func (h *handler) ticket(r *http.Request) string {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	id, led := strings.CutPrefix(a.Goal, web.RestorePath)
	if err != nil || !led {
		return ""
	}
	return id
}

// underWay is what a page may show of the sign-in under way, if there is one.
func (h *handler) underWay(r *http.Request) view {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err != nil {
		return view{}
	}
	return viewOf(r, a)
}

// A forgotPage asks whose password was forgotten.
type forgotPage struct {
	view
	Gone bool // the way back that this browser was on is over
}

func (h *handler) getForgot(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, r, http.StatusOK, "signin/forgot.html", forgotPage{view: h.underWay(r), Gone: r.URL.Query().Has("gone")})
}

func (h *handler) postForgot(w http.ResponseWriter, r *http.Request) error {
	login := r.PostFormValue("login")
	var token string
	err := h.even(r.Context(), func() (err error) {
		token, err = h.back.Begin(r.Context(), login, h.ticket(r), h.browser(r))
		return err
	})
	web.Here(r, forgotPath)
	wait, tooMany := errors.AsType[*signin.TooMany](err)
	switch {
	case login == "":
		return h.Render(w, r, http.StatusUnprocessableEntity, "signin/forgot.html", forgotPage{view: view{Error: ui.T(h.Lang(r), "signin.name.empty")}})
	case tooMany:
		web.RetryAfter(w, wait.After)
		p := forgotPage{view: view{Login: login, Error: ui.T(h.Lang(r), "signin.password.toomany", "time", web.Wait(h.Lang(r), wait.After))}}
		return h.Render(w, r, http.StatusTooManyRequests, "signin/forgot.html", p)
	case errors.Is(err, wayback.ErrManaged):
		return h.managedPage(w, r, login)
	case err != nil:
		return err
	}
	h.SetCookie(w, web.WayBackCookie, token, wayback.Life)
	return see(w, proofsPath)
}

// managedPage sends somebody to who helps the people of their directory. It
// looks at what was typed, never at whether somebody has that name.
func (h *handler) managedPage(w http.ResponseWriter, r *http.Request, login string) error {
	d, err := h.back.Directory(r.Context(), login)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "signin/forgotmanaged.html", forgotPage{view: viewIn(r, d, login)})
}

func viewIn(r *http.Request, d directory.Directory, login string) view {
	web.Dress(r, d)
	return view{Login: login, Org: web.OrgOf(d), Own: d.Kind == directory.Personal}
}

// A proofsPage asks for what shows who somebody is. Before a proof it shows
// what anybody could have, not what the person has.
type proofsPage struct {
	view
	Ways  []proofRow
	Wrong string // the proof that the error is about
}

// A proofRow is one way to show who one is.
type proofRow struct {
	Proof string // policy.Mail, policy.Text or policy.Recovery
	Sent  bool   // a code was, or as if
	Given bool
	Error string
}

func (h *handler) getProofs(w http.ResponseWriter, r *http.Request) error {
	return h.proofsPage(w, r, http.StatusOK, proofsPage{})
}

func (h *handler) proofsPage(w http.ResponseWriter, r *http.Request, status int, p proofsPage) error {
	back, err := h.back.Find(r.Context(), h.Cookie(r, web.WayBackCookie))
	switch {
	case err != nil:
		return h.offPath(w, err)
	case back.State != wayback.Open:
		return see(w, forgottenPath)
	case back.Proven():
		return see(w, choosePath)
	}
	web.SetReference(r, back.Correlation)
	web.Here(r, proofsPath)
	problem := p.Error
	p.view = viewIn(r, back.Directory, back.Login)
	for _, proof := range h.back.Ways() {
		row := proofRow{Proof: proof, Sent: slices.Contains(back.Sent, proof), Given: back.Has(proof)}
		if proof == p.Wrong {
			row.Error = problem
		}
		p.Ways = append(p.Ways, row)
	}
	return h.Render(w, r, status, "signin/forgotproofs.html", p)
}

// offPath leads on from a way back that is over, or at another step.
func (h *handler) offPath(w http.ResponseWriter, err error) error {
	switch {
	case errors.Is(err, wayback.ErrNone):
		return see(w, forgotPath+"?gone=1")
	case errors.Is(err, wayback.ErrStep):
		return see(w, proofsPath)
	}
	return err
}

func (h *handler) postSend(w http.ResponseWriter, r *http.Request) error {
	proof := r.PathValue("proof")
	err := h.even(r.Context(), func() error {
		return h.back.Send(r.Context(), h.Cookie(r, web.WayBackCookie), proof, h.browser(r))
	})
	if wait, ok := errors.AsType[*signin.TooMany](err); ok {
		web.RetryAfter(w, wait.After)
		return h.wrongProof(w, r, http.StatusTooManyRequests, proof, ui.T(h.Lang(r), "security.email.often", "time", web.Wait(h.Lang(r), wait.After)))
	} else if err != nil {
		return h.offPath(w, err)
	}
	return see(w, proofsPath)
}

func (h *handler) wrongProof(w http.ResponseWriter, r *http.Request, status int, proof, problem string) error {
	return h.proofsPage(w, r, status, proofsPage{view: view{Error: problem}, Wrong: proof})
}

// postProof takes a code, that was sent or from paper.
func (h *handler) postProof(w http.ResponseWriter, r *http.Request) error {
	proof, wrong := r.PathValue("proof"), "signin.forgot.mail.wrong"
	try := func(ctx context.Context, token, typed string, b signin.Browser) (string, error) {
		return h.back.Code(ctx, token, proof, typed, b)
	}
	if proof == policy.Recovery {
		try, wrong = h.back.RecoveryCode, "signin.recovery.wrong"
	}
	problem, status, err := h.proof(w, r, try, wrong)
	if err != nil || problem == "" {
		return err
	}
	return h.wrongProof(w, r, status, proof, problem)
}

// proof has a code looked at; problem says in words why it does not count. With
// none of both the answer is given.
func (h *handler) proof(w http.ResponseWriter, r *http.Request, try func(context.Context, string, string, signin.Browser) (string, error), wrong string) (problem string, status int, err error) {
	var token string
	err = h.even(r.Context(), func() (err error) {
		token, err = try(r.Context(), h.Cookie(r, web.WayBackCookie), r.PostFormValue("code"), h.browser(r))
		return err
	})
	lang := h.Lang(r)
	wait, tooMany := errors.AsType[*signin.TooMany](err)
	switch {
	case tooMany:
		web.RetryAfter(w, wait.After)
		return ui.T(lang, "signin.code.toomany", "time", web.Wait(lang, wait.After)), http.StatusTooManyRequests, nil
	case errors.Is(err, wire.ErrMistyped):
		return ui.T(lang, "signin.recovery.mistyped"), http.StatusUnprocessableEntity, nil
	case errors.Is(err, signin.ErrWrong):
		return ui.T(lang, wrong), http.StatusUnprocessableEntity, nil
	case err != nil:
		return "", 0, h.offPath(w, err)
	}
	h.SetCookie(w, web.WayBackCookie, token, wayback.Life)
	return "", 0, see(w, proofsPath)
}

// A renewedPage says what comes of a new password, and asks for it.
type renewedPage struct {
	choosePage
	Voids  bool
	Ready  string // when it works, or "" for at once
	Strong bool   // one may say that what signs in alone was lost
	Lost   bool   // it was said, and could not be done with the password that was typed
	Ends   bool   // it ends in any case
}

func (h *handler) getForgotPassword(w http.ResponseWriter, r *http.Request) error {
	return h.forgotPassword(w, r, http.StatusOK, nil)
}

func (h *handler) forgotPassword(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	lost := r.PostFormValue("lost") != ""
	back, plan, err := h.back.Plan(r.Context(), h.Cookie(r, web.WayBackCookie), false, h.browser(r))
	if errors.Is(err, wayback.ErrSuspended) {
		return h.endedBack(w, r, back)
	} else if err != nil {
		return h.offPath(w, err)
	}
	web.SetReference(r, back.Correlation)
	web.Here(r, choosePath)
	v := viewIn(r, back.Directory, back.Login)
	if plan.Outcome == ways.Never {
		return h.Render(w, r, http.StatusOK, "signin/forgotmanaged.html", forgotPage{view: v, Gone: true})
	}
	p := renewedPage{choosePage: choosePage{v, "", method.Shortest(back.Directory.Policy), choosePath}, Voids: plan.Voids}
	p.Strong, p.Lost, p.Ends = plan.Strong && !plan.Ends, lost, plan.Ends
	p.Error = h.refused(r, problem, p.Shortest)
	if now := h.DB.Now(); plan.Outcome == ways.Wait {
		p.Ready = ui.When(h.Lang(r), back.Zone(), now.Add(plan.Wait), now)
	}
	return h.Render(w, r, status, "signin/forgotpassword.html", p)
}

// endedBack tells somebody who has proven enough that they are suspended.
func (h *handler) endedBack(w http.ResponseWriter, r *http.Request, back wayback.Way) error {
	web.SetReference(r, back.Correlation)
	p := endPage{view: viewIn(r, back.Directory, back.Login), Again: "/signin", Ref: back.Correlation}
	p.Title, p.Text = ui.T(h.Lang(r), "signin.ended.suspended.title"), ui.T(h.Lang(r), "signin.ended."+endedText(policy.WhySuspended, p.Own))
	return h.Render(w, r, http.StatusOK, "signin/ended.html", p)
}

func (h *handler) postForgotPassword(w http.ResponseWriter, r *http.Request) error {
	token, err := h.back.Renew(r.Context(), h.Cookie(r, web.WayBackCookie), r.PostFormValue("password"), r.PostFormValue("lost") != "", h.browser(r))
	switch {
	case h.refused(r, err, 0) != "":
		return h.forgotPassword(w, r, http.StatusUnprocessableEntity, err)
	case errors.Is(err, wayback.ErrManaged), errors.Is(err, wayback.ErrSuspended):
		return see(w, choosePath)
	case err != nil:
		return h.offPath(w, err)
	}
	h.SetCookie(w, web.WayBackCookie, token, wayback.Life)
	return see(w, forgottenPath)
}

// A backPage says that the new password is set, or when it will be.
type backPage struct {
	view
	Ready string
}

func (h *handler) getForgotten(w http.ResponseWriter, r *http.Request) error {
	back, err := h.back.Find(r.Context(), h.Cookie(r, web.WayBackCookie))
	if err != nil {
		return h.offPath(w, err)
	}
	web.SetReference(r, back.Correlation)
	p := backPage{view: viewIn(r, back.Directory, back.Login)}
	switch back.State {
	case wayback.Open:
		return see(w, proofsPath)
	case wayback.Waits:
		p.Ready = ui.When(h.Lang(r), back.Zone(), back.ReadyAt, h.DB.Now())
	}
	return h.Render(w, r, http.StatusOK, "signin/forgotten.html", p)
}
