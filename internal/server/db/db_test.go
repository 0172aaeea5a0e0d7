package db_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
)

// The promises of this file hold on both engines.

var errNo = errors.New("no")

// put inserts a row into a table of numbers, then returns err.
func put(ctx context.Context, d *db.DB, key string, err error) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		if _, e := tx.Exec(ctx, insert, key); e != nil {
			return e
		}
		return err
	})
}

const insert = `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 0, 1, 0)`

// has tells whether put's row is there.
func has(t *testing.T, d *db.DB, key string) bool {
	t.Helper()
	var n int
	err := d.Read(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM tally WHERE key = $1`, key).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

func TestFailedWriteChangesNothingAndItsNeighbourStands(t *testing.T) {
	d := dbtest.Open(t)
	done := make(chan error, 40)
	key := func(i int) string { return string(rune('a' + i)) }
	for i := range 40 {
		go func() {
			var want error
			if i%2 == 1 {
				want = errNo
			}
			if got := put(t.Context(), d, key(i), want); !errors.Is(got, want) {
				done <- got
				return
			}
			done <- nil
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		if has(t, d, key(i)) != (i%2 == 0) {
			t.Errorf("write %d: there is %v", i, has(t, d, key(i)))
		}
	}
}

func TestAfterRunsOnlyWhenCommitted(t *testing.T) {
	d := dbtest.Open(t)
	ran := 0
	_ = d.Write(t.Context(), func(tx *db.Tx) error { tx.After(func() { ran++ }); return errNo })
	if ran != 0 {
		t.Fatal("ran after a failed write")
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.After(func() { ran++ }); return nil }); err != nil || ran != 1 {
		t.Fatal(ran, err)
	}
}

func TestViolatedReferenceChangesNothing(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, insert, "before"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO setup_link (hash, person_id, epoch, created_at, expires_at) VALUES ($1, 'nobody', 1, 0, 0)`, []byte("x"))
		return err
	})
	if err == nil || has(t, d, "before") {
		t.Fatalf("err = %v, row there: %v", err, has(t, d, "before"))
	}
}

// PostgreSQL ends a transaction with its first failed statement. A write that
// overlooks one must not succeed on SQLite either.
func TestFailedStatementFailsTheWrite(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		_, _ = tx.Exec(ctx, insert, "a")
		_, _ = tx.Exec(ctx, insert, "a")
		return nil
	})
	if err == nil || has(t, d, "a") {
		t.Errorf("Exec: err = %v, row there: %v", err, has(t, d, "a"))
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		var n int
		_ = tx.QueryRow(ctx, insert+` RETURNING n`, "b").Scan(&n)
		_ = tx.QueryRow(ctx, insert+` RETURNING n`, "b").Scan(&n)
		return nil
	})
	if err == nil || has(t, d, "b") {
		t.Errorf("QueryRow: err = %v, row there: %v", err, has(t, d, "b"))
	}
}

func TestNoRowIsNoFailure(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `UPDATE tally SET n = 2 WHERE key = 'none' RETURNING n`).Scan(&n); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("err = %v, want no rows", err)
		}
		_, err := tx.Exec(ctx, insert, "a")
		return err
	})
	if err != nil || !has(t, d, "a") {
		t.Fatal(err)
	}
}

func TestPanicInAWriteIsItsErrorOnly(t *testing.T) {
	d := dbtest.Open(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(t.Context(), insert, "a"); err != nil {
			return err
		}
		panic("ouch")
	})
	if err == nil || !strings.Contains(err.Error(), "ouch") || has(t, d, "a") {
		t.Fatalf("err = %v, row there: %v", err, has(t, d, "a"))
	}
	if err := put(t.Context(), d, "b", nil); err != nil {
		t.Fatalf("after a panic: %v", err)
	}
}

func TestContextEndedBeforeAWriteChangesNothing(t *testing.T) {
	d := dbtest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := put(ctx, d, "a", nil); !errors.Is(err, context.Canceled) || has(t, d, "a") {
		t.Fatalf("err = %v, row there: %v", err, has(t, d, "a"))
	}
	err := d.Read(ctx, func(*db.Tx) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("read: %v", err)
	}
}

// A context that ends while its write runs may stop it or not; the answer tells which.
func TestContextEndedDuringAWriteIsAnsweredTruly(t *testing.T) {
	d := dbtest.Open(t)
	for _, first := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		key := map[bool]string{true: "first", false: "last"}[first]
		err := d.Write(ctx, func(tx *db.Tx) error {
			if first {
				cancel()
			}
			_, err := tx.Exec(ctx, insert, key)
			cancel()
			return err
		})
		if has(t, d, key) != (err == nil) {
			t.Errorf("%s: err = %v, row there: %v", key, err, has(t, d, key))
		}
	}
}

func TestClosedDatabaseTakesNoWork(t *testing.T) {
	d, err := db.Open(t.Context(), db.Config{URL: dbtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), d, "a", nil); !errors.Is(err, db.ErrBusy) {
		t.Errorf("write: %v", err)
	}
	if err := d.Read(t.Context(), func(*db.Tx) error { return nil }); !errors.Is(err, db.ErrBusy) {
		t.Errorf("read: %v", err)
	}
}

