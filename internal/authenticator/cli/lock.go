package cli

import (
	"context"
	"errors"

	"countersign/internal/authenticator/disk"
)

type lockCommand struct {
	Keyring           bool
	NewPassphraseFile string `placeholder:"FILE" type:"path"`
}

func (c lockCommand) Run(ctx context.Context, w World, g *grammar) error {
	if c.Keyring && !disk.HasKeyring() {
		return errNoKeyring
	}
	d, err := g.openWith(w, func(create bool) (string, error) {
		if !create {
			return g.passphrase(w, false)
		}
		return c.passphrase(w, g)
	})
	if err != nil {
		return err
	}
	defer d.Close()
	how := disk.ByPassphrase
	if c.Keyring {
		how = disk.ByKeyring
	}
	if err := d.Relock(ctx, how); errors.Is(err, disk.ErrNone) {
		return errNoVault
	} else if err != nil {
		return err
	}
	w.say("terminal.lock.done." + how)
	if how == disk.ByKeyring {
		return d.DropUnlocks(ctx)
	}
	return nil
}

// passphrase is the new one, from a file or from the person.
func (c lockCommand) passphrase(w World, g *grammar) (string, error) {
	if c.NewPassphraseFile != "" {
		return secretFile(c.NewPassphraseFile)
	}
	w.say("terminal.passphrase.change", "folder", g.Vault)
	return w.chosen()
}
