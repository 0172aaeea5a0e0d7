// Package wayback leads back to an account of which something was lost: from a
// forgotten password to a new one, and from the name of an account, on a device that
// opened a backup, to a registration there.
//
// Whoever has forgotten the password gives two different proofs of what is theirs besides
// (N14): a recovery code, a code sent to an address or a number known for long. Together they
// are worth less than a sign-in, so they open nothing (N10): all that comes of
// them is a new password, and what that would open decides how (policy/ways,
// R1). If the person's app or passkey still stands before it, the password is set
// at once, and recovery codes end if one of them was a proof: nobody then holds
// more than they came with. Otherwise it waits for a day, is announced, and can be
// stopped; where an admin manages the people it is not for this package at all.
//
// A way back is a row found only by the hash of the token in the browser's cookie,
// replaced after each proof. A name that nobody has gets the same row and the same
// answers, and never gets past a proof (A8). Whatever voids a sign-in under way, the
// end of the person's epoch, voids a way back too.
//
// A device asks for a [Ticket], which names the account and the device's key and only
// leads to the pages where the person proves who they are, by a recovery sign-in
// (signin.Recovered). If the device has signed the ticket with the restore key of
// the account, the backup was opened there (N20), and nothing waits.
//
// What waits, of either kind, every address and every app of the person hears of,
// and each can stop it ([Waiting], [Service.Stop]).
package wayback

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/signin"
)

// Life is how long a way back may take, until the new password is chosen.
const Life = time.Hour

// Proofs is how many different ones it takes (N14).
const Proofs = 2

// Why a way back cannot be gone.
var (
	// ErrNone: there is none, it took too long, or something of the account changed meanwhile.
	ErrNone = errors.New("no way back under way")
	// ErrManaged: an admin helps the people of this directory, or whoever runs a
	// server that sends no mail.
	ErrManaged = errors.New("an admin helps here")
	// ErrStep: it is at another step, in another tab say.
	ErrStep = errors.New("way back is at another step")
	// ErrSuspended: by an admin. Only who has proven enough hears it.
	ErrSuspended = errors.New("person is suspended")
)

// States of a way back.
const (
	Open    = "open"
	Waits   = "waits" // the new password is set at ReadyAt
	Done    = "done"
	stopped = "stopped"
)

// A Service leads people back. What it stands on is what sign-in stands on.
type Service struct{ signin *signin.Service }

// New makes the service.
func New(s *signin.Service) *Service { return &Service{s} }

// A Way is a way back under way, or one that has led somewhere.
type Way struct {
	ID          string
	Login       string // as typed
	Directory   directory.Directory
	Proofs      []string // in the order they were given
	Sent        []string // proofs for which a code is on its way that can still be typed
	State       string
	ReadyAt     time.Time // of Waits
	Correlation string    // CS-XXXX-XXXX
	ExpiresAt   time.Time

	ends   bool // what signs in alone was lost, and ends when the password is set
	hash   []byte
	ticket string           // of the device that led here, or ""
	person directory.Person // zero for a name nobody has
	epoch  int64
	from   signin.Browser
}

// Proven tells whether enough is proven to choose a password.
func (w Way) Proven() bool { return len(w.Proofs) >= Proofs }

// Has tells whether a proof was given.
func (w Way) Has(proof string) bool { return slices.Contains(w.Proofs, proof) }

// Zone is where the person is, for times on pages; only who has proven
// something is shown any.
func (w Way) Zone() string { return w.person.Zone }

// Directory returns the directory that a name which was typed leads to. It looks
// at the text only.
func (s *Service) Directory(ctx context.Context, login string) (d directory.Directory, err error) {
	err = s.signin.DB.Read(ctx, func(tx *db.Tx) error {
		d, err = directory.For(ctx, tx, signin.Clip(login))
		return err
	})
	return d, err
}

// Begin starts a way back for whoever has the name that was typed, and returns
// the token for its cookie. The ticket is that of the device that led here, or "". It returns [ErrManaged] or a *signin.TooMany. It never
// tells whether anybody has the name.
func (s *Service) Begin(ctx context.Context, login, ticket string, b signin.Browser) (token string, err error) {
	var refused error
	err = s.signin.DB.Write(ctx, func(tx *db.Tx) (err error) {
		token, refused, err = s.begin(ctx, tx, login, ticket, b)
		return err
	})
	return token, errors.Join(err, refused)
}

func (s *Service) begin(ctx context.Context, tx *db.Tx, login, ticket string, b signin.Browser) (token string, refused, err error) {
	if refused, err := count(ctx, tx, begun(b)); refused != nil || err != nil {
		return "", refused, err
	}
	login = signin.Clip(login)
	d, err := directory.For(ctx, tx, login)
	if err != nil {
		return "", nil, err
	}
	if !d.SelfReset() || len(s.Ways()) < Proofs {
		return "", ErrManaged, nil
	}
	p, err := directory.ByLogin(ctx, tx, login)
	if err != nil && !errors.Is(err, directory.ErrUnknown) {
		return "", nil, err
	}
	if p.DirectoryID != d.ID { // the text leads to another directory than the person: nothing of theirs is told here
		p = directory.Person{}
	}
	token = rand.Text()
	_, err = tx.Exec(ctx, `
		INSERT INTO way_back (id, hash, login, directory_id, person_id, epoch, ticket_id, state, ip, net, place, browser, correlation, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12, $13, $14)`,
		rand.Text(), keep.Hash(token), login, d.ID, p.ID, p.Epoch, signin.Clip(ticket), b.IP, b.Net, b.Place, b.Agent(), signin.NewReference(),
		db.Millis(tx.Now), db.Millis(tx.Now.Add(Life)))
	return token, nil, err
}

