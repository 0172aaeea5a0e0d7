package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
)

type lostCommand struct {
	Remove string `placeholder:"ID"`
	JSON   bool   `name:"json"`
}

// Run lists the devices that were there before this one, or removes one everywhere.
func (c lostCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	found, err := d.Older(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.Remove != "":
		return removeOlder(ctx, w, d, found.Devices, c.Remove)
	case c.JSON:
		return w.json(found)
	case len(found.Devices) == 0:
		w.say("terminal.lost.none")
	default:
		w.say("terminal.lost.test")
	}
	for _, o := range found.Devices {
		fmt.Fprintln(w.Out, o.ID+"  "+w.t("terminal.lost.device", "device", calm(o.Name), "where", w.whereOf(o)))
	}
	for _, page := range found.Left {
		w.say("terminal.lost.left", "url", page)
	}
	return nil
}

// whereOf is where a device has something.
func (w World) whereOf(o desk.Older) string {
	var all []string
	for _, account := range o.Accounts {
		all = append(all, calm(account))
	}
	if o.Backup {
		all = append(all, w.t("terminal.lost.backup"))
	}
	return strings.Join(all, w.t("terminal.lost.and"))
}

func removeOlder(ctx context.Context, w World, d *desk.Desk, all []desk.Older, id string) error {
	i := slices.IndexFunc(all, func(o desk.Older) bool { return o.ID == id })
	if i < 0 {
		return remote.ErrUnknown
	}
	if err := d.RemoveOlder(ctx, all[i]); err != nil {
		return err
	}
	w.say("terminal.lost.done", "device", calm(all[i].Name), "where", w.whereOf(all[i]))
	return nil
}
