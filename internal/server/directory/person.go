package directory

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// States of a person.
const (
	Active    = "active"
	Suspended = "suspended" // cannot sign in, keeps everything
)

// What a person without an authenticator app may pair the first one with.
const (
	EnrolOpen   = "open"   // the password alone
	EnrolCode   = "code"   // the password and a code that is sent to a registered address
	EnrolClosed = "closed" // nothing of their own: an access pass is needed
)

// Roles.
const (
	Member   = ""         // an ordinary person
	Auditor  = "auditor"  // sees everything, changes nothing
	Helpdesk = "helpdesk" // helps members back in
	Admin    = "admin"    // manages the organisation
	Owner    = "owner"    // an admin that only owners can change
)

// Roles are all roles, the least first.
var Roles = []string{Member, Auditor, Helpdesk, Admin, Owner}

// RoleWord is what a role is called where it cannot be empty: in the log, in
// forms and calls.
func RoleWord(role string) string {
	if role == Member {
		return "member"
	}
	return role
}

// RoleOf is the role with a word, or [ErrInvalid].
func RoleOf(word string) (string, error) {
	for _, role := range Roles {
		if RoleWord(role) == word {
			return role, nil
		}
	}
	return "", fmt.Errorf("role %q: %w", word, ErrInvalid)
}

// A Person is someone who can sign in.
type Person struct {
	ID          string // for ever, told to applications as the subject
	DirectoryID string
	Login       string // what is typed to sign in; normalised, unique on the server
	Name        string // as people call them
	Email       string
	EmailSince  time.Time // when that address was given
	Locale      string    // "en" or "ja"; "" for not chosen
	Zone        string    // IANA time zone; "" for not chosen
	Role        string
	State       string
	Enrol       string
	EnrolUntil  time.Time // when what is not closed closes by itself; zero for never
	AnewAt      time.Time // since when they have to register anew; zero for not
	Epoch       int64     // see the package comment
}

// EnrolAt is what the person may pair a first app with at a time: [EnrolOpen], [EnrolCode] or [EnrolClosed].
func (p Person) EnrolAt(now time.Time) string {
	if !p.EnrolUntil.IsZero() && !now.Before(p.EnrolUntil) {
		return EnrolClosed
	}
	return p.Enrol
}

// AnewAfter tells whether the password alone must change nothing of the person's
// sign-in methods at a time, since they have to register anew.
func (p Person) AnewAfter(now time.Time) bool {
	return !p.AnewAt.IsZero() && p.EnrolAt(now) != EnrolOpen
}

// Login brings a login into the form it is compared in: NFKC, lower case,
// nothing round it. It returns [ErrInvalid] for one that nobody can have.
func Login(typed string) (string, error) {
	s := norm.NFKC.String(strings.ToLower(norm.NFKC.String(strings.TrimSpace(typed))))
	if s == "" || len(s) > 254 || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsGraphic(r) || r == unicode.ReplacementChar
	}) {
		return "", fmt.Errorf("login: %w", ErrInvalid)
	}
	return s, nil
}

// CreatePerson adds a person: DirectoryID, Login and Name are needed. The id is a
// new one, Enrol open, and the address of now, unless said otherwise. It returns [ErrTaken] for a login in use,
// and [ErrElsewhere] for one that looks like another directory's: by its domain a sign-in knows whose rules apply.
func CreatePerson(ctx context.Context, tx *db.Tx, p Person) (Person, error) {
	login, err := Login(p.Login)
	if err != nil {
		return Person{}, err
	}
	p.ID, p.Login, p.State, p.Epoch = cmp.Or(p.ID, rand.Text()), login, Active, 1
	if p.Name = strings.TrimSpace(p.Name); p.Name == "" {
		return Person{}, fmt.Errorf("person %s needs a name: %w", p.Login, ErrInvalid)
	}
	if p.Enrol == "" {
		p.Enrol = EnrolOpen
	}
	if p.EmailSince.IsZero() {
		p.EmailSince = tx.Now
	}
	if err := fitRole(ctx, tx, p.DirectoryID, p.Role); err != nil {
		return Person{}, err
	}
	if there, err := withDomain(ctx, tx, p.Login); err != nil {
		return Person{}, err
	} else if there != "" && there != p.DirectoryID {
		return Person{}, fmt.Errorf("login %s: %w", p.Login, ErrElsewhere)
	}
	n, err := tx.Exec(ctx, `
		INSERT INTO person (id, directory_id, login, name, email, locale, zone, role, state, enrol, epoch, created_at, email_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (login) DO NOTHING`,
		p.ID, p.DirectoryID, p.Login, p.Name, p.Email, p.Locale, p.Zone, p.Role, p.State, p.Enrol, p.Epoch, db.Millis(tx.Now), db.Millis(p.EmailSince))
	if err != nil {
		return Person{}, err
	}
	if n == 0 {
		return Person{}, fmt.Errorf("login %s: %w", p.Login, ErrTaken)
	}
	if err := index(ctx, tx, p); err != nil {
		return Person{}, err
	}
	return p, audit.Record(ctx, tx, audit.Event{Kind: audit.PersonCreated, Directory: p.DirectoryID, Person: p.ID})
}

