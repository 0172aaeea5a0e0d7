package wayback

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// A Change is one that waits, or an app that is being set up in the place of another.
type Change struct {
	ID      string
	What    string // wire.WaitsPassword or wire.WaitsApp
	Name    string // of the new device
	Browser string // from where it was asked for
	Place   string
	AskedAt time.Time
	ReadyAt time.Time // when it can happen; for an app that is being set up that is over
}

// Waiting lists what waits of a person, the first to happen first.
func Waiting(ctx context.Context, tx *db.Tx, p directory.Person) (all []Change, err error) {
	rows, err := tx.Query(ctx, `
		SELECT id, 'password', '', browser, place, created_at, ready_at FROM way_back WHERE person_id = $1 AND state = 'waits' AND epoch = $2
		UNION ALL
		SELECT id, 'app', name, browser, place, created_at, ready_at FROM rebind_ticket
		WHERE person_id = $1 AND state IN ('waits', 'offered') AND epoch = $2 AND expires_at > $3
		ORDER BY 7, 1`, p.ID, p.Epoch, db.Millis(tx.Now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Change
		var asked, ready int64
		if err := rows.Scan(&c.ID, &c.What, &c.Name, &c.Browser, &c.Place, &asked, &ready); err != nil {
			return nil, err
		}
		c.AskedAt, c.ReadyAt = db.Time(asked), db.Time(ready)
		all = append(all, c)
	}
	return all, rows.Err()
}

// announce tells every address of a person that something waits, each with a link
// that stops it, and wakes and knocks on every app, which have a button for that (R1).
func (s *Service) announce(ctx context.Context, tx *db.Tx, p directory.Person, template string, link brake.Link, from method.Where) error {
	link.Person = p.ID
	stop, err := brake.Make(ctx, tx, link)
	if err != nil {
		return err
	}
	err = directory.Tell(ctx, tx, s.signin.Notify, p, template, map[string]string{
		"login": p.Login, "device": link.Name, "browser": from.Browser, "place": from.Place, "ip": from.IP, "stop": stop.Reveal(),
	})
	if err != nil {
		return err
	}
	apps, err := s.signin.Apps.Of(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, g := range apps {
		if target, ok := g.Target(); ok {
			s.signin.Notify.Knock(tx, target)
		}
	}
	return s.signin.Notify.Wake(ctx, tx, registration.PersonTopic(p.ID))
}

// Stop lets a change of a person that waits never happen. It may be pressed by
// whoever is signed in as them, and on each of their apps: it only tightens.
// What has happened meanwhile it leaves.
func (s *Service) Stop(ctx context.Context, tx *db.Tx, p directory.Person, id string, from method.Where) error {
	n, err := tx.Exec(ctx, `UPDATE way_back SET state = 'stopped', password = '' WHERE id = $1 AND person_id = $2 AND state = 'waits'`, id, p.ID)
	if err != nil {
		return err
	}
	e := audit.Event{Kind: audit.WayBackStopped, Directory: p.DirectoryID, Person: p.ID, IP: from.IP, Place: from.Place, Browser: from.Browser}
	if n == 0 {
		t, err := s.stopTicket(ctx, tx, p, id)
		if err != nil || t.ID == "" {
			return err
		}
		e.Kind, e.Detail = audit.RestoreStopped, map[string]any{"device": t.Name}
	}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.signin.Notify.Wake(ctx, tx, registration.PersonTopic(p.ID))
}

// StopBy is [Service.Stop] for who has proven to be the person of a ticket.
func (s *Service) StopBy(ctx context.Context, tx *db.Tx, id string, by signin.Session, from registration.Where) error {
	p, err := directory.ByID(ctx, tx, by.Person)
	if err != nil {
		return err
	}
	return s.Stop(ctx, tx, p, id, method.Where(from))
}

// Wire writes it for an app.
func (c Change) Wire() wire.Waiting {
	return wire.Waiting{ID: c.ID, What: c.What, Name: c.Name, Browser: c.Browser, Place: c.Place, AskedAt: db.Millis(c.AskedAt), ReadyAt: db.Millis(c.ReadyAt)}
}
