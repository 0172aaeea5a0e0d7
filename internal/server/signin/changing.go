package signin

import (
	"context"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

// WhyChanging is why sessions end when their person changes a sign-in method, for the log.
const WhyChanging = "method_changed"

// Changing runs a change of somebody's sign-in methods and ends everything
// else of theirs: other sessions, sign-ins and offers under way, open requests,
// known browsers, access of applications. What a lost phone or password has
// opened is closed with it (A12). Only the session that makes the change goes
// along into the new epoch. It returns [ErrNoSession] when that one has ended
// meanwhile, and brake.ErrFrozen while nothing may be changed.
func Changing(ctx context.Context, tx *db.Tx, by Session, change func() error) error {
	if err := brake.Check(ctx, tx, by.Person); err != nil {
		return err
	}
	return changing(ctx, tx, by, change)
}

func changing(ctx context.Context, tx *db.Tx, by Session, change func() error) error {
	if same, err := directory.HoldEpoch(ctx, tx, by.Person, by.Epoch); err != nil {
		return err
	} else if !same {
		return ErrNoSession
	}
	if _, err := EndAll(ctx, tx, by.Person, by.ID, WhyChanging); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	epoch, err := directory.BumpEpoch(ctx, tx, by.Person)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE session SET epoch = $1 WHERE id = $2 AND ended_at = 0 AND enrol = 0`, epoch, by.ID)
	if err == nil && n == 0 {
		err = ErrNoSession
	}
	return err
}
