package cli

import (
	"context"
	"fmt"
)

type verifyCommand struct {
	Account string `arg:""`
}

// Run sets an account up here that a recovery brought back by its name.
func (c verifyCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	a, err := d.Read()
	if err != nil {
		return err
	}
	e, err := find(a, c.Account)
	if err != nil {
		return err
	}
	answer, err := d.Verify(ctx, e, func(page string) { w.say("terminal.verify.open", "url", page) })
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w.Out, w.t("terminal.verify.done", "login", calm(answer.Person.Login)))
	return err
}
