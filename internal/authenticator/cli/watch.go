package cli

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type watchCommand struct {
	JSON bool
	Once bool
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
	desk *desk.Desk
	show sync.Mutex
}

func (c watchCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, all, err := g.doors(w)
	if err != nil {
		return err
	}
	defer d.Close()
	if !c.JSON {
		w.say("terminal.watch.waiting", "n", len(all))
	}
	h := &watch{watchCommand: c, w: w, desk: d}
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range all {
		group.Go(func() error {
			err := d.Listen(ctx, p, h.tell)
			if errors.Is(err, remote.ErrRemoved) {
				return lost(ctx, w, d, p)
			}
			return err
		})
	}
	err = group.Wait()
	if errors.Is(err, errFirst) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// tell shows what came in by a door.
func (h *watch) tell(r desk.Ring) error {
	h.show.Lock()
	defer h.show.Unlock()
	switch {
	case r.Asked != nil:
		if err := h.request(r.From, *r.Asked); err != nil || !h.Once {
			return err
		}
		return errFirst
	case r.Closed != "":
		return h.closed(r.Closed)
	case r.Away != nil:
		h.w.say("terminal.watch.away", "host", calm(r.From.Server.Host), "problem", h.w.plain(r.Away))
	case r.Back:
		h.w.say("terminal.watch.back", "host", calm(r.From.Server.Host))
	}
	return nil
}

func (h *watch) request(p desk.Paired, q remote.Question) error {
	if h.JSON {
		return printJSON(h.w.Out, event{"request", p.Door.Issuer, p.Door.Registration, q.Request})
	}
	h.w.say("terminal.watch.request", "id", q.ID)
	h.w.describe(p, q)
	return nil
}

func (h *watch) closed(id string) error {
	if h.JSON {
		return printJSON(h.w.Out, closedEvent{"closed", id})
	}
	h.w.say("terminal.watch.closed", "id", id)
	return nil
}
