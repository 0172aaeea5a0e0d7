package command

import (
	"context"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

type auditCommand struct {
	Since string `help:"Events from then on: a time such as 2026-03-14 or 2026-03-14T09:00:00+09:00, or how long ago, such as 24h." default:"24h" placeholder:"WHEN"`
	Until string `help:"Events before then. Now, unless said otherwise." placeholder:"WHEN"`
}

func (auditCommand) Help() string {
	return `What happened, oldest first, a JSON object a line. No line has a secret in it.

Examples:
  countersignd audit
  countersignd audit --since 2026-03-01 --until 2026-04-01 > march.jsonl
  countersignd audit --since 720h | grep '"approval.reported"'`
}

func (c *auditCommand) Run(ctx context.Context, w World, g *grammar) error {
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
