package desk

import (
	"context"
	"errors"
	"time"

	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// A Ring is what comes in by a door: exactly one of its fields says what.
type Ring struct {
	From   Paired
	Asked  *remote.Question // somebody wants to sign in
	Closed string           // the id of a request that is over
	Away   error            // the service is no longer reached; it is tried again
	Back   bool             // it is reached again
	Stands string           // the person was suspended ([wire.Suspended]), or is no more ([wire.Active])
}

// Listen listens at a door until ctx ends or the door is gone, and tells what
// comes in: each request once. tell's error ends it. The error is why it ended,
// [remote.ErrRemoved] for a registration that is no more.
func (d *Desk) Listen(ctx context.Context, p Paired, tell func(Ring) error) error {
	l := listener{desk: d, from: p, tell: tell, seen: map[string]bool{}}
	const first, most = time.Second, 30 * time.Second
	pause, away := first, false
	briefs, err := p.Door.Open(ctx)
	for {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			pause = first
			if away {
				if err := tell(Ring{From: p, Back: true}); err != nil {
					return err
				}
			}
			away = false
			if err := errors.Join(l.stands(ctx, briefs.State), l.news(ctx, briefs.Requests)); err != nil {
				return err
			}
		case errors.Is(err, remote.ErrUnreachable), errors.Is(err, remote.ErrBusy):
			if !away {
				if err := tell(Ring{From: p, Away: err}); err != nil {
					return err
				}
			}
			away = true
			if !wait(ctx, pause) {
				return ctx.Err()
			}
			pause = min(2*pause, most)
		default:
			return err
		}
		briefs, err = p.Door.Await(ctx)
		if err == nil && len(briefs.Requests) > 0 && !l.fresh(briefs.Requests) && !wait(ctx, time.Second) {
			return ctx.Err()
		}
	}
}

// A listener knows which requests it has told of, and how the registration stood.
type listener struct {
	desk  *Desk
	from  Paired
	tell  func(Ring) error
	seen  map[string]bool
	stood string // "" at first: then the service is asked in any case
}

// stands keeps how the registration stands, when that is news, and tells of a
// suspension and of its end.
func (l *listener) stands(ctx context.Context, state string) error {
	was := l.stood
	if state == was {
		return nil
	}
	about, err := l.from.Door.About(ctx)
	if err != nil {
		return nil // the next look tells
	}
	if err := l.desk.Hear(ctx, l.from, about); err != nil {
		return err
	}
	l.from.Server.State, l.stood = about.State, about.State
	if was != suspended && about.State != suspended {
		return nil
	}
	return l.tell(Ring{From: l.from, Stands: about.State})
}

// fresh reports whether a list has something that was not seen: a server
// answers at once while a request is new.
func (l *listener) fresh(briefs []wire.Brief) bool {
	for _, b := range briefs {
		if !l.seen[b.ID] {
			return true
		}
	}
	return false
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// news tells of the requests that were not told of yet, and of those that are
// over.
func (l *listener) news(ctx context.Context, briefs []wire.Brief) error {
	still := map[string]bool{}
	for _, b := range briefs {
		still[b.ID] = true
		if l.seen[b.ID] {
			continue
		}
		q, err := l.from.Door.Fetch(ctx, b.ID)
		if errors.Is(err, remote.ErrClosed) || errors.Is(err, remote.ErrSuspended) || errors.Is(err, remote.ErrUnknown) {
			continue
		} else if err != nil {
			return nil // the next look tells
		}
		l.seen[b.ID] = true
		if err := l.tell(Ring{From: l.from, Asked: &q}); err != nil {
			return err
		}
	}
	for id := range l.seen {
		if !still[id] {
			delete(l.seen, id)
			if err := l.tell(Ring{From: l.from, Closed: id}); err != nil {
				return err
			}
		}
	}
	return nil
}
