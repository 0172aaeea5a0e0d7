package wayback

import (
	"context"
	"encoding/base64"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/limit"
	"countersign/internal/server/signin"
)

// within is the time in which everything here is counted.
const within = time.Hour

// A budget is one counter. Its name is of what was typed, so that it is the same
// for a name that nobody has (A8).
type budget struct {
	key  string
	most int
}

// begun counts ways back: each may make the server write and read.
func begun(b signin.Browser) []budget { return []budget{{"wayback-net:" + b.Net, 60}} }

// tried counts codes that were not right. A network that tries somebody's codes
// uses its own places up long before those that everybody shares.
func (w Way) tried() []budget {
	return []budget{
		{"wayback-try:" + w.name() + " " + w.from.Net, 5}, {"wayback-try:" + w.name(), 25},
		{"wayback-try-net:" + w.from.Net, 60}, {"wayback-try-server", 3000},
	}
}

// sent counts codes that are sent, so that nobody's mailbox can be filled from here.
func (w Way) sent(proof string) []budget {
	return []budget{{"wayback-" + proof + ":" + w.name(), 3}, {"wayback-" + proof + "-net:" + w.from.Net, 10}, {"wayback-" + proof + "-server", 500}}
}

func (w Way) name() string {
	login, err := directory.Login(w.Login)
	if err != nil {
		login = w.Login
	}
	return base64.RawURLEncoding.EncodeToString(keep.Hash("way back " + login))
}

// count counts against all of them; refused is a *signin.TooMany, and the count stands.
func count(ctx context.Context, tx *db.Tx, all []budget) (refused, err error) {
	return each(ctx, tx, all, limit.Hit)
}

// room is [count] without counting.
func room(ctx context.Context, tx *db.Tx, all []budget) (refused, err error) {
	return each(ctx, tx, all, limit.Peek)
}

func each(ctx context.Context, tx *db.Tx, all []budget, ask func(context.Context, *db.Tx, string, time.Duration, int) (bool, time.Duration, error)) (refused, err error) {
	wait := time.Duration(0)
	for _, b := range all {
		ok, after, err := ask(ctx, tx, b.key, within, b.most)
		if err != nil {
			return nil, err
		}
		if !ok {
			wait = max(wait, after, time.Second)
		}
	}
	if wait > 0 {
		refused = &signin.TooMany{After: wait}
	}
	return refused, nil
}
