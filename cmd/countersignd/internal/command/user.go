package command

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/mail"
	"strconv"

	"countersign/internal/server"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
)

type userCommand struct {
	Add        userAdd        `cmd:""`
	List       userList       `cmd:""`
	Reset      userReset      `cmd:""`
	Pass       userPass       `cmd:""`
	Reregister userReregister `cmd:""`
	Suspend    userSuspend    `cmd:""`
	Restore    userRestore    `cmd:""`
}

type userAdd struct {
	Login string `arg:""`
	Name  string `required:""`
	Email string
	Role  string `enum:"member,auditor,helpdesk,admin,owner" default:"member"`
	Lang  string `enum:"en,ja," default:""`
}

func (c *userAdd) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		var token string
		err := d.db.Write(ctx, func(tx *db.Tx) error {
			p, err := c.add(ctx, tx)
			if err != nil {
				return err
			}
			if err := record(ctx, tx, p, "user add", map[string]any{"role": c.Role}); err != nil {
				return err
			}
			token, err = directory.SetupLink(ctx, tx, p.ID)
			return err
		})
		if errors.Is(err, directory.ErrTaken) {
			return w.fault("server.user.taken", "login", c.Login)
		} else if err != nil {
			return err
		}
		w.say("server.user.added", "name", c.Name)
		w.say("server.link", "url", d.setupURL(token))
		return nil
	})
}

func (c *userAdd) add(ctx context.Context, tx *db.Tx) (directory.Person, error) {
	in, err := directory.For(ctx, tx, c.Login)
	if err != nil {
		return directory.Person{}, err
	}
	return directory.CreatePerson(ctx, tx, directory.Person{
		DirectoryID: in.ID, Login: c.Login, Name: c.Name, Email: mailbox(c.Email, c.Login), Locale: c.Lang, Role: role(c.Role),
	})
}

func role(name string) string {
	if name == "member" {
		return directory.Member
	}
	return name
}

type userList struct{}

func (c *userList) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		rows := [][]string{w.headings("server.user.list.", "login", "name", "directory", "role", "state", "apps")}
		apps := registration.New(d.db, d.keeper, nil, d.conf.IDURL)
		err := d.db.Read(ctx, func(tx *db.Tx) error {
			rows = rows[:1]
			in, err := collect(directory.All(ctx, tx))
			if err != nil {
				return err
			}
			for _, in := range in {
				if rows, err = peopleOf(ctx, tx, in, apps, rows); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return d.table(rows)
	})
}

func peopleOf(ctx context.Context, tx *db.Tx, in directory.Directory, apps *registration.Registry, rows [][]string) ([][]string, error) {
	people, err := collect(directory.People(ctx, tx, in.ID))
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		of, err := apps.Of(ctx, tx, p.ID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{p.Login, p.Name, in.Name, cmp.Or(p.Role, "member"), p.State, strconv.Itoa(len(of))})
	}
	return rows, nil
}

// collect reads all rows: PostgreSQL answers the next question of a
// transaction only when the one before has been read.
func collect[T any](rows iter.Seq2[T, error]) (all []T, err error) {
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, nil
}

type userReset struct {
	Login      string `arg:""`
	BreakGlass bool
}

func (c *userReset) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		var p directory.Person
		var token string
		n, err := server.NewNotifier(ctx, d.conf, d.db, d.keeper, nil)
		if err != nil {
			return err
		}
		apps := registration.New(d.db, d.keeper, n, d.conf.IDURL)
		keys, err := method.NewPasskeys(d.conf.IDURL, n)
		if err != nil {
			return err
		}
		err = d.db.Write(ctx, func(tx *db.Tx) (err error) {
			if p, err = directory.ByLogin(ctx, tx, c.Login); err != nil {
				return err
			}
			if p.Role != directory.Member && !c.BreakGlass {
				return w.fault("server.user.break_glass", "login", p.Login)
			}
			token, err = c.reset(ctx, tx, p, apps, keys, method.NewCodeApps(d.keeper, n), method.NewRecovery(d.keeper, n))
			return err
		})
		if err != nil {
			return err
		}
		w.say("server.user.reset", "name", p.Name)
		w.say("server.link", "url", d.setupURL(token))
		return nil
	})
}

