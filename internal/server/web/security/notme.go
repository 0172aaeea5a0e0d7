package securityweb

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// A notMePage asks whether a sign-in was really not the person's, and says what follows.
type notMePage struct {
	ID, Title, Detail, When string
}

func (h *handler) getNotMe(w http.ResponseWriter, r *http.Request) error {
	p := notMePage{ID: r.PathValue("event")}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		e, err := signin.SignedIn(ctx, tx, v.session, p.ID)
		if err != nil {
			return err
		}
		p.Title, p.Detail = titleOf(e, shown[e.Kind].name, v.lang), whence(e, v.lang)
		p.When = ui.When(v.lang, v.person.Zone, e.At, tx.Now)
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/notme.html", p)
}

func (h *handler) postNotMe(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.SignIn.NotMe(ctx, tx, v.session, r.PathValue("event"), method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security?notme=1")
}
