package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// A postgresDB is a pool of connections to PostgreSQL, or to an engine that speaks its protocol.
type postgresDB struct {
	pool   *sql.DB
	config *pgx.ConnConfig
}

const (
	attempts = 8                // of a transaction that others got in the way of
	patience = 10 * time.Second // for a write; a primary that does not answer must not hold every request
	queueFor = 5 * time.Second  // for a connection of the pool
)

func openPostgres(ctx context.Context, url string, conns int) (*postgresDB, error) {
	if conns <= 0 {
		conns = 16
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("malformed PostgreSQL URL") // pgx's error quotes it, with the password
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = queueFor
	}
	dialer := &net.Dialer{
		Timeout:         config.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
	}
	config.DialFunc = dialer.DialContext
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach PostgreSQL: %w", postgresError(err)), pool.Close())
	}
	return &postgresDB{pool, config}, nil
}

func (p *postgresDB) close() error { return p.pool.Close() }

// read may take long (an export of the audit log); only for a connection it does not wait long.
func (p *postgresDB) read(ctx context.Context, run func(querier) error) error {
	soon, cancel := context.WithTimeout(ctx, queueFor)
	defer cancel()
	conn, err := p.pool.Conn(soon)
	if err != nil {
		return p.named(ctx, soon, err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return postgresError(err)
	}
	defer tx.Rollback()
	return postgresError(run(tx))
}

func (p *postgresDB) write(ctx context.Context, run func(querier) error) error {
	soon, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return p.named(ctx, soon, p.migrate(soon, run))
}

// named is [postgresError], and [ErrBusy] where our own patience ended and not the caller's.
func (p *postgresDB) named(ctx, soon context.Context, err error) error {
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		return errors.Join(ErrBusy, err)
	}
	return postgresError(err)
}

func (p *postgresDB) migrate(ctx context.Context, run func(querier) error) error {
	for n := 0; ; n++ {
		err := p.once(ctx, run)
		var e *pgconn.PgError
		if n == attempts-1 || !errors.As(err, &e) || e.Code != serializationFailure && e.Code != deadlockDetected {
			return postgresError(err)
		}
		select { // give the others time to finish; not in step with them
		case <-time.After(rand.N(5 * time.Millisecond << n)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// once runs a transaction. Its statements all run under ctx, so that its end
// stops the one under way, whatever context that was given.
func (p *postgresDB) once(ctx context.Context, run func(querier) error) error {
	tx, err := p.pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := protect(run, under{ctx, tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// An under runs a transaction's statements under its own context.
type under struct {
	ctx context.Context
	tx  *sql.Tx
}

func (u under) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return u.tx.ExecContext(u.ctx, query, args...)
}

func (u under) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return u.tx.QueryContext(u.ctx, query, args...)
}

func (u under) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	return u.tx.QueryRowContext(u.ctx, query, args...)
}

// SQLSTATEs (PostgreSQL manual, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	diskFull             = "53100"
	readOnlyTransaction  = "25006" // this server has become a replica
)

// postgresError names the conditions a caller can do something about: classes
// 08 (connection), 53 (resources) and 57 (intervention), and a lost connection.
func postgresError(err error) error {
	var refused *pgconn.ConnectError
	var lost net.Error
	if errors.As(err, &refused) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &lost) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(ErrBusy, err)
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return err
	}
	switch {
	case e.Code == diskFull:
		return errors.Join(ErrFull, err)
	case e.Code == serializationFailure, e.Code == deadlockDetected, e.Code == readOnlyTransaction,
		e.Code[:2] == "08", e.Code[:2] == "53", e.Code[:2] == "57":
		return errors.Join(ErrBusy, err)
	}
	return err
}
