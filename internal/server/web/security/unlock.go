package securityweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

// unlockTime is how long the phone may take: its lock may have to be set up first.
const unlockTime = 5 * time.Minute

// An unlockPage has a phone show that its owner can unlock it, once: a number
// that it answers with its unlock key. Where the directory allows it, the phone
// signs in without a password from then on.
type unlockPage struct {
	App    appRow
	Alone  bool   // without a password, from then on
	Test   string // state of the request; "" when there is none
	Key    string // changes when the page is out of date
	Number string
	Left   int
	Clock  string
}

// asking names what a session asks of a phone here: so the answer counts in
// this session, for this phone.
func asking(v visit, app string) string { return "unlock " + v.session.ID + " " + app }

func (h *handler) getUnlock(w http.ResponseWriter, r *http.Request) error {
	var p unlockPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		g, d, err := h.unlockable(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		p = unlockPage{App: rowOf(g, v, tx), Alone: d.Policy.Passwordless}
		test, err := h.tested(ctx, tx, v, g.ID)
		if err != nil {
			return err
		}
		p.Test, p.Number, p.Key = test.State, test.Number, test.ID+" "+test.State
		p.Left, p.Clock = web.Countdown(test.ExpiresAt.Sub(tx.Now))
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/unlock.html", p)
}

// unlockable finds an app of the person's, where the directory has a use for
// its unlock key.
func (h *handler) unlockable(ctx context.Context, tx *db.Tx, v visit, id string) (g registration.Registration, d directory.Directory, err error) {
	if d, err = directory.Get(ctx, tx, v.person.DirectoryID); err != nil {
		return g, d, err
	}
	if !d.Policy.Passwordless && !d.Policy.Unlock {
		return g, d, registration.ErrUnknown
	}
	apps, err := h.Registry.Of(ctx, tx, v.person.ID)
	for _, one := range apps {
		if one.ID == id {
			return one, d, err
		}
	}
	return g, d, errors.Join(err, registration.ErrUnknown)
}

// tested tells how what this session asked of a phone stands.
func (h *handler) tested(ctx context.Context, tx *db.Tx, v visit, app string) (approval.View, error) {
	test, err := h.Approvals.TestOf(ctx, tx, asking(v, app))
	if errors.Is(err, approval.ErrUnknown) || test.State == approval.Used {
		return approval.View{}, nil
	}
	return test, err
}

// postUnlock asks the phone, and no other.
func (h *handler) postUnlock(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		g, d, err := h.unlockable(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		c := web.From(r)
		_, err = h.Approvals.Ask(ctx, tx, approval.AskIn{
			Kind: wire.KindUnlock, Person: v.person.ID, Directory: d.ID, Offer: asking(v, g.ID), OnlyDevice: g.ID,
			App: ui.T(v.lang, "security.title"), AppHost: hostOf(h.ID), AppVerified: true,
			IP: c.IP, Place: c.Place, Browser: c.Browser, System: c.System, Known: true, Proven: true,
			Epoch: v.session.Epoch, Correlation: web.Reference(r), Digits: d.Policy.Digits, TTL: unlockTime,
		})
		return err
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/methods/"+r.PathValue("id")+"/unlock")
}

// getUnlockStream tells the page when to load itself anew.
func (h *handler) getUnlockStream(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	return h.Stream(w, r, registration.OfferTopic(asking(v, id)), func(ctx context.Context) (e web.Event, err error) {
		err = h.DB.Read(ctx, func(tx *db.Tx) error {
			test, err := h.tested(ctx, tx, v, id)
			e = web.Event{Name: "step", Data: step{test.ID + " " + test.State}, Done: test.State != approval.Open}
			if !e.Done {
				e.Again = test.ExpiresAt.Sub(tx.Now)
			}
			return err
		})
		return e, err
	})
}

// postUnlockFinish uses the answer up. The phone has shown its unlock key; where
// the directory allows it, it signs in without a password from now on, and this
// browser begins with it.
func (h *handler) postUnlockFinish(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		_, d, err := h.unlockable(ctx, tx, v, id)
		if err != nil {
			return err
		}
		test, err := h.tested(ctx, tx, v, id)
		if err != nil {
			return err
		}
		_, err = h.Approvals.Use(ctx, tx, approval.UseIn{ID: test.ID, Person: v.person.ID, Epoch: v.session.Epoch, Offer: asking(v, id)})
		if err != nil || !d.Policy.Passwordless {
			return err
		}
		if err := h.Registry.SetPasswordless(ctx, tx, v.person.ID, id, true, v.from); err != nil {
			return err
		}
		if err := signin.Prefer(ctx, tx, h.Cookie(r, web.KnownCookie), v.person.ID, policy.Passwordless); err != nil {
			return err
		}
		return signin.Gave(ctx, tx, v.session, policy.Passwordless)
	})
	if errors.Is(err, approval.ErrNotApproved) || errors.Is(err, registration.ErrNoUnlock) { // too late: the page says how it stands
		return see(w, r, "/security/methods/"+id+"/unlock")
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/methods/"+id+"?saved=1")
}

// postUnlockOff ends that a phone signs in without a password, and what it may
// have opened.
func (h *handler) postUnlockOff(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return removing(ctx, tx, v, func() error {
			return h.Registry.SetPasswordless(ctx, tx, v.person.ID, r.PathValue("id"), false, v.from)
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/methods/"+r.PathValue("id")+"?saved=1")
}
