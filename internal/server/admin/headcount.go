package admin

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
)

// A Headcount tells how many people a directory has, and how they are set up.
type Headcount struct {
	In string // the directory
	directory.Counts
	WithApp     int       // have an authenticator app
	WithPasskey int       // a passkey
	WithKey     int       // a security key
	At          time.Time // when very many were counted; zero for just now
}

// Many is from how many people on a directory is counted ahead by [Recount], not
// while somebody waits for a page; for fewer it takes some milliseconds.
const Many = 20_000

// CountLasts is how long a headcount of very many people is good for.
const CountLasts = 10 * time.Minute

// HeadcountOf is the headcount of a directory. Very many people who came at once
// are counted here until they have been counted ahead.
func HeadcountOf(ctx context.Context, tx *db.Tx, in string) (Headcount, error) {
	c, at := Headcount{In: in}, int64(0)
	err := tx.QueryRow(ctx, `SELECT people, suspended, not_set_up, with_app, with_passkey, with_key, at FROM headcount WHERE directory_id = $1`, in).
		Scan(&c.People, &c.Suspended, &c.NotSetUp, &c.WithApp, &c.WithPasskey, &c.WithKey, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return count(ctx, tx, in)
	}
	c.At = db.Time(at)
	return c, err
}

func count(ctx context.Context, tx *db.Tx, in string) (Headcount, error) {
	c := Headcount{In: in}
	var err error
	if c.Counts, err = directory.Count(ctx, tx, in); err != nil {
		return c, err
	}
	if c.WithApp, err = registration.PeopleWith(ctx, tx, in); err != nil {
		return c, err
	}
	c.WithPasskey, c.WithKey, err = method.PeopleWith(ctx, tx, in)
	return c, err
}

// Recount counts the people of each directory that has very many, unless this or
// another node has done so less than [CountLasts] ago.
func Recount(ctx context.Context, d *db.DB) error {
	var due bool
	var counted []Headcount
	err := d.Read(ctx, func(tx *db.Tx) (err error) {
		if due, err = countIsDue(ctx, tx); err != nil || !due {
			return err
		}
		counted, err = countMany(ctx, tx)
		return err
	})
	if err != nil || !due {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error { return keepCounts(ctx, tx, counted) })
}

func countIsDue(ctx context.Context, tx *db.Tx) (bool, error) {
	var newest int64
	err := tx.QueryRow(ctx, `SELECT COALESCE(MAX(at), 0) FROM headcount`).Scan(&newest)
	return newest <= db.Millis(tx.Now.Add(-CountLasts)), err
}

func countMany(ctx context.Context, tx *db.Tx) (counted []Headcount, err error) {
	large, err := directory.WithPeople(ctx, tx, Many)
	if err != nil {
		return nil, err
	}
	for _, in := range large {
		c, err := count(ctx, tx, in)
		if err != nil {
			return nil, err
		}
		c.At = tx.Now
		counted = append(counted, c)
	}
	return counted, nil
}

// keepCounts writes down what was counted, and forgets directories that no longer have so many people.
func keepCounts(ctx context.Context, tx *db.Tx, counted []Headcount) error {
	for _, c := range counted {
		_, err := tx.Exec(ctx, `
			INSERT INTO headcount (directory_id, people, suspended, not_set_up, with_app, with_passkey, with_key, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (directory_id) DO UPDATE SET people = $2, suspended = $3, not_set_up = $4, with_app = $5, with_passkey = $6, with_key = $7, at = $8`,
			c.In, c.People, c.Suspended, c.NotSetUp, c.WithApp, c.WithPasskey, c.WithKey, db.Millis(c.At))
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `DELETE FROM headcount WHERE at <= $1`, db.Millis(tx.Now.Add(-CountLasts)))
	return err
}
