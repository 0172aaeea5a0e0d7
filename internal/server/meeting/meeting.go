// Package meeting is where two devices of one person meet, to hand over what is
// sealed for the one of them. The server keeps the pieces for ten minutes and
// can open none.
//
// The new device leaves an invitation here and shows its code, which is a hash of
// the invitation: so the old device, which scans the code, knows the invitation from
// any that the server could put in its place. Each of the two comes with a key of its
// own; whoever joins first is the old device, and there is no third. The pieces
// follow in one order, each written once: answer, parcel, receipt. Who may read a
// piece may read it again, because an answer may be lost on its way; nobody else
// ever may.
//
// No account is needed and no name is known. Instead both have to be on the same
// network: a page of somebody far away that says "scan this" gets nothing,
// even from a person who believes it. docs/move-format.md, section 4, is the
// normative text.
package meeting

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/wire"
)

// How much there may be, and for how long.
const (
	// Life is how long two devices have.
	Life = 10 * time.Minute

	mostOpen  = 500 // on the whole server
	mostOf    = 30  // begun by one network in an hour
	mostTries = 30  // codes of a network that are of no meeting, in an hour
	within    = time.Hour
)

// What can be wrong.
var (
	// ErrUnknown: there is no such meeting, or it is over.
	ErrUnknown = errors.New("no such meeting")
	// ErrNetwork: the other device is on another network.
	ErrNetwork = errors.New("the devices are on different networks")
	// ErrTaken: another device has joined.
	ErrTaken = errors.New("another device has joined")
	// ErrStep: something comes before that, or it was said in another way.
	ErrStep = errors.New("not the time for that")
	// ErrTooMany: this network tries too often, or there are too many meetings.
	ErrTooMany = errors.New("too many meetings")
)

// An EndedError says why a meeting ended: one of wire's Met… constants.
type EndedError struct{ Why string }

func (e EndedError) Error() string { return "meeting ended: " + e.Why }

// A TooManyError is [ErrTooMany], with how long to wait.
type TooManyError struct{ After time.Duration }

func (TooManyError) Error() string               { return ErrTooMany.Error() }
func (TooManyError) Is(target error) bool        { return target == ErrTooMany }
func (e TooManyError) RetryAfter() time.Duration { return e.After }

// Meetings are all of a server.
type Meetings struct{ db *db.DB }

// New makes them.
func New(d *db.DB) *Meetings { return &Meetings{d} }

// A Guest is one of the two devices: the meeting's code, the key that the device
// drew for it, and the address that it calls from.
type Guest struct{ Code, Key, IP string }

func (g Guest) key() []byte { return keep.Hash(g.Key) }

