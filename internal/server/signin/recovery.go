package signin

import (
	"context"
	"errors"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/wire"
)

// RecoveryCode uses a recovery code up. It returns [ErrWrong], a *[TooMany], or
// wire.ErrMistyped for a slip of the pen. Wrong ones are counted together with
// wrong one-time codes, per person and after a first proof only (N9).
func (s *Service) RecoveryCode(ctx context.Context, token, code string, b Browser) (Went, error) {
	return s.proving(ctx, func(tx *db.Tx) (Went, error, error) { return s.tryRecovery(ctx, tx, token, code, b) })
}

func (s *Service) tryRecovery(ctx context.Context, tx *db.Tx, token, code string, b Browser) (went Went, refused, err error) {
	a, err := s.at(ctx, tx, token, b)
	if err != nil {
		return Went{}, nil, err
	}
	if a.Step.Kind != policy.AskSecond || !a.Step.Recovery {
		return Went{}, ErrStep, nil
	}
	pause, err := method.CodeTurn(ctx, tx, a.person.ID)
	if err != nil {
		return Went{}, nil, err
	}
	if pause > 0 {
		return Went{}, &TooMany{After: pause}, nil
	}
	left, err := s.Recovery.Use(ctx, tx, a.person.ID, code, b.where())
	switch {
	case errors.Is(err, wire.ErrMistyped):
		return Went{}, wire.ErrMistyped, nil
	case errors.Is(err, method.ErrRecovery):
		if err := s.wrong(ctx, tx, a); err != nil {
			return Went{}, nil, err
		}
		return Went{}, ErrWrong, audit.Record(ctx, tx, a.event(audit.SigninRecoveryWrong, policy.Recovery))
	case err != nil:
		return Went{}, nil, err
	}
	// What was used up just now still counts among what the person has.
	went, err = s.typed(ctx, tx, a, policy.Recovery)
	went.LastOne = left == 0
	return went, nil, err
}
