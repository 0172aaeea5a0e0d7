package cli

import (
	"context"
	"fmt"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type recoverCommand struct {
	From            string `required:"" placeholder:"URL"`
	RecoveryKeyFile string `placeholder:"FILE" type:"path" xor:"opens"`
	ByDevice        bool   `xor:"opens"`
	Others          string `enum:"aside,beside,instead" default:"aside" placeholder:"WHAT"`
	signInAt
	JSON bool `name:"json"`
}

func (c recoverCommand) Run(ctx context.Context, w World, g *grammar) error {
	issuer, ok := remote.ParseIssuer(c.From)
	if !ok {
		return errServer
	}
	opens, err := c.opens(w)
	if err != nil {
		return err
	}
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	token, err := c.signIn(ctx, w, issuer, wire.ScopeRecover)
	if err != nil {
		return err
	}
	others := map[string]desk.Others{"beside": desk.Beside, "instead": desk.Instead}[c.Others]
	found, err := d.Find(ctx, issuer, token)
	if err != nil {
		return err
	}
	r, err := opens(ctx, found, others)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.json(r)
	}
	w.say("terminal.recover.from", "time", w.date(&r.Made), "device", calm(r.Device), "n", len(r.Results))
	w.tellResults(r.Results)
	w.say("terminal.recover.next")
	return nil
}

// An opener opens the backup that was found.
type opener func(context.Context, *desk.Found, desk.Others) (desk.Recovery, error)

// opens is how: with the recovery key, or with another device that keeps the backup.
func (c recoverCommand) opens(w World) (opener, error) {
	if c.ByDevice {
		return func(ctx context.Context, f *desk.Found, o desk.Others) (desk.Recovery, error) {
			return f.OpenThere(ctx, w.taking(), o)
		}, nil
	}
	key, err := w.recoveryKey(c.RecoveryKeyFile)
	return func(ctx context.Context, f *desk.Found, o desk.Others) (desk.Recovery, error) {
		return f.Open(ctx, key, o)
	}, err
}

// tellResults prints the result list, one account a line.
func (w World) tellResults(list []authenticator.Recovered) {
	for _, r := range list {
		key := "terminal.recover.state." + string(r.State)
		if r.State == authenticator.Kept && r.Other {
			key = "terminal.recover.state.kept_other"
		}
		if r.State == authenticator.Failed {
			key += "_" + r.Why
		}
		title := calm(r.Issuer)
		if r.Name != "" && r.Issuer != "" {
			title += " (" + calm(r.Name) + ")"
		} else if title == "" {
			title = calm(r.Name)
		}
		fmt.Fprintln(w.Out, w.t(key, "title", title, "host", calm(r.Host)))
	}
}
