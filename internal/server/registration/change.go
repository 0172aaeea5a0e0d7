package registration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// How a device proved itself before it became active.
const (
	ByTest = "test" // it answered the test approval
	ByCode = "code" // the person typed one of its codes
)

// An Activation is the end of a pairing.
type Activation struct {
	Session string // that made the offer
	Offer   string
	How     string // ByTest or ByCode
	// First is what allowed the offer, if that was no more than directory.EnrolOpen
	// or EnrolCode: then it must still do so, and the person have no app ([ErrNotFirst]).
	First string
	From  Where
}

// Activate makes the device that took an offer active: the person said it is
// theirs, and it was tried, which the caller checked in the same transaction.
// The app that it replaces goes, and every other address and app of the person
// hears of it. It returns brake.ErrFrozen, [ErrOfferExpired], [ErrFull] or [ErrNotFirst].
func (r *Registry) Activate(ctx context.Context, tx *db.Tx, in Activation) (Registration, error) {
	o, err := r.OfferState(ctx, tx, in.Session, in.Offer)
	if err != nil {
		return Registration{}, err
	}
	if o.Step != Confirmed {
		return Registration{}, fmt.Errorf("offer is %s: %w", o.Step, ErrOfferExpired)
	}
	if err := brake.Check(ctx, tx, o.Person); err != nil {
		return Registration{}, err
	}
	if err := lock(ctx, tx, o.Person); err != nil {
		return Registration{}, err
	}
	if err := mayBeFirst(ctx, tx, o.Person, in.First); err != nil {
		return Registration{}, err
	}
	if err := r.finishOffer(ctx, tx, o); err != nil {
		return Registration{}, err
	}
	if o.Replaces != "" {
		err := r.end(ctx, tx, Removal{Person: o.Person, ID: o.Replaces, Why: WhyReplaced, From: in.From})
		if err != nil && !errors.Is(err, ErrUnknown) { // removed meanwhile is as good
			return Registration{}, err
		}
	}
	n, err := active(ctx, tx, o.Person)
	if err != nil {
		return Registration{}, err
	}
	if n > Most {
		return Registration{}, ErrFull
	}
	if err := record(ctx, tx, audit.RegistrationActive, o.Taker, in.From, map[string]any{"proven": in.How}); err != nil {
		return Registration{}, err
	}
	if err := directory.CloseEnrol(ctx, tx, o.Person); err != nil {
		return Registration{}, err
	}
	o.Taker.State = Active
	return o.Taker, r.announce(ctx, tx, notify.MailAppAdded, o.Taker, "", in.From)
}

// mayBeFirst checks, once it is this transaction's turn, that what allowed an
// offer may still pair a first app.
func mayBeFirst(ctx context.Context, tx *db.Tx, person, first string) error {
	if first == "" {
		return nil
	}
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	n, err := active(ctx, tx, person)
	if err == nil && (n > 0 || p.EnrolAt(tx.Now) != first) {
		err = ErrNotFirst
	}
	return err
}

// finishOffer turns offer and registration over, each by a compare-and-set.
func (r *Registry) finishOffer(ctx context.Context, tx *db.Tx, o Offer) error {
	now := db.Millis(tx.Now)
	n, err := tx.Exec(ctx, `
		UPDATE offer SET ended_at = $1, ended_why = $2 WHERE id = $3 AND confirmed_at > 0 AND ended_at = 0 AND expires_at > $1`,
		now, whyDone, o.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOfferExpired
	}
	n, err = tx.Exec(ctx, `UPDATE registration SET state = 'active', activated_at = $1, seen_at = $1 WHERE id = $2 AND state = 'pending'`, now, o.Taker.ID)
	if err == nil && n == 0 {
		err = ErrOfferExpired
	}
	if err != nil {
		return err
	}
	return r.notify.Wake(ctx, tx, OfferTopic(o.ID))
}

// announce tells every address and app of a person that an app came, went or changed (N11);
// was is what it was called before, or "".
func (r *Registry) announce(ctx context.Context, tx *db.Tx, template string, g Registration, was string, from Where) error {
	p, err := directory.ByID(ctx, tx, g.Person)
	if err != nil {
		return err
	}
	link := brake.Link{Person: p.ID, What: brake.Less, Name: g.Name}
	if template == notify.MailAppAdded {
		link.What, link.ID = brake.App, g.ID
	} else if template == notify.MailPasswordlessOn {
		link.What, link.ID = brake.Unlock, g.ID
	}
	stop, err := brake.Make(ctx, tx, link)
	if err != nil {
		return err
	}
	err = directory.Tell(ctx, tx, r.notify, p, template, map[string]string{
		"login": p.Login, "device": g.Name, "was": was, "browser": from.Browser, "place": from.Place, "ip": from.IP, "stop": stop.Reveal(),
	})
	if err != nil {
		return err
	}
	return r.notify.Wake(ctx, tx, PersonTopic(g.Person))
}

// A Removal says which app goes, and why.
type Removal struct {
	Person string
	ID     string
	Why    string
	From   Where
}

// Remove ends an active registration: its key opens nothing any more, its
// codes do not sign in, its secrets are wiped. It returns [ErrUnknown].
func (r *Registry) Remove(ctx context.Context, tx *db.Tx, m Removal) error {
	if err := lock(ctx, tx, m.Person); err != nil {
		return err
	}
	return r.end(ctx, tx, m)
}

