// Package method keeps what a person proves themselves with: the password here,
// and the count of wrong one-time codes. (The codes' secrets belong to the
// registrations of their apps.)
//
// Checking a password is slow by intent, some 30 ms of a core and 19 MiB, so
// it is what a stranger can hurt the server with. [Passwords] lets only as many
// be checked at once as there are cores and keeps a short, fair queue.
package method

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

// Params are the cost of a password hash (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// Recommended is OWASP's choice: 19 MiB, two passes, one thread.
var Recommended = Params{Memory: 19 << 10, Time: 2, Threads: 1}

const (
	saltSize = 16
	keySize  = 32
)

var errHash = errors.New("password hash is not one of ours")

// Passwords checks and hashes passwords, so many at once.
type Passwords struct {
	params Params
	queue  queue
}

// NewPasswords lets slots passwords be checked at once; 0 means one per core.
// The zero params mean [Recommended].
func NewPasswords(slots int, p Params) *Passwords {
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	if p == (Params{}) {
		p = Recommended
	}
	return &Passwords{params: p, queue: newQueue(slots)}
}

// An Asker is who waits in the queue.
type Asker struct {
	Net   string // see limit.Net
	Known bool   // in a browser this person has signed in with before
}

// Check tells whether a password is the one of a hash. The empty hash, of a
// name nobody has or a person without a password, fits none and costs the
// same. When the hash was made with other parameters than today's, upgrade is
// a new one to keep in its place. It returns [ErrBusy] without having
// looked when too many wait.
func (p *Passwords) Check(ctx context.Context, from Asker, hash, password string) (ok bool, upgrade string, err error) {
	leave, err := p.queue.enter(ctx, from)
	if err != nil {
		return false, "", err
	}
	defer leave()
	ok, current, err := p.fits(hash, password)
	if ok && !current {
		upgrade = p.params.hash(password)
	}
	return ok, upgrade, err
}

// fits tells whether a password is the one of a hash, and whether the hash was
// made as it would be today.
func (p *Passwords) fits(hash, password string) (ok, current bool, err error) {
	salt, want, cost, err := parseHash(hash)
	if hash == "" {
		salt, want, cost = make([]byte, saltSize), nil, p.params
	} else if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(cost.key(password, salt), want) == 1
	return ok, cost == p.params && len(salt) == saltSize, nil
}

// Hash makes a hash to keep. It waits in the same queue as [Passwords.Check].
func (p *Passwords) Hash(ctx context.Context, from Asker, password string) (string, error) {
	return p.Replace(ctx, from, "", password)
}

// Replace makes a hash to keep in the place of another; "" for none. It returns
// [ErrSame] for the very password of that one: whoever changes theirs, because
// somebody else knows it, would have changed nothing.
func (p *Passwords) Replace(ctx context.Context, from Asker, old, password string) (string, error) {
	leave, err := p.queue.enter(ctx, from)
	if err != nil {
		return "", err
	}
	defer leave()
	if old != "" {
		if same, _, err := p.fits(old, password); err != nil {
			return "", err
		} else if same {
			return "", ErrSame
		}
	}
	return p.params.hash(password), nil
}

func (c Params) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(prepare(password)), salt, c.Time, c.Memory, c.Threads, keySize)
}

// hash writes parameters, salt and key in the PHC string format.
func (c Params) hash(password string) string {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(c.key(password, salt)))
}

func parseHash(s string) (salt, key []byte, c Params, err error) {
	parts := strings.Split(s, "$")
	var version int
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return nil, nil, c, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return nil, nil, c, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil ||
		c.Time == 0 || c.Threads == 0 || c.Memory > 1<<20 {
		return nil, nil, c, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) != keySize {
		return nil, nil, c, errHash
	}
	return salt, key, c, nil
}

// A Password is what is kept of a person's password.
type Password struct {
	Hash string // "" for none
	// Exposed says that somebody else knew it: they proved it and the person
	// reported the sign-in. It proves nothing from browsers not known, and is
	// to be changed at the next full sign-in.
	Exposed bool
	Since   time.Time // when it was chosen
	taken   string    // hash of the one that [Remove] took away, which opens nothing
}

// Barred is the hash of the password that may not be chosen again by who does not
// know it: the one that others know, or that was taken away, mostly because they do;
// "" for none.
func (p Password) Barred() string {
	if p.Exposed {
		return p.Hash
	}
	return p.taken
}

// Former is the hash of the password that a person who chooses a new one had: the one
// they sign in with, or that was taken away; "" for none.
func (p Password) Former() string { return cmp.Or(p.Hash, p.taken) }

// PasswordOf returns what is kept; a person without a password has the zero value.
func PasswordOf(ctx context.Context, tx *db.Tx, person string) (Password, error) {
	var p Password
	var exposed, since int64
	err := tx.QueryRow(ctx, `SELECT hash, exposed_at, changed_at, barred FROM password WHERE person_id = $1`, person).Scan(&p.Hash, &exposed, &since, &p.taken)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Password{}, err
	}
	p.Exposed, p.Since = exposed != 0, db.Time(since)
	return p, nil
}

// Set keeps the hash of a new password and ends everything under way for the
// person, sessions included: what was begun with the old one is void.
func Set(ctx context.Context, tx *db.Tx, person, hash string) error {
	if _, err := directory.BumpEpoch(ctx, tx, person); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO password (person_id, hash, changed_at) VALUES ($1, $2, $3)
		ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at, exposed_at = 0, barred = ''`,
		person, hash, db.Millis(tx.Now))
	if err != nil {
		return err
	}
	return record(ctx, tx, audit.PersonPasswordSet, person)
}

// Upgrade replaces a hash by one of the same password, unless it has changed meanwhile.
func Upgrade(ctx context.Context, tx *db.Tx, person, old, upgrade string) error {
	_, err := tx.Exec(ctx, `UPDATE password SET hash = $1 WHERE person_id = $2 AND hash = $3`, upgrade, person, old)
	return err
}

// Expose notes that somebody else knows the password. See [Password].
func Expose(ctx context.Context, tx *db.Tx, person string) error {
	n, err := tx.Exec(ctx, `UPDATE password SET exposed_at = $1 WHERE person_id = $2 AND exposed_at = 0`, db.Millis(tx.Now), person)
	if err != nil || n == 0 {
		return err
	}
	return record(ctx, tx, audit.PersonPasswordSeen, person)
}

// Remove takes a person's password away, with the count of wrong codes. Its hash is
// kept aside, barred, until they choose another one: mostly it goes because somebody
// else knows it.
func Remove(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`UPDATE password SET barred = hash, hash = '', exposed_at = 0 WHERE person_id = $1 AND hash <> ''`,
		`DELETE FROM code_guard WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}

func record(ctx context.Context, tx *db.Tx, kind audit.Kind, person string) error {
	p, err := directory.ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID})
}
