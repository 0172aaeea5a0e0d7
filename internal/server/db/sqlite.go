package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// busyFor is how long SQLite waits for another program that holds the file.
var busyFor = 5 * time.Second

// A sqliteDB is one writer with a connection of its own (writer.go), and a few readers.
type sqliteDB struct {
	path    string
	writers *sql.DB
	readers *sql.DB

	writer  *prepared
	queue   chan *write
	closing chan struct{}
	done    chan struct{} // the writer has ended

	slots chan struct{} // one for each reader that may be at work
	mu    sync.Mutex
	idle  []*prepared // readers at rest; the last one used is the warmest
}

func openSQLite(ctx context.Context, path string, conns int) (*sqliteDB, error) {
	if conns <= 0 {
		conns = 4
	}
	if err := private(path); err != nil {
		return nil, err
	}
	writers, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	conn, err := writers.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, sqliteError(err)), writers.Close())
	}
	readers, err := sql.Open("sqlite", dsn(path)+"&_query_only=1")
	if err != nil {
		return nil, errors.Join(err, conn.Close(), writers.Close())
	}
	readers.SetMaxIdleConns(conns)
	s := &sqliteDB{
		path: path, readers: readers, writers: writers, writer: newPrepared(conn),
		queue: make(chan *write, queueLength), closing: make(chan struct{}), done: make(chan struct{}),
		slots: make(chan struct{}, conns),
	}
	go s.loop()
	return s, nil
}

// private makes a new database file readable by its owner only; SQLite gives
// the files beside it the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	return f.Close()
}

func dsn(path string) string {
	v := url.Values{
		"_busy_timeout": {strconv.FormatInt(busyFor.Milliseconds(), 10)},
		"_pragma":       {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "temp_store(MEMORY)", "journal_size_limit(67108864)"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
}

func (s *sqliteDB) close() error {
	close(s.closing)
	<-s.done
	errs := []error{s.writer.close()}
	for range cap(s.slots) { // wait for the readers at work
		s.slots <- struct{}{}
	}
	for _, p := range s.idle {
		errs = append(errs, p.close())
	}
	return errors.Join(append(errs, s.readers.Close(), s.writers.Close())...)
}

func (s *sqliteDB) read(ctx context.Context, run func(querier) error) (err error) {
	p, err := s.take(ctx)
	if err != nil {
		return err
	}
	whole := false // becomes true when the reader is as good as before
	defer func() { s.give(p, whole) }()
	if err := p.exec(ctx, "BEGIN"); err != nil {
		return sqliteError(err)
	}
	defer func() {
		p.settle()
		whole = p.exec(ctx, "ROLLBACK") == nil
	}()
	return sqliteError(run(p))
}

// take waits for a reader.
func (s *sqliteDB) take(ctx context.Context) (*prepared, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-s.closing:
		return nil, ErrBusy
	default:
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.closing:
		return nil, ErrBusy
	}
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		p := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return p, nil
	}
	s.mu.Unlock()
	conn, err := s.readers.Conn(context.WithoutCancel(ctx))
	if err != nil {
		<-s.slots
		return nil, sqliteError(err)
	}
	return newPrepared(conn), nil
}

func (s *sqliteDB) give(p *prepared, whole bool) {
	if whole {
		s.mu.Lock()
		s.idle = append(s.idle, p)
		s.mu.Unlock()
	} else {
		_ = p.close() // it is broken already; the next reader opens a new one
	}
	<-s.slots
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
