package command

import (
	"context"
	"errors"
	"io"
	"os/user"
	"strings"

	"countersign/internal/server"
	"countersign/internal/server/audit"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/ui"
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
		return err
	}
	k, err := keep.Open(ctx, d, c.KeyFile)
	if err == nil {
		err = do(&desk{w, c, d, k})
	}
	return errors.Join(err, d.Close())
}

// setupURL is where a set-up link leads.
func (d *desk) setupURL(token string) string { return d.conf.IDURL + "/setup/" + token }

// record notes in the audit log who did what to whom at the terminal.
func record(ctx context.Context, tx *db.Tx, p directory.Person, what string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["command"] = what
	return audit.Record(ctx, tx, audit.Event{
		Kind: audit.ServerCommand, Directory: p.DirectoryID, Person: p.ID, Actor: terminalUser(), Detail: detail,
	})
}

// terminalUser is who sits at the terminal, as the log has it.
func terminalUser() string {
	if u, err := user.Current(); err == nil {
		return "command:" + u.Username
	}
	return "command"
}

// note is record for a command that is about nobody.
func (d *desk) note(ctx context.Context, what string, detail map[string]any) error {
	return d.db.Write(ctx, func(tx *db.Tx) error { return record(ctx, tx, directory.Person{}, what, detail) })
}

// headings are what stands above the columns of a table.
func (w World) headings(front string, columns ...string) (row []string) {
	for _, c := range columns {
		row = append(row, w.t(front+c))
	}
	return row
}

// table prints rows in columns.
func (w World) table(rows [][]string) error {
	widest := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widest[i] = max(widest[i], ui.Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			line += ui.Pad(cell, widest[i]+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w.Out, b.String())
	return err
}
