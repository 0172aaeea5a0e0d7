package admin

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
)

const (
	reportLasts = 30 * 24 * time.Hour
	mostReports = 200 // looked at for the list of those that wait
)

// A Report is something that its person said was not theirs, until somebody
// has seen to it.
type Report struct {
	Event  audit.Event
	Person directory.Person
	Shared int // how many people reported the same network in that time, this one too
}

// Open returns the reports of a directory that nobody has seen to, newest first.
func Open(ctx context.Context, tx *db.Tx, in string) ([]Report, error) {
	events, err := audit.Reported(ctx, tx, in, tx.Now.Add(-reportLasts), mostReports)
	if err != nil {
		return nil, err
	}
	settled, err := settledOf(ctx, tx, in)
	if err != nil {
		return nil, err
	}
	sharing := map[string][]string{}
	for _, e := range events {
		if net := Network(e); net != "" && !slices.Contains(sharing[net], e.Person) {
			sharing[net] = append(sharing[net], e.Person)
		}
	}
	var open []Report
	for _, e := range events {
		if settled[e.ID] {
			continue
		}
		p, err := directory.ByID(ctx, tx, e.Person)
		if errors.Is(err, directory.ErrUnknown) {
			continue // gone meanwhile
		} else if err != nil {
			return nil, err
		}
		open = append(open, Report{e, p, len(sharing[Network(e)])})
	}
	return open, nil
}

// ReportsOf returns those of one person.
func ReportsOf(ctx context.Context, tx *db.Tx, p directory.Person) ([]Report, error) {
	open, err := Open(ctx, tx, p.DirectoryID)
	return slices.DeleteFunc(open, func(r Report) bool { return r.Person.ID != p.ID }), err
}

// Network is where a reported sign-in came from, as people share it. Who pulls
// the brake of a mail comes from a network of their own.
func Network(e audit.Event) string {
	if e.Kind == audit.PersonBraked {
		return ""
	}
	return limit.Net(e.IP)
}

func settledOf(ctx context.Context, tx *db.Tx, in string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT event_id FROM report_settled WHERE directory_id = $1 AND at > $2`, in, db.Millis(tx.Now.Add(-reportLasts)))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids[id] = true
	}
	return ids, rows.Err()
}

// Settle says that the reports of a person have been seen to. It tells how
// many there were.
func (d *Desk) Settle(ctx context.Context, tx *db.Tx, by By, person string) (int, error) {
	did, err := d.begin(ctx, tx, by, person, Settle)
	if err != nil {
		return 0, err
	}
	open, err := ReportsOf(ctx, tx, did.subject)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, r := range open {
		_, err := tx.Exec(ctx, `INSERT INTO report_settled (event_id, directory_id, person_id, by_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
			r.Event.ID, did.subject.DirectoryID, did.subject.ID, did.actor.ID, db.Millis(tx.Now))
		if err != nil {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, d.done(ctx, tx, did, audit.AdminSettled, "", map[string]any{"count": n})
}

// PruneSettled forgets what no list asks for any more.
func PruneSettled(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, `DELETE FROM report_settled WHERE at < $1`, db.Millis(tx.Now.Add(-2*reportLasts)))
	return err
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM report_settled WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
