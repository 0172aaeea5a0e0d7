package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func openFresh(t *testing.T) (*DB, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d, file
}

func insertTally(ctx context.Context, d *DB, key string) error {
	return d.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 0, 1, 0)`, key)
		return err
	})
}

func tallies(t *testing.T, d *DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM tally`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// hold keeps the writer at work until release is called; what is written
// meanwhile becomes one group.
func hold(t *testing.T, d *DB) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- d.Write(t.Context(), func(*Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		close(end)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// queued waits until n writes wait in the queue.
func queued(d *DB, n int) {
	for len(d.engine.(*sqliteDB).queue) < n {
		time.Sleep(time.Millisecond) // for goroutines on their way, not for a result
	}
}

// A member that takes the group's transaction with it fails alone.
func TestLostTransactionIsNotTheNeighboursFailure(t *testing.T) {
	d, _ := openFresh(t)
	release := hold(t, d)
	var wg sync.WaitGroup
	errs := make([]error, 9)
	for i := range errs {
		wg.Go(func() {
			if i != 4 {
				errs[i] = insertTally(t.Context(), d, fmt.Sprint(i))
				return
			}
			errs[i] = d.Write(t.Context(), func(tx *Tx) error {
				if _, err := tx.Exec(t.Context(), `INSERT INTO tally (key, span, n, ends_at) VALUES ('lost', 0, 1, 0)`); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `ROLLBACK`)
				return err
			})
		})
		queued(d, i+1)
	}
	release()
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i == 4) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if n := tallies(t, d); n != 8 {
		t.Errorf("%d rows, want the 8 that succeeded", n)
	}
}

