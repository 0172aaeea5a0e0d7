// Package signin leads from a name to a session.
//
// A sign-in is an attempt: a row found only by the hash of the token in the
// browser's cookie, replaced after each proof, so that a token seen before a
// proof is worth nothing after it. Each step finds the attempt by that token,
// checks that it has not run out and that the person's epoch is the one of
// their first proof, does one thing, and asks package policy what comes next:
// all in one transaction.
//
// A name nobody has gets the same row, the same steps and, where the phone is
// asked first, a number; it never gets past a proof. Until something is
// proven, no answer of this package depends on whether there is such a person.
//
// An attempt becomes a session in the transaction that uses up its last proof.
package signin

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
)

// AttemptLife is how long a sign-in may take.
const AttemptLife = time.Hour

// Why a step cannot be taken.
var (
	// ErrNoAttempt: there is no such sign-in, or its cookie was replaced.
	ErrNoAttempt = errors.New("no sign-in under way")
	// ErrExpired: it has been under way for longer than AttemptLife.
	ErrExpired = errors.New("sign-in took too long")
	// ErrStep: it is at another step, in another tab say.
	ErrStep = errors.New("sign-in is at another step")
	// ErrWrong: the password or the code is not right. Also for a name nobody has.
	ErrWrong = errors.New("not right")
	// ErrTooMany: too many wrong ones; a *TooMany tells how long to wait.
	ErrTooMany = errors.New("too many wrong tries")
)

// TooMany is [ErrTooMany] with the time to wait.
type TooMany struct{ After time.Duration }

func (e *TooMany) Error() string             { return ErrTooMany.Error() }
func (e *TooMany) Is(target error) bool      { return target == ErrTooMany }
func (e *TooMany) RetryAfter() time.Duration { return e.After }

// Config is what the service needs; all but Limits must be there.
type Config struct {
	DB        *db.DB
	Keeper    *keep.Keeper
	Passwords *method.Passwords
	Passkeys  *method.Passkeys
	CodeApps  *method.CodeApps
	Recovery  *method.Recovery
	Passes    *method.Passes
	Addresses *directory.Addresses
	Apps      *registration.Registry
	Approvals *approval.Approvals
	Notify    *notify.Notify
	// Host is the issuer's host: what the phone shows when nobody but the
	// sign-in service itself asked.
	Host   string
	Limits Limits
}

// A Service leads people through sign-ins.
type Service struct{ Config }

// New makes the service.
func New(c Config) *Service {
	c.Limits = c.Limits.defaults()
	return &Service{c}
}

// A Browser is who asks, as far as the server can tell.
type Browser struct {
	IP     string
	Net    string // see limit.Net
	Place  string // "Osaka, Japan"
	Name   string // "Chrome"
	System string // "Windows"
	Lang   string // "en" or "ja"
	Zone   string // IANA time zone, as the browser says; "" for not known
	// Known is the token of the known-browser cookie, or "".
	Known string
	// Remember: the person has ticked that it be remembered, see [RememberedBrowser].
	Remember bool
	// Sessions are the tokens of this browser's sessions, the one in use first.
	Sessions []string
}

// Agent is browser and system in one text: "Chrome, Windows".
func (b Browser) Agent() string {
	if b.Name == "" || b.System == "" {
		return b.Name + b.System
	}
	return b.Name + ", " + b.System
}

// Prune removes what is of no use any more: old attempts, ended sessions,
// browsers not seen for long, used set-up links. It is for housekeeping, hourly.
func (s *Service) Prune(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		day, month := db.Millis(tx.Now.Add(-24*time.Hour)), db.Millis(tx.Now.Add(-30*24*time.Hour))
		for _, q := range []struct {
			query  string
			before int64
		}{
			{`DELETE FROM attempt WHERE expires_at < $1`, day},
			{`DELETE FROM session WHERE ended_at > 0 AND ended_at < $1 OR expires_at < $1`, month},
			{`DELETE FROM known_browser WHERE expires_at < $1`, db.Millis(tx.Now)},
			{`DELETE FROM remembered_browser WHERE expires_at < $1`, db.Millis(tx.Now)},
		} {
			if _, err := tx.Exec(ctx, q.query, q.before); err != nil {
				return err
			}
		}
		if err := method.Prune(ctx, tx); err != nil {
			return err
		}
		if err := directory.PruneAddresses(ctx, tx); err != nil {
			return err
		}
		if err := brake.Prune(ctx, tx); err != nil {
			return err
		}
		return directory.PruneSetupLinks(ctx, tx)
	})
}
