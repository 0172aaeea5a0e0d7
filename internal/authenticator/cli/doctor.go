package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/disk"
	"countersign/internal/wire"
)

type doctorCommand struct{}

func (doctorCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, err := g.open(w)
	if err != nil {
		return err
	}
	defer d.Close()
	fmt.Fprintln(w.Out, w.t("terminal.doctor.folder", "folder", g.Vault))
	w.keyring()
	lock, err := d.Locked()
	if errors.Is(err, disk.ErrNone) {
		fmt.Fprintln(w.Out, w.t("terminal.doctor.none"))
		return nil
	} else if err != nil {
		return err
	}
	fmt.Fprintln(w.Out, w.t("terminal.doctor.lock."+lock))
	a, err := d.Read()
	for _, name := range d.Damaged() {
		fmt.Fprintln(w.Out, w.t("terminal.damaged", "file", name))
	}
	if err != nil {
		return err
	}
	versions, err := d.Versions()
	if err != nil {
		return err
	}
	fmt.Fprintln(w.Out, w.t("terminal.doctor.vault", "n", len(a.Vault().Entries()), "versions", len(versions)))
	up, err := w.checkUp(d)
	if err != nil {
		return err
	}
	w.tellCheckup(up)
	all, err := d.Doors()
	if errors.Is(err, desk.ErrNoDoor) {
		fmt.Fprintln(w.Out, w.t("terminal.doctor.no_server"))
		return nil
	} else if err != nil {
		return err
	}
	return w.servers(ctx, d, all)
}

// tolerable is a difference between two clocks that nobody notices.
const tolerable = 5 * time.Second

// servers asks every service of an account how things stand, and keeps the
// answers. It returns an error if one could not be asked.
func (w World) servers(ctx context.Context, d *desk.Desk, all []desk.Paired) (trouble error) {
	for _, p := range all {
		host := calm(p.Server.Host)
		about, err := p.Door.About(ctx)
		if err != nil {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.server_trouble", "host", host, "problem", w.plain(err)))
			trouble = err
			continue
		}
		if err := d.Hear(ctx, p, about); err != nil {
			return err
		}
		fmt.Fprintln(w.Out, w.t("terminal.doctor.server", "host", host, "login", calm(about.Person.Login)))
		if about.State == wire.Suspended {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.suspended", "host", host, "login", calm(about.Person.Login)))
		}
		if n := len(about.Waiting); n > 0 {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.waiting", "host", host, "n", n))
		}
		if off := w.Now().Sub(time.UnixMilli(about.ServerTime)); off.Abs() > tolerable {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.clock", "host", host, "n", int(off.Abs().Seconds())))
		} else {
			fmt.Fprintln(w.Out, w.t("terminal.doctor.clock_right", "host", host))
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
