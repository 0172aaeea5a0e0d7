package consoleweb

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

// An editPage changes how people call somebody and where they are written to.
type editPage struct {
	personPage
	Name, Address, Wrong string // as typed, and the message about it
}

func (h *handler) getEdit(w http.ResponseWriter, r *http.Request) error {
	return h.showEdit(w, r, http.StatusOK, nil)
}

// showEdit shows the form; typed is what was typed before, nil for nothing.
func (h *handler) showEdit(w http.ResponseWriter, r *http.Request, status int, typed *editPage) error {
	var p editPage
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		person, err := subject(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := admin.May(v.person, person, admin.Edit); err != nil {
			return err
		}
		p.about(v, person)
		p.Name, p.Address = person.Name, person.Email
		if typed != nil {
			p.Name, p.Address, p.Wrong = typed.Name, typed.Address, typed.Wrong
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, status, "console/edit.html", p)
}

func (h *handler) postEdit(w http.ResponseWriter, r *http.Request) error {
	typed := &editPage{Name: strings.TrimSpace(r.PostFormValue("name")), Address: strings.TrimSpace(r.PostFormValue("email"))}
	if !isAddress(typed.Address) {
		typed.Wrong = "console.add.wrong.email"
		return h.showEdit(w, r, http.StatusUnprocessableEntity, typed)
	}
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.desk.Edit(ctx, tx, v.by, r.PathValue("id"), typed.Name, typed.Address)
	})
	if errors.Is(err, directory.ErrInvalid) {
		typed.Wrong = "console.add.wrong.invalid"
		return h.showEdit(w, r, http.StatusUnprocessableEntity, typed)
	} else if err != nil {
		return err
	}
	return see(w, r, "/admin/people/"+r.PathValue("id")+"?done=edit")
}

// isAddress tells whether mail can go there; nowhere is fine too.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return s == "" || err == nil && a.Address == s
}
