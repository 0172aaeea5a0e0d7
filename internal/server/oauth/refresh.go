package oauth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// The refresh tokens of a grant are a family: number 1, 2, 3 …, each
// HMAC(family key, number), so a successor is the same however often it is
// made and nothing of it lies in the database (O4). One number is valid at a
// time. Using it makes the next one valid; using the one before again gives
// the same successor, for retryFor and while nobody has used that; using any
// older one means that two have the family, and ends it.

// reuse is why a family was revoked.
const reuse = "refresh token reused"

// refreshToken is the n-th token of a grant: its id, the number, the HMAC.
func (s *Service) refreshToken(grant string, n int64) string {
	m := hmac.New(sha256.New, s.keeper.MAC("oauth family", []byte(grant)))
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return grant + "." + strconv.FormatInt(n, 10) + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// parseRefresh tells which token of which grant this is, if it is one of ours.
func (s *Service) parseRefresh(token string) (grant string, n int64, ok bool) {
	if len(token) > 128 {
		return "", 0, false
	}
	grant, rest, _ := strings.Cut(token, ".")
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return "", 0, false
	}
	return grant, n, subtle.ConstantTimeCompare([]byte(token), []byte(s.refreshToken(grant, n))) == 1
}

// refresh answers a refresh token with new tokens and its successor.
func (s *Service) refresh(ctx context.Context, c *Client, form url.Values, from From) (Tokens, error) {
	id, n, ok := s.parseRefresh(form.Get("refresh_token"))
	if !ok {
		return Tokens{}, refuse(ErrInvalidGrant, "refresh token is not one")
	}
	var m mint
	var no error // what to answer, once the reuse is on record
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		no = nil
		g, err := rotate(ctx, tx, c, id, n)
		if errors.Is(err, sql.ErrNoRows) {
			no = refuse(ErrInvalidGrant, "refresh token is used, expired or revoked")
			return s.reused(ctx, tx, c, id, n, from)
		} else if err != nil {
			return err
		}
		m = mint{client: c, grant: g, scopes: g.Scopes, now: tx.Now, refresh: s.refreshToken(id, n+1)}
		if m.scopes, err = g.fewer(form); err != nil {
			return err
		}
		if m.about, err = g.alive(ctx, tx, c, m.scopes); err != nil {
			return err
		}
		return audit.Record(ctx, tx, from.event(audit.OAuthRefresh, g.Person, c, ""))
	})
	if err == nil {
		err = no
	}
	if err != nil {
		return Tokens{}, err
	}
	return s.mint(ctx, m)
}

// rotate makes the successor of token n the valid one, or finds it valid and
// unused since a moment ago. It returns [sql.ErrNoRows] for any other token.
func rotate(ctx context.Context, tx *db.Tx, c *Client, id string, n int64) (grant, error) {
	now := db.Millis(tx.Now)
	return scanGrant(tx.QueryRow(ctx, `
		UPDATE oauth_grant SET refresh_n = $1 + 1,
			refreshed_at = CASE WHEN refresh_n = $1 THEN $2 ELSE refreshed_at END,
			refresh_expires = CASE WHEN refresh_n <> $1 THEN refresh_expires WHEN $3 < created_at + $4 THEN $3 ELSE created_at + $4 END,
			ends_at = CASE WHEN ends_at > $3 THEN ends_at ELSE $3 END
		WHERE id = $5 AND client_id = $6 AND revoked_at = 0 AND refresh_expires > $2
			AND (refresh_n = $1 OR refresh_n = $1 + 1 AND refreshed_at > $7)
		RETURNING `+grantColumns,
		n, now, db.Millis(tx.Now.Add(c.refreshIdle())), refreshLife.Milliseconds(), id, c.ID, db.Millis(tx.Now.Add(-retryFor))))
}

// reused revokes the family of a token that was the client's and is no longer
// valid, unless it has only expired.
func (s *Service) reused(ctx context.Context, tx *db.Tx, c *Client, id string, n int64, from From) error {
	g, err := grantByID(ctx, tx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	if g.Client != c.ID || n >= g.RefreshN {
		return nil
	}
	return revoke(ctx, tx, c, g, reuse, from)
}

// fewer is the scope a refresh asks for: all that was granted, or part of it (RFC 6749 §6).
func (g *grant) fewer(form url.Values) (Scopes, error) {
	if err := g.target(form); err != nil {
		return nil, err
	}
	asked := ParseScopes(form.Get("scope"))
	if len(asked) == 0 {
		return g.Scopes, nil
	}
	if !g.Scopes.Covers(asked) {
		return nil, refuse(ErrInvalidScope, "scope is more than was granted")
	}
	return asked, nil
}
