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

// grammar is all that can be typed.
type grammar struct {
	Vault          string `help:"The folder of the vault; countersign in your configuration folder unless COUNTERSIGN_VAULT says otherwise." placeholder:"DIR" type:"path"`
	PassphraseFile string `help:"A file whose first line is the vault's passphrase; or COUNTERSIGN_PASSPHRASE_FILE." placeholder:"FILE" type:"path"`
	Passphrase     bool   `help:"Protect a new vault with a passphrase although there is a keyring."`

	Open    openCommand    `cmd:"" default:"1" help:"Open the full-screen app; so does no command at all."`
	Codes   codesCommand   `cmd:"" help:"Show one-time codes."`
	Code    codeCommand    `cmd:"" help:"Print the code of one account."`
	Add     addCommand     `cmd:"" help:"Add an account."`
	Import  importCommand  `cmd:"" help:"Take over the accounts of another app's file."`
	Export  exportCommand  `cmd:"" help:"Write the accounts for another app."`
	Edit    editCommand    `cmd:"" help:"Change the names, the note or the tags of an account."`
	Rm      rmCommand      `cmd:"" help:"Put an account into the trash."`
	Undo    undoCommand    `cmd:"" help:"Take back what was done last."`
	Pair    pairCommand    `cmd:"" help:"Add an account of a sign-in service, so that this device answers for you."`
	Watch   watchCommand   `cmd:"" help:"Wait for sign-ins that ask for your approval."`
	Approve approveCommand `cmd:"" help:"Approve a sign-in with the number on its page."`
	Deny    denyCommand    `cmd:"" help:"Deny a sign-in."`
	Lock    lockCommand    `cmd:"" help:"Lock the vault with a passphrase, change it, or leave its key to the keyring."`
	Backup  backupCommand  `cmd:"" help:"Keep a sealed backup in the cloud: on, off, now, status, versions, restore and more."`
	Recover recoverCommand `cmd:"" help:"Bring the accounts of a backup to this device."`
	Checkup checkupCommand `cmd:"" help:"If you lost this device now: what would come back?"`
	Doctor  doctorCommand  `cmd:"" help:"Look whether all is well."`

	Completion completionCommand `cmd:"" help:"Print what a shell needs to complete commands."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
}

const description = `The Countersign authenticator.

  countersign                          the app: all codes, live, and sign-ins to approve
  countersign add                      type or paste a setup key or an otpauth link
  countersign codes                    all codes, live
  countersign code github --copy       one code, into the clipboard
  countersign import export.json       what another authenticator exported
  countersign pair && countersign watch   answer sign-ins from here
  countersign backup on --server id.example.org   a sealed backup in the cloud
  countersign COMMAND --help           more, with examples

Exit codes: 0 done, 1 failed, 2 not understood, 3 not found or not one only,
4 passphrase or password missing or wrong, 5 damaged or unknown file,
6 server not reached, 7 answered too late, wrongly, or refused.`

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
	k, err := kong.New(&g, kong.Name("countersign"), kong.Description(description),
		kong.Writers(w.Out, w.Err), kong.Exit(func(int) { stopped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}))
	if err != nil {
		return err
	}
	c, err := k.Parse(args)
	if stopped { // --help has said all
		return nil
	}
	if err != nil {
		return usage{err}
	}
	if err := g.fill(w); err != nil {
		return err
	}
	c.BindTo(ctx, (*context.Context)(nil))
	return c.Run(w, &g, k.Model)
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
