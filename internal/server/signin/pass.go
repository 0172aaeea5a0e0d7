package signin

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
)

// Why sessions end, for the log.
const (
	WhyReregister = "reregister"
	WhyPass       = "pass_replaced"
)

// Pass tries a temporary access pass. It returns [ErrWrong] or a *[TooMany];
// wrong ones are counted together with wrong codes, after a first proof only.
func (s *Service) Pass(ctx context.Context, token, typed string, b Browser) (Went, error) {
	return s.proving(ctx, func(tx *db.Tx) (Went, error, error) { return s.tryPass(ctx, tx, token, typed, b) })
}

func (s *Service) tryPass(ctx context.Context, tx *db.Tx, token, typed string, b Browser) (went Went, refused, err error) {
	a, err := s.at(ctx, tx, token, b)
	if err != nil {
		return Went{}, nil, err
	}
	if a.Step.Kind != policy.AskSecond || !a.Step.Pass {
		return Went{}, ErrStep, nil
	}
	pause, err := method.CodeTurn(ctx, tx, a.person.ID)
	if err != nil {
		return Went{}, nil, err
	}
	if pause > 0 {
		return Went{}, &TooMany{After: pause}, nil
	}
	err = s.Passes.Use(ctx, tx, a.person.ID, typed, b.where())
	if errors.Is(err, method.ErrPass) {
		if err := s.wrong(ctx, tx, a); err != nil {
			return Went{}, nil, err
		}
		return Went{}, ErrWrong, audit.Record(ctx, tx, a.event(audit.SigninPassWrong, policy.Pass))
	} else if err != nil {
		return Went{}, nil, err
	}
	went, err = s.typed(ctx, tx, a, policy.Pass)
	return went, nil, err
}

// lent makes a session end with the pass that opened it, if it is worth less without.
func (s *Service) lent(ctx context.Context, tx *db.Tx, n *Session) error {
	without := slices.DeleteFunc(slices.Clone(n.Methods), func(p string) bool { return p == policy.Pass })
	if policy.Strength(without) >= n.Strength {
		return nil
	}
	ends, err := s.Passes.Ends(ctx, tx, n.Person)
	if err == nil && ends.Before(n.ExpiresAt) {
		n.ExpiresAt = ends
	}
	return err
}

// IssuePass issues a temporary access pass; the one before it, and what that
// opened, ends. Who may do so for whom is the caller's to check, but that
// nobody does it for themselves (method.ErrOwn).
func (s *Service) IssuePass(ctx context.Context, tx *db.Tx, in method.PassIn) (keep.Secret, method.Pass, error) {
	all, err := List(ctx, tx, in.Person)
	if err != nil {
		return keep.Secret{}, method.Pass{}, err
	}
	for _, session := range all {
		if !slices.Contains(session.Methods, policy.Pass) {
			continue
		}
		if err := End(ctx, tx, in.Person, session.ID, WhyPass); err != nil {
			return keep.Secret{}, method.Pass{}, err
		}
	}
	return s.Passes.Issue(ctx, tx, in)
}

// A Reregistration says of whom everything beyond the password is void.
type Reregistration struct {
	Person string
	Actor  string         // id of who requires it; "" at the terminal
	Pass   *method.PassIn // issued in the same step, or nil
	Alone  bool           // the password alone pairs an app again, for directory.AloneLife
	From   method.Where
}

// Reregister voids everything of a person beyond the password: apps, passkeys,
// recovery codes, sessions, what is under way. They set up again with the pass
// that is issued with it, or with a later one; the password alone no longer
// pairs an app, unless that was chosen and for a day only. It returns method.ErrOwn.
func (s *Service) Reregister(ctx context.Context, tx *db.Tx, in Reregistration) (secret keep.Secret, pass method.Pass, err error) {
	if in.Actor == in.Person {
		return secret, pass, method.ErrOwn
	}
	who, err := directory.ByID(ctx, tx, in.Person)
	if err != nil {
		return secret, pass, err
	}
	if _, err := EndAll(ctx, tx, in.Person, "", WhyReregister); err != nil {
		return secret, pass, err
	}
	if err := s.void(ctx, tx, in); err != nil {
		return secret, pass, err
	}
	if err := brake.Thaw(ctx, tx, in.Person); err != nil {
		return secret, pass, err
	}
	if err := directory.RequireReregistration(ctx, tx, in.Person, in.Actor, in.Alone); err != nil {
		return secret, pass, err
	}
	if err := s.announceReregistration(ctx, tx, who, in.Alone); err != nil || in.Pass == nil {
		return secret, pass, err
	}
	terms := *in.Pass
	terms.Person, terms.Actor, terms.From = in.Person, in.Actor, in.From
	return s.Passes.Issue(ctx, tx, terms)
}

func (s *Service) announceReregistration(ctx context.Context, tx *db.Tx, p directory.Person, alone bool) error {
	template := notify.MailReregister
	if alone {
		template = notify.MailReregisterAlone
	}
	return directory.Tell(ctx, tx, s.Notify, p, template, map[string]string{"login": p.Login})
}

func (s *Service) void(ctx context.Context, tx *db.Tx, in Reregistration) error {
	if err := s.Apps.RemoveAll(ctx, tx, in.Person, registration.Where(in.From)); err != nil {
		return err
	}
	if err := s.Passkeys.RemoveAll(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.CodeApps.RemoveAll(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.Recovery.Remove(ctx, tx, in.Person, in.From); err != nil {
		return err
	}
	if err := s.Passes.Remove(ctx, tx, in.Person); err != nil {
		return err
	}
	return method.CodeRight(ctx, tx, in.Person)
}
