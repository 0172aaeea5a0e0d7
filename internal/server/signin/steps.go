package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
)

// Went is where a step that proved something has led.
type Went struct {
	Attempt Attempt
	Token   string  // for the attempt's cookie, in place of the old one
	Signed  *Signed // the session that was made, if one was
	LastOne bool    // the last recovery code was used up
	Nudge   bool    // the person is to be advised, before they go on
}

// Name says who wants to sign in, and starts the attempt over: proofs given
// for another name are void. It never tells whether anybody has the name.
func (s *Service) Name(ctx context.Context, token, login string, b Browser) (went Went, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.find(ctx, tx, token)
		if err != nil {
			return err
		}
		if !a.Open() || a.Purpose == policy.Again {
			return ErrStep
		}
		if err := s.Approvals.Withdraw(ctx, tx, a.ID); err != nil {
			return err
		}
		again := Attempt{ID: a.ID, hash: a.hash, state: stateOpen, Login: Clip(login)}
		if again.Directory, err = directory.For(ctx, tx, again.Login); err != nil {
			return err
		}
		again.person, err = directory.ByLogin(ctx, tx, again.Login)
		if err != nil && !errors.Is(err, directory.ErrUnknown) {
			return err
		}
		if again.Known, again.Second, err = knownBrowser(ctx, tx, b.Known, again.person); err != nil {
			return err
		}
		went = Went{Attempt: again, Token: rand.Text()}
		return s.change(ctx, tx, &again, went.Token)
	})
	if err != nil {
		return Went{}, err
	}
	went.Attempt, err = s.Attempt(ctx, went.Token)
	return went, err
}

// Password tries a password. It returns [ErrWrong], a *[TooMany], or
// method.ErrBusy, each the same for a name nobody has.
func (s *Service) Password(ctx context.Context, token, password string, b Browser) (Went, error) {
	a, kept, err := s.beforePassword(ctx, token, b)
	if err != nil {
		return Went{}, err
	}
	ok, upgrade, err := s.Passwords.Check(ctx, method.Asker{Net: b.Net, Known: a.Known}, kept.Hash, password)
	if err != nil {
		return Went{}, err
	}
	var went Went
	var refused error
	err = s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		went, refused, err = s.afterPassword(ctx, tx, token, b, ok, kept.Hash, upgrade)
		return err
	})
	return went, errors.Join(err, refused)
}

// beforePassword finds what the password is to be compared with, and refuses
// a try that is one too many before anything is computed.
func (s *Service) beforePassword(ctx context.Context, token string, b Browser) (a Attempt, kept method.Password, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if a, err = s.at(ctx, tx, token, b); err != nil {
			return err
		}
		if a.Step.Kind != policy.AskPassword && !a.Step.Password {
			return ErrStep
		}
		if err := s.allowPassword(ctx, tx, a); err != nil {
			return err
		}
		kept, err = method.PasswordOf(ctx, tx, a.person.ID)
		return err
	})
	return a, kept, err
}

func (s *Service) afterPassword(ctx context.Context, tx *db.Tx, token string, b Browser, ok bool, hash, upgrade string) (went Went, refused, err error) {
	a, err := s.at(ctx, tx, token, b)
	if err != nil {
		return Went{}, nil, err
	}
	kept, err := method.PasswordOf(ctx, tx, a.person.ID)
	if err != nil {
		return Went{}, nil, err
	}
	// Others may have been tried while this one was computed.
	if err := s.allowPassword(ctx, tx, a); errors.Is(err, ErrTooMany) {
		return Went{}, err, nil
	} else if err != nil {
		return Went{}, nil, err
	}
	if !ok || kept.Hash != hash || hash == "" {
		refused, err := s.countWrong(ctx, tx, a)
		if err != nil {
			return Went{}, nil, err
		}
		return Went{}, refused, audit.Record(ctx, tx, a.ruled(audit.SigninPasswordWrong, policy.Password))
	}
	if upgrade != "" {
		if err := method.Upgrade(ctx, tx, a.person.ID, hash, upgrade); err != nil {
			return Went{}, nil, err
		}
	}
	if err := audit.Record(ctx, tx, a.event(audit.SigninPasswordOK, policy.Password)); err != nil {
		return Went{}, nil, err
	}
	went, err = s.prove(ctx, tx, a, policy.Password)
	return went, nil, err
}

// proving has a proof looked at. What was counted stays so when it is refused.
func (s *Service) proving(ctx context.Context, look func(*db.Tx) (went Went, refused, err error)) (Went, error) {
	var went Went
	var refused error
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		went, refused, err = look(tx)
		return err
	})
	return went, errors.Join(err, refused)
}

// Code tries a one-time code. It returns [ErrWrong], registration.ErrCodeUsed
// or a *[TooMany]. Only somebody who has proven something may try (T7).
func (s *Service) Code(ctx context.Context, token, code string, b Browser) (Went, error) {
	return s.proving(ctx, func(tx *db.Tx) (Went, error, error) { return s.tryCode(ctx, tx, token, code, b) })
}

func (s *Service) tryCode(ctx context.Context, tx *db.Tx, token, code string, b Browser) (went Went, refused, err error) {
	a, err := s.at(ctx, tx, token, b)
	if err != nil {
		return Went{}, nil, err
	}
	if a.Step.Kind != policy.AskSecond || !a.Step.Code {
		return Went{}, ErrStep, nil
	}
	pause, err := method.CodeTurn(ctx, tx, a.person.ID)
	if err != nil {
		return Went{}, nil, err
	}
	if pause > 0 {
		return Went{}, &TooMany{After: pause}, nil
	}
	err = s.useCode(ctx, tx, a.person.ID, code)
	if errors.Is(err, registration.ErrCode) || errors.Is(err, registration.ErrCodeUsed) {
		return s.wrongCode(ctx, tx, a, err)
	} else if err != nil {
		return Went{}, nil, err
	}
	if err := audit.Record(ctx, tx, a.event(audit.SigninCodeOK, policy.Code)); err != nil {
		return Went{}, nil, err
	}
	went, err = s.typed(ctx, tx, a, policy.Code)
	return went, nil, err
}

