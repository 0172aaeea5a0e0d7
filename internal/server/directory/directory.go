// Package directory knows who can sign in. A directory is a set of people with
// one policy: an organisation, whose admins manage the people, or a personal
// one. A server hosts any number; nobody is in two.
//
// Each person has a session epoch, a number that only grows. Whatever is under
// way for a person (a sign-in, a session, an offer, an open approval) carries
// the epoch it began in and is void when the person's has moved on. So one
// statement, [BumpEpoch], ends everything at once.
package directory

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// Kinds of directories.
const (
	Organization = "organization" // admins manage the people
	Personal     = "personal"     // people look after themselves
)

// ErrUnknown is returned for a directory or person that is not there.
var ErrUnknown = errors.New("no such directory or person")

// ErrTaken is returned for a domain or login that another one has.
var ErrTaken = errors.New("already taken")

// ErrElsewhere is returned for a login in the domain of another directory, and for
// a domain that people of another directory have in their logins.
var ErrElsewhere = errors.New("the domain is another directory's")

// ErrInvalid is returned for a name, login or policy that cannot be.
var ErrInvalid = errors.New("not valid")

// A Directory is a set of people with one policy.
type Directory struct {
	ID        string
	Kind      string // Organization or Personal
	Name      string // as people know it
	Domain    string // what follows the @ in its people's logins; "" for none
	Policy    Policy
	Looks     Looks
	CreatedAt time.Time
}

// SelfReset tells whether people who forgot their password help themselves.
func (d Directory) SelfReset() bool { return d.Kind == Personal || d.Policy.SelfReset }

// SelfDelete tells whether people delete their account themselves.
func (d Directory) SelfDelete() bool { return d.Kind == Personal || d.Policy.SelfDelete }

// Create makes a directory. The kind and the name are needed; the zero policy
// means the default one. A domain belongs to one directory only, and the name of
// an organisation to no other ([ErrTaken]).
func Create(ctx context.Context, tx *db.Tx, d Directory) (Directory, error) {
	d.ID, d.CreatedAt = rand.Text(), tx.Now
	d.Domain = strings.ToLower(strings.TrimSpace(d.Domain))
	d.Policy = d.Policy.Defaults()
	name, err := nameOf(d.Name)
	if err != nil {
		return Directory{}, err
	}
	if d.Name = name; d.Kind != Organization && d.Kind != Personal {
		return Directory{}, fmt.Errorf("directory of kind %q: %w", d.Kind, ErrInvalid)
	}
	if strings.ContainsAny(d.Domain, "@/ ") {
		return Directory{}, fmt.Errorf("domain %q: %w", d.Domain, ErrInvalid)
	}
	policy, err := encodePolicy(d.Policy)
	if err != nil {
		return Directory{}, err
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO directory (id, kind, name, name_key, domain, policy, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		d.ID, d.Kind, d.Name, nameKey(d.Name), sql.NullString{String: d.Domain, Valid: d.Domain != ""}, policy, db.Millis(tx.Now))
	if err != nil {
		return Directory{}, err
	}
	if n == 0 {
		return Directory{}, fmt.Errorf("name %s or domain %s: %w", d.Name, d.Domain, ErrTaken)
	}
	if err := freeDomain(ctx, tx, d.Domain); err != nil {
		return Directory{}, err
	}
	return d, audit.Record(ctx, tx, audit.Event{Kind: audit.DirectoryCreated, Directory: d.ID})
}

// freeDomain refuses the domain of a new directory that is in somebody's login already.
func freeDomain(ctx context.Context, tx *db.Tx, domain string) error {
	if domain == "" {
		return nil
	}
	var used int
	err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM person WHERE substr(login, length(login) - $1) = $2 LIMIT 1) used`,
		utf8.RuneCountInString(domain), "@"+domain).Scan(&used)
	if err == nil && used > 0 {
		err = fmt.Errorf("domain %s: %w", domain, ErrElsewhere)
	}
	return err
}

// SetPolicy changes what a directory asks of its people, from the next step of
// every sign-in on. The log says what changed.
func SetPolicy(ctx context.Context, tx *db.Tx, id string, p Policy) error {
	policy, err := encodePolicy(p.Defaults())
	if err != nil {
		return err
	}
	if err := Guard(ctx, tx, id); err != nil {
		return err
	}
	before, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE directory SET policy = $1 WHERE id = $2`, policy, id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{
		Kind: audit.DirectoryPolicy, Directory: id, Detail: map[string]any{"changed": changes(before.Policy, p.Defaults())},
	})
}

