package signin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
)

// ErrOther is returned for a passkey of another account than the one that is signing in.
var ErrOther = errors.New("passkey of another account")

// TakesPasskey tells whether a passkey can be used now. It may come before the
// name: it says itself whose it is.
func (a Attempt) TakesPasskey() bool { return a.Open() && (!a.Named() || a.Step.Passkey) }

// challenge is what a passkey signs in an attempt. It is the attempt's alone,
// and another after each proof: an answer is good once.
func (s *Service) challenge(a Attempt) []byte { return s.Keeper.MAC("signin.passkey", a.hash) }

// PasskeyQuestion is what the browser is asked to have signed, as JSON for its
// script; "" where no passkey can be used. It is the same whoever signs in.
func (s *Service) PasskeyQuestion(a Attempt) (string, error) {
	if !s.Passkeys.Usable() || !a.TakesPasskey() {
		return "", nil
	}
	return s.Passkeys.Question(s.challenge(a))
}

// Passkey signs in with the answer of a passkey. It needs no name before it;
// the one typed gives way to the passkey's, unless something is proven for it
// or somebody signed in proves it again ([ErrOther]). It returns [ErrWrong] or
// method.ErrCopied.
func (s *Service) Passkey(ctx context.Context, token, answer string, b Browser) (Went, error) {
	var went Went
	var refused error
	err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
		went, refused, err = s.tryPasskey(ctx, tx, token, answer, b)
		return err
	})
	return went, errors.Join(err, refused)
}

func (s *Service) tryPasskey(ctx context.Context, tx *db.Tx, token, answer string, b Browser) (went Went, refused, err error) {
	a, err := s.find(ctx, tx, token)
	if err != nil {
		return Went{}, nil, err
	}
	if !a.TakesPasskey() {
		return Went{}, ErrStep, nil
	}
	a.Browser = b
	key, err := s.Passkeys.Check(ctx, tx, s.challenge(a), answer, b.where())
	switch {
	case errors.Is(err, method.ErrCopied):
		return Went{}, method.ErrCopied, nil // it is marked, so the transaction stands
	case errors.Is(err, method.ErrPasskey):
		return Went{}, ErrWrong, audit.Record(ctx, tx, a.event(audit.SigninPasskeyWrong, policy.Passkey))
	case err != nil:
		return Went{}, nil, err
	}
	if key.Person != a.person.ID {
		if a.Again() || a.proven() {
			return Went{}, ErrOther, nil
		}
		if err := s.becomes(ctx, tx, &a, key.Person); err != nil {
			return Went{}, nil, err
		}
	}
	if err := s.Approvals.Withdraw(ctx, tx, a.ID); err != nil {
		return Went{}, nil, err
	}
	if err := audit.Record(ctx, tx, a.event(audit.SigninPasskeyOK, policy.Passkey)); err != nil {
		return Went{}, nil, err
	}
	went, err = s.prove(ctx, tx, a, policy.Passkey)
	return went, nil, err
}

// becomes makes an attempt in which nothing is proven that of a person.
func (s *Service) becomes(ctx context.Context, tx *db.Tx, a *Attempt, person string) (err error) {
	if a.person, err = directory.ByID(ctx, tx, person); err != nil {
		return err
	}
	if a.Directory, err = directory.Get(ctx, tx, a.person.DirectoryID); err != nil {
		return err
	}
	a.state, a.Login = stateOpen, a.person.Login
	a.approval, a.shown, a.shownUntil = "", nil, time.Time{}
	a.Known, a.Second, err = knownBrowser(ctx, tx, a.Browser.Known, a.person)
	return err
}

func (b Browser) where() method.Where {
	return method.Where{IP: b.IP, Place: b.Place, Browser: b.Agent()}
}

// Gave notes that a session has given a further proof just now: a method that
// was added and tried in it. It counts like one given at the sign-in.
func Gave(ctx context.Context, tx *db.Tx, by Session, proof string) error {
	proofs := slices.Clone(by.Methods)
	if !slices.Contains(proofs, proof) {
		proofs = append(proofs, proof)
	}
	has, _, err := MethodsOf(ctx, tx, by.Person)
	if err != nil {
		return err
	}
	strength, full := policy.Strength(proofs), by.FullAt
	if strength >= has.Strongest() {
		full = tx.Now
	}
	n, err := tx.Exec(ctx, `UPDATE session SET methods = $1, strength = $2, full_at = $3 WHERE id = $4 AND ended_at = 0 AND enrol = 0`,
		strings.Join(proofs, " "), strength, millisOrZero(full), by.ID)
	if err == nil && n == 0 {
		err = ErrNoSession
	}
	return err
}
