package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// typeAccess is the type of access tokens (RFC 9068 §2.1). It keeps an ID token
// from being taken for one.
const typeAccess = "at+jwt"

// idToken is OpenID Connect Core §2.
type idToken struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"` // the client
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitempty"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	Session  string   `json:"sid"`
	Hash     string   `json:"at_hash,omitempty"`
	about
}

// accessToken is RFC 9068 §2.2.
type accessToken struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"` // the API
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	ID       string   `json:"jti"` // the grant, a dot, something random
	Client   string   `json:"client_id"`
	Scope    string   `json:"scope"`
	AuthTime int64    `json:"auth_time"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
}

// A mint is what tokens are made from.
type mint struct {
	client  *Client
	grant   grant
	about   about
	scopes  Scopes // the grant's, or fewer
	nonce   string
	refresh string // the refresh token that goes with them, or none
	now     time.Time
}

// mint signs the tokens of a grant.
func (s *Service) mint(ctx context.Context, m mint) (Tokens, error) {
	k, err := s.current(ctx)
	if err != nil {
		return Tokens{}, err
	}
	access, err := s.signAccess(k, m)
	if err != nil {
		return Tokens{}, err
	}
	t := Tokens{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: seconds(accessLife),
		RefreshToken: m.refresh, Scope: m.scopes.String(),
	}
	if m.scopes.Has(scopeOpenID) {
		t.IDToken, err = s.signID(k, m, access)
	}
	return t, err
}

func (s *Service) signAccess(k *keys, m mint) (string, error) {
	key, err := k.signs(ES256, m.now)
	if err != nil {
		return "", err
	}
	audience := m.grant.Resource
	if audience == "" {
		audience = s.issuer
	}
	return key.sign(key.access, accessToken{
		Issuer: s.issuer, Subject: m.grant.Person, Audience: audience,
		Expires: m.now.Add(accessLife).Unix(), Issued: m.now.Unix(),
		ID: m.grant.ID + "." + rand.Text(), Client: m.client.ID, Scope: m.scopes.String(),
		AuthTime: m.grant.AuthAt.Unix(), ACR: acr(m.grant.Strength), AMR: amr(m.grant.Methods),
	})
}

func (s *Service) signID(k *keys, m mint, access string) (string, error) {
	key, err := k.signs(m.client.IDTokenAlg, m.now)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(access))
	return key.sign(key.idToken, idToken{
		Issuer: s.issuer, Subject: m.grant.Person, Audience: m.client.ID,
		Expires: m.now.Add(idLife).Unix(), Issued: m.now.Unix(), AuthTime: m.grant.AuthAt.Unix(),
		Nonce: m.nonce, ACR: acr(m.grant.Strength), AMR: amr(m.grant.Methods), Session: m.grant.Session,
		Hash: base64.RawURLEncoding.EncodeToString(sum[:16]), about: m.about,
	})
}

// verify checks that a token was signed here, by a key that is still shown,
// with that key's own algorithm and under the expected type, and reads its
// claims. Nothing in the header chooses a key but its id, looked up among ours:
// addresses and keys that a token brings along (jku, x5u, jwk) are not looked
// at (O15). It does not look at the time.
func (s *Service) verify(ctx context.Context, token, typ string, algs []jose.SignatureAlgorithm, claims any) error {
	if len(token) > longest || strings.Count(token, ".") != 2 {
		return ErrInvalidToken
	}
	signed, err := jose.ParseSignedCompact(token, algs)
	if err != nil || len(signed.Signatures) != 1 {
		return ErrInvalidToken
	}
	header := signed.Signatures[0].Protected
	if t, _ := header.ExtraHeaders[jose.HeaderType].(string); !strings.EqualFold(t, typ) {
		return ErrInvalidToken
	}
	k, err := s.current(ctx)
	if err != nil {
		return err
	}
	key, ok := k.public[header.KeyID]
	if !ok || key.Algorithm != header.Algorithm {
		return ErrInvalidToken
	}
	payload, err := signed.Verify(key.Key)
	if err != nil {
		return ErrInvalidToken
	}
	if err := json.Unmarshal(payload, claims); err != nil {
		return ErrInvalidToken
	}
	return nil
}

// access checks an access token of ours that has not expired.
func (s *Service) access(ctx context.Context, token string) (accessToken, error) {
	var a accessToken
	err := s.verify(ctx, token, typeAccess, []jose.SignatureAlgorithm{jose.ES256}, &a)
	if err != nil {
		return a, err
	}
	if a.Issuer != s.issuer || a.Expires <= s.db.Now().Unix() {
		return a, refuse(ErrInvalidToken, "token has expired")
	}
	return a, nil
}

// hint checks an ID token of ours, which may have expired: it is used to say
// who is meant, not to prove anything.
func (s *Service) hint(ctx context.Context, token string) (idToken, error) {
	var t idToken
	err := s.verify(ctx, token, "JWT", []jose.SignatureAlgorithm{jose.ES256, jose.RS256}, &t)
	if err == nil && t.Issuer != s.issuer {
		err = ErrInvalidToken
	}
	return t, err
}

// grantOf is the grant an access token belongs to.
func (a *accessToken) grantOf() string {
	id, _, _ := strings.Cut(a.ID, ".")
	return id
}
