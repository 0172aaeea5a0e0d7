// Package limit counts what somebody may do only so often: tries of a name, of
// a network, of a person. The counters are rows, so all nodes count together.
package limit

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/db"
)

// Hit counts one event of key in its running window of length span, and tells
// whether it is among the first most of that window; if not, retryAfter is the
// rest of the window. The window begins with the first event after the last one ended.
//
// The count stands only when the transaction commits: answer a refused hit
// with a value, not with an error that rolls it back.
func Hit(ctx context.Context, tx *db.Tx, key string, span time.Duration, most int) (allowed bool, retryAfter time.Duration, err error) {
	now := db.Millis(tx.Now)
	var n, ends int64
	err = tx.QueryRow(ctx, `
		INSERT INTO tally (key, span, n, ends_at) VALUES ($1, $2, 1, $3)
		ON CONFLICT (key, span) DO UPDATE SET
			n = CASE WHEN tally.ends_at <= $4 THEN 1 ELSE tally.n + 1 END,
			ends_at = CASE WHEN tally.ends_at <= $4 THEN excluded.ends_at ELSE tally.ends_at END
		RETURNING n, ends_at`,
		key, span.Milliseconds(), now+span.Milliseconds(), now).Scan(&n, &ends)
	if err != nil {
		return false, 0, err
	}
	return verdict(n <= int64(most), ends-now)
}

// Peek tells what [Hit] would, without counting.
func Peek(ctx context.Context, tx *db.Tx, key string, span time.Duration, most int) (allowed bool, retryAfter time.Duration, err error) {
	now := db.Millis(tx.Now)
	var n, ends int64
	err = tx.QueryRow(ctx, `SELECT n, ends_at FROM tally WHERE key = $1 AND span = $2 AND ends_at > $3`,
		key, span.Milliseconds(), now).Scan(&n, &ends)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, 0, err
	}
	return verdict(n < int64(most), ends-now)
}

// A Budget is a key and how many events of it there may be in its window.
type Budget struct {
	Key  string
	Most int
}

// PeekAll is [Peek] at several budgets of one span, in one question: whether all
// of them have room, and if not, when the last of them has again.
func PeekAll(ctx context.Context, tx *db.Tx, span time.Duration, budgets []Budget) (allowed bool, retryAfter time.Duration, err error) {
	now, most, places := db.Millis(tx.Now), map[string]int{}, make([]string, len(budgets))
	args := []any{span.Milliseconds(), now}
	for i, b := range budgets {
		args, most[b.Key], places[i] = append(args, b.Key), b.Most, "$"+strconv.Itoa(i+3)
	}
	rows, err := tx.Query(ctx, `SELECT key, n, ends_at FROM tally WHERE span = $1 AND ends_at > $2 AND key IN (`+strings.Join(places, ", ")+`)`, args...)
	if err != nil {
		return false, 0, err
	}
	defer rows.Close()
	allowed = true
	for rows.Next() {
		var key string
		var n, ends int64
		if err := rows.Scan(&key, &n, &ends); err != nil {
			return false, 0, err
		}
		if room, after, _ := verdict(n < int64(most[key]), ends-now); !room {
			allowed, retryAfter = false, max(retryAfter, after)
		}
	}
	return allowed, retryAfter, rows.Err()
}

func verdict(allowed bool, left int64) (bool, time.Duration, error) {
	if allowed {
		return true, 0, nil
	}
	return false, max(0, time.Duration(left)*time.Millisecond), nil
}

// Prune removes windows that have ended and tells how many. It is for housekeeping, once a minute or so.
func Prune(ctx context.Context, tx *db.Tx) (int64, error) {
	return tx.Exec(ctx, `DELETE FROM tally WHERE ends_at <= $1`, db.Millis(tx.Now))
}

// Net is the network an address is counted under: /24 of IPv4 (also when it is
// written as IPv6), /56 of IPv6, which is what one customer gets. What is not
// an address is counted together as "unknown".
func Net(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	bits := 56
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
