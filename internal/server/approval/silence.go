package approval

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

// Knocking. Every request stands in the pending list; some also knock on the
// phone. Requests from known browsers always do. Those from unknown ones do
// not while there is silence, when three have knocked within the hour, or when
// they come from a place where the person has never signed in and something
// went wrong before.
//
// Silence begins with a strike: a wrong number, a report, a third denial
// within ten minutes, each signed by the person's own app. So whoever only
// asks cannot silence anybody, and who asks too often falls silent by the
// person's own answers. It lasts a minute, doubling with each strike to a day,
// and ends with a completed sign-in in a known browser.
const (
	knockSpan   = time.Hour
	knockMost   = 3 // from unknown browsers in knockSpan
	silenceLow  = time.Minute
	silenceHigh = 24 * time.Hour
	denialSpan  = 10 * time.Minute
	denialMost  = 3 // the third in denialSpan is a strike
	blockFor    = 24 * time.Hour
)

// A gate is a person's row in approval_gate.
type gate struct {
	strikes     int
	silentUntil int64
}

// turn makes transactions about requests of one person take turns, and reads
// their strikes.
func turn(ctx context.Context, tx *db.Tx, person string) (g gate, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO approval_gate (person_id, turn) VALUES ($1, 1)
		ON CONFLICT (person_id) DO UPDATE SET turn = approval_gate.turn + 1
		RETURNING strikes, silent_until`, person).Scan(&g.strikes, &g.silentUntil)
	return g, err
}

// knock decides whether a request knocks, and has it done after the commit.
func (a *Approvals) knock(ctx context.Context, tx *db.Tx, q *row, g gate) (bool, error) {
	if q.only != "" {
		return false, nil // a test is asked of an open app; nobody has no phone
	}
	if q.known == 0 {
		odd, err := a.odd(ctx, tx, q, g)
		if err != nil || odd {
			return false, err
		}
	}
	apps, err := a.registry.Of(ctx, tx, q.person)
	if err != nil {
		return false, err
	}
	knocked := false
	for _, app := range apps {
		if target, ok := app.Target(); ok && q.visible(app) {
			a.notify.Knock(tx, target)
			knocked = true
		}
	}
	return knocked, nil
}

// odd tells whether a request from an unknown browser had better wait in the list.
func (a *Approvals) odd(ctx context.Context, tx *db.Tx, q *row, g gate) (bool, error) {
	if g.silentUntil > q.asked {
		return true, nil
	}
	var knocks, here int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM approval WHERE person_id = $1 AND knocked = 1 AND known = 0 AND asked_at > $2`,
		q.person, db.Millis(tx.Now.Add(-knockSpan))).Scan(&knocks)
	if err != nil || knocks >= knockMost {
		return true, err
	}
	if g.strikes == 0 || q.place == "" {
		return false, nil
	}
	err = tx.QueryRow(ctx, `SELECT count(*) FROM approval WHERE person_id = $1 AND state = 'used' AND place = $2`, q.person, q.place).Scan(&here)
	return here == 0, err
}

// strike counts one toward silence and begins it.
func (a *Approvals) strike(ctx context.Context, tx *db.Tx, q *row) error {
	var n int
	err := tx.QueryRow(ctx, `UPDATE approval_gate SET strikes = strikes + 1 WHERE person_id = $1 RETURNING strikes`, q.person).Scan(&n)
	if err != nil {
		return err
	}
	d := silence(n)
	if _, err := tx.Exec(ctx, `UPDATE approval_gate SET silent_until = $1 WHERE person_id = $2`, db.Millis(tx.Now.Add(d)), q.person); err != nil {
		return err
	}
	return a.record(ctx, tx, q, audit.ApprovalSilenced, map[string]any{"minutes": int(d / time.Minute)})
}

// silence is how long the n-th strike silences.
func silence(n int) time.Duration {
	d := silenceLow
	for i := 1; i < n && d < silenceHigh; i++ {
		d *= 2
	}
	return min(d, silenceHigh)
}

