package oauth

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

// poll answers a device that asks whether it was allowed (RFC 8628 §3.4, §3.5):
// of any number that ask at once one gets the tokens.
func (s *Service) poll(ctx context.Context, c *Client, form url.Values, from From) (Tokens, error) {
	if !c.Device {
		return Tokens{}, refuse(ErrUnauthorizedClient, "this application may not ask with a code")
	}
	id, secret, _ := strings.Cut(form.Get("device_code"), ".")
	if id == "" {
		return Tokens{}, refuse(ErrInvalidRequest, "device_code is missing")
	}
	var m mint
	var no error // what to answer, once the poll is on record
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		no = nil
		g, err := redeemDevice(ctx, tx, c, id, secret)
		if errors.Is(err, sql.ErrNoRows) {
			no, err = notYet(ctx, tx, c, id, secret)
			return err
		} else if err != nil {
			return err
		}
		m, err = s.redeemed(ctx, tx, c, g, from)
		return err
	})
	if err := cmp.Or(err, no); err != nil {
		return Tokens{}, err
	}
	return s.mint(ctx, m)
}

// redeemDevice turns a device code that was allowed into its grant, once. It
// returns [sql.ErrNoRows] for any other code.
func redeemDevice(ctx context.Context, tx *db.Tx, c *Client, id, secret string) (grant, error) {
	var of string
	err := tx.QueryRow(ctx, `
		UPDATE device_code SET state = $1 WHERE id = $2 AND hash = $3 AND client_id = $4 AND state = 'allowed' AND expires_at > $5
		RETURNING grant_id`, deviceRedeemed, id, keep.Hash(secret), c.ID, db.Millis(tx.Now)).Scan(&of)
	if err != nil {
		return grant{}, err
	}
	g, err := scanGrant(tx.QueryRow(ctx, redeemGrant+` WHERE id = $4 AND redeemed_at = 0 AND revoked_at = 0 RETURNING `+grantColumns,
		append(redeemArgs(tx, c), of)...))
	if errors.Is(err, sql.ErrNoRows) {
		return g, refuse(ErrInvalidGrant, "what was allowed was taken back")
	}
	return g, err
}

// notYet notes a poll, and says why there are no tokens.
func notYet(ctx context.Context, tx *db.Tx, c *Client, id, secret string) (no, err error) {
	var state string
	var soon, expires int64
	err = tx.QueryRow(ctx, `
		UPDATE device_code SET polled_at = $1,
			soon = CASE WHEN polled_at > $1 - every + $2 THEN 1 ELSE 0 END,
			every = CASE WHEN polled_at > $1 - every + $2 THEN every + $3 ELSE every END
		WHERE id = $4 AND hash = $5 AND client_id = $6 RETURNING state, soon, expires_at`,
		db.Millis(tx.Now), deviceEarly.Milliseconds(), deviceEvery.Milliseconds(), id, keep.Hash(secret), c.ID).Scan(&state, &soon, &expires)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return refuse(ErrInvalidGrant, "device_code is not one"), nil
	case err != nil:
		return nil, err
	case state == deviceDenied:
		return refuse(ErrAccessDenied, "the person said no, or could not"), nil
	case state == deviceRedeemed:
		return refuse(ErrInvalidGrant, "device_code was used"), nil
	case expires <= db.Millis(tx.Now):
		return ErrExpiredToken, nil
	case soon == 1:
		return ErrSlowDown, nil
	}
	return ErrAuthorizationPending, nil
}
