package cli

import (
	"context"
	"slices"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
)

type editCommand struct {
	Account string `arg:""`
	Issuer  *string
	Name    *string
	Note    *string
	Tag     []string `sep:"none"`
	Untag   []string `sep:"none"`
	Pin     *bool    `negatable:""`
	Top     bool     `xor:"move"`
	Below   string   `placeholder:"ACCOUNT" xor:"move"`
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
	Name []string `arg:""`
	Yes  bool     `short:"y"`
}

func (c rmCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, v, err := g.look(w)
	if err != nil {
		return err
	}
	defer d.Close()
	e, err := find(v, strings.Join(c.Name, " "))
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := w.agrees("terminal.rm.sure", "title", calm(e.Title())); err != nil {
			return err
		}
	}
	err = w.changes(ctx, d, func(a *authenticator.App) error { return a.Remove(w.Now(), e.ID) })
	if err == nil {
		w.say("terminal.rm.done", "title", calm(e.Title()))
	}
	return err
}

type undoCommand struct{}

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