// Open leaves the invitation of a new device. Once more by the same one changes
// nothing. It returns [wire.ErrInvalid], [ErrTaken] or [ErrTooMany].
func (m *Meetings) Open(ctx context.Context, g Guest, invitation []byte) error {
	if wire.MeetingCode(invitation) != g.Code {
		return wire.ErrInvalid
	}
	if network(g.IP) == "" {
		return ErrNetwork
	}
	return m.write(ctx, func(tx *db.Tx) (refused, err error) {
		if refused, err = hit(ctx, tx, "meeting:"+limit.Net(g.IP), mostOf); refused != nil || err != nil {
			return refused, err
		}
		var open int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM meeting WHERE expires_at > $1`, db.Millis(tx.Now)).Scan(&open); err != nil {
			return nil, err
		}
		if open >= mostOpen {
			return TooManyError{time.Minute}, nil
		}
		n, err := tx.Exec(ctx, `INSERT INTO meeting (code, network, new_key, invitation, expires_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (code) DO NOTHING`,
			g.Code, network(g.IP), g.key(), invitation, db.Millis(tx.Now.Add(Life)))
		if err != nil || n == 1 {
			return nil, err
		}
		return known(ctx, tx, g)
	})
}

// known is nil for the new device of a meeting, which says again what it said.
func known(ctx context.Context, tx *db.Tx, g Guest) (refused, err error) {
	if refused, err = why(ctx, tx, g); errors.Is(refused, ErrStep) {
		return nil, err
	}
	return refused, err
}

// here finds the meeting of a guest while it lasts.
const here = `code = $1 AND network = $2 AND expires_at > $3 AND ended = '' `

func (g Guest) args(tx *db.Tx, more ...any) []any {
	return append([]any{g.Code, network(g.IP), db.Millis(tx.Now), g.key()}, more...)
}

// Join makes a guest the old device, if none was there, and returns the
// invitation. It returns [ErrUnknown], [ErrNetwork], [ErrTaken], [ErrTooMany] or
// an [EndedError].
func (m *Meetings) Join(ctx context.Context, g Guest) (invitation []byte, err error) {
	tries := "meeting-try:" + limit.Net(g.IP)
	err = m.write(ctx, func(tx *db.Tx) (refused, err error) {
		ok, after, err := limit.Peek(ctx, tx, tries, within, mostTries)
		if err != nil || !ok {
			return TooManyError{after}, err
		}
		err = tx.QueryRow(ctx, `UPDATE meeting SET old_key = $4 WHERE `+here+`
			AND new_key <> $4 AND (length(old_key) = 0 OR old_key = $4) RETURNING invitation`, g.args(tx)...).Scan(&invitation)
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		if refused, err = why(ctx, tx, g); errors.Is(refused, ErrUnknown) && err == nil {
			_, err = hit(ctx, tx, tries, mostTries)
		}
		return refused, err
	})
	return invitation, err
}

// nothing is what stays of a piece that was taken away.
var nothing = []byte{}

// pieces are how each is written, once: by whom, and after what. The last one
// takes the parcel away.
var pieces = map[string]string{
	wire.PartAnswer: `UPDATE meeting SET answer = $5 WHERE ` + here + `AND new_key = $4
		AND length(old_key) > 0 AND (length(answer) = 0 OR answer = $5)`,
	wire.PartParcel: `UPDATE meeting SET parcel = $5 WHERE ` + here + `AND old_key = $4
		AND length(answer) > 0 AND length(receipt) = 0 AND (length(parcel) = 0 OR parcel = $5)`,
	wire.PartReceipt: `UPDATE meeting SET receipt = $5, parcel = $6 WHERE ` + here + `AND new_key = $4
		AND (length(parcel) > 0 AND length(receipt) = 0 OR receipt = $5)`,
}

// Put leaves a piece for the other device. The same once more changes nothing. It
// returns [ErrStep] or what [Meetings.Join] returns.
func (m *Meetings) Put(ctx context.Context, g Guest, part string, piece []byte) error {
	if len(piece) == 0 {
		return wire.ErrInvalid
	}
	return m.write(ctx, func(tx *db.Tx) (refused, err error) {
		args := g.args(tx, piece)
		if part == wire.PartReceipt {
			args = append(args, nothing)
		}
		n, err := tx.Exec(ctx, pieces[part], args...)
		if err != nil || n == 1 {
			return nil, err
		}
		return why(ctx, tx, g)
	})
}

// left are where each piece lies for the one that it is for.
var left = map[string]string{
	wire.PartAnswer:  `SELECT answer FROM meeting WHERE ` + here + `AND old_key = $4`,
	wire.PartParcel:  `SELECT parcel FROM meeting WHERE ` + here + `AND new_key = $4`,
	wire.PartReceipt: `SELECT receipt FROM meeting WHERE ` + here + `AND old_key = $4`,
}

// Get returns a piece that the other device left, empty as long as it has not. It
// returns what [Meetings.Join] returns.
func (m *Meetings) Get(ctx context.Context, g Guest, part string) (piece []byte, err error) {
	var refused error
	err = m.db.Read(ctx, func(tx *db.Tx) error {
		err := tx.QueryRow(ctx, left[part], g.args(tx)...).Scan(&piece)
		if errors.Is(err, sql.ErrNoRows) {
			refused, err = why(ctx, tx, g)
		}
		return err
	})
	if err == nil {
		err = refused
	}
	return piece, err
}

// End is said by either of the two, with one of wire's Met… constants. Nothing is
// left then but the word.
func (m *Meetings) End(ctx context.Context, g Guest, said string) error {
	if said != wire.MetDone && said != wire.MetDigits && said != wire.MetLeft && said != wire.MetScreen {
		return wire.ErrInvalid
	}
	return m.write(ctx, func(tx *db.Tx) (refused, err error) {
		n, err := tx.Exec(ctx, `UPDATE meeting SET ended = $5, invitation = $6, answer = $6, parcel = $6, receipt = $6
			WHERE `+here+`AND (new_key = $4 OR old_key = $4)`, g.args(tx, said, nothing)...)
		if err != nil || n == 1 {
			return nil, err
		}
		return why(ctx, tx, g)
	})
}

// Prune removes what is over. It is for housekeeping.
func Prune(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM meeting WHERE expires_at <= $1`, db.Millis(tx.Now))
	return err
}

// write makes a change, or tells why it is refused; what was counted stands.
func (m *Meetings) write(ctx context.Context, fn func(tx *db.Tx) (refused, err error)) error {
	var refused error
	err := m.db.Write(ctx, func(tx *db.Tx) (err error) {
		refused, err = fn(tx)
		return err
	})
	if err == nil {
		err = refused
	}
	return err
}

// why a guest is not let do what it wants.
func why(ctx context.Context, tx *db.Tx, g Guest) (refused, err error) {
	var at, ended string
	var newKey, oldKey []byte
	err = tx.QueryRow(ctx, `SELECT network, ended, new_key, old_key FROM meeting WHERE code = $1 AND expires_at > $2`,
		g.Code, db.Millis(tx.Now)).Scan(&at, &ended, &newKey, &oldKey)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrUnknown, nil
	case err != nil:
		return nil, err
	case at != network(g.IP):
		return ErrNetwork, nil
	case ended != "":
		return EndedError{ended}, nil
	case !bytes.Equal(newKey, g.key()) && !bytes.Equal(oldKey, g.key()):
		return ErrTaken, nil
	}
	return ErrStep, nil
}

func hit(ctx context.Context, tx *db.Tx, key string, most int) (refused, err error) {
	ok, after, err := limit.Hit(ctx, tx, key, within, most)
	if err != nil || ok {
		return nil, err
	}
	return TooManyError{after}, nil
}