// Find returns the way back that a token opens, or [ErrNone].
func (s *Service) Find(ctx context.Context, token string) (w Way, err error) {
	err = s.signin.DB.Read(ctx, func(tx *db.Tx) error {
		w, err = find(ctx, tx, token)
		return err
	})
	return w, err
}

const columns = `id, hash, login, directory_id, person_id, epoch, ticket_id, proofs, state, ready_at, ip, net, place, browser, correlation, expires_at,
	COALESCE((SELECT MIN(c.proof) || ' ' || MAX(c.proof) FROM way_back_code c WHERE c.way_id = way_back.id AND c.expires_at > $2 AND c.tries < $3), '')`

func find(ctx context.Context, tx *db.Tx, token string) (Way, error) {
	if token == "" {
		return Way{}, ErrNone
	}
	w, err := scan(tx.QueryRow(ctx, `SELECT `+columns+` FROM way_back WHERE hash = $1 AND expires_at > $2 AND state <> 'stopped'`,
		keep.Hash(token), db.Millis(tx.Now), codeTries))
	if err != nil {
		return Way{}, err
	}
	return w, w.meet(ctx, tx)
}

type scanner interface{ Scan(...any) error }

func scan(row scanner) (w Way, err error) {
	var proofs, sent string
	var ready, expires int64
	err = row.Scan(&w.ID, &w.hash, &w.Login, &w.Directory.ID, &w.person.ID, &w.epoch, &w.ticket, &proofs, &w.State, &ready,
		&w.from.IP, &w.from.Net, &w.from.Place, &w.from.Name, &w.Correlation, &expires, &sent)
	if errors.Is(err, sql.ErrNoRows) {
		return Way{}, ErrNone
	}
	w.Sent = strings.Fields(sent)
	w.Proofs, w.ReadyAt, w.ExpiresAt = strings.Fields(proofs), db.Time(ready), db.Time(expires)
	return w, err
}

// meet reads whom a way back is for, and voids it when something of theirs has changed since.
func (w *Way) meet(ctx context.Context, tx *db.Tx) (err error) {
	if w.Directory, err = directory.Get(ctx, tx, w.Directory.ID); err != nil || w.person.ID == "" {
		return err
	}
	if w.person, err = directory.ByID(ctx, tx, w.person.ID); err != nil {
		return err
	}
	if w.State != Done && w.person.Epoch != w.epoch {
		return ErrNone
	}
	return nil
}

// open finds a way back that goes on, for a step of the browser that asks now.
func open(ctx context.Context, tx *db.Tx, token string, b signin.Browser) (Way, error) {
	w, err := find(ctx, tx, token)
	if err != nil {
		return w, err
	}
	w.from = b
	if w.State != Open {
		return w, ErrStep
	}
	return w, nil
}

// change writes what has become of a way back, under a new token, unless it has
// moved on meanwhile ([ErrStep]): of two answers to one step, one counts.
func change(ctx context.Context, tx *db.Tx, w Way, password string) (token string, err error) {
	token = rand.Text()
	n, err := tx.Exec(ctx, `
		UPDATE way_back SET hash = $1, proofs = $2, state = $3, password = $4, ready_at = $5, expires_at = $6, epoch = $7, ends_strong = $10
		WHERE id = $8 AND hash = $9 AND state = 'open'`,
		keep.Hash(token), strings.Join(w.Proofs, " "), w.State, password, millis(w.ReadyAt), db.Millis(w.ExpiresAt), w.epoch, w.ID, w.hash, bit(w.ends))
	if err == nil && n == 0 {
		err = ErrStep
	}
	return token, err
}

func bit(is bool) int {
	if is {
		return 1
	}
	return 0
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Millis(t)
}

// record writes down what happened on a way back. On a decoy's nothing does.
func (w Way) record(ctx context.Context, tx *db.Tx, kind audit.Kind, proof string) error {
	if w.person.ID == "" {
		return nil
	}
	return audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: w.person.DirectoryID, Person: w.person.ID, Method: proof,
		IP: w.from.IP, Place: w.from.Place, Browser: w.from.Agent(), Correlation: w.Correlation})
}

// Prune forgets what is long over. It is for housekeeping.
func Prune(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, `DELETE FROM way_back_code WHERE expires_at < $1`, db.Millis(tx.Now)); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM way_back WHERE expires_at < $1`, db.Millis(tx.Now)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM rebind_ticket WHERE expires_at < $1`, db.Millis(tx.Now.Add(-kept)))
	return err
}

// Forget removes everything of this package about a person who has left.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM way_back_code WHERE way_id IN (SELECT id FROM way_back WHERE person_id = $1)`,
		`DELETE FROM way_back WHERE person_id = $1`,
		`DELETE FROM rebind_ticket WHERE person_id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
