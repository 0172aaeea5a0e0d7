package cli

import (
	"context"
	"fmt"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

type recoverCommand struct {
	From            string `required:"" help:"The address of the sign-in service that holds the backup." placeholder:"URL"`
	RecoveryKeyFile string `help:"A file whose first line is the recovery key; without it, you are asked." placeholder:"FILE" type:"path"`
	Others          string `enum:"aside,beside,instead" default:"aside" help:"What becomes of an account in the backup that is here with another key: ${enum}." placeholder:"WHAT"`
	signInAt
	JSON bool `name:"json" help:"Print the result as JSON."`
}

// Help is what "countersign recover --help" says more.
func (recoverCommand) Help() string {
	return `Examples:
  countersign recover --from id.example.org
  countersign recover --from id.example.org --recovery-key-file key.txt --json
  countersign recover --from id.example.org --device

Signs in to the recovery account with two different proofs, opens its newest backup
with the recovery key and takes over what is not here. Accounts that are here are
kept as they are. It can be run again. States in the result: restored, kept, verify
(sign in there), scan (a QR code of your organisation).`
}

func (c recoverCommand) Run(ctx context.Context, w World, g *grammar) error {
	issuer, ok := remote.ParseIssuer(c.From)
	if !ok {
		return errServer
	}
	key, err := w.recoveryKey(c.RecoveryKeyFile)
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
	r, err := d.Recover(ctx, issuer, token, key, others)
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

// tellResults prints the result list, one account a line.
func (w World) tellResults(list []desk.Recovered) {
	for _, r := range list {
		key := "terminal.recover.state." + r.State
		if r.State == desk.Kept && r.Other {
			key = "terminal.recover.state.kept_other"
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
