package signin

import (
	"context"
	"crypto/rand"
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
	"countersign/internal/server/registration"
)

// Signed is a session that was made, and what its browser is to keep.
type Signed struct {
	Session Session
	Tokens  []string // for the sessions cookie, in place of the old ones
	// Known is the new token of the known-browser cookie, to be kept for
	// KnownFor; "" leaves the cookie as it is.
	Known    string
	KnownFor time.Duration
}

// sign makes the session of an attempt whose proofs are all given. Somebody
// who is signed in here already keeps their session, under a new token.
func (s *Service) sign(ctx context.Context, tx *db.Tx, a Attempt) (*Signed, error) {
	p, d := a.person, a.Directory.Policy
	out := &Signed{Session: Session{
		ID: rand.Text(), Person: p.ID, Directory: p.DirectoryID, Epoch: p.Epoch, Methods: a.Proofs, Strength: policy.Strength(a.Proofs),
		AuthAt: tx.Now, CreatedAt: tx.Now, SeenAt: tx.Now, ExpiresAt: tx.Now.Add(d.SessionLife),
		IP: a.Browser.IP, Place: a.Browser.Place, Browser: a.Browser.Agent(),
	}}
	token := rand.Text()
	if err := s.lent(ctx, tx, &out.Session); err != nil {
		return nil, err
	}
	if out.Session.Strength >= a.held.Strongest() && !a.Step.Remembered {
		out.Session.FullAt = tx.Now
	}
	if err := End(ctx, tx, p.ID, a.enrolSession, "paired"); err != nil {
		return nil, err
	}
	again, rest, err := s.own(ctx, tx, a)
	if err != nil {
		return nil, err
	}
	if again != nil {
		out.Session.ID, out.Session.CreatedAt = again.ID, again.CreatedAt
		err = renewSession(ctx, tx, out.Session, token)
	} else {
		err = insertSession(ctx, tx, out.Session, token)
	}
	if err != nil {
		return nil, err
	}
	out.Tokens = append([]string{token}, rest...)
	if err := s.keepBrowser(ctx, tx, a, out, a.toRemember()); err != nil {
		return nil, err
	}
	return out, s.recordSigned(ctx, tx, a, out.Session, again == nil)
}

// keepBrowser has the browser of a sign-in known, and remembered if that was
// ticked and may be.
func (s *Service) keepBrowser(ctx context.Context, tx *db.Tx, a Attempt, out *Signed, second string) (err error) {
	p, d := a.person, a.Directory.Policy
	switch {
	case a.Step.Remembered:
		out.Known, out.KnownFor, err = knowStill(ctx, tx, a.Browser.Known, p)
		return err
	case out.Session.Strength < policy.TwoProofs:
		return nil
	}
	out.KnownFor = d.KnownBrowser
	if out.Known, err = know(ctx, tx, a.Browser.Known, p, d, second); err != nil {
		return err
	}
	if a.Step.Remember && a.Browser.Remember {
		if err := s.remember(ctx, tx, a, out.Known); err != nil {
			return err
		}
	}
	return method.CodeRight(ctx, tx, p.ID)
}

func (s *Service) recordSigned(ctx context.Context, tx *db.Tx, a Attempt, session Session, begun bool) error {
	e := a.ruled(audit.SigninDone, strings.Join(a.Proofs, " "))
	e.Detail["session"], e.Detail["purpose"] = session.ID, a.Purpose
	if err := audit.Record(ctx, tx, e); err != nil || !begun {
		return err
	}
	e = a.event(audit.SessionStarted, "")
	e.Detail = map[string]any{"session": session.ID}
	return audit.Record(ctx, tx, e)
}

// toRemember is the way that this browser offers first next time: the phone
// alone for who has chosen that, else the second proof that was given.
func (a Attempt) toRemember() string {
	if a.first == policy.Passwordless && a.held.Passwordless {
		return a.first
	}
	for _, second := range []string{policy.Passkey, policy.Passwordless, policy.Code} {
		if a.has(second) {
			return second
		}
	}
	return policy.Approval
}

// own finds this browser's session of the attempt's person, if it is good,
// and the tokens that stay beside the new one. An enrol-only session goes.
func (s *Service) own(ctx context.Context, tx *db.Tx, a Attempt) (mine *Session, rest []string, err error) {
	for _, t := range a.Browser.Sessions {
		found, err := EnrolSessionOf(ctx, tx, t)
		switch {
		case errors.Is(err, ErrNoSession):
			rest = append(rest, t) // the chooser shows it as signed out
		case err != nil:
			return nil, nil, err
		case found.Enrol:
			if err := End(ctx, tx, found.Person, found.ID, "paired"); err != nil {
				return nil, nil, err
			}
		case found.Person == a.person.ID && mine == nil:
			mine = &found
		default:
			rest = append(rest, t)
		}
	}
	rest, err = s.notOf(ctx, tx, rest, a.person.ID)
	return mine, rest, err
}

