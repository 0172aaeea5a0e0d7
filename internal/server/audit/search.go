package audit

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/db"
)

// Reported returns what people said was not theirs in a directory since a
// time, newest first, at most limit.
func Reported(ctx context.Context, tx *db.Tx, directory string, since time.Time, limit int) ([]Event, error) {
	return list(ctx, tx, `SELECT `+columns+` FROM audit_event
		WHERE directory_id = $1 AND kind IN ('approval.reported', 'person.not_me', 'person.braked') AND at >= $2 ORDER BY at DESC, id DESC LIMIT $3`,
		directory, db.Millis(since), limit)
}

// A Query picks events of one directory. What is zero does not matter.
type Query struct {
	Directory   string
	Person      string
	Area        string // "signin": kinds that begin so
	IP          string
	Correlation string
	From, To    time.Time
	After       Cursor // the last event of the page before
	Limit       int
}

// A Cursor is the place of an event in a list of newest first.
type Cursor struct {
	At time.Time
	ID string
}

// Search returns the newest events that fit, at most Limit.
func Search(ctx context.Context, tx *db.Tx, q Query) ([]Event, error) {
	at, id := int64(math.MaxInt64), ""
	if q.After.ID != "" {
		at, id = db.Millis(q.After.At), q.After.ID
	}
	where := []string{`directory_id = $1`, `(at, id) < ($2, $3)`}
	args := []any{q.Directory, at, id}
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if q.Person != "" {
		add(`person_id = ?`, q.Person)
	}
	if q.Area != "" {
		add(`area = ?`, q.Area)
	}
	if q.IP != "" {
		add(`ip <> '' AND ip = ?`, q.IP) // as the index says it
	}
	if q.Correlation != "" {
		add(`correlation <> '' AND correlation = ?`, q.Correlation)
	}
	if !q.From.IsZero() {
		add(`at >= ?`, db.Millis(q.From))
	}
	if !q.To.IsZero() {
		add(`at < ?`, db.Millis(q.To))
	}
	add(`1 = 1 ORDER BY at DESC, id DESC LIMIT ?`, q.Limit)
	return list(ctx, tx, `SELECT `+columns+` FROM audit_event WHERE `+strings.Join(where, " AND "), args...)
}

// Referred returns the events that share a reference, oldest first, at most limit.
func Referred(ctx context.Context, tx *db.Tx, reference string, limit int) ([]Event, error) {
	return list(ctx, tx, `SELECT `+columns+` FROM audit_event
		WHERE correlation <> '' AND correlation = $1 ORDER BY at, id LIMIT $2`, reference, limit)
}

// Pages yields all events that fit, newest first, a page at a time, each in a
// reading transaction of its own: a reader that is slow holds nothing up.
func Pages(ctx context.Context, d *db.DB, q Query) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for q.Limit = 500; ; {
			var page []Event
			err := d.Read(ctx, func(tx *db.Tx) (err error) {
				page, err = Search(ctx, tx, q)
				return err
			})
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if len(page) < q.Limit {
				return
			}
			last := page[len(page)-1]
			q.After = Cursor{last.At, last.ID}
		}
	}
}

// Areas are what kinds begin with, for a reader who looks for one.
var Areas = []string{"signin", "approval", "registration", "session", "passkey", "codeapp", "address", "recovery", "pass", "browser", "wayback", "restore", "person", "backup", "admin", "directory", "oauth", "server"}

// IsArea tells whether a text is one of [Areas].
func IsArea(s string) bool { return slices.Contains(Areas, s) }