// What one engine takes and the other does not is refused by both.
func TestValuesThatEnginesTreatDifferentlyAreRefused(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	type name string
	for what, bad := range map[string]any{
		"bool": true, "time": time.Now(), "zero byte": "a\x00b", "not UTF-8": "\xff", "named text": name("\xff"),
	} {
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE tally SET key = $1`, bad)
			return err
		})
		if err == nil {
			t.Errorf("%s was bound", what)
		}
		if _, text := bad.(string); text && !errors.Is(err, db.ErrText) {
			t.Errorf("%s: %v", what, err)
		}
		err = d.Read(ctx, func(tx *db.Tx) error {
			var n int
			return tx.QueryRow(ctx, `SELECT count(*) FROM tally WHERE key = $1`, bad).Scan(&n)
		})
		if err == nil {
			t.Errorf("%s was bound in a query of one row", what)
		}
	}
}

func TestReadSeesOneState(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	count := func(tx *db.Tx) (n int) {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM tally`).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	err := d.Read(ctx, func(tx *db.Tx) error {
		before := count(tx)
		if err := put(ctx, d, "a", nil); err != nil {
			return err
		}
		if after := count(tx); after != before {
			t.Errorf("%d rows, then %d", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadCannotChangeAnything(t *testing.T) {
	d := dbtest.Open(t)
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), insert, "a")
		return err
	})
	if err == nil || has(t, d, "a") {
		t.Fatalf("err = %v, row there: %v", err, has(t, d, "a"))
	}
}

func TestTransactionHasOneInstant(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		now := tx.Now
		clock.Add(time.Hour)
		if !tx.Now.Equal(now) || !db.Time(db.Millis(now)).Equal(now) {
			t.Errorf("now %v, then %v", now, tx.Now)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEmptyDatabaseIsMigratedOnceByManyNodes(t *testing.T) {
	ctx := t.Context()
	url := dbtest.EmptyURL(t)
	nodes := []*db.DB{dbtest.OpenURL(t, url, nil), dbtest.OpenURL(t, url, nil), dbtest.OpenURL(t, url, nil)}
	if needs, err := nodes[0].NeedsMigration(ctx); err != nil || !needs {
		t.Fatalf("empty database: %v, %v", needs, err)
	}
	if now, need, err := nodes[0].Version(ctx); err != nil || now != 0 || need < 1 {
		t.Fatalf("version %d of %d, %v", now, need, err)
	}
	done := make(chan error)
	for _, d := range nodes {
		go func() { done <- d.Migrate(ctx) }()
	}
	for range nodes {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if needs, err := nodes[1].NeedsMigration(ctx); err != nil || needs {
		t.Fatalf("migrated database: %v, %v", needs, err)
	}
	if err := put(ctx, nodes[2], "a", nil); err != nil {
		t.Fatal(err)
	}
}

func TestSchemaFromTheFutureIsLeftAlone(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE schema_version SET version = 1000`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(ctx); !errors.Is(err, db.ErrNewer) {
		t.Errorf("migrate: %v", err)
	}
	if _, err := d.NeedsMigration(ctx); !errors.Is(err, db.ErrNewer) {
		t.Errorf("needs migration: %v", err)
	}
}

func TestDriftIsSeenWhereTheDatabaseHasAClock(t *testing.T) {
	url := dbtest.URL(t)
	late := func() time.Time { return time.Now().Add(-time.Hour) }
	d, err := db.Open(t.Context(), db.Config{URL: url, Clock: late})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	drift, err := d.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[db.Kind]time.Duration{db.SQLite: 0, db.Postgres: time.Hour}[d.Kind()]
	if off := drift - want; off.Abs() > time.Minute {
		t.Errorf("drift = %v, want about %v", drift, want)
	}
}

// A word reaches those who listen, on the engine that can pass one.
func TestNotifyReachesListeners(t *testing.T) {
	d := dbtest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	heard := make(chan string, 100)
	ended := make(chan error, 1)
	go func() { ended <- d.Listen(ctx, "test", func(word string) { heard <- word }) }()
	if d.Kind() == db.SQLite {
		if err := <-ended; !errors.Is(err, db.ErrNoListen) {
			t.Errorf("listen: %v", err)
		}
		if err := d.Notify(ctx, "test", "hello"); err != nil {
			t.Errorf("notify: %v", err)
		}
		return
	}
	for got := ""; got != "hello"; { // until the listener is there
		if err := d.Notify(ctx, "test", "hello"); err != nil {
			t.Fatal(err)
		}
		select {
		case got = <-heard:
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("listening ended without an error")
	}
}

func TestUnreachableDatabaseIsBusyAndItsPasswordUnsaid(t *testing.T) {
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/x", "postgres://u:hunter2@127.0.0.1:99999/x", "mysql://u:hunter2@x/y"} {
		_, err := db.Open(t.Context(), db.Config{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("err = %v", err)
		}
		if strings.Contains(url, ":1/") && !errors.Is(err, db.ErrBusy) {
			t.Errorf("unreachable: %v", err)
		}
	}
}
