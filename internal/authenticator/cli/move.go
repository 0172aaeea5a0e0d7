package cli

import (
	"context"
	"errors"
	"fmt"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/scan"
	"countersign/internal/wire"
)

type moveCommand struct {
	Do      string `arg:"" enum:"give,take"`
	Code    string `arg:"" optional:""`
	Through string `placeholder:"URL"`
	Picture string `placeholder:"FILE"`
	JSON    bool   `name:"json"`
}

func (c moveCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Do == "take" {
		return c.take(ctx, w, d)
	}
	return c.give(ctx, w, g, d)
}

// take makes this device the new one.
func (c moveCommand) take(ctx context.Context, w World, d *desk.Desk) error {
	server, err := c.server(d)
	if err != nil {
		return err
	}
	taken, err := d.Take(ctx, server, desk.DeviceName(), w.taking())
	if err != nil && !errors.Is(err, desk.ErrNoReceipt) {
		return err
	}
	if c.JSON {
		return errors.Join(w.json(taken), err)
	}
	w.tellResults(taken.Results)
	w.tellReceipt(taken.Receipt)
	if err != nil {
		return err
	}
	return w.later(ctx, d)
}

// taking shows where the two devices meet, and asks for the digits of the other.
func (w World) taking() desk.Taking {
	return desk.Taking{
		Show:   func(m wire.Meeting) { w.show(m) },
		Digits: func() (string, error) { return w.ask(w.t("terminal.move.digits.ask")) },
	}
}

// show draws the code of a meeting, and says it.
func (w World) show(m wire.Meeting) {
	if code := desk.Drawn(m); code != nil {
		_, _ = w.Err.Write(append(inked(code), '\n'))
	} else {
		w.say("terminal.move.undrawn") // the code can be typed
	}
	w.say("terminal.move.show", "code", wire.ShowMeetingCode(m.Code), "server", calm(m.Server))
}

// give makes this device the old one.
func (c moveCommand) give(ctx context.Context, w World, g *grammar, d *desk.Desk) error {
	at, err := c.meeting(w, d)
	if err != nil {
		return err
	}
	r, wants, err := d.Give(ctx, at, desk.Giving{
		Agree: w.agreesToMove,
		Passphrase: func(wrong bool) (string, error) {
			if wrong {
				w.say("terminal.error.passphrase")
			}
			return g.confirm(w)
		},
		Digits: func(digits, name string) {
			w.say("terminal.move.digits", "digits", desk.Grouped(digits), "name", calm(name))
		},
	})
	switch {
	case err != nil:
		return err
	case wants == move.Backup:
		w.say("terminal.move.opened")
	case c.JSON:
		return w.json(r)
	default:
		w.tellReceipt(r)
	}
	return nil
}

func (w World) agreesToMove(name string, wants move.Wants, accounts int) error {
	if wants == move.Backup {
		return w.agrees("terminal.move.open", "name", calm(name))
	}
	return w.agrees("terminal.move.sure", "name", calm(name), "n", accounts)
}

// tellReceipt says what arrived.
func (w World) tellReceipt(r move.Receipt) {
	fmt.Fprintln(w.Out, w.t("move.receipt", "arrived", r.Arrived, "of", r.Of))
	for _, more := range []struct {
		n   int
		key string
	}{{r.Work, "move.receipt.work"}, {r.Personal, "move.receipt.personal"}, {r.Beside, "move.receipt.beside"}} {
		if more.n > 0 {
			fmt.Fprintln(w.Out, w.t(more.key, "n", more.n))
		}
	}
}

// meeting is where the new device waits: as its code was typed, or stands in a picture.
func (c moveCommand) meeting(w World, d *desk.Desk) (m wire.Meeting, err error) {
	if c.Picture != "" {
		b, err := w.bytes(c.Picture, scan.MaxPicture)
		if err != nil {
			return m, err
		}
		return desk.MeetingIn(b)
	}
	if m.Server, err = c.server(d); err != nil {
		return m, err
	}
	typed := c.Code
	if typed == "" {
		if typed, err = w.ask(w.t("terminal.move.code.ask")); err != nil {
			return m, err
		}
	}
	m.Code, err = wire.ParseMeetingCode(typed)
	return m, err
}

// server is the service that is typed, else the one that this device knows: that
// of its backup, or of its only account.
func (c moveCommand) server(d *desk.Desk) (string, error) {
	if c.Through != "" {
		issuer, ok := remote.ParseIssuer(c.Through)
		if !ok {
			return "", errServer
		}
		return issuer, nil
	}
	return d.Home()
}
