// Package command is what "countersignd" can be told to do. A command reads
// its flags, does one thing with the rooms of the server, and says in a few
// plain lines what it did and what comes next, in the language of the
// terminal. What it may see of the computer comes in a [World], so tests give
// it another.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/internal/server"
	"countersign/internal/server/config"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/oauth"
	"countersign/internal/usage"
	"countersign/ui"
)

// A World is what a command sees of the computer.
type World struct {
	// Program is how this program was called, to be called so again; "" if it
	// is found by its name.
	Program  string
	Env      func(name string) string
	In       io.Reader
	Out, Err io.Writer
	// Reload asks a running server to read its settings again.
	Reload <-chan os.Signal
}

// t is a message in the terminal's language.
func (w World) t(key string, args ...any) string { return ui.T(w.lang(), key, args...) }

// say prints a message on a line of its own.
func (w World) say(key string, args ...any) { fmt.Fprintln(w.Out, w.t(key, args...)) }

// fault is an error in the terminal's language.
func (w World) fault(key string, args ...any) error { return errors.New(w.t(key, args...)) }

// lang is the language of the terminal's messages (POSIX, environment variables).
func (w World) lang() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := w.Env(name); v != "" {
			return ui.Negotiate(strings.FieldsFunc(v, func(r rune) bool { return r == '_' || r == '.' })[0], "")
		}
	}
	return ui.Languages[0]
}

// program is what this one is called in words.
const program = "countersignd"

// family are the messages that say what the grammar means.
const family = "command."

// grammar is all that can be typed.
type grammar struct {
	Config string `placeholder:"FILE"`

	Init      initCommand      `cmd:""`
	Serve     serveCommand     `cmd:""`
	Demo      demoCommand      `cmd:""`
	Show      configCommand    `cmd:"" name:"config"`
	Directory directoryCommand `cmd:""`
	User      userCommand      `cmd:""`
	Policy    policyCommand    `cmd:""`
	Looks     looksCommand     `cmd:""`
	Client    clientCommand    `cmd:""`
	Audit     auditCommand     `cmd:""`
	Explain   explainCommand   `cmd:""`
	Key       keyCommand       `cmd:""`
	Migrate   migrateCommand   `cmd:""`
	Backup    backupCommand    `cmd:""`
	Restore   restoreCommand   `cmd:""`
	Health    healthCommand    `cmd:""`
	Version   versionCommand   `cmd:""`
}

// Run does what args say.
func Run(ctx context.Context, w World, args []string) error {
	var g grammar
	stopped := false
	voice := usage.Voice{Lang: w.lang(), Family: family}
	k, err := kong.New(&g, kong.Name(program), kong.Writers(w.Out, w.Err), kong.Exit(func(int) { stopped = true }), voice)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	c, err := k.Parse(args)
	if stopped { // --help has said all
		return nil
	}
	if err != nil {
		return voice.Fault(program, err)
	}
	g.Config = cmp.Or(g.Config, w.Env("COUNTERSIGN_CONFIG"), "countersign.toml")
	c.BindTo(ctx, (*context.Context)(nil))
	return w.plain(c.Run(w, &g))
}

// settings reads the settings, or says that there are none yet.
func (g *grammar) settings(w World) (config.Config, error) {
	c, err := config.Load(g.Config)
	if errors.Is(err, os.ErrNotExist) {
		return config.Config{}, w.fault("server.none", "file", g.Config)
	}
	return c, err
}

// hints are what a person at a terminal can do about an error.
var hints = []struct {
	err error
	key string
}{
	{server.ErrNotSetUp, "server.not_set_up"},
	{server.ErrOld, "server.old"},
	{db.ErrNewer, "server.newer"},
	{db.ErrInUse, "server.in_use"},
	{db.ErrBroken, "server.broken"},
	{keep.ErrWrongKEK, "server.wrong_key"},
	{keep.ErrExposed, "server.exposed_key"},
	{keep.ErrNoKEK, "server.no_key"},
	{directory.ErrUnknown, "server.no_such_person"},
	{directory.ErrInvalid, "server.invalid"},
	{oauth.ErrBadClient, "server.client.bad"},
	{fs.ErrNotExist, "server.no_file"},
	{fs.ErrPermission, "server.no_permission"},
}

// plain says an error in the terminal's language, where it is one that a person
// can do something about; what exactly is wrong stands behind it.
func (w World) plain(err error) error {
	if err == nil {
		return nil
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			return fmt.Errorf("%s (%w)", w.t(h.key), err)
		}
	}
	if said := config.In(w.lang(), err); said != err.Error() {
		return errors.New(said)
	}
	return err
}
