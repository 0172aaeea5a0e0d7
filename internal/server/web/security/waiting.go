package securityweb

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/wayback"
	"countersign/ui"
)

// A waitRow is a change that waits, or an app that is being set up in the place of another.
type waitRow struct {
	ID, What, Name string
	When           string // when it happens, or "" for now
}

func waits(ctx context.Context, tx *db.Tx, v visit) (rows []waitRow, err error) {
	all, err := wayback.Waiting(ctx, tx, v.person)
	for _, c := range all {
		row := waitRow{ID: c.ID, What: c.What, Name: c.Name}
		if c.ReadyAt.After(tx.Now) {
			row.When = ui.When(v.lang, v.person.Zone, c.ReadyAt, tx.Now)
		}
		rows = append(rows, row)
	}
	return rows, err
}

// postStopWaiting stops it. Whoever is signed in may: it only tightens (R1).
func (h *handler) postStopWaiting(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.Back.Stop(ctx, tx, v.person, r.PathValue("id"), method.Where(v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
