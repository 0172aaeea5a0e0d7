package backup

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// A Version is one stored generation, without its bytes.
type Version struct {
	N    int64
	ETag string
	Size int64
	At   time.Time
	Net  string
}

// A place is where the backup of one recovery account lies.
type place struct {
	id      string
	etag    string // "" when it is empty
	head    int64
	deleted time.Time // zero when it is not
}

const placeColumns = `id, etag, head, deleted_at`

func scanPlace(row interface{ Scan(...any) error }) (p place, err error) {
	var deleted int64
	err = row.Scan(&p.id, &p.etag, &p.head, &deleted)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNone
	}
	p.deleted = db.Time(deleted)
	return p, err
}

func placeOf(ctx context.Context, tx *db.Tx, person string) (place, error) {
	return scanPlace(tx.QueryRow(ctx, `SELECT `+placeColumns+` FROM backup_place WHERE person_id = $1`, person))
}

// lock is placeOf, and makes transactions that change one place take turns.
func lock(ctx context.Context, tx *db.Tx, person string) (place, error) {
	return scanPlace(tx.QueryRow(ctx, `UPDATE backup_place SET head = head WHERE person_id = $1 RETURNING `+placeColumns, person))
}

// filled returns [ErrNone] or a [DeletedError] where nothing is to be had.
func (p place) filled() error {
	switch {
	case !p.deleted.IsZero():
		return DeletedError{p.deleted.Add(Grace)}
	case p.etag == "":
		return ErrNone
	}
	return nil
}

// A Status is how a place is.
type Status struct {
	Latest       *Version
	Used, Quota  int64     // bytes
	DeletedUntil time.Time // zero when it is not deleted
}

// Status tells how the place of a binding is.
func (s *Store) Status(ctx context.Context, tx *db.Tx, b Binding) (Status, error) {
	at, err := placeOf(ctx, tx, b.Person)
	if err != nil {
		return Status{}, err
	}
	st := Status{Quota: s.quota}
	if st.Used, err = used(ctx, tx, at.id); err != nil {
		return st, err
	}
	var deleted DeletedError
	switch err := at.filled(); {
	case errors.As(err, &deleted):
		st.DeletedUntil = deleted.Until
	case err == nil:
		v, err := scanVersion(tx.QueryRow(ctx, `SELECT `+versionColumns+` FROM backup_version WHERE place_id = $1 AND n = $2`, at.id, at.head))
		st.Latest = &v
		return st, err
	}
	return st, nil
}

func used(ctx context.Context, tx *db.Tx, place string) (n int64, err error) {
	err = tx.QueryRow(ctx, `SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM backup_version WHERE place_id = $1`, place).Scan(&n)
	return n, err
}

const versionColumns = `n, etag, size, at, net`

func scanVersion(row interface{ Scan(...any) error }, more ...any) (v Version, err error) {
	var at int64
	err = row.Scan(append([]any{&v.N, &v.ETag, &v.Size, &at, &v.Net}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNone
	}
	v.At = db.Time(at)
	return v, err
}

// Versions are what is stored, the newest first.
func (s *Store) Versions(ctx context.Context, tx *db.Tx, b Binding) ([]Version, error) {
	at, err := placeOf(ctx, tx, b.Person)
	if err == nil {
		err = at.filled()
	}
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT `+versionColumns+` FROM backup_version WHERE place_id = $1 ORDER BY n DESC`, at.id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Version
	for rows.Next() {
		v, err := scanVersion(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// Get returns a version to the byte; the newest for 0.
func (s *Store) Get(ctx context.Context, tx *db.Tx, b Binding, n int64) (v Version, body []byte, err error) {
	at, err := placeOf(ctx, tx, b.Person)
	if err == nil {
		err = at.filled()
	}
	if err != nil {
		return v, nil, err
	}
	if n == 0 {
		n = at.head
	}
	v, err = scanVersion(tx.QueryRow(ctx, `SELECT `+versionColumns+`, body FROM backup_version WHERE place_id = $1 AND n = $2`, at.id, n), &body)
	return v, body, err
}

// Put stores the generation that follows the version with the ETag previous, or
// the first one for "". Of two that follow the same version one is stored, and
// the other gets a [ConflictError]. It returns [ErrReadOnly], [DeletedError],
// [ErrNotSealed] or [ErrFull] too; whatever it returns, what was there stays.
func (s *Store) Put(ctx context.Context, tx *db.Tx, b Binding, previous string, body []byte, from registration.Where) (Version, error) {
	if b.Rights != wire.Write {
		return Version{}, ErrReadOnly
	}
	if !Sealed(body) {
		return Version{}, ErrNotSealed
	}
	n, err := s.follow(ctx, tx, b, previous)
	if err != nil {
		return Version{}, err
	}
	v := Version{N: n, ETag: etag(n, body), Size: int64(len(body)), At: tx.Now, Net: network(from)}
	_, err = tx.Exec(ctx, `INSERT INTO backup_version (place_id, n, etag, size, net, at, day, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		b.Place, v.N, v.ETag, v.Size, v.Net, db.Millis(tx.Now), dayOf(tx.Now), body)
	if err != nil {
		return Version{}, err
	}
	if _, err := tx.Exec(ctx, `UPDATE backup_place SET etag = $1 WHERE id = $2`, v.ETag, b.Place); err != nil {
		return Version{}, err
	}
	if err := thin(ctx, tx, b.Place, n); err != nil {
		return Version{}, err
	}
	total, err := used(ctx, tx, b.Place)
	if err == nil && total > s.quota {
		err = ErrFull
	}
	return v, err
}

// follow is the compare-and-set: it gives out the number of the version that
// follows previous, to one caller.
func (s *Store) follow(ctx context.Context, tx *db.Tx, b Binding, previous string) (n int64, err error) {
	err = tx.QueryRow(ctx, `
		UPDATE backup_place SET head = head + 1 WHERE id = $1 AND etag = $2 AND deleted_at = 0 RETURNING head`, b.Place, previous).Scan(&n)
	if !errors.Is(err, sql.ErrNoRows) {
		return n, err
	}
	at, err := placeOf(ctx, tx, b.Person)
	if err != nil {
		return 0, err
	}
	if err := at.filled(); err != nil && !errors.Is(err, ErrNone) {
		return 0, err
	}
	return 0, ConflictError{at.etag}
}

// thin takes out the oldest of today's versions beyond those that are kept of a
// day, and what has lain long enough. The newest stays however old it gets,
// because it is today's.
func thin(ctx context.Context, tx *db.Tx, place string, newest int64) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM backup_version WHERE place_id = $1 AND day = $2 AND n NOT IN (
			SELECT n FROM backup_version WHERE place_id = $1 AND day = $2 ORDER BY n DESC LIMIT $3)`,
		place, dayOf(tx.Now), perDay)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM backup_version WHERE place_id = $1 AND at < $2 AND n < $3`, place, db.Millis(tx.Now.Add(-keepFor)), newest)
	return err
}

