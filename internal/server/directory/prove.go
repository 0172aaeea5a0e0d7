package directory

import (
	"context"
	"crypto/rand"
	"errors"

	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/otp"
)

// Send sends a code to a confirmed address or number of a person, which says in the
// sign-in that in.Session names that they read it. A new code voids the one
// before. It returns a *[TooOften].
func (a *Addresses) Send(ctx context.Context, tx *db.Tx, in AddressIn, to Address) (refused, err error) {
	p, err := ByID(ctx, tx, in.Person)
	if err != nil {
		return nil, err
	}
	if refused, err := countSent(ctx, tx, in, to.Text); refused != nil || err != nil {
		return refused, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM address WHERE session_id = $1 AND confirmed_at = 0`, in.Session); err != nil {
		return nil, err
	}
	row, code := rand.Text(), DrawCode()
	_, err = tx.Exec(ctx, `
		INSERT INTO address (id, person_id, kind, address, session_id, code, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		row, p.ID, to.Kind, to.Text, in.Session, a.hash(row, code), db.Millis(tx.Now.Add(AddressLife)), db.Millis(tx.Now))
	if err != nil {
		return nil, err
	}
	if to.Kind == ByPhone {
		return nil, a.notify.Text(ctx, tx, notify.Text{Person: p.ID, Number: to.Text, Locale: p.Locale, Code: code})
	}
	return nil, a.notify.Mail(ctx, tx, notify.Mail{
		Person: p.ID, Address: to.Text, Locale: p.Locale, Zone: p.Zone, Template: in.Letter,
		Data: with(in.From, "login", p.Login, "code", code),
	})
}

// Sent is the address that a sign-in has sent a code to which can be typed
// still; else [ErrAddress].
func (a *Addresses) Sent(ctx context.Context, tx *db.Tx, session string) (Address, error) {
	return scanAddress(tx.QueryRow(ctx, `
		SELECT `+addressColumns+` FROM address WHERE session_id = $1 AND confirmed_at = 0 AND expires_at > $2 AND tries < $3`,
		session, db.Millis(tx.Now), addressTries))
}

// Read takes the code that [Addresses.Send] sent, and tells the address that it was
// sent to. It is good once, and can be tried five times, both by the statement
// that compares. It returns [ErrAddressCode]; what was counted has to stand.
func (a *Addresses) Read(ctx context.Context, tx *db.Tx, session, typed string) (sent Address, refused, err error) {
	sent, err = a.Sent(ctx, tx, session)
	if errors.Is(err, ErrAddress) {
		return sent, ErrAddressCode, nil
	} else if err != nil {
		return sent, nil, err
	}
	var right int
	_, err = scanAddress(tx.QueryRow(ctx, `
		UPDATE address SET tries = tries + 1, expires_at = CASE WHEN code = $1 THEN 0 ELSE expires_at END
		WHERE id = $2 AND confirmed_at = 0 AND expires_at > $3 AND tries < $4
		RETURNING `+addressColumns+`, CASE WHEN code = $1 THEN 1 ELSE 0 END`,
		a.hash(sent.ID, otp.Typed(typed)), sent.ID, db.Millis(tx.Now), addressTries), &right)
	switch {
	case errors.Is(err, ErrAddress), err == nil && right == 0:
		return sent, ErrAddressCode, nil
	}
	return sent, nil, err
}
