// Package dbtest gives a test a migrated database of its own: SQLite in a
// temporary folder, or, when COUNTERSIGN_TEST_POSTGRES names a PostgreSQL
// server, a database made from a template there.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
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
	conf := db.Config{}
	if c != nil {
		conf.Clock = c.Now
	}
	if server := os.Getenv("COUNTERSIGN_TEST_POSTGRES"); server != "" {
		conf.URL = postgres(t, server)
		conf.Conns = 8
	} else {
		conf.URL = "sqlite:" + filepath.Join(t.TempDir(), "test.db")
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
	if conf.URL[:7] == "sqlite:" {
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

const template = "countersign_template"

var migrated = sync.OnceValue(func() error {
	ctx := context.Background()
	server := os.Getenv("COUNTERSIGN_TEST_POSTGRES")
	d, err := db.Open(ctx, db.Config{URL: named(server, template)})
	if err != nil {
		return err
	}
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	return d.Close()
})

// postgres makes a database from the template and returns its URL. The
// template itself is made by whoever starts the server (make test), empty;
// several test programs migrate it at once, and all but the first find it done.
func postgres(t testing.TB, server string) string {
	t.Helper()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := "t" + strings.ToLower(rand.Text())
	if err := create(t.Context(), admin, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer admin.Close()
		if _, err := admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Error(err)
		}
	})
	return named(server, name)
}

// create copies the template, which nobody may be connected to meanwhile:
// test programs take turns by an advisory lock (on the test server only).
func create(ctx context.Context, admin *sql.DB, name string) error {
	conn, err := admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(74512)`); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(74512)`)
	var there bool
	if err := conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, template).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := conn.ExecContext(ctx, `CREATE DATABASE `+template); err != nil {
			return err
		}
	}
	if err := migrated(); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `CREATE DATABASE `+name+` TEMPLATE `+template)
	return err
}

func named(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}
