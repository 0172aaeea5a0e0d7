package directory

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

// SetupLinkLife is how long a set-up link can be used.
const SetupLinkLife = time.Hour

// ErrSetupLink is returned for a set-up link that was used, has expired, was
// followed by a newer one, or never was. They look alike on purpose.
var ErrSetupLink = errors.New("set-up link is no longer valid")

// SetupLink makes the one-time token with which a person chooses a password.
// It replaces earlier ones, is good for [SetupLinkLife], and dies with the epoch.
func SetupLink(ctx context.Context, tx *db.Tx, person string) (token string, err error) {
	if _, err := tx.Exec(ctx, `DELETE FROM setup_link WHERE person_id = $1 AND used_at = 0`, person); err != nil {
		return "", err
	}
	p, err := ByID(ctx, tx, person)
	if err != nil {
		return "", err
	}
	token = rand.Text()
	_, err = tx.Exec(ctx, `INSERT INTO setup_link (hash, person_id, epoch, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		keep.Hash(token), p.ID, p.Epoch, db.Millis(tx.Now), db.Millis(tx.Now.Add(SetupLinkLife)))
	if err != nil {
		return "", err
	}
	return token, audit.Record(ctx, tx, audit.Event{Kind: audit.PersonSetupLink, Directory: p.DirectoryID, Person: p.ID})
}

// SeeSetupLink tells whose link it is without using it, or returns [ErrSetupLink].
func SeeSetupLink(ctx context.Context, tx *db.Tx, token string) (Person, error) {
	var id string
	err := tx.QueryRow(ctx, `
		SELECT l.person_id FROM setup_link l JOIN person p ON p.id = l.person_id
		WHERE l.hash = $1 AND l.used_at = 0 AND l.expires_at > $2 AND p.epoch = l.epoch AND p.state = 'active'`,
		keep.Hash(token), db.Millis(tx.Now)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, ErrSetupLink
	} else if err != nil {
		return Person{}, err
	}
	return ByID(ctx, tx, id)
}

// UseSetupLink consumes a link and returns whose it was, or [ErrSetupLink].
func UseSetupLink(ctx context.Context, tx *db.Tx, token string) (Person, error) {
	var id string
	err := tx.QueryRow(ctx, `
		UPDATE setup_link SET used_at = $1
		WHERE hash = $2 AND used_at = 0 AND expires_at > $1 AND EXISTS (
			SELECT 1 FROM person p WHERE p.id = setup_link.person_id AND p.epoch = setup_link.epoch AND p.state = 'active')
		RETURNING person_id`, db.Millis(tx.Now), keep.Hash(token)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, ErrSetupLink
	} else if err != nil {
		return Person{}, err
	}
	return ByID(ctx, tx, id)
}

// PruneSetupLinks removes links that can no longer be used.
func PruneSetupLinks(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM setup_link WHERE expires_at < $1`, db.Millis(tx.Now))
	return err
}
