package signin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
)

// ErrNoSession is returned for a session that is not there: it never was, has
// ended, lay idle or lived too long, the person was suspended or their epoch
// moved on. A caller has one answer to all of these: sign in.
var ErrNoSession = errors.New("not signed in")

// A Session is one browser signed in as one person.
type Session struct {
	ID        string // in audit and grants; opens nothing
	Person    string
	Directory string
	Epoch     int64
	Methods   []string // what was proven at AuthAt, in order: "pwd", "approval", "otp"
	Strength  int      // of the last sign-in, see package policy
	AuthAt    time.Time
	FullAt    time.Time // last full sign-in; zero for none
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	IP        string
	Place     string
	Browser   string // "Chrome, Windows"
	// Enrol marks a session that may pair an app and nothing else: a sign-in
	// waits for it. Only EnrolSessionOf returns one.
	Enrol bool
	// Recovery marks what is no session at all, see [Service.Recovered].
	Recovery bool
}

// Fresh tells whether the last full sign-in is recent enough for changing
// sign-in methods: one with all that the person could prove at that time.
func (s Session) Fresh(now time.Time, p directory.Policy) bool {
	return !s.FullAt.IsZero() && now.Sub(s.FullAt) < p.FreshFor
}

// MayChange tells whether a session may change sign-in methods: its last
// sign-in was a short while ago, and as strong as the strongest way in that its
// person has now (N11).
func MayChange(ctx context.Context, tx *db.Tx, s Session) (bool, error) {
	d, err := directory.Get(ctx, tx, s.Directory)
	if err != nil || !s.Fresh(tx.Now, d.Policy) {
		return false, err
	}
	has, _, err := MethodsOf(ctx, tx, s.Person)
	return s.Strength >= has.Strongest(), err
}

// MethodsOf returns what a person has to prove themselves with, and which of
// it they want to be asked first, or "". A phone that signs in without a
// password counts as such, and another authenticator at all, where the directory allows it.
func MethodsOf(ctx context.Context, tx *db.Tx, person string) (has policy.Methods, first string, err error) {
	who, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return has, "", err
	}
	held, err := method.HeldBy(ctx, tx, person)
	if err != nil {
		return has, "", err
	}
	phones, err := registration.CountOf(ctx, tx, person)
	if err != nil {
		return has, "", err
	}
	has = policy.Methods{Password: held.Password, Passkey: held.Passkey, Recovery: held.Recovery, Pass: held.Pass, App: phones.Apps > 0, Unlock: phones.Unlock > 0, Anew: who.AnewAfter(tx.Now)}
	if phones.Passwordless == 0 && !held.CodeApp {
		return has, held.First, nil
	}
	in, err := directory.Get(ctx, tx, who.DirectoryID)
	has.Passwordless = phones.Passwordless > 0 && in.Policy.Passwordless
	has.CodeApp = held.CodeApp && in.Policy.Codes
	return has, held.First, err
}

const sessionColumns = `s.id, s.person_id, s.directory_id, s.epoch, s.methods, s.strength, s.auth_at, s.full_at,
	s.created_at, s.seen_at, s.expires_at, s.ip, s.place, s.browser, s.enrol`

type scanner interface{ Scan(dest ...any) error }

