package registration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/limit"
	"countersign/otp"
)

// ErrCode is returned for a code that is no app's of the person now.
var ErrCode = errors.New("wrong code")

// ErrCodeUsed is returned for a right code that was used before, or is older than one that was (T4).
var ErrCodeUsed = errors.New("this code was used before")

const (
	codeDigits = 6
	codePeriod = 30 // seconds
	codeDrift  = 1  // steps to either side (T3)

	pendingTries = 5 // of the code that stands in for the test, in the life of an offer
)

// CheckCode finds the active app of a person whose code this is and uses the
// code up: each step of an app is accepted once (T4), one step early or late
// (T3). It returns that registration's id, [ErrCode] or [ErrCodeUsed]. The
// caller counts failures.
func (r *Registry) CheckCode(ctx context.Context, tx *db.Tx, person, code string) (string, error) {
	apps, err := r.Of(ctx, tx, person)
	if err != nil {
		return "", err
	}
	code = otp.Typed(code)
	refused := ErrCode
	for _, g := range apps {
		step, ok, err := r.match(g, code, tx.Now)
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		used, err := useStep(ctx, tx, g.ID, Active, step)
		if err != nil {
			return "", err
		}
		if used {
			return g.ID, nil
		}
		refused = ErrCodeUsed
	}
	return "", refused
}

// CheckPending checks the code that a person types instead of the test
// approval: one of the device that took the offer. After five wrong ones the
// offer has to be made anew.
func (r *Registry) CheckPending(ctx context.Context, tx *db.Tx, o Offer, code string) (refused, err error) {
	allowed, _, err := limit.Hit(ctx, tx, "pair-code:"+o.ID, OfferLife, pendingTries)
	if err != nil {
		return nil, err
	}
	if !allowed {
		return ErrOfferExpired, r.endOffer(ctx, tx, o.ID, WhyExpired)
	}
	step, ok, err := r.match(o.Taker, otp.Typed(code), tx.Now)
	if err != nil || !ok {
		return ErrCode, err
	}
	used, err := useStep(ctx, tx, o.Taker.ID, Pending, step)
	if err != nil || used {
		return nil, err
	}
	return ErrCodeUsed, nil
}

// useStep is "once": one statement that asks and changes.
func useStep(ctx context.Context, tx *db.Tx, id, state string, step int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE registration SET last_step = $1, seen_at = $2 WHERE id = $3 AND state = $4 AND last_step < $1`,
		step, db.Millis(tx.Now), id, state)
	return n == 1, err
}

// match finds the step a code belongs to. It compares all steps, each in
// constant time (T7), and prefers the latest.
func (r *Registry) match(g Registration, code string, now time.Time) (step int64, ok bool, err error) {
	secret, err := r.keep.Unseal(g.sealed, g.secretPlace())
	if err != nil {
		return 0, false, fmt.Errorf("code secret of %s: %w", g.ID, err)
	}
	key := otp.Key{Kind: otp.TOTP, Secret: secret, Algorithm: otp.SHA1, Digits: codeDigits, Period: codePeriod}
	return key.Match(code, key.Step(now), codeDrift)
}
