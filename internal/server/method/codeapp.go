package method

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/notify"
	"countersign/internal/wire"
	"countersign/otp"
)

// MostCodeApps is how many other authenticators a person can have.
const MostCodeApps = 5

const (
	codeSecret = 20 // bytes, 160 bits (T1)
	codeReach  = 1  // steps to either side of what is expected (T3)
	codeLearnt = 2  // steps that using a clock may move what is expected of it (T5)
	codeAdrift = 20 // steps within which two codes in a row are looked for: ten minutes
)

// ErrCode is returned for what is no code of the person's other authenticators now.
var ErrCode = errors.New("not a code of another authenticator")

// ErrCodeUsed is returned for a right code that was used before, or is older
// than one that was (T4).
var ErrCodeUsed = errors.New("code of another authenticator was used before")

// ErrCodeApp is returned when a person has no such authenticator.
var ErrCodeApp = errors.New("no such code app")

// CodeApps knows the other authenticators of people: apps and tokens that make
// one-time codes (RFC 6238) from a secret they were shown once. They approve
// nothing; a code of theirs is a second proof.
//
// The clock of such a thing is its own. How many steps it is ahead is learnt
// from the codes that are used, within [codeLearnt] of what it was when it was
// last set; what has drifted further is set anew by two codes in a row.
type CodeApps struct {
	keep   *keep.Keeper
	notify *notify.Notify
}

// NewCodeApps knows other authenticators.
func NewCodeApps(k *keep.Keeper, n *notify.Notify) *CodeApps { return &CodeApps{k, n} }

// A CodeApp is one that a person has, or that is on its way: then it waits for
// its first code, in the session that asked for it, for [OfferLife].
type CodeApp struct {
	ID        string
	Person    string
	Name      string // as its owner calls it; "" while on its way
	Replaces  string // which one goes when this one comes, or ""
	Place     string // where it was added, like Browser
	Browser   string
	CreatedAt time.Time
	UsedAt    time.Time

	base, drift int64
	sealed      []byte
}

const codeAppColumns = `id, person_id, name, replaces, place, browser, created_at, used_at, base, drift, secret`

