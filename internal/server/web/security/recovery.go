package securityweb

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A recoveryPage tells how the recovery codes stand, and makes new ones.
type recoveryPage struct {
	method.RecoverySet
	Made string
	Last bool   // the last one was used just now
	Bare bool   // they have no password to use one with
	To   string // where the sign-in that used it was going, or ""
}

func (h *handler) getRecovery(w http.ResponseWriter, r *http.Request) error {
	p := recoveryPage{Last: r.URL.Query().Has("last")}
	if to := r.URL.Query().Get("to"); web.LocalPath(to) {
		p.To = to
	}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		if p.RecoverySet, err = h.Recovery.Of(ctx, tx, v.person.ID); err != nil {
			return err
		}
		password, err := method.PasswordOf(ctx, tx, v.person.ID)
		p.Bare = password.Hash == ""
		p.Made = ui.When(v.lang, v.person.Zone, p.MadeAt, tx.Now)
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/recovery.html", p)
}

// A codesPage shows recovery codes, this once.
type codesPage struct {
	Login, Host string
	Made        string
	Codes       []string
	To          string
	Bare        bool // they have no password to use one with
}

// postRecovery makes a new set and shows it. It is the answer to the form, so
// that no address shows the codes a second time.
func (h *handler) postRecovery(w http.ResponseWriter, r *http.Request) error {
	p := codesPage{Host: hostOf(h.ID), To: "/security"}
	if to := r.PostFormValue("to"); web.LocalPath(to) {
		p.To = to
	}
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		codes, err := h.Recovery.Make(ctx, tx, v.person.ID, method.Where(v.from))
		p.Login, p.Made, p.Codes = v.person.Login, ui.Date(v.lang, v.person.Zone, tx.Now), nil
		for _, c := range codes {
			p.Codes = append(p.Codes, c.Reveal())
		}
		if err != nil {
			return err
		}
		password, err := method.PasswordOf(ctx, tx, v.person.ID)
		p.Bare = password.Hash == ""
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/codes.html", p)
}

func (h *handler) postRemoveRecovery(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return removing(ctx, tx, v, func() error {
			return h.Recovery.Remove(ctx, tx, v.person.ID, method.Where(v.from))
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
