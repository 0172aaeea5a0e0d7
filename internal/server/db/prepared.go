package db

import (
	"context"
	"database/sql"
	"errors"
)

// mostStatements is far more than there are: queries are written by hand.
const mostStatements = 1000

// A prepared is one connection to SQLite that prepares each statement once.
// One goroutine uses it at a time. Contexts do not interrupt its statements:
// they are short, and an interrupted one would take its neighbours with it.
type prepared struct {
	conn  *sql.Conn
	known map[string]*sql.Stmt
	open  []opened // by the transaction that runs now
}

// An opened is the rows of a query that may not be closed yet.
type opened struct {
	query string
	rows  *sql.Rows
}

func newPrepared(conn *sql.Conn) *prepared {
	return &prepared{conn: conn, known: map[string]*sql.Stmt{}}
}

func (p *prepared) close() error {
	var errs []error
	for _, s := range p.known {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.conn.Close())...)
}

// settle ends a transaction's reading: rows it forgot to close would keep
// their statement from being used again.
func (p *prepared) settle() {
	for i := range p.open {
		_ = p.open[i].rows.Close()
		p.open[i] = opened{}
	}
	p.open = p.open[:0]
}

// stmt returns the prepared statement of a query, or nil where it must not be
// used: it is being read from by an outer loop of the same query.
func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	for _, o := range p.open {
		if o.query != query {
			continue
		}
		if _, err := o.rows.Columns(); err == nil { // fails when the rows are closed
			return nil, nil
		}
	}
	if s, ok := p.known[query]; ok {
		return s, nil
	}
	if len(p.known) >= mostStatements {
		return nil, nil
	}
	s, err := p.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.known[query] = s
	return s, nil
}

func (p *prepared) exec(ctx context.Context, query string) error {
	_, err := p.ExecContext(ctx, query)
	return err
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx = context.WithoutCancel(ctx)
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return p.conn.ExecContext(ctx, query, args...)
	}
	return s.ExecContext(ctx, args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx = context.WithoutCancel(ctx)
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	var rows *sql.Rows
	if s == nil {
		rows, err = p.conn.QueryContext(ctx, query, args...)
	} else {
		rows, err = s.QueryContext(ctx, args...)
	}
	if err == nil {
		p.open = append(p.open, opened{query, rows})
	}
	return rows, err
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx = context.WithoutCancel(ctx)
	s, err := p.stmt(ctx, query)
	if s == nil || err != nil { // with an error, asking again carries it to Scan
		return p.conn.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}
