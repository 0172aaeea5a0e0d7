package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	queueLength = 4096 // writes that may wait; more are told ErrBusy
	groupMost   = 256  // writes in one commit
)

// A sqliteDB is one writer goroutine with a connection of its own, and readers.
type sqliteDB struct {
	readers *sql.DB
	writers *sql.DB
	writer  *prepared
	queue   chan *write
	closing chan struct{}
	once    sync.Once
	done    chan struct{}
}

type write struct {
	ctx  context.Context
	run  func(querier) error
	err  error
	done chan struct{}
}

func openSQLite(ctx context.Context, path string, conns int) (*sqliteDB, error) {
	if conns <= 0 {
		conns = 4
	}
	dsn := func(extra string) string {
		v := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "busy_timeout(5000)", "temp_store(MEMORY)"}}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode() + extra
	}
	writers, err := sql.Open("sqlite", dsn(""))
	if err != nil {
		return nil, err
	}
	writers.SetMaxOpenConns(1)
	conn, err := writers.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), writers.Close())
	}
	readers, err := sql.Open("sqlite", dsn("&_query_only=1"))
	if err != nil {
		return nil, errors.Join(err, conn.Close(), writers.Close())
	}
	readers.SetMaxOpenConns(conns)
	readers.SetMaxIdleConns(conns)
	s := &sqliteDB{
		readers: readers, writers: writers, writer: newPrepared(conn),
		queue: make(chan *write, queueLength), closing: make(chan struct{}), done: make(chan struct{}),
	}
	go s.loop()
	return s, nil
}

func (s *sqliteDB) close() error {
	s.once.Do(func() { close(s.closing) })
	<-s.done
	return errors.Join(s.writer.close(), s.writers.Close(), s.readers.Close())
}

func (s *sqliteDB) read(ctx context.Context, run func(querier) error) error {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return sqliteError(err)
	}
	defer tx.Rollback()
	return sqliteError(run(tx))
}

func (s *sqliteDB) write(ctx context.Context, run func(querier) error) error {
	w := &write{ctx: ctx, run: run, done: make(chan struct{})}
	select {
	case <-s.closing:
		return ErrBusy
	default:
	}
	select {
	case s.queue <- w:
	default:
		return ErrBusy
	}
	select {
	case <-w.done:
	case <-s.done: // closed with the write still in the queue, or just answered
		select {
		case <-w.done:
		default:
			return ErrBusy
		}
	}
	return sqliteError(w.err)
}

// loop is the writer. It ends when the database is closed and the queue is empty.
func (s *sqliteDB) loop() {
	defer close(s.done)
	group := make([]*write, 0, groupMost)
	for {
		group = group[:0]
		select {
		case w := <-s.queue:
			group = append(group, w)
		case <-s.closing:
			select {
			case w := <-s.queue:
				group = append(group, w)
			default:
				return
			}
		}
	more:
		for len(group) < groupMost {
			select {
			case w := <-s.queue:
				group = append(group, w)
			default:
				break more
			}
		}
		s.commit(group)
	}
}

// commit runs a group in one transaction and answers all of it.
func (s *sqliteDB) commit(group []*write) {
	ctx := context.Background()
	err := s.writer.exec(ctx, "BEGIN IMMEDIATE")
	if err == nil {
		for _, w := range group {
			w.err = s.member(ctx, w)
		}
		err = s.writer.exec(ctx, "COMMIT")
		if err != nil {
			_ = s.writer.exec(ctx, "ROLLBACK") // fails when the engine has rolled back by itself
		}
	}
	for _, w := range group {
		if err != nil {
			w.err = errors.Join(w.err, err)
		}
		close(w.done)
	}
}

// member runs one write in a savepoint. Its context may end it before it
// begins, not under way: SQLite would roll back the neighbours too.
func (s *sqliteDB) member(ctx context.Context, w *write) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if err := s.writer.exec(ctx, "SAVEPOINT member"); err != nil {
		return err
	}
	err := protect(w.run, s.writer)
	if err != nil {
		if back := s.writer.exec(ctx, "ROLLBACK TO member"); back != nil {
			return errors.Join(err, back)
		}
	}
	return errors.Join(err, s.writer.exec(ctx, "RELEASE member"))
}

// protect keeps a panic in one write from ending the writer: it becomes that write's error.
func protect(run func(querier) error, q querier) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return run(q)
}

// sqliteError names the two conditions a caller can do something about.
func sqliteError(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errors.Join(ErrBusy, err)
	case sqlite3.SQLITE_FULL:
		return errors.Join(ErrFull, err)
	}
	return err
}

// A prepared is one connection that prepares each statement once.
// Only the writer goroutine uses it.
type prepared struct {
	conn  *sql.Conn
	known map[string]*sql.Stmt
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

func (p *prepared) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := p.known[query]; ok {
		return s, nil
	}
	s, err := p.conn.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	if len(p.known) < 1000 { // queries are written by hand; this is far more than there are
		p.known[query] = s
	}
	return s, nil
}

func (p *prepared) exec(ctx context.Context, query string) error {
	_, err := p.ExecContext(ctx, query)
	return err
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.WithoutCancel(ctx), args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := p.stmt(ctx, query)
	if err != nil {
		return p.conn.QueryRowContext(context.WithoutCancel(ctx), query, args...) // carries the error to Scan
	}
	return s.QueryRowContext(context.WithoutCancel(ctx), args...)
}
