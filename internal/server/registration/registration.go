// Package registration knows the authenticator apps of people: one registration
// for each person and device, with a device key and a code secret of its own.
//
// A registration is born by pairing. A signed-in person gets an offer, shown as
// a QR code and as a code to type; the first device that brings either takes
// it, and from then on there is a pending registration. The person says on the
// page that made the offer whether that device is theirs, and tries it once,
// by a test approval or one typed code; then it is active. All of it happens in
// the session that made the offer, within the offer's ten minutes, and dies
// with the person's session epoch.
//
// Of the device the server keeps the public key; the code secret it has to
// know too, and keeps it sealed.
package registration

import (
	"context"
	"crypto/ecdsa"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
)

// Most is how many active registrations a person can have.
const Most = 5

// States of a registration.
const (
	Pending = "pending" // may answer its own test and nothing else
	Active  = "active"
	Removed = "removed"
)

// Why a registration ended.
const (
	WhyPerson   = "removed_by_person"
	WhyAdmin    = "removed_by_admin"
	WhyDevice   = "removed_on_device"
	WhyReplaced = "replaced"
	WhyNotMine  = "not_mine"
	WhyExpired  = "expired" // never became active
	WhyReset    = "reset"
	WhyBrake    = "braked" // its person said that it was not theirs
)

// ErrRemoved is returned for a registration that is no more, or never was.
var ErrRemoved = errors.New("registration is no more")

// ErrUnknown is returned when a person has no such active registration.
var ErrUnknown = errors.New("no such registration")

// ErrName is returned for a name that cannot be shown.
var ErrName = errors.New("not a name for a device")

// ErrPush is returned for a malformed push address.
var ErrPush = errors.New("not a push address")

// ErrReplayed is returned for a signed change that was already made.
var ErrReplayed = errors.New("this change was made before")

// A Registry knows all registrations of a server.
type Registry struct {
	db     *db.DB
	keep   *keep.Keeper
	notify *notify.Notify
	issuer string
}

// New makes a registry. Issuer is the sign-in service's origin, part of what devices sign.
func New(d *db.DB, k *keep.Keeper, n *notify.Notify, issuer string) *Registry {
	return &Registry{d, k, n, issuer}
}

// Issuer is the origin that devices are paired with.
func (r *Registry) Issuer() string { return r.issuer }

// A Registration is one app on one device of one person.
type Registration struct {
	ID          string
	Person      string
	Directory   string
	Offer       string // it was born of
	State       string
	Name        string // the device's, as its owner calls it
	Platform    string // as the app says: "iPhone, Safari"
	IP          string // where it was paired, like Place and Browser
	Place       string
	Browser     string
	Push        wire.Push // "" when it cannot be knocked on
	Epoch       int64     // the person's at pairing; matters while pending
	CreatedAt   time.Time
	ActivatedAt time.Time
	SeenAt      time.Time
	RemovedWhy  string
	// Passwordless tells that it signs in without a password; it has an unlock key then.
	Passwordless bool

	public   []byte
	unlock   []byte // public unlock key, if there is one
	restore  []byte // public restore key, if it sent one
	pushKeys []byte
	sealed   []byte // code secret
	lastStep int64
}

// Key is the public device key.
func (g Registration) Key() (*ecdsa.PublicKey, error) { return wire.ReadKey(g.public) }

// Unlocks tells whether the device has an unlock key.
func (g Registration) Unlocks() bool { return len(g.unlock) > 0 }

// UnlockKey is the public unlock key. It returns [wire.ErrUnlock] for a device without one.
func (g Registration) UnlockKey() (*ecdsa.PublicKey, error) {
	if !g.Unlocks() {
		return nil, wire.ErrUnlock
	}
	return wire.ReadKey(g.unlock)
}

// Restore is the public restore key that the device has sent: whoever opens the
// backup that it keeps has the private half (N20). It is nil for none.
func (g Registration) Restore() (*ecdsa.PublicKey, error) {
	if len(g.restore) == 0 {
		return nil, nil
	}
	return wire.ReadKey(g.restore)
}

// Target is where the device can be knocked on; ok is false where it cannot.
func (g Registration) Target() (t notify.Target, ok bool) {
	const point, auth = 65, 16
	if g.Push.Endpoint == "" || len(g.pushKeys) != point+auth {
		return t, false
	}
	return notify.Target{Registration: g.ID, Endpoint: g.Push.Endpoint, P256dh: g.pushKeys[:point], Auth: g.pushKeys[point:]}, true
}

const columns = `id, person_id, directory_id, offer_id, state, name, platform, ip, place, browser, push_endpoint, push_keys,
	epoch, created_at, activated_at, seen_at, removed_why, public_key, code_secret, last_step, unlock_key, restore_key, passwordless`

type scanner interface{ Scan(...any) error }

func scan(row scanner) (g Registration, err error) {
	var created, activated, seen, passwordless int64
	err = row.Scan(&g.ID, &g.Person, &g.Directory, &g.Offer, &g.State, &g.Name, &g.Platform, &g.IP, &g.Place, &g.Browser,
		&g.Push.Endpoint, &g.pushKeys, &g.Epoch, &created, &activated, &seen, &g.RemovedWhy, &g.public, &g.sealed, &g.lastStep, &g.unlock, &g.restore, &passwordless)
	g.CreatedAt, g.ActivatedAt, g.SeenAt = db.Time(created), db.Time(activated), db.Time(seen)
	g.Passwordless = passwordless == 1
	return g, err
}

