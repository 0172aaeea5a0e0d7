package signin

import (
	"context"
	"errors"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
)

// Whoever makes an account may do so with a passkey and no password. The browser
// makes the key and signs with it once, in the sign-in under way; with that
// signature, and not before, there is an account and the name is taken.

// RegisterKeyed begins to make an account with a passkey, under a name, and
// returns the id of the offer. It returns [ErrNoRegistering], directory.ErrInvalid,
// directory.ErrTaken, a *[TooMany] or method.ErrOffer where there are no passkeys.
func (s *Service) RegisterKeyed(ctx context.Context, token, name string, b Browser) (offer string, err error) {
	_, who, err := s.newcomer(ctx, name, b)
	if err != nil {
		return "", err
	}
	if err := s.countRegistering(ctx, b); err != nil {
		return "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.registering(ctx, tx, token)
		if err != nil {
			return err
		}
		switch _, err := directory.ByLogin(ctx, tx, who.Login); {
		case err == nil:
			return directory.ErrTaken
		case !errors.Is(err, directory.ErrUnknown):
			return err
		}
		o, err := s.Passkeys.OfferNew(ctx, tx, a.ID, who)
		offer = o.ID
		return err
	})
	return offer, err
}

// KeyOffered is the passkey with which an account is being made, and what the
// browser is asked at its present step, as JSON for its script. It returns
// [ErrStep] or method.ErrOffer.
func (s *Service) KeyOffered(ctx context.Context, token, offer string) (o method.PasskeyOffer, ask string, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err := s.registering(ctx, tx, token)
		if err != nil {
			return err
		}
		if o, err = s.Passkeys.Offered(ctx, tx, a.ID, offer); err != nil {
			return err
		}
		ask, err = s.Passkeys.Ask(ctx, tx, o)
		return err
	})
	return o, ask, err
}

// KeyCreated takes the passkey that the browser has made; next it signs. It
// returns [ErrStep] or the errors of method.Passkeys.Create.
func (s *Service) KeyCreated(ctx context.Context, token, offer, name, answer string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.registering(ctx, tx, token)
		if err != nil {
			return err
		}
		return s.Passkeys.Create(ctx, tx, a.ID, offer, name, answer)
	})
}

// KeySigned takes the passkey's first signature, makes the account, and goes on
// with the sign-in as its person. It returns [ErrStep], [ErrNoRegistering],
// directory.ErrTaken if somebody else was first, or the errors of method.Passkeys.Add.
func (s *Service) KeySigned(ctx context.Context, token, offer, answer string, b Browser) (went Went, err error) {
	d, ok, err := s.Registers(ctx)
	if err == nil && !ok {
		err = ErrNoRegistering
	}
	if err != nil {
		return Went{}, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, err := s.registering(ctx, tx, token)
		if err != nil {
			return err
		}
		o, err := s.Passkeys.Offered(ctx, tx, a.ID, offer)
		if err != nil {
			return err
		}
		who := directory.Person{ID: o.Person, DirectoryID: d.ID, Login: o.Login, Name: o.Called, Locale: b.Lang}
		if err := s.register(ctx, tx, &a, who, policy.Passkey, b); err != nil {
			return err
		}
		if _, err := s.Passkeys.Add(ctx, tx, a.ID, offer, answer, b.where()); err != nil {
			return err
		}
		if a.person, err = directory.ByID(ctx, tx, a.person.ID); err != nil { // no app pairs with a password any more
			return err
		}
		went, err = s.prove(ctx, tx, a, policy.Passkey)
		return err
	})
	return went, err
}
