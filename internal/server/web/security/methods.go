package securityweb

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

// A methodPage is one app: its name, and the way to remove it.
type methodPage struct {
	App   appRow
	Typed string // the name as it was typed
	Wrong bool   // that name cannot be
	Saved bool
	Last  bool // it is the only app
	Keep  bool // and the policy wants one
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
		policy, err := policyOf(ctx, tx, v)
		p.Last, p.Keep = len(apps) == 1, policy.SecondFactor
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

// postRemove removes an app, and ends what it may have approved. The last one
// stays where the policy wants a second proof: without it the person could not
// sign in any more.
func (h *handler) postRemove(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		policy, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		return signin.Changing(ctx, tx, v.session, func() error {
			return h.Registry.Remove(ctx, tx, registration.Removal{
				Person: v.person.ID, ID: r.PathValue("id"), Why: registration.WhyPerson, KeepOne: policy.SecondFactor, From: v.from,
			})
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
