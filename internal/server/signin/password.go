package signin

import (
	"context"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
)

// HashNew makes the hash of a password that somebody chooses who has not shown the one
// they had: by a link, or having forgotten it. Of passwords that there were, it refuses the one
// that others know or an admin took away alone (method.ErrSame): whether a guess is
// right is nobody's to learn here, uncounted. It also returns method.ErrBusy and the
// reasons of method.CheckNew.
func (s *Service) HashNew(ctx context.Context, asks directory.Policy, p directory.Person, password, net string) (string, error) {
	if err := method.CheckNew(asks, p, password); err != nil {
		return "", err
	}
	var kept method.Password
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		kept, err = method.PasswordOf(ctx, tx, p.ID)
		return err
	})
	if err != nil {
		return "", err
	}
	return s.Passwords.Replace(ctx, method.Asker{Net: net}, kept.Barred(), password)
}

// Renew sets a new password where the old one is known to others, and goes on.
// It returns the reasons of method.CheckNew, or method.ErrSame. Every other session ends.
func (s *Service) Renew(ctx context.Context, token, password string, b Browser) (Went, error) {
	var a Attempt
	var kept method.Password
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, err = s.at(ctx, tx, token, b)
		if err == nil && a.Step.Kind != policy.Renew {
			err = ErrStep
		}
		if err != nil {
			return err
		}
		kept, err = method.PasswordOf(ctx, tx, a.person.ID)
		return err
	})
	if err != nil {
		return Went{}, err
	}
	if err := method.CheckNew(a.Directory.Policy, a.person, password); err != nil {
		return Went{}, err
	}
	hash, err := s.Passwords.Replace(ctx, method.Asker{Net: b.Net, Known: a.Known}, kept.Hash, password)
	if err != nil {
		return Went{}, err
	}
	var went Went
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.at(ctx, tx, token, b)
		if err != nil {
			return err
		}
		if a.Step.Kind != policy.Renew {
			return ErrStep
		}
		if err := s.setPassword(ctx, tx, &a, hash); err != nil {
			return err
		}
		went, err = s.goOn(ctx, tx, a)
		return err
	})
	return went, err
}

// setPassword sets a password and takes the attempt along into the person's new epoch.
func (s *Service) setPassword(ctx context.Context, tx *db.Tx, a *Attempt, hash string) (err error) {
	if err := method.Set(ctx, tx, a.person.ID, hash); err != nil {
		return err
	}
	if err := s.announcePassword(ctx, tx, a.person, a.Browser); err != nil {
		return err
	}
	if a.person, err = directory.ByID(ctx, tx, a.person.ID); err != nil {
		return err
	}
	a.epoch = a.person.Epoch
	return nil
}

// WhyWayBack is why sessions end when their person has forgotten the password, for the log.
const WhyWayBack = "way_back"

// ReplacePassword sets the password of somebody who has forgotten theirs and
// ends everything else of theirs. What it takes is package wayback's to say.
func (s *Service) ReplacePassword(ctx context.Context, tx *db.Tx, p directory.Person, hash string, from Browser) error {
	if _, err := EndAll(ctx, tx, p.ID, "", WhyWayBack); err != nil {
		return err
	}
	if err := method.Set(ctx, tx, p.ID, hash); err != nil {
		return err
	}
	return s.announcePassword(ctx, tx, p, from)
}

// announcePassword tells every address of a person that their password was changed, and from where.
func (s *Service) announcePassword(ctx context.Context, tx *db.Tx, p directory.Person, from Browser) error {
	stop, err := brake.Make(ctx, tx, brake.Link{Person: p.ID, What: brake.Password})
	if err != nil {
		return err
	}
	return directory.Tell(ctx, tx, s.Notify, p, notify.MailPasswordChanged,
		map[string]string{"login": p.Login, "browser": from.Agent(), "place": from.Place, "ip": from.IP, "stop": stop.Reveal()})
}

// ChangePassword sets the password of somebody signed in who chose a new one,
// and ends everything else of theirs, see [Changing]. That they signed in fully
// just now is the caller's to check. It returns [ErrNoSession], method.ErrBusy,
// method.ErrSame or the reasons of method.CheckNew.
func (s *Service) ChangePassword(ctx context.Context, by Session, password string, b Browser) error {
	var p directory.Person
	var kept method.Password
	err := s.DB.Read(ctx, func(tx *db.Tx) error {
		d, err := directory.Get(ctx, tx, by.Directory)
		if err != nil {
			return err
		}
		if p, err = directory.ByID(ctx, tx, by.Person); err != nil {
			return err
		}
		if kept, err = method.PasswordOf(ctx, tx, p.ID); err != nil {
			return err
		}
		return method.CheckNew(d.Policy, p, password)
	})
	if err != nil {
		return err
	}
	hash, err := s.Passwords.Replace(ctx, method.Asker{Net: b.Net, Known: true}, kept.Former(), password)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		kept, err := method.PasswordOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		run := Changing
		if kept.Exposed { // what somebody else knows may go at any time
			run = func(ctx context.Context, tx *db.Tx, by Session, change func() error) error {
				return changing(ctx, tx, by, WhyChanging, change)
			}
		}
		return run(ctx, tx, by, func() error {
			if err := method.Set(ctx, tx, p.ID, hash); err != nil {
				return err
			}
			return s.announcePassword(ctx, tx, p, b)
		})
	})
}
