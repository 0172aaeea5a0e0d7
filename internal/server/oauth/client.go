package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

// Kind is what sort of program a client is; it decides what it can keep secret.
type Kind string

// The kinds of clients.
const (
	Web     Kind = "web"     // runs on a server and has a secret
	Browser Kind = "browser" // a single-page application: no secret
	Native  Kind = "native"  // runs on the person's device: no secret
)

// The algorithms of ID tokens. Access tokens are always ES256.
const (
	ES256 = "ES256"
	RS256 = "RS256"
)

// A Client is an application known to this server.
type Client struct {
	// ID is chosen at registration: a lower-case letter, then 2 to 63
	// lower-case letters, digits and hyphens. Empty means: choose one.
	ID string
	// Directory is the id of the directory whose people may use the
	// application and which answers for it; empty for everybody's.
	Directory string
	Name      string // shown to people
	Host      string // shown beside the name
	Kind      Kind
	// Redirects and LogoutRedirects are the addresses a browser may be sent
	// back to. A loopback address of a native application is written without a port.
	Redirects, LogoutRedirects []string
	// Scopes are all it may ask for.
	Scopes Scopes
	// Audience names its API in access tokens (RFC 9068 §3). Empty: the issuer.
	Audience string
	// Verified says that the directory's administrators know who makes it.
	Verified bool
	// Trusted applications are the directory's own: people are not asked for
	// consent. Never a native one, whose name any program can use (RFC 8252 §8.6).
	Trusted bool
	// Device lets a native application sign somebody in who types a code in a
	// browser elsewhere (RFC 8628). It is switched on for each: a stranger can ask
	// in its name, and talk somebody into typing the code.
	Device bool
	// Guest is the authenticator of another server: people are asked each time.
	Guest      bool
	IDTokenAlg string // ES256 unless it needs RS256
	CreatedAt  time.Time

	secretHash []byte
}

// ErrBadClient is returned for a registration that is incomplete or unsafe.
var ErrBadClient = errors.New("application cannot be registered")

// clientID is written so that no subject, which is 26 capital letters and
// digits, can ever be a client id (O10).
var clientID = regexp.MustCompile(`^[a-z][a-z0-9-]{2,63}$`)

func (c *Client) check() error {
	if !clientID.MatchString(c.ID) {
		return fmt.Errorf("%w: id %q", ErrBadClient, c.ID)
	}
	if c.Name == "" || c.Host == "" || len(c.Redirects) == 0 {
		return fmt.Errorf("%w: name, host and a redirect are needed", ErrBadClient)
	}
	if c.Kind != Web && c.Kind != Browser && c.Kind != Native {
		return fmt.Errorf("%w: kind %q", ErrBadClient, c.Kind)
	}
	if c.Trusted && c.Kind == Native {
		return fmt.Errorf("%w: a native application cannot be trusted without asking", ErrBadClient)
	}
	if c.Device && c.Kind != Native {
		return fmt.Errorf("%w: only a native application signs in by a code typed elsewhere", ErrBadClient)
	}
	if c.IDTokenAlg != ES256 && c.IDTokenAlg != RS256 {
		return fmt.Errorf("%w: algorithm %q", ErrBadClient, c.IDTokenAlg)
	}
	for _, r := range append(append([]string(nil), c.Redirects...), c.LogoutRedirects...) {
		if err := checkRedirect(c.Kind, r); err != nil {
			return fmt.Errorf("%w: %w", ErrBadClient, err)
		}
	}
	for _, v := range c.Scopes {
		if !validScope(v) {
			return fmt.Errorf("%w: scope %q", ErrBadClient, v)
		}
	}
	return nil
}

// Put registers an application, or changes the one with the same id. For a web
// application it returns a new secret: 130 random bits, shown only now, which
// replace the one before.
func (s *Service) Put(ctx context.Context, c Client) (id string, secret keep.Secret, err error) {
	if c.ID == "" {
		c.ID = "app-" + strings.ToLower(rand.Text())
	}
	if c.IDTokenAlg == "" {
		c.IDTokenAlg = ES256
	}
	if err := c.check(); err != nil {
		return "", secret, err
	}
	if s.own[c.ID] != nil {
		return "", secret, fmt.Errorf("%w: id %q is one of the house", ErrBadClient, c.ID)
	}
	if err := s.needKey(ctx, c.IDTokenAlg); err != nil {
		return "", secret, err
	}
	c.secretHash = []byte{}
	if c.Kind == Web {
		text := rand.Text()
		c.secretHash, secret = keep.Hash(text), keep.NewSecret(text)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		tx.After(func() { s.clients.forget(c.ID) })
		if err := putClient(ctx, tx, &c); err != nil {
			return err
		}
		return recordClient(ctx, tx, &c, "registered")
	})
	return c.ID, secret, err
}

