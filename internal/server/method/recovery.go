package method

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// RecoveryCodes is how many there are in a set.
const RecoveryCodes = 10

// ErrMade is returned to who would replace a set of codes that is not the one there is.
var ErrMade = errors.New("recovery codes were made meanwhile")

// ErrRecovery is returned for what is no unused recovery code of the person.
var ErrRecovery = errors.New("not a recovery code")

// Recovery knows the recovery codes of people: on paper, each good once. They
// are written like a set-up code, 75 random bits and a symbol that notices a
// slip, and kept as keyed hashes (N9).
type Recovery struct {
	keep   *keep.Keeper
	notify *notify.Notify
}

// NewRecovery knows recovery codes.
func NewRecovery(k *keep.Keeper, n *notify.Notify) *Recovery { return &Recovery{k, n} }

// A RecoverySet is how a person's codes stand.
type RecoverySet struct {
	Left   int
	Of     int // 0 for somebody who never made any
	MadeAt time.Time
}

// Of tells how a person's codes stand.
func (r *Recovery) Of(ctx context.Context, tx *db.Tx, person string) (s RecoverySet, err error) {
	var made int64
	err = tx.QueryRow(ctx, `
		SELECT COUNT(*), COALESCE(SUM(CASE WHEN used_at = 0 THEN 1 ELSE 0 END), 0), COALESCE(MAX(created_at), 0)
		FROM recovery_code WHERE person_id = $1`, person).Scan(&s.Of, &s.Left, &made)
	s.MadeAt = db.Time(made)
	return s, err
}

// Replace makes a new set in the place of the one that was made then, or of none
// for the zero time, and returns [ErrMade] where another stands: a form that a
// browser sends a second time does not void the codes that were just printed.
func (r *Recovery) Replace(ctx context.Context, tx *db.Tx, person string, then time.Time, from Where) (codes []keep.Secret, err error) {
	if now, err := r.Of(ctx, tx, person); err != nil {
		return nil, err
	} else if !now.MadeAt.Equal(then) {
		return nil, ErrMade
	}
	return r.Make(ctx, tx, person, from)
}

// Make makes a new set, which voids the one before. The codes are returned this
// once; the server does not know them afterwards.
func (r *Recovery) Make(ctx context.Context, tx *db.Tx, person string, from Where) (codes []keep.Secret, err error) {
	if err := brake.Check(ctx, tx, person); err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE person_id = $1`, person); err != nil {
		return nil, err
	}
	for range RecoveryCodes {
		code := wire.NewPairingCode()
		_, err := tx.Exec(ctx, `INSERT INTO recovery_code (person_id, hash, created_at) VALUES ($1, $2, $3)`,
			person, r.hash(person, code), db.Millis(tx.Now))
		if err != nil {
			return nil, err
		}
		codes = append(codes, keep.NewSecret(wire.ShowPairingCode(code)))
	}
	return codes, tell(ctx, tx, r.notify, person, audit.Event{Kind: audit.RecoveryMade, Method: "recovery"}, notify.MailRecoveryMade, from)
}

func (r *Recovery) hash(person, code string) []byte {
	return r.keep.MAC("recovery.code", []byte(person), []byte(code))
}

// Use uses a code up and tells how many are left. A slip of the pen is
// [wire.ErrMistyped], which is nobody's guess; everything else that is not right
// is [ErrRecovery], and the caller's to count.
func (r *Recovery) Use(ctx context.Context, tx *db.Tx, person, typed string, from Where) (left int, err error) {
	code, err := wire.ParsePairingCode(typed)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `UPDATE recovery_code SET used_at = $1 WHERE person_id = $2 AND hash = $3 AND used_at = 0`,
		db.Millis(tx.Now), person, r.hash(person, code))
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, ErrRecovery
	}
	now, err := r.Of(ctx, tx, person)
	if err != nil {
		return 0, err
	}
	e := audit.Event{Kind: audit.RecoveryUsed, Method: "recovery", Detail: map[string]any{"left": now.Left}}
	return now.Left, tell(ctx, tx, r.notify, person, e, notify.MailRecoveryUsed, from)
}

// Remove voids a person's codes, if there are any.
func (r *Recovery) Remove(ctx context.Context, tx *db.Tx, person string, from Where) error {
	n, err := tx.Exec(ctx, `DELETE FROM recovery_code WHERE person_id = $1`, person)
	if err != nil || n == 0 {
		return err
	}
	return tell(ctx, tx, r.notify, person, audit.Event{Kind: audit.RecoveryRemoved, Method: "recovery"}, notify.MailRecoveryRemoved, from)
}
