package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"countersign/internal/server"
	"countersign/internal/server/audit"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/keep"
)

type migrateCommand struct{}

func (c *migrateCommand) Run(ctx context.Context, w World, g *grammar) (err error) {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	d, err := openAny(ctx, w, conf)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	now, need, err := d.Version(ctx)
	if err != nil {
		return err
	}
	if now == need {
		w.say("server.migrate.current", "version", need)
		return nil
	}
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Kind: audit.ServerMigrate, Detail: map[string]any{"from": now, "to": need}})
	})
	w.say("server.migrate.done", "from", now, "to", need)
	return err
}

// openAny opens a database whatever its schema; it makes none.
func openAny(ctx context.Context, w World, conf config.Config) (*db.DB, error) {
	if file := conf.Database.File(); file != "" {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("%w: %w", server.ErrNotSetUp, err)
		}
	}
	return db.Open(ctx, db.Config{URL: conf.Database.Reveal()})
}

type backupCommand struct {
	File string `arg:""`
}

func (c *backupCommand) Run(ctx context.Context, w World, g *grammar) (err error) {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	if conf.Database.File() == "" {
		err = postgresTool(ctx, w, conf, "pg_dump", "--format=custom", "--file", c.File)
	} else {
		err = c.copy(ctx, w, conf)
	}
	if err != nil {
		return err
	}
	w.say("server.backup.done", "file", c.File)
	w.say("server.backup.key", "key", conf.KeyFile)
	return nil
}

func (c *backupCommand) copy(ctx context.Context, w World, conf config.Config) error {
	d, err := openAny(ctx, w, conf)
	if err != nil {
		return err
	}
	err = d.Copy(ctx, c.File)
	if errors.Is(err, os.ErrExist) {
		err = w.fault("server.backup.exists", "file", c.File)
	}
	return errors.Join(err, d.Close())
}

type restoreCommand struct {
	File string `arg:""`
}

func (c *restoreCommand) Run(ctx context.Context, w World, g *grammar) error {
	conf, err := g.settings(w)
	if err != nil {
		return err
	}
	if conf.Database.File() == "" {
		err = postgresTool(ctx, w, conf, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--dbname", "", c.File)
	} else {
		err = c.replace(ctx, w, conf)
	}
	if err != nil {
		return err
	}
	err = restored(ctx, conf)
	w.say("server.restore.done", "file", c.File)
	return err
}

func (c *restoreCommand) replace(ctx context.Context, w World, conf config.Config) error {
	if _, err := db.Check(ctx, c.File); err != nil {
		return err
	}
	file := conf.Database.File()
	if err := opens(ctx, c.File, filepath.Dir(file), conf.KeyFile); err != nil {
		return err
	}
	kept := file + ".before-restore-" + time.Now().Format("20060102-150405")
	err := db.Replace(ctx, file, c.File, kept)
	if errors.Is(err, db.ErrInUse) {
		return w.fault("server.restore.in_use")
	} else if err != nil {
		return err
	}
	if _, err := os.Stat(kept); err == nil {
		w.say("server.restore.kept", "file", kept)
	}
	return nil
}

// opens reports whether this program and the key file can use a copy. It looks
// at a copy of the copy, because opening may write; that lies where the
// database will, on a disk that may hold it.
func opens(ctx context.Context, file, near, keyFile string) (err error) {
	folder, err := os.MkdirTemp(near, "restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	probe := filepath.Join(folder, "probe.db")
	if err := db.Replace(ctx, probe, file, ""); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + probe})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if _, err := d.NeedsMigration(ctx); err != nil {
		return err
	}
	_, err = keep.Open(ctx, d, keyFile)
	return err
}

// restored notes in the database that it comes from a copy.
func restored(ctx context.Context, conf config.Config) error {
	d, err := db.Open(ctx, db.Config{URL: conf.Database.Reveal()})
	if err != nil {
		return err
	}
	err = d.Write(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Kind: audit.ServerRestore})
	})
	return errors.Join(err, d.Close())
}

// postgresTool runs one of PostgreSQL's own programs on the configured
// database. The password goes by the environment: arguments are for everybody
// on the computer to read.
func postgresTool(ctx context.Context, w World, conf config.Config, name string, args ...string) error {
	u, err := url.Parse(conf.Database.Reveal())
	if err != nil {
		return errors.New("database: not a URL") // its text may hold the password
	}
	password, _ := u.User.Password()
	u.User = url.User(u.User.Username())
	if q := u.Query(); q.Has("search_path") { // the server's driver knows it in a URL, PostgreSQL's programs do not
		if name == "pg_dump" {
			args = append(args, "--schema", q.Get("search_path"))
		}
		q.Del("search_path")
		u.RawQuery = q.Encode()
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return w.fault("server.backup.tool", "name", name)
	}
	named := false
	for i, a := range args {
		if a == "" { // the place of the database's address
			args[i], named = u.String(), true
		}
	}
	if !named {
		args = append(args, u.String())
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = w.Err, w.Err
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