// A full disk fails what does not fit, in words, and nothing else; when there
// is room again, writing goes on.
func TestFullDiskFailsOnlyWhatDoesNotFit(t *testing.T) {
	d, _ := openFresh(t)
	ctx := t.Context()
	limit := func(pages string) {
		err := d.Write(ctx, func(tx *Tx) error {
			var now int
			if err := tx.QueryRow(ctx, `PRAGMA page_count`).Scan(&now); err != nil {
				return err
			}
			return tx.QueryRow(ctx, strings.ReplaceAll(`PRAGMA max_page_count = N`, "N", fmt.Sprintf(pages, now))).Scan(&now)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("%d")
	release := hold(t, d)
	var wg sync.WaitGroup
	var large error
	small := make([]error, 4)
	for i := range small {
		wg.Go(func() { small[i] = insertTally(ctx, d, fmt.Sprint(i)) })
	}
	wg.Go(func() { large = insertTally(ctx, d, strings.Repeat("x", 1<<20)) })
	queued(d, 5)
	release()
	wg.Wait()
	if !errors.Is(large, ErrFull) {
		t.Errorf("what does not fit: %v, want ErrFull", large)
	}
	if err := errors.Join(small...); err != nil {
		t.Errorf("what fits: %v", err)
	}
	if n := tallies(t, d); n != 4 {
		t.Errorf("%d rows, want 4", n)
	}
	limit("1%d000")
	if err := insertTally(ctx, d, strings.Repeat("x", 1<<20)); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// While another program holds the file, a write waits a while and then says
// so, and so does everything behind it; nothing is changed.
func TestHeldFileIsBusyForAllThatWait(t *testing.T) {
	defer func(d time.Duration) { busyFor = d }(busyFor)
	busyFor = 50 * time.Millisecond
	d, file := openFresh(t)
	ctx := t.Context()
	other, err := sql.Open("sqlite", dsn(file))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 300 { // more than one group
		wg.Go(func() {
			if err := insertTally(ctx, d, fmt.Sprint(i)); !errors.Is(err, ErrBusy) {
				t.Errorf("write %d: %v, want ErrBusy", i, err)
			}
		})
	}
	wg.Wait()
	if n := tallies(t, d); n != 0 { // reading goes on meanwhile
		t.Errorf("%d rows, want none", n)
	}
	if _, err := other.ExecContext(ctx, `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := insertTally(ctx, d, "a"); err != nil {
		t.Errorf("when the file is free: %v", err)
	}
}

func TestWriteThatWaitsEndsWithItsContextAndIsNeverRun(t *testing.T) {
	d, _ := openFresh(t)
	release := hold(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- insertTally(ctx, d, "a") }()
	queued(d, 1)
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	release()
	if err := insertTally(t.Context(), d, "b"); err != nil {
		t.Fatal(err)
	}
	if n := tallies(t, d); n != 1 {
		t.Errorf("%d rows, want the other's only", n)
	}
}

func TestFullQueueIsBusyAtOnce(t *testing.T) {
	d, _ := openFresh(t)
	release := hold(t, d)
	s := d.engine.(*sqliteDB)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range queueLength {
		_ = s.write(gone, func(querier) error { return nil })
	}
	if err := insertTally(t.Context(), d, "a"); !errors.Is(err, ErrBusy) {
		t.Errorf("err = %v, want ErrBusy", err)
	}
	release()
	for errors.Is(insertTally(t.Context(), d, "b"), ErrBusy) { // until the queue has moved
	}
	if n := tallies(t, d); n != 1 {
		t.Errorf("%d rows, want one", n)
	}
}

// Rows somebody forgot to close do not spoil their statement for the next transaction.
func TestForgottenRowsAreClosed(t *testing.T) {
	d, _ := openFresh(t)
	ctx := t.Context()
	for i := range 3 {
		if err := insertTally(ctx, d, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	forget := func(tx *Tx) error {
		rows, err := tx.Query(ctx, `SELECT key FROM tally WHERE n = $1`, 1)
		if err == nil && !rows.Next() {
			err = errors.New("no row")
		}
		return err
	}
	for range 3 {
		if err := errors.Join(d.Write(ctx, forget), d.Read(ctx, forget)); err != nil {
			t.Fatal(err)
		}
	}
}

// A query may be asked again while its rows are still being read.
func TestQueryInsideItself(t *testing.T) {
	d, _ := openFresh(t)
	ctx := t.Context()
	for i := range 3 {
		if err := insertTally(ctx, d, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	const query = `SELECT key FROM tally WHERE n = $1 ORDER BY key`
	var got string
	err := d.Read(ctx, func(tx *Tx) error {
		rows, err := tx.Query(ctx, query, 1)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var outer, inner string
			if err := errors.Join(rows.Scan(&outer), tx.QueryRow(ctx, query, 1).Scan(&inner)); err != nil {
				return err
			}
			got += outer + inner
		}
		return rows.Err()
	})
	if err != nil || got != "001020" {
		t.Errorf("read %q, %v", got, err)
	}
}

// A reader that panics is not lost to the pool.
func TestPanicInAReadLeavesItsReader(t *testing.T) {
	d, _ := openFresh(t)
	for range 2 * cap(d.engine.(*sqliteDB).slots) {
		func() {
			defer func() { _ = recover() }()
			_ = d.Read(t.Context(), func(*Tx) error { panic("ouch") })
		}()
	}
	if n := tallies(t, d); n != 0 {
		t.Error(n)
	}
}

func TestReadWaitsForAReaderAsLongAsItsContext(t *testing.T) {
	d, _ := openFresh(t)
	ctx, cancel := context.WithCancel(t.Context())
	n := cap(d.engine.(*sqliteDB).slots)
	begun, end := make(chan struct{}, n), make(chan struct{})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_ = d.Read(t.Context(), func(*Tx) error { begun <- struct{}{}; <-end; return nil })
		})
	}
	for range n {
		<-begun
	}
	answer := make(chan error)
	go func() { answer <- d.Read(ctx, func(*Tx) error { return nil }) }()
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	close(end)
	wg.Wait()
}

func TestDatabaseFilesAreTheirOwnersOnly(t *testing.T) {
	d, file := openFresh(t)
	if err := insertTally(t.Context(), d, "a"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		i, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if i.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", filepath.Base(name), i.Mode().Perm())
		}
	}
}

// Before a schema is changed, the file as it was is kept beside it. A step that
// fails changes nothing.
func TestMigrationKeepsACopyAndFailsWhole(t *testing.T) {
	d, file := openFresh(t)
	ctx := t.Context()
	if err := insertTally(ctx, d, "a"); err != nil {
		t.Fatal(err)
	}
	all, err := steps(SQLite)
	if err != nil {
		t.Fatal(err)
	}
	now := len(all)
	kept := fmt.Sprintf("%s.before-%d", file, now+2)
	broken := append(all, "CREATE TABLE next (a TEXT);\nINSERT INTO tally (key, span, n, ends_at) VALUES ('b', 0, 1, 0);\n", "CREATE TABLE oops (;\n")
	for range 2 { // trying again replaces the copy
		if err := d.migrateTo(ctx, broken); err == nil {
			t.Fatal("a broken step passed")
		}
		if v, _, err := d.Version(ctx); err != nil || v != now || tallies(t, d) != 1 {
			t.Fatalf("after a failed migration: version %d, %d rows, %v", v, tallies(t, d), err)
		}
		if v, err := Check(ctx, kept); err != nil || v != now {
			t.Fatalf("copy: version %d, %v", v, err)
		}
	}
	broken[now+1] = "CREATE TABLE fine (a TEXT);\n"
	if err := d.migrateTo(ctx, broken); err != nil {
		t.Fatal(err)
	}
	if v, _, err := d.Version(ctx); err != nil || v != now+2 || tallies(t, d) != 2 {
		t.Fatalf("after migration: version %d, %d rows, %v", v, tallies(t, d), err)
	}
}

// Taking out a row means looking for it in every table that may name it, so each
// has an index of all its rows that begins with that column. (Both engines have the
// same indexes: see the next test.)
func TestEveryReferenceHasAnIndex(t *testing.T) {
	d, _ := openFresh(t)
	err := d.Read(t.Context(), func(tx *Tx) error {
		rows, err := tx.Query(t.Context(), `
			SELECT t.name, f."from" FROM pragma_table_list t, pragma_foreign_key_list(t.name) f
			WHERE f.seq = 0 AND NOT EXISTS (
				SELECT 1 FROM pragma_index_list(t.name) i, pragma_index_info(i.name) c
				WHERE i.partial = 0 AND c.seqno = 0 AND c.name = f."from")`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			t.Errorf("%s.%s has none", table, column)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The two schemas differ in how they name types, and in nothing else.
func TestBothEnginesHaveTheSameSchema(t *testing.T) {
	same := strings.NewReplacer(" INTEGER PRIMARY KEY AUTOINCREMENT", " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		"substr(kind, 1, instr(kind, '.') - 1)", "split_part(kind, '.', 1)",
		" INTEGER", " BIGINT", " BLOB", " BYTEA", "DEFAULT x''", "DEFAULT ''", ") STRICT;", ");", ` COLLATE "C"`, "")
	var lines [2][]string
	for i, engine := range []string{"sqlite", "postgres"} {
		text, err := schemas.ReadFile("schema/" + engine + "/0001.sql")
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = strings.Split(same.Replace(string(text)), "\n")
	}
	for i := range min(len(lines[0]), len(lines[1])) {
		if lines[0][i] != lines[1][i] {
			t.Fatalf("line %d\nSQLite:     %s\nPostgreSQL: %s", i+1, lines[0][i], lines[1][i])
		}
	}
	if len(lines[0]) != len(lines[1]) {
		t.Errorf("%d and %d lines", len(lines[0]), len(lines[1]))
	}
}
