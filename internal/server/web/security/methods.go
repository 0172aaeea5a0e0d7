package securityweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

// A methodPage is one app: its name, and the way to remove it.
type methodPage struct {
	App   appRow
	Typed string // the name as it was typed
	Wrong bool   // that name cannot be
	Saved bool
	foreseen
	First string // the way that is asked first
	Codes bool   // one-time codes sign in
	// Alone: the directory lets phones sign in without a password, or has approvals
	// ask for the app lock. Lacking: this one has to set that up before it approves.
	Alone, Lacking bool
}

func (h *handler) method(r *http.Request) (p methodPage, err error) {
	err = h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		apps, err := h.Registry.Of(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		for _, g := range apps {
			if g.ID == r.PathValue("id") {
				p.App, p.Typed = rowOf(g, v, tx), g.Name
			}
		}
		if p.App.ID == "" {
			return registration.ErrUnknown
		}
		d, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		has, chosen, err := signin.MethodsOf(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		p.First, p.Codes = has.First(chosen), d.Codes
		p.Alone, p.Lacking = d.Passwordless, d.Unlock && !p.App.Unlocks
		p.foreseen, err = foresee(ctx, tx, v, p.App.ID)
		return err
	})
	return p, err
}

func (h *handler) getMethod(w http.ResponseWriter, r *http.Request) error {
	p, err := h.method(r)
	if err != nil {
		return err
	}
	p.Saved = r.URL.Query().Has("saved")
	return h.Render(w, r, http.StatusOK, "security/method.html", p)
}

func (h *handler) postRename(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSpace(r.PostFormValue("name"))
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.Registry.Rename(ctx, tx, v.person.ID, r.PathValue("id"), name, v.from)
	})
	if errors.Is(err, registration.ErrName) {
		p, err := h.method(r)
		if err != nil {
			return err
		}
		p.Typed, p.Wrong = name, true
		return h.Render(w, r, http.StatusUnprocessableEntity, "security/method.html", p)
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/methods/"+r.PathValue("id")+"?saved=1")
}

func (h *handler) getRemove(w http.ResponseWriter, r *http.Request) error {
	p, err := h.method(r)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/remove.html", p)
}

// postRemove removes an app, and ends what it may have approved.
func (h *handler) postRemove(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return removing(ctx, tx, v, func() error {
			return h.Registry.Remove(ctx, tx, registration.Removal{
				Person: v.person.ID, ID: r.PathValue("id"), Why: registration.WhyPerson, From: v.from,
			})
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}

// A foreseen is what comes of removing a method, for a page to say before the click.
type foreseen struct {
	Refused ways.Reason // why it stays, or ""
	Weaker  bool        // the strongest way in goes with it
	Hangs   string      // the one device without which nothing would be left, or ""
}

func foresee(ctx context.Context, tx *db.Tx, v visit, ids ...string) (f foreseen, err error) {
	var after ways.Person
	me := v.person.ID
	verdict, err := signin.Foresee(ctx, tx, v.person.DirectoryID, me, []string{me}, func(p *ways.Person) {
		p.Graph = p.Graph.Drop(ids...)
		after = *p
	})
	f.Refused, f.Weaker = verdict.Refused, verdict.Warns(ways.Weaker)
	if verdict.Warns(ways.OneThing) {
		for i := range after.Graph.Depends(after.Need).All() {
			f.Hangs = after.Graph.Things[i].Name
		}
	}
	return f, err
}

// removing runs the removal of a method and ends what it may have opened. It
// returns signin.ErrOwnLockOut or signin.ErrNoOwner for what stays.
func removing(ctx context.Context, tx *db.Tx, v visit, remove func() error) error {
	guard, err := signin.Post(ctx, tx, v.person.DirectoryID, v.person.ID, v.person.ID)
	if err != nil {
		return err
	}
	if err := signin.Changing(ctx, tx, v.session, remove); err != nil {
		return err
	}
	return guard.Check(ctx, tx)
}

// postFirst remembers which way the person wants to be asked first.
func (h *handler) postFirst(w http.ResponseWriter, r *http.Request) error {
	way := r.PostFormValue("way")
	if !slices.Contains([]string{policy.Passkey, policy.Passwordless, policy.Approval, policy.Code}, way) {
		return web.ErrMalformed
	}
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		if err := signin.Prefer(ctx, tx, h.Cookie(r, web.KnownCookie), v.person.ID, way); err != nil {
			return err
		}
		return method.ChooseFirst(ctx, tx, h.Notify, v.person.ID, way, method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
