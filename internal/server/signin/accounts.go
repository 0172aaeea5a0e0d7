package signin

import (
	"context"
	"errors"
	"slices"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
)

// An Account is one line of the account chooser: somebody who has signed in
// with this browser.
type Account struct {
	Session   Session
	Person    directory.Person
	Directory directory.Directory
	Live      bool // still signed in
}

// Accounts lists who has signed in with a browser, in the order of its tokens,
// the one in use first. Tokens that open nothing are left out.
func (s *Service) Accounts(ctx context.Context, tokens []string) (all []Account, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		byToken, err := accountsOf(ctx, tx, tokens)
		for _, t := range tokens {
			if a, ok := byToken[t]; ok && !a.Session.Enrol {
				all = append(all, a)
			}
		}
		return err
	})
	return all, err
}

func accountsOf(ctx context.Context, tx *db.Tx, tokens []string) (map[string]Account, error) {
	all := map[string]Account{}
	for _, t := range tokens {
		session, err := scanSession(tx.QueryRow(ctx, `SELECT `+sessionColumns+` FROM session s WHERE s.hash = $1`, keep.Hash(t)))
		if errors.Is(err, ErrNoSession) {
			continue
		} else if err != nil {
			return nil, err
		}
		a := Account{Session: session}
		if a.Person, err = directory.ByID(ctx, tx, session.Person); err != nil {
			return nil, err
		}
		if a.Directory, err = directory.Get(ctx, tx, a.Person.DirectoryID); err != nil {
			return nil, err
		}
		_, err = SessionOf(ctx, tx, t)
		if a.Live = err == nil; err != nil && !errors.Is(err, ErrNoSession) {
			return nil, err
		}
		all[t] = a
	}
	return all, nil
}

// Use puts a session of this browser in front and returns the new order. A
// session that has ended is [ErrNoSession].
func (s *Service) Use(ctx context.Context, tokens []string, id string) ([]string, error) {
	token, account, err := s.pick(ctx, tokens, id)
	if err != nil {
		return nil, err
	}
	if !account.Live {
		return nil, ErrNoSession
	}
	return append([]string{token}, without(tokens, token)...), nil
}

// Forget ends a session of this browser and returns what is left.
func (s *Service) Forget(ctx context.Context, tokens []string, id string) ([]string, error) {
	token, account, err := s.pick(ctx, tokens, id)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error { return End(ctx, tx, account.Person.ID, id, "signed_out") })
	return without(tokens, token), err
}

// pick finds one of this browser's sessions by its id.
func (s *Service) pick(ctx context.Context, tokens []string, id string) (token string, a Account, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := accountsOf(ctx, tx, tokens)
		if err != nil {
			return err
		}
		for t, found := range all {
			if found.Session.ID == id {
				token, a = t, found
				return nil
			}
		}
		return ErrNoSession
	})
	return token, a, err
}

func without(tokens []string, token string) []string {
	return slices.DeleteFunc(slices.Clone(tokens), func(t string) bool { return t == token })
}
