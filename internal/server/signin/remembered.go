package signin

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
)

// A RememberedBrowser is one in which its person, who had just given two proofs,
// asked not to be asked for the second one for some days. It is found by the token
// of the known-browser cookie and turns with it. It is no proof: package policy
// says what the password alone is then enough for, and that is little.
//
// It is void with the epoch, like all that a credential has opened, when its days
// are over, and at once when the directory no longer allows it, or for fewer days.
type RememberedBrowser struct {
	ID                           string // opens nothing
	Browser, Place, IP           string
	CreatedAt, SeenAt, ExpiresAt time.Time
}

// uneasyGuesses are the wrong passwords in a person's known browsers after which
// whoever knows one is not taken for them.
const uneasyGuesses = 3

// remembers tells policy of the browser that asks now. Of an attempt that is only
// looked at no token is known, and nothing is remembered: it counts in the step that
// proves the password, and never later.
func (s *Service) remembers(ctx context.Context, tx *db.Tx, a *Attempt, state *policy.State) error {
	if state.Policy.RememberBrowser == 0 {
		return nil
	}
	state.Staff = a.person.Role != directory.Member
	err := s.uneasy(ctx, tx, a, state)
	if err != nil || a.Browser.Known == "" {
		return err
	}
	var n int
	err = tx.QueryRow(ctx, `
		SELECT count(*) FROM remembered_browser WHERE hash = $1 AND person_id = $2 AND epoch = $3 AND expires_at > $4 AND created_at > $5`,
		keep.Hash(a.Browser.Known), a.person.ID, a.person.Epoch, db.Millis(tx.Now), allowedSince(tx.Now, state.Policy)).Scan(&n)
	state.Remembered = n > 0
	return err
}

// allowedSince is when a browser must have been remembered to be so still.
func allowedSince(now time.Time, p directory.Policy) int64 {
	return db.Millis(now.Add(-p.RememberFor()))
}

// uneasy tells whether something is wrong these minutes: changes are frozen, the
// person's phones are silent or this network was reported, or somebody has
// guessed passwords in a browser of theirs.
func (s *Service) uneasy(ctx context.Context, tx *db.Tx, a *Attempt, state *policy.State) error {
	until, err := brake.Until(ctx, tx, a.person.ID)
	if err != nil {
		return err
	}
	alarmed, err := s.Approvals.Alarmed(ctx, tx, a.person.ID, a.Browser.Net)
	if err != nil {
		return err
	}
	calm, _, err := limit.Peek(ctx, tx, a.knownKey(), s.Limits.Window, uneasyGuesses)
	state.Uneasy = !until.IsZero() || alarmed || !calm
	return err
}

// remember has this browser remembered, which its person ticked with their second
// proof, and tells every address of theirs. The browser is known by now, by token.
func (s *Service) remember(ctx context.Context, tx *db.Tx, a Attempt, token string) error {
	p, b, days := a.person, a.Browser, a.Directory.Policy.RememberBrowser
	_, err := tx.Exec(ctx, `
		INSERT INTO remembered_browser (id, hash, person_id, epoch, browser, place, ip, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
		ON CONFLICT (hash, person_id) DO UPDATE SET id = excluded.id, epoch = excluded.epoch, browser = excluded.browser, place = excluded.place,
			ip = excluded.ip, created_at = excluded.created_at, seen_at = excluded.seen_at, expires_at = excluded.expires_at`,
		rand.Text(), keep.Hash(token), p.ID, p.Epoch, b.Agent(), b.Place, b.IP, db.Millis(tx.Now), db.Millis(tx.Now.Add(a.Directory.Policy.RememberFor())))
	if err != nil {
		return err
	}
	e := a.event(audit.BrowserRemembered, strings.Join(a.Proofs, " "))
	e.Detail = map[string]any{"days": days}
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	stop, err := brake.Make(ctx, tx, brake.Link{Person: p.ID, What: brake.Browser})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.Notify, p, notify.MailRemembered, map[string]string{
		"login": p.Login, "days": strconv.Itoa(days), "browser": b.Agent(), "place": b.Place, "ip": b.IP, "stop": stop.Reveal(),
	})
}

// RememberedBy lists a person's remembered browsers, the last used first.
func RememberedBy(ctx context.Context, tx *db.Tx, person string) (all []RememberedBrowser, err error) {
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return nil, err
	}
	in, err := directory.Get(ctx, tx, p.DirectoryID)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT id, browser, place, ip, created_at, seen_at, expires_at FROM remembered_browser
		WHERE person_id = $1 AND epoch = $2 AND expires_at > $3 AND created_at > $4 ORDER BY seen_at DESC, id`,
		person, p.Epoch, db.Millis(tx.Now), allowedSince(tx.Now, in.Policy))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r RememberedBrowser
		var created, seen, expires int64
		if err := rows.Scan(&r.ID, &r.Browser, &r.Place, &r.IP, &created, &seen, &expires); err != nil {
			return nil, err
		}
		r.CreatedAt, r.SeenAt, r.ExpiresAt = db.Time(created), db.Time(seen), db.Time(expires)
		if last := r.CreatedAt.Add(in.Policy.RememberFor()); last.Before(r.ExpiresAt) {
			r.ExpiresAt = last
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// ForgetBrowser has a browser of whose session this is asked for both proofs
// again; "" means all of them. One that is not there changes nothing.
func ForgetBrowser(ctx context.Context, tx *db.Tx, by Session, id string, from method.Where) error {
	n, err := tx.Exec(ctx, `DELETE FROM remembered_browser WHERE person_id = $1 AND (id = $2 OR $2 = '')`, by.Person, id)
	if err != nil || n == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: audit.BrowserForgotten, Directory: by.Directory, Person: by.Person,
		IP: from.IP, Place: from.Place, Browser: from.Browser, Detail: map[string]any{"count": n}})
}

// forgetBrowsers forgets all, where something else says why.
func forgetBrowsers(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `DELETE FROM remembered_browser WHERE person_id = $1`, person)
	return err
}
