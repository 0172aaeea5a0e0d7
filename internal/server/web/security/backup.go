package securityweb

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/wire"
	"countersign/ui"
)

// What a person is told on a page; a device hears the same in other words.
var (
	errNoBackup  = errors.New("the person never had a backup")
	errNoBinding = errors.New("no such device of the person's backup")
)

// toPerson is an error of the backup as a page tells it.
func toPerson(err error) error {
	switch {
	case errors.Is(err, backup.ErrNone):
		return errNoBackup
	case errors.Is(err, backup.ErrUnknown):
		return errNoBinding
	}
	return err
}

// A backupPage is which devices reach the person's sealed backup, and whether
// they are told when none is heard of.
type backupPage struct {
	Devices []bindingRow
	Remind  bool
	Mail    bool   // there is a mail server
	Deleted string // until when a deleted backup can be brought back, or ""
}

type bindingRow struct {
	ID, Platform, Place, Bound, Heard string
	Until                             string // of one that recovers, when its hour is over; else ""
	Paused                            bool
}

// backupOf is the page of who looks. It returns errNoBackup for who never had
// one.
func (h *handler) backupOf(ctx context.Context, tx *db.Tx, v visit) (*backupPage, error) {
	mine, err := h.Backup.Of(ctx, tx, v.person.ID)
	if err != nil {
		return nil, toPerson(err)
	}
	page := &backupPage{Remind: mine.Remind, Mail: h.Notify.CanMail()}
	if !mine.DeletedUntil.IsZero() {
		page.Deleted = ui.When(v.lang, v.person.Zone, mine.DeletedUntil, tx.Now)
	}
	for _, b := range mine.Devices {
		page.Devices = append(page.Devices, bindingRowOf(b, v, tx))
	}
	return page, nil
}

func bindingRowOf(b backup.Binding, v visit, tx *db.Tx) bindingRow {
	row := bindingRow{
		ID: b.ID, Platform: cmp.Or(b.Platform, ui.T(v.lang, "security.backup.unknown")), Place: b.Where, Paused: b.Paused,
		Bound: ui.When(v.lang, v.person.Zone, b.CreatedAt, tx.Now), Heard: ui.When(v.lang, v.person.Zone, b.SeenAt, tx.Now),
	}
	if b.Rights == wire.Read {
		row.Until = ui.When(v.lang, v.person.Zone, b.ExpiresAt, tx.Now)
	}
	return row
}

func (h *handler) getBackup(w http.ResponseWriter, r *http.Request) error {
	var page *backupPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		page, err = h.backupOf(ctx, tx, v)
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/backup.html", page)
}

// postRemoveBinding has a device sign in again before it reaches the backup.
func (h *handler) postRemoveBinding(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return toPerson(h.Backup.Remove(ctx, tx, v.person.ID, r.PathValue("device"), v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/backup")
}

func (h *handler) postReminder(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return toPerson(h.Backup.SetReminder(ctx, tx, v.person, r.PostForm.Get("remind") == "on", v.from))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/backup")
}