func scanCodeApp(row scanner, more ...any) (a CodeApp, err error) {
	var created, used int64
	err = row.Scan(append([]any{&a.ID, &a.Person, &a.Name, &a.Replaces, &a.Place, &a.Browser, &created, &used, &a.base, &a.drift, &a.sealed}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrCodeApp
	}
	a.CreatedAt, a.UsedAt = db.Time(created), db.Time(used)
	return a, err
}

// Of returns the other authenticators of a person, the oldest first.
func (c *CodeApps) Of(ctx context.Context, tx *db.Tx, person string) (all []CodeApp, err error) {
	rows, err := tx.Query(ctx, `SELECT `+codeAppColumns+` FROM code_app WHERE person_id = $1 AND confirmed_at > 0 ORDER BY confirmed_at, id`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		a, err := scanCodeApp(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, rows.Err()
}

// CodeAppNames returns what the other authenticators of a person are called, by their ids.
func CodeAppNames(ctx context.Context, tx *db.Tx, person string) (names map[string]string, err error) {
	rows, err := tx.Query(ctx, `SELECT id, name FROM code_app WHERE person_id = $1 AND confirmed_at > 0`, person)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names = map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		names[id] = name
	}
	return names, rows.Err()
}

// Offer begins to add an authenticator; an earlier one on its way in the same
// session ends. Who has [MostCodeApps] says which it replaces, or gets [ErrFull].
func (c *CodeApps) Offer(ctx context.Context, tx *db.Tx, in OfferIn, replaces string) (CodeApp, error) {
	if err := brake.Check(ctx, tx, in.Person); err != nil {
		return CodeApp{}, err
	}
	if err := c.room(ctx, tx, in.Person, replaces); err != nil {
		return CodeApp{}, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM code_app WHERE session_id = $1 AND confirmed_at = 0`, in.Session); err != nil {
		return CodeApp{}, err
	}
	secret := make([]byte, codeSecret)
	rand.Read(secret)
	a := CodeApp{ID: rand.Text(), Person: in.Person, Replaces: replaces, CreatedAt: tx.Now}
	var err error
	if a.sealed, err = c.keep.Seal(secret, a.secretPlace()); err != nil {
		return CodeApp{}, err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO code_app (id, person_id, secret, session_id, epoch, replaces, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.Person, a.sealed, in.Session, in.Epoch, replaces, db.Millis(tx.Now), db.Millis(tx.Now.Add(OfferLife)))
	return a, err
}

// room tells whether there is room for one more, with [ErrFull] for no.
func (c *CodeApps) room(ctx context.Context, tx *db.Tx, person, replaces string) error {
	all, err := c.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	left := len(all)
	for _, a := range all {
		if a.ID == replaces {
			left--
		}
	}
	switch {
	case replaces != "" && left == len(all):
		return ErrCodeApp
	case left >= MostCodeApps:
		return ErrFull
	}
	return nil
}

func (a CodeApp) secretPlace() keep.Where {
	return keep.Where{Table: "code_app", Column: "secret", Key: a.ID, Person: a.Person}
}

// Offered returns what a session is adding, or [ErrOffer].
func (c *CodeApps) Offered(ctx context.Context, tx *db.Tx, session, id string) (CodeApp, error) {
	var epoch int64
	a, err := scanCodeApp(tx.QueryRow(ctx, `
		SELECT `+codeAppColumns+`, epoch FROM code_app
		WHERE id = $1 AND session_id = $2 AND confirmed_at = 0 AND expires_at > $3`, id, session, db.Millis(tx.Now)), &epoch)
	if errors.Is(err, ErrCodeApp) {
		return a, ErrOffer
	} else if err != nil {
		return a, err
	}
	who, err := directory.ByID(ctx, tx, a.Person)
	if err == nil && (who.Epoch != epoch || who.State != directory.Active) {
		err = ErrOffer
	}
	return a, err
}

// Key is the secret of an authenticator on its way, for the page that shows it.
func (c *CodeApps) Key(a CodeApp) (otp.Key, error) {
	secret, err := c.keep.Unseal(a.sealed, a.secretPlace())
	if err != nil {
		return otp.Key{}, fmt.Errorf("secret of code app %s: %w", a.ID, err)
	}
	return otp.Key{Kind: otp.TOTP, Secret: secret}.Shaped(), nil
}

// Drop ends what a session is adding: the person went back.
func (c *CodeApps) Drop(ctx context.Context, tx *db.Tx, session, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM code_app WHERE id = $1 AND session_id = $2 AND confirmed_at = 0`, id, session)
	return err
}

// Confirm makes an authenticator one of the person's once it has made a code,
// and takes away the one it replaces. It returns [ErrOffer], [ErrName],
// [ErrCode] or [ErrFull].
func (c *CodeApps) Confirm(ctx context.Context, tx *db.Tx, session, id, name, code string, from Where) (CodeApp, error) {
	a, err := c.Offered(ctx, tx, session, id)
	if err != nil {
		return a, err
	}
	if err := brake.Check(ctx, tx, a.Person); err != nil {
		return a, err
	}
	if !wire.GoodName(name) {
		return a, ErrName
	}
	key, err := c.Key(a)
	if err != nil {
		return a, err
	}
	step, ok, err := key.Match(otp.Typed(code), key.Step(tx.Now), codeReach)
	if err == nil && !ok {
		err = ErrCode
	}
	if err != nil {
		return a, err
	}
	// It holds the person's row, so that two that come at once see each other.
	if _, err := CodeTurn(ctx, tx, a.Person); err != nil {
		return a, err
	}
	if err := c.room(ctx, tx, a.Person, a.Replaces); err != nil {
		return a, err
	}
	if a.Replaces != "" {
		if err := c.Remove(ctx, tx, a.Person, a.Replaces, from); err != nil {
			return a, err
		}
	}
	a.Name = name
	return a, c.confirm(ctx, tx, a, step-key.Step(tx.Now), step, from)
}

func (c *CodeApps) confirm(ctx context.Context, tx *db.Tx, a CodeApp, ahead, step int64, from Where) error {
	n, err := tx.Exec(ctx, `
		UPDATE code_app SET name = $1, base = $2, drift = $2, last_step = $3, place = $4, browser = $5, confirmed_at = $6, used_at = $6, replaces = ''
		WHERE id = $7 AND confirmed_at = 0`, a.Name, ahead, step, from.Place, from.Browser, db.Millis(tx.Now), a.ID)
	if err == nil && n == 0 {
		err = ErrOffer
	}
	if err != nil {
		return err
	}
	if err := directory.CloseEnrol(ctx, tx, a.Person); err != nil {
		return err
	}
	return c.tell(ctx, tx, audit.CodeAppAdded, a, notify.MailCodeAppAdded, from)
}

// Use uses up a code of a person's other authenticators: each step of one is
// accepted once (T4), one step early or late of what its clock is known to be
// (T3), which is learnt from it (T5). It returns [ErrCode] or [ErrCodeUsed]. The
// caller counts failures (T7).
func (c *CodeApps) Use(ctx context.Context, tx *db.Tx, person, code string) error {
	all, err := c.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	code = otp.Typed(code)
	refused := ErrCode
	for _, a := range all {
		key, err := c.Key(a)
		if err != nil {
			return err
		}
		now := key.Step(tx.Now)
		step, ok, err := key.Match(code, now+a.drift, codeReach)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		drift := max(a.base-codeLearnt, min(step-now, a.base+codeLearnt))
		n, err := tx.Exec(ctx, `UPDATE code_app SET last_step = $1, drift = $2, used_at = $3 WHERE id = $4 AND confirmed_at > 0 AND last_step < $1`,
			step, drift, db.Millis(tx.Now), a.ID)
		if err != nil || n == 1 {
			return err
		}
		refused = ErrCodeUsed
	}
	return refused
}

// Set measures the clock of an authenticator anew by two codes in a row (T5),
// and uses both up. It returns [ErrCodeApp], [ErrCode], [ErrCodeUsed] or
// brake.ErrFrozen; the caller counts failures.
func (c *CodeApps) Set(ctx context.Context, tx *db.Tx, person, id, first, second string, from Where) error {
	if err := brake.Check(ctx, tx, person); err != nil {
		return err
	}
	a, err := c.one(ctx, tx, person, id)
	if err != nil {
		return err
	}
	key, err := c.Key(a)
	if err != nil {
		return err
	}
	now := key.Step(tx.Now)
	step, ok, err := adjacent(key, now, otp.Typed(first), otp.Typed(second))
	if err == nil && !ok {
		err = ErrCode
	}
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE code_app SET last_step = $1, base = $2, drift = $2, used_at = $3 WHERE id = $4 AND last_step < $5`,
		step, step-now, db.Millis(tx.Now), a.ID, step-1)
	if err == nil && n == 0 {
		err = ErrCodeUsed
	}
	if err != nil {
		return err
	}
	return c.tell(ctx, tx, audit.CodeAppSet, a, notify.MailCodeAppSet, from)
}

// adjacent finds the step of the second of two codes in a row.
func adjacent(key otp.Key, now int64, first, second string) (step int64, ok bool, err error) {
	for at := now - codeAdrift; at <= now+codeAdrift; at++ {
		_, one, err := key.Match(first, at-1, 0)
		if err != nil {
			return 0, false, err
		}
		_, two, err := key.Match(second, at, 0)
		if err != nil {
			return 0, false, err
		}
		if one && two {
			step, ok = at, true
		}
	}
	return step, ok, nil
}

func (c *CodeApps) one(ctx context.Context, tx *db.Tx, person, id string) (CodeApp, error) {
	return scanCodeApp(tx.QueryRow(ctx, `SELECT `+codeAppColumns+` FROM code_app WHERE id = $1 AND person_id = $2 AND confirmed_at > 0`, id, person))
}

// Rename gives an authenticator another name. Every address of its person hears of it,
// unless it is the name that it has. It returns [ErrName], [ErrCodeApp], or brake.ErrFrozen.
func (c *CodeApps) Rename(ctx context.Context, tx *db.Tx, person, id, name string, from Where) error {
	if !wire.GoodName(name) {
		return ErrName
	}
	if err := brake.Check(ctx, tx, person); err != nil {
		return err
	}
	a, err := c.one(ctx, tx, person, id)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE code_app SET name = $1 WHERE id = $2 AND name <> $1`, name, a.ID)
	if err != nil || n == 0 {
		return err
	}
	e := audit.Event{Kind: audit.CodeAppRenamed, Method: "otp", Detail: map[string]any{"method_id": a.ID, "name": name, "was": a.Name}}
	return tell(ctx, tx, c.notify, person, e, notify.MailMethodRenamed, from)
}

// Remove takes an authenticator of a person away. That enough is left to sign
// in with is the caller's to check. It returns [ErrCodeApp].
func (c *CodeApps) Remove(ctx context.Context, tx *db.Tx, person, id string, from Where) error {
	a, err := scanCodeApp(tx.QueryRow(ctx, `
		DELETE FROM code_app WHERE id = $1 AND person_id = $2 AND confirmed_at > 0 RETURNING `+codeAppColumns, id, person))
	if err != nil {
		return err
	}
	return c.tell(ctx, tx, audit.CodeAppRemoved, a, notify.MailCodeAppRemoved, from)
}

// RemoveAll takes all other authenticators of a person away.
func (c *CodeApps) RemoveAll(ctx context.Context, tx *db.Tx, person string, from Where) error {
	all, err := c.Of(ctx, tx, person)
	if err != nil {
		return err
	}
	for _, a := range all {
		if err := c.Remove(ctx, tx, person, a.ID, from); err != nil {
			return err
		}
	}
	return nil
}

// tell writes down what became of an authenticator, and mails it to its person (N11).
func (c *CodeApps) tell(ctx context.Context, tx *db.Tx, kind audit.Kind, a CodeApp, template string, from Where) error {
	e := audit.Event{Kind: kind, Method: "otp", Detail: map[string]any{"method_id": a.ID, "name": a.Name}}
	return tell(ctx, tx, c.notify, a.Person, e, template, from)
}