// notOf leaves out the tokens of a person's earlier sessions: one line per
// account in the chooser.
func (s *Service) notOf(ctx context.Context, tx *db.Tx, tokens []string, person string) ([]string, error) {
	accounts, err := accountsOf(ctx, tx, tokens)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(tokens, func(t string) bool { return accounts[t].Person.ID == person }), nil
}

func insertSession(ctx context.Context, tx *db.Tx, n Session, token string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
			created_at, seen_at, expires_at, ip, place, browser, enrol)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		n.ID, keep.Hash(token), n.Person, n.Directory, n.Epoch, strings.Join(n.Methods, " "), n.Strength, db.Millis(n.AuthAt), millisOrZero(n.FullAt),
		db.Millis(n.CreatedAt), db.Millis(n.SeenAt), db.Millis(n.ExpiresAt), n.IP, n.Place, n.Browser, bit(n.Enrol))
	return err
}

// renewSession gives a session a new token and what was proven now (A12).
func renewSession(ctx context.Context, tx *db.Tx, n Session, token string) error {
	changed, err := tx.Exec(ctx, `
		UPDATE session SET hash = $1, epoch = $2, methods = $3, strength = $4, auth_at = $5, full_at = $6, seen_at = $5, expires_at = $7,
			ip = $8, place = $9, browser = $10
		WHERE id = $11 AND ended_at = 0`,
		keep.Hash(token), n.Epoch, strings.Join(n.Methods, " "), n.Strength, db.Millis(n.AuthAt), db.Millis(n.FullAt), db.Millis(n.ExpiresAt),
		n.IP, n.Place, n.Browser, n.ID)
	if err == nil && changed == 0 {
		return ErrNoSession
	}
	return err
}

func millisOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return db.Millis(t)
}

// signToEnrol makes the session that may pair the first app and do nothing else.
func (s *Service) signToEnrol(ctx context.Context, tx *db.Tx, a *Attempt) (*Signed, error) {
	p, token := a.person, rand.Text()
	out := &Signed{Session: Session{
		ID: rand.Text(), Person: p.ID, Directory: p.DirectoryID, Epoch: p.Epoch, Methods: a.Proofs, Strength: policy.Strength(a.Proofs),
		AuthAt: tx.Now, CreatedAt: tx.Now, SeenAt: tx.Now, ExpiresAt: a.ExpiresAt,
		IP: a.Browser.IP, Place: a.Browser.Place, Browser: a.Browser.Agent(), Enrol: true,
	}}
	if err := insertSession(ctx, tx, out.Session, token); err != nil {
		return nil, err
	}
	a.enrolSession = out.Session.ID
	_, rest, err := s.own(ctx, tx, *a)
	out.Tokens = append([]string{token}, rest...)
	return out, err
}

// pairedIn tells whether an app was paired and tried in the session the
// attempt waits for. An app paired elsewhere meanwhile does not count: it
// would let the password alone in.
func (s *Service) pairedIn(ctx context.Context, tx *db.Tx, a Attempt) (bool, error) {
	if a.enrolSession == "" {
		return false, nil
	}
	apps, err := s.Apps.Of(ctx, tx, a.person.ID)
	if err != nil {
		return false, err
	}
	for _, app := range apps {
		offer, err := s.Apps.OfferState(ctx, tx, a.enrolSession, app.Offer)
		if err == nil && offer.Step == registration.Done {
			return true, nil
		} else if err != nil && !errors.Is(err, registration.ErrOfferUnknown) {
			return false, err
		}
	}
	return false, nil
}

// SetUp sets the password a person chose by their set-up link, and signs them
// in with it: to pair the first app if the directory asks for a second proof.
// It returns directory.ErrSetupLink, or the reasons of method.CheckNew and
// method.ErrSame for the password that was taken away, which leave the link good.
func (s *Service) SetUp(ctx context.Context, link, password string, start Start) (Went, error) {
	p, d, err := s.SeeSetUp(ctx, link)
	if err != nil {
		return Went{}, err
	}
	hash, err := s.HashNew(ctx, d.Policy, p, password, start.Browser.Net)
	if err != nil {
		return Went{}, err
	}
	var went Went
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		p, err := directory.UseSetupLink(ctx, tx, link)
		if err != nil {
			return err
		}
		token := rand.Text()
		if err := s.begin(ctx, tx, token, start); err != nil {
			return err
		}
		a, err := s.find(ctx, tx, token)
		if err != nil {
			return err
		}
		a.Browser, a.person, a.Login, a.state = start.Browser, p, p.Login, stateOpen
		if err := s.setPassword(ctx, tx, &a, hash); err != nil {
			return err
		}
		went, err = s.prove(ctx, tx, a, policy.Password)
		return err
	})
	return went, err
}

// SeeSetUp tells whose a set-up link is, without using it.
func (s *Service) SeeSetUp(ctx context.Context, link string) (p directory.Person, d directory.Directory, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if p, err = directory.SeeSetupLink(ctx, tx, link); err != nil {
			return err
		}
		d, err = directory.Get(ctx, tx, p.DirectoryID)
		return err
	})
	return p, d, err
}
