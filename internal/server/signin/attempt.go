package signin

import (
	"cmp"
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
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/wire"
)

// States of an attempt. What an open one waits for, policy says anew at every step.
const (
	stateName  = "name" // nobody has said who they are
	stateOpen  = "open"
	stateDone  = "done"
	stateEnded = "ended"
)

// Why an attempt ended without a session, beside policy's reasons to refuse.
const (
	WhyDenied   = "denied"   // "No, it's not me"
	WhyReported = "reported" // and it was reported
	WhyChanged  = "changed"  // the person's password or apps changed meanwhile
)

// Start says what a sign-in is for.
type Start struct {
	// Goal is the local path to go to afterwards.
	Goal string
	// Purpose is policy.SignIn, policy.Again for full authentication of somebody
	// signed in, policy.Recover or policy.Restore; "" means SignIn.
	Purpose string
	// Session in use, for policy.Again.
	Session Session
	// The application that asked, if one did: its id, its name, the host that
	// people know it by, and whether the organisation vouches for that name.
	Client      string
	App         string
	AppHost     string
	AppVerified bool
	// Strength is what the application asks for; 0 for no matter.
	Strength int
	// Hint is the name to begin with, or "".
	Hint    string
	Browser Browser
	// Device is what is being set up, of policy.Restore.
	Device wire.NewDevice
}

// An Attempt is a sign-in under way, or one that ended.
type Attempt struct {
	ID          string
	Goal        string
	Purpose     string
	Client      string
	App         string
	AppHost     string
	AppVerified bool
	Strength    int
	Hint        string
	Login       string // as typed; "" until somebody said it
	Proofs      []string
	Known       bool
	Correlation string // CS-XXXX-XXXX
	CreatedAt   time.Time
	ExpiresAt   time.Time
	Browser     Browser        // that began it
	Device      wire.NewDevice // that is being set up, of policy.Restore

	// Directory governs the attempt; the zero value until a name is given on a
	// server with more than one.
	Directory directory.Directory
	// Step is what comes next, for an attempt that is open.
	Step policy.Step
	// Second is the second proof this browser used last time, or "".
	Second string
	// Done says that it became a session; Ended why it never will. Both zero: under way.
	Done  bool
	Ended string

	state        string
	rules        policy.Rules   // of Step
	held         policy.Methods // what the person has; zero before a proof
	first        string         // what they want to be asked for first, or ""
	hash         []byte
	person       directory.Person // zero for a name nobody has
	epoch        int64            // the person's at the first proof; 0 before
	approval     string           // the last request
	shown        []byte           // its number, sealed, until shownUntil
	shownUntil   time.Time
	enrolSession string    // that it waits for
	doneAt       time.Time // of a recovery sign-in; zero before
}

// Named tells whether somebody said who they are.
func (a Attempt) Named() bool { return a.state != stateName }

// Open tells whether the attempt is under way.
func (a Attempt) Open() bool { return !a.Done && a.Ended == "" }

// Again tells whether somebody who is signed in proves it once more.
func (a Attempt) Again() bool { return a.Purpose == policy.Again }

// Waits tells whether it waits for the first app to be paired, see [Service.Paired].
func (a Attempt) Waits() bool { return a.Open() && a.enrolSession != "" && !a.has(policy.Paired) }

// TakesPassword tells whether a password can be tried now.
func (a Attempt) TakesPassword() bool {
	return a.Open() && a.Named() && (a.Step.Kind == policy.AskPassword || a.Step.Password)
}

// proven tells whether something is proven, so that answers may depend on the person.
func (a Attempt) proven() bool { return len(a.Proofs) > 0 }

// Begin starts a sign-in and returns the token for its cookie.
func (s *Service) Begin(ctx context.Context, start Start) (token string, a Attempt, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.allowBegin(ctx, tx, start.Browser.Net); err != nil {
			return err
		}
		token = rand.Text()
		return s.begin(ctx, tx, token, start)
	})
	if err != nil {
		return "", Attempt{}, err
	}
	a, err = s.Attempt(ctx, token)
	return token, a, err
}

func (s *Service) begin(ctx context.Context, tx *db.Tx, token string, start Start) error {
	a, err := s.fresh(ctx, tx, start)
	if err != nil {
		return err
	}
	b := start.Browser
	for range 3 { // references are short enough to meet once in a lifetime
		n, err := tx.Exec(ctx, `
			INSERT INTO attempt (id, hash, goal, purpose, client_id, app, app_host, app_verified, strength, hint, login, directory_id, person_id,
				epoch, known, second, state, ip, net, place, browser, system, correlation, created_at, expires_at, device, platform)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
			ON CONFLICT DO NOTHING`,
			rand.Text(), keep.Hash(token), start.Goal, cmp.Or(start.Purpose, policy.SignIn), start.Client, start.App, start.AppHost, bit(start.AppVerified),
			start.Strength, Clip(start.Hint), a.Login, a.Directory.ID, a.person.ID, a.epoch, bit(a.Known), a.Second, a.state, b.IP, b.Net, b.Place, b.Name, b.System,
			NewReference(), db.Millis(tx.Now), db.Millis(tx.Now.Add(AttemptLife)), start.Device.Name, start.Device.Platform)
		if err != nil || n == 1 {
			return err
		}
	}
	return errors.New("no free reference for a sign-in")
}

