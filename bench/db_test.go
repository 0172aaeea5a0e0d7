package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"countersign/internal/server/db"
)

// What one write of these benchmarks does: count a try, and write an event
// down. It is what most steps of a sign-in do.
const (
	countTry = `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 60000, 1, $2)
		ON CONFLICT (key, span) DO UPDATE SET n = tally.n + 1 RETURNING n`
	writeEvent = `INSERT INTO audit_event (id, at, kind, person_id, ip, browser) VALUES ($1, $2, 'bench.write', $3, '192.0.2.1', 'Firefox, Linux')`
)

// BenchmarkWrite measures durable writes to SQLite from goroutines that each
// wait for their own. "group" is package db; "naive" is database/sql with the
// same file settings and one transaction for each write.
func BenchmarkWrite(b *testing.B) {
	for _, waiters := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("group/waiters=%d", waiters), func(b *testing.B) {
			d, _ := open(b)
			measure(b, waiters, func(ctx context.Context, person string) error {
				return d.Write(ctx, func(tx *db.Tx) error {
					var n int
					now := db.Millis(tx.Now)
					if err := tx.QueryRow(ctx, countTry, person, now).Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec(ctx, writeEvent, rand.Text(), now, person)
					return err
				})
			})
		})
		b.Run(fmt.Sprintf("naive/waiters=%d", waiters), func(b *testing.B) {
			_, file := open(b)
			pool := naive(b, file)
			measure(b, waiters, func(ctx context.Context, person string) error { return naively(ctx, pool, person) })
		})
	}
}

// BenchmarkRead measures one short read, as a page makes several of.
func BenchmarkRead(b *testing.B) {
	d, _ := open(b)
	for _, waiters := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("waiters=%d", waiters), func(b *testing.B) {
			measure(b, waiters, func(ctx context.Context, person string) error {
				return d.Read(ctx, func(tx *db.Tx) error {
					var n int
					err := tx.QueryRow(ctx, `SELECT n FROM tally WHERE key = $1 AND span = $2`, person, 60000).Scan(&n)
					if errors.Is(err, sql.ErrNoRows) {
						return nil
					}
					return err
				})
			})
		})
	}
}

func open(b *testing.B) (*db.DB, string) {
	b.Helper()
	file := filepath.Join(b.TempDir(), "bench.db")
	d, err := db.Open(b.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return d, file
}

// naive opens the file as most programs do: a pool, and SQLite's own waiting.
func naive(b *testing.B, file string) *sql.DB {
	b.Helper()
	v := url.Values{
		"_busy_timeout": {"60000"}, "_txlock": {"immediate"},
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "temp_store(MEMORY)"},
	}
	pool, err := sql.Open("sqlite", "file:"+file+"?"+v.Encode())
	if err != nil {
		b.Fatal(err)
	}
	pool.SetMaxOpenConns(8)
	pool.SetMaxIdleConns(8)
	b.Cleanup(func() { pool.Close() })
	return pool
}

func naively(ctx context.Context, pool *sql.DB, person string) error {
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var n int
	now := time.Now().UnixMilli()
	if err := tx.QueryRowContext(ctx, countTry, person, now).Scan(&n); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, writeEvent, rand.Text(), now, person); err != nil {
		return err
	}
	return tx.Commit()
}

// measure has waiters do b.N operations in all and reports operations a
// second, the median and the 99th percentile of the time one waits, and the
// processor time (user and system, of all threads) for one.
func measure(b *testing.B, waiters int, op func(ctx context.Context, person string) error) {
	b.Helper()
	ctx := context.Background() // has no end to watch for, like most of a server's work under way
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	before := processor(b)
	for w := range waiters {
		wg.Go(func() {
			person := fmt.Sprintf("person-%d", w)
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				begun := time.Now()
				if err := op(ctx, person); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(begun)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	used := processor(b) - before
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(ms(took[len(took)/2]), "p50-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N), "cpu-µs/op")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// processor is the processor time this program has used.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