// ByID returns a registration for a device that calls. A pending one whose
// offer ended, or whose person's epoch moved on, is Removed even before
// housekeeping says so. Unknown ids are [ErrRemoved]: after a server went back
// to a backup, that is what they are.
func (r *Registry) ByID(ctx context.Context, tx *db.Tx, id string) (Registration, error) {
	g, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM registration WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return g, fmt.Errorf("registration %q: %w", id, ErrRemoved)
	}
	if err != nil || g.State != Pending {
		return g, err
	}
	alive, err := offerAlive(ctx, tx, g)
	if !alive {
		g.State = Removed
	}
	return g, err
}

// offerAlive tells whether a pending registration still has its offer.
func offerAlive(ctx context.Context, tx *db.Tx, g Registration) (bool, error) {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM offer WHERE id = $1 AND ended_at = 0 AND expires_at > $2`,
		g.Offer, db.Millis(tx.Now)).Scan(&n)
	if err != nil || n == 0 {
		return false, err
	}
	return sameEpoch(ctx, tx, g.Person, g.Epoch)
}

// sameEpoch tells whether a person is active and still in an epoch.
func sameEpoch(ctx context.Context, tx *db.Tx, person string, epoch int64) (bool, error) {
	p, err := directory.ByID(ctx, tx, person)
	if errors.Is(err, directory.ErrUnknown) {
		return false, nil
	}
	return p.State == directory.Active && p.Epoch == epoch, err
}

// StateFor is how a registration of a person stands, in the words of the wire: an
// active one rests while its person is suspended.
func (g Registration) StateFor(p directory.Person) string {
	if g.State == Active && p.State == directory.Suspended {
		return wire.Suspended
	}
	return g.State
}

// Rouse has the apps of a person ask at once how they stand.
func (r *Registry) Rouse(ctx context.Context, tx *db.Tx, person string) error {
	return r.notify.Wake(ctx, tx, PersonTopic(person))
}

// Of returns the active registrations of a person, the oldest first.
func (r *Registry) Of(ctx context.Context, tx *db.Tx, person string) ([]Registration, error) {
	return AppsOf(ctx, tx, person)
}

// AppsOf is [Registry.Of] for who only asks.
func AppsOf(ctx context.Context, tx *db.Tx, person string) ([]Registration, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM registration WHERE person_id = $1 AND state = 'active' ORDER BY activated_at, id`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Registration
	for rows.Next() {
		g, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, rows.Err()
}

// PeopleWith tells how many people of a directory have an active registration.
func PeopleWith(ctx context.Context, tx *db.Tx, directory string) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT COUNT(DISTINCT person_id) FROM registration WHERE directory_id = $1 AND state = 'active'`, directory).Scan(&n)
	return n, err
}

// Has tells whether a person has an active registration.
func (r *Registry) Has(ctx context.Context, tx *db.Tx, person string) (bool, error) {
	n, err := active(ctx, tx, person)
	return n > 0, err
}

// Stamp differs when apps of a person have come or gone.
func (r *Registry) Stamp(ctx context.Context, tx *db.Tx, person string) (stamp int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(max(activated_at) + count(*), 0) FROM registration WHERE person_id = $1 AND state = 'active'`, person).Scan(&stamp)
	return stamp, err
}

// Count tells how many active apps a person has, how many of them have an
// unlock key, and how many sign in without a password.
type Count struct{ Apps, Unlock, Passwordless int }

// CountOf counts the active registrations of a person.
func CountOf(ctx context.Context, tx *db.Tx, person string) (n Count, err error) {
	err = tx.QueryRow(ctx, `
		SELECT COUNT(*), COUNT(CASE WHEN length(unlock_key) > 0 THEN 1 END), COALESCE(SUM(passwordless), 0)
		FROM registration WHERE person_id = $1 AND state = 'active'`, person).Scan(&n.Apps, &n.Unlock, &n.Passwordless)
	return n, err
}

func active(ctx context.Context, tx *db.Tx, person string) (n int, err error) {
	count, err := CountOf(ctx, tx, person)
	return count.Apps, err
}

// lock makes transactions that add or remove apps of one person take turns:
// it holds the person's active apps and open offers. Who removes has an app in
// common with the other, who adds an offer.
func lock(ctx context.Context, tx *db.Tx, person string) error {
	_, err := tx.Exec(ctx, `UPDATE offer SET epoch = epoch WHERE person_id = $1 AND ended_at = 0`, person)
	if err == nil {
		_, err = tx.Exec(ctx, `UPDATE registration SET state = state WHERE person_id = $1 AND state = 'active'`, person)
	}
	return err
}

// Hold checks that a registration is in a state and keeps it there until the
// transaction ends. It notes that the device was seen.
func (r *Registry) Hold(ctx context.Context, tx *db.Tx, id, state string) error {
	n, err := tx.Exec(ctx, `UPDATE registration SET seen_at = $1 WHERE id = $2 AND state = $3`, db.Millis(tx.Now), id, state)
	if err == nil && n == 0 {
		return fmt.Errorf("registration %s: %w", id, ErrRemoved)
	}
	return err
}

// seenEvery is how exactly it is known when a device was last there.
const seenEvery = 5 * time.Minute

// Stale tells whether [Registry.Seen] has anything to write.
func (g Registration) Stale(now time.Time) bool { return now.Sub(g.SeenAt) >= seenEvery }

// Seen notes that a device called.
func (r *Registry) Seen(ctx context.Context, tx *db.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE registration SET seen_at = $1 WHERE id = $2 AND seen_at < $1`, db.Millis(tx.Now), id)
	return err
}

// record writes an audit event about a registration.
func record(ctx context.Context, tx *db.Tx, kind audit.Kind, g Registration, from Where, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["registration"], detail["device"] = g.ID, g.Name
	return audit.Record(ctx, tx, audit.Event{
		Kind: kind, Directory: g.Directory, Person: g.Person, Method: "app",
		IP: from.IP, Place: from.Place, Browser: from.Browser, Detail: detail,
	})
}