// fresh is what an attempt knows when it begins: whose it is, when somebody
// signed in proves it again; else the organisation, when there is only one.
func (s *Service) fresh(ctx context.Context, tx *db.Tx, start Start) (a Attempt, err error) {
	a.state = stateName
	if start.Purpose != policy.Again {
		a.Directory, err = directory.Sole(ctx, tx)
		if errors.Is(err, directory.ErrUnknown) {
			err = nil
		}
		return a, err
	}
	if a.person, err = directory.ByID(ctx, tx, start.Session.Person); err != nil {
		return a, err
	}
	a.state, a.Login, a.Directory.ID, a.epoch = stateOpen, a.person.Login, a.person.DirectoryID, start.Session.Epoch
	a.Known, a.Second, err = knownBrowser(ctx, tx, start.Browser.Known, a.person)
	return a, err
}

// Attempt returns the sign-in a token opens. It returns [ErrNoAttempt] for none,
// and [ErrExpired] together with the attempt for one that took too long.
func (s *Service) Attempt(ctx context.Context, token string) (a Attempt, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = s.find(ctx, tx, token)
		return err
	})
	return a, err
}

// Alive tells whether an attempt with this id exists and has not run out. It is
// for a form that comes without its cookie: was the cookie refused, or is the
// form old? The answer opens nothing.
func (s *Service) Alive(ctx context.Context, id string) (alive bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM attempt WHERE id = $1 AND expires_at > $2`, id, db.Millis(tx.Now)).Scan(&n)
		alive = n > 0
		return err
	})
	return alive, err
}

// find reads an attempt by its token and works out its step.
func (s *Service) find(ctx context.Context, tx *db.Tx, token string) (Attempt, error) {
	if token == "" {
		return Attempt{}, ErrNoAttempt
	}
	a, err := scanAttempt(tx.QueryRow(ctx, `
		SELECT id, hash, goal, purpose, client_id, app, app_host, app_verified, strength, hint, login, directory_id, person_id, epoch, known, second, proofs,
			state, why, approval_id, shown, shown_until, session_id, done_at, ip, net, place, browser, system, correlation, created_at, expires_at, device, platform
		FROM attempt WHERE hash = $1`, keep.Hash(token)))
	if err != nil {
		return Attempt{}, err
	}
	if a.Directory.ID != "" {
		if a.Directory, err = directory.Get(ctx, tx, a.Directory.ID); err != nil {
			return Attempt{}, err
		}
	}
	if a.person.ID != "" {
		if err := s.findPerson(ctx, tx, &a); err != nil {
			return Attempt{}, err
		}
	}
	if a.Open() && !tx.Now.Before(a.ExpiresAt) {
		return a, ErrExpired
	}
	if err := s.answered(ctx, tx, &a); err != nil {
		return Attempt{}, err
	}
	return a, s.look(ctx, tx, &a)
}

func scanAttempt(row scanner) (Attempt, error) {
	var a Attempt
	var proofs string
	var verified, known, until, done, created, expires int64
	err := row.Scan(&a.ID, &a.hash, &a.Goal, &a.Purpose, &a.Client, &a.App, &a.AppHost, &verified, &a.Strength, &a.Hint, &a.Login, &a.Directory.ID,
		&a.person.ID, &a.epoch, &known, &a.Second, &proofs, &a.state, &a.Ended, &a.approval, &a.shown, &until, &a.enrolSession, &done,
		&a.Browser.IP, &a.Browser.Net, &a.Browser.Place, &a.Browser.Name, &a.Browser.System, &a.Correlation, &created, &expires, &a.Device.Name, &a.Device.Platform)
	if errors.Is(err, sql.ErrNoRows) {
		return Attempt{}, ErrNoAttempt
	} else if err != nil {
		return Attempt{}, err
	}
	a.Proofs, a.AppVerified, a.Known, a.Done = strings.Fields(proofs), verified != 0, known != 0, a.state == stateDone
	a.shownUntil, a.CreatedAt, a.ExpiresAt = db.Time(until), db.Time(created), db.Time(expires)
	if done > 0 {
		a.doneAt = db.Time(done)
	}
	return a, nil
}

// findPerson reads the person and checks their epoch: once something is proven,
// a credential that changes voids it.
func (s *Service) findPerson(ctx context.Context, tx *db.Tx, a *Attempt) (err error) {
	if a.person, err = directory.ByID(ctx, tx, a.person.ID); err != nil {
		return err
	}
	if a.Open() && a.epoch != 0 && a.person.Epoch != a.epoch {
		a.Ended = WhyChanged
	}
	return nil
}

// look works out the step of an open attempt.
func (s *Service) look(ctx context.Context, tx *db.Tx, a *Attempt) error {
	if !a.Open() || !a.Named() {
		return nil
	}
	state := policy.State{Policy: a.Directory.Policy, Purpose: a.Purpose, Want: a.Strength, Passkeys: s.Passkeys.Usable(), Proofs: a.Proofs, Known: a.Known, Last: a.Second, Managed: a.Directory.Kind == directory.Organization}
	if a.proven() || a.Again() {
		state.Active, state.Enrol = a.person.State == directory.Active, a.person.EnrolAt(tx.Now)
		var err error
		if a.held, a.first, err = MethodsOf(ctx, tx, a.person.ID); err != nil {
			return err
		}
		state.Has, state.Default = a.held, a.first
		reached, err := s.reached(ctx, tx, a)
		if err != nil {
			return err
		}
		state.Has.Mail = len(reached) > 0
		p, err := method.PasswordOf(ctx, tx, a.person.ID)
		if err != nil {
			return err
		}
		state.Exposed = p.Exposed
		if state.Due, err = due(ctx, tx, a.person, state); err != nil {
			return err
		}
		if err := s.remembers(ctx, tx, a, &state); err != nil {
			return err
		}
	}
	a.Step = policy.Next(state)
	a.rules = policy.Explain(state, a.Step)
	if a.Step.Kind == policy.Refuse {
		a.Ended = a.Step.Why
	}
	return nil
}

// reached are the addresses and numbers of the person to which a code can be a
// proof: of who has lost a device, or has to register anew, only (N10), and where an
// app comes of it only those that were not put there for that (R1).
func (s *Service) reached(ctx context.Context, tx *db.Tx, a *Attempt) (all []directory.Address, err error) {
	switch {
	case a.Purpose == policy.Recover && s.Addresses.Usable(directory.ByMail):
		return directory.Reach(ctx, tx, a.person, directory.ByMail, 0)
	case a.Purpose == policy.Restore:
		return s.old(ctx, tx, a.person, ways.AddressAge)
	case !policy.Lost(a.Purpose) && a.person.EnrolAt(tx.Now) == directory.EnrolCode:
		return s.SetsUp(ctx, tx, a.person, a.person.AnewAt)
	}
	return nil, nil
}

// old are the addresses and numbers of a person that have been theirs for so long
// and can be sent a code.
func (s *Service) old(ctx context.Context, tx *db.Tx, p directory.Person, long time.Duration) (all []directory.Address, err error) {
	for _, kind := range []string{directory.ByMail, directory.ByPhone} {
		if !s.Addresses.Usable(kind) {
			continue
		}
		old, err := directory.Reach(ctx, tx, p, kind, long)
		if err != nil {
			return nil, err
		}
		all = append(all, old...)
	}
	return all, nil
}

// change writes an attempt back under a new token, unless it has moved on
// meanwhile ([ErrStep]): of two answers to one step, one counts.
func (s *Service) change(ctx context.Context, tx *db.Tx, a *Attempt, token string) error {
	was := a.hash
	a.hash = keep.Hash(token)
	n, err := tx.Exec(ctx, `
		UPDATE attempt SET hash = $1, login = $2, directory_id = $3, person_id = $4, epoch = $5, known = $6, second = $7, proofs = $8, state = $9, why = $10,
			approval_id = $11, shown = $12, shown_until = $13, session_id = $14, done_at = $15
		WHERE id = $16 AND hash = $17 AND state IN ('name', 'open')`,
		a.hash, a.Login, a.Directory.ID, a.person.ID, a.epoch, bit(a.Known), a.Second, strings.Join(a.Proofs, " "), a.state, a.Ended,
		a.approval, nonNil(a.shown), millisOrZero(a.shownUntil), a.enrolSession, millisOrZero(a.doneAt), a.ID, was)
	if err == nil && n == 0 {
		return ErrStep
	}
	return err
}

// event is an audit event of this attempt.
func (a Attempt) event(kind audit.Kind, methodName string) audit.Event {
	return audit.Event{Kind: kind, Directory: a.Directory.ID, Person: a.person.ID, Method: methodName, App: a.App,
		IP: a.Browser.IP, Place: a.Browser.Place, Browser: a.Browser.Agent(), Correlation: a.Correlation}
}

// ruled is an event of this attempt with the rules of its step: what explains it later.
func (a Attempt) ruled(kind audit.Kind, methodName string) audit.Event {
	e := a.event(kind, methodName)
	e.Detail = a.rules.Detail()
	return e
}

// nameKey is the name under which tries are counted: the same however it is typed.
func (a Attempt) nameKey() string {
	if login, err := directory.Login(a.Login); err == nil {
		return login
	}
	return a.Login
}

// has tells whether a proof was given.
func (a Attempt) has(proof string) bool { return slices.Contains(a.Proofs, proof) }

// Clip keeps what was typed to a sensible length, in whole characters.
func Clip(typed string) string {
	typed = strings.ReplaceAll(strings.ToValidUTF8(typed, ""), "\x00", "")
	if len(typed) <= 254 {
		return typed
	}
	return strings.ToValidUTF8(typed[:254], "")
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
