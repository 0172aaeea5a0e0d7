package signin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
)

// A recovery sign-in (policy.Lost) is for who has lost a device, and wants to read
// their sealed backup or to have another device in the place of that one. Two
// different proofs are enough (N14), of which one may be a code to a confirmed
// address, which signs nobody in anywhere else (N10). It ends in no session, makes
// no browser known, pairs nothing and renews nothing: all that is left of it is the
// attempt, which speaks for its person to the one request that it was for.

// Recovered is who a recovery sign-in was of, in the browser that holds its
// token, for the goal that it had. It has no session: its ID opens nothing. It
// returns [ErrNoSession].
func (s *Service) Recovered(ctx context.Context, token, goal string) (Session, error) {
	var a Attempt
	err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		a, err = s.find(ctx, tx, token)
		return err
	})
	switch {
	case errors.Is(err, ErrNoAttempt), errors.Is(err, ErrExpired):
		return Session{}, ErrNoSession
	case err != nil:
		return Session{}, err
	case !a.Done || !policy.Lost(a.Purpose) || a.Goal != goal || a.person.Epoch != a.epoch || a.person.State != directory.Active:
		return Session{}, ErrNoSession
	}
	return Session{ID: a.ID, Person: a.person.ID, Directory: a.person.DirectoryID, Epoch: a.epoch, Methods: a.Proofs,
		Strength: policy.Recovering(a.Proofs), AuthAt: a.doneAt, CreatedAt: a.doneAt, Recovery: true}, nil
}

// recovered ends a recovery sign-in.
func (s *Service) recovered(ctx context.Context, tx *db.Tx, a *Attempt) error {
	a.doneAt = tx.Now
	kind := audit.SigninRecovered
	if a.Purpose == policy.Restore {
		kind = audit.SigninRestores
	}
	return audit.Record(ctx, tx, a.ruled(kind, strings.Join(a.Proofs, " ")))
}

// Reachable are the addresses that a code can be sent to, and the one that it
// was sent to last and can be typed still; a zero one for none.
func (s *Service) Reachable(ctx context.Context, a Attempt) (all []directory.Address, sent directory.Address, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if all, err = s.reached(ctx, tx, &a); err != nil {
			return err
		}
		sent, err = s.Addresses.Sent(ctx, tx, a.ID)
		if errors.Is(err, directory.ErrAddress) {
			err = nil
		}
		return err
	})
	return all, sent, err
}

// SendMail sends a code to an address of the person, or to a number. It returns [ErrStep],
// directory.ErrAddress or a *directory.TooOften.
func (s *Service) SendMail(ctx context.Context, token, address string, b Browser) error {
	var refused error
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.at(ctx, tx, token, b)
		if err != nil {
			return err
		}
		if !a.Step.Mail {
			return ErrStep
		}
		all, err := s.reached(ctx, tx, &a)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(h directory.Address) bool { return h.ID == address })
		if i < 0 {
			return directory.ErrAddress
		}
		letter := notify.MailSetUpCode
		switch a.Purpose {
		case policy.Recover:
			letter = notify.MailRecoveryCode
		case policy.Restore:
			letter = notify.MailRestoreCode
		}
		refused, err = s.Addresses.Send(ctx, tx, directory.AddressIn{Person: a.person.ID, Kind: all[i].Kind, Session: a.ID, Net: b.Net, Letter: letter,
			From: map[string]string{"browser": b.Agent(), "place": b.Place, "ip": b.IP}}, all[i])
		return err
	})
	return errors.Join(err, refused)
}

// Mail tries the code that was sent to an address. It returns [ErrWrong] or a
// *[TooMany]; wrong ones are counted together with other wrong codes.
func (s *Service) Mail(ctx context.Context, token, typed string, b Browser) (Went, error) {
	return s.proving(ctx, func(tx *db.Tx) (Went, error, error) { return s.tryMail(ctx, tx, token, typed, b) })
}

func (s *Service) tryMail(ctx context.Context, tx *db.Tx, token, typed string, b Browser) (went Went, refused, err error) {
	a, err := s.at(ctx, tx, token, b)
	if err != nil {
		return Went{}, nil, err
	}
	if !a.Step.Mail {
		return Went{}, ErrStep, nil
	}
	pause, err := method.CodeTurn(ctx, tx, a.person.ID)
	if err != nil {
		return Went{}, nil, err
	}
	if pause > 0 {
		return Went{}, &TooMany{After: pause}, nil
	}
	sent, refused, err := s.Addresses.Read(ctx, tx, a.ID, typed)
	if err != nil {
		return Went{}, nil, err
	}
	if refused != nil {
		if err := s.wrong(ctx, tx, a); err != nil {
			return Went{}, nil, err
		}
		return Went{}, ErrWrong, audit.Record(ctx, tx, a.event(audit.SigninMailWrong, policy.Mail))
	}
	proof := policy.Mail
	if sent.Kind == directory.ByPhone {
		proof = policy.Text
	}
	if err := s.setsUp(ctx, tx, a, proof, sent); err != nil {
		return Went{}, nil, err
	}
	went, err = s.typed(ctx, tx, a, proof)
	return went, nil, err
}

// wrong counts a wrong code. Somebody who guesses at a recovery sign-in, or where a
// code lets an app be paired, knows the password: the person hears of it at the first pause.
func (s *Service) wrong(ctx context.Context, tx *db.Tx, a Attempt) error {
	pause, err := method.CodeWrong(ctx, tx, a.person.ID)
	if err != nil || !policy.Lost(a.Purpose) && !a.Step.Mail || pause != method.FirstPause {
		return err
	}
	return directory.Tell(ctx, tx, s.Notify, a.person, notify.MailRecoveryGuessed,
		map[string]string{"login": a.person.Login, "browser": a.Browser.Agent(), "place": a.Browser.Place, "ip": a.Browser.IP})
}
