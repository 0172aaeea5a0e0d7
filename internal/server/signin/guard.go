package signin

import (
	"context"
	"errors"
	"maps"
	"slices"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
)

// Why an action is not done (R3).
var (
	// ErrNoOwner: no owner of the directory could sign in any more.
	ErrNoOwner = errors.New("no owner could sign in any more")
	// ErrOwnLockOut: who does it could not sign in any more.
	ErrOwnLockOut = errors.New("could not sign in any more")
)

// A Guard stands over an action that could lock somebody out. It is posted
// before the action and asked after it, in the action's transaction.
type Guard struct {
	directory, actor string
	touched          []string
	before           []ways.Person
}

// Post posts a guard over a directory: of two actions at once the second waits
// here, and sees what the first has done. Touched are the people whom the action
// changes; owners are always looked at.
func Post(ctx context.Context, tx *db.Tx, in, actor string, touched ...string) (*Guard, error) {
	if err := directory.Guard(ctx, tx, in); err != nil {
		return nil, err
	}
	g := &Guard{directory: in, actor: actor, touched: touched}
	var err error
	g.before, err = g.look(ctx, tx)
	return g, err
}

// Check refuses what has been done if it must not be: then the transaction is
// to end with [ErrNoOwner] or [ErrOwnLockOut].
func (g *Guard) Check(ctx context.Context, tx *db.Tx) error {
	after, err := g.look(ctx, tx)
	if err != nil {
		return err
	}
	return refusal(ways.Judge(g.before, after, g.actor))
}

func refusal(v ways.Verdict) error {
	switch v.Refused {
	case ways.NoOwner:
		return ErrNoOwner
	case ways.Yourself:
		return ErrOwnLockOut
	}
	return nil
}

// Foresee tells what an action would do that makes change of each person it
// touches, so that a page can say so before the click.
func Foresee(ctx context.Context, tx *db.Tx, in, actor string, touched []string, change func(*ways.Person)) (ways.Verdict, error) {
	g := Guard{directory: in, actor: actor, touched: touched}
	before, err := g.look(ctx, tx)
	if err != nil {
		return ways.Verdict{}, err
	}
	after := slices.Clone(before)
	for i := range after {
		if slices.Contains(touched, after[i].ID) {
			change(&after[i])
		}
	}
	return ways.Judge(before, after, actor), nil
}

// look sees those touched and all owners as they are now.
func (g *Guard) look(ctx context.Context, tx *db.Tx) (all []ways.Person, err error) {
	d, err := directory.Get(ctx, tx, g.directory)
	if err != nil {
		return nil, err
	}
	var people []directory.Person
	for p, err := range directory.Owners(ctx, tx, d.ID) {
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	for _, id := range g.touched {
		if slices.ContainsFunc(people, func(p directory.Person) bool { return p.ID == id }) {
			continue
		}
		p, err := directory.ByID(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		people = append(people, p)
	}
	for _, p := range people {
		held, err := HeldBy(ctx, tx, p, d.Policy)
		if err != nil {
			return nil, err
		}
		all = append(all, ways.Person{
			ID: p.ID, Owner: p.Role == directory.Owner, Active: p.State == directory.Active,
			Need: policy.Need(d.Policy), Graph: held.Graph(),
		})
	}
	return all, nil
}

// HeldBy returns what a person has to prove themselves with, one by one, where
// the policy is this. An app that can give no proof there is left out.
func HeldBy(ctx context.Context, tx *db.Tx, p directory.Person, in directory.Policy) (h policy.Held, err error) {
	kept, err := method.HeldBy(ctx, tx, p.ID)
	if err != nil {
		return h, err
	}
	h = policy.Held{Password: kept.Password, Recovery: kept.Recovery, Pass: kept.Pass,
		Enrol: p.EnrolAt(tx.Now) == directory.EnrolOpen, Brief: !p.EnrolUntil.IsZero(), Code: p.EnrolAt(tx.Now) == directory.EnrolCode}
	keys, synced, err := method.PasskeyNames(ctx, tx, p.ID)
	if err != nil {
		return h, err
	}
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		if d := (policy.Device{ID: id, Name: keys[id]}); synced[id] {
			h.Synced = append(h.Synced, d)
		} else {
			h.Passkeys = append(h.Passkeys, d)
		}
	}
	apps, err := registration.AppsOf(ctx, tx, p.ID)
	if err != nil {
		return h, err
	}
	for _, g := range apps {
		switch d := (policy.Device{ID: g.ID, Name: g.Name}); {
		case g.Passwordless && in.Passwordless:
			h.Alone = append(h.Alone, d)
		case g.Unlocks() || !in.Unlock || in.Codes:
			h.Apps = append(h.Apps, d)
		}
	}
	if !in.Codes {
		return h, nil
	}
	codes, err := method.CodeAppNames(ctx, tx, p.ID)
	for _, id := range slices.Sorted(maps.Keys(codes)) {
		h.CodeApps = append(h.CodeApps, policy.Device{ID: id, Name: codes[id]})
	}
	return h, err
}
