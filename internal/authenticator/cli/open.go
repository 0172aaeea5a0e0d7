package cli

import (
	"context"

	"countersign/internal/authenticator/desk"
)

type openCommand struct{}

func (openCommand) Run(ctx context.Context, w World, g *grammar) error {
	_, in := terminal(w.In)
	_, out := terminal(w.Out)
	if !in || !out || w.App == nil {
		return errNoTerminal
	}
	return w.App(ctx, desk.Face{
		Lang: w.lang(), In: w.In, Out: w.Out, Environment: w.Environment, Now: w.Now, Plain: w.plain, Browses: desk.Browses(w.Env),
		PassphraseTyped: g.PassphraseFile == "", Chosen: g.Passphrase,
		Open: func(typed func(bool) (string, error)) (*desk.Desk, error) {
			if g.PassphraseFile != "" {
				return g.open(w)
			}
			return g.openWith(w, typed)
		},
	})
}
