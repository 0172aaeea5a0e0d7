package signin

import (
	"context"
	"errors"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
)

// WhyBraked is why sessions end by the link of a mail, for the log.
const WhyBraked = "braked"

// A Braking is what pulling a brake would do, or did.
type Braking struct {
	brake.Link
	Login string
	// Stays tells that what was added is not taken back: without it no owner
	// could sign in. Everything else is done.
	Stays bool
}

// Braking tells what a link would do, without doing it. It returns brake.ErrLink.
func (s *Service) Braking(ctx context.Context, tx *db.Tx, token string) (Braking, error) {
	l, err := brake.See(ctx, tx, token)
	if err != nil {
		return Braking{}, err
	}
	return s.braking(ctx, tx, l)
}

func (s *Service) braking(ctx context.Context, tx *db.Tx, l brake.Link) (b Braking, err error) {
	p, err := directory.ByID(ctx, tx, l.Person)
	if err != nil {
		return b, err
	}
	if l.What != brake.App && l.What != brake.Passkey {
		return Braking{l, p.Login, false}, nil
	}
	verdict, err := Foresee(ctx, tx, p.DirectoryID, "", []string{p.ID}, func(p *ways.Person) { p.Graph = p.Graph.Drop(l.ID) })
	return Braking{l, p.Login, verdict.Refused == ways.NoOwner}, err
}

// Brake does what a link of a mail says (N21): it only tightens. What was added
// goes, a password that was set is taken for known to others, every session
// ends, changes are frozen, and those who manage the people hear of it. It
// returns brake.ErrLink.
func (s *Service) Brake(ctx context.Context, tx *db.Tx, token string, from method.Where, correlation string) (b Braking, err error) {
	l, err := brake.Use(ctx, tx, token)
	if err != nil {
		return b, err
	}
	p, err := directory.ByID(ctx, tx, l.Person)
	if err != nil {
		return b, err
	}
	if err := directory.Guard(ctx, tx, p.DirectoryID); err != nil {
		return b, err
	}
	if b, err = s.braking(ctx, tx, l); err != nil {
		return b, err
	}
	if _, err := EndAll(ctx, tx, p.ID, "", WhyBraked); err != nil {
		return b, err
	}
	if _, err := directory.BumpEpoch(ctx, tx, p.ID); err != nil {
		return b, err
	}
	if !b.Stays {
		if err := s.takeBack(ctx, tx, l, from); err != nil {
			return b, err
		}
	}
	if err := brake.Freeze(ctx, tx, p.ID); err != nil {
		return b, err
	}
	return b, s.alarm(ctx, tx, p, audit.Event{
		Kind: audit.PersonBraked, IP: from.IP, Place: from.Place, Browser: from.Browser, Correlation: correlation,
		Detail: map[string]any{"what": l.What, "name": l.Name, "stays": b.Stays},
	})
}

// takeBack removes what was added, if it is still there.
func (s *Service) takeBack(ctx context.Context, tx *db.Tx, l brake.Link, from method.Where) (err error) {
	switch l.What {
	case brake.App:
		err = s.Apps.Remove(ctx, tx, registration.Removal{Person: l.Person, ID: l.ID, Why: registration.WhyBrake, From: registration.Where(from)})
	case brake.Unlock:
		err = s.Apps.SetPasswordless(ctx, tx, l.Person, l.ID, false, registration.Where(from))
	case brake.Passkey:
		err = s.Passkeys.Remove(ctx, tx, l.Person, l.ID, from)
	case brake.CodeApp:
		err = s.CodeApps.Remove(ctx, tx, l.Person, l.ID, from)
	case brake.Recovery:
		err = s.Recovery.Remove(ctx, tx, l.Person, from)
	case brake.Address:
		err = directory.DropAddress(ctx, tx, l.Person, l.ID)
	case brake.Password:
		err = method.Expose(ctx, tx, l.Person)
	case brake.SetUp:
		if err = method.Expose(ctx, tx, l.Person); err == nil {
			err = directory.CloseCode(ctx, tx, l.Person)
		}
	case brake.Browser:
		err = forgetBrowsers(ctx, tx, l.Person)
	case brake.Pass:
		err = s.Passes.Remove(ctx, tx, l.Person)
	}
	if errors.Is(err, registration.ErrUnknown) || errors.Is(err, registration.ErrNoUnlock) || errors.Is(err, method.ErrPasskeyUnknown) || errors.Is(err, method.ErrCodeApp) || errors.Is(err, directory.ErrAddress) {
		return nil
	}
	return err
}

// alarm writes down that somebody says of something that it was not theirs, and
// tells those who manage the people, to whom it is a report.
func (s *Service) alarm(ctx context.Context, tx *db.Tx, p directory.Person, e audit.Event) error {
	e.Directory, e.Person = p.DirectoryID, p.ID
	if err := audit.Record(ctx, tx, e); err != nil {
		return err
	}
	var managers []directory.Person
	for m, err := range directory.Admins(ctx, tx, p.DirectoryID) {
		if err != nil {
			return err
		}
		managers = append(managers, m)
	}
	for _, m := range managers {
		if m.Email == "" || m.ID == p.ID {
			continue
		}
		err := s.Notify.Mail(ctx, tx, notify.Mail{
			Person: m.ID, Address: m.Email, Locale: m.Locale, Zone: m.Zone, Template: notify.MailNotMeAdmin,
			Data: map[string]string{"login": p.Login, "browser": e.Browser, "place": e.Place, "ip": e.IP},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
