package securityweb

import (
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A passwordPage asks for a new password. Who gets here has signed in fully
// just now, so the old one is not asked again.
type passwordPage struct {
	Login    string
	Shortest int
	Error    string
	First    bool // they have none yet
}

func (h *handler) getPassword(w http.ResponseWriter, r *http.Request) error {
	return h.passwordPage(w, r, http.StatusOK, nil)
}

func (h *handler) passwordPage(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	var p passwordPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		policy, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		p.Login, p.Shortest = v.person.Login, method.Shortest(policy)
		p.Error = refused(v.lang, problem, p.Shortest)
		kept, err := method.PasswordOf(ctx, tx, v.person.ID)
		p.First = kept.Hash == ""
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, status, "security/password.html", p)
}

// postPassword sets the password. Everything else of the person's ends, so
// that whoever knew the old one is out.
func (h *handler) postPassword(w http.ResponseWriter, r *http.Request) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	c := web.From(r)
	from := signin.Browser{IP: c.IP, Net: c.Net, Place: c.Place, Name: c.Browser, System: c.System, Lang: c.Lang}
	err = h.SignIn.ChangePassword(r.Context(), v.session, r.PostFormValue("password"), from)
	if refused(v.lang, err, 0) != "" {
		return h.passwordPage(w, r, http.StatusUnprocessableEntity, err)
	} else if err != nil {
		return err
	}
	return see(w, r, "/security?changed=1")
}

// refused says in words why a new password is not taken; "" for other errors.
func refused(lang string, err error, shortest int) string {
	switch {
	case errors.Is(err, method.ErrTooShort):
		return ui.T(lang, "setup.password.short", "n", shortest)
	case errors.Is(err, method.ErrTooLong):
		return ui.T(lang, "setup.password.long", "n", method.Longest)
	case errors.Is(err, method.ErrCommon):
		return ui.T(lang, "setup.password.common")
	case errors.Is(err, method.ErrPersonal):
		return ui.T(lang, "setup.password.personal")
	case errors.Is(err, method.ErrSame):
		return ui.T(lang, "setup.password.same")
	}
	return ""
}
