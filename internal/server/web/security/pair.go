package securityweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

// pairing lets through who may pair an app: a session that signed in fully
// not long ago (fresh), or one that may pair the first app and nothing else.
// Once an offer is made, having made it is enough: it lasts ten minutes.
func (h *handler) pairing(fresh bool, next web.HandlerFunc) web.HandlerFunc {
	full := h.NeedSession(fresh, next)
	return func(w http.ResponseWriter, r *http.Request) error {
		session, err := h.EnrolSession(r)
		if err == nil && session.Enrol {
			return next(w, r)
		} else if err != nil && !errors.Is(err, signin.ErrNoSession) {
			return err
		}
		return full(w, r)
	}
}

// A startPage says what is about to happen, and with five apps asks which one
// the new one replaces.
type startPage struct {
	Enrol  bool
	Own    bool     // of a personal directory: it is no organisation that asks
	Apps   []appRow // to choose from; empty when there is room
	Behind overview
	Choose bool // nothing was chosen
}

func (h *handler) getPair(w http.ResponseWriter, r *http.Request) error {
	return h.showStart(w, r, http.StatusOK, false)
}

func (h *handler) showStart(w http.ResponseWriter, r *http.Request, status int, choose bool) error {
	page := startPage{Choose: choose}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		d, err := directory.Get(ctx, tx, v.person.DirectoryID)
		if err != nil {
			return err
		}
		page.Enrol, page.Own = v.session.Enrol, d.Kind == directory.Personal
		if !page.Enrol {
			page.Behind, err = h.look(ctx, tx, v)
		}
		if len(page.Behind.Apps) >= registration.Most {
			page.Apps = page.Behind.Apps
		}
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, status, "security/start.html", page)
}

// postPair makes an offer.
func (h *handler) postPair(w http.ResponseWriter, r *http.Request) error {
	var offer registration.Offer
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		offer, err = h.Registry.Offer(ctx, tx, registration.OfferIn{
			Person: v.person.ID, Session: v.session.ID, Epoch: v.session.Epoch, Replaces: r.PostFormValue("replaces"),
			First: v.first(), From: v.from,
		})
		return err
	})
	if errors.Is(err, registration.ErrFull) || errors.Is(err, registration.ErrUnknown) {
		return h.showStart(w, r, http.StatusConflict, r.PostForm.Has("replaces"))
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/pair/"+offer.ID)
}

// change makes one change to the offer in the path and goes back to its page,
// which shows how things stand, also when the step came too late.
func (h *handler) change(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, tx *db.Tx, v visit, id string) error) error {
	id := r.PathValue("offer")
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error { return fn(ctx, tx, v, id) })
	for _, late := range []error{registration.ErrOfferExpired, registration.ErrOfferUnknown, approval.ErrNotApproved, approval.ErrFull, approval.ErrEnded} {
		if errors.Is(err, late) {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return see(w, r, "/security/pair/"+id)
}

// postConfirm is the answer to "is it yours?". Yes asks the test at once.
func (h *handler) postConfirm(w http.ResponseWriter, r *http.Request) error {
	yes := r.PostFormValue("yours") == "yes"
	if !yes && r.PostFormValue("yours") != "no" {
		return web.ErrMalformed
	}
	return h.change(w, r, func(ctx context.Context, tx *db.Tx, v visit, id string) error {
		if err := h.Registry.Confirm(ctx, tx, v.session.ID, id, yes, v.from); err != nil || !yes {
			return err
		}
		err := h.ask(ctx, tx, r, v, id)
		if errors.Is(err, approval.ErrFull) {
			err = nil // the page offers the code instead
		}
		return err
	})
}

// postTest asks the test again.
func (h *handler) postTest(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, func(ctx context.Context, tx *db.Tx, v visit, id string) error {
		return h.ask(ctx, tx, r, v, id)
	})
}