// useCode uses up a code of one of the person's apps, or of another
// authenticator of theirs. It returns registration.ErrCode or ErrCodeUsed.
func (s *Service) useCode(ctx context.Context, tx *db.Tx, person, code string) error {
	_, err := s.Apps.CheckCode(ctx, tx, person, code)
	if !errors.Is(err, registration.ErrCode) && !errors.Is(err, registration.ErrCodeUsed) {
		return err
	}
	switch other := s.CodeApps.Use(ctx, tx, person, code); {
	case errors.Is(other, method.ErrCode):
		return err
	case errors.Is(other, method.ErrCodeUsed):
		return registration.ErrCodeUsed
	default:
		return other
	}
}

// typed adds a proof that was typed: wrong ones are forgotten, and the phone is
// not asked any more.
func (s *Service) typed(ctx context.Context, tx *db.Tx, a Attempt, proof string) (Went, error) {
	if err := method.CodeRight(ctx, tx, a.person.ID); err != nil {
		return Went{}, err
	}
	if err := s.Approvals.Withdraw(ctx, tx, a.ID); err != nil {
		return Went{}, err
	}
	if a.Known && !policy.Lost(a.Purpose) {
		if err := s.Approvals.EndSilence(ctx, tx, a.person.ID); err != nil {
			return Went{}, err
		}
	}
	return s.prove(ctx, tx, a, proof)
}

func (s *Service) wrongCode(ctx context.Context, tx *db.Tx, a Attempt, why error) (Went, error, error) {
	if err := s.wrong(ctx, tx, a); err != nil {
		return Went{}, nil, err
	}
	if errors.Is(why, registration.ErrCode) {
		why = ErrWrong
	}
	return Went{}, why, audit.Record(ctx, tx, a.event(audit.SigninCodeWrong, policy.Code))
}

// at finds an attempt that is under way and has a name, for a step of the
// browser that asks now.
func (s *Service) at(ctx context.Context, tx *db.Tx, token string, b Browser) (Attempt, error) {
	a, err := s.find(ctx, tx, token)
	if err != nil {
		return a, err
	}
	if !a.Open() || !a.Named() {
		return a, ErrStep
	}
	a.Browser = b
	return a, nil
}

// prove adds a proof, and with the last one makes the session, all in the
// caller's transaction. The attempt goes on under a new token.
func (s *Service) prove(ctx context.Context, tx *db.Tx, a Attempt, proof string) (Went, error) {
	if !a.has(proof) {
		a.Proofs = append(a.Proofs, proof)
	}
	if a.epoch == 0 {
		a.epoch = a.person.Epoch
	}
	if a.Directory.ID != a.person.DirectoryID {
		var err error
		if a.Directory, err = directory.Get(ctx, tx, a.person.DirectoryID); err != nil {
			return Went{}, err
		}
	}
	if err := learn(ctx, tx, &a); err != nil {
		return Went{}, err
	}
	if err := s.answered(ctx, tx, &a); err != nil {
		return Went{}, err
	}
	return s.goOn(ctx, tx, a)
}

// learn takes language and time zone of somebody who has said neither from their
// browser, with the first proof: the news of their first app is in them already.
func learn(ctx context.Context, tx *db.Tx, a *Attempt) error {
	p, lang, zone := &a.person, "", ""
	if p.Locale == "" {
		lang = a.Browser.Lang
	}
	if p.Zone == "" {
		zone = a.Browser.Zone
	}
	if lang == "" && zone == "" {
		return nil
	}
	p.Locale, p.Zone = cmp.Or(p.Locale, lang), cmp.Or(p.Zone, zone)
	return directory.SetLocale(ctx, tx, p.ID, lang, zone)
}

// goOn does what the next step needs nobody for.
func (s *Service) goOn(ctx context.Context, tx *db.Tx, a Attempt) (went Went, err error) {
	if err := s.look(ctx, tx, &a); err != nil {
		return Went{}, err
	}
	went.Token = rand.Text()
	switch a.Step.Kind { // none for an attempt the person said no to
	case policy.Done:
		a.state, a.Done = stateDone, true
		if policy.Lost(a.Purpose) {
			err = s.recovered(ctx, tx, &a)
		} else {
			went.Signed, err = s.sign(ctx, tx, a)
		}
		if err == nil && a.Purpose == policy.SignIn && !a.has(policy.Paired) {
			went.Nudge, err = advised(ctx, tx, a.person, a.Directory.Policy)
		}
	case policy.Enrol:
		if went.Signed, err = s.signToEnrol(ctx, tx, &a); err == nil {
			err = audit.Record(ctx, tx, a.ruled(audit.SigninAsked, ""))
		}
	case policy.Refuse:
		err = audit.Record(ctx, tx, a.ruled(audit.SigninRefused, ""))
	case policy.AskPassword, policy.AskSecond, policy.Renew:
		if a.Open() {
			err = audit.Record(ctx, tx, a.ruled(audit.SigninAsked, ""))
		}
	}
	if err != nil {
		return Went{}, err
	}
	went.Attempt = a
	stored := a
	if a.Step.Kind == policy.Refuse {
		stored.Ended = "" // worked out anew each time: an admin may have helped meanwhile
	}
	return went, s.change(ctx, tx, &stored, went.Token)
}
