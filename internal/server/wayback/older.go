package wayback

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

// Settling is how long an app that was just set up may remove those before it: for as
// long as a recovery lasts.
const Settling = time.Hour

// ErrSettled is returned to an app that has been there for longer. Then its person
// removes others where they sign in for it.
var ErrSettled = errors.New("set up too long ago to remove other apps")

// Older are the apps of the same person that an app may remove, because it has just
// taken the place of a phone that was lost. Whoever set it up has proven who they are
// minutes ago, and could have had it replace one in the same step. It returns [ErrSettled].
func Older(ctx context.Context, tx *db.Tx, g registration.Registration) ([]registration.Registration, error) {
	if g.State != registration.Active || tx.Now.Sub(g.ActivatedAt) > Settling {
		return nil, ErrSettled
	}
	apps, err := registration.AppsOf(ctx, tx, g.Person)
	return slices.DeleteFunc(apps, func(o registration.Registration) bool { return !o.ActivatedAt.Before(g.ActivatedAt) }), err
}

// RemoveOlder removes such apps, and ends what they may have opened: all sessions of
// the person, and whatever is under way (A12). It tells the epoch that has begun with it. It
// returns [ErrSettled], [registration.ErrUnknown] if one of them is not there or not
// older, signin.ErrNoOwner, signin.ErrOwnLockOut, or brake.ErrFrozen.
func (s *Service) RemoveOlder(ctx context.Context, tx *db.Tx, g registration.Registration, ids []string, from registration.Where) (epoch int64, err error) {
	if err := brake.Check(ctx, tx, g.Person); err != nil {
		return 0, err
	}
	guard, err := signin.Post(ctx, tx, g.Directory, g.Person, g.Person)
	if err != nil {
		return 0, err
	}
	if g, err = s.signin.Apps.ByID(ctx, tx, g.ID); err != nil { // as it is now that it is its turn
		return 0, err
	}
	older, err := Older(ctx, tx, g)
	if err != nil {
		return 0, err
	}
	if _, err := signin.EndAll(ctx, tx, g.Person, "", signin.WhyChanging); err != nil {
		return 0, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(older, func(o registration.Registration) bool { return o.ID == id }) {
			return 0, registration.ErrUnknown
		}
		if err := s.signin.Apps.Remove(ctx, tx, registration.Removal{Person: g.Person, ID: id, Why: registration.WhyPerson, From: from}); err != nil {
			return 0, err
		}
	}
	if epoch, err = directory.BumpEpoch(ctx, tx, g.Person); err != nil {
		return 0, err
	}
	return epoch, guard.Check(ctx, tx)
}
