// Package db opens the database, keeps its schema, and runs transactions.
//
// It is the only package that knows which engine is underneath. There are two:
// SQLite inside the process, and PostgreSQL. Both run the same queries; where
// their schemas differ in spelling, schema/sqlite and schema/postgres say so.
//
// SQLite takes one writer at a time, and a commit that survives a power cut
// costs a flush to the disk. So writes queue up for one goroutine, which puts
// all that wait into one commit: each in a savepoint of its own, so that one
// that fails does not fail its neighbours. Nobody hears of success before the
// commit they share is on disk.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// ErrBusy is returned when the database cannot take the work now: its queue
// is full, another program holds it, or it cannot be reached. Nothing was changed.
var ErrBusy = errors.New("database is busy")

// ErrFull is returned when the disk or the database's quota is full. Nothing was changed.
var ErrFull = errors.New("database is full")

// ErrText is returned for a text that no engine should be given: not UTF-8, or
// with a zero byte in it. PostgreSQL takes neither.
var ErrText = errors.New("text is not clean UTF-8")

// Config says which database, and how.
type Config struct {
	// URL is "sqlite:PATH" or a PostgreSQL URL ("postgres://…").
	URL string
	// Clock tells the time of each transaction. The zero value is the computer's clock.
	Clock func() time.Time
	// Conns is the number of connections: readers for SQLite (default 4), all for PostgreSQL (default 16).
	Conns int
}

// A DB is one open database.
type DB struct {
	engine engine
	clock  func() time.Time
	kind   Kind
	closed atomic.Bool
}

// Kind names the engine underneath.
type Kind string

// The two engines.
const (
	SQLite   Kind = "sqlite"
	Postgres Kind = "postgres"
)

// Kind tells which engine is underneath.
func (d *DB) Kind() Kind { return d.kind }

// An engine runs one transaction. It may run fn more than once.
type engine interface {
	write(ctx context.Context, run func(querier) error) error
	migrate(ctx context.Context, run func(querier) error) error // a write that may take long
	read(ctx context.Context, run func(querier) error) error
	close() error
}

// Open opens the database. It does not touch the schema: see [DB.Migrate].
func Open(ctx context.Context, c Config) (*DB, error) {
	d := &DB{clock: c.Clock}
	if d.clock == nil {
		d.clock = time.Now
	}
	var err error
	switch {
	case strings.HasPrefix(c.URL, "sqlite:"):
		d.kind = SQLite
		d.engine, err = openSQLite(ctx, strings.TrimPrefix(c.URL, "sqlite:"), c.Conns)
	case strings.HasPrefix(c.URL, "postgres://"), strings.HasPrefix(c.URL, "postgresql://"):
		d.kind = Postgres
		d.engine, err = openPostgres(ctx, c.URL, c.Conns)
	default:
		scheme, _, _ := strings.Cut(c.URL, ":") // what follows may hold a password
		return nil, fmt.Errorf("database URL begins with %q: want sqlite:PATH or postgres://…", scheme)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close waits for the work under way and closes the database, which takes no
// more from then on ([ErrBusy]). Closing it again does nothing.
func (d *DB) Close() error {
	if !d.closed.CompareAndSwap(false, true) {
		return nil
	}
	return d.engine.close()
}

// Now is the time a transaction that begins now would have.
func (d *DB) Now() time.Time { return d.clock().Truncate(time.Millisecond).UTC() }

// Write runs fn in a transaction that is on disk when Write returns nil, and
// has changed nothing when it returns an error. There is one exception, which
// no client of a database over a network can rule out: when the connection
// breaks while PostgreSQL commits, [ErrBusy] may come for a write that stands.
//
// fn may run more than once, and on SQLite everybody waits for it: it must be
// short and have no effect but through tx; another Write from inside it waits
// for itself for ever. A statement that failed fails the whole transaction, also
// when fn returns nil, as PostgreSQL would have it. What is to happen after the
// commit (waking a page, sending a push) goes through [Tx.After].
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return d.change(ctx, d.engine.write, fn)
}

func (d *DB) change(ctx context.Context, write func(context.Context, func(querier) error) error, fn func(*Tx) error) error {
	if d.closed.Load() {
		return fmt.Errorf("%w: it is closed", ErrBusy)
	}
	var tx *Tx
	err := write(ctx, func(q querier) error {
		tx = &Tx{q: q, Now: d.Now()}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.failed
	})
	if err != nil {
		return err
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// Read runs fn in a transaction that sees one state of the database and changes nothing.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	if d.closed.Load() {
		return fmt.Errorf("%w: it is closed", ErrBusy)
	}
	return d.engine.read(ctx, func(q querier) error {
		return fn(&Tx{q: q, Now: d.Now()})
	})
}

// A Tx is one transaction at one instant: everything in it happens at Now.
type Tx struct {
	q      querier
	after  []func()
	failed error // of the first statement that failed
	// Now is the instant of the transaction, in UTC, whole milliseconds.
	Now time.Time
}

type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// After has f run once the transaction is committed, before Write returns.
// It never runs if the transaction fails.
func (tx *Tx) After(f func()) { tx.after = append(tx.after, f) }

// Exec runs a statement and tells how many rows it changed.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := fit(args); err != nil {
		return 0, tx.fail(err)
	}
	r, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, tx.fail(err)
	}
	return r.RowsAffected()
}

