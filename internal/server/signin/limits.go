package signin

import (
	"context"
	"encoding/base64"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
)

// Limits are how many wrong passwords there may be in Window before the next
// is refused unseen. The zero value of a field means its default.
type Limits struct {
	Window time.Duration // 15 minutes
	// Name: for one name, from browsers that person has not used before.
	// Whether anybody has the name makes no difference. 10.
	Name int
	// Known: for one known browser, which has places of its own, so that
	// strangers cannot keep people out. 10.
	Known int
	// Net: from one network, for any name. 60.
	Net int
	// Server: in all, from browsers not known. 3000.
	Server int
	// Begun: sign-ins begun by one network. 3000.
	Begun int
	// Registered: accounts that one network may try to make. 20.
	Registered int
	// Registrations: the same for all. 1000.
	Registrations int
}

func (l Limits) defaults() Limits {
	if l.Window == 0 {
		l.Window = 15 * time.Minute
	}
	for _, f := range []struct {
		have *int
		want int
	}{{&l.Name, 10}, {&l.Known, 10}, {&l.Net, 60}, {&l.Server, 3000}, {&l.Begun, 3000}, {&l.Registered, 20}, {&l.Registrations, 1000}} {
		if *f.have == 0 {
			*f.have = f.want
		}
	}
	return l
}

// budgets are the counters of a password tried in an attempt.
func (s *Service) budgets(a Attempt) []limit.Budget {
	if a.Known {
		return []limit.Budget{{Key: a.knownKey(), Most: s.Limits.Known}}
	}
	return []limit.Budget{
		{Key: "signin-name:" + a.nameHash(), Most: s.Limits.Name},
		{Key: "signin-net:" + a.Browser.Net, Most: s.Limits.Net},
		{Key: "signin-server", Most: s.Limits.Server},
	}
}

// knownKey counts wrong passwords for one name in browsers that are known.
func (a Attempt) knownKey() string { return "signin-known:" + a.nameHash() }

func (a Attempt) nameHash() string {
	return base64.RawURLEncoding.EncodeToString(keep.Hash("login " + a.nameKey()))
}

// allowPassword tells whether another password may be looked at; the error is
// a *TooMany with the longest of the times to wait.
func (s *Service) allowPassword(ctx context.Context, tx *db.Tx, a Attempt) error {
	ok, after, err := limit.PeekAll(ctx, tx, s.Limits.Window, s.budgets(a))
	if err == nil && !ok {
		err = &TooMany{After: max(after, time.Second)}
	}
	return err
}

// countWrong counts a wrong password and returns what to answer: [ErrWrong], or
// a *[TooMany] when others that were tried at the same time have used up a
// budget. The one that uses it up is written down.
func (s *Service) countWrong(ctx context.Context, tx *db.Tx, a Attempt) (refused, err error) {
	used := false
	wait := time.Duration(0)
	for _, b := range s.budgets(a) {
		ok, after, err := limit.Hit(ctx, tx, b.Key, s.Limits.Window, b.Most)
		if err != nil {
			return nil, err
		}
		if !ok {
			wait = max(wait, after, time.Second)
		}
		left, _, err := limit.Peek(ctx, tx, b.Key, s.Limits.Window, b.Most)
		if err != nil {
			return nil, err
		}
		used = used || !left
	}
	refused = ErrWrong
	if wait > 0 {
		refused = &TooMany{After: wait}
	}
	if !used {
		return refused, nil
	}
	return refused, audit.Record(ctx, tx, a.ruled(audit.SigninLimited, "pwd"))
}

func (s *Service) allowBegin(ctx context.Context, tx *db.Tx, net string) error {
	ok, after, err := limit.Hit(ctx, tx, "signin-begun:"+net, s.Limits.Window, s.Limits.Begun)
	if err == nil && !ok {
		return &TooMany{After: after} // takes the count back with it: refused ones do not count
	}
	return err
}
