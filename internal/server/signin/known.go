package signin

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
)

// knownBrowser tells whether a person has signed in fully with the browser that
// has this token, in their present epoch, and which second proof they used.
// It proves nothing; it opens places that strangers cannot fill.
func knownBrowser(ctx context.Context, tx *db.Tx, token string, p directory.Person) (known bool, second string, err error) {
	if token == "" || p.ID == "" {
		return false, "", nil
	}
	err = tx.QueryRow(ctx, `
		SELECT second FROM known_browser WHERE hash = $1 AND person_id = $2 AND epoch = $3 AND expires_at > $4`,
		keep.Hash(token), p.ID, p.Epoch, db.Millis(tx.Now)).Scan(&second)
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", nil
	}
	return err == nil, second, err
}

// know remembers a browser after a full sign-in and returns its new token.
// The old token dies, so that one planted or copied is of no use; the other
// people who signed in here stay known.
func know(ctx context.Context, tx *db.Tx, old string, p directory.Person, policy directory.Policy, second string) (token string, err error) {
	token = rand.Text()
	hash, now := keep.Hash(token), db.Millis(tx.Now)
	if old != "" {
		if _, err := tx.Exec(ctx, `DELETE FROM known_browser WHERE hash = $1 AND person_id = $2`, keep.Hash(old), p.ID); err != nil {
			return "", err
		}
		if err := turn(ctx, tx, old, token); err != nil {
			return "", err
		}
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO known_browser (hash, person_id, epoch, second, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)`,
		hash, p.ID, p.Epoch, second, now, db.Millis(tx.Now.Add(policy.KnownBrowser)))
	return token, err
}

// turn gives a browser another token, for all who have signed in with it.
func turn(ctx context.Context, tx *db.Tx, old, token string) error {
	for _, q := range []string{
		`UPDATE known_browser SET hash = $1 WHERE hash = $2`,
		`UPDATE remembered_browser SET hash = $1 WHERE hash = $2`,
	} {
		if _, err := tx.Exec(ctx, q, keep.Hash(token), keep.Hash(old)); err != nil {
			return err
		}
	}
	return nil
}

// knowStill is [know] for a sign-in that a remembered browser has shortened: the
// token turns, and nothing lasts longer than it would have.
func knowStill(ctx context.Context, tx *db.Tx, old string, p directory.Person) (token string, life time.Duration, err error) {
	token = rand.Text()
	if err := turn(ctx, tx, old, token); err != nil {
		return "", 0, err
	}
	now := db.Millis(tx.Now)
	if _, err := tx.Exec(ctx, `UPDATE remembered_browser SET seen_at = $1 WHERE hash = $2 AND person_id = $3`, now, keep.Hash(token), p.ID); err != nil {
		return "", 0, err
	}
	var ends int64
	err = tx.QueryRow(ctx, `UPDATE known_browser SET seen_at = $1 WHERE hash = $2 AND person_id = $3 RETURNING expires_at`,
		now, keep.Hash(token), p.ID).Scan(&ends)
	return token, db.Time(ends).Sub(tx.Now), err
}

// Prefer has a browser that a person is known in offer a way first from now on.
func Prefer(ctx context.Context, tx *db.Tx, known, person, way string) error {
	_, err := tx.Exec(ctx, `UPDATE known_browser SET second = $1 WHERE hash = $2 AND person_id = $3`, way, keep.Hash(known), person)
	return err
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM session WHERE person_id = $1`,
		`DELETE FROM known_browser WHERE person_id = $1`,
		`DELETE FROM nudge WHERE person_id = $1`,
		`DELETE FROM remembered_browser WHERE person_id = $1`,
		`DELETE FROM attempt WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
