package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/internal/server"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

// passTerms are the flags that say how a pass is to be.
type passTerms struct {
	For    time.Duration `default:"1h" placeholder:"TIME"`
	Length int           `default:"12" placeholder:"N"`
	Once   bool
	Starts time.Time `placeholder:"WHEN"`
}

func (t passTerms) in(person string) method.PassIn {
	return method.PassIn{Person: person, Life: t.For, Length: t.Length, Once: t.Once, Start: t.Starts, From: method.Where{Browser: "countersignd"}}
}

type userPass struct {
	Login      string    `arg:""`
	Terms      passTerms `embed:""`
	BreakGlass bool
}

func (c *userPass) Run(ctx context.Context, w World, g *grammar) error {
	return issuing(ctx, w, g, c.Login, c.BreakGlass, func(tx *db.Tx, s *signin.Service, p directory.Person) (keep.Secret, method.Pass, error) {
		if err := record(ctx, tx, p, "user pass", map[string]any{"break_glass": c.BreakGlass}); err != nil {
			return keep.Secret{}, method.Pass{}, err
		}
		return s.IssuePass(ctx, tx, c.Terms.in(p.ID))
	}, nil)
}

type userReregister struct {
	Login      string    `arg:""`
	Terms      passTerms `embed:""`
	NoPass     bool
	BreakGlass bool
}

func (c *userReregister) Run(ctx context.Context, w World, g *grammar) error {
	var codes []string // where one is sent in place of a pass
	return issuing(ctx, w, g, c.Login, c.BreakGlass, func(tx *db.Tx, s *signin.Service, p directory.Person) (keep.Secret, method.Pass, error) {
		if err := record(ctx, tx, p, "user reregister", map[string]any{"break_glass": c.BreakGlass, "pass": !c.NoPass}); err != nil {
			return keep.Secret{}, method.Pass{}, err
		}
		guard, err := signin.Post(ctx, tx, p.DirectoryID, "", p.ID)
		if err != nil {
			return keep.Secret{}, method.Pass{}, err
		}
		in := signin.Reregistration{Person: p.ID, From: method.Where{Browser: "countersignd"}}
		if !c.NoPass {
			terms := c.Terms.in(p.ID)
			in.Pass = &terms
		}
		again, err := s.Reregister(ctx, tx, in)
		if err == nil && c.NoPass { // with a pass, whoever is at the terminal lets them in again
			err = w.guarded(guard.Check(ctx, tx))
		}
		codes = nil
		for _, a := range again.Codes {
			codes = append(codes, a.Masked())
		}
		return again.Secret, again.Pass, err
	}, func(p directory.Person) {
		w.say("server.user.reregister", "name", p.Name)
		switch {
		case len(codes) > 0:
			w.say("server.user.reregister.code", "name", p.Name, "addresses", strings.Join(codes, ", "))
		case c.NoPass:
			w.say("server.user.reregister.none", "name", p.Name, "login", p.Login)
		}
	})
}

// issuing runs what issues a pass, for somebody who may be helped so, and prints
// the pass: only here, and last.
func issuing(ctx context.Context, w World, g *grammar, login string, breakGlass bool,
	do func(*db.Tx, *signin.Service, directory.Person) (keep.Secret, method.Pass, error), say func(directory.Person)) error {
	return g.work(ctx, w, func(d *desk) error {
		s, err := helper(ctx, d)
		if err != nil {
			return err
		}
		var p directory.Person
		var secret keep.Secret
		var pass method.Pass
		err = d.db.Write(ctx, func(tx *db.Tx) (err error) {
			if p, err = directory.ByLogin(ctx, tx, login); err != nil {
				return err
			}
			if p.Role != directory.Member && !breakGlass {
				return w.fault("server.user.pass_glass", "login", p.Login)
			}
			secret, pass, err = do(tx, s, p)
			return err
		})
		if errors.Is(err, method.ErrPassTerms) {
			return w.fault("server.user.pass.terms", "least", method.PassLeast, "most", method.PassMost, "shortest", method.PassShortest, "longest", method.PassLongest)
		} else if err != nil {
			return err
		}
		if say != nil {
			say(p)
		}
		if pass.EndsAt.IsZero() {
			return nil
		}
		return show(w, p, secret, pass)
	})
}

func show(w World, p directory.Person, secret keep.Secret, pass method.Pass) error {
	at := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
	w.say("server.user.pass", "name", p.Name, "from", at(pass.StartsAt), "until", at(pass.EndsAt))
	if _, err := fmt.Fprintln(w.Out, "\n  "+secret.Reveal()+"\n"); err != nil {
		return err
	}
	key := "server.user.pass.many"
	if pass.Once {
		key = "server.user.pass.once"
	}
	w.say(key)
	return nil
}

// helper is the part of the sign-in service that helps people in again.
func helper(ctx context.Context, d *desk) (*signin.Service, error) {
	n, err := server.NewNotifier(ctx, d.conf, d.db, d.keeper, nil)
	if err != nil {
		return nil, err
	}
	keys, err := method.NewPasskeys(d.conf.IDURL, n)
	return signin.New(signin.Config{
		DB: d.db, Keeper: d.keeper, Notify: n, Passkeys: keys, Apps: registration.New(d.db, d.keeper, n, d.conf.IDURL),
		CodeApps: method.NewCodeApps(d.keeper, n), Recovery: method.NewRecovery(d.keeper, n), Passes: method.NewPasses(d.keeper, n),
		Addresses: directory.NewAddresses(d.keeper, n),
	}), err
}