func dayOf(t time.Time) int64 { return db.Millis(t) / day.Milliseconds() }

// Delete takes a person's backup away: for [Grace] it can be brought back. It
// needs a sign-in like the one that binds, and uses it up.
func (s *Store) Delete(ctx context.Context, tx *db.Tx, p Proof, from registration.Where) error {
	if p.Rights != wire.Write {
		return ErrReadOnly
	}
	who, _, err := s.proven(ctx, tx, p)
	if err != nil {
		return err
	}
	at, err := lock(ctx, tx, who.ID)
	if err == nil {
		err = at.filled()
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE backup_place SET deleted_at = $1 WHERE id = $2`, db.Millis(tx.Now), at.id); err != nil {
		return err
	}
	return s.told(ctx, tx, audit.BackupDeleted, notify.MailBackupDeleted, who, "", from)
}

// Undelete brings a deleted backup back. One that is there stays as it is; one
// that is gone for good is [ErrNone].
func (s *Store) Undelete(ctx context.Context, tx *db.Tx, b Binding, from registration.Where) error {
	if b.Rights != wire.Write {
		return ErrReadOnly
	}
	n, err := tx.Exec(ctx, `UPDATE backup_place SET deleted_at = 0 WHERE id = $1 AND deleted_at > $2`, b.Place, db.Millis(tx.Now.Add(-Grace)))
	if err != nil {
		return err
	}
	if n == 0 {
		at, err := placeOf(ctx, tx, b.Person)
		if err == nil && at.filled() != nil {
			err = ErrNone
		}
		return err
	}
	p, err := directory.ByID(ctx, tx, b.Person)
	if err != nil {
		return fmt.Errorf("bring back: %w", err)
	}
	return record(ctx, tx, audit.BackupRestored, p, b.Platform, from)
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM backup_nonce WHERE binding_id IN (SELECT id FROM backup_binding WHERE person_id = $1)`,
		`DELETE FROM backup_binding WHERE person_id = $1`,
		`DELETE FROM backup_version WHERE place_id IN (SELECT id FROM backup_place WHERE person_id = $1)`,
		`DELETE FROM backup_place WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}

// Kept tells how many sealed versions there are of a person's backup, how large
// they are together, and when the newest was made.
func Kept(ctx context.Context, tx *db.Tx, person string) (n int, bytes int64, newest time.Time, err error) {
	var at int64
	err = tx.QueryRow(ctx, `
		SELECT COUNT(*), CAST(COALESCE(SUM(v.size), 0) AS BIGINT), COALESCE(MAX(v.at), 0)
		FROM backup_version v JOIN backup_place p ON p.id = v.place_id WHERE p.person_id = $1`, person).Scan(&n, &bytes, &at)
	return n, bytes, db.Time(at), err
}
