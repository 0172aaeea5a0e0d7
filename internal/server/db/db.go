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
	"strings"
	"time"
)

// ErrBusy is returned when the database cannot take the work now: its queue
// is full, another program holds it, or it cannot be reached. Nothing was changed.
var ErrBusy = errors.New("database is busy")

// ErrFull is returned when the disk or the database's quota is full. Nothing was changed.
var ErrFull = errors.New("database is full")

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
		return nil, fmt.Errorf("database URL %q: want sqlite:PATH or postgres://…", c.URL)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Close waits for writes under way and closes the database.
func (d *DB) Close() error { return d.engine.close() }

// Now is the time a transaction that begins now would have.
func (d *DB) Now() time.Time { return d.clock().Truncate(time.Millisecond).UTC() }

// Write runs fn in a transaction that is on disk when Write returns nil, and
// has changed nothing when it returns an error.
//
// fn may run more than once, and on SQLite everybody waits for it: it must be
// short and have no effect but through tx. What is to happen after the commit
// (waking a page, sending a push) goes through [Tx.After].
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	var tx *Tx
	err := d.engine.write(ctx, func(q querier) error {
		tx = &Tx{q: q, Now: d.Now()}
		return fn(tx)
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
	return d.engine.read(ctx, func(q querier) error {
		return fn(&Tx{q: q, Now: d.Now()})
	})
}

// A Tx is one transaction at one instant: everything in it happens at Now.
type Tx struct {
	q     querier
	after []func()
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
	r, err := tx.q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Query runs a query of many rows. The caller closes them.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.q.QueryContext(ctx, query, args...)
}

// QueryRow runs a query of one row. With no row, Scan returns [sql.ErrNoRows].
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.q.QueryRowContext(ctx, query, args...)
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
