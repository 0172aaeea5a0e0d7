package cli

import (
	"fmt"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

type checkupCommand struct {
	JSON bool `name:"json"`
}

// A checkup is what would come back if this device were lost.
type checkup struct {
	Backup backupStatus `json:"backup"`
	// Returns, Verify and Scan count accounts: that come back by themselves, that
	// need a sign-in, and that need a QR code of an organisation.
	Returns int `json:"returns"`
	Verify  int `json:"verify"`
	Scan    int `json:"scan"`
	Lost    int `json:"lost"` // that would not come back
	// Fix is the one thing to do next: "turn_on", "back_up", "sign_in", "make_room",
	// "bring_back", "other_account", "resume", or "" when all is well.
	Fix string `json:"fix,omitempty"`
}

// fixes are what a person does about a state of the backup.
var fixes = map[backup.State]string{
	backup.Stale: "back_up", backup.Failing: "back_up", backup.Paused: "resume", backup.NeedsSignIn: "sign_in",
	backup.StorageFull: "make_room", backup.DeletedElsewhere: "bring_back", backup.AccountChanged: "other_account",
}

func (w World) checkUp(d *desk.Desk) (c checkup, err error) {
	if c.Backup, err = statusOf(d, w.Now()); err != nil {
		return c, err
	}
	a, err := d.Read()
	if err != nil {
		return c, err
	}
	there := c.Backup.Verified != nil && opensElsewhere(c.Backup.Ways) && c.Backup.State != string(backup.DeletedElsewhere) && c.Backup.State != string(backup.AccountChanged)
	for _, e := range a.Vault().Entries() {
		switch {
		case !there:
			c.Lost++
		case e.Kind == vault.Work:
			c.Scan++
		case e.Kind == vault.Personal:
			c.Verify++
		default:
			c.Returns++
		}
	}
	c.Fix = fixes[backup.State(c.Backup.State)]
	if !c.Backup.On {
		c.Fix = "turn_on"
	}
	return c, nil
}

// opensElsewhere reports whether something opens the backup besides this device.
func opensElsewhere(ways []wayIn) bool {
	others := 0
	for _, one := range ways {
		if one.Kind == string(seal.ByKey) {
			return true
		}
		others++
	}
	return others > 1
}

func (c checkupCommand) Run(w World, g *grammar) error {
	d, err := g.open(w)
	if err != nil {
		return err
	}
	defer d.Close()
	up, err := w.checkUp(d)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.json(up)
	}
	w.tellCheckup(up)
	return nil
}

func (w World) tellCheckup(up checkup) {
	w.tellBackup(up.Backup)
	for _, line := range []struct {
		key string
		n   int
	}{{"returns", up.Returns}, {"verify", up.Verify}, {"scan", up.Scan}, {"lost", up.Lost}} {
		if line.n > 0 {
			fmt.Fprintln(w.Out, w.t("terminal.checkup."+line.key, "n", line.n))
		}
	}
	if up.Fix != "" {
		fmt.Fprintln(w.Out, w.t("terminal.checkup.fix."+up.Fix))
	}
}
