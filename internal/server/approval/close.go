package approval

import (
	"context"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// How a request ends without an answer: time is up, its attempt asked again, or
// its attempt took another way. Each is one statement that asks and changes, so
// that whoever comes first, page or housekeeping, writes the one event.

// Expire writes down that requests of an attempt have expired. It is for the
// page that sees it before housekeeping does.
func (a *Approvals) Expire(ctx context.Context, tx *db.Tx, attempt string) error {
	if attempt == "" {
		return nil
	}
	return a.closeAll(ctx, tx, Expired, `expires_at <= $1 AND attempt_id = $3`, attempt)
}

// replace closes the open request of the same attempt or offer.
func (a *Approvals) replace(ctx context.Context, tx *db.Tx, q *row) error {
	column, value := "attempt_id", q.attempt
	if q.offer != "" {
		column, value = "offer_id", q.offer
	}
	if value == "" {
		return nil
	}
	which := column + ` = $3 AND person_id = $4`
	if err := a.closeAll(ctx, tx, Expired, `expires_at <= $1 AND `+which, value, q.person); err != nil {
		return err
	}
	return a.closeAll(ctx, tx, Replaced, which, value, q.person)
}

// Withdraw closes the open request of an attempt that ended or took another way.
func (a *Approvals) Withdraw(ctx context.Context, tx *db.Tx, attempt string) error {
	if err := a.Expire(ctx, tx, attempt); err != nil || attempt == "" {
		return err
	}
	return a.closeAll(ctx, tx, Replaced, `attempt_id = $3`, attempt)
}

// closeAll closes the open requests that a condition picks, with an event each;
// its parameters begin at $3, and $1 is now.
func (a *Approvals) closeAll(ctx context.Context, tx *db.Tx, state, condition string, args ...any) error {
	closed, err := closing(ctx, tx, state, condition, args)
	if err != nil {
		return err
	}
	kind := map[string]audit.Kind{Expired: audit.ApprovalExpired, Replaced: audit.ApprovalReplaced}[state]
	for _, q := range closed {
		if err := a.record(ctx, tx, q, kind, nil); err != nil {
			return err
		}
		if state == Expired {
			continue // devices see the time themselves
		}
		if err := a.notify.Wake(ctx, tx, personTopic(q)); err != nil {
			return err
		}
	}
	return nil
}

func closing(ctx context.Context, tx *db.Tx, state, condition string, args []any) (closed []*row, err error) {
	rows, err := tx.Query(ctx, `
		UPDATE approval SET state = '`+state+`', decided_at = $1, shown = $2
		WHERE state = 'open' AND `+condition+` RETURNING `+columns,
		append([]any{db.Millis(tx.Now), []byte{}}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		q, err := scan(rows)
		if err != nil {
			return nil, err
		}
		closed = append(closed, q)
	}
	return closed, rows.Err()
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM approval WHERE person_id = $1`,
		`DELETE FROM approval_gate WHERE person_id = $1`,
		`DELETE FROM network_block WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
