package wayback

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// TicketLife is how long a ticket leads to the pages of the sign-in service.
const TicketLife = 15 * time.Minute

// comeBack is how long after its wait a ticket can be gone on with.
const comeBack = 72 * time.Hour

// A Ticket leads one device on which an account came back by its name to a
// registration, once.
type Ticket struct {
	ID        string
	Name      string // of the device, as it says
	Platform  string
	State     string // one of wire's Ticket… constants
	ReadyAt   time.Time
	ExpiresAt time.Time
	Offer     string // the last that was made for it, or ""

	person    directory.Person // zero for a subject nobody has
	epoch     int64
	public    []byte // the device key
	challenge []byte
	signedBy  []byte // the public restore key that has signed it
}

// Key is the device's key, by which its calls are signed.
func (t Ticket) Key() (*ecdsa.PublicKey, error) { return wire.ReadKey(t.public) }

// TicketTopic is woken when a ticket is another than before.
func TicketTopic(id string) string { return "ticket:" + id }

// session is what stands for a session in the offers made for a ticket: who may go
// on with them is who has proven to be its person (see [Service.Plan]).
func (t Ticket) session() string { return "ticket " + t.ID }

// Open gives a ticket to a device. Whether anybody has the subject it does not
// tell (A8). It returns [wire.ErrInvalid], [wire.ErrKey], [wire.ErrSignature] or a
// *signin.TooMany.
func (s *Service) Open(ctx context.Context, in wire.Rebind, from registration.Where) (out wire.Ticket, err error) {
	key, err := in.Verify(s.signin.Apps.Issuer())
	if err != nil {
		return out, err
	}
	public, err := key.Bytes()
	if err != nil {
		return out, err
	}
	var refused error
	err = s.signin.DB.Write(ctx, func(tx *db.Tx) error {
		if refused, err = count(ctx, tx, []budget{{"rebind-net:" + limit.Net(from.IP), 60}}); refused != nil || err != nil {
			return err
		}
		p, err := directory.ByID(ctx, tx, in.Subject)
		if err != nil && !errors.Is(err, directory.ErrUnknown) {
			return err
		}
		challenge := make([]byte, sha256.Size)
		rand.Read(challenge)
		ends := tx.Now.Add(TicketLife)
		out = wire.Ticket{Ticket: rand.Text(), Challenge: base64.RawURLEncoding.EncodeToString(challenge), ExpiresAt: db.Millis(ends)}
		_, err = tx.Exec(ctx, `
			INSERT INTO rebind_ticket (id, person_id, epoch, public_key, name, platform, challenge, state, ip, place, browser, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12)`,
			out.Ticket, p.ID, p.Epoch, public, in.Name, in.Platform, challenge, from.IP, from.Place, from.Browser, db.Millis(tx.Now), db.Millis(ends))
		return err
	})
	return out, errors.Join(err, refused)
}

// waited tells whether its wait is over: also of one that has been offered since.
func (t Ticket) waited(now time.Time) bool { return !t.ReadyAt.IsZero() && !now.Before(t.ReadyAt) }

const ticketColumns = `id, person_id, epoch, public_key, name, platform, challenge, signed_by, state, ready_at, offer_id, expires_at`

// TicketOf returns a ticket as it stands, or [ErrNone].
func (s *Service) TicketOf(ctx context.Context, tx *db.Tx, id string) (Ticket, error) {
	t, err := scanTicket(tx.QueryRow(ctx, `SELECT `+ticketColumns+` FROM rebind_ticket WHERE id = $1`, id))
	if err != nil {
		return t, err
	}
	if t.State == wire.TicketDone || t.State == wire.TicketStopped {
		return t, nil
	}
	if t.person.ID != "" {
		t.person, err = directory.ByID(ctx, tx, t.person.ID)
		if err != nil && !errors.Is(err, directory.ErrUnknown) {
			return t, err
		}
	}
	switch {
	case !tx.Now.Before(t.ExpiresAt), t.person.Epoch != t.epoch:
		t.State = wire.TicketOver
	case t.State == wire.TicketWaits && t.waited(tx.Now):
		t.State = wire.TicketReady
	}
	return t, nil
}

