package oauth

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/limit"
	"countersign/internal/server/signin"
)

// One network may leave so many requests waiting in so long a time; it is a
// whole office at nine in the morning, and not enough to fill a disk.
const (
	storedMost   = 1000
	storedWindow = 10 * time.Minute
)

// store keeps a request while the person signs in. It returns
// [signin.ErrTooMany] when too many came from the network.
func (s *Service) store(ctx context.Context, r *Request, from From) error {
	r.ID = rand.Text()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		ok, after, err := limit.Hit(ctx, tx, "authorize:"+limit.Net(from.IP), storedWindow, storedMost)
		if err == nil && !ok {
			err = &signin.TooMany{After: after} // takes the count back with it: refused ones do not count
		}
		if err != nil {
			return err
		}
		return insertRequest(ctx, tx, r)
	})
}

func insertRequest(ctx context.Context, tx *db.Tx, r *Request) error {
	device := ""
	if r.Device != nil {
		device = r.Device.ID
	}
	_, err := tx.Exec(ctx, `
			INSERT INTO authorize_request (id, client_id, redirect_uri, scope, state, nonce, challenge, prompt, login_hint,
				subject, max_age, strength, locales, resource, device_code, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		r.ID, r.Client.ID, r.Redirect, r.Scopes.String(), r.State, r.Nonce, r.Challenge, strings.Join(r.Prompts, " "), r.LoginHint,
		r.Subject, int64(r.MaxAge/time.Second), r.Strength, r.Locales, r.Resource, device,
		db.Millis(r.CreatedAt), db.Millis(r.CreatedAt.Add(requestLife)))
	return err
}

// load reads a stored request that is still open: else [ErrGone] or [ErrAnswered].
func (s *Service) load(ctx context.Context, id string) (*Request, error) {
	r := &Request{ID: id}
	var client, scopes, prompts, device string
	var age, created, expires, answered int64
	now := s.db.Now()
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, `
			SELECT client_id, redirect_uri, scope, state, nonce, challenge, prompt, login_hint,
				subject, max_age, strength, locales, resource, device_code, created_at, expires_at, answered_at
			FROM authorize_request WHERE id = $1`, id).Scan(
			&client, &r.Redirect, &scopes, &r.State, &r.Nonce, &r.Challenge, &prompts, &r.LoginHint,
			&r.Subject, &age, &r.Strength, &r.Locales, &r.Resource, &device, &created, &expires, &answered)
		if err != nil || device == "" {
			return err
		}
		r.Device, err = asking(ctx, tx, device)
		return err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, ErrGone
	case err != nil:
		return nil, fmt.Errorf("authorization request: %w", err)
	case answered != 0:
		return nil, ErrAnswered
	case expires <= db.Millis(now), r.Device != nil && !now.Before(r.Device.ExpiresAt):
		return nil, ErrGone
	}
	r.Scopes, r.Prompts = ParseScopes(scopes), strings.Fields(prompts)
	r.MaxAge, r.CreatedAt = time.Duration(age)*time.Second, db.Time(created)
	if r.Client, err = s.client(ctx, client); err != nil || r.Device != nil {
		return r, err
	}
	if r.Client, err = s.sentBackTo(r.Client, r.Redirect); err != nil {
		return nil, ErrGone // its application changed meanwhile
	}
	return r, nil
}

// markAnswered makes the answer to a stored request the only one.
func markAnswered(ctx context.Context, tx *db.Tx, id string) error {
	n, err := tx.Exec(ctx, `UPDATE authorize_request SET answered_at = $1 WHERE id = $2 AND answered_at = 0`, db.Millis(tx.Now), id)
	if err == nil && n == 0 {
		return ErrAnswered
	}
	return err
}