// withDomain is the directory that has a login's domain; "" for none.
func withDomain(ctx context.Context, tx *db.Tx, login string) (id string, err error) {
	_, domain, _ := cutLast(login, "@")
	err = tx.QueryRow(ctx, `SELECT id FROM directory WHERE domain = $1`, strings.ToLower(domain)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

const personColumns = `id, directory_id, login, name, email, email_at, locale, zone, role, state, enrol, enrol_until, anew_at, epoch`

// ByID returns a person, or [ErrUnknown].
func ByID(ctx context.Context, tx *db.Tx, id string) (Person, error) {
	return scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM person WHERE id = $1`, id))
}

// ByLogin returns the person with this login, typed in any way [Login]
// forgives, or [ErrUnknown], also for what cannot be a login.
func ByLogin(ctx context.Context, tx *db.Tx, typed string) (Person, error) {
	login, err := Login(typed)
	if err != nil {
		return Person{}, fmt.Errorf("person: %w", ErrUnknown)
	}
	return scanPerson(tx.QueryRow(ctx, `SELECT `+personColumns+` FROM person WHERE login = $1`, login))
}

// People yields the people of a directory by login.
func People(ctx context.Context, tx *db.Tx, directory string) iter.Seq2[Person, error] {
	return each(ctx, tx, scanPerson, `SELECT `+personColumns+` FROM person WHERE directory_id = $1 ORDER BY login`, directory)
}

// Admins yields who manages a directory's people and can sign in: owners and
// admins. A personal directory has none.
func Admins(ctx context.Context, tx *db.Tx, directory string) iter.Seq2[Person, error] {
	return each(ctx, tx, scanPerson, `
		SELECT `+personColumns+` FROM person WHERE role IN ('admin', 'owner') AND state = 'active'
			AND directory_id IN (SELECT id FROM directory WHERE id = $1 AND kind = 'organization') ORDER BY login`, directory)
}

// Owners yields the owners of a directory, suspended ones too.
func Owners(ctx context.Context, tx *db.Tx, directory string) iter.Seq2[Person, error] {
	return each(ctx, tx, scanPerson, `SELECT `+personColumns+` FROM person WHERE directory_id = $1 AND role = 'owner' AND role <> '' ORDER BY login`, directory)
}

func scanPerson(row scanner) (Person, error) {
	var p Person
	var since, until, anew int64
	err := row.Scan(&p.ID, &p.DirectoryID, &p.Login, &p.Name, &p.Email, &since, &p.Locale, &p.Zone, &p.Role, &p.State, &p.Enrol, &until, &anew, &p.Epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return Person{}, fmt.Errorf("person: %w", ErrUnknown)
	}
	p.EmailSince = db.Time(since)
	if until > 0 {
		p.EnrolUntil = db.Time(until)
	}
	if anew > 0 {
		p.AnewAt = db.Time(anew)
	}
	return p, err
}

// BumpEpoch ends everything under way for a person: sign-ins, sessions,
// offers, open approvals, known browsers. It returns the new epoch. Two
// transactions that bump one person's epoch take turns.
func BumpEpoch(ctx context.Context, tx *db.Tx, person string) (int64, error) {
	var epoch int64
	err := tx.QueryRow(ctx, `UPDATE person SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch`, person).Scan(&epoch)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("person %s: %w", person, ErrUnknown)
	}
	return epoch, err
}

// HoldEpoch tells whether a person is still in an epoch, and keeps them there
// until the transaction ends: whoever bumps it waits.
func HoldEpoch(ctx context.Context, tx *db.Tx, person string, epoch int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE person SET epoch = epoch WHERE id = $1 AND epoch = $2`, person, epoch)
	return n > 0, err
}

// SetState suspends a person or lets them sign in again. Suspending ends
// everything under way.
func SetState(ctx context.Context, tx *db.Tx, person, state string) error {
	kind := audit.PersonResumed
	if state == Suspended {
		kind = audit.PersonSuspended
	} else if state != Active {
		return fmt.Errorf("state %q: %w", state, ErrInvalid)
	}
	if _, err := BumpEpoch(ctx, tx, person); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET state = $1 WHERE id = $2`, state, person); err != nil {
		return err
	}
	return recordOf(ctx, tx, kind, person)
}

// Describe says how people call a person, and where news about their account
// goes. It returns [ErrInvalid] for a person without a name.
func Describe(ctx context.Context, tx *db.Tx, person, name, email string) error {
	if name = strings.TrimSpace(name); name == "" {
		return fmt.Errorf("person %s needs a name: %w", person, ErrInvalid)
	}
	n, err := tx.Exec(ctx, `UPDATE person SET name = $1, email = $2, email_at = CASE WHEN email = $2 THEN email_at ELSE $4 END WHERE id = $3`,
		name, email, person, db.Millis(tx.Now))
	if err == nil && n == 0 {
		err = fmt.Errorf("person %s: %w", person, ErrUnknown)
	}
	if err != nil {
		return err
	}
	p, err := ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	return index(ctx, tx, p)
}

// SetRole says what a person may do for others. Sessions that were begun with
// another role end: nobody keeps a page open that they may no longer see.
func SetRole(ctx context.Context, tx *db.Tx, person, role string) error {
	p, err := ByID(ctx, tx, person)
	if err == nil {
		err = fitRole(ctx, tx, p.DirectoryID, role)
	}
	if err != nil {
		return err
	}
	if _, err := BumpEpoch(ctx, tx, person); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET role = $1 WHERE id = $2`, role, person); err != nil {
		return err
	}
	return recordOf(ctx, tx, audit.PersonRole, person)
}

