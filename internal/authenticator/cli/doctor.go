package cli

import (
	"context"
	"errors"
	"fmt"

	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/vault"
)

type doctorCommand struct{}

// Help is what "countersign doctor --help" says more.
func (doctorCommand) Help() string {
	return `Examples:
  countersign doctor

Looks at the folder, the keyring and whether the vault opens. It changes nothing.`
}

func (doctorCommand) Run(_ context.Context, w World, g *grammar) error {
	f, err := g.open(w)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintln(w.Out, w.t("terminal.doctor.folder", "folder", g.Vault))
	w.keyring()
	lock, err := f.Lock()
	if errors.Is(err, disk.ErrNone) {
		fmt.Fprintln(w.Out, w.t("terminal.doctor.none"))
		return nil
	} else if err != nil {
		return err
	}
	fmt.Fprintln(w.Out, w.t("terminal.doctor.lock."+lock))
	c, err := f.Read()
	if err != nil {
		return err
	}
	for _, name := range f.Damaged {
		fmt.Fprintln(w.Out, w.t("terminal.damaged", "file", name))
	}
	versions, err := f.Versions()
	if err != nil {
		return err
	}
	v, err := vault.Open(c.Vault, w.Now())
	if err != nil {
		return err
	}
	fmt.Fprintln(w.Out, w.t("terminal.doctor.vault", "n", len(v.Entries()), "versions", len(versions)))
	return nil
}

func (w World) keyring() {
	key := "terminal.doctor.no_keyring"
	if disk.HasKeyring() {
		key = "terminal.doctor.keyring"
	}
	fmt.Fprintln(w.Out, w.t(key))
}
