package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type watchCommand struct {
	JSON bool `help:"Print one JSON object a line: what is asked, and when it is over."`
	Once bool `help:"End after the first request."`
}

// Help is what "countersign watch --help" says more.
func (watchCommand) Help() string {
	return `Examples:
  countersign watch                      until Ctrl-C
  countersign watch --json | jq .id

Each request is shown once. Answer it with "countersign approve" or "countersign deny".`
}

// An event is a line of "watch --json".
type event struct {
	Event        string `json:"event"` // "request", or "closed" with nothing but its id
	Issuer       string `json:"issuer"`
	Registration string `json:"registration"`
	wire.Request
}

type closedEvent struct {
	Event string `json:"event"`
	ID    string `json:"id"`
}

// errFirst ends a watch that wanted one request only.
var errFirst = errors.New("the first request came")

// A watch shows what comes in by all doors, one at a time.
type watch struct {
	watchCommand
	w    World
	g    *grammar
	show sync.Mutex
}

func (c watchCommand) Run(ctx context.Context, w World, g *grammar) error {
	all, err := g.pairedAccounts(w)
	if err != nil {
		return err
	}
	if !c.JSON {
		w.say("terminal.watch.waiting", "n", len(all))
	}
	h := &watch{watchCommand: c, w: w, g: g}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range all {
		group.Go(func() error { return h.attend(ctx, p) })
	}
	err = group.Wait()
	if errors.Is(err, errFirst) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// attend listens at one door until it is told to stop or the door is gone.
func (h *watch) attend(ctx context.Context, p paired) error {
	_ = h.g.settle(ctx, h.w, p) // if it cannot be asked now, the next command asks
	seen := map[string]bool{}
	const first, most = time.Second, 30 * time.Second
	pause := first
	briefs, err := p.door.Open(ctx)
	for {
		switch {
		case ctx.Err() != nil:
			return context.Canceled
		case err == nil:
			pause = first
			if err := h.news(ctx, p, seen, briefs); err != nil {
				return err
			}
		case errors.Is(err, remote.ErrUnreachable), errors.Is(err, remote.ErrBusy):
			h.tell("terminal.watch.away", "problem", h.w.plain(err))
			if !wait(ctx, pause) {
				return context.Canceled
			}
			pause = min(2*pause, most)
		default:
			return h.g.worse(ctx, h.w, p, err, err)
		}
		briefs, err = p.door.Await(ctx)
		if err == nil && len(briefs) > 0 && !fresh(seen, briefs) && !wait(ctx, time.Second) {
			return context.Canceled
		}
	}
}

// fresh reports whether a list has something that was not seen: a server
// answers at once while a request is new.
func fresh(seen map[string]bool, briefs []wire.Brief) bool {
	for _, b := range briefs {
		if !seen[b.ID] {
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

// news shows the requests that were not shown yet, and those that are over.
func (h *watch) news(ctx context.Context, p paired, seen map[string]bool, briefs []wire.Brief) error {
	still := map[string]bool{}
	for _, b := range briefs {
		still[b.ID] = true
		if seen[b.ID] {
			continue
		}
		q, err := p.door.Fetch(ctx, b.ID)
		if errors.Is(err, remote.ErrClosed) || errors.Is(err, remote.ErrUnknown) {
			continue
		} else if err != nil {
			return nil // the next look tells
		}
		seen[b.ID] = true
		if err := h.request(p, q); err != nil {
			return err
		}
		if h.Once {
			return errFirst
		}
	}
	for id := range seen {
		if !still[id] {
			delete(seen, id)
			if err := h.closed(id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (h *watch) request(p paired, q remote.Question) error {
	h.show.Lock()
	defer h.show.Unlock()
	if h.JSON {
		return printJSON(h.w.Out, event{"request", p.door.Issuer, p.door.Registration, q.Request})
	}
	h.w.say("terminal.watch.request", "id", q.ID)
	h.w.describe(q)
	return nil
}

func (h *watch) closed(id string) error {
	h.show.Lock()
	defer h.show.Unlock()
	if h.JSON {
		return printJSON(h.w.Out, closedEvent{"closed", id})
	}
	h.w.say("terminal.watch.closed", "id", id)
	return nil
}

func (h *watch) tell(key string, args ...any) {
	h.show.Lock()
	defer h.show.Unlock()
	h.w.say(key, args...)
}