func (c *userReset) reset(ctx context.Context, tx *db.Tx, p directory.Person, apps *registration.Registry, keys *method.Passkeys, others *method.CodeApps, codes *method.Recovery) (token string, err error) {
	if err := apps.RemoveAll(ctx, tx, p.ID, registration.Where{Browser: "countersignd"}); err != nil {
		return "", err
	}
	if err := keys.RemoveAll(ctx, tx, p.ID, method.Where{Browser: "countersignd"}); err != nil {
		return "", err
	}
	if err := others.RemoveAll(ctx, tx, p.ID, method.Where{Browser: "countersignd"}); err != nil {
		return "", err
	}
	if err := codes.Remove(ctx, tx, p.ID, method.Where{Browser: "countersignd"}); err != nil {
		return "", err
	}
	if err := method.Remove(ctx, tx, p.ID); err != nil { // or it would pair an app by itself
		return "", err
	}
	if err := brake.Thaw(ctx, tx, p.ID); err != nil { // or nothing could be set up for a day
		return "", err
	}
	if err := directory.Reset(ctx, tx, p.ID); err != nil {
		return "", err
	}
	if err := record(ctx, tx, p, "user reset", map[string]any{"break_glass": c.BreakGlass}); err != nil {
		return "", err
	}
	return directory.SetupLink(ctx, tx, p.ID)
}

// mailbox is where mail to a person goes: the address given, else the login if it is one.
func mailbox(email, login string) string {
	if a, err := mail.ParseAddress(login); email == "" && err == nil && a.Address == login {
		return login
	}
	return email
}

type userSuspend struct {
	Login      string `arg:""`
	BreakGlass bool
}

func (c *userSuspend) Run(ctx context.Context, w World, g *grammar) error {
	p, err := setState(ctx, w, g, "user suspend", c.Login, directory.Suspended, c.BreakGlass)
	if err == nil {
		w.say("server.user.suspended", "name", p.Name)
	}
	return err
}

// guarded says in words why an action is refused.
func (w World) guarded(err error) error {
	if errors.Is(err, signin.ErrNoOwner) {
		return w.fault("server.noowner")
	}
	return err
}

type userRestore struct {
	Login string `arg:""`
}

func (c *userRestore) Run(ctx context.Context, w World, g *grammar) error {
	p, err := setState(ctx, w, g, "user restore", c.Login, directory.Active, true)
	if err == nil {
		w.say("server.user.restored", "name", p.Name)
	}
	return err
}

func setState(ctx context.Context, w World, g *grammar, what, login, state string, anybody bool) (p directory.Person, err error) {
	err = g.work(ctx, w, func(d *desk) error {
		n, err := server.NewNotifier(ctx, d.conf, d.db, d.keeper, nil)
		if err != nil {
			return err
		}
		apps := registration.New(d.db, d.keeper, n, d.conf.IDURL)
		return d.db.Write(ctx, func(tx *db.Tx) (err error) {
			if p, err = directory.ByLogin(ctx, tx, login); err != nil {
				return err
			}
			if p.Role != directory.Member && !anybody {
				return w.fault("server.user.suspend_glass", "login", p.Login)
			}
			guard, err := signin.Post(ctx, tx, p.DirectoryID, "", p.ID)
			if err != nil {
				return err
			}
			if err := directory.SetState(ctx, tx, p.ID, state); err != nil {
				return err
			}
			if err := apps.Rouse(ctx, tx, p.ID); err != nil {
				return err
			}
			if err := w.guarded(guard.Check(ctx, tx)); err != nil {
				return err
			}
			return record(ctx, tx, p, what, nil)
		})
	})
	return p, err
}
