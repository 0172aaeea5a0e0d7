package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib"
)

// A postgresDB is a pool of connections to PostgreSQL, or to an engine that speaks its protocol.
type postgresDB struct {
	pool *sql.DB
	url  string
}

const attempts = 8 // of a transaction that others got in the way of

func openPostgres(ctx context.Context, url string, conns int) (*postgresDB, error) {
	if conns <= 0 {
		conns = 16
	}
	pool, err := sql.Open("pgx", url)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach PostgreSQL: %w", err), pool.Close())
	}
	return &postgresDB{pool, url}, nil
}

func (p *postgresDB) close() error { return p.pool.Close() }

func (p *postgresDB) read(ctx context.Context, run func(querier) error) error {
	tx, err := p.pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return postgresError(err)
	}
	defer tx.Rollback()
	return postgresError(run(tx))
}

func (p *postgresDB) write(ctx context.Context, run func(querier) error) error {
	var err error
	for range attempts {
		err = p.once(ctx, run)
		var e *pgconn.PgError
		if !errors.As(err, &e) || e.Code != "40001" && e.Code != "40P01" {
			break
		}
	}
	return postgresError(err)
}

func (p *postgresDB) once(ctx context.Context, run func(querier) error) error {
	tx, err := p.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// postgresError names the conditions a caller can do something about
// (PostgreSQL manual, appendix A: classes 08, 53, 57).
func postgresError(err error) error {
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return errors.Join(ErrBusy, err)
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) || len(e.Code) < 2 {
		return err
	}
	switch {
	case e.Code == "53100":
		return errors.Join(ErrFull, err)
	case e.Code == "40001", e.Code == "40P01", e.Code[:2] == "08", e.Code[:2] == "53", e.Code[:2] == "57":
		return errors.Join(ErrBusy, err)
	}
	return err
}
