package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/internal/authenticator/disk"
	"countersign/internal/authenticator/vault"
)

type doctorCommand struct{}

// Help is what "countersign doctor --help" says more.
func (doctorCommand) Help() string {
	return `Examples:
  countersign doctor

Looks at the folder, the keyring, whether the vault opens, and asks the sign-in
services of your accounts how they and the clocks are. It changes nothing.`
}

func (doctorCommand) Run(ctx context.Context, w World, g *grammar) error {
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
	return w.servers(ctx, doors(v, c.Keys, w.Now))
}

// tolerable is a difference between two clocks that nobody notices.
const tolerable = 5 * time.Second

// servers asks every service of an account how things stand. It returns an error
// if one could not be asked.
func (w World) servers(ctx context.Context, all []paired) (trouble error) {
	for _, p := range all {
		host := calm(p.server.Host)
		about, err := p.door.About(ctx)
		if err != nil {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.server_trouble", "host", host, "problem", w.plain(err)))
			trouble = err
			continue
		}
		fmt.Fprintln(w.Out, w.t("terminal.doctor.server", "host", host, "login", calm(about.Person.Login)))
		if off := w.Now().Sub(time.UnixMilli(about.ServerTime)); off.Abs() > tolerable {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.clock", "host", host, "n", int(off.Abs().Seconds())))
		}
	}
	return trouble
}

func (w World) keyring() {
	key := "terminal.doctor.no_keyring"
	if disk.HasKeyring() {
		key = "terminal.doctor.keyring"
	}
	fmt.Fprintln(w.Out, w.t(key))
}
