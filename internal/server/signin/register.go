package signin

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
)

// ErrNoRegistering is returned where nobody makes an account themselves.
var ErrNoRegistering = errors.New("nobody registers here by themselves")

// registeredWithin is the time in which new accounts are counted.
const registeredWithin = time.Hour

// Registers returns the directory in which people make their account
// themselves; ok is false where there is none.
func (s *Service) Registers(ctx context.Context) (d directory.Directory, ok bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		d, ok, err = directory.Registers(ctx, tx)
		return err
	})
	return d, ok, err
}

// Register makes the account of somebody who is not signed in, with a name and
// a password of their choice, and goes on with the sign-in as them: the password
// is proven by it. It returns [ErrNoRegistering], directory.ErrInvalid,
// directory.ErrTaken, a *[TooMany], method.ErrBusy or the reasons of
// method.CheckNew. That a name is taken is told, because it has to be; tries are
// counted by network, so that nobody reads out a list.
func (s *Service) Register(ctx context.Context, token, name, password string, b Browser) (Went, error) {
	d, who, err := s.newcomer(ctx, name, b)
	if err != nil {
		return Went{}, err
	}
	if err := method.CheckNew(d.Policy, who, password); err != nil {
		return Went{}, err
	}
	if err := s.countRegistering(ctx, b); err != nil {
		return Went{}, err
	}
	hash, err := s.Passwords.Hash(ctx, method.Asker{Net: b.Net}, password)
	if err != nil {
		return Went{}, err
	}
	var went Went
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.registering(ctx, tx, token)
		if err != nil {
			return err
		}
		if err := s.register(ctx, tx, &a, who, policy.Password, b); err != nil {
			return err
		}
		if err := s.setPassword(ctx, tx, &a, hash); err != nil {
			return err
		}
		went, err = s.prove(ctx, tx, a, policy.Password)
		return err
	})
	return went, err
}

// newcomer is who would make an account under a name, and where.
func (s *Service) newcomer(ctx context.Context, name string, b Browser) (d directory.Directory, who directory.Person, err error) {
	d, ok, err := s.Registers(ctx)
	if err == nil && !ok {
		err = ErrNoRegistering
	}
	if err != nil {
		return d, who, err
	}
	login, err := d.LoginOf(name)
	return d, directory.Person{DirectoryID: d.ID, Login: login, Name: Clip(name), Locale: b.Lang}, err
}

func (s *Service) countRegistering(ctx context.Context, b Browser) error {
	wait := time.Duration(0)
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		wait = 0
		for _, k := range []limit.Budget{{Key: "register-net:" + b.Net, Most: s.Limits.Registered}, {Key: "register-server", Most: s.Limits.Registrations}} {
			ok, after, err := limit.Hit(ctx, tx, k.Key, registeredWithin, k.Most)
			if err != nil {
				return err
			}
			if !ok {
				wait = max(wait, after, time.Second)
			}
		}
		return nil
	})
	if err == nil && wait > 0 {
		err = &TooMany{After: wait}
	}
	return err
}

// registering finds the sign-in of somebody who makes an account: nothing is proven in it.
func (s *Service) registering(ctx context.Context, tx *db.Tx, token string) (Attempt, error) {
	a, err := s.find(ctx, tx, token)
	if err == nil && (!a.Open() || a.Again() || a.proven()) {
		err = ErrStep
	}
	return a, err
}

// register makes the account, and the attempt its person's.
func (s *Service) register(ctx context.Context, tx *db.Tx, a *Attempt, who directory.Person, by string, b Browser) error {
	if err := s.Approvals.Withdraw(ctx, tx, a.ID); err != nil {
		return err
	}
	p, err := directory.CreatePerson(ctx, tx, who)
	if err != nil {
		return err
	}
	a.Browser = b
	if err := s.becomes(ctx, tx, a, p.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, a.event(audit.PersonRegistered, by))
}
