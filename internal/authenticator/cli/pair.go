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
	Offer  string `arg:"" optional:"" name:"url-or-code"`
	Server string `placeholder:"URL"`
	Name   string
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