func scanSession(row scanner, more ...any) (Session, error) {
	var s Session
	var methods string
	var auth, full, created, seen, expires, enrol int64
	err := row.Scan(append([]any{&s.ID, &s.Person, &s.Directory, &s.Epoch, &methods, &s.Strength, &auth, &full,
		&created, &seen, &expires, &s.IP, &s.Place, &s.Browser, &enrol}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, ErrNoSession
	} else if err != nil {
		return Session{}, err
	}
	s.Methods = strings.Fields(methods)
	s.AuthAt, s.FullAt, s.CreatedAt, s.SeenAt, s.ExpiresAt = db.Time(auth), db.Time(full), db.Time(created), db.Time(seen), db.Time(expires)
	s.Enrol = enrol != 0
	return s, nil
}

// SessionOf returns the session a token opens, or [ErrNoSession]. It checks the
// person's state and epoch, and the idle and absolute limits.
func SessionOf(ctx context.Context, tx *db.Tx, token string) (Session, error) {
	s, err := live(ctx, tx, `s.hash = $1`, keep.Hash(token))
	if err == nil && s.Enrol {
		return Session{}, ErrNoSession
	}
	return s, err
}

// EnrolSessionOf is [SessionOf] for the one place where an enrol-only session
// is enough: pairing the first app.
func EnrolSessionOf(ctx context.Context, tx *db.Tx, token string) (Session, error) {
	return live(ctx, tx, `s.hash = $1`, keep.Hash(token))
}

// SessionByID returns a session that is still good, by its id: for grants that
// live as long as it does. It returns [ErrNoSession] otherwise.
func SessionByID(ctx context.Context, tx *db.Tx, id string) (Session, error) {
	s, err := live(ctx, tx, `s.id = $1`, id)
	if err == nil && s.Enrol {
		return Session{}, ErrNoSession
	}
	return s, err
}

func live(ctx context.Context, tx *db.Tx, where string, arg any) (Session, error) {
	var state, raw string
	var epoch, ended int64
	s, err := scanSession(tx.QueryRow(ctx, `
		SELECT `+sessionColumns+`, s.ended_at, p.state, p.epoch, d.policy
		FROM session s JOIN person p ON p.id = s.person_id JOIN directory d ON d.id = p.directory_id
		WHERE `+where, arg), &ended, &state, &epoch, &raw)
	if err != nil {
		return Session{}, err
	}
	var asks directory.Policy
	if err := json.Unmarshal([]byte(raw), &asks); err != nil {
		return Session{}, fmt.Errorf("policy of directory %s: %w", s.Directory, err)
	}
	if ended != 0 || state != directory.Active || epoch != s.Epoch ||
		!tx.Now.Before(s.ExpiresAt) || tx.Now.Sub(s.SeenAt) >= asks.SessionIdle {
		return Session{}, ErrNoSession
	}
	return s, nil
}

// seenEvery is how exactly the last use of a session is known; it keeps reads from becoming writes.
const seenEvery = time.Minute

// Stale tells whether the session's last use should be written down again, with [Touch].
func (s Session) Stale(now time.Time) bool { return now.Sub(s.SeenAt) >= seenEvery }

// Touch notes that a session is in use, which holds off its idle limit.
func Touch(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE session SET seen_at = $1 WHERE id = $2 AND ended_at = 0 AND seen_at < $1`, db.Millis(tx.Now), id)
	return err
}

// List returns the sessions of a person that are still good, the last used first.
func List(ctx context.Context, tx *db.Tx, person string) ([]Session, error) {
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return nil, err
	}
	d, err := directory.Get(ctx, tx, p.DirectoryID)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT `+sessionColumns+` FROM session s
		WHERE s.person_id = $1 AND s.ended_at = 0 AND s.enrol = 0 AND s.epoch = $2 AND s.expires_at > $3 AND s.seen_at > $4
		ORDER BY s.seen_at DESC, s.id`,
		person, p.Epoch, db.Millis(tx.Now), db.Millis(tx.Now.Add(-d.Policy.SessionIdle)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Session
	for rows.Next() {
		s, err := scanSession(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// End ends one session of a person; why is a word for the audit log
// ("signed_out", "ended_elsewhere"). Ending one that has ended changes nothing.
func End(ctx context.Context, tx *db.Tx, person, id, why string) error {
	s, err := scanSession(tx.QueryRow(ctx, `
		UPDATE session SET ended_at = $1, ended_why = $2 WHERE id = $3 AND person_id = $4 AND ended_at = 0
		RETURNING `+strings.ReplaceAll(sessionColumns, "s.", ""), db.Millis(tx.Now), why, id, person))
	if errors.Is(err, ErrNoSession) {
		return nil
	} else if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: audit.SessionEnded, Directory: s.Directory, Person: s.Person,
		IP: s.IP, Place: s.Place, Browser: s.Browser, Detail: map[string]any{"session": s.ID, "why": why}})
}

// EndAll ends all sessions of a person but the one named, or all with "": sign
// out everywhere. It tells how many.
func EndAll(ctx context.Context, tx *db.Tx, person, except, why string) (int, error) {
	all, err := List(ctx, tx, person)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `UPDATE session SET ended_at = $1, ended_why = $2 WHERE person_id = $3 AND ended_at = 0 AND id <> $4`,
		db.Millis(tx.Now), why, person, except)
	if err != nil || n == 0 {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(s Session) bool { return s.ID == except })
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return 0, err
	}
	return len(all), audit.Record(ctx, tx, audit.Event{Kind: audit.SessionEndedAll, Directory: p.DirectoryID, Person: person,
		Detail: map[string]any{"count": len(all), "why": why}})
}
