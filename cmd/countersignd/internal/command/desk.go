package command

import (
	"context"
	"errors"
	"os/user"
	"text/tabwriter"

	"countersign/internal/server"
	"countersign/internal/server/audit"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
)

// A desk is where commands work on a server's database, whether or not the
// server is running.
type desk struct {
	World
	conf   config.Config
	db     *db.DB
	keeper *keep.Keeper
}

// work opens the desk for one piece of work.
func (g *grammar) work(ctx context.Context, w World, do func(*desk) error) error {
	c, err := g.settings(w)
	if err != nil {
		return err
	}
	d, err := server.OpenDatabase(ctx, c)
	if err != nil {
		return w.plain(err)
	}
	k, err := keep.Open(ctx, d, c.KeyFile)
	if err == nil {
		err = do(&desk{w, c, d, k})
	}
	return errors.Join(w.plain(err), d.Close())
}

// setupURL is where a set-up link leads.
func (d *desk) setupURL(token string) string { return d.conf.IDURL + "/setup/" + token }

// record notes in the audit log who did what to whom at the terminal.
func record(ctx context.Context, tx *db.Tx, p directory.Person, what string, detail map[string]any) error {
	who := "command"
	if u, err := user.Current(); err == nil {
		who += ":" + u.Username
	}
	if detail == nil {
		detail = map[string]any{}
	}
	detail["command"] = what
	return audit.Record(ctx, tx, audit.Event{
		Kind: audit.ServerCommand, Directory: p.DirectoryID, Person: p.ID, Actor: who, Detail: detail,
	})
}

// note is record for a command that is about nobody.
func (d *desk) note(ctx context.Context, what string, detail map[string]any) error {
	return d.db.Write(ctx, func(tx *db.Tx) error { return record(ctx, tx, directory.Person{}, what, detail) })
}

// table prints rows in columns.
func (d *desk) table(rows [][]string) error {
	t := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				_, _ = t.Write([]byte{'\t'}) // Flush tells
			}
			_, _ = t.Write([]byte(cell))
		}
		_, _ = t.Write([]byte{'\n'})
	}
	return t.Flush()
}
