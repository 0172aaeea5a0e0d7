package signin

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
)

// WhyPass is why sessions end when their pass is replaced, for the log.
const WhyPass = "pass_replaced"

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
// opened, ends, and no code that is sent stands in for it any more. Who may do so for
// whom is the caller's to check, but that nobody does it for themselves (method.ErrOwn).
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
	if err := directory.CloseCode(ctx, tx, in.Person); err != nil {
		return keep.Secret{}, method.Pass{}, err
	}
	return s.Passes.Issue(ctx, tx, in)
}
