// Package oauth lets applications sign people in: OAuth 2.0 and OpenID Connect.
//
// An application sends the browser to the authorization endpoint ([Service.Begin]).
// Once the person has signed in (package signin) and agreed (a [Step] says what is
// still missing), the browser goes back with a code, which the application
// redeems for tokens ([Service.Token]). What came of one code, the tokens of one
// agreement, is a grant: one row, whose code is redeemed once, whose refresh
// token has one successor, and which is revoked as a whole.
//
// Of the protocol's many roads there is one: the code flow with PKCE (S256,
// always) and exact redirect matching; and a side road for devices without a
// browser, whose code is typed in one elsewhere (RFC 8628). No implicit grant, no passwords, no
// plain challenge. Clients are of three kinds: web applications with a secret,
// single-page applications, and native applications with a loopback redirect.
//
// Access tokens are signed (RFC 9068), so that an API checks them without
// asking here; therefore they live ten minutes, and what ends earlier (a
// sign-out, a changed password) is seen at the next refresh. The userinfo
// endpoint looks at the grant each time.
package oauth

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/signin"
)

// How long things live.
const (
	codeLife    = 60 * time.Second               // RFC 6749 §4.1.2 advises at most 10 minutes
	accessLife  = 10 * time.Minute               // of an access token
	idLife      = time.Hour                      // of an ID token
	requestLife = signin.AttemptLife + time.Hour // to sign in and then to agree
	retryFor    = 30 * time.Second               // a refresh answered twice with the same successor
	refreshIdle = 30 * 24 * time.Hour            // a refresh token that is not used
	refreshLife = 180 * 24 * time.Hour
	browserIdle = 24 * time.Hour // refreshIdle for single-page applications
)

// A Service is the authorization server of one issuer.
type Service struct {
	db     *db.DB
	keeper *keep.Keeper
	issuer string
	log    *slog.Logger

	own       map[string]*Client // applications of the house
	guests    map[string]*Client // authenticators of other servers, by their redirect address
	keys      keyring
	clients   clientCache
	domains   domains
	discovery []byte
}

// Options say what a service stands on.
type Options struct {
	DB     *db.DB
	Keeper *keep.Keeper
	// Issuer is the origin of the sign-in service without a slash at its end.
	Issuer string
	// App is the origin of the authenticator web app; "" without one.
	App string
	// BackupApps are the origins of other servers' web apps that may bind a device here.
	BackupApps []string
	// Log hears of upkeep that failed. The zero value is slog's default.
	Log *slog.Logger
}

// New makes a service, with the signing keys it needs.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{db: o.DB, keeper: o.Keeper, issuer: o.Issuer, log: o.Log}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.own, s.guests = own(o), guests(o)
	s.discovery = discovery(o.Issuer)
	if err := s.maintainKeys(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Issuer is the service's name in tokens and answers.
func (s *Service) Issuer() string { return s.issuer }

// upkeepEvery is the time between two rounds of [Service.Run].
const upkeepEvery = time.Hour

// Run keeps the service in order until the context ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(upkeepEvery)
	defer tick.Stop()
	for {
		if err := s.Upkeep(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("oauth: upkeep failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Upkeep publishes the next signing key before it is needed, and forgets what is over.
func (s *Service) Upkeep(ctx context.Context) error {
	return errors.Join(s.maintainKeys(ctx), s.prune(ctx))
}

// keyKept is how long a key's row stays after the key was last shown, for
// those who look into what happened.
const keyKept = 90 * 24 * time.Hour

// prune removes rows that mean nothing any more.
func (s *Service) prune(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		for _, over := range []struct {
			query string
			since time.Duration
		}{
			{`DELETE FROM authorize_request WHERE expires_at < $1`, 0},
			{`DELETE FROM device_code WHERE expires_at < $1`, deviceLife},
			{`DELETE FROM oauth_grant WHERE ends_at < $1`, 0},
			{`DELETE FROM signing_key WHERE shown_until < $1`, keyKept},
		} {
			if _, err := tx.Exec(ctx, over.query, db.Millis(tx.Now.Add(-over.since))); err != nil {
				return err
			}
		}
		return nil
	})
}
