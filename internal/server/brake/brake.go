// Package brake is what somebody can pull who hears of a change that they did
// not make (N21).
//
// Every mail about a change of sign-in methods carries a link. It is good once,
// for seven days, and it only tightens: what was added is removed, sessions end,
// and nothing may be changed for a day, the [Freeze]. It never brings anything
// back and never signs anybody in, so that whoever reads somebody's mail can
// annoy them and no more. Opening it shows what it would do; pressing does it.
//
// This package keeps links and freezes; package signin does what a link says.
package brake

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
)

// How long a link is good, and a freeze lasts.
const (
	LinkLife   = 7 * 24 * time.Hour
	FreezeLife = 24 * time.Hour
)

// What a mail told of.
const (
	App      = "app"      // an authenticator app came
	Unlock   = "unlock"   // an authenticator app may sign in without the password
	Passkey  = "passkey"  // a passkey or security key came
	CodeApp  = "codeapp"  // another authenticator came
	Recovery = "recovery" // recovery codes were made
	Address  = "address"  // a mail address or number came
	Password = "password" // the password was changed
	Pass     = "pass"     // an access pass was issued
	Browser  = "browser"  // a browser is remembered; that ends with the epoch
	WayBack  = "wayback"  // a new password waits to be set; it ends with the epoch
	Restore  = "restore"  // a new device waits to become an app; it ends with the epoch too
	SetUp    = "setup"    // a code let an app be paired, with the password that its user must have known
	Less     = "less"     // something was removed or used up: nothing is there to take back
)

// Why something is not done.
var (
	// ErrLink is returned for what is no link, or one that was used or is too old.
	ErrLink = errors.New("no such link any more")
	// ErrFrozen: the sign-in methods of the person must not be changed now.
	ErrFrozen = errors.New("changes are frozen")
)

// A Link is what a mail's link stands for.
type Link struct {
	Person    string
	What      string // App, Passkey, …
	ID        string // of what was added; "" for what a person has one of
	Name      string // as they call it, or ""
	CreatedAt time.Time
}

// Make makes a link and returns its token, 128 bits that are kept only as a hash.
func Make(ctx context.Context, tx *db.Tx, l Link) (keep.Secret, error) {
	token := rand.Text()
	_, err := tx.Exec(ctx, `INSERT INTO brake_link (hash, person_id, what, added_id, name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		keep.Hash(token), l.Person, l.What, l.ID, l.Name, db.Millis(tx.Now), db.Millis(tx.Now.Add(LinkLife)))
	return keep.NewSecret(token), err
}

// See tells what a link would undo, without using it. It returns [ErrLink].
func See(ctx context.Context, tx *db.Tx, token string) (Link, error) {
	return scan(tx.QueryRow(ctx, `SELECT person_id, what, added_id, name, created_at FROM brake_link
		WHERE hash = $1 AND used_at = 0 AND expires_at > $2`, keep.Hash(token), db.Millis(tx.Now)))
}

// Use uses a link up. Of two at once one gets [ErrLink].
func Use(ctx context.Context, tx *db.Tx, token string) (Link, error) {
	return scan(tx.QueryRow(ctx, `UPDATE brake_link SET used_at = $2 WHERE hash = $1 AND used_at = 0 AND expires_at > $2
		RETURNING person_id, what, added_id, name, created_at`, keep.Hash(token), db.Millis(tx.Now)))
}

func scan(row *db.Row) (l Link, err error) {
	var at int64
	err = row.Scan(&l.Person, &l.What, &l.ID, &l.Name, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return l, ErrLink
	}
	l.CreatedAt = db.Time(at)
	return l, err
}

// Freeze keeps a person's sign-in methods as they are for a day from now.
func Freeze(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `INSERT INTO brake_freeze (person_id, ends_at) VALUES ($1, $2) ON CONFLICT (person_id) DO UPDATE SET ends_at = excluded.ends_at`,
		person, db.Millis(tx.Now.Add(FreezeLife)))
	if err != nil {
		return err
	}
	return record(ctx, tx, audit.PersonFrozen, person)
}

// Thaw lets methods be changed again: an admin has looked into it.
func Thaw(ctx context.Context, tx *db.Tx, person string) error {
	n, err := tx.Exec(ctx, `DELETE FROM brake_freeze WHERE person_id = $1 AND ends_at > $2`, person, db.Millis(tx.Now))
	if err != nil || n == 0 {
		return err
	}
	return record(ctx, tx, audit.PersonThawed, person)
}

// Until tells when a person's freeze ends; zero for none.
func Until(ctx context.Context, tx *db.Tx, person string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(ctx, `SELECT ends_at FROM brake_freeze WHERE person_id = $1 AND ends_at > $2`, person, db.Millis(tx.Now)).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return db.Time(at), err
}

// Check returns [ErrFrozen] while a person's methods must not be changed.
// Whatever a person does to their own methods asks it first.
func Check(ctx context.Context, tx *db.Tx, person string) error {
	until, err := Until(ctx, tx, person)
	if err == nil && !until.IsZero() {
		err = ErrFrozen
	}
	return err
}

// Prune forgets old links and freezes. It is for housekeeping.
func Prune(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM brake_link WHERE expires_at < $1`, db.Millis(tx.Now)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM brake_freeze WHERE ends_at < $1`, db.Millis(tx.Now))
	return err
}

func record(ctx context.Context, tx *db.Tx, kind audit.Kind, person string) error {
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID})
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM brake_link WHERE person_id = $1`,
		`DELETE FROM brake_freeze WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
