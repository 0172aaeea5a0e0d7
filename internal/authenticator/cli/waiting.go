package cli

import (
	"context"
	"fmt"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
)

type waitingCommand struct {
	Stop string `placeholder:"ID"`
	JSON bool   `name:"json"`
}

// Run lists what waits of the accounts here, or stops one of it.
func (c waitingCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, doors, err := g.doors(w)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := waiting(ctx, doors)
	if err != nil {
		return err
	}
	switch {
	case c.Stop != "":
		return stop(ctx, w, all, c.Stop)
	case c.JSON:
		return w.json(all)
	case len(all) == 0:
		w.say("terminal.waiting.none")
	}
	for _, one := range all {
		key, args := one.Message(w.Now())
		fmt.Fprintln(w.Out, one.ID+"  "+w.t(key, args...))
	}
	return nil
}

func waiting(ctx context.Context, doors []desk.Paired) ([]desk.Waits, error) {
	all := []desk.Waits{}
	for _, p := range doors {
		more, err := p.Waiting(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

func stop(ctx context.Context, w World, all []desk.Waits, id string) error {
	for _, one := range all {
		if one.ID != id {
			continue
		}
		if err := one.Stop(ctx); err != nil {
			return err
		}
		w.say("terminal.waiting.stopped")
		return nil
	}
	return remote.ErrUnknown
}
