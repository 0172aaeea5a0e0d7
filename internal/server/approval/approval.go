// Package approval asks a person on their phone whether it is they who sign
// in. A request is answered once, with the number that the asking page shows
// typed on the phone.
//
// The number is on that page and in the person's eyes, nowhere else: what the
// device fetches does not have it, and the database has it as a keyed hash and
// sealed for the page. The bytes that the device fetches are kept as they are,
// and the device signs their digest, so nobody can show it one thing and record
// another.
//
// Requests of one person queue on their row in approval_gate, so that counting
// places, numbers and strikes is exact on every engine. Each change of a
// request is one statement that asks and changes.
package approval

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/wire"
)

const (
	mostOpen    = 3                // requests of a person open at once
	mostKnown   = mostOpen + 1     // of which one place is kept for known browsers
	useWithin   = 60 * time.Second // from the answer to the session
	keepFor     = 90 * 24 * time.Hour
	keepDecoys  = 24 * time.Hour
	nobody      = "nobody" // in only_registration: no device sees the request
	decoy       = "decoy:" // begins the person of a request to a name nobody has
	attemptWake = "attempt:"
	guessSpan   = time.Hour
	guessMost   = 3 // wrong numbers of a person about new phones in guessSpan
)

// ErrFull is returned when as many requests are open as there are places.
// Those that are open stay.
var ErrFull = errors.New("too many requests are open")

// ErrBlocked is returned when the person reported a request from this network
// lately. Only an attempt that has proven the password is told.
var ErrBlocked = errors.New("this network was reported")

// ErrGuessed is returned when several numbers were wrong lately that a new phone
// showed: whoever holds the old one does not see it.
var ErrGuessed = errors.New("too many wrong numbers for a new phone")

// ErrEnded is returned when the person was suspended or their epoch moved on.
var ErrEnded = errors.New("the sign-in is no longer valid")

// ErrUnknown is returned for a request that is not this device's, or never was.
var ErrUnknown = errors.New("no such request")

// ErrClosed is returned for a request that can no longer be answered; see [ClosedError].
var ErrClosed = errors.New("request is no longer open")

// ErrNotApproved is returned when there is no approval to use up: not by this
// attempt, not any more, not again, or not in time.
var ErrNotApproved = errors.New("not approved")

// A ClosedError is [ErrClosed] with why, as [wire.Problem] has it.
type ClosedError struct{ State string }

func (e ClosedError) Error() string { return "request is closed: " + e.State }

// Is makes it an [ErrClosed].
func (e ClosedError) Is(target error) bool { return target == ErrClosed }

// States of a request.
const (
	Open     = "open"
	Approved = "approved" // and not used yet
	Failed   = "failed"   // a wrong number, or another request's
	Denied   = "denied"
	Reported = "reported"
	Replaced = "replaced" // its attempt asked again, or took another way
	Used     = "used"     // an approval that became a session or a registration
	Expired  = "expired"
)

// A Reporter hears of a report in the transaction that records it.
type Reporter func(ctx context.Context, tx *db.Tx, r Report) error

// A Report says that a person did not start what they were asked about.
type Report struct {
	Person    string
	Directory string
	Attempt   string // if it has proven the password, somebody else knows it
	AskedAt   time.Time
	App       string
	IP, Place string
	Browser   string
}

// Approvals knows all requests of a server.
type Approvals struct {
	db       *db.DB
	keep     *keep.Keeper
	notify   *notify.Notify
	registry *registration.Registry
	reported Reporter
	counts   counts
}

// New makes the approvals of a server. A nil Reporter is for servers where nobody else cares.
func New(d *db.DB, k *keep.Keeper, n *notify.Notify, r *registration.Registry, reported Reporter) *Approvals {
	return &Approvals{db: d, keep: k, notify: n, registry: r, reported: reported}
}

// AttemptTopic is woken when a request of a sign-in attempt is answered.
func AttemptTopic(attempt string) string { return attemptWake + attempt }

// A row is a request as it is stored.
type row struct {
	id, kind, person, directory, attempt, offer, only, state string
	nonce, app, device, place, ip, net, browser, correlation string
	number, shown, body, decision                            []byte
	epoch, known, asked, expires, decided                    int64
	registration, answer                                     string
}

const columns = `id, kind, person_id, directory_id, attempt_id, offer_id, only_registration, state,
	nonce, app, device, place, ip, net, browser, correlation, number, shown, body, decision,
	epoch, known, asked_at, expires_at, decided_at, registration_id, answer`

func scan(s interface{ Scan(...any) error }) (*row, error) {
	var q row
	err := s.Scan(&q.id, &q.kind, &q.person, &q.directory, &q.attempt, &q.offer, &q.only, &q.state,
		&q.nonce, &q.app, &q.device, &q.place, &q.ip, &q.net, &q.browser, &q.correlation, &q.number, &q.shown, &q.body, &q.decision,
		&q.epoch, &q.known, &q.asked, &q.expires, &q.decided, &q.registration, &q.answer)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return &q, err
}

