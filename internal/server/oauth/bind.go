package oauth

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// The applications of the house: the authenticator in its two forms. All that
// they ask for is a sign-in that binds a device to a backup place
// (docs/protocol.md, section 10). They are not in the database, so nobody can
// switch them off or take their names.
const (
	ClientApp      = "countersign-app"
	ClientTerminal = "countersign-terminal"
)

var bindScopes = Scopes{wire.ScopeBackup, wire.ScopeRecover}

func own(o Options) map[string]*Client {
	all := map[string]*Client{ClientTerminal: {
		ID: ClientTerminal, Name: "Countersign", Host: host(o.Issuer), Kind: Native, Redirects: []string{"http://127.0.0.1/callback"},
		Scopes: bindScopes, Verified: true, Device: true, IDTokenAlg: ES256,
	}}
	if o.App != "" {
		all[ClientApp] = &Client{
			ID: ClientApp, Name: "Countersign", Host: host(o.App), Kind: Browser, Redirects: []string{o.App + "/callback"},
			Scopes: bindScopes, Verified: true, Trusted: true, IDTokenAlg: ES256,
		}
	}
	return all
}

// guests are the web apps of other servers that the operator lets in. They come by the
// name of our own, and are told by where they are sent back to alone: so each has its
// host on every page, and the person is asked each time.
func guests(o Options) map[string]*Client {
	all := map[string]*Client{}
	for _, app := range o.BackupApps {
		all[app+"/callback"] = &Client{
			ID: ClientApp, Name: "Countersign", Host: host(app), Kind: Browser, Redirects: []string{app + "/callback"},
			Scopes: bindScopes, Guest: true, IDTokenAlg: ES256,
		}
	}
	return all
}

// sentBackTo is the application with an id that may be sent back to an address, or
// [ErrWrongRedirect].
func (s *Service) sentBackTo(c *Client, redirect string) (*Client, error) {
	if guest := s.guests[redirect]; guest != nil && c.ID == ClientApp {
		return guest, nil
	}
	if !c.matches(redirect) {
		return nil, ErrWrongRedirect
	}
	return c, nil
}

// LetsIn tells whether the web app of an origin, ours or a guest, may bind a device.
func (s *Service) LetsIn(origin string) bool {
	c := s.own[ClientApp]
	if c == nil {
		return false
	}
	_, err := s.sentBackTo(c, origin+"/callback")
	return err == nil
}

// ForPersonal tells whether an application is for people of personal
// directories alone: an account of work or school keeps no backup.
func ForPersonal(client string) bool { return client == ClientApp || client == ClientTerminal }

// host is the host of an origin, with its port.
func host(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	return u.Host
}

// bind tells whether scopes are for binding a device.
func (s Scopes) bind() bool { return s.Has(wire.ScopeBackup) || s.Has(wire.ScopeRecover) }

// Recovers tells whether a request is for a recovery sign-in.
func (r *Request) Recovers() bool { return r.Scopes.Has(wire.ScopeRecover) }

// raise has a request that binds a device ask for a strong sign-in, whatever it
// said: for storing all that the person can give, for recovering two different proofs (N14).
func (r *Request) raise() {
	switch {
	case r.Recovers():
		r.Strength = policy.Helped
	case r.Scopes.bind():
		r.Strength = policy.Strong
	}
}

// strength is what the request asks of this session's person: for binding a
// device that stores, their strongest (N11); for letting a device elsewhere in, at
// least what their directory asks of everybody (O13).
func (s *Service) strength(ctx context.Context, r *Request, session *signin.Session) (int, error) {
	switch {
	case r.Scopes.Has(wire.ScopeBackup):
	case r.Device != nil && !r.Recovers():
		least, err := s.least(ctx, session)
		return max(r.Strength, least), err
	default:
		return r.Strength, nil
	}
	var has policy.Methods
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		has, _, err = signin.MethodsOf(ctx, tx, session.Person)
		return err
	})
	return has.Strongest(), err
}

// least is what the directory of a session asks of everybody. In a remembered
// browser a session can be worth less, and its person still able to prove more.
func (s *Service) least(ctx context.Context, session *signin.Session) (need int, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		d, err := directory.Get(ctx, tx, session.Directory)
		need = policy.Need(d.Policy)
		return err
	})
	return need, err
}

// A Spent token was good for one thing, and is used up.
type Spent struct {
	Person   string
	Epoch    int64
	Recovers bool // of scope recover, else of scope backup
	AuthAt   time.Time
	Strength int
}

// Bearer reads an access token that binds a device. It returns a [*Refusal] for
// any other. To be used, it has to be spent.
func (s *Service) Bearer(ctx context.Context, token string) (Binder, error) {
	a, err := s.access(ctx, token)
	if err != nil {
		return Binder{}, err
	}
	if !ParseScopes(a.Scope).bind() {
		return Binder{}, refuse(ErrInsufficientScope, "scope backup or recover is needed")
	}
	c, err := s.client(ctx, a.Client)
	if errors.Is(err, ErrUnknownClient) {
		return Binder{}, refuse(ErrInvalidToken, "the application was switched off")
	}
	return Binder{s, c, a.grantOf()}, err
}

// A Binder is an access token that was read.
type Binder struct {
	service *Service
	client  *Client
	grant   string
}

// Spend uses the token up: one statement, so of two that bring it one has it.
func (b Binder) Spend(ctx context.Context, tx *db.Tx) (Spent, error) {
	g, err := scanGrant(tx.QueryRow(ctx, `
		UPDATE oauth_grant SET revoked_at = $1, revoked_why = 'used up' WHERE id = $2 AND revoked_at = 0 RETURNING `+grantColumns,
		db.Millis(tx.Now), b.grant))
	if errors.Is(err, sql.ErrNoRows) {
		return Spent{}, refuse(ErrInvalidToken, "the token was used")
	} else if err != nil {
		return Spent{}, err
	}
	g.Revoked = false // by us, just now
	if _, err := b.service.alive(ctx, tx, &g, b.client, nil); errors.Is(err, ErrInvalidGrant) {
		return Spent{}, refuse(ErrInvalidToken, "the sign-in it came from has ended")
	} else if err != nil {
		return Spent{}, err
	}
	return Spent{g.Person, g.Epoch, g.Scopes.Has(wire.ScopeRecover), g.AuthAt, g.Strength}, nil
}
