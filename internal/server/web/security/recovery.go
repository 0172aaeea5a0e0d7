package securityweb

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A recoveryPage tells how the recovery codes stand, and makes new ones.
type recoveryPage struct {
	method.RecoverySet
	Made  string
	Set   int64  // which set a new one replaces
	Shown bool   // it was made just now, and its codes are not shown again
	Last  bool   // the last one was used just now
	Bare  bool   // they have no password to use one with
	To    string // where the sign-in that used it was going, or ""
}

func (h *handler) getRecovery(w http.ResponseWriter, r *http.Request) error {
	p := recoveryPage{Last: r.URL.Query().Has("last"), Shown: r.URL.Query().Has("shown")}
	if to := r.URL.Query().Get("to"); web.LocalPath(to) {
		p.To = to
	}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		if p.RecoverySet, err = h.Recovery.Of(ctx, tx, v.person.ID); err != nil {
			return err
		}
		password, err := method.PasswordOf(ctx, tx, v.person.ID)
		p.Bare = password.Hash == ""
		if p.Of > 0 {
			p.Set = db.Millis(p.MadeAt)
		}
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
// that no address shows the codes a second time; and the form says which set it
// replaces, so that loading the answer again makes no other.
func (h *handler) postRecovery(w http.ResponseWriter, r *http.Request) error {
	p := codesPage{Host: hostOf(h.ID), To: "/security"}
	if to := r.PostFormValue("to"); web.LocalPath(to) {
		p.To = to
	}
	set, err := strconv.ParseInt(r.PostFormValue("set"), 10, 64)
	if err != nil {
		return web.ErrMalformed
	}
	err = h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		if same, err := directory.HoldEpoch(ctx, tx, v.person.ID, v.session.Epoch); err != nil {
			return err
		} else if !same {
			return signin.ErrNoSession
		}
		codes, err := h.Recovery.Replace(ctx, tx, v.person.ID, db.Time(set), method.Where(v.from))
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
	if errors.Is(err, method.ErrMade) {
		return see(w, r, "/security/recovery?shown=1")
	} else if err != nil {
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
