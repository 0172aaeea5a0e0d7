package audit

import (
	"context"
	"slices"
	"time"

	"countersign/internal/server/db"
)

// counted are the kinds of which one sees how often they happen.
var counted = []Kind{SigninDone, ApprovalApproved, ApprovalDenied, ApprovalReported, SigninPasswordWrong}

// An hour of a directory, and what happened in it by which method.
type hourKey struct {
	directory string
	hour      int64
	kind      Kind
	method    string
}

// count adds events to the figures of their hour. The sealer does it, so that
// a sign-in does not queue for a row that all share.
func count(ctx context.Context, tx *db.Tx, links []link) error {
	sums := map[hourKey]int{}
	var order []hourKey
	for _, l := range links {
		e := l.event
		if e.Directory == "" || !slices.Contains(counted, e.Kind) {
			continue
		}
		k := hourKey{e.Directory, e.At.Unix() / 3600, e.Kind, e.Method}
		if sums[k]++; sums[k] == 1 {
			order = append(order, k)
		}
	}
	for _, k := range order {
		_, err := tx.Exec(ctx, `
			INSERT INTO audit_hour (directory_id, hour, kind, method, n) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (directory_id, hour, kind, method) DO UPDATE SET n = audit_hour.n + excluded.n`,
			k.directory, k.hour, string(k.kind), k.method, sums[k])
		if err != nil {
			return err
		}
	}
	return nil
}

// A Figure is how often something happened in an hour.
type Figure struct {
	Hour   time.Time
	Kind   Kind
	Method string // as the event has it
	N      int
}

// Figures returns a directory's figures since a time, oldest first. They lag
// behind the events by about a second.
func Figures(ctx context.Context, tx *db.Tx, directory string, since time.Time) (out []Figure, err error) {
	rows, err := tx.Query(ctx, `SELECT hour, kind, method, n FROM audit_hour WHERE directory_id = $1 AND hour >= $2 ORDER BY hour, kind, method`,
		directory, since.Unix()/3600)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f Figure
		var hour int64
		if err := rows.Scan(&hour, &f.Kind, &f.Method, &f.N); err != nil {
			return nil, err
		}
		f.Hour = time.Unix(hour*3600, 0)
		out = append(out, f)
	}
	return out, rows.Err()
}
