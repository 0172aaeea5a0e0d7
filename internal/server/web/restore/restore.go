// Package restoreweb are the pages that give a device a registration again on
// which an account came back by its name (docs/protocol.md, section 11).
//
// The app leads here with its ticket. Who the person is they prove by a recovery
// sign-in, and all that comes of that is one offer, which the ticket's device alone
// can take: at once, or after the wait that was announced. Then the device is tried
// with a number, as any other. No session is made.
//
// Each page works as plain forms; scripts only save the person a reload.
package restoreweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

//go:embed *.html
var pages embed.FS

// Deps are what the pages stand on; all must be there.
type Deps struct {
	Registry  *registration.Registry
	Approvals *approval.Approvals
	SignIn    *signin.Service
	Back      *wayback.Service
}

type handler struct {
	*web.Shell
	Deps
}

// Mount adds the pages to the shell.
func Mount(s *web.Shell, d Deps) error {
	h := &handler{s, d}
	if err := s.Templates("restore", pages); err != nil {
		return err
	}
	s.Page("GET "+web.RestorePath+"{ticket}", h.get)
	s.Page("GET "+web.RestorePath+"{ticket}/stream", h.getStream)
	s.Page("POST "+web.RestorePath+"{ticket}/go", h.change(h.goOn))
	s.Page("POST "+web.RestorePath+"{ticket}/test", h.change(h.ask))
	s.Page("POST "+web.RestorePath+"{ticket}/finish", h.change(h.finish))
	s.Page("POST "+web.RestorePath+"{ticket}/stop", h.change(h.stop))
	s.Page("POST "+web.RestorePath+"{ticket}/code", h.postCode)
	return nil
}

// Steps of the page, beside those of an offer.
const (
	stepGo      = "go"    // it can be set up now
	stepWait    = "wait"  // it can begin to wait
	stepWaits   = "waits" // it does
	stepNever   = "never" // another way is needed
	stepOther   = "other" // somebody else has signed in
	stepStopped = "stopped"
	stepOver    = "over"
)

func pathOf(r *http.Request) string { return web.RestorePath + r.PathValue("ticket") }

// proven is who has proven to be themselves for this ticket, in this browser.
func (h *handler) proven(r *http.Request) (signin.Session, error) {
	return h.SignIn.Recovered(r.Context(), h.Cookie(r, web.AttemptCookie), pathOf(r))
}

// get shows how things stand. Before somebody has proven who they are, it only
// leads to where they do.
func (h *handler) get(w http.ResponseWriter, r *http.Request) error {
	p := page{At: pathOf(r)}
	t, err := h.ticket(r)
	switch {
	case errors.Is(err, wayback.ErrNone):
		p.Step = stepOver
	case err != nil:
		return err
	default:
		p.Name, p.Step = t.Name, ended[t.State]
	}
	if p.Step != "" {
		p.Name = "" // whoever has the link has proven nothing here
		return h.Render(w, r, http.StatusOK, "restore/restore.html", p)
	}
	by, err := h.proven(r)
	if errors.Is(err, signin.ErrNoSession) || err == nil && r.URL.Query().Has("other") {
		return h.signIn(w, r, t)
	} else if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, by, nil)
}

// ended are the states of a ticket that anybody may see who has it.
var ended = map[string]string{wire.TicketDone: registration.Done, wire.TicketStopped: stepStopped, wire.TicketOver: stepOver}

func (h *handler) ticket(r *http.Request) (t wayback.Ticket, err error) {
	err = h.DB.Read(r.Context(), func(tx *db.Tx) error {
		t, err = h.Back.TicketOf(r.Context(), tx, r.PathValue("ticket"))
		return err
	})
	return t, err
}

// signIn leads to a recovery sign-in that comes back here, one that is under way
// already if there is one. The name that the app knows is filled in.
func (h *handler) signIn(w http.ResponseWriter, r *http.Request, t wayback.Ticket) error {
	a, err := h.SignIn.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	if err == nil && a.Open() && a.Purpose == policy.Restore && a.Goal == pathOf(r) {
		return see(w, r, "/signin")
	} else if err != nil && !errors.Is(err, signin.ErrNoAttempt) && !errors.Is(err, signin.ErrExpired) {
		return err
	}
	c := web.From(r)
	token, _, err := h.SignIn.Begin(r.Context(), signin.Start{
		Goal: pathOf(r), Purpose: policy.Restore, Hint: r.URL.Query().Get("login"),
		App: "Countersign", AppHost: strings.TrimPrefix(strings.TrimPrefix(h.App, "https://"), "http://"), AppVerified: true,
		Device: wire.NewDevice{Name: t.Name, Platform: t.Platform},
		Browser: signin.Browser{IP: c.IP, Net: c.Net, Place: c.Place, Name: c.Browser, System: c.System, Lang: c.Lang,
			Known: h.Cookie(r, web.KnownCookie), Sessions: h.SessionTokens(r)},
	})
	if err != nil {
		return err
	}
	h.SetCookie(w, web.AttemptCookie, token, signin.AttemptLife)
	return see(w, r, "/signin")
}

