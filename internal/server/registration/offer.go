package registration

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/wire"
)

// OfferLife is how long an offer, and a registration that is not active yet, lives.
const OfferLife = 10 * time.Minute

// ErrOfferUnknown is returned for an offer that never was, belongs to another
// session, or whose secret is another. They look alike on purpose.
var ErrOfferUnknown = errors.New("no such offer")

// ErrOfferExpired is returned for an offer that ran out or was ended.
var ErrOfferExpired = errors.New("offer has ended")

// ErrOfferUsed is returned to a device that comes second; see [UsedError].
var ErrOfferUsed = errors.New("offer was already taken")

// ErrFull is returned when the person has [Most] apps and chose none to be replaced.
var ErrFull = errors.New("too many apps")

// ErrNotFirst is returned when the password, alone or with a code that was sent,
// allowed an offer, and the person has, or had, an app already.
var ErrNotFirst = errors.New("an app was paired before")

// A UsedError is [ErrOfferUsed] with the name of the device that was first.
type UsedError struct{ By string }

func (e UsedError) Error() string { return "offer was already taken by " + e.By }

// Is makes it an [ErrOfferUsed].
func (e UsedError) Is(target error) bool { return target == ErrOfferUsed }

// An OfferIn says for whom an offer is made.
type OfferIn struct {
	Person   string
	Session  string // only it can confirm and activate
	Epoch    int64
	Replaces string // the registration that the new one is to replace, or ""
	First    string // what allows it, see [Activation]
	// Key is the device key that alone may take it, or nil: then nobody has to be
	// asked whose device that is.
	Key  *ecdsa.PublicKey
	From Where
}

// Steps of an offer, as the page that made it sees them.
const (
	Waiting   = "waiting"   // for a device
	Taken     = "taken"     // "is it yours?"
	Confirmed = "confirmed" // the test
	Done      = "done"      // active
	Ended     = "ended"     // ran out, was refused, or followed by a newer one
)

// An Offer is an invitation for one device. Secret and Code are two ways to
// take it, each good once and only together.
type Offer struct {
	ID        string
	Person    string
	Session   string
	Secret    keep.Secret // for the QR code
	Code      keep.Secret // to type, 16 symbols
	Replaces  string
	Step      string
	ExpiresAt time.Time
	Taker     Registration // from Taken on

	epoch int64
}

// Link is the URL in the QR code. The secret is in its fragment, which no
// browser sends anywhere.
func (o Offer) Link(app, issuer string) string {
	return app + "/#pair?i=" + url.QueryEscape(issuer) + "&o=" + o.ID + "&s=" + o.Secret.Reveal()
}