func get(ctx context.Context, tx *db.Tx, id string) (*row, error) {
	return scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM approval WHERE id = $1`, id))
}

// visible tells whether a device may see a request: its own test, or, when
// it is active, what is asked of its person. A sign-in without a password is
// asked of those devices for which the person has switched it on.
func (q *row) visible(g registration.Registration) bool {
	if q.person != g.Person || q.kind == wire.KindPasswordless && !g.Passwordless {
		return false
	}
	return q.only == g.ID || q.only == "" && g.State == registration.Active
}

// closed says to a device why a request is not open. What was open when its
// person was suspended ended with that.
func (q *row) closed(g registration.Registration, suspended bool) ClosedError {
	switch {
	case suspended && q.state == Open:
		return ClosedError{wire.Suspended}
	case q.state == Open, q.state == Expired:
		return ClosedError{Expired}
	case q.state == Replaced:
		return ClosedError{Replaced}
	case q.registration != g.ID:
		return ClosedError{"answered_elsewhere"}
	case q.state == Used:
		return ClosedError{Approved}
	}
	return ClosedError{q.state}
}

func (q *row) topic() string {
	if q.offer != "" {
		return registration.OfferTopic(q.offer)
	}
	return AttemptTopic(q.attempt)
}

func (q *row) numberPlace() keep.Where {
	return keep.Where{Table: "approval", Column: "shown", Key: q.id, Person: q.person}
}

// A View is a request as the page that asked sees it.
type View struct {
	ID           string
	Kind         string
	State        string // Expired as soon as time is up
	Number       string // while Open; the page shows it, nothing else does
	AskedAt      time.Time
	ExpiresAt    time.Time
	Registration string // that answered
	// Unseen says that time is up and nobody has written it down: see [Approvals.Expire].
	Unseen bool
}

// State tells how a request stands.
func (a *Approvals) State(ctx context.Context, tx *db.Tx, id string) (View, error) {
	q, err := get(ctx, tx, id)
	if err != nil {
		return View{}, err
	}
	return a.view(tx, q)
}

// Refused tells whether a person said no to any request of an attempt:
// [Reported], [Denied], or "". What was asked after it changes nothing.
func (a *Approvals) Refused(ctx context.Context, tx *db.Tx, attempt, person string) (said string, err error) {
	if attempt == "" || person == "" {
		return "", nil
	}
	err = tx.QueryRow(ctx, `
		SELECT COALESCE(max(state), '') FROM approval
		WHERE attempt_id = $1 AND person_id = $2 AND state IN ('denied', 'reported')`, attempt, person).Scan(&said)
	return said, err
}

// TestOf tells how the last test of an offer stands, or [ErrUnknown].
func (a *Approvals) TestOf(ctx context.Context, tx *db.Tx, offer string) (View, error) {
	q, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM approval WHERE offer_id = $1 ORDER BY asked_at DESC, CASE WHEN state = 'open' THEN 0 ELSE 1 END LIMIT 1`, offer))
	if err != nil || offer == "" {
		return View{}, errors.Join(err, ErrUnknown)
	}
	return a.view(tx, q)
}

func (a *Approvals) view(tx *db.Tx, q *row) (View, error) {
	v := View{ID: q.id, Kind: q.kind, State: q.state, AskedAt: db.Time(q.asked), ExpiresAt: db.Time(q.expires), Registration: q.registration}
	now := db.Millis(tx.Now)
	if q.state == Open && q.expires <= now || q.state == Approved && q.decided+useWithin.Milliseconds() < now {
		v.State, v.Unseen = Expired, q.state == Open
	}
	if v.State != Open {
		return v, nil
	}
	number, err := a.keep.Unseal(q.shown, q.numberPlace())
	if err != nil {
		return View{}, fmt.Errorf("number of %s: %w", q.id, err)
	}
	v.Number = string(number)
	return v, nil
}

// Pending lists what a device is asked now, oldest first: a pending
// registration its own test, an active one what is asked of its person.
func (a *Approvals) Pending(ctx context.Context, tx *db.Tx, g registration.Registration) ([]wire.Brief, error) {
	ok, epoch, err := current(ctx, tx, g.Person)
	if err != nil || !ok {
		return []wire.Brief{}, err
	}
	rows, err := tx.Query(ctx, `
		SELECT id, kind, asked_at, expires_at, only_registration FROM approval
		WHERE person_id = $1 AND state = 'open' AND expires_at > $2 AND epoch = $3 ORDER BY asked_at, id`,
		g.Person, db.Millis(tx.Now), epoch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	briefs := []wire.Brief{}
	for rows.Next() {
		b, q := wire.Brief{}, row{person: g.Person}
		if err := rows.Scan(&b.ID, &b.Kind, &b.AskedAt, &b.ExpiresAt, &q.only); err != nil {
			return nil, err
		}
		if q.kind = b.Kind; q.visible(g) {
			briefs = append(briefs, b)
		}
	}
	return briefs, rows.Err()
}

// Fetch returns the exact bytes of a request, without its number. It returns
// [ErrUnknown] or a [ClosedError].
func (a *Approvals) Fetch(ctx context.Context, tx *db.Tx, g registration.Registration, id string) ([]byte, error) {
	q, err := get(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if !q.visible(g) {
		return nil, ErrUnknown
	}
	ok, epoch, err := current(ctx, tx, g.Person)
	if err != nil {
		return nil, err
	}
	if q.state != Open || q.expires <= db.Millis(tx.Now) || !ok || epoch != q.epoch {
		return nil, q.closed(g, !ok)
	}
	return q.body, nil
}

// Prune writes down what has expired, and removes what nobody asks for any
// more; what was asked of nobody, after a day. It is for housekeeping, once a
// minute or so.
func (a *Approvals) Prune(ctx context.Context, tx *db.Tx) error {
	if err := a.closeAll(ctx, tx, Expired, `expires_at <= $1`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM approval WHERE expires_at < $1`, db.Millis(tx.Now.Add(-keepFor))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM approval WHERE only_registration = 'nobody' AND expires_at < $1`, db.Millis(tx.Now.Add(-keepDecoys)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM approval_gate WHERE person_id >= 'decoy:' AND person_id < 'decoy;'
			AND NOT EXISTS (SELECT 1 FROM approval WHERE approval.person_id = approval_gate.person_id)`)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM network_block WHERE until <= $1`, db.Millis(tx.Now))
	return err
}
