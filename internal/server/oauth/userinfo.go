package oauth

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"countersign/internal/server/db"
)

// UserInfo answers the userinfo endpoint (OpenID Connect Core §5.3) with the
// claims that the token's scopes allow. Unlike an API that only checks the
// signature, it sees at once that a grant, a session or a person is no longer there.
func (s *Service) UserInfo(ctx context.Context, token string) ([]byte, error) {
	a, err := s.access(ctx, token)
	if err != nil {
		return nil, err
	}
	scopes := ParseScopes(a.Scope)
	if !scopes.Has(scopeOpenID) {
		return nil, refuse(ErrInsufficientScope, "scope openid is needed")
	}
	c, err := s.client(ctx, a.Client)
	if errors.Is(err, ErrUnknownClient) {
		return nil, refuse(ErrInvalidToken, "the application was switched off")
	} else if err != nil {
		return nil, err
	}
	info := struct {
		Subject string `json:"sub"`
		about
	}{Subject: a.Subject}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		g, err := grantByID(ctx, tx, a.grantOf())
		if err != nil {
			return err
		}
		info.about, err = s.alive(ctx, tx, &g, c, scopes)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || errors.Is(err, ErrInvalidGrant) {
		return nil, refuse(ErrInvalidToken, "the sign-in it came from has ended")
	} else if err != nil {
		return nil, err
	}
	return json.Marshal(info)
}
