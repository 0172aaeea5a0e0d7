package backup

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
)

// A backup from which nothing is heard grows old without anybody noticing: the
// app that would say so is the one that is not opened, or was signed out. So the
// person gets a mail, unless they do not want it. A place has the time at which
// that is due; each call of a device that may write puts it off, and the mail
// takes it away: once for each silence.

const (
	// Silence is how long no device has been heard of when the mail is written.
	Silence = 14 * 24 * time.Hour

	silentBatch = 100
)

// heard puts the mail about silence off.
func heard(ctx context.Context, tx *db.Tx, place string) error {
	_, err := tx.Exec(ctx, `UPDATE backup_place SET remind_at = CASE WHEN remind = 1 THEN CAST($1 AS BIGINT) ELSE 0 END WHERE id = $2`,
		db.Millis(tx.Now.Add(Silence)), place)
	return err
}

// SetReminder notes whether a person wants the mail about silence. It returns
// [ErrNone] for who has no backup.
func (s *Store) SetReminder(ctx context.Context, tx *db.Tx, p directory.Person, on bool, from registration.Where) error {
	want, at := 0, int64(0)
	if on {
		want, at = 1, db.Millis(tx.Now.Add(Silence))
	}
	n, err := tx.Exec(ctx, `UPDATE backup_place SET remind = $1, remind_at = $2 WHERE person_id = $3 AND remind <> $1`, want, at, p.ID)
	if err != nil || n == 0 {
		if err == nil {
			_, err = placeOf(ctx, tx, p.ID) // it was so already
		}
		return err
	}
	kind := audit.BackupReminderOff
	if on {
		kind = audit.BackupReminderOn
	}
	return record(ctx, tx, kind, p, "", from)
}

// Remind writes to the people whose backup has been silent. Nodes may do it at
// once: each place falls to one. Without a mail server it waits for one.
func (s *Store) Remind(ctx context.Context) error {
	for more := s.notify.CanMail(); more; {
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			due, err := silent(ctx, tx)
			if err != nil {
				return err
			}
			more = len(due) == silentBatch
			for _, place := range due {
				if err := s.remind(ctx, tx, place); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// silent takes some of the places that are due. One that has nothing to lose
// is as good as reminded.
func silent(ctx context.Context, tx *db.Tx) (due []string, err error) {
	rows, err := tx.Query(ctx, `
		UPDATE backup_place SET remind_at = 0
		WHERE id IN (SELECT id FROM backup_place WHERE remind_at > 0 AND remind_at <= $1 ORDER BY remind_at, id LIMIT $2)
			AND remind_at > 0 AND remind_at <= $1
		RETURNING id`, db.Millis(tx.Now), silentBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		due = append(due, id)
	}
	return due, rows.Err()
}

// remind writes about one place: if something lies there, and there is a device
// that should have been heard of. A person who turned the backup off everywhere
// knows.
func (s *Store) remind(ctx context.Context, tx *db.Tx, place string) error {
	b, err := scanBinding(tx.QueryRow(ctx, `
		SELECT `+bindingColumns+` FROM backup_binding WHERE place_id = $1 AND rights = 'write' AND ended_at = 0
		ORDER BY seen_at DESC, id LIMIT 1`, place))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	at, err := placeOf(ctx, tx, b.Person)
	if err != nil || at.filled() != nil {
		return err
	}
	p, err := directory.ByID(ctx, tx, b.Person)
	if err != nil || p.State != directory.Active {
		return err
	}
	if err := record(ctx, tx, audit.BackupSilent, p, b.Platform, registration.Where{}); err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.notify, p, notify.MailBackupSilent, map[string]string{"login": p.Login, "device": b.Platform})
}
