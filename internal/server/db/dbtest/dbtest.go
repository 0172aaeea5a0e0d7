// Package dbtest gives a test a migrated database of its own: SQLite in a
// temporary folder, or, when COUNTERSIGN_TEST_POSTGRES names a PostgreSQL
// server, a schema of its own there.
package dbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
)

// variable names the PostgreSQL server to test on.
const variable = "COUNTERSIGN_TEST_POSTGRES"

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
	if server := os.Getenv(variable); server != "" {
		return migratedSchema(t, server)
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
	if err := migrate(context.Background(), "sqlite:"+file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func migrate(ctx context.Context, url string) error {
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx), d.Close())
}

// EmptyURL makes a database without any table and returns its address.
func EmptyURL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv(variable); server != "" {
		return emptySchema(t, server)
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
