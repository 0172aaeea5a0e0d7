package oauth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// Credentials are what came with a call to the token or revocation endpoint:
// its form, and the Authorization header if there was one (RFC 6749 §2.3.1).
type Credentials struct {
	Form         url.Values
	Basic        bool
	User, Secret string // of the header, as they stand there: form-encoded
}

// Tokens are the answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	Scope        string `json:"scope"`
}

// Token answers the token endpoint. Its errors are [*Refusal] unless the server is at fault.
func (s *Service) Token(ctx context.Context, in Credentials, from From) (Tokens, error) {
	c, err := s.authenticate(ctx, in)
	if err != nil {
		return Tokens{}, err
	}
	grantType, err := one(in.Form, "grant_type")
	if err != nil {
		return Tokens{}, refuse(ErrInvalidRequest, "grant_type is missing")
	}
	switch grantType {
	case "authorization_code":
		return s.exchange(ctx, c, in.Form, from)
	case "refresh_token":
		return s.refresh(ctx, c, in.Form, from)
	case GrantDevice:
		return s.poll(ctx, c, in.Form, from)
	}
	return Tokens{}, ErrUnsupportedGrant
}

// authenticate finds out which client calls. One with a secret must show it,
// in the header or in the form, not in both; one without must not send any.
func (s *Service) authenticate(ctx context.Context, in Credentials) (*Client, error) {
	for name, values := range in.Form {
		if len(values) != 1 || !isText(values[0]) {
			return nil, refuse(ErrInvalidRequest, "parameter twice or not text: "+printable(name))
		}
	}
	id, secret := in.Form.Get("client_id"), in.Form.Get("client_secret")
	if in.Basic {
		user, err := url.QueryUnescape(in.User)
		if err != nil || secret != "" || id != "" && id != user {
			return nil, refuse(ErrInvalidRequest, "client is named twice")
		}
		if id = user; in.Secret != "" {
			if secret, err = url.QueryUnescape(in.Secret); err != nil {
				return nil, ErrInvalidClient
			}
		}
	}
	c, err := s.client(ctx, id)
	if err == ErrUnknownClient {
		return nil, refuse(ErrInvalidClient, "no such client")
	} else if err != nil {
		return nil, err
	}
	if c.Kind != Web && secret == "" || c.Kind == Web && c.proves(secret) {
		return c, nil
	}
	return nil, refuse(ErrInvalidClient, "client authentication failed")
}

// exchange redeems a code.
func (s *Service) exchange(ctx context.Context, c *Client, form url.Values, from From) (Tokens, error) {
	code, verifier := form.Get("code"), form.Get("code_verifier")
	if code == "" || form.Get("redirect_uri") == "" {
		return Tokens{}, refuse(ErrInvalidRequest, "code or redirect_uri is missing")
	}
	if !isVerifier(verifier) {
		return Tokens{}, refuse(ErrInvalidRequest, "code_verifier is missing or malformed")
	}
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	var m mint
	var no error // what to answer, once a replay is on record
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		no = nil
		g, err := redeem(ctx, tx, c, code, form.Get("redirect_uri"), challenge)
		if isRefusal(err) {
			no = err
			return replayed(ctx, tx, c, code, from)
		} else if err != nil {
			return err
		}
		if err := g.target(form); err != nil {
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

// redeemed puts on record that a grant was redeemed, and says what its first
// tokens are made of.
func (s *Service) redeemed(ctx context.Context, tx *db.Tx, c *Client, g grant, from From) (mint, error) {
	m := mint{client: c, grant: g, scopes: g.Scopes, nonce: g.Nonce, now: tx.Now}
	if g.Offline {
		m.refresh = s.family(g.ID).token(g.RefreshN)
	}
	about, err := s.alive(ctx, tx, &g, c, g.Scopes)
	if err != nil {
		return m, err
	}
	m.about = about
	return m, audit.Record(ctx, tx, from.event(audit.OAuthRedeemed, g.whose, c, ""))
}

// target checks the resource parameter of a token request (RFC 8707 §2.2).
func (g *grant) target(form url.Values) error {
	if r := form.Get("resource"); r != "" && r != g.Resource {
		return refuse(ErrInvalidTarget, "resource is not this grant's")
	}
	return nil
}

// isVerifier is code-verifier of RFC 7636 §4.1.
func isVerifier(s string) bool {
	if len(s) < 43 || len(s) > 128 {
		return false
	}
	for _, c := range []byte(s) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~') {
			return false
		}
	}
	return true
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
