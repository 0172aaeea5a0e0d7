package command

import (
	"context"
	"errors"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

type directoryCommand struct {
	List directoryList `cmd:"" default:"withargs"`
	Add  directoryAdd  `cmd:""`
}

type directoryList struct{}

func (c *directoryList) Run(ctx context.Context, w World, g *grammar) error {
	return g.work(ctx, w, func(d *desk) error {
		rows := [][]string{w.headings("server.directory.list.", "name", "kind", "domain")}
		err := d.db.Read(ctx, func(tx *db.Tx) error {
			rows = rows[:1]
			for in, err := range directory.All(ctx, tx) {
				if err != nil {
					return err
				}
				rows = append(rows, []string{in.Name, w.t("server.directory." + in.Kind), in.Domain})
			}
			return nil
		})
		if err != nil {
			return err
		}
		return w.table(rows)
	})
}

// A directory is added as a personal one, or as an organisation with its first owner.
type directoryAdd struct {
	Name      string `arg:""`
	Personal  bool
	Domain    string `placeholder:"home.example"`
	Owner     string `placeholder:"LOGIN"`
	OwnerName string `placeholder:"NAME"`
}

func (c *directoryAdd) Run(ctx context.Context, w World, g *grammar) error {
	if err := c.check(w); err != nil {
		return err
	}
	return g.work(ctx, w, func(d *desk) error {
		var token string
		err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
			token, err = c.add(ctx, tx)
			return err
		})
		switch {
		case errors.Is(err, directory.ErrElsewhere):
			return w.fault("server.directory.elsewhere")
		case errors.Is(err, directory.ErrTaken):
			return w.fault("server.directory.taken")
		case err != nil:
			return err
		}
		w.say("server.directory.added", "name", c.Name)
		if c.Personal {
			w.say("server.directory.personal.next", "command", typed([]string{program, "policy", c.Domain, "--self-register"}))
		} else {
			w.say("server.link", "url", d.setupURL(token))
		}
		return nil
	})
}

// check refuses an organisation that nobody manages or finds, and a personal
// directory that somebody would.
func (c *directoryAdd) check(w World) error {
	c.Domain = strings.ToLower(strings.TrimSpace(c.Domain))
	switch {
	case c.Personal && (c.Owner != "" || c.OwnerName != ""):
		return w.fault("server.directory.personal.owner")
	case c.Domain == "":
		return w.fault("server.init.needs", "flag", "--domain")
	case !c.Personal && c.Owner == "":
		return w.fault("server.init.needs", "flag", "--owner")
	case !c.Personal && c.OwnerName == "":
		return w.fault("server.init.needs", "flag", "--owner-name")
	}
	return nil
}

// add returns the token of the owner's link.
func (c *directoryAdd) add(ctx context.Context, tx *db.Tx) (token string, err error) {
	var in directory.Directory
	if c.Personal {
		in, err = directory.Create(ctx, tx, directory.Directory{Kind: directory.Personal, Name: c.Name, Domain: c.Domain})
	} else {
		var owner directory.Person
		owner, token, err = found(ctx, tx, c.Name, c.Domain, directory.Person{Login: c.Owner, Name: c.OwnerName})
		in.ID = owner.DirectoryID
	}
	if err != nil {
		return "", err
	}
	return token, record(ctx, tx, directory.Person{DirectoryID: in.ID}, "directory add", nil)
}

// found creates an organisation and its first owner, and returns the token of the owner's link.
func found(ctx context.Context, tx *db.Tx, name, domain string, owner directory.Person) (directory.Person, string, error) {
	in, err := directory.Create(ctx, tx, directory.Directory{Kind: directory.Organization, Name: name, Domain: domain})
	if err != nil {
		return owner, "", err
	}
	owner.DirectoryID, owner.Email, owner.Role = in.ID, mailbox("", owner.Login), directory.Owner
	if owner, err = directory.CreatePerson(ctx, tx, owner); err != nil {
		return owner, "", err
	}
	token, err := directory.SetupLink(ctx, tx, owner.ID)
	return owner, token, err
}
