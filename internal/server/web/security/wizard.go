package securityweb

import (
	"context"
	"errors"
	"html/template"
	"net/http"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/registration"
	"countersign/internal/server/web"
	"countersign/internal/wire"
)

// A wizardPage is an offer on its way (c3), one step of it.
type wizardPage struct {
	Enrol  bool
	Behind overview
	Offer  string
	Step   string
	Key    string // changes when the page is out of date
	Left   int    // seconds of the offer or the test
	Clock  string // the same for eyes: 9:41

	// While waiting for a device.
	QR   template.HTML
	Link string // on a phone, which cannot scan itself
	Code string // to type, in groups

	// Of the device that took the offer.
	Device   string // "iPhone, Safari, Osaka"
	Name     string // as its owner calls it
	Refused  bool   // the person said it is not theirs
	Replaces string

	// The test.
	Test   string // state of the request; "" when there is none
	Number string
	ByCode bool // the page asks for a code instead
	Codes  bool // the policy lets codes sign in
	Wrong  bool // the code was not right
	Used   bool // the code was used before
}

func (h *handler) getOffer(w http.ResponseWriter, r *http.Request) error {
	return h.showOffer(w, r, http.StatusOK, nil)
}

func (h *handler) showOffer(w http.ResponseWriter, r *http.Request, status int, refused error) error {
	p := wizardPage{
		ByCode: r.URL.Query().Has("code") || refused != nil,
		Wrong:  errors.Is(refused, registration.ErrCode), Used: errors.Is(refused, registration.ErrCodeUsed),
	}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error { return h.fill(ctx, tx, r, v, &p) })
	if errors.Is(err, registration.ErrOfferUnknown) {
		return web.ErrNotFound
	} else if err != nil {
		return err
	}
	return h.Render(w, r, status, "security/pair.html", p)
}

func (h *handler) fill(ctx context.Context, tx *db.Tx, r *http.Request, v visit, p *wizardPage) (err error) {
	if p.Enrol = v.session.Enrol; !p.Enrol {
		if p.Behind, err = h.look(ctx, tx, v); err != nil {
			return err
		}
	}
	o, test, err := h.stand(ctx, tx, v.session.ID, r.PathValue("offer"))
	if err != nil {
		return err
	}
	p.Offer, p.Step, p.Key = o.ID, o.Step, keyOf(o, test)
	p.Device, p.Name = deviceOf(o.Taker), o.Taker.Name
	p.Refused = o.Taker.RemovedWhy == registration.WhyNotMine
	p.Left, p.Clock = web.Countdown(o.ExpiresAt.Sub(tx.Now))
	switch o.Step {
	case registration.Waiting:
		return h.fillWaiting(r, o, p)
	case registration.Confirmed:
		policy, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		p.Test, p.Number, p.Codes = test.State, test.Number, policy.Codes
		if test.State == approval.Open {
			p.Left, p.Clock = web.Countdown(test.ExpiresAt.Sub(tx.Now))
		}
	}
	return nil
}

// stand reads an offer and its last test.
func (h *handler) stand(ctx context.Context, tx *db.Tx, session, id string) (o registration.Offer, test approval.View, err error) {
	if o, err = h.Registry.OfferState(ctx, tx, session, id); err != nil || o.Step != registration.Confirmed {
		return o, test, err
	}
	test, err = h.Approvals.TestOf(ctx, tx, id)
	if errors.Is(err, approval.ErrUnknown) {
		err = nil
	}
	return o, test, err
}

// keyOf tells pages apart: another key, another page to show.
func keyOf(o registration.Offer, test approval.View) string {
	return o.Step + " " + test.ID + " " + test.State
}

// deviceOf is how a device that nobody knows yet is described: by what it
// says of itself and from where it came.
func deviceOf(g registration.Registration) string {
	if g.Place == "" {
		return g.Platform
	}
	return g.Platform + ", " + g.Place
}

func (h *handler) fillWaiting(r *http.Request, o registration.Offer, p *wizardPage) (err error) {
	link := o.Link(h.App, h.ID)
	if web.From(r).Phone {
		p.Link = link
	}
	p.Code = wire.ShowPairingCode(o.Code.Reveal())
	p.QR, err = drawQR(link)
	return err
}

// A step is what the page's stream tells: that the page is another now.
type step struct {
	Key string `json:"key"`
}

// getStream tells the page when to load itself anew.
func (h *handler) getStream(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	id := r.PathValue("offer")
	err = h.Stream(w, r, registration.OfferTopic(id), func(ctx context.Context) (e web.Event, err error) {
		err = h.DB.Read(ctx, func(tx *db.Tx) error {
			o, test, err := h.stand(ctx, tx, v.session.ID, id)
			if err != nil {
				return err
			}
			e = web.Event{Name: "step", Data: step{keyOf(o, test)}, Done: o.Step == registration.Ended || o.Step == registration.Done}
			e.Again = o.ExpiresAt.Sub(tx.Now)
			if test.State == approval.Open {
				e.Again = test.ExpiresAt.Sub(tx.Now)
			}
			return nil
		})
		return e, err
	})
	if errors.Is(err, registration.ErrOfferUnknown) {
		return web.ErrNotFound
	}
	return err
}
