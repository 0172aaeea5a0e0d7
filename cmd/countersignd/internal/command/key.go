package command

import (
	"context"
	"errors"

	"countersign/internal/server/keep"
)

// keyCommand changes the key-encryption key in three steps, between which all
// nodes can be given the file.
type keyCommand struct {
	Add    keyAdd    `cmd:""`
	Reseal keyReseal `cmd:""`
	Trim   keyTrim   `cmd:""`
}

type keyAdd struct{}

func (keyAdd) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		if err := keep.AddKEK(d.conf.KeyFile); err != nil {
			return err
		}
		if err := d.note(ctx, "key add", nil); err != nil {
			return err
		}
		w.say("server.key.added", "file", d.conf.KeyFile)
		return nil
	})
}

type keyReseal struct{}

func (keyReseal) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		if err := d.keeper.Reseal(ctx); err != nil {
			return err
		}
		if err := d.note(ctx, "key reseal", nil); err != nil {
			return err
		}
		w.say("server.key.resealed")
		return nil
	})
}

type keyTrim struct{}

// Run refuses to throw away a key that the database still needs.
func (keyTrim) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		if err := keep.TrimKEK(ctx, d.db, d.conf.KeyFile); errors.Is(err, keep.ErrKEKNeeded) {
			return w.fault("server.key.needed")
		} else if err != nil {
			return err
		}
		if err := d.note(ctx, "key trim", nil); err != nil {
			return err
		}
		w.say("server.key.trimmed", "file", d.conf.KeyFile)
		return nil
	})
}