func (r *Registry) end(ctx context.Context, tx *db.Tx, m Removal) error {
	g, err := scan(tx.QueryRow(ctx, `
		UPDATE registration SET state = 'removed', removed_at = $1, removed_why = $2, code_secret = $3, push_endpoint = '', push_keys = $3, restore_key = $3
		WHERE id = $4 AND person_id = $5 AND state = 'active' RETURNING `+columns,
		db.Millis(tx.Now), m.Why, []byte{}, m.ID, m.Person))
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("registration %s: %w", m.ID, ErrUnknown)
	} else if err != nil {
		return err
	}
	kind := audit.RegistrationRemoved
	if m.Why == WhyReplaced {
		kind = audit.RegistrationReplaced
	}
	if err := record(ctx, tx, kind, g, m.From, map[string]any{"why": m.Why}); err != nil {
		return err
	}
	return r.announce(ctx, tx, notify.MailAppRemoved, g, "", m.From)
}

// RemoveAll ends all registrations of a person, pending ones too: they start anew.
func (r *Registry) RemoveAll(ctx context.Context, tx *db.Tx, person string, from Where) error {
	_, err := tx.Exec(ctx, `
		UPDATE registration SET state = 'removed', removed_at = $1, removed_why = $2, code_secret = $3, push_endpoint = '', push_keys = $3
		WHERE person_id = $4 AND state = 'pending'`, db.Millis(tx.Now), WhyReset, []byte{}, person)
	if err != nil {
		return err
	}
	apps, err := r.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, g := range apps {
		if err := r.Remove(ctx, tx, Removal{Person: person, ID: g.ID, Why: WhyReset, From: from}); err != nil {
			return err
		}
	}
	return nil
}

// Rename gives an app of a person another name. Every address of theirs hears of it,
// unless it is the name that it has. It returns [ErrName], [ErrUnknown], or brake.ErrFrozen.
func (r *Registry) Rename(ctx context.Context, tx *db.Tx, person, id, name string, from Where) error {
	if !wire.GoodName(name) {
		return ErrName
	}
	if err := brake.Check(ctx, tx, person); err != nil {
		return err
	}
	g, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM registration WHERE id = $1 AND person_id = $2 AND state = 'active'`, id, person))
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("registration %s: %w", id, ErrUnknown)
	} else if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE registration SET name = $1 WHERE id = $2 AND state = 'active' AND name <> $1`, name, g.ID)
	if err != nil || n == 0 {
		return err
	}
	was := g.Name
	g.Name = name
	if err := record(ctx, tx, audit.RegistrationRenamed, g, from, map[string]any{"was": was}); err != nil {
		return err
	}
	return r.announce(ctx, tx, notify.MailAppRenamed, g, was, from)
}

// SetPush changes where a device can be knocked on; nil takes it away.
func (r *Registry) SetPush(ctx context.Context, tx *db.Tx, id string, p *wire.Push) error {
	endpoint, keys := "", []byte{}
	if p != nil {
		var err error
		if keys, err = p.Keys(); err != nil {
			return ErrPush
		}
		endpoint = p.Endpoint
	}
	n, err := tx.Exec(ctx, `UPDATE registration SET push_endpoint = $1, push_keys = $2 WHERE id = $3 AND state <> 'removed'`, endpoint, keys, id)
	if err == nil && n == 0 {
		err = ErrRemoved
	}
	return err
}

// SetRestore changes the restore key of an active registration; nil takes it away.
func (r *Registry) SetRestore(ctx context.Context, tx *db.Tx, id string, key *wire.JWK) error {
	public := []byte{}
	if key != nil {
		k, err := key.PublicKey()
		if err != nil {
			return err
		}
		if public, err = k.Bytes(); err != nil {
			return err
		}
	}
	n, err := tx.Exec(ctx, `UPDATE registration SET restore_key = $1 WHERE id = $2 AND state = 'active'`, public, id)
	if err == nil && n == 0 {
		err = ErrRemoved
	}
	return err
}

// DropPush forgets a push address that its service says is no more. One that
// the app has given since then stays.
func (r *Registry) DropPush(ctx context.Context, id, endpoint string) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE registration SET push_endpoint = '', push_keys = $1 WHERE id = $2 AND push_endpoint = $3`, []byte{}, id, endpoint)
		return err
	})
}

// Once lets a signed change through once: the same nonce of a device again is
// [ErrReplayed]. A signature is good for a minute, and one that is replayed
// must not undo a later change.
func (r *Registry) Once(ctx context.Context, tx *db.Tx, id, nonce string) error {
	n, err := tx.Exec(ctx, `INSERT INTO device_nonce (registration_id, nonce, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		id, nonce, db.Millis(tx.Now))
	if err == nil && n == 0 {
		err = ErrReplayed
	}
	return err
}

// Forget removes everything of this package about a person who has left. Their
// apps hear that they were removed, as from every server that does not know them.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM device_nonce WHERE registration_id IN (SELECT id FROM registration WHERE person_id = $1)`,
		`DELETE FROM registration WHERE person_id = $1`,
		`DELETE FROM offer WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