// fitRole refuses what is no role, and any in a personal directory: nobody manages its people.
func fitRole(ctx context.Context, tx *db.Tx, directory, role string) error {
	if !slices.Contains(Roles, role) {
		return fmt.Errorf("role %q: %w", role, ErrInvalid)
	}
	if role == Member {
		return nil
	}
	d, err := Get(ctx, tx, directory)
	if err == nil && d.Kind == Personal {
		err = fmt.Errorf("role %s in a personal directory: %w", role, ErrInvalid)
	}
	return err
}

// CloseEnrol says that a person has set up: the time is over in which less than a
// pass pairs an app, and so is that of registering anew. The first activation calls it.
func CloseEnrol(ctx context.Context, tx *db.Tx, person string) error {
	n, err := tx.Exec(ctx, `UPDATE person SET enrol = 'closed', enrol_until = 0, anew_at = 0 WHERE id = $1 AND (enrol <> 'closed' OR anew_at > 0)`, person)
	if err != nil || n == 0 {
		return err
	}
	return recordOf(ctx, tx, audit.PersonEnrolClosed, person)
}

// CloseCode takes back that a code sent to an address pairs an app: a pass was
// issued instead, or somebody said that it was not they who used it.
func CloseCode(ctx context.Context, tx *db.Tx, person string) error {
	n, err := tx.Exec(ctx, `UPDATE person SET enrol = 'closed', enrol_until = 0 WHERE id = $1 AND enrol = 'code'`, person)
	if err != nil || n == 0 {
		return err
	}
	return recordOf(ctx, tx, audit.PersonEnrolClosed, person)
}

// Reset lets a person pair a first app with the password alone again, and ends
// everything under way. Their apps and password are the caller's to remove.
func Reset(ctx context.Context, tx *db.Tx, person string) error {
	if _, err := BumpEpoch(ctx, tx, person); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET enrol = 'open', enrol_until = 0, anew_at = 0 WHERE id = $1`, person); err != nil {
		return err
	}
	return recordOf(ctx, tx, audit.PersonReset, person)
}

// How long something less than a pass may pair an app again, where that was chosen.
const (
	AloneLife = 24 * time.Hour     // the password alone
	CodeLife  = 7 * 24 * time.Hour // with a code to an address: a week's leave, and no longer
)

// RequireReregistration ends everything under way for a person, whose methods
// beyond the password are the caller's to void. What pairs an app again is
// [EnrolClosed] (a pass), [EnrolCode] for [CodeLife], or [EnrolOpen] for [AloneLife].
func RequireReregistration(ctx context.Context, tx *db.Tx, person, actor, enrol string) error {
	if _, err := BumpEpoch(ctx, tx, person); err != nil {
		return err
	}
	until := int64(0)
	switch enrol {
	case EnrolCode:
		until = db.Millis(tx.Now.Add(CodeLife))
	case EnrolOpen:
		until = db.Millis(tx.Now.Add(AloneLife))
	}
	if _, err := tx.Exec(ctx, `UPDATE person SET enrol = $1, enrol_until = $2, anew_at = $3 WHERE id = $4`, enrol, until, db.Millis(tx.Now), person); err != nil {
		return err
	}
	p, err := ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{
		Kind: audit.PersonReregister, Directory: p.DirectoryID, Person: p.ID, Actor: actor, Detail: map[string]any{"enrol": enrol},
	})
}

// SetLocale remembers the language and time zone a person reads in; "" leaves one as it is.
func SetLocale(ctx context.Context, tx *db.Tx, person, locale, zone string) error {
	_, err := tx.Exec(ctx, `
		UPDATE person SET locale = COALESCE(NULLIF(CAST($1 AS TEXT), ''), locale), zone = COALESCE(NULLIF(CAST($2 AS TEXT), ''), zone)
		WHERE id = $3`, locale, zone, person)
	return err
}

func recordOf(ctx context.Context, tx *db.Tx, kind audit.Kind, person string) error {
	p, err := ByID(ctx, tx, person)
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID})
}

// Forget removes a person who has left. It is the last that is done: others refer to them.
func Forget(ctx context.Context, tx *db.Tx, person string) error {
	for _, q := range []string{
		`DELETE FROM person_word WHERE person_id = $1`,
		`DELETE FROM address WHERE person_id = $1`,
		`DELETE FROM setup_link WHERE person_id = $1`,
		`DELETE FROM person WHERE id = $1`,
	} {
		if _, err := tx.Exec(ctx, q, person); err != nil {
			return err
		}
	}
	return nil
}
