package securityweb

import (
	"context"
	"net/http"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A brakePage is where the link of a mail about a change leads (N21). It asks
// nobody to sign in: who comes may have been locked out.
type brakePage struct {
	signin.Braking
	Token string
	Done  bool
}

// getBrake shows what the link does. It does nothing: mail programs and their
// scanners open links too.
func (h *handler) getBrake(w http.ResponseWriter, r *http.Request) error {
	p := brakePage{Token: r.PathValue("token")}
	err := h.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		p.Braking, err = h.SignIn.Braking(r.Context(), tx, p.Token)
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/brake.html", p)
}

func (h *handler) postBrake(w http.ResponseWriter, r *http.Request) error {
	c := web.From(r)
	p := brakePage{Done: true}
	from := method.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
	err := h.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		p.Braking, err = h.SignIn.Brake(r.Context(), tx, r.PathValue("token"), from, web.Reference(r))
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/brake.html", p)
}

// frozen tells until when a person's methods must not be changed, as a page says it; "" for not.
func frozen(ctx context.Context, tx *db.Tx, v visit) (string, error) {
	until, err := brake.Until(ctx, tx, v.person.ID)
	if err != nil || until.IsZero() {
		return "", err
	}
	return ui.When(v.lang, v.person.Zone, until, tx.Now), nil
}