const directoryColumns = `id, kind, name, COALESCE(domain, ''), policy, accent, logo, created_at`

// Get returns a directory by its id, or [ErrUnknown].
func Get(ctx context.Context, tx *db.Tx, id string) (Directory, error) {
	return scanDirectory(tx.QueryRow(ctx, `SELECT `+directoryColumns+` FROM directory WHERE id = $1`, id))
}

// Of returns the directory that a person belongs to; ok is false for nobody's.
func Of(ctx context.Context, tx *db.Tx, person string) (d Directory, ok bool, err error) {
	d, err = scanDirectory(tx.QueryRow(ctx, `SELECT `+directoryColumns+` FROM directory WHERE id = (SELECT directory_id FROM person WHERE id = $1)`, person))
	if errors.Is(err, ErrUnknown) {
		return Directory{}, false, nil
	}
	return d, err == nil, err
}

// For returns the directory whose policy governs a sign-in with this login
// while nothing is proven: the one with the domain after the @, else the
// personal one, else the oldest. It looks at the text only, never at whether
// somebody has that login. [ErrUnknown] means the server has no directory.
func For(ctx context.Context, tx *db.Tx, login string) (Directory, error) {
	_, domain, _ := cutLast(login, "@")
	return scanDirectory(tx.QueryRow(ctx, `
		SELECT `+directoryColumns+` FROM directory WHERE id = COALESCE(
			(SELECT id FROM directory WHERE domain = $1),
			(SELECT id FROM directory WHERE kind = 'personal' ORDER BY created_at, id LIMIT 1),
			(SELECT id FROM directory WHERE kind = 'organization' ORDER BY created_at, id LIMIT 1))`,
		strings.ToLower(domain)))
}

// OfOrganization tells whether a login is an organisation's by its domain. It
// looks at the text only, as [For].
func OfOrganization(ctx context.Context, tx *db.Tx, login string) (bool, error) {
	d, err := For(ctx, tx, login)
	_, domain, _ := cutLast(login, "@")
	return d.Kind == Organization && d.Domain != "" && strings.EqualFold(d.Domain, domain), err
}

// Sole returns the server's only organisation, whose name a page may show
// before anybody has said who they are; [ErrUnknown] when there is none or
// more than one.
func Sole(ctx context.Context, tx *db.Tx) (Directory, error) {
	return scanDirectory(tx.QueryRow(ctx, `
		SELECT `+directoryColumns+` FROM directory WHERE kind = 'organization'
		AND (SELECT COUNT(*) FROM (SELECT id FROM directory WHERE kind = 'organization' LIMIT 2) AS first_two) = 1`))
}

// Host returns the directory that the server is named after: its oldest
// organisation, or the oldest personal one where there is none. [ErrUnknown]
// means the server has no directory.
func Host(ctx context.Context, tx *db.Tx) (Directory, error) {
	return scanDirectory(tx.QueryRow(ctx, `SELECT `+directoryColumns+` FROM directory
		ORDER BY kind, created_at, id LIMIT 1`)) // in the alphabet, organisations come first
}

// All yields the server's directories, oldest first.
func All(ctx context.Context, tx *db.Tx) iter.Seq2[Directory, error] {
	return each(ctx, tx, scanDirectory, `SELECT `+directoryColumns+` FROM directory ORDER BY created_at, id`)
}

type scanner interface{ Scan(dest ...any) error }

func scanDirectory(row scanner) (Directory, error) {
	var d Directory
	var policy string
	var created int64
	err := row.Scan(&d.ID, &d.Kind, &d.Name, &d.Domain, &policy, &d.Looks.Accent, &d.Looks.Logo, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return Directory{}, fmt.Errorf("directory: %w", ErrUnknown)
	} else if err != nil {
		return Directory{}, err
	}
	if err := d.Policy.UnmarshalJSON([]byte(policy)); err != nil { // straight: each page of a sign-in reads it
		return Directory{}, fmt.Errorf("policy of directory %s: %w", d.ID, err)
	}
	d.CreatedAt = db.Time(created)
	return d, nil
}

// each runs a query and yields its rows; it ends with its error.
func each[T any](ctx context.Context, tx *db.Tx, scan func(scanner) (T, error), query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			yield(zero, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, err)
		}
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
