package oauth

import (
	"context"
	"database/sql"
	"errors"

	"countersign/internal/server/db"
)

// Revoke answers the revocation endpoint (RFC 7009): the grant of an access or
// refresh token ends as a whole. A token that is not one of the client's is no
// error, because what the client wants is so already.
func (s *Service) Revoke(ctx context.Context, in Credentials, from From) error {
	c, err := s.authenticate(ctx, in)
	if err != nil {
		return err
	}
	token, err := one(in.Form, "token")
	if err != nil {
		return refuse(ErrInvalidRequest, "token is missing")
	}
	f, _, ok := s.parseRefresh(token)
	id := f.grant
	if !ok {
		a, err := s.access(ctx, token)
		if isRefusal(err) {
			return nil
		} else if err != nil {
			return err
		}
		id = a.grantOf()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		g, err := grantByID(ctx, tx, id)
		if errors.Is(err, sql.ErrNoRows) || err == nil && g.Client != c.ID {
			return nil
		} else if err != nil {
			return err
		}
		return revoke(ctx, tx, c, g, "application", from)
	})
}
