package cli

import (
	"context"
	"fmt"
	"time"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type waitingCommand struct {
	Stop string `placeholder:"ID"`
	JSON bool   `name:"json"`
}

// A waits is a change of an account that waits, and the app that may stop it.
type waits struct {
	Issuer  string `json:"issuer"`
	Account string `json:"account"`
	wire.Waiting

	door *remote.Door
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
		fmt.Fprintln(w.Out, one.ID+"  "+w.sentence(one))
	}
	return nil
}

func waiting(ctx context.Context, doors []desk.Paired) ([]waits, error) {
	all := []waits{}
	for _, p := range doors {
		about, err := p.Door.About(ctx)
		if err != nil {
			return nil, err
		}
		for _, one := range about.Waiting {
			all = append(all, waits{p.Server.Issuer, about.Person.Login, one, p.Door})
		}
	}
	return all, nil
}

func stop(ctx context.Context, w World, all []waits, id string) error {
	for _, one := range all {
		if one.ID != id {
			continue
		}
		if err := one.door.Stop(ctx, id); err != nil {
			return err
		}
		w.say("terminal.waiting.stopped")
		return nil
	}
	return remote.ErrUnknown
}

// sentence says what waits, of whom, and from where it was asked for.
func (w World) sentence(one waits) string {
	at := time.UnixMilli(one.ReadyAt)
	key := "terminal.waiting." + one.What
	if one.What == wire.WaitsApp && !at.After(w.Now()) {
		key = "terminal.waiting.now"
	}
	return w.t(key, "device", calm(one.Name), "login", calm(one.Account), "time", w.date(&at), "browser", calm(one.Browser), "place", calm(one.Place))
}
