package securityweb

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/dossier"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// An accountPage is what somebody can ask of their whole account: a copy of what
// is kept, and its end.
type accountPage struct {
	Login   string
	Org     string // the organisation, or ""
	Managed bool   // an admin deletes accounts
	Owner   bool   // nobody could manage the organisation without them
	Frozen  bool
	Wrong   bool // that is not the name
}

func (h *handler) getAccount(w http.ResponseWriter, r *http.Request) error {
	return h.accountPage(w, r, http.StatusOK, "security/account.html", false)
}

func (h *handler) getDelete(w http.ResponseWriter, r *http.Request) error {
	return h.accountPage(w, r, http.StatusOK, "security/delete.html", false)
}

func (h *handler) accountPage(w http.ResponseWriter, r *http.Request, status int, page string, wrong bool) error {
	p := accountPage{Wrong: wrong}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		d, err := directory.Get(ctx, tx, v.person.DirectoryID)
		if err != nil {
			return err
		}
		if p.Login = v.person.Login; d.Kind == directory.Organization {
			p.Org = d.Name
		}
		err = h.Dossier.May(ctx, tx, v.person)
		p.Managed, p.Owner, p.Frozen = errors.Is(err, dossier.ErrManaged), errors.Is(err, signin.ErrNoOwner), errors.Is(err, brake.ErrFrozen)
		if p.Managed || p.Owner || p.Frozen {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	web.Here(r, "/security/account")
	return h.Render(w, r, status, page, p)
}

func (v visit) asks(r *http.Request) dossier.By {
	return dossier.By{Session: v.session, From: method.Where(v.from), Correlation: web.Reference(r)}
}

// postCopy answers with a copy of what is kept of the person, as a file.
func (h *handler) postCopy(w http.ResponseWriter, r *http.Request) error {
	var c dossier.Copy
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		c, err = h.Dossier.Copy(ctx, tx, v.asks(r), func(e audit.Event) string { return inWords(v.lang, e) })
		return err
	})
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="countersign-my-data.json"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(append(b, '\n'))
	return err
}

// inWords is what an event is called in the recent activity, or else in the log.
func inWords(lang string, e audit.Event) string {
	if s, ok := shown[e.Kind]; ok {
		return titleOf(e, s.name, lang)
	}
	return ui.T(lang, "console.kind."+string(e.Kind))
}

// postDelete deletes the account, once its name was typed.
func (h *handler) postDelete(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	if typed, err := directory.Login(r.PostFormValue("login")); err != nil || typed != v.person.Login {
		return h.accountPage(w, r, http.StatusUnprocessableEntity, "security/delete.html", true)
	}
	err = h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error { return h.Dossier.Delete(ctx, tx, v.asks(r)) })
	if errors.Is(err, dossier.ErrManaged) {
		return see(w, r, "/security/account")
	} else if err != nil {
		return err
	}
	h.SetSessionTokens(w, h.SessionTokens(r)[1:])
	return h.Render(w, r, http.StatusOK, "security/deleted.html", v.person.Login)
}