// Query runs a query of many rows. The caller closes them, before it asks anything else.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := fit(args); err != nil {
		return nil, tx.fail(err)
	}
	rows, err := tx.q.QueryContext(ctx, query, args...)
	return rows, tx.fail(err)
}

// QueryRow runs a query of one row. With no row, Scan returns [sql.ErrNoRows].
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *Row {
	if err := fit(args); err != nil {
		return &Row{err: tx.fail(err)}
	}
	row := tx.q.QueryRowContext(ctx, query, args...)
	return &Row{row: row, err: tx.fail(row.Err())}
}

// A Row is the answer to [Tx.QueryRow].
type Row struct {
	row *sql.Row
	err error
}

// Scan copies the row's columns into dest, like [sql.Row.Scan]. It must be called.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	return r.row.Scan(dest...)
}

func (tx *Tx) fail(err error) error {
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// fit refuses values that the two engines would treat differently, so that a
// test on one finds what would fail on the other.
func fit(args []any) error {
	for i, a := range args {
		switch v := reflect.ValueOf(a); {
		case a == nil || v.Kind() == reflect.Int64 || v.Kind() == reflect.Int || v.Kind() == reflect.Slice:
		case v.Kind() == reflect.String:
			if s := v.String(); !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				return fmt.Errorf("parameter $%d: %w", i+1, ErrText)
			}
		case v.Kind() == reflect.Bool:
			return fmt.Errorf("parameter $%d is a bool; bind 0 or 1", i+1)
		case v.Type() == reflect.TypeFor[time.Time]():
			return fmt.Errorf("parameter $%d is a time; bind db.Millis of it", i+1)
		}
	}
	return nil
}

// Millis is how the database writes an instant: milliseconds since 1970.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// Time reads what [Millis] wrote; 0 is the zero time.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Drift tells how far the database's clock is ahead of this program's
// (negative: behind), give or take the time of one question. SQLite has no
// clock of its own. Nodes whose clocks differ must not work together: what one
// believes open is expired for another.
func (d *DB) Drift(ctx context.Context) (time.Duration, error) {
	if d.kind != Postgres {
		return 0, nil
	}
	var theirs int64
	before := d.clock()
	err := d.Read(ctx, func(tx *Tx) error {
		return tx.QueryRow(ctx, `SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)`).Scan(&theirs)
	})
	if err != nil {
		return 0, err
	}
	after := d.clock()
	return time.UnixMilli(theirs).Sub(before.Add(after.Sub(before) / 2)), nil
}
