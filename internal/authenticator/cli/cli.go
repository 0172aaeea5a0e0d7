// Package cli is the authenticator at a command line: codes, accounts, import
// and export, and answering sign-ins. A command does one thing, prints what a
// script can read or a person wants to know, and ends with a code that says how
// it went. No secret is ever taken from the command line, where others see it:
// secrets come from standard input, from a file, or are typed unseen.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"countersign/internal/authenticator/desk"
	"countersign/internal/usage"
	"countersign/ui"
)

// A World is what a command sees of the computer.
type World struct {
	Env      func(name string) string
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	// Environment is that of the process, for what its terminal can do.
	Environment []string
	// App is the full-screen app.
	App func(context.Context, desk.Face) error
}

// t is a message in the terminal's language.
func (w World) t(key string, args ...any) string { return ui.T(w.lang(), key, args...) }

// say prints a message for people: on the error stream, which scripts do not read.
func (w World) say(key string, args ...any) { fmt.Fprintln(w.Err, w.t(key, args...)) }

// lang is the language of the terminal's messages (POSIX, environment variables).
func (w World) lang() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := w.Env(name); v != "" {
			return ui.Negotiate(strings.FieldsFunc(v+"_", func(r rune) bool { return r == '_' || r == '.' })[0], "")
		}
	}
	return ui.Languages[0]
}

// program is what this one is called in words.
const program = "countersign"

// grammar is all that can be typed.
type grammar struct {
	Vault          string `placeholder:"DIR" type:"path"`
	PassphraseFile string `placeholder:"FILE" type:"path"`
	Passphrase     bool

	Open    openCommand    `cmd:"" default:"1"`
	Codes   codesCommand   `cmd:""`
	Code    codeCommand    `cmd:""`
	Add     addCommand     `cmd:""`
	Import  importCommand  `cmd:""`
	Export  exportCommand  `cmd:""`
	Edit    editCommand    `cmd:""`
	Rm      rmCommand      `cmd:""`
	Undo    undoCommand    `cmd:""`
	Pair    pairCommand    `cmd:""`
	Watch   watchCommand   `cmd:""`
	Approve approveCommand `cmd:""`
	Deny    denyCommand    `cmd:""`
	Waiting waitingCommand `cmd:""`
	Lock    lockCommand    `cmd:""`
	Backup  backupCommand  `cmd:""`
	Recover recoverCommand `cmd:""`
	Move    moveCommand    `cmd:""`
	Verify  verifyCommand  `cmd:""`
	Lost    lostCommand    `cmd:""`
	Checkup checkupCommand `cmd:""`
	Doctor  doctorCommand  `cmd:""`

	Completion completionCommand `cmd:""`
	Man        manCommand        `cmd:""`
}

// family are the messages that say what the grammar means.
const family = "authenticator."

// Run does what args say and returns the code to exit with.
func Run(ctx context.Context, w World, args []string) int {
	err := run(ctx, w, args)
	if err == nil {
		return 0
	}
	fmt.Fprintln(w.Err, "countersign:", w.plain(err))
	return exitCode(err)
}

func run(ctx context.Context, w World, args []string) error {
	var g grammar
	stopped := false
	voice := usage.Voice{Lang: w.lang(), Family: family}
	k, err := kong.New(&g, kong.Name(program), kong.Writers(w.Out, w.Err), kong.Exit(func(int) { stopped = true }), voice)
	if err != nil {
		return err
	}
	voice.Explain(k.Model.Node) // for completion and the manual
	c, err := k.Parse(args)
	if stopped { // --help has said all
		return nil
	}
	if err != nil {
		return misread(voice, err)
	}
	if err := g.fill(w); err != nil {
		return err
	}
	c.BindTo(ctx, (*context.Context)(nil))
	return c.Run(w, &g, k.Model)
}

// misread is what to say of a line that is none of ours. What stands behind "add" is
// most likely a key: it is not said again.
func misread(voice usage.Voice, err error) error {
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && strings.HasPrefix(err.Error(), "unexpected argument") {
		if c := parse.Context.Selected(); c != nil && c.Name == "add" {
			return errSeen
		}
	}
	return misused{voice.Fault(program, err)}
}

// fill takes from the environment what was not typed.
func (g *grammar) fill(w World) error {
	if g.PassphraseFile == "" {
		g.PassphraseFile = w.Env("COUNTERSIGN_PASSPHRASE_FILE")
	}
	if g.Vault == "" {
		g.Vault = w.Env("COUNTERSIGN_VAULT")
	}
	if g.Vault != "" {
		return nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return errors.Join(errNoFolder, err)
	}
	g.Vault = filepath.Join(base, "countersign")
	return nil
}
