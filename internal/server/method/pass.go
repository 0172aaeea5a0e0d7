package method

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
)

// What a temporary access pass can be.
const (
	PassShortest = 8 // characters
	PassLongest  = 48
	PassUsual    = 12 // 60 bits
	PassLeast    = 10 * time.Minute
	PassMost     = 30 * 24 * time.Hour
	PassLife     = time.Hour // unless said otherwise
)

// ErrPass is returned for what is no access pass of the person now: another
// one, used, ended, or not begun. They look alike on purpose.
var ErrPass = errors.New("not an access pass")

// ErrPassTerms is returned for a pass that cannot be issued so.
var ErrPassTerms = errors.New("access pass of that kind is not issued")

// ErrOwn is returned to somebody who would help themselves to more than they have.
var ErrOwn = errors.New("nobody does this for themselves")

// Passes knows the temporary access passes of people: one each, the last that
// was issued. With the password it is worth two proofs. It dies with the
// person's epoch, and is kept as a keyed hash.
type Passes struct {
	keep   *keep.Keeper
	notify *notify.Notify
}

// NewPasses knows access passes.
func NewPasses(k *keep.Keeper, n *notify.Notify) *Passes { return &Passes{k, n} }

// A PassIn says for whom a pass is issued, and how it is to be. What is zero is
// as usual.
type PassIn struct {
	Person string
	Actor  string        // id of who issues it; "" at the terminal
	Length int           // PassShortest to PassLongest
	Life   time.Duration // PassLeast to PassMost
	Start  time.Time     // now, unless later
	Once   bool          // good for one sign-in
	From   Where
}

// A Pass is what is known of a pass; not the pass itself.
type Pass struct {
	Once     bool
	StartsAt time.Time
	EndsAt   time.Time
}

// Issue makes a pass for a person; it replaces the one before. The pass is
// returned this once. It returns [ErrOwn] or [ErrPassTerms].
func (p *Passes) Issue(ctx context.Context, tx *db.Tx, in PassIn) (keep.Secret, Pass, error) {
	if in.Actor == in.Person {
		return keep.Secret{}, Pass{}, ErrOwn
	}
	made, err := in.terms(tx.Now)
	if err != nil {
		return keep.Secret{}, Pass{}, err
	}
	who, err := directory.ByID(ctx, tx, in.Person)
	if err != nil {
		return keep.Secret{}, Pass{}, err
	}
	text := drawPass(in.Length)
	_, err = tx.Exec(ctx, `
		INSERT INTO access_pass (person_id, hash, epoch, once, starts_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, epoch = excluded.epoch, once = excluded.once,
			starts_at = excluded.starts_at, ends_at = excluded.ends_at, used_at = 0`,
		in.Person, p.hash(in.Person, text), who.Epoch, bit(made.Once), db.Millis(made.StartsAt), db.Millis(made.EndsAt))
	if err != nil {
		return keep.Secret{}, Pass{}, err
	}
	e := audit.Event{Kind: audit.PassIssued, Actor: in.Actor, Method: "pass", Detail: map[string]any{
		"once": made.Once, "starts": made.StartsAt.UTC().Format(time.RFC3339), "ends": made.EndsAt.UTC().Format(time.RFC3339),
	}}
	return keep.NewSecret(text), made, tell(ctx, tx, p.notify, in.Person, e, notify.MailPassIssued, in.From)
}

// terms fills in what is usual, and checks the rest.
func (in *PassIn) terms(now time.Time) (Pass, error) {
	if in.Length == 0 {
		in.Length = PassUsual
	}
	if in.Life == 0 {
		in.Life = PassLife
	}
	if in.Start.Before(now) {
		in.Start = now
	}
	switch {
	case in.Length < PassShortest || in.Length > PassLongest:
		return Pass{}, fmt.Errorf("%w: %d characters, want %d to %d", ErrPassTerms, in.Length, PassShortest, PassLongest)
	case in.Life < PassLeast || in.Life > PassMost:
		return Pass{}, fmt.Errorf("%w: for %v, want %v to %v", ErrPassTerms, in.Life, PassLeast, PassMost)
	case in.Start.Sub(now) > PassMost:
		return Pass{}, fmt.Errorf("%w: begins in %v, want %v at most", ErrPassTerms, in.Start.Sub(now).Round(time.Hour), PassMost)
	}
	return Pass{Once: in.Once, StartsAt: in.Start, EndsAt: in.Start.Add(in.Life)}, nil
}

// passAlphabet has 32 characters that nobody takes for one another.
const passAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func drawPass(length int) string {
	b := make([]byte, length)
	rand.Read(b)
	for i := range b {
		b[i] = passAlphabet[b[i]%32]
	}
	return string(b)
}

// cleanPass forgives small letters, spaces, hyphens, full-width characters of a
// Japanese keyboard, and O, I and L for 0 and 1.
func cleanPass(typed string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		switch r = unicode.ToUpper(r); r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		case ' ', '-', '\u3000', '\u00a0':
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
}

func (p *Passes) hash(person, text string) []byte {
	return p.keep.MAC("access.pass", []byte(person), []byte(text))
}

// Of returns the pass that a person has, begun or not; ok is false for none.
func (p *Passes) Of(ctx context.Context, tx *db.Tx, person string) (pass Pass, ok bool, err error) {
	who, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return pass, false, err
	}
	rows, err := tx.Query(ctx, `
		SELECT once, starts_at, ends_at FROM access_pass
		WHERE person_id = $1 AND ends_at > $2 AND epoch = $3 AND (once = 0 OR used_at = 0)`, person, db.Millis(tx.Now), who.Epoch)
	if err != nil {
		return pass, false, err
	}
	defer rows.Close()
	for rows.Next() {
		var once, starts, ends int64
		if err := rows.Scan(&once, &starts, &ends); err != nil {
			return pass, false, err
		}
		pass, ok = Pass{Once: once != 0, StartsAt: db.Time(starts), EndsAt: db.Time(ends)}, true
	}
	return pass, ok, rows.Err()
}

// Use proves a pass, and uses it up if it is good once, or returns [ErrPass].
func (p *Passes) Use(ctx context.Context, tx *db.Tx, person, typed string, from Where) error {
	who, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `
		UPDATE access_pass SET used_at = $1
		WHERE person_id = $2 AND hash = $3 AND epoch = $4 AND starts_at <= $1 AND ends_at > $1 AND (once = 0 OR used_at = 0)`,
		db.Millis(tx.Now), person, p.hash(person, cleanPass(typed)), who.Epoch)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrPass
	}
	return tell(ctx, tx, p.notify, person, audit.Event{Kind: audit.PassUsed, Method: "pass"}, "", from)
}

// Ends tells when the last pass of a person ends or ended.
func (p *Passes) Ends(ctx context.Context, tx *db.Tx, person string) (time.Time, error) {
	var at int64
	err := tx.QueryRow(ctx, `SELECT ends_at FROM access_pass WHERE person_id = $1`, person).Scan(&at)
	return db.Time(at), err
}

// Remove voids a person's pass, if there is one.
func (p *Passes) Remove(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `DELETE FROM access_pass WHERE person_id = $1`, person)
	return err
}
