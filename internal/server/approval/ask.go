package approval

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
	"countersign/internal/wire"
)

// An AskIn is a question to a person.
type AskIn struct {
	Kind   string // one of wire's
	Person string // id; "" with Decoy
	// Decoy is the name that was typed and nobody has. Such a request has
	// places, a number and an end like any other; only nobody can answer it.
	Decoy       string
	Directory   string // id
	Attempt     string // of a sign-in
	Offer       string // of a test, or what else a page asks that tries a device
	OnlyDevice  string // the registration that is tried
	App         string // as people know it
	AppHost     string
	AppVerified bool
	IP          string
	Place       string
	Browser     string // "Chrome"
	System      string // "Windows"
	Known       bool   // the browser showed a cookie of an earlier full sign-in of this person
	Proven      bool   // the attempt has proven the password
	Epoch       int64  // of the person at the beginning of the attempt
	Correlation string
	Digits      int // 2, 3 or 6
	TTL         time.Duration
	// Device is what is being set up, of wire.KindNewPhone.
	Device wire.NewDevice
}

// An Asked is a request that was made.
type Asked struct {
	ID        string
	Number    string // for the page that asked, and nobody else
	ExpiresAt time.Time
}

// Ask makes a request. An open one of the same attempt (or offer) is replaced;
// others stay, and when the places are full it returns [ErrFull]. It returns
// [ErrBlocked] to an attempt that has proven the password from a network that
// was reported; without that proof such a request is made, and nobody sees it.
// [ErrGuessed] is about new phones only. [ErrEnded] means that the person's epoch
// moved on.
func (a *Approvals) Ask(ctx context.Context, tx *db.Tx, in AskIn) (Asked, error) {
	if in.Kind == wire.KindNewPhone {
		in.Digits = wire.NewPhoneDigits
	}
	q, body, err := a.prepare(ctx, tx, in)
	if err != nil {
		return Asked{}, err
	}
	gate, err := turn(ctx, tx, q.person)
	if err != nil {
		return Asked{}, err
	}
	if err := a.blocked(ctx, tx, in, q); err != nil {
		return Asked{}, err
	}
	if err := guessed(ctx, tx, q); err != nil {
		return Asked{}, err
	}
	if err := a.replace(ctx, tx, q); err != nil {
		return Asked{}, err
	}
	taken, err := a.places(ctx, tx, q, in.Known || in.tries())
	if err != nil {
		return Asked{}, err
	}
	number, err := a.draw(q, in.Digits, taken)
	if err != nil {
		return Asked{}, err
	}
	if q.body, err = json.Marshal(body); err != nil {
		return Asked{}, err
	}
	knocked, err := a.knock(ctx, tx, q, gate)
	if err != nil {
		return Asked{}, err
	}
	if err := a.insert(ctx, tx, q, knocked); err != nil {
		return Asked{}, err
	}
	return Asked{q.id, number, db.Time(q.expires)}, a.asked(ctx, tx, q, knocked)
}

// prepare fills the row and the body that devices fetch.
func (a *Approvals) prepare(ctx context.Context, tx *db.Tx, in AskIn) (*row, wire.Request, error) {
	q := &row{
		id: rand.Text(), kind: in.Kind, person: in.Person, directory: in.Directory, attempt: in.Attempt, offer: in.Offer,
		only: in.OnlyDevice, nonce: rand.Text(), app: in.App, device: in.Device.Name, place: in.Place, ip: in.IP, net: limit.Net(in.IP),
		browser: agent(in.Browser, in.System), correlation: in.Correlation, epoch: in.Epoch, known: bit(in.Known),
		asked: db.Millis(tx.Now), expires: db.Millis(tx.Now.Add(in.TTL)),
	}
	dir, err := directory.Get(ctx, tx, in.Directory)
	if err != nil {
		return nil, wire.Request{}, err
	}
	login := in.Decoy
	if in.Decoy != "" {
		mac := a.keep.MAC("approval.decoy", []byte(in.Decoy))
		q.person, q.only = decoy+base32.StdEncoding.EncodeToString(mac[:15]), nobody
	} else if login, err = loginOf(ctx, tx, in); err != nil {
		return nil, wire.Request{}, err
	}
	body := wire.Request{
		ID: q.id, Kind: q.kind, Nonce: q.nonce, App: in.App, AppHost: in.AppHost, AppVerified: in.AppVerified,
		Person: login, Directory: dir.Name, Place: in.Place, IP: in.IP, Browser: in.Browser, System: in.System, Known: in.Known,
		AskedAt: q.asked, ExpiresAt: q.expires, Digits: in.Digits, Correlation: in.Correlation,
		Unlock: dir.Policy.Unlock || slices.Contains(unlocks, q.kind),
	}
	if q.kind == wire.KindNewPhone {
		body.Device = &in.Device
	}
	return q, body, nil
}

