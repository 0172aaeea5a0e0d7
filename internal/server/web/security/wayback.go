package securityweb

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/wayback"
	"countersign/ui"
)

// waits tells when a new password is set that somebody chose who said that they
// forgot the old one, as a page says it; "" for never.
func waits(ctx context.Context, tx *db.Tx, v visit) (string, error) {
	at, err := wayback.Waiting(ctx, tx, v.person)
	if err != nil || at.IsZero() {
		return "", err
	}
	return ui.When(v.lang, v.person.Zone, at, tx.Now), nil
}

// postStopWayBack stops it. Whoever is signed in may: it only tightens (R1).
func (h *handler) postStopWayBack(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return wayback.Stop(ctx, tx, v.person, method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