// ask asks the device that took the offer, and only it.
func (h *handler) ask(ctx context.Context, tx *db.Tx, r *http.Request, v visit, id string) error {
	o, err := h.Registry.OfferState(ctx, tx, v.session.ID, id)
	if err != nil {
		return err
	}
	if o.Step != registration.Confirmed {
		return registration.ErrOfferExpired
	}
	d, err := directory.Get(ctx, tx, v.person.DirectoryID)
	if err != nil {
		return err
	}
	c := web.From(r)
	_, err = h.Approvals.Ask(ctx, tx, approval.AskIn{
		Kind: wire.KindTest, Person: v.person.ID, Directory: d.ID, Offer: id, OnlyDevice: o.Taker.ID,
		App: ui.T(v.lang, "security.title"), AppHost: hostOf(h.ID), AppVerified: true,
		IP: c.IP, Place: c.Place, Browser: c.Browser, System: c.System, Known: true, Proven: true,
		Epoch: v.session.Epoch, Correlation: web.Reference(r), Digits: d.Policy.Digits, TTL: d.Policy.ApprovalTTL,
	})
	return err
}

// postFinish uses the test up: the app is active.
func (h *handler) postFinish(w http.ResponseWriter, r *http.Request) error {
	return h.end(w, r, func(ctx context.Context, tx *db.Tx, v visit, id string) error {
		test, err := h.Approvals.TestOf(ctx, tx, id)
		if err != nil {
			return approval.ErrNotApproved
		}
		_, err = h.Approvals.Use(ctx, tx, approval.UseIn{ID: test.ID, Person: v.person.ID, Epoch: v.session.Epoch, Offer: id})
		if err != nil {
			return err
		}
		return h.activate(ctx, tx, v, id, registration.ByTest)
	})
}

// postCode takes a one-time code of the new app instead of the test.
func (h *handler) postCode(w http.ResponseWriter, r *http.Request) error {
	var refused error
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		o, err := h.Registry.OfferState(ctx, tx, v.session.ID, r.PathValue("offer"))
		if err != nil || o.Step != registration.Confirmed {
			return err
		}
		if refused, err = h.Registry.CheckPending(ctx, tx, o, r.PostFormValue("code")); err != nil || refused != nil {
			return err // a wrong code is counted, so the transaction stands
		}
		return h.activate(ctx, tx, v, o.ID, registration.ByCode)
	})
	if err == nil && (errors.Is(refused, registration.ErrCode) || errors.Is(refused, registration.ErrCodeUsed)) {
		return h.showOffer(w, r, http.StatusUnprocessableEntity, refused)
	}
	if err != nil {
		return err
	}
	return h.after(w, r)
}

// activate makes the new app one of the person's. When it replaces another,
// what that one may have approved ends.
func (h *handler) activate(ctx context.Context, tx *db.Tx, v visit, id, how string) error {
	o, err := h.Registry.OfferState(ctx, tx, v.session.ID, id)
	if err != nil {
		return err
	}
	activate := func() error {
		_, err := h.Registry.Activate(ctx, tx, registration.Activation{
			Session: v.session.ID, Offer: id, How: how, First: v.first(), From: v.from,
		})
		return err
	}
	if o.Replaces == "" {
		return activate()
	}
	return signin.Changing(ctx, tx, v.session, activate)
}

// end is change for the last step.
func (h *handler) end(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, tx *db.Tx, v visit, id string) error) error {
	id, late := r.PathValue("offer"), false
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error { return fn(ctx, tx, v, id) })
	for _, e := range []error{registration.ErrOfferExpired, registration.ErrOfferUnknown, approval.ErrNotApproved} {
		late = late || errors.Is(err, e)
	}
	if late {
		return see(w, r, "/security/pair/"+id)
	} else if err != nil {
		return err
	}
	return h.after(w, r)
}

// after goes on: with the sign-in that waits for the app, or to the done page.
func (h *handler) after(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	if v.session.Enrol {
		return see(w, r, "/signin")
	}
	return see(w, r, "/security/pair/"+r.PathValue("offer"))
}

// postCancel ends the offer: the person went back.
func (h *handler) postCancel(w http.ResponseWriter, r *http.Request) error {
	to := "/security/add"
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		if v.session.Enrol {
			to = "/security/pair?enrol=1"
		}
		err := h.Registry.Withdraw(ctx, tx, v.session.ID, r.PathValue("offer"))
		if errors.Is(err, registration.ErrOfferUnknown) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return see(w, r, to)
}

// hostOf is the host of an origin.
func hostOf(origin string) string {
	_, host, _ := strings.Cut(origin, "://")
	return host
}