// unlocks are the kinds that take the unlock key, whatever the directory asks.
var unlocks = []string{wire.KindPasswordless, wire.KindUnlock, wire.KindNewPhone}

// tries tells whether a page of the person's own tries a device.
func (in AskIn) tries() bool { return in.Kind == wire.KindTest || in.Kind == wire.KindUnlock }

func loginOf(ctx context.Context, tx *db.Tx, in AskIn) (string, error) {
	p, err := directory.ByID(ctx, tx, in.Person)
	if err != nil {
		return "", err
	}
	if p.State != directory.Active || p.Epoch != in.Epoch {
		return "", ErrEnded
	}
	return p.Login, nil
}

// current tells whether a person is active, and their epoch.
func current(ctx context.Context, tx *db.Tx, person string) (ok bool, epoch int64, err error) {
	p, err := directory.ByID(ctx, tx, person)
	if errors.Is(err, directory.ErrUnknown) {
		return false, 0, nil
	}
	return p.State == directory.Active, p.Epoch, err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func agent(browser, system string) string {
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + ", " + system
}

// blocked looks for a report of this network. It makes the request one that
// nobody sees, or, to whom it may be told, says so.
func (a *Approvals) blocked(ctx context.Context, tx *db.Tx, in AskIn, q *row) error {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM network_block WHERE person_id = $1 AND net = $2 AND until > $3 AND known >= $4`,
		q.person, q.net, q.asked, q.known).Scan(&n)
	if err != nil || n == 0 || in.tries() {
		return err
	}
	if in.Proven {
		return ErrBlocked
	}
	q.only = nobody
	return nil
}

// guessed looks for wrong numbers of late. Each has closed a request already and
// needed another one, and few are plenty for who sees the number.
func guessed(ctx context.Context, tx *db.Tx, q *row) error {
	if q.kind != wire.KindNewPhone {
		return nil
	}
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM approval WHERE person_id = $1 AND kind = $2 AND state = 'failed' AND decided_at > $3`,
		q.person, q.kind, db.Millis(tx.Now.Add(-guessSpan))).Scan(&n)
	if err == nil && n >= guessMost {
		err = ErrGuessed
	}
	return err
}

// places returns the keyed hashes of the numbers that are open, if there is
// room for one more.
func (a *Approvals) places(ctx context.Context, tx *db.Tx, q *row, reserved bool) (map[string]bool, error) {
	rows, err := tx.Query(ctx, `SELECT number FROM approval WHERE person_id = $1 AND state = 'open' AND expires_at > $2`, q.person, q.asked)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	taken, n := map[string]bool{}, 0
	for rows.Next() {
		var number []byte
		if err := rows.Scan(&number); err != nil {
			return nil, err
		}
		taken[string(number)] = true
		n++
	}
	if n >= mostKnown || n >= mostOpen && !reserved {
		return nil, ErrFull
	}
	return taken, rows.Err()
}

// draw draws a number unlike those that are open, and puts its hash and its
// sealed form into the row.
func (a *Approvals) draw(q *row, digits int, taken map[string]bool) (string, error) {
	if digits < 1 || digits > 8 {
		return "", fmt.Errorf("a number of %d digits", digits)
	}
	most := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	for {
		n, err := rand.Int(rand.Reader, most)
		if err != nil {
			return "", err
		}
		number := fmt.Sprintf("%0*d", digits, n)
		if q.number = a.hash(q.person, number); taken[string(q.number)] {
			continue
		}
		q.shown, err = a.keep.Seal([]byte(number), q.numberPlace())
		return number, err
	}
}

// hash is how a number is stored and compared. It is keyed, and the same for
// one person, so that the number of another request is recognised.
func (a *Approvals) hash(person, number string) []byte {
	return a.keep.MAC("approval.number", []byte(person), []byte(number))
}

func (a *Approvals) insert(ctx context.Context, tx *db.Tx, q *row, knocked bool) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO approval (id, kind, person_id, directory_id, attempt_id, offer_id, only_registration, state, number, shown,
			nonce, body, epoch, known, knocked, app, device, place, ip, net, browser, correlation, asked_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)`,
		q.id, q.kind, q.person, q.directory, q.attempt, q.offer, q.only, q.number, q.shown,
		q.nonce, q.body, q.epoch, q.known, bit(knocked), q.app, q.device, q.place, q.ip, q.net, q.browser, q.correlation, q.asked, q.expires)
	return err
}

// asked tells the log and the devices.
func (a *Approvals) asked(ctx context.Context, tx *db.Tx, q *row, knocked bool) error {
	kind := audit.ApprovalAsked
	if q.kind == wire.KindNewPhone {
		kind = audit.RestoreAsked
	}
	if err := a.record(ctx, tx, q, kind, map[string]any{"knocked": knocked, "known": q.known == 1}); err != nil {
		return err
	}
	return a.notify.Wake(ctx, tx, personTopic(q))
}