func scanTicket(row scanner) (t Ticket, err error) {
	var ready, expires int64
	err = row.Scan(&t.ID, &t.person.ID, &t.epoch, &t.public, &t.Name, &t.Platform, &t.challenge, &t.signedBy, &t.State, &ready, &t.Offer, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return t, ErrNone
	}
	t.ReadyAt, t.ExpiresAt = db.Time(ready), db.Time(expires)
	return t, err
}

// Describe tells the device of a ticket how it stands, with the offer to take.
func (s *Service) Describe(ctx context.Context, tx *db.Tx, t Ticket) (wire.TicketState, error) {
	out := wire.TicketState{State: t.State, ExpiresAt: db.Millis(t.ExpiresAt), ServerTime: db.Millis(tx.Now)}
	switch t.State {
	case wire.TicketWaits:
		out.ReadyAt = db.Millis(t.ReadyAt)
	case wire.TicketOffered:
		o, err := s.OfferOf(ctx, tx, t)
		if err != nil {
			return out, err
		}
		if o.Step == registration.Waiting {
			out.Offer = &wire.OfferForOnly{Offer: o.ID, Secret: o.Secret.Reveal()}
		}
	}
	return out, nil
}

// OfferOf is the offer that was made last for a ticket.
func (s *Service) OfferOf(ctx context.Context, tx *db.Tx, t Ticket) (registration.Offer, error) {
	return s.signin.Apps.OfferState(ctx, tx, t.session(), t.Offer)
}

// Sign keeps a restore signature if it is by the restore key of an app of the
// person's. Whether it is, only the pages tell, to who has proven who they are.
func (s *Service) Sign(ctx context.Context, tx *db.Tx, t Ticket, signature wire.Restored) error {
	keys, err := s.restoreKeys(ctx, tx, t.person.ID)
	if err != nil {
		return err
	}
	device, err := t.Key()
	if err != nil {
		return err
	}
	jwk, err := wire.NewJWK(device)
	if err != nil {
		return err
	}
	signed := wire.Restore{Issuer: s.signin.Apps.Issuer(), Subject: t.person.ID, Ticket: t.ID,
		Challenge: base64.RawURLEncoding.EncodeToString(t.challenge), Key: jwk}
	for _, key := range keys {
		if signed.Verify(key, signature) != nil {
			continue
		}
		public, err := key.Bytes()
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE rebind_ticket SET signed_by = $1 WHERE id = $2`, public, t.ID)
		return err
	}
	return nil
}

// restoreKeys are those that the apps of a person have sent.
func (s *Service) restoreKeys(ctx context.Context, tx *db.Tx, person string) (all []*ecdsa.PublicKey, err error) {
	apps, err := s.signin.Apps.Of(ctx, tx, person)
	for _, g := range apps {
		key, err := g.Restore()
		if err != nil {
			return nil, err
		}
		if key != nil {
			all = append(all, key)
		}
	}
	return all, err
}

// signed tells whether the backup was opened on the ticket's device (N20): by a key
// that an app of the person's stands for now.
func (s *Service) signed(ctx context.Context, tx *db.Tx, t Ticket) (bool, error) {
	if len(t.signedBy) == 0 {
		return false, nil
	}
	keys, err := s.restoreKeys(ctx, tx, t.person.ID)
	for _, key := range keys {
		if public, err := key.Bytes(); err != nil || bytes.Equal(public, t.signedBy) {
			return err == nil, err
		}
	}
	return false, err
}

// led tells whether a device on which the backup of its person was opened has
// led to a way back.
func (s *Service) led(ctx context.Context, tx *db.Tx, w Way) (bool, error) {
	if w.ticket == "" {
		return false, nil
	}
	t, err := s.TicketOf(ctx, tx, w.ticket)
	switch {
	case errors.Is(err, ErrNone):
		return false, nil
	case err != nil:
		return false, err
	case t.person.ID != w.person.ID || t.State == wire.TicketOver || t.State == wire.TicketStopped:
		return false, nil
	}
	return s.signed(ctx, tx, t)
}
