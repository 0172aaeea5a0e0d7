package registration

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// The unlock key. A device may have a second key that it can use only after its
// owner has unlocked it just then: what that key signs was unlocked, whatever
// the device says of itself (N6). A device brings the key with the answer to a
// request whose number stands on a page of the person's own: the test of its
// pairing, or one that a fresh session asked for this device alone. So the key
// has signed once before it counts.
//
// Only a device with an unlock key can sign in without a password. The key goes
// when the device's lock is turned off, and that ends with it.

// ErrNoUnlock is returned instead of letting a device without an unlock key
// sign in without a password.
var ErrNoUnlock = errors.New("the device has no unlock key")

// SetUnlock gives a device the unlock key that it has just signed with, in the
// transaction that takes its answer. Another key than before ends that the
// device signs in without a password: only a page of the person's own says so anew.
func (r *Registry) SetUnlock(ctx context.Context, tx *db.Tx, g Registration, key wire.JWK, from Where) error {
	public, err := key.PublicKey()
	if err != nil {
		return err
	}
	raw, err := public.Bytes()
	if err != nil || bytes.Equal(raw, g.unlock) {
		return err
	}
	if err := r.DropUnlock(ctx, tx, g, from); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE registration SET unlock_key = $1 WHERE id = $2 AND state <> 'removed' AND passwordless = 0`, raw, g.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("registration %s: %w", g.ID, ErrRemoved)
	}
	if err != nil {
		return err
	}
	return record(ctx, tx, audit.RegistrationUnlock, g, from, nil)
}

// DropUnlock forgets a device's unlock key: its lock was turned off. From now on
// it does not sign in without a password, and approves nothing where the
// directory asks for the key.
func (r *Registry) DropUnlock(ctx context.Context, tx *db.Tx, g Registration, from Where) error {
	if g.Passwordless {
		if err := r.SetPasswordless(ctx, tx, g.Person, g.ID, false, from); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE registration SET unlock_key = $1 WHERE id = $2 AND state <> 'removed' AND passwordless = 0 AND length(unlock_key) > 0`, []byte{}, g.ID)
	if err != nil || n == 0 {
		return err
	}
	return record(ctx, tx, audit.RegistrationUnlockGone, g, from, nil)
}

// SetPasswordless switches on or off that an app of a person signs in without a
// password. Every other address of the person hears of it. It returns
// [ErrUnknown], [ErrNoUnlock] for a device without an unlock key, or, when
// switched on, brake.ErrFrozen.
func (r *Registry) SetPasswordless(ctx context.Context, tx *db.Tx, person, id string, on bool, from Where) error {
	bit, kind, template := 0, audit.PasswordlessOff, notify.MailPasswordlessOff
	if on {
		if err := brake.Check(ctx, tx, person); err != nil {
			return err
		}
		bit, kind, template = 1, audit.PasswordlessOn, notify.MailPasswordlessOn
	}
	g, err := scan(tx.QueryRow(ctx, `
		UPDATE registration SET passwordless = $1
		WHERE id = $2 AND person_id = $3 AND state = 'active' AND passwordless <> $1 AND length(unlock_key) > 0 RETURNING `+columns, bit, id, person))
	if errors.Is(err, sql.ErrNoRows) {
		return r.unswitched(ctx, tx, person, id)
	} else if err != nil {
		return err
	}
	if err := record(ctx, tx, kind, g, from, nil); err != nil {
		return err
	}
	return r.announce(ctx, tx, template, g, "", from)
}

// unswitched says why nothing was switched: nothing had to be, or could be.
func (r *Registry) unswitched(ctx context.Context, tx *db.Tx, person, id string) error {
	g, err := r.ByID(ctx, tx, id)
	switch {
	case errors.Is(err, ErrRemoved), err == nil && (g.Person != person || g.State != Active):
		return fmt.Errorf("registration %s: %w", id, ErrUnknown)
	case err == nil && !g.Unlocks():
		return ErrNoUnlock
	}
	return err
}

// HoldPasswordless is [Registry.Hold] for what only a device does that signs in
// without a password.
func (r *Registry) HoldPasswordless(ctx context.Context, tx *db.Tx, id string) error {
	n, err := tx.Exec(ctx, `UPDATE registration SET seen_at = $1 WHERE id = $2 AND state = 'active' AND passwordless = 1`, db.Millis(tx.Now), id)
	if err == nil && n == 0 {
		return fmt.Errorf("registration %s: %w", id, ErrRemoved)
	}
	return err
}

// HoldUnlock is [Registry.Hold] that also keeps a device's unlock key the one
// that a signature was checked against.
func (r *Registry) HoldUnlock(ctx context.Context, tx *db.Tx, g Registration) error {
	n, err := tx.Exec(ctx, `UPDATE registration SET seen_at = $1 WHERE id = $2 AND state = 'active' AND unlock_key = $3`, db.Millis(tx.Now), g.ID, g.unlock)
	if err == nil && n == 0 {
		return wire.ErrUnlock
	}
	return err
}
