package oauth

import (
	"context"
	"database/sql"
	"errors"

	"countersign/internal/server/db"
	"countersign/internal/server/signin"
)

// A Caller is for whom an application calls this server's own API, by which of
// their sessions.
type Caller struct {
	Client  string // its name
	Session signin.Session
}

// Caller checks an access token that is meant for this server itself
// (RFC 9068 §4). It is good for as long as the session that it came from: who
// signs out, or is signed out, has taken it back at once. Errors are
// [ErrInvalidToken] and [ErrInsufficientScope].
func (s *Service) Caller(ctx context.Context, token, scope string) (Caller, error) {
	a, err := s.access(ctx, token)
	if err != nil {
		return Caller{}, err
	}
	if a.Audience != s.issuer {
		return Caller{}, refuse(ErrInvalidToken, "token is for another API")
	}
	if !ParseScopes(a.Scope).Has(scope) {
		return Caller{}, refuse(ErrInsufficientScope, "scope "+scope+" is needed")
	}
	c, err := s.client(ctx, a.Client)
	if errors.Is(err, ErrUnknownClient) {
		return Caller{}, refuse(ErrInvalidToken, "the application was switched off")
	} else if err != nil {
		return Caller{}, err
	}
	out := Caller{Client: c.Name}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		g, err := grantByID(ctx, tx, a.grantOf())
		if err != nil {
			return err
		}
		if _, err := s.alive(ctx, tx, &g, c, nil); err != nil {
			return err
		}
		out.Session, err = signin.SessionByID(ctx, tx, g.Session)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, ErrInvalidGrant) || errors.Is(err, signin.ErrNoSession) {
		return Caller{}, refuse(ErrInvalidToken, "the sign-in it came from has ended")
	}
	return out, err
}
