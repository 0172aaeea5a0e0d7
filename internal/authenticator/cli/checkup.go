package cli

import (
	"context"
	"fmt"
	"time"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/desk"
	"countersign/seal"
)

type checkupCommand struct {
	Drill           bool
	RecoveryKeyFile string `placeholder:"FILE"`
	JSON            bool   `name:"json"`
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
	// Fix is the first thing to do: that of the first line that has one, or "".
	Fix   string      `json:"fix,omitempty"`
	Lines []foundLine `json:"lines"`
}

// A foundLine is one thing that was found, and the one thing to do about it.
type foundLine struct {
	What   string     `json:"what"`
	Good   bool       `json:"good"`
	Fix    string     `json:"fix,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	Kind   string     `json:"kind,omitempty"`
	Label  string     `json:"label,omitempty"`
	Titles []string   `json:"titles,omitempty"`
}

func (w World) checkUp(d *desk.Desk) (c checkup, err error) {
	if c.Backup, err = statusOf(d, w.Now()); err != nil {
		return c, err
	}
	lines, err := d.CheckUp()
	for _, l := range lines {
		c.Lines = append(c.Lines, foundLine{l.What, l.Good, l.Fix, some(l.At), string(l.Kind), l.Label, l.Titles})
		if n := counter(&c, l.What); n != nil {
			*n = len(l.Titles)
		}
		if c.Fix == "" && l.What == backup.LineBackup {
			c.Fix = l.Fix
		}
	}
	return c, err
}

// counter is the number of accounts that a line is about.
func counter(c *checkup, what string) *int {
	switch what {
	case backup.LineReturns:
		return &c.Returns
	case backup.LineVerify:
		return &c.Verify
	case backup.LineScan:
		return &c.Scan
	case backup.LineLost:
		return &c.Lost
	}
	return nil
}

func (c checkupCommand) Run(ctx context.Context, w World, g *grammar) error {
	open := g.open
	if c.Drill {
		open = g.forChange
	}
	d, err := open(w)
	if err != nil {
		return err
	}
	defer d.Close()
	if c.Drill {
		if err := c.drill(ctx, w, d); err != nil {
			return err
		}
	}
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

// drill opens the newest backup for practice.
func (c checkupCommand) drill(ctx context.Context, w World, d *desk.Desk) error {
	var key *seal.RecoveryKey
	if c.RecoveryKeyFile != "" {
		file := c.RecoveryKeyFile
		if file == "-" {
			file = ""
		}
		typed, err := w.recoveryKey(file)
		if err != nil {
			return err
		}
		key = &typed
	}
	return w.did("terminal.checkup.drilled", d.Practise(ctx, key))
}

func (w World) tellCheckup(up checkup) {
	up.Backup.Ways = nil // they have lines of their own
	w.tellBackup(up.Backup)
	for _, l := range up.Lines {
		if l.What != backup.LineBackup {
			fmt.Fprintln(w.Out, mark(l.Good)+w.t(desk.MessageOf(l.What, seal.Kind(l.Kind), l.At != nil), "time", w.date(l.At), "label", calm(l.Label), "n", len(l.Titles)))
		}
		for _, title := range l.Titles {
			if l.What != backup.LineReturns {
				fmt.Fprintln(w.Out, "    "+calm(title))
			}
		}
		if l.Fix != "" {
			fmt.Fprintln(w.Out, "  "+w.t("terminal.checkup.fix."+l.Fix))
		}
	}
}

// mark stands before a line: what needs nothing, and what does.
func mark(good bool) string {
	if good {
		return "+ "
	}
	return "! "
}
