package cli

import (
	"context"
	"slices"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
)

type editCommand struct {
	Account string   `arg:"" help:"The account: its name, id, or words that stand in no other."`
	Issuer  *string  `help:"Another issuer."`
	Name    *string  `help:"Another name."`
	Note    *string  `help:"Another note."`
	Tag     []string `help:"Add a tag; may be given several times." sep:"none"`
	Untag   []string `help:"Take a tag away." sep:"none"`
	Pin     *bool    `help:"Show the account before the others, or no longer." negatable:""`
	Top     bool     `help:"Move the account to the top of the list." xor:"move"`
	Below   string   `help:"Move the account below another one." placeholder:"ACCOUNT" xor:"move"`
}

// Help is what "countersign edit --help" says more.
func (editCommand) Help() string {
	return `Examples:
  countersign edit github --name mei@example.org --tag work
  countersign edit "GitHub (mei)" --pin
  countersign edit bank --below github`
}

func (c editCommand) Run(ctx context.Context, w World, g *grammar) error {
	writes := c.Issuer != nil || c.Name != nil || c.Note != nil || c.Pin != nil || len(c.Tag)+len(c.Untag) > 0
	moves := c.Top || c.Below != ""
	if !writes && !moves {
		return errNothing
	}
	var title string
	err := g.change(ctx, w, func(a *authenticator.App) error {
		e, err := find(a, c.Account)
		if err != nil {
			return err
		}
		above := ""
		if c.Below != "" {
			other, err := find(a, c.Below)
			if err != nil {
				return err
			}
			above = other.ID
		}
		deed := vault.Editing
		if !writes {
			deed = vault.Moving
		}
		err = a.Vault().Change(w.Now(), deed, func(ch *vault.Change) error {
			if writes {
				if err := ch.Edit(e.ID, c.apply); err != nil {
					return err
				}
			}
			if moves {
				return ch.Move(e.ID, above)
			}
			return nil
		})
		if now, gone := a.Account(e.ID); gone == nil {
			title = now.Title()
		}
		return err
	})
	if err == nil {
		w.say("terminal.edit.done", "title", calm(title))
	}
	return err
}

func (c editCommand) apply(e *vault.Entry) {
	for _, f := range []struct{ to, typed *string }{{&e.Issuer, c.Issuer}, {&e.Name, c.Name}, {&e.Note, c.Note}} {
		if f.typed != nil {
			*f.to = *f.typed
		}
	}
	if c.Pin != nil {
		e.Pinned = *c.Pin
	}
	e.Tags = slices.DeleteFunc(append(slices.Clone(e.Tags), c.Tag...), func(tag string) bool { return slices.Contains(c.Untag, tag) })
}

type rmCommand struct {
	Name []string `arg:"" help:"The account: its name, id, or words that stand in no other."`
	Yes  bool     `short:"y" help:"Do not ask."`
}

// Help is what "countersign rm --help" says more.
func (rmCommand) Help() string {
	return `Examples:
  countersign rm "GitHub (mei)"
  countersign undo

The account stays in the trash for thirty days. Switch its codes off at the site
first, or you may be locked out there.`
}

func (c rmCommand) Run(ctx context.Context, w World, g *grammar) error {
	v, err := g.read(w)
	if err != nil {
		return err
	}
	e, err := find(v, strings.Join(c.Name, " "))
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := w.agrees("terminal.rm.sure", "title", calm(e.Title())); err != nil {
			return err
		}
	}
	err = g.change(ctx, w, func(a *authenticator.App) error { return a.Remove(w.Now(), e.ID) })
	if err == nil {
		w.say("terminal.rm.done", "title", calm(e.Title()))
	}
	return err
}

type undoCommand struct{}

// Help is what "countersign undo --help" says more.
func (undoCommand) Help() string {
	return `Examples:
  countersign undo     an import, an edit, a removal: the latest that was not taken back yet

Counters of codes that count (HOTP) stay where they are.`
}

func (undoCommand) Run(ctx context.Context, w World, g *grammar) error {
	var done vault.Done
	err := g.change(ctx, w, func(a *authenticator.App) (err error) {
		done, err = a.Undo(w.Now())
		return err
	})
	if err == nil {
		w.say("terminal.undo.done", "n", done.Count)
	}
	return err
}
