package cli

import (
	"context"
	"errors"

	"countersign/internal/authenticator/disk"
)

type lockCommand struct {
	Keyring           bool   `help:"Leave the key to the keyring of this computer instead of a passphrase."`
	NewPassphraseFile string `help:"A file whose first line is the new passphrase." placeholder:"FILE" type:"path"`
}

// Help is what "countersign lock --help" says more.
func (lockCommand) Help() string {
	return `Examples:
  countersign lock                       asks for a new passphrase, twice
  countersign lock --keyring             no passphrase any more: the keyring has the key

The vault gets a new key, and the versions that the old one opened are deleted. Apps
that are open lock themselves and ask. Without a passphrase this device approves nothing
that asks for it, and signs in nowhere without a password.`
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