func putClient(ctx context.Context, tx *db.Tx, c *Client) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO client (id, directory_id, name, host, kind, secret_hash, redirects, logout_redirects,
			scopes, audience, verified, trusted, device, id_token_alg, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET directory_id = excluded.directory_id, name = excluded.name, host = excluded.host,
			kind = excluded.kind, secret_hash = excluded.secret_hash, redirects = excluded.redirects,
			logout_redirects = excluded.logout_redirects, scopes = excluded.scopes, audience = excluded.audience,
			verified = excluded.verified, trusted = excluded.trusted, device = excluded.device, id_token_alg = excluded.id_token_alg, disabled_at = 0`,
		c.ID, c.Directory, c.Name, c.Host, string(c.Kind), c.secretHash, list(c.Redirects), list(c.LogoutRedirects),
		c.Scopes.String(), c.Audience, number(c.Verified), number(c.Trusted), number(c.Device), c.IDTokenAlg, db.Millis(tx.Now))
	return err
}

// Disable switches an application off. Requests and refreshes fail at once on
// this node, within [clientsFresh] on the others.
func (s *Service) Disable(ctx context.Context, id string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		tx.After(func() { s.clients.forget(id) })
		n, err := tx.Exec(ctx, `UPDATE client SET disabled_at = $1 WHERE id = $2 AND disabled_at = 0`, db.Millis(tx.Now), id)
		if err != nil || n == 0 {
			return err
		}
		c, err := scanClient(tx.QueryRow(ctx, `SELECT `+clientColumns+` FROM client WHERE id = $1`, id))
		if err != nil {
			return err
		}
		return recordClient(ctx, tx, c, "switched off")
	})
}

func recordClient(ctx context.Context, tx *db.Tx, c *Client, what string) error {
	return audit.Record(ctx, tx, audit.Event{Kind: audit.OAuthClient, Directory: c.Directory, App: c.Name,
		Detail: map[string]any{"client": c.ID, "what": what}})
}

const clientColumns = `id, directory_id, name, host, kind, secret_hash, redirects, logout_redirects,
	scopes, audience, verified, trusted, device, id_token_alg, created_at`

// client finds an application that is switched on, or [ErrUnknownClient].
func (s *Service) client(ctx context.Context, id string) (*Client, error) {
	if !clientID.MatchString(id) {
		return nil, ErrUnknownClient
	}
	if c := s.own[id]; c != nil {
		return c, nil
	}
	now := s.db.Now()
	if c := s.clients.get(id, now); c != nil {
		return c, nil
	}
	var c *Client
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		c, err = scanClient(tx.QueryRow(ctx, `SELECT `+clientColumns+` FROM client WHERE id = $1 AND disabled_at = 0`, id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrUnknownClient
	} else if err != nil {
		return nil, fmt.Errorf("client %s: %w", id, err)
	}
	s.clients.put(c, now)
	return c, nil
}

// registered finds an application also when it is switched off.
func (s *Service) registered(ctx context.Context, id string) (c *Client, err error) {
	if c := s.own[id]; c != nil {
		return c, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		c, err = scanClient(tx.QueryRow(ctx, `SELECT `+clientColumns+` FROM client WHERE id = $1`, id))
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrUnknownClient
	}
	return c, err
}

func scanClient(row interface{ Scan(...any) error }) (*Client, error) {
	var c Client
	var kind, redirects, logouts, scopes string
	var verified, trusted, device, created int64
	err := row.Scan(&c.ID, &c.Directory, &c.Name, &c.Host, &kind, &c.secretHash, &redirects, &logouts,
		&scopes, &c.Audience, &verified, &trusted, &device, &c.IDTokenAlg, &created)
	if err != nil {
		return nil, err
	}
	c.Kind, c.Scopes = Kind(kind), ParseScopes(scopes)
	c.Verified, c.Trusted, c.Device, c.CreatedAt = verified == 1, trusted == 1, device == 1, db.Time(created)
	return &c, errors.Join(json.Unmarshal([]byte(redirects), &c.Redirects), json.Unmarshal([]byte(logouts), &c.LogoutRedirects))
}

// proves tells whether the secret is the client's. Clients without one never prove anything.
func (c *Client) proves(secret string) bool {
	return len(c.secretHash) > 0 && subtle.ConstantTimeCompare(keep.Hash(secret), c.secretHash) == 1
}

// boundToSession tells whether a grant of these scopes ends with the session it
// came from. A single-page application has only that session to live in; the
// others outlive it when they asked for offline access.
func (c *Client) boundToSession(granted Scopes) bool {
	return c.Kind == Browser || !granted.Has(scopeOffline)
}

func list(of []string) string {
	b, err := json.Marshal(append([]string{}, of...))
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}
