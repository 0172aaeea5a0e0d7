// Package backup keeps sealed backups, and cannot open them.
//
// There is one place for each recovery account, which is the account of a
// person in a personal directory. A device is bound to it once, by a sign-in
// ([Store.Bind]); from then on its key speaks for itself, until the binding
// ends. What a device stores is a generation: a set of sealed files as one
// archive. Each follows the one before ([Store.Put]): of two devices that store
// at once one hears that it was second, takes in what came first, and follows
// that. So several devices share a backup, and none overwrites another.
//
// Of a version the server knows its number, its size, when it came and from
// which network. An old one is never put in front again: that is an app's to
// do, by storing what was in it as the next generation.
//
// docs/protocol.md, section 10, is the normative text.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/notify"
)

// How much is kept, and for how long.
const (
	// DefaultQuota is how many bytes a place holds.
	DefaultQuota = 64 << 20
	// Grace is how long a deleted backup can be brought back.
	Grace = 7 * 24 * time.Hour
	// MostDevices may be bound to a place: as many as can open one generation.
	MostDevices = 32

	perDay  = 10                  // versions of one day
	keepFor = 90 * 24 * time.Hour // versions of earlier days
	day     = 24 * time.Hour

	recoverFor = time.Hour           // a binding that may only read
	freshFor   = 10 * time.Minute    // since the sign-in, as long as its token lives
	seenEvery  = time.Hour           // how exactly the last call is known
	nonceKept  = 10 * time.Minute    // longer than a signature is good
	endedKept  = 30 * 24 * time.Hour // so that a device hears why
)

// What can be wrong.
var (
	// ErrUsed: what the sign-in hung on has ended.
	ErrUsed = errors.New("sign-in has ended")
	// ErrNotPersonal: backups are for people of personal directories.
	ErrNotPersonal = errors.New("not a personal account")
	// ErrNotFresh: the sign-in is old, or weaker than the person's strongest.
	ErrNotFresh = errors.New("sign-in is not fresh and full")
	// ErrReadOnly: the binding may not write.
	ErrReadOnly = errors.New("binding may only read")
	// ErrNone: nothing is stored, or not this version.
	ErrNone = errors.New("no backup")
	// ErrUnknown: the place has no such binding.
	ErrUnknown = errors.New("no such binding")
	// ErrManyDevices: as many devices are bound as may be.
	ErrManyDevices = errors.New("too many devices")
	// ErrNotSealed: what was sent is no sealed generation.
	ErrNotSealed = errors.New("not a sealed generation")
	// ErrFull: the quota is used up.
	ErrFull = errors.New("backup place is full")
	// ErrReplayed: this signed change was already made.
	ErrReplayed = errors.New("this change was made before")
)

// An EndedError says why a binding ended: one of wire's Ended… constants.
type EndedError struct{ Why string }

func (e EndedError) Error() string { return "binding ended: " + e.Why }

// A DeletedError says that a backup was deleted, and until when it can be brought back.
type DeletedError struct{ Until time.Time }

func (DeletedError) Error() string { return "backup was deleted" }

// A ConflictError says that another version came first. ETag is the newest's,
// or "".
type ConflictError struct{ ETag string }

func (ConflictError) Error() string { return "another version came first" }

// A Store is all places of a server.
type Store struct {
	db     *db.DB
	notify *notify.Notify
	quota  int64
}

// New makes a store whose places hold quota bytes each.
func New(d *db.DB, n *notify.Notify, quota int64) *Store { return &Store{d, n, quota} }

// etag names a version: its number, and what it is. A number alone could be
// given out anew by a server that was set back; a sum alone would not say what
// is newer.
func etag(n int64, body []byte) string {
	sum := sha256.Sum256(body)
	return strconv.FormatInt(n, 10) + "-" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// Tidy forgets what is over.
func (s *Store) Tidy(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		gone := db.Millis(tx.Now.Add(-Grace))
		for _, over := range []struct {
			query string
			arg   int64
		}{
			{`DELETE FROM backup_version WHERE place_id IN (SELECT id FROM backup_place WHERE deleted_at > 0 AND deleted_at <= $1)`, gone},
			{`UPDATE backup_place SET deleted_at = 0, etag = '' WHERE deleted_at > 0 AND deleted_at <= $1`, gone},
			{`DELETE FROM backup_binding WHERE expires_at > 0 AND expires_at <= $1`, db.Millis(tx.Now.Add(-endedKept))},
			{`DELETE FROM backup_nonce WHERE at <= $1`, db.Millis(tx.Now.Add(-nonceKept))},
		} {
			if _, err := tx.Exec(ctx, over.query, over.arg); err != nil {
				return err
			}
		}
		return nil
	})
}
