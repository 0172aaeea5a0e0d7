package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/explain"
)

type explainCommand struct {
	Reference string `arg:""`
}

func (c *explainCommand) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		var s explain.Story
		var in directory.Directory
		err := d.db.Read(ctx, func(tx *db.Tx) (err error) {
			if s, err = explain.Of(ctx, tx, "", c.Reference); err != nil || s.Person.DirectoryID == "" {
				return err
			}
			in, err = directory.Get(ctx, tx, s.Person.DirectoryID)
			return err
		})
		if errors.Is(err, explain.ErrUnknown) {
			return w.fault("server.explain.unknown", "typed", c.Reference)
		} else if err != nil {
			return err
		}
		w.tell(s, in)
		return nil
	})
}

// tell prints a story, times in UTC as everywhere at the terminal.
func (w World) tell(s explain.Story, in directory.Directory) {
	switch {
	case in.ID != "":
		w.say("server.explain.head", "reference", s.Reference, "name", s.Person.Name, "login", s.Person.Login, "directory", in.Name)
	case s.Person.ID != "":
		w.say("server.explain.left", "reference", s.Reference, "name", s.Person.Name)
	default:
		w.say("server.explain.nobody", "reference", s.Reference)
	}
	fmt.Fprintln(w.Out)
	if len(s.Rules) == 0 {
		w.say("server.explain.norules")
	} else {
		w.say("server.explain.rules")
	}
	for _, a := range s.Rules {
		fmt.Fprintf(w.Out, "  %s  %s\n", a.At.UTC().Format(time.RFC3339), a.Title(w.lang()))
		for _, line := range s.Words(w.lang(), a) {
			fmt.Fprintf(w.Out, "    %s\n", line)
		}
	}
	fmt.Fprintln(w.Out)
	w.say("server.explain.events")
	for _, e := range s.Events {
		fmt.Fprintf(w.Out, "  %s  %s\n", e.At.UTC().Format(time.RFC3339), w.event(e))
	}
}

// event is an event in a line.
func (w World) event(e audit.Event) string {
	line := explain.Event(w.lang(), e.Kind)
	for _, more := range []string{explain.Whence(w.lang(), e), e.IP} {
		if more != "" {
			line += " · " + more
		}
	}
	return line
}