// Offer makes an offer; an earlier one of the same session ends. With [Most]
// apps and none to replace it returns [ErrFull], with one to replace that is
// not the person's [ErrUnknown].
func (r *Registry) Offer(ctx context.Context, tx *db.Tx, in OfferIn) (Offer, error) {
	if err := brake.Check(ctx, tx, in.Person); err != nil {
		return Offer{}, err
	}
	if err := r.room(ctx, tx, in); err != nil {
		return Offer{}, err
	}
	if err := mayBeFirst(ctx, tx, in.Person, in.First); err != nil {
		return Offer{}, err
	}
	if err := r.endOffers(ctx, tx, in.Session); err != nil {
		return Offer{}, err
	}
	code := wire.NewPairingCode()
	o := Offer{
		ID: rand.Text(), Person: in.Person, Session: in.Session, Secret: keep.NewSecret(rand.Text()), Code: keep.NewSecret(code),
		Replaces: in.Replaces, Step: Waiting, ExpiresAt: tx.Now.Add(OfferLife), epoch: in.Epoch,
	}
	sealed, err := r.keep.Seal([]byte(o.Secret.Reveal()+" "+code), o.place())
	if err != nil {
		return Offer{}, err
	}
	only, err := in.only()
	if err != nil {
		return Offer{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO offer (id, person_id, session_id, epoch, secret_hash, code_hash, sealed, replaces, only_key, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		o.ID, o.Person, o.Session, o.epoch, keep.Hash(o.Secret.Reveal()), r.codeHash(code), sealed, o.Replaces, only,
		db.Millis(tx.Now), db.Millis(o.ExpiresAt))
	if err != nil {
		return Offer{}, err
	}
	p, err := directory.ByID(ctx, tx, o.Person)
	if err != nil {
		return Offer{}, err
	}
	return o, audit.Record(ctx, tx, audit.Event{
		Kind: audit.RegistrationOffered, Directory: p.DirectoryID, Person: p.ID, Method: "app", IP: in.From.IP, Place: in.From.Place, Browser: in.From.Browser,
	})
}

func (in OfferIn) only() ([]byte, error) {
	if in.Key == nil {
		return []byte{}, nil
	}
	return in.Key.Bytes()
}

// room checks that there is place for one more app.
func (r *Registry) room(ctx context.Context, tx *db.Tx, in OfferIn) error {
	apps, err := r.Of(ctx, tx, in.Person)
	if err != nil {
		return err
	}
	if in.Replaces == "" {
		if len(apps) >= Most {
			return ErrFull
		}
		return nil
	}
	for _, g := range apps {
		if g.ID == in.Replaces {
			return nil
		}
	}
	return fmt.Errorf("to be replaced: %w", ErrUnknown)
}

func (o Offer) place() keep.Where {
	return keep.Where{Table: "offer", Column: "sealed", Key: o.ID, Person: o.Person}
}

// codeHash is how a typed code is found: it has 75 bits, so the hash is keyed.
func (r *Registry) codeHash(code string) []byte {
	return r.keep.MAC("offer.code", []byte(code))
}

// endOffers ends what a session offered before, and the devices that took it.
func (r *Registry) endOffers(ctx context.Context, tx *db.Tx, session string) error {
	rows, err := tx.Query(ctx, `SELECT id FROM offer WHERE session_id = $1 AND ended_at = 0 AND expires_at > $2`, session, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, id := range ids {
		if err := r.endOffer(ctx, tx, id, WhyReplaced); err != nil {
			return err
		}
	}
	return nil
}

// endOffer ends an offer that is not done, and its pending registration.
func (r *Registry) endOffer(ctx context.Context, tx *db.Tx, id, why string) error {
	_, err := tx.Exec(ctx, `UPDATE offer SET ended_at = $1, ended_why = $2, sealed = $3 WHERE id = $4 AND ended_at = 0`,
		db.Millis(tx.Now), why, []byte{}, id)
	if err != nil {
		return err
	}
	var person string
	err = tx.QueryRow(ctx, `
		UPDATE registration SET state = 'removed', removed_at = $1, removed_why = $2, code_secret = $3, push_endpoint = '', push_keys = $3
		WHERE offer_id = $4 AND state = 'pending' RETURNING person_id`,
		db.Millis(tx.Now), why, []byte{}, id).Scan(&person)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if person != "" { // the device's stream ends
		if err := r.notify.Wake(ctx, tx, PersonTopic(person)); err != nil {
			return err
		}
	}
	return r.notify.Wake(ctx, tx, OfferTopic(id))
}

// OfferTopic is woken when an offer moves on.
func OfferTopic(offer string) string { return "offer:" + offer }

// PersonTopic is woken when there is something new for a person's devices.
func PersonTopic(person string) string { return "person:" + person }

const offerColumns = `id, person_id, session_id, epoch, secret_hash, sealed, replaces, only_key, expires_at, taken_at, registration_id, confirmed_at, ended_at, ended_why`

// A row is an offer as it is stored.
type row struct {
	Offer
	secretHash, sealed, only           []byte
	expires, taken, confirmedAt, ended int64
	registration, why                  string
}

func scanOffer(s scanner) (o row, err error) {
	err = s.Scan(&o.ID, &o.Person, &o.Session, &o.epoch, &o.secretHash, &o.sealed, &o.Replaces, &o.only, &o.expires, &o.taken,
		&o.registration, &o.confirmedAt, &o.ended, &o.why)
	o.ExpiresAt = db.Time(o.expires)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrOfferUnknown
	}
	return o, err
}

// whyDone is the end of an offer that became an active registration.
const whyDone = "done"

// OfferState tells the session that made an offer how it stands, with the
// secrets as long as it waits. Another session hears [ErrOfferUnknown].
func (r *Registry) OfferState(ctx context.Context, tx *db.Tx, session, id string) (Offer, error) {
	o, err := scanOffer(tx.QueryRow(ctx, `SELECT `+offerColumns+` FROM offer WHERE id = $1 AND session_id = $2`, id, session))
	if err != nil {
		return Offer{}, err
	}
	if o.registration != "" {
		if o.Taker, err = scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM registration WHERE id = $1`, o.registration)); err != nil {
			return Offer{}, err
		}
	}
	alive, err := sameEpoch(ctx, tx, o.Person, o.epoch)
	if err != nil {
		return Offer{}, err
	}
	switch {
	case o.why == whyDone:
		o.Step = Done
	case o.ended > 0 || o.expires <= db.Millis(tx.Now) || !alive:
		o.Step = Ended
	case o.confirmedAt > 0:
		o.Step = Confirmed
	case o.taken > 0:
		o.Step = Taken
	default:
		o.Step = Waiting
		err = r.reveal(&o)
	}
	return o.Offer, err
}

// reveal opens the secrets of a waiting offer.
func (r *Registry) reveal(o *row) error {
	plain, err := r.keep.Unseal(o.sealed, o.place())
	if err != nil {
		return err
	}
	secret, code, _ := strings.Cut(string(plain), " ")
	o.Secret, o.Code = keep.NewSecret(secret), keep.NewSecret(code)
	return nil
}

// fits tells whether a secret from a QR code is this offer's. 128 bits, hashed: equal time is a courtesy.
func (o row) fits(secret string) bool { return bytes.Equal(o.secretHash, keep.Hash(secret)) }

// Confirm is the answer to "is it yours?". Yes opens the way to the test; no
// ends the offer and the registration. Only the session that made the offer
// may answer, once.
func (r *Registry) Confirm(ctx context.Context, tx *db.Tx, session, id string, yes bool, from Where) error {
	o, err := r.OfferState(ctx, tx, session, id)
	if err != nil {
		return err
	}
	if o.Step != Taken {
		return fmt.Errorf("offer is %s: %w", o.Step, ErrOfferExpired)
	}
	if !yes {
		if err := record(ctx, tx, audit.RegistrationRefused, o.Taker, from, nil); err != nil {
			return err
		}
		return r.endOffer(ctx, tx, id, WhyNotMine)
	}
	n, err := tx.Exec(ctx, `UPDATE offer SET confirmed_at = $1 WHERE id = $2 AND confirmed_at = 0 AND ended_at = 0 AND expires_at > $1`, db.Millis(tx.Now), id)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOfferExpired
	}
	if err := record(ctx, tx, audit.RegistrationConfirmed, o.Taker, from, nil); err != nil {
		return err
	}
	return r.notify.Wake(ctx, tx, OfferTopic(id))
}

// Withdraw ends an offer of a session: the person went back.
func (r *Registry) Withdraw(ctx context.Context, tx *db.Tx, session, id string) error {
	if _, err := scanOffer(tx.QueryRow(ctx, `SELECT `+offerColumns+` FROM offer WHERE id = $1 AND session_id = $2`, id, session)); err != nil {
		return err
	}
	return r.endOffer(ctx, tx, id, WhyPerson)
}

// Abandon ends a pending registration at the wish of its device.
func (r *Registry) Abandon(ctx context.Context, tx *db.Tx, g Registration) error {
	return r.endOffer(ctx, tx, g.Offer, WhyDevice)
}

// Prune removes what is over: pending registrations of dead offers at once,
// offers after a day. It is for housekeeping, every minute or so.
func (r *Registry) Prune(ctx context.Context, tx *db.Tx) error {
	now := db.Millis(tx.Now)
	_, err := tx.Exec(ctx, `
		UPDATE registration SET state = 'removed', removed_at = $1, removed_why = $2, code_secret = $3, push_endpoint = '', push_keys = $3
		WHERE state = 'pending' AND created_at <= $4`,
		now, WhyExpired, []byte{}, db.Millis(tx.Now.Add(-OfferLife)))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM offer WHERE expires_at < $1`, db.Millis(tx.Now.Add(-24*time.Hour))); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM device_nonce WHERE at < $1`, db.Millis(tx.Now.Add(-4*wire.Skew)))
	return err
}

// person returns whom an offer is for, if they may still pair.
func (o row) person(ctx context.Context, tx *db.Tx) (directory.Person, error) {
	p, err := directory.ByID(ctx, tx, o.Person)
	if errors.Is(err, directory.ErrUnknown) || err == nil && (p.Epoch != o.epoch || p.State != directory.Active) {
		return p, ErrOfferExpired
	}
	return p, err
}
