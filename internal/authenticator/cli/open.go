package cli

import (
	"context"

	"countersign/internal/authenticator/desk"
)

type openCommand struct{}

// Help is what "countersign open --help" says more.
func (openCommand) Help() string {
	return `Examples:
  countersign
  countersign --vault work

All codes, live: / searches, Enter shows one, c copies its code, ? lists the keys.
Sign-ins that ask for your approval come up by themselves while it is open.`
}

func (openCommand) Run(ctx context.Context, w World, g *grammar) error {
	_, in := terminal(w.In)
	_, out := terminal(w.Out)
	if !in || !out || w.App == nil {
		return errNoTerminal
	}
	return w.App(ctx, desk.Face{
		Lang: w.lang(), In: w.In, Out: w.Out, Environment: w.Environment, Now: w.Now, Plain: w.plain,
		PassphraseTyped: g.PassphraseFile == "", Chosen: g.Passphrase,
		Open: func(typed func(bool) (string, error)) (*desk.Desk, error) {
			if g.PassphraseFile != "" {
				return g.open(w)
			}
			return g.openWith(w, typed)
		},
	})
}
