// Package dbtest gives a test a migrated database of its own: SQLite in a
// temporary folder, or, when COUNTERSIGN_TEST_POSTGRES names a PostgreSQL
// server, a database made from a template there.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
)

// A Clock is a clock that a test moves.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that stands at a fixed instant.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 3, 14, 5, 32, 0, 0, time.UTC)}
}

// Now tells the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Add moves the clock.
func (c *Clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Open gives the test a migrated database, closed and removed at its end.
func Open(t testing.TB) *db.DB { return OpenAt(t, nil) }

// OpenAt is Open with a clock; nil is the computer's.
func OpenAt(t testing.TB, c *Clock) *db.DB {
	t.Helper()
	return OpenURL(t, URL(t), c)
}

// URL makes a migrated database and returns its address, for a test that opens
// it more than once, as the nodes of one server do. It is removed at the end.
func URL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("COUNTERSIGN_TEST_POSTGRES"); server != "" {
		return postgres(t, server)
	}
	file := filepath.Join(t.TempDir(), "test.db")
	whole, err := migratedFile()
	if err == nil {
		err = os.WriteFile(file, whole, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + file
}

// migratedFile is a migrated SQLite file, made once for a test program.
var migratedFile = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "template.db")
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + file})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(d.Migrate(ctx), d.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// EmptyURL makes a database without any table and returns its address.
func EmptyURL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("COUNTERSIGN_TEST_POSTGRES"); server != "" {
		return database(t, server, "template0")
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "empty.db")
}

// OpenURL opens a database until the end of the test; a nil clock is the computer's.
func OpenURL(t testing.TB, url string, c *Clock) *db.DB {
	t.Helper()
	conf := db.Config{URL: url, Conns: 8}
	if c != nil {
		conf.Clock = c.Now
	}
	d, err := db.Open(t.Context(), conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// template is the migrated database that others are copied from: one for each
// schema that a test server has seen.
var template = sync.OnceValue(func() string {
	digest, err := db.SchemaDigest(db.Postgres)
	if err != nil {
		panic(err) // embedded: our own broken constant
	}
	return "countersign_template_" + digest
})

var migrated = sync.OnceValue(func() error {
	ctx := context.Background()
	server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
	d, err := db.Open(ctx, db.Config{URL: named(server, template())})
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	return d.Close()
})

// postgres copies the migrated template and returns the copy's URL.
func postgres(t testing.TB, server string) string {
	t.Helper()
	if err := inTurn(t.Context(), server, makeTemplate); err != nil {
		t.Fatal(err)
	}
	return database(t, server, template())
}

// database makes a database from a template, removed at the end of the test.
func database(t testing.TB, server, from string) string {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text())
	run := func(ctx context.Context, query string) error {
		return inTurn(ctx, server, func(ctx context.Context, c *sql.Conn) error {
			_, err := c.ExecContext(ctx, query)
			return err
		})
	}
	if err := run(t.Context(), `CREATE DATABASE `+name+` TEMPLATE `+from); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := run(context.Background(), `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return named(server, name)
}

// inTurn works on the test server while no other test program does: a template
// can only be copied while nobody is connected to it. (The advisory lock is one
// of the test server; the product takes none.)
func inTurn(ctx context.Context, server string, work func(context.Context, *sql.Conn) error) error {
	pool, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer pool.Close()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(74512)`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(74512)`)
	return work(ctx, conn)
}

func makeTemplate(ctx context.Context, c *sql.Conn) error {
	var there bool
	if err := c.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, template()).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := c.ExecContext(ctx, `CREATE DATABASE `+template()); err != nil {
			return err
		}
	}
	return migrated()
}

func named(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}
