package restoreweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

// A page is a ticket on its way, one step of it.
type page struct {
	At    string // its path
	Step  string // one of ours, or of an offer
	Name  string // of the device, as its owner calls it
	What  string // the device, as it says: "iPhone, Safari"
	Login string // who has signed in
	Key   string // changes when the page is out of date
	Left  int    // seconds of the offer or the test
	Clock string // the same for eyes: 9:41

	Ready  string      // when the wait is over
	Why    ways.Reason // of never
	Apps   []appChoice // one of which has to go; empty when there is room
	Choose bool        // none was chosen

	Test   string // state of the request; "" when there is none
	Number string
	ByCode bool // the page asks for a code instead
	Codes  bool // the policy lets codes sign in
	Wrong  bool // the code was not right
	Used   bool // the code was used before
}

type appChoice struct{ ID, Name, Platform, Used string }

// GoesOn tells whether the page presses its own button.
func (p page) GoesOn() bool {
	return p.Step == registration.Confirmed && !p.ByCode && (p.Test == "" || p.Test == approval.Approved)
}

// show draws the page for who has proven who they are.
func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, by signin.Session, refused error) error {
	p := page{At: pathOf(r), Choose: refused != nil && r.PostForm.Has("replaces"),
		Wrong: errors.Is(refused, registration.ErrCode), Used: errors.Is(refused, registration.ErrCodeUsed)}
	p.ByCode = r.URL.Query().Has("code") || p.Wrong || p.Used
	err := h.DB.Read(r.Context(), func(tx *db.Tx) error { return h.fill(r.Context(), tx, r, by, &p) })
	switch {
	case errors.Is(err, wayback.ErrOther):
		p.Step = stepOther
	case errors.Is(err, wayback.ErrSuspended):
		p.Step = stepNever
	case errors.Is(err, wayback.ErrNone):
		p.Step = stepOver
	case err != nil:
		return err
	}
	return h.Render(w, r, status, "restore/restore.html", p)
}

func (h *handler) fill(ctx context.Context, tx *db.Tx, r *http.Request, by signin.Session, p *page) error {
	person, err := directory.ByID(ctx, tx, by.Person)
	if err != nil {
		return err
	}
	p.Login = person.Login
	t, answer, o, test, err := h.standing(ctx, tx, r.PathValue("ticket"), by)
	if err != nil {
		return err
	}
	p.Name, p.What, p.Key = t.Name, t.Platform, keyOf(t, o, test)
	when := func(at time.Time) string { return ui.When(h.Lang(r), person.Zone, at, tx.Now) }
	switch {
	case t.State == wire.TicketOffered:
		return h.fillOffer(ctx, tx, by, o, test, p)
	case answer.Outcome == ways.Never:
		p.Step, p.Why = stepNever, answer.Reason
	case answer.Outcome == ways.Wait && t.State == wire.TicketWaits:
		p.Step, p.Ready = stepWaits, when(t.ReadyAt)
	case answer.Outcome == ways.Wait:
		p.Step, p.Ready = stepWait, when(tx.Now.Add(answer.Wait))
	default:
		p.Step = stepGo
		return h.fillApps(ctx, tx, by, when, p)
	}
	return nil
}

// fillOffer is of an offer on its way. One that ran out can be followed by another.
func (h *handler) fillOffer(ctx context.Context, tx *db.Tx, by signin.Session, o registration.Offer, test approval.View, p *page) error {
	p.Step = o.Step
	p.Left, p.Clock = web.Countdown(o.ExpiresAt.Sub(tx.Now))
	if o.Step != registration.Confirmed {
		return nil
	}
	d, err := h.directoryOf(ctx, tx, by)
	if err != nil {
		return err
	}
	p.Test, p.Number, p.Codes = test.State, test.Number, d.Policy.Codes
	if test.State == approval.Open {
		p.Left, p.Clock = web.Countdown(test.ExpiresAt.Sub(tx.Now))
	}
	return nil
}

// fillApps lists the apps of who has as many as there can be.
func (h *handler) fillApps(ctx context.Context, tx *db.Tx, by signin.Session, when func(time.Time) string, p *page) error {
	apps, err := h.Registry.Of(ctx, tx, by.Person)
	if err != nil || len(apps) < registration.Most {
		return err
	}
	for _, g := range apps {
		p.Apps = append(p.Apps, appChoice{g.ID, g.Name, g.Platform, when(g.SeenAt)})
	}
	return nil
}

func (h *handler) directoryOf(ctx context.Context, tx *db.Tx, by signin.Session) (directory.Directory, error) {
	return directory.Get(ctx, tx, by.Directory)
}

// keyOf tells pages apart: another key, another page to show.
func keyOf(t wayback.Ticket, o registration.Offer, test approval.View) string {
	return t.State + " " + o.Step + " " + test.ID + " " + test.State
}

// A step is what the page's stream tells: that the page is another now.
type step struct {
	Key string `json:"key"`
}

// getStream tells the page when to load itself anew.
func (h *handler) getStream(w http.ResponseWriter, r *http.Request) error {
	by, err := h.proven(r)
	if errors.Is(err, signin.ErrNoSession) {
		return web.ErrNotFound
	} else if err != nil {
		return err
	}
	id := r.PathValue("ticket")
	o, err := h.offered(r.Context(), id)
	if err != nil {
		return err
	}
	return h.Stream(w, r, registration.OfferTopic(o), func(ctx context.Context) (e web.Event, err error) {
		err = h.DB.Read(ctx, func(tx *db.Tx) error {
			t, _, o, test, err := h.standing(ctx, tx, id, by)
			if errors.Is(err, wayback.ErrNone) {
				e = web.Event{Name: "step", Data: step{stepOver}, Done: true}
				return nil
			} else if err != nil {
				return err
			}
			e = web.Event{Name: "step", Data: step{keyOf(t, o, test)}, Again: o.ExpiresAt.Sub(tx.Now), Done: t.State != wire.TicketOffered || o.Step == registration.Ended}
			if test.State == approval.Open {
				e.Again = test.ExpiresAt.Sub(tx.Now)
			}
			return nil
		})
		return e, err
	})
}

// offered is the id of the offer that was made last.
func (h *handler) offered(ctx context.Context, id string) (offer string, err error) {
	err = h.DB.Read(ctx, func(tx *db.Tx) error {
		t, err := h.Back.TicketOf(ctx, tx, id)
		offer = t.Offer
		return err
	})
	if errors.Is(err, wayback.ErrNone) {
		err = web.ErrNotFound
	}
	return offer, err
}
