package approval

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// Decide takes a device's answer. Whatever the answer is, the request is then
// closed: a second guess needs a second sign-in. The same signed decision again
// gets the same answer. It returns [wire.ErrInvalid], [wire.ErrKey],
// [wire.ErrSignature], [wire.ErrUnlock], [ErrUnknown],
// [registration.ErrRemoved] or a [ClosedError].
//
// The answer is on disk before anybody hears of it.
func (a *Approvals) Decide(ctx context.Context, g registration.Registration, id string, d wire.Decision, from registration.Where) (wire.Outcome, error) {
	signed, err := a.signed(ctx, g, id, d)
	if err != nil {
		return wire.Outcome{}, err
	}
	var out wire.Outcome
	err = a.db.Write(ctx, func(tx *db.Tx) (err error) {
		out, err = a.settle(ctx, tx, g, id, d, signed, from)
		return err
	})
	return out, err
}

// signed checks that the device signed this decision about the bytes it
// fetched, and returns the hash of what it signed. What it checks against
// never changes, so it needs no part in the transaction that decides.
func (a *Approvals) signed(ctx context.Context, g registration.Registration, id string, d wire.Decision) ([]byte, error) {
	var q *row
	err := a.db.Read(ctx, func(tx *db.Tx) (err error) {
		q, err = get(ctx, tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !q.visible(g) {
		return nil, ErrUnknown
	}
	key, err := g.Key()
	if err != nil {
		return nil, err
	}
	asked := wire.Asked{Issuer: a.registry.Issuer(), Registration: g.ID, Request: q.id, Nonce: q.nonce, Kind: q.kind}
	if err := d.Verify(asked, q.body, key); err != nil {
		return nil, err
	}
	if err := unlocked(asked, q, g, d); err != nil {
		return nil, err
	}
	m, err := d.Message(asked)
	sum := sha256.Sum256(m)
	return sum[:], err
}

// unlocked checks that an approval which asks for it is signed by the unlock
// key too (N6): by the one that the server knows, or, where a device is tried,
// by the one that it brings. Nothing comes that was not asked for.
func unlocked(asked wire.Asked, q *row, g registration.Registration, d wire.Decision) error {
	var body wire.Request
	if err := json.Unmarshal(q.body, &body); err != nil {
		return err
	}
	switch {
	case d.Decision != wire.Approve || !body.Unlock:
		if d.UnlockSignature != "" {
			return wire.ErrInvalid
		}
		return nil
	case body.BringsKey() != (d.UnlockKey != nil):
		return wire.ErrUnlock
	}
	key, err := g.UnlockKey()
	if d.UnlockKey != nil {
		key, err = d.UnlockKey.PublicKey()
	}
	if err != nil {
		return err
	}
	return d.VerifyUnlock(asked, key)
}

// settle closes the request and does what follows from the answer.
func (a *Approvals) settle(ctx context.Context, tx *db.Tx, g registration.Registration, id string, d wire.Decision, signed []byte, from registration.Where) (wire.Outcome, error) {
	if _, err := turn(ctx, tx, g.Person); err != nil {
		return wire.Outcome{}, err
	}
	q, err := a.closeOnce(ctx, tx, g, id, d, signed)
	if errors.Is(err, sql.ErrNoRows) {
		return a.again(ctx, tx, g, id, signed)
	} else if err != nil {
		return wire.Outcome{}, err
	}
	out, err := a.outcome(ctx, tx, q, a.hash(g.Person, d.Number))
	if err != nil {
		return out, err
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return out, err
	}
	if _, err := tx.Exec(ctx, `UPDATE approval SET answer = $1 WHERE id = $2`, string(answer), id); err != nil {
		return out, err
	}
	if err := a.follow(ctx, tx, q, out); err != nil {
		return out, err
	}
	if out.Outcome == wire.Approved && d.UnlockKey != nil {
		if err := a.registry.SetUnlock(ctx, tx, g, *d.UnlockKey, from); err != nil {
			return out, err
		}
	}
	tx.After(func() { a.counts.add(out.Outcome) })
	if err := a.notify.Wake(ctx, tx, q.topic()); err != nil {
		return out, err
	}
	return out, a.notify.Wake(ctx, tx, personTopic(q))
}

// closeOnce is the one statement that decides: it compares the number and
// closes the request in the same breath. The device has to be what the request
// needs, active or, for a test, pending, and is held so until the transaction
// ends; the person has to be in the same epoch. No row: it was closed before.
func (a *Approvals) closeOnce(ctx context.Context, tx *db.Tx, g registration.Registration, id string, d wire.Decision, signed []byte) (*row, error) {
	ok, epoch, err := current(ctx, tx, g.Person)
	if err != nil {
		return nil, err
	}
	if !ok {
		epoch = -1
	}
	state := map[string]string{wire.Deny: Denied, wire.Report: Reported}[d.Decision]
	q, err := scan(tx.QueryRow(ctx, `
		UPDATE approval SET
			state = CASE WHEN CAST($1 AS TEXT) <> '' THEN CAST($1 AS TEXT) WHEN number = $2 THEN 'approved' ELSE 'failed' END,
			decided_at = $3, registration_id = $4, decision = $5, shown = $6
		WHERE id = $7 AND person_id = $8 AND state = 'open' AND expires_at > $3 AND epoch = $9
		RETURNING `+columns,
		state, a.hash(g.Person, d.Number), db.Millis(tx.Now), g.ID, signed, []byte{}, id, g.Person, epoch))
	if errors.Is(err, ErrUnknown) {
		return nil, sql.ErrNoRows
	} else if err != nil {
		return nil, err
	}
	if d.UnlockSignature != "" && d.UnlockKey == nil {
		return q, a.registry.HoldUnlock(ctx, tx, g)
	}
	return q, a.hold(ctx, tx, q, g.ID)
}

// hold checks that a device still is what a request needs, and keeps it so
// until the transaction ends.
func (a *Approvals) hold(ctx context.Context, tx *db.Tx, q *row, id string) error {
	switch q.kind {
	case wire.KindTest:
		return a.registry.Hold(ctx, tx, id, registration.Pending)
	case wire.KindPasswordless:
		return a.registry.HoldPasswordless(ctx, tx, id)
	}
	return a.registry.Hold(ctx, tx, id, registration.Active)
}

// again answers for a request that is closed: to whom decided so, the same
// answer; to others, why.
func (a *Approvals) again(ctx context.Context, tx *db.Tx, g registration.Registration, id string, signed []byte) (out wire.Outcome, err error) {
	q, err := get(ctx, tx, id)
	if err != nil {
		return out, err
	}
	if q.registration == g.ID && bytes.Equal(q.decision, signed) {
		return out, json.Unmarshal([]byte(q.answer), &out)
	}
	ok, _, err := current(ctx, tx, g.Person)
	if err != nil {
		return out, err
	}
	return out, q.closed(g, !ok)
}

// outcome tells the device what its answer came to. A wrong number is not
// explained; one that belongs to another open request is, because then the
// person has confused two sign-ins of their own.
func (a *Approvals) outcome(ctx context.Context, tx *db.Tx, q *row, typed []byte) (wire.Outcome, error) {
	switch q.state {
	case Approved:
		return wire.Outcome{Outcome: wire.Approved}, nil
	case Denied:
		return wire.Outcome{Outcome: wire.Denied}, nil
	case Reported:
		return wire.Outcome{Outcome: wire.Reported}, nil
	}
	var app string
	err := tx.QueryRow(ctx, `
		SELECT app FROM approval
		WHERE person_id = $1 AND state = 'open' AND expires_at > $2 AND only_registration = '' AND number = $3`,
		q.person, db.Millis(tx.Now), typed).Scan(&app)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Outcome{Outcome: wire.WrongNumber}, nil
	}
	return wire.Outcome{Outcome: wire.OtherRequest, OtherApp: app}, err
}

// follow does what an answer means for log, silence and network. What a
// pending registration says about its test counts for nothing but the test.
func (a *Approvals) follow(ctx context.Context, tx *db.Tx, q *row, out wire.Outcome) error {
	kind := map[string]audit.Kind{
		wire.Approved: audit.ApprovalApproved, wire.Denied: audit.ApprovalDenied, wire.Reported: audit.ApprovalReported,
		wire.WrongNumber: audit.ApprovalWrongNumber, wire.OtherRequest: audit.ApprovalOther,
	}[out.Outcome]
	if kind == audit.ApprovalApproved && q.kind == wire.KindNewPhone {
		kind = audit.RestoreAllowed
	}
	if err := a.record(ctx, tx, q, kind, nil); err != nil || q.kind == wire.KindTest {
		return err
	}
	switch out.Outcome {
	case wire.WrongNumber:
		return a.strike(ctx, tx, q)
	case wire.Denied:
		return a.denied(ctx, tx, q)
	case wire.Reported:
		return a.report(ctx, tx, q)
	}
	return nil
}

// A UseIn says who wants to use an approval up.
type UseIn struct {
	ID      string // of the request
	Person  string
	Epoch   int64
	Attempt string // that asked; "" for a test
	Offer   string // that asked, of a test
	// NewPhone: it is about a device that is being set up. What was asked about a
	// sign-in never counts for that, nor the other way about.
	NewPhone bool
}

// An Approval is one that was used up.
type Approval struct {
	Kind         string
	Registration string
}

// Use turns an approval into what it was asked for, once, within 60 seconds of
// the answer. It checks the person, their epoch, and that the device that
// answered is still there; the policy is the caller's to check. It returns what
// was approved and by which registration, or [ErrNotApproved].
func (a *Approvals) Use(ctx context.Context, tx *db.Tx, in UseIn) (Approval, error) {
	ok, epoch, err := current(ctx, tx, in.Person)
	if err != nil {
		return Approval{}, err
	}
	if !ok || epoch != in.Epoch {
		return Approval{}, ErrNotApproved
	}
	q, err := scan(tx.QueryRow(ctx, `
		UPDATE approval SET state = 'used'
		WHERE id = $1 AND person_id = $2 AND epoch = $3 AND attempt_id = $4 AND offer_id = $5
			AND state = 'approved' AND decided_at >= $6 AND CASE WHEN kind = 'new_phone' THEN 1 ELSE 0 END = $7
		RETURNING `+columns,
		in.ID, in.Person, in.Epoch, in.Attempt, in.Offer, db.Millis(tx.Now.Add(-useWithin)), bit(in.NewPhone)))
	if errors.Is(err, ErrUnknown) {
		return Approval{}, ErrNotApproved
	} else if err != nil {
		return Approval{}, err
	}
	if err := a.hold(ctx, tx, q, q.registration); errors.Is(err, registration.ErrRemoved) {
		return Approval{}, ErrNotApproved
	} else if err != nil {
		return Approval{}, err
	}
	if q.known == 1 {
		if err := a.EndSilence(ctx, tx, q.person); err != nil {
			return Approval{}, err
		}
	}
	return Approval{q.kind, q.registration}, a.record(ctx, tx, q, audit.ApprovalUsed, nil)
}

func personOf(ctx context.Context, tx *db.Tx, q *row) (directory.Person, error) {
	return directory.ByID(ctx, tx, q.person)
}

// record writes an audit event about a request. The number is not in it.
func (a *Approvals) record(ctx context.Context, tx *db.Tx, q *row, kind audit.Kind, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	person := q.person
	if strings.HasPrefix(person, decoy) {
		person = ""
	}
	detail["kind"] = q.kind
	if q.device != "" {
		detail["device"] = q.device
	}
	if q.registration != "" {
		detail["registration"] = q.registration
	}
	return audit.Record(ctx, tx, audit.Event{
		Kind: kind, Directory: q.directory, Person: person, Method: "approval", App: q.app,
		IP: q.ip, Place: q.place, Browser: q.browser, Correlation: q.correlation, Detail: detail,
	})
}
