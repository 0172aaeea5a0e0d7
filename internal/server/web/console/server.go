package consoleweb

import (
	"context"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/ui"
)

// A serverPage is how the server is.
type serverPage struct {
	frame
	Version, Database, Now string
	Mail                   struct {
		Configured       bool
		Waiting, GivenUp int
		Oldest, Error    string
	}
	Push struct{ Woken, Failed int }
	Keys []keyRow
}

type keyRow struct{ Alg, Until string }

func (h *handler) getServer(w http.ResponseWriter, r *http.Request) error {
	p := serverPage{Version: h.Version, Database: string(h.DB.Kind())}
	stats := h.Notify.Stats()
	p.Push.Woken, p.Push.Failed = int(stats.Knocks), int(stats.KnocksFailed+stats.KnocksLost)
	err := h.read(r, &p.frame, "server", func(ctx context.Context, tx *db.Tx, v visit) error {
		mail, err := h.Notify.MailStatus(ctx, tx)
		if err != nil {
			return err
		}
		keys, err := h.OAuth.KeyStates(ctx, tx)
		if err != nil {
			return err
		}
		p.Now = ui.When(v.lang, v.person.Zone, tx.Now, tx.Now)
		p.Mail.Configured, p.Mail.Waiting, p.Mail.GivenUp = mail.Configured, mail.Waiting, mail.GivenUp
		if p.Reads {
			p.Mail.Error = mail.LastError
		}
		if mail.Waiting > 0 {
			p.Mail.Oldest = ui.When(v.lang, v.person.Zone, mail.Oldest, tx.Now)
		}
		p.Keys = keyRows(keys, v, tx)
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/server.html", p)
}

func keyRows(keys []oauth.KeyState, v visit, tx *db.Tx) (rows []keyRow) {
	for _, k := range keys {
		rows = append(rows, keyRow{k.Alg, ui.Day(v.lang, v.person.Zone, k.Until, tx.Now)})
	}
	return rows
}
