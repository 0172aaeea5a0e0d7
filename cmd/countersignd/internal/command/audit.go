package command

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

type auditCommand struct {
	Print  auditPrint  `cmd:"" default:"withargs"`
	Verify auditVerify `cmd:""`
}

type auditPrint struct {
	Since string `default:"24h" placeholder:"WHEN"`
	Until string `placeholder:"WHEN"`
}

func (c *auditPrint) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		now := d.db.Now()
		since, err := moment(c.Since, now)
		if err != nil {
			return w.fault("server.audit.when", "typed", c.Since)
		}
		until := now.Add(time.Millisecond) // what happens in this very instant is in
		if c.Until != "" {
			if until, err = moment(c.Until, now); err != nil {
				return w.fault("server.audit.when", "typed", c.Until)
			}
		}
		return d.db.Read(ctx, func(tx *db.Tx) error {
			return audit.WriteLines(w.Out, audit.All(ctx, tx, since, until))
		})
	})
}

type auditVerify struct {
	Head string `placeholder:"NUMBER:HASH"`
}

func (c *auditVerify) Run(ctx context.Context, w World, g *grammar) error {
	var earlier audit.Head
	if c.Head != "" {
		var err error
		if earlier, err = audit.ParseHead(c.Head); err != nil {
			return w.fault("server.audit.head", "typed", c.Head)
		}
	}
	return g.work(ctx, w, func(d *desk) error {
		var v audit.Verified
		err := d.db.Read(ctx, func(tx *db.Tx) (err error) {
			v, err = audit.Verify(ctx, tx, audit.PublicKey(d.keeper), earlier)
			return err
		})
		if broken, ok := errors.AsType[*audit.Broken](err); ok {
			return w.fault("server.audit.broken."+broken.What, "after", broken.After, "until", broken.Until)
		} else if err != nil {
			return err
		}
		if v.Head.Seq == 0 {
			w.say("server.audit.empty")
		} else {
			w.say("server.audit.holds", "n", int(v.Head.Seq), "at", v.At.UTC().Format(time.RFC3339))
			w.say("server.audit.is", "head", v.Head.String())
		}
		if v.Erased > 0 {
			w.say("server.audit.erased", "n", int(v.Erased))
		}
		if v.Unsealed > 0 {
			w.say("server.audit.tail", "n", int(v.Unsealed), "since", v.Since.UTC().Format(time.RFC3339))
		}
		return nil
	})
}

// moment reads a day (which begins at midnight UTC), an instant of RFC 3339, or how long ago.
func moment(typed string, now time.Time) (time.Time, error) {
	if ago, err := time.ParseDuration(typed); err == nil {
		return now.Add(-ago), nil
	}
	if day, err := time.Parse(time.DateOnly, typed); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, typed)
}
