// Package dossier is everything that is kept of one person: a copy of it for
// them, and its end.
//
// Both are for whoever has just signed in fully, are written down, and told to
// every address. A copy holds no secret: it says that there is a passkey, not which.
// Deleting is at once and for good. What stays is the log of the organisation,
// without names; from where things were done is taken out of it after a month.
// No owner goes without whom nobody could manage the organisation (R3).
package dossier

import (
	"context"
	"errors"

	"countersign/internal/server/admin"
	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/backup"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/wayback"
)

// ErrManaged is returned where an admin deletes accounts, not their people.
var ErrManaged = errors.New("an admin deletes accounts")

// A Service keeps nothing of its own; it stands on what sign-in stands on.
type Service struct{ signin *signin.Service }

// New makes the service.
func New(s *signin.Service) *Service { return &Service{s} }

// By is who asks, in which session and from where.
type By struct {
	Session     signin.Session
	From        method.Where
	Correlation string
}

// May tells whether somebody may delete their account: nil, [ErrManaged],
// signin.ErrNoOwner or brake.ErrFrozen.
func (s *Service) May(ctx context.Context, tx *db.Tx, p directory.Person) error {
	d, err := directory.Get(ctx, tx, p.DirectoryID)
	if err != nil {
		return err
	}
	if !d.SelfDelete() {
		return ErrManaged
	}
	if err := brake.Check(ctx, tx, p.ID); err != nil {
		return err
	}
	verdict, err := signin.Foresee(ctx, tx, d.ID, "", []string{p.ID}, func(p *ways.Person) { p.Active = false })
	if err == nil && verdict.Refused == ways.NoOwner {
		err = signin.ErrNoOwner
	}
	return err
}

// Delete deletes the account of whoever asks. It returns what [Service.May] does,
// or signin.ErrNoSession.
func (s *Service) Delete(ctx context.Context, tx *db.Tx, by By) error {
	if err := directory.Guard(ctx, tx, by.Session.Directory); err != nil {
		return err
	}
	session, err := signin.SessionByID(ctx, tx, by.Session.ID)
	if err != nil {
		return err
	}
	p, err := directory.ByID(ctx, tx, session.Person)
	if err != nil {
		return err
	}
	if err := s.May(ctx, tx, p); err != nil {
		return err
	}
	if err := s.tell(ctx, tx, by, p, audit.PersonDeleted, notify.MailAccountDeleted); err != nil {
		return err
	}
	for _, forget := range []func(context.Context, *db.Tx, string) error{
		admin.Forget, backup.Forget, oauth.Forget, wayback.Forget, signin.Forget, approval.Forget,
		registration.Forget, method.Forget, brake.Forget, directory.Forget,
	} {
		if err := forget(ctx, tx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// tell writes down what was done and mails it to every address.
func (s *Service) tell(ctx context.Context, tx *db.Tx, by By, p directory.Person, kind audit.Kind, mail string) error {
	err := audit.Record(ctx, tx, audit.Event{Kind: kind, Directory: p.DirectoryID, Person: p.ID,
		IP: by.From.IP, Place: by.From.Place, Browser: by.From.Browser, Correlation: by.Correlation})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.signin.Notify, p, mail,
		map[string]string{"login": p.Login, "browser": by.From.Browser, "place": by.From.Place, "ip": by.From.IP})
}
