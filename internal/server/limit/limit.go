// Package limit counts what somebody may do only so often: tries of a name, of
// a network, of a person. The counters are rows, so all nodes count together.
package limit

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
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
