package oauth

import (
	"context"
	"iter"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

// mustAsk tells whether the person must be asked before the application gets
// what it wants: never for the directory's own applications, always when the
// application wishes so, else when it wants more than they allowed before.
//
// A native application is asked for each time: any program on the device can
// use its name and its loopback address (RFC 8252 §8.6). So is the authenticator of
// another server, whose name is that of ours.
func (s *Service) mustAsk(ctx context.Context, r *Request, person string) (bool, error) {
	if r.prompts(promptConsent) || r.Client.Kind == Native || r.Client.Guest {
		return true, nil
	}
	if r.Client.Trusted {
		return false, nil
	}
	allowed, err := s.allowed(ctx, person, r.Client.ID)
	return !allowed.Covers(r.Scopes), err
}

func (s *Service) allowed(ctx context.Context, person, client string) (Scopes, error) {
	var allowed Scopes
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		allowed = nil
		rows, err := tx.Query(ctx, `SELECT scope FROM consent WHERE person_id = $1 AND client_id = $2`, person, client)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var v string
			if err := rows.Scan(&v); err != nil {
				return err
			}
			allowed = append(allowed, v)
		}
		return rows.Err()
	})
	return allowed, err
}

// remember writes down what a person has allowed.
func remember(ctx context.Context, tx *db.Tx, person, client string, scopes Scopes) error {
	for _, v := range scopes {
		_, err := tx.Exec(ctx, `INSERT INTO consent (person_id, client_id, scope, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (person_id, client_id, scope) DO UPDATE SET at = excluded.at`, person, client, v, db.Millis(tx.Now))
		if err != nil {
			return err
		}
	}
	return nil
}

// An Allowed is an application a person lets use their account.
type Allowed struct {
	Client, Name, Host, Audience string
	Scopes                       Scopes
	At                           time.Time // when the last of the scopes was allowed
}

// AllowedBy yields the applications a person has allowed, by name.
func AllowedBy(ctx context.Context, tx *db.Tx, person string) iter.Seq2[Allowed, error] {
	return func(yield func(Allowed, error) bool) {
		rows, err := tx.Query(ctx, `
			SELECT c.id, c.name, c.host, c.audience, o.scope, o.at FROM consent o JOIN client c ON c.id = o.client_id
			WHERE o.person_id = $1 ORDER BY c.name, c.id, o.at, o.scope`, person)
		if err != nil {
			yield(Allowed{}, err)
			return
		}
		defer rows.Close()
		var a Allowed
		for rows.Next() {
			var next Allowed
			var scope string
			var at int64
			if err := rows.Scan(&next.Client, &next.Name, &next.Host, &next.Audience, &scope, &at); err != nil {
				yield(Allowed{}, err)
				return
			}
			if next.Client != a.Client {
				if a.Client != "" && !yield(a, nil) {
					return
				}
				a = next
			}
			a.Scopes, a.At = append(a.Scopes, scope), db.Time(at)
		}
		if err := rows.Err(); err != nil {
			yield(Allowed{}, err)
		} else if a.Client != "" {
			yield(a, nil)
		}
	}
}

// TakeBack undoes what a person has allowed an application: it is asked about
// again, and its grants end.
func (s *Service) TakeBack(ctx context.Context, person, client string, from From) error {
	c, err := s.registered(ctx, client)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `DELETE FROM consent WHERE person_id = $1 AND client_id = $2`, person, client)
		if err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE oauth_grant SET revoked_at = $1, revoked_why = 'consent'
			WHERE person_id = $2 AND client_id = $3 AND revoked_at = 0`, db.Millis(tx.Now), person, client)
		if err != nil {
			return err
		}
		p, err := directory.ByID(ctx, tx, person)
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, from.event(audit.OAuthRevoked, whose{p.ID, p.DirectoryID}, c, "consent"))
	})
}

// A whose is a person, and the directory whose log it stands in.
type whose struct{ Person, Directory string }

// event is an audit event of a person and an application, which people know by
// its name and admins find by its id.
func (f From) event(kind audit.Kind, of whose, c *Client, why string) audit.Event {
	e := audit.Event{Kind: kind, Person: of.Person, Directory: of.Directory, App: c.Name, IP: f.IP, Place: f.Place, Browser: f.Browser, Correlation: f.Correlation,
		Detail: map[string]any{"client": c.ID}}
	if why != "" {
		e.Detail["why"] = why
	}
	return e
}
