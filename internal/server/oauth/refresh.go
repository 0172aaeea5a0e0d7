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

// A family makes the refresh tokens of one grant.
type family struct {
	grant string
	key   []byte
}

func (s *Service) family(grant string) family {
	return family{grant, s.keeper.MAC("oauth family", []byte(grant))}
}

// token is the n-th of the family: the grant's id, the number, the HMAC.
func (f family) token(n int64) string {
	m := hmac.New(sha256.New, f.key)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return f.grant + "." + strconv.FormatInt(n, 10) + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// parseRefresh tells which token of which family this is, if it is one of ours.
func (s *Service) parseRefresh(token string) (f family, n int64, ok bool) {
	if len(token) > 128 {
		return f, 0, false
	}
	grant, rest, _ := strings.Cut(token, ".")
	number, _, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 {
		return f, 0, false
	}
	f = s.family(grant)
	return f, n, subtle.ConstantTimeCompare([]byte(token), []byte(f.token(n))) == 1
}

// refresh answers a refresh token with new tokens and its successor. It leaves
// no line in the audit log, which would hold little else: every application in
// use refreshes all day. What is unusual about one does.
func (s *Service) refresh(ctx context.Context, c *Client, form url.Values, from From) (Tokens, error) {
	f, n, ok := s.parseRefresh(form.Get("refresh_token"))
	if !ok {
		return Tokens{}, refuse(ErrInvalidGrant, "refresh token is not one")
	}
	var m mint
	var no error // what to answer, once the reuse is on record
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		no = nil
		g, err := rotate(ctx, tx, c, f.grant, n)
		if errors.Is(err, sql.ErrNoRows) {
			no = refuse(ErrInvalidGrant, "refresh token is used, expired or revoked")
			return s.reused(ctx, tx, c, f.grant, n, from)
		} else if err != nil {
			return err
		}
		m = mint{client: c, grant: g, now: tx.Now}
		if m.scopes, err = g.fewer(form); err != nil {
			return err
		}
		m.about, err = s.alive(ctx, tx, &g, c, m.scopes)
		return err
	})
	if err == nil {
		err = no
	}
	if err != nil {
		return Tokens{}, err
	}
	m.refresh = f.token(n + 1)
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