// Alarmed tells whether something about a person's sign-ins is wrong now: their
// phones are silent to strangers, or this network was reported.
func (a *Approvals) Alarmed(ctx context.Context, tx *db.Tx, person, net string) (bool, error) {
	now := db.Millis(tx.Now)
	var n int
	err := tx.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM approval_gate WHERE person_id = $1 AND silent_until > $2) +
			(SELECT count(*) FROM network_block WHERE person_id = $1 AND net = $3 AND until > $2)`, person, now, net).Scan(&n)
	return n > 0, err
}

// EndSilence forgets the strikes of a person: a sign-in in a known browser was
// completed. [Approvals.Use] does it for approvals; sign-ins by code call it.
func (a *Approvals) EndSilence(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `UPDATE approval_gate SET strikes = 0, silent_until = 0 WHERE person_id = $1`, person)
	return err
}

// denied counts a denial that was just recorded; the third in ten minutes is a strike.
func (a *Approvals) denied(ctx context.Context, tx *db.Tx, q *row) error {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM approval WHERE person_id = $1 AND state = 'denied' AND kind <> $2 AND decided_at > $3`,
		q.person, wire.KindTest, db.Millis(tx.Now.Add(-denialSpan))).Scan(&n)
	if err != nil || n < denialMost {
		return err
	}
	return a.strike(ctx, tx, q)
}

// report strikes, blocks the network and tells everybody who should know.
func (a *Approvals) report(ctx context.Context, tx *db.Tx, q *row) error {
	if err := a.strike(ctx, tx, q); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO network_block (person_id, net, known, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person_id, net) DO UPDATE SET until = excluded.until,
			known = CASE WHEN network_block.known > excluded.known THEN network_block.known ELSE excluded.known END`,
		q.person, q.net, q.known, db.Millis(tx.Now.Add(blockFor)))
	if err != nil {
		return err
	}
	if err := a.mailReport(ctx, tx, q); err != nil {
		return err
	}
	if err := a.mailAdmins(ctx, tx, q); err != nil || a.reported == nil {
		return err
	}
	return a.reported(ctx, tx, Report{
		Person: q.person, Directory: q.directory, Attempt: q.attempt, AskedAt: db.Time(q.asked),
		App: q.app, IP: q.ip, Place: q.place, Browser: q.browser,
	})
}

func (a *Approvals) mailReport(ctx context.Context, tx *db.Tx, q *row) error {
	p, err := personOf(ctx, tx, q)
	if err != nil {
		return err
	}
	letter := notify.MailReported
	if q.kind == wire.KindNewPhone {
		letter = notify.MailNewPhone
	}
	return directory.Tell(ctx, tx, a.notify, p, letter,
		map[string]string{"login": p.Login, "app": q.app, "device": q.device, "browser": q.browser, "place": q.place, "ip": q.ip})
}

// mailAdmins tells who manages the person's organisation what was reported.
func (a *Approvals) mailAdmins(ctx context.Context, tx *db.Tx, q *row) error {
	whose, err := personOf(ctx, tx, q)
	if err != nil {
		return err
	}
	var to []directory.Person
	for p, err := range directory.Admins(ctx, tx, q.directory) {
		if err != nil {
			return err
		}
		if p.Email != "" && p.ID != whose.ID { // the person has a letter of their own
			to = append(to, p)
		}
	}
	letter := notify.MailReportedAdmin
	if q.kind == wire.KindNewPhone {
		letter = notify.MailNewPhoneAdmin
	}
	for _, p := range to {
		err := a.notify.Mail(ctx, tx, notify.Mail{
			Person: p.ID, Address: p.Email, Locale: p.Locale, Zone: p.Zone, Template: letter,
			Data: map[string]string{"login": whose.Login, "app": q.app, "device": q.device, "browser": q.browser, "place": q.place, "ip": q.ip, "net": q.net},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func personTopic(q *row) string { return registration.PersonTopic(q.person) }
