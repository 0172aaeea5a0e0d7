package cli

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type pairCommand struct {
	Offer  string `arg:"" optional:"" name:"url-or-code" help:"What the pairing page shows: the link behind the QR code, or the code to type. Without it, you are asked."`
	Server string `help:"With a typed code: the address of the sign-in service." placeholder:"URL"`
	Name   string `help:"What this device is called on the Security info page; its host name unless you say otherwise."`
}

// Help is what "countersign pair --help" says more.
func (pairCommand) Help() string {
	return `Examples:
  countersign pair 'https://app.aoba.example/#pair?i=…'
  countersign pair ABCD-EFGH-JKMN-PQRS --server id.aoba.example

An offer works once, for ten minutes, and only after you said on the page that the
device is yours. The page then sends a test: answer it with "countersign approve".`
}

func (c pairCommand) Run(ctx context.Context, w World, g *grammar) error {
	o, err := c.offer(w)
	if err != nil {
		return err
	}
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return err
	}
	if err := w.agrees("terminal.pair.sure", "host", calm(u.Host)); err != nil {
		return err
	}
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	a, err := d.Pair(ctx, o, cmp.Or(c.Name, desk.DeviceName()))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.Out, w.t("terminal.pair.done", "directory", calm(a.Directory.Name), "login", calm(a.Person.Login), "host", calm(u.Host)))
	return err
}

func (c pairCommand) offer(w World) (remote.Offer, error) {
	text := c.Offer
	if text == "" {
		var err error
		if text, err = w.secret(w.t("terminal.pair.ask")); err != nil {
			return remote.Offer{}, err
		}
	}
	if o, ok := remote.ParseOffer(text); ok {
		return o, nil
	}
	code, err := wire.ParsePairingCode(text)
	if err != nil {
		return remote.Offer{}, err
	}
	issuer, ok := remote.ParseIssuer(c.Server)
	if !ok {
		return remote.Offer{}, errServer
	}
	return remote.Offer{Issuer: issuer, Code: code}, nil
}