// change makes one change and goes back to the page, which shows how things stand,
// also when the step came too late.
func (h *handler) change(do func(r *http.Request, by signin.Session) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		by, err := h.proven(r)
		if err == nil {
			err = do(r, by)
		}
		if errors.Is(err, registration.ErrFull) || errors.Is(err, registration.ErrUnknown) {
			return h.show(w, r, http.StatusConflict, by, err)
		}
		for _, late := range late {
			if errors.Is(err, late) {
				err = nil
			}
		}
		if err != nil {
			return err
		}
		return see(w, r, pathOf(r))
	}
}

// late are the faults of a step that came too late: the page says how things stand.
var late = []error{signin.ErrNoSession, wayback.ErrNone, wayback.ErrStep, wayback.ErrOther, wayback.ErrManaged, wayback.ErrSuspended,
	registration.ErrOfferExpired, registration.ErrOfferUnknown, approval.ErrNotApproved, approval.ErrFull, approval.ErrEnded}

// goOn has the ticket's device set up, or wait.
func (h *handler) goOn(r *http.Request, by signin.Session) error {
	return h.Back.GoOn(r.Context(), r.PathValue("ticket"), by, r.PostFormValue("replaces"), from(r))
}

func from(r *http.Request) registration.Where {
	c := web.From(r)
	return registration.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
}

// standing reads the ticket of who has proven to be its person, with its offer.
func (h *handler) standing(ctx context.Context, tx *db.Tx, id string, by signin.Session) (t wayback.Ticket, a ways.Answer, o registration.Offer, test approval.View, err error) {
	if t, a, err = h.Back.Foresee(ctx, tx, id, by); err != nil || t.State != wire.TicketOffered {
		return t, a, o, test, err
	}
	if o, err = h.Back.OfferOf(ctx, tx, t); err != nil || o.Step != registration.Confirmed {
		return t, a, o, test, err
	}
	test, err = h.Approvals.TestOf(ctx, tx, o.ID)
	if errors.Is(err, approval.ErrUnknown) {
		err = nil
	}
	return t, a, o, test, err
}

// write runs fn for the offer that the ticket's device has taken.
func (h *handler) write(r *http.Request, by signin.Session, fn func(tx *db.Tx, t wayback.Ticket, o registration.Offer) error) error {
	return h.DB.Write(r.Context(), func(tx *db.Tx) error {
		t, _, o, _, err := h.standing(r.Context(), tx, r.PathValue("ticket"), by)
		if err == nil && o.Step != registration.Confirmed {
			err = registration.ErrOfferExpired
		}
		if err != nil {
			return err
		}
		return fn(tx, t, o)
	})
}

// ask asks the device that took the offer, and only it.
func (h *handler) ask(r *http.Request, by signin.Session) error {
	return h.write(r, by, func(tx *db.Tx, _ wayback.Ticket, o registration.Offer) error {
		d, err := h.directoryOf(r.Context(), tx, by)
		if err != nil {
			return err
		}
		c := web.From(r)
		_, host, _ := strings.Cut(h.ID, "://")
		_, err = h.Approvals.Ask(r.Context(), tx, approval.AskIn{
			Kind: wire.KindTest, Person: by.Person, Directory: d.ID, Offer: o.ID, OnlyDevice: o.Taker.ID,
			App: ui.T(h.Lang(r), "security.title"), AppHost: host, AppVerified: true,
			IP: c.IP, Place: c.Place, Browser: c.Browser, System: c.System, Known: true, Proven: true,
			Epoch: by.Epoch, Correlation: web.Reference(r), Digits: d.Policy.Digits, TTL: d.Policy.ApprovalTTL,
		})
		return err
	})
}

// finish uses the test up: the device is an app of the person's.
func (h *handler) finish(r *http.Request, by signin.Session) error {
	return h.write(r, by, func(tx *db.Tx, t wayback.Ticket, o registration.Offer) error {
		test, err := h.Approvals.TestOf(r.Context(), tx, o.ID)
		if err != nil {
			return approval.ErrNotApproved
		}
		if _, err := h.Approvals.Use(r.Context(), tx, approval.UseIn{ID: test.ID, Person: by.Person, Epoch: by.Epoch, Offer: o.ID}); err != nil {
			return err
		}
		return h.Back.Activate(r.Context(), tx, t, registration.ByTest, from(r))
	})
}

// postCode takes a one-time code of the new app instead of the test.
func (h *handler) postCode(w http.ResponseWriter, r *http.Request) error {
	by, err := h.proven(r)
	if errors.Is(err, signin.ErrNoSession) {
		return see(w, r, pathOf(r))
	} else if err != nil {
		return err
	}
	var refused error
	err = h.write(r, by, func(tx *db.Tx, t wayback.Ticket, o registration.Offer) (err error) {
		if refused, err = h.Registry.CheckPending(r.Context(), tx, o, r.PostFormValue("code")); err != nil || refused != nil {
			return err // a wrong code is counted, so the transaction stands
		}
		return h.Back.Activate(r.Context(), tx, t, registration.ByCode, from(r))
	})
	if err == nil && (errors.Is(refused, registration.ErrCode) || errors.Is(refused, registration.ErrCodeUsed)) {
		return h.show(w, r, http.StatusUnprocessableEntity, by, refused)
	}
	return h.change(func(*http.Request, signin.Session) error { return err })(w, r)
}

// stop takes the person's own wish back.
func (h *handler) stop(r *http.Request, by signin.Session) error {
	return h.DB.Write(r.Context(), func(tx *db.Tx) error { return h.Back.StopBy(r.Context(), tx, r.PathValue("ticket"), by, from(r)) })
}

func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
