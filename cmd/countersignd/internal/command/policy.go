package command

import (
	"context"
	"encoding/json"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/signin"
)

type policyCommand struct {
	Domain       string         `arg:"" optional:""`
	SecondFactor *bool          `negatable:""`
	PhoneFirst   *bool          `negatable:""`
	Codes        *bool          `negatable:""`
	Unlock       *bool          `negatable:""`
	Passwordless *bool          `negatable:""`
	NewBrowsers  *string        `placeholder:"HOW"`
	SelfRegister *bool          `negatable:""`
	SelfReset    *bool          `negatable:""`
	SelfDelete   *bool          `negatable:""`
	Nudge        *time.Duration `placeholder:"TIME"`
	NudgeTimes   *int           `placeholder:"N"`
	Digits       *int           `placeholder:"N"`
	ApprovalTTL  *time.Duration `name:"approval-ttl" placeholder:"TIME"`
	SessionIdle  *time.Duration `placeholder:"TIME"`
	SessionLife  *time.Duration `placeholder:"TIME"`
	KnownBrowser *time.Duration `placeholder:"TIME"`
	FreshFor     *time.Duration `placeholder:"TIME"`
	RememberFor  *int           `name:"remember-browser" placeholder:"DAYS"`
	LockOut      bool
	BackupIdle   *time.Duration `placeholder:"TIME"`
}

func (c *policyCommand) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		var in []directory.Directory
		err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
			in, err = c.change(ctx, w, tx)
			return err
		})
		if err != nil {
			return err
		}
		enc := json.NewEncoder(w.Out)
		for _, in := range in {
			if err := enc.Encode(map[string]any{"name": in.Name, "domain": in.Domain, "kind": in.Kind, "policy": in.Policy}); err != nil {
				return err
			}
		}
		return nil
	})
}

// change changes what the flags say and returns the directories that are meant.
func (c *policyCommand) change(ctx context.Context, w World, tx *db.Tx) ([]directory.Directory, error) {
	all, err := collect(directory.All(ctx, tx))
	if err != nil || c.Domain == "" && !c.changes() {
		return all, err
	}
	for _, in := range all {
		if in.Domain != c.Domain {
			continue
		}
		if c.changes() {
			c.apply(&in.Policy)
			if err := c.warn(ctx, w, tx, in); err != nil {
				return nil, err
			}
			guard, err := signin.Post(ctx, tx, in.ID, "")
			if err != nil {
				return nil, err
			}
			if err := directory.SetPolicy(ctx, tx, in.ID, in.Policy); err != nil {
				return nil, err
			}
			if err := w.guarded(guard.Check(ctx, tx)); err != nil {
				return nil, err
			}
			if err := record(ctx, tx, directory.Person{DirectoryID: in.ID}, "policy", nil); err != nil {
				return nil, err
			}
		}
		return []directory.Directory{in}, nil
	}
	return nil, w.fault("server.policy.which", "domain", c.Domain)
}

// warn refuses, unless told to go on, what would lock people out who can sign in now.
func (c *policyCommand) warn(ctx context.Context, w World, tx *db.Tx, in directory.Directory) error {
	if c.LockOut || !c.asksMore() {
		return nil
	}
	people, err := collect(directory.People(ctx, tx, in.ID))
	if err != nil {
		return err
	}
	var ids []string
	then := map[string]ways.Graph{}
	for _, p := range people {
		held, err := signin.HeldBy(ctx, tx, p, in.Policy)
		if err != nil {
			return err
		}
		ids, then[p.ID] = append(ids, p.ID), held.Graph()
	}
	verdict, err := signin.Foresee(ctx, tx, in.ID, "", ids, func(p *ways.Person) {
		p.Need, p.Graph = policy.Need(in.Policy), then[p.ID]
	})
	if err != nil {
		return err
	}
	n := 0
	for _, e := range verdict.Effects {
		if e.Reason == ways.LockedOut {
			n++
		}
	}
	if n > 0 {
		return w.fault("server.policy.lockout", "n", n)
	}
	return nil
}

// asksMore tells whether the flags can take a way in from somebody.
func (c *policyCommand) asksMore() bool {
	on := func(flag *bool) bool { return flag != nil && *flag }
	off := func(flag *bool) bool { return flag != nil && !*flag }
	return on(c.SecondFactor) || on(c.Unlock) || off(c.Codes) || off(c.Passwordless)
}

func (c *policyCommand) changes() bool {
	p := directory.Policy{}
	return c.apply(&p)
}

// apply writes the flags that were given into a policy, and tells whether there were any.
func (c *policyCommand) apply(p *directory.Policy) bool {
	given := false
	for _, one := range []bool{
		put(&p.SecondFactor, c.SecondFactor), put(&p.PhoneFirst, c.PhoneFirst), put(&p.Codes, c.Codes),
		put(&p.Unlock, c.Unlock), put(&p.Passwordless, c.Passwordless),
		put(&p.NewBrowsers, c.NewBrowsers), put(&p.SelfRegister, c.SelfRegister), put(&p.SelfReset, c.SelfReset), put(&p.SelfDelete, c.SelfDelete), put(&p.Digits, c.Digits), put(&p.ApprovalTTL, c.ApprovalTTL), put(&p.SessionIdle, c.SessionIdle),
		put(&p.SessionLife, c.SessionLife), put(&p.KnownBrowser, c.KnownBrowser), put(&p.FreshFor, c.FreshFor), put(&p.BackupIdle, c.BackupIdle),
		put(&p.Nudge, c.Nudge), put(&p.NudgeTimes, c.NudgeTimes),
		put(&p.RememberBrowser, c.RememberFor),
	} {
		given = given || one
	}
	return given
}

func put[T any](to, flag *T) bool {
	if flag != nil {
		*to = *flag
	}
	return flag != nil
}
