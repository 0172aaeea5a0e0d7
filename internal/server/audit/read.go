package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"time"

	"countersign/internal/server/db"
)

const columns = `id, at, kind, directory_id, person_id, actor, method, app, ip, place, browser, correlation, detail`

// Of returns the newest events about a person, newest first, at most limit.
func Of(ctx context.Context, tx *db.Tx, person string, limit int) ([]Event, error) {
	return Before(ctx, tx, person, Event{At: time.UnixMilli(math.MaxInt64)}, limit)
}

// ErrUnknown is returned for an event that is not there, or not about the person.
var ErrUnknown = errors.New("no such event")

// ByID returns an event about a person, or [ErrUnknown].
func ByID(ctx context.Context, tx *db.Tx, person, id string) (Event, error) {
	found, err := list(ctx, tx, `SELECT `+columns+` FROM audit_event WHERE id = $1 AND person_id = $2`, id, person)
	if err != nil {
		return Event{}, err
	}
	if len(found) == 0 {
		return Event{}, ErrUnknown
	}
	return found[0], nil
}

// Before returns the next page of [Of]: events about a person older than the
// last one of the page before.
func Before(ctx context.Context, tx *db.Tx, person string, last Event, limit int) ([]Event, error) {
	return list(ctx, tx, `SELECT `+columns+` FROM audit_event
		WHERE person_id = $1 AND (at, id) < ($2, $3)
		ORDER BY at DESC, id DESC LIMIT $4`, person, db.Millis(last.At), last.ID, limit)
}

func list(ctx context.Context, tx *db.Tx, query string, args ...any) ([]Event, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Event
	for rows.Next() {
		e, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// All yields the events of [from, to), oldest first. It ends with its error.
func All(ctx context.Context, tx *db.Tx, from, to time.Time) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		rows, err := tx.Query(ctx, `SELECT `+columns+` FROM audit_event
			WHERE at >= $1 AND at < $2 ORDER BY at, id`, db.Millis(from), db.Millis(to))
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			e, err := scan(rows)
			if !yield(e, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Event{}, err)
		}
	}
}

// WriteLines writes events as JSON lines.
func WriteLines(w io.Writer, events iter.Seq2[Event, error]) error {
	enc := json.NewEncoder(w)
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// scan reads an event, and what was asked for behind its columns.
func scan(rows *sql.Rows, more ...any) (Event, error) {
	var e Event
	var at int64
	var detail string
	err := rows.Scan(append([]any{&e.ID, &at, &e.Kind, &e.Directory, &e.Person, &e.Actor, &e.Method,
		&e.App, &e.IP, &e.Place, &e.Browser, &e.Correlation, &detail}, more...)...)
	if err != nil {
		return Event{}, err
	}
	e.At = db.Time(at)
	if err := json.Unmarshal([]byte(detail), &e.Detail); err != nil {
		return Event{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return e, nil
}
