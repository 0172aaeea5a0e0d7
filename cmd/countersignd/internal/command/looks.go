package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/logo"
	"countersign/internal/server/signin"
	"countersign/ui"
)

type looksCommand struct {
	Domain   string  `arg:"" optional:""`
	Name     *string `placeholder:"NAME"`
	Colour   *string `placeholder:"#RRGGBB"`
	Logo     string  `type:"existingfile" placeholder:"FILE" xor:"logo"`
	LogoNone bool    `name:"no-logo" xor:"logo"`
}

func (c *looksCommand) Run(ctx context.Context, w World, g *grammar) error {
	change, err := c.change()
	if err != nil {
		return w.refused(err)
	}
	return g.work(ctx, w, func(d *desk) error {
		var out []directory.Directory
		err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
			out, err = c.dress(ctx, w, tx, change)
			return err
		})
		if err != nil {
			return w.refused(err)
		}
		enc := json.NewEncoder(w.Out)
		for _, in := range out {
			if err := enc.Encode(map[string]any{"name": in.Name, "domain": in.Domain, "colour": in.Looks.Accent, "logo": in.Looks.Logo != ""}); err != nil {
				return err
			}
		}
		return nil
	})
}

// change is what the flags say. The picture is drawn before the transaction begins.
func (c *looksCommand) change() (directory.Dressing, error) {
	change := directory.Dressing{Name: c.Name, Accent: c.Colour}
	if c.LogoNone {
		change.Logo = &[]byte{}
	}
	if c.Logo == "" {
		return change, nil
	}
	if about, err := os.Stat(c.Logo); err == nil && about.Size() > logo.MaxBytes {
		return change, logo.ErrLarge
	}
	sent, err := os.ReadFile(c.Logo)
	if err != nil {
		return change, err
	}
	png, err := logo.Draw(sent)
	change.Logo = &png
	return change, err
}

// dress changes what the flags say and returns the organisations that are meant.
func (c *looksCommand) dress(ctx context.Context, w World, tx *db.Tx, change directory.Dressing) (meant []directory.Directory, err error) {
	all, err := collect(directory.All(ctx, tx))
	if err != nil {
		return nil, err
	}
	for _, in := range all {
		if in.Kind == directory.Organization && (c.Domain == "" || in.Domain == c.Domain) {
			meant = append(meant, in)
		}
	}
	if change == (directory.Dressing{}) && c.Domain == "" {
		return meant, nil
	}
	if len(meant) != 1 {
		return nil, w.fault("server.looks.which", "domain", c.Domain)
	}
	if change == (directory.Dressing{}) {
		return meant, nil
	}
	if _, err := signin.Post(ctx, tx, meant[0].ID, ""); err != nil {
		return nil, err
	}
	if err := directory.Dress(ctx, tx, meant[0].ID, change, audit.Event{Actor: terminalUser()}); err != nil {
		return nil, err
	}
	meant[0], err = directory.Get(ctx, tx, meant[0].ID)
	return meant, err
}

// refused says why looks are not taken.
func (w World) refused(err error) error {
	if faint, ok := errors.AsType[*ui.Faint](err); ok {
		return w.fault("server.looks.faint", "ratio", strconv.FormatFloat(faint.Ratio, 'f', 1, 64), "nearest", faint.Nearest)
	}
	for _, known := range []struct {
		err error
		key string
	}{
		{ui.ErrColour, "console.looks.notcolour"}, {logo.ErrKind, "console.looks.kind"}, {logo.ErrLarge, "console.looks.large"}, {directory.ErrTaken, "console.looks.taken"},
	} {
		if errors.Is(err, known.err) {
			return w.fault(known.key)
		}
	}
	if errors.Is(err, directory.ErrInvalid) {
		return fmt.Errorf("%s (%w)", w.t("console.looks.badname", "n", directory.LongestTitle), err)
	}
	return err
}
