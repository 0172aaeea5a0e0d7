package signin

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
)

// A Nudge is what somebody is advised to set up, and how often they put it off.
type Nudge struct {
	Advice policy.Advice
	On     string // of policy.WayBack: the thing that all hangs on
	Times  int
	Until  time.Time // till when it is put off; zero for never put off
	// Last tells that it is put off for the last time: after that an app is
	// paired before they go on.
	Last bool
}

// NudgeOf tells what somebody is advised. Who cannot change anything, because
// changes are frozen, is advised nothing.
func NudgeOf(ctx context.Context, tx *db.Tx, p directory.Person, in directory.Policy) (n Nudge, err error) {
	if in.Nudge == 0 {
		return n, nil
	}
	if err := brake.Check(ctx, tx, p.ID); errors.Is(err, brake.ErrFrozen) {
		return n, nil
	} else if err != nil {
		return n, err
	}
	held, err := HeldBy(ctx, tx, p, in)
	if err != nil {
		return n, err
	}
	n.Advice, n.On = policy.Advise(in, held)
	if n.Times, n.Until, err = snoozed(ctx, tx, p.ID); err != nil {
		return n, err
	}
	n.Last = n.Advice == policy.Safer && in.NudgeTimes > 0 && n.Times+1 >= in.NudgeTimes && p.EnrolAt(tx.Now) == directory.EnrolOpen
	return n, nil
}

// snoozed tells how often somebody put it off, and till when.
func snoozed(ctx context.Context, tx *db.Tx, person string) (times int, until time.Time, err error) {
	var at int64
	err = tx.QueryRow(ctx, `SELECT times, until FROM nudge WHERE person_id = $1`, person).Scan(&times, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, until, nil
	}
	return times, db.Time(at), err
}

// advised tells whether somebody who has just signed in is to be advised now.
func advised(ctx context.Context, tx *db.Tx, p directory.Person, in directory.Policy) (bool, error) {
	n, err := NudgeOf(ctx, tx, p, in)
	return n.Advice != policy.NoAdvice && !n.Until.After(tx.Now), err
}

// due tells whether somebody put it off so often that now an app is paired first.
// It asks nothing of who has more than the password, or could pair none.
func due(ctx context.Context, tx *db.Tx, p directory.Person, s policy.State) (bool, error) {
	in, has := s.Policy, s.Has
	if in.Nudge == 0 || in.NudgeTimes == 0 || s.Purpose != policy.SignIn || s.Enrol != directory.EnrolOpen || has.App || has.CodeApp || has.Passkey {
		return false, nil
	}
	times, until, err := snoozed(ctx, tx, p.ID)
	if err != nil || times < in.NudgeTimes || until.After(tx.Now) {
		return false, err
	}
	err = brake.Check(ctx, tx, p.ID)
	if errors.Is(err, brake.ErrFrozen) {
		return false, nil
	}
	return err == nil, err
}

// Snooze puts off what somebody was advised, once however often they press: it
// counts only when it was not put off already.
func Snooze(ctx context.Context, tx *db.Tx, p directory.Person, in directory.Policy, from method.Where) error {
	n, err := tx.Exec(ctx, `
		INSERT INTO nudge (person_id, times, until) VALUES ($1, 1, $2)
		ON CONFLICT (person_id) DO UPDATE SET times = nudge.times + 1, until = excluded.until WHERE nudge.until <= $3`,
		p.ID, db.Millis(tx.Now.Add(in.Nudge)), db.Millis(tx.Now))
	if err != nil || n == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: audit.PersonSnoozed, Directory: p.DirectoryID, Person: p.ID,
		IP: from.IP, Place: from.Place, Browser: from.Browser})
}
