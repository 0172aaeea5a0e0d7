package backup

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/wire"
)

// A Proof is a sign-in that an access token stands for. The caller has checked
// the token, and uses it up in the same transaction.
type Proof struct {
	Person   string
	Epoch    int64
	Rights   string // wire.Read or wire.Write
	AuthAt   time.Time
	Strength int
}

// A Binding is a device key that may use a place.
type Binding struct {
	ID        string
	Place     string
	Person    string
	Rights    string
	Platform  string // "iPhone, Safari"
	Where     string // it was bound: "Osaka"
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // zero: not by itself
	Paused    bool

	epoch  int64
	idle   time.Duration
	ended  bool
	public []byte
}

// Key is the public key of the device.
func (b Binding) Key() (*ecdsa.PublicKey, error) { return wire.ReadKey(b.public) }

// Bind binds a device key to the place of the person who signed in. It returns
// [ErrUsed], [ErrNotPersonal], [ErrNotFresh],
// [ErrManyDevices], or for a binding that is to recover [ErrNone] or
// [DeletedError].
func (s *Store) Bind(ctx context.Context, tx *db.Tx, p Proof, key *ecdsa.PublicKey, platform string, from registration.Where) (Binding, error) {
	who, dir, err := s.proven(ctx, tx, p)
	if err != nil {
		return Binding{}, err
	}
	place, err := s.placeFor(ctx, tx, p)
	if err != nil {
		return Binding{}, err
	}
	b := Binding{ID: rand.Text(), Place: place.id, Person: who.ID, Rights: p.Rights, Platform: platform, Where: from.Place,
		CreatedAt: tx.Now, SeenAt: tx.Now, epoch: p.Epoch, idle: dir.Policy.BackupIdle}
	if b.public, err = key.Bytes(); err != nil {
		return Binding{}, err
	}
	if p.Rights == wire.Read {
		b.ExpiresAt = tx.Now.Add(recoverFor)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO backup_binding (id, place_id, person_id, epoch, rights, public_key, platform, place, idle, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)`,
		b.ID, b.Place, b.Person, b.epoch, b.Rights, b.public, b.Platform, b.Where, b.idle.Milliseconds(), db.Millis(tx.Now), millis(b.ExpiresAt))
	if err == nil && b.Rights == wire.Write {
		err = heard(ctx, tx, b.Place)
	}
	if err != nil {
		return Binding{}, err
	}
	kind, letter := audit.BackupBound, notify.MailBackupBound
	if p.Rights == wire.Read {
		kind, letter = audit.BackupRecovered, notify.MailBackupRecovered
	}
	return b, s.told(ctx, tx, kind, letter, who, platform, from)
}

// proven checks that the sign-in is one that may bind: of a personal account,
// fresh, and for writing as strong as the person can (N11); for reading two
// proofs are enough (N14).
func (s *Store) proven(ctx context.Context, tx *db.Tx, p Proof) (who directory.Person, dir directory.Directory, err error) {
	held, err := directory.HoldEpoch(ctx, tx, p.Person, p.Epoch)
	if err != nil {
		return who, dir, err
	}
	if who, err = directory.ByID(ctx, tx, p.Person); err != nil {
		return who, dir, err
	}
	if dir, err = directory.Get(ctx, tx, who.DirectoryID); err != nil {
		return who, dir, err
	}
	has, _, err := signin.MethodsOf(ctx, tx, p.Person)
	need := has.Strongest()
	if p.Rights == wire.Read {
		need = policy.Helped
	}
	switch {
	case err != nil:
		return who, dir, err
	case !held || who.State != directory.Active:
		return who, dir, ErrUsed
	case dir.Kind != directory.Personal:
		return who, dir, ErrNotPersonal
	case p.Strength < need || tx.Now.Sub(p.AuthAt) > freshFor:
		return who, dir, ErrNotFresh
	}
	return who, dir, nil
}

// placeFor is the person's place. One who wants to write gets one; one who
// wants to recover has something there.
func (s *Store) placeFor(ctx context.Context, tx *db.Tx, p Proof) (place, error) {
	if p.Rights == wire.Read {
		at, err := placeOf(ctx, tx, p.Person)
		if err == nil {
			err = at.filled()
		}
		return at, err
	}
	_, err := tx.Exec(ctx, `INSERT INTO backup_place (id, person_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (person_id) DO NOTHING`,
		rand.Text(), p.Person, db.Millis(tx.Now))
	if err != nil {
		return place{}, err
	}
	at, err := lock(ctx, tx, p.Person)
	if err != nil {
		return place{}, err
	}
	all, err := s.devices(ctx, tx, at.id)
	if err == nil && len(all) >= MostDevices {
		err = ErrManyDevices
	}
	return at, err
}

const bindingColumns = `id, place_id, person_id, epoch, rights, public_key, platform, place, idle, created_at, seen_at, expires_at, paused, ended_at`

func scanBinding(row interface{ Scan(...any) error }) (b Binding, err error) {
	var idle, created, seen, expires, paused, ended int64
	err = row.Scan(&b.ID, &b.Place, &b.Person, &b.epoch, &b.Rights, &b.public, &b.Platform, &b.Where, &idle, &created, &seen, &expires, &paused, &ended)
	b.idle = time.Duration(idle) * time.Millisecond
	b.CreatedAt, b.SeenAt, b.ExpiresAt = db.Time(created), db.Time(seen), db.Time(expires)
	b.Paused, b.ended = paused == 1, ended > 0
	return b, err
}

// ByID returns a binding, and why it is over: an [EndedError], which only the
// device itself is told. One that never was is as good as removed, and an error.
func (s *Store) ByID(ctx context.Context, tx *db.Tx, id string) (b Binding, over, err error) {
	b, err = scanBinding(tx.QueryRow(ctx, `SELECT `+bindingColumns+` FROM backup_binding WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil, EndedError{wire.EndedRemoved}
	} else if err != nil {
		return b, nil, err
	}
	p, err := directory.ByID(ctx, tx, b.Person)
	if err != nil {
		return b, nil, err
	}
	if why := b.why(p, tx.Now); why != "" {
		over = EndedError{why}
	}
	return b, over, nil
}

// why a binding is over, or "".
func (b Binding) why(p directory.Person, now time.Time) string {
	switch {
	case b.ended:
		return wire.EndedRemoved
	case p.State != directory.Active:
		return wire.EndedSuspended
	case p.Epoch != b.epoch:
		return wire.EndedSignedOut
	case !b.ExpiresAt.IsZero() && !now.Before(b.ExpiresAt):
		return wire.EndedExpired
	case now.Sub(b.SeenAt) > b.idle:
		return wire.EndedIdle
	}
	return ""
}

// Stale tells whether [Store.Seen] has anything to write.
func (b Binding) Stale(now time.Time) bool { return now.Sub(b.SeenAt) >= seenEvery }

// Seen notes that a device called.
func (s *Store) Seen(ctx context.Context, tx *db.Tx, b Binding) error {
	_, err := tx.Exec(ctx, `UPDATE backup_binding SET seen_at = $1 WHERE id = $2 AND seen_at < $1`, db.Millis(tx.Now), b.ID)
	if err != nil || b.Rights != wire.Write {
		return err
	}
	return heard(ctx, tx, b.Place)
}

// A Mine is what a person has at their place.
type Mine struct {
	Devices      []Binding // that are bound to it
	Remind       bool      // they want the mail about silence
	DeletedUntil time.Time // when a deleted backup is gone for good; zero when it is not deleted
}

// Of is what a person has at their place. It returns [ErrNone] for no place.
func (s *Store) Of(ctx context.Context, tx *db.Tx, person string) (m Mine, err error) {
	at, err := placeOf(ctx, tx, person)
	if err != nil {
		return m, err
	}
	var want int64
	if err := tx.QueryRow(ctx, `SELECT remind FROM backup_place WHERE id = $1`, at.id).Scan(&want); err != nil {
		return m, err
	}
	if deleted, ok := errors.AsType[DeletedError](at.filled()); ok {
		m.DeletedUntil = deleted.Until
	}
	m.Remind = want == 1
	m.Devices, err = s.devices(ctx, tx, at.id)
	return m, err
}

// Remove ends a binding of a person, by themselves: the device has to sign in
// again. It returns [ErrNone] or [ErrUnknown].
func (s *Store) Remove(ctx context.Context, tx *db.Tx, person, id string, from registration.Where) error {
	at, err := placeOf(ctx, tx, person)
	if err != nil {
		return err
	}
	return s.end(ctx, tx, at.id, person, id, false, from)
}

// Stay keeps a binding of a person that was good until this epoch began: it is that of
// the device on which they have just removed another one.
func (s *Store) Stay(ctx context.Context, tx *db.Tx, person, id string, epoch int64) error {
	_, err := tx.Exec(ctx, `UPDATE backup_binding SET epoch = $1 WHERE id = $2 AND person_id = $3 AND epoch = $4`, epoch, id, person, epoch-1)
	return err
}

// Devices are the bindings of a place that are good, the oldest first.
func (s *Store) Devices(ctx context.Context, tx *db.Tx, b Binding) ([]Binding, error) {
	return s.devices(ctx, tx, b.Place)
}

func (s *Store) devices(ctx context.Context, tx *db.Tx, place string) ([]Binding, error) {
	rows, err := tx.Query(ctx, `SELECT `+bindingColumns+` FROM backup_binding WHERE place_id = $1 AND ended_at = 0 ORDER BY created_at, id`, place)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Binding
	for rows.Next() {
		b, err := scanBinding(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		return nil, err
	}
	rows.Close()
	p, err := directory.ByID(ctx, tx, all[0].Person)
	if err != nil {
		return nil, err
	}
	var good []Binding
	for _, b := range all {
		if b.why(p, tx.Now) == "" {
			good = append(good, b)
		}
	}
	return good, nil
}

// Pause notes that the person paused a device, or does not any more.
func (s *Store) Pause(ctx context.Context, tx *db.Tx, b Binding, paused bool) error {
	n := 0
	if paused {
		n = 1
	}
	_, err := tx.Exec(ctx, `UPDATE backup_binding SET paused = $1 WHERE id = $2`, n, b.ID)
	return err
}

// End ends a binding of the place of b: its own, or, by one that may write,
// another's. It returns [ErrReadOnly] or [ErrUnknown].
func (s *Store) End(ctx context.Context, tx *db.Tx, b Binding, id string, from registration.Where) error {
	if id != b.ID && b.Rights != wire.Write {
		return ErrReadOnly
	}
	return s.end(ctx, tx, b.Place, b.Person, id, id == b.ID, from)
}

// end ends a binding. What a device does to itself is no news to its person.
func (s *Store) end(ctx context.Context, tx *db.Tx, place, person, id string, itself bool, from registration.Where) error {
	ended, err := scanBinding(tx.QueryRow(ctx, `UPDATE backup_binding SET ended_at = $1 WHERE id = $2 AND place_id = $3 AND ended_at = 0 RETURNING `+bindingColumns,
		db.Millis(tx.Now), id, place))
	if errors.Is(err, sql.ErrNoRows) {
		return ErrUnknown
	} else if err != nil {
		return err
	}
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	if itself {
		return record(ctx, tx, audit.BackupUnbound, p, ended.Platform, from)
	}
	return s.told(ctx, tx, audit.BackupUnbound, notify.MailBackupUnbound, p, ended.Platform, from)
}

// Once lets a signed change through once.
func (s *Store) Once(ctx context.Context, tx *db.Tx, b Binding, nonce string) error {
	n, err := tx.Exec(ctx, `INSERT INTO backup_nonce (binding_id, nonce, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, b.ID, nonce, db.Millis(tx.Now))
	if err == nil && n == 0 {
		err = ErrReplayed
	}
	return err
}

// told writes down what happened, and tells the person, at every address and in
// every app. The link only tightens (N21): no binding outlives the epoch that it ends.
func (s *Store) told(ctx context.Context, tx *db.Tx, kind audit.Kind, letter string, p directory.Person, device string, from registration.Where) error {
	if err := record(ctx, tx, kind, p, device, from); err != nil {
		return err
	}
	stop, err := brake.Make(ctx, tx, brake.Link{Person: p.ID, What: brake.Less, Name: device})
	if err != nil {
		return err
	}
	err = directory.Tell(ctx, tx, s.notify, p, letter,
		map[string]string{"login": p.Login, "device": device, "browser": from.Browser, "place": from.Place, "ip": from.IP, "stop": stop.Reveal()})
	if err != nil {
		return err
	}
	return s.notify.Wake(ctx, tx, registration.PersonTopic(p.ID))
}

func record(ctx context.Context, tx *db.Tx, kind audit.Kind, p directory.Person, device string, from registration.Where) error {
	detail := map[string]any{}
	if device != "" {
		detail["device"] = device
	}
	return audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID, IP: from.IP, Place: from.Place, Browser: from.Browser, Detail: detail})
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Millis(t)
}

// network is from where something came, as far as is kept.
func network(from registration.Where) string { return limit.Net(from.IP) }
