package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
	"countersign/seal"
)

type backupCommand struct {
	Do              string `arg:"" enum:"on,off,now,pause,resume,status,versions,restore,save,identity,delete,undelete"`
	What            string `arg:"" optional:"" name:"version-or-file"`
	Server          string `placeholder:"URL"`
	RecoveryKeyFile string `placeholder:"FILE" type:"path"`
	NewKeyFile      string `placeholder:"FILE" type:"path"`
	Removed         string `enum:"ask,keep,delete" default:"ask" placeholder:"WHAT"`
	signInAt
	JSON bool `name:"json"`
}

func (c backupCommand) Run(ctx context.Context, w World, g *grammar) error {
	d, err := g.forChange(w)
	if err != nil {
		return err
	}
	defer d.Close()
	switch c.Do {
	case "on":
		return c.on(ctx, w, d)
	case "off":
		return w.did("terminal.backup.off", d.TurnOff(ctx))
	case "now":
		return c.now(ctx, w, d)
	case "pause":
		return w.did("terminal.backup.paused", d.PauseBackup(ctx, true))
	case "resume":
		return w.did("terminal.backup.resumed", d.PauseBackup(ctx, false))
	case "status":
		return c.status(w, d)
	case "versions":
		return c.versions(ctx, w, d)
	case "restore":
		return c.restore(ctx, w, d)
	case "save":
		return c.save(ctx, w, d)
	case "identity":
		return c.identity(ctx, w, d)
	case "delete":
		return c.delete(ctx, w, d)
	}
	return c.undelete(ctx, w, d)
}

// did says what was done, if it was.
func (w World) did(key string, err error) error {
	if err == nil {
		w.say(key)
	}
	return err
}

func (c backupCommand) on(ctx context.Context, w World, d *desk.Desk) error {
	if b, err := d.Backup(); err == nil && b.Works() {
		return desk.ErrBackupOn
	}
	issuer, err := c.issuer(d)
	if err != nil {
		return err
	}
	token, err := c.signIn(ctx, w, issuer, wire.ScopeBackup)
	if err != nil {
		return err
	}
	err = d.TurnOn(ctx, issuer, token, func(there bool) (seal.RecoveryKey, error) {
		if there {
			w.say("terminal.backup.joins")
			return w.recoveryKey(c.RecoveryKeyFile)
		}
		return c.newKey(w)
	})
	return w.did("terminal.backup.on", err)
}

// issuer is the service that is typed, or the one that the backup is at.
func (c backupCommand) issuer(d *desk.Desk) (string, error) {
	if b, err := d.Backup(); err == nil && c.Server == "" {
		return b.Issuer, nil
	}
	issuer, ok := remote.ParseIssuer(c.Server)
	if !ok {
		return "", errServer
	}
	return issuer, nil
}

// newKey draws a recovery key and shows it once: the person types one group of
// it, so that it is on paper before anything depends on it.
func (c backupCommand) newKey(w World) (seal.RecoveryKey, error) {
	key := seal.NewRecoveryKey()
	if c.NewKeyFile != "" {
		return key, writeNew(c.NewKeyFile, []byte(key.Reveal()+"\n"))
	}
	in, ok := terminal(w.In)
	if !ok {
		return key, errNoTerminal
	}
	const third = 2
	groups := strings.Split(key.Reveal(), "-")
	w.say("terminal.backup.key.new", "first", strings.Join(groups[:4], "-"), "second", strings.Join(groups[4:], "-"))
	for range 3 {
		fmt.Fprint(w.Err, w.t("terminal.backup.key.confirm")+" ")
		line, err := readLine(in)
		if err != nil && line == "" {
			return key, errCancelled
		}
		if strings.EqualFold(strings.TrimSpace(line), groups[third]) {
			return key, nil
		}
		w.say("terminal.backup.key.again")
	}
	return key, errCancelled
}

// recoveryKey is the recovery key, from a file or typed.
func (w World) recoveryKey(file string) (seal.RecoveryKey, error) {
	if file != "" {
		return desk.KeyIn(file)
	}
	text, err := w.secret(w.t("terminal.backup.key.ask"))
	if err != nil {
		return seal.RecoveryKey{}, err
	}
	return seal.ParseRecoveryKey(text)
}

func (c backupCommand) now(ctx context.Context, w World, d *desk.Desk) error {
	answer := map[string]vault.Answer{"keep": vault.Keep, "delete": vault.Delete}[c.Removed]
	return w.did("terminal.backup.made", d.BackUp(ctx, answer))
}

// A backupStatus is "countersign backup status --json".
type backupStatus struct {
	On       bool       `json:"on"`
	State    string     `json:"state,omitempty"`
	Account  string     `json:"account,omitempty"`
	Server   string     `json:"server,omitempty"`
	Verified *time.Time `json:"verified"` // null: never
	Version  int64      `json:"version,omitempty"`
	SetBack  *time.Time `json:"set_back,omitempty"` // when the server was found to have gone back
	Ways     []wayIn    `json:"ways"`
}

// A wayIn is one way in which the backup opens.
type wayIn struct {
	Kind  string    `json:"kind"`
	Label string    `json:"label,omitempty"`
	Added time.Time `json:"added"`
}

func statusOf(d *desk.Desk, now time.Time) (backupStatus, error) {
	s := backupStatus{Ways: []wayIn{}}
	b, err := d.Backup()
	if errors.Is(err, desk.ErrNoBackup) {
		return s, nil
	} else if err != nil {
		return s, err
	}
	s.On, s.State, s.Account, s.Server, s.Version = true, string(b.Watch.State(now)), b.Login, b.Issuer, b.Version
	s.Verified, s.SetBack = some(b.Watch.Verified), some(b.SetBack)
	ways, err := b.Ways()
	for _, one := range ways {
		s.Ways = append(s.Ways, wayIn{string(one.Kind), one.Label, one.Added})
	}
	return s, err
}

func some(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (c backupCommand) status(w World, d *desk.Desk) error {
	s, err := statusOf(d, w.Now())
	if err != nil {
		return err
	}
	if c.JSON {
		return w.json(s)
	}
	w.tellBackup(s)
	return nil
}

// tellBackup says how the backup is.
func (w World) tellBackup(s backupStatus) {
	if !s.On {
		fmt.Fprintln(w.Out, w.t("terminal.backup.is_off"))
		return
	}
	fmt.Fprintln(w.Out, w.t("terminal.backup.state."+s.State, "account", calm(s.Account), "server", calm(s.Server)))
	fmt.Fprintln(w.Out, w.t("terminal.backup.verified", "time", w.date(s.Verified)))
	if s.SetBack != nil {
		fmt.Fprintln(w.Out, w.t("terminal.backup.set_back", "time", w.date(s.SetBack)))
	}
	for _, one := range s.Ways {
		fmt.Fprintln(w.Out, w.t("terminal.backup.way."+one.Kind, "label", calm(one.Label), "time", w.date(&one.Added)))
	}
}

// date is a time of this computer's zone, to the minute.
func (w World) date(t *time.Time) string {
	if t == nil {
		return w.t("terminal.backup.never")
	}
	return t.Local().Format("2006-01-02 15:04")
}

func (w World) json(v any) error {
	enc := json.NewEncoder(w.Out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func (c backupCommand) versions(ctx context.Context, w World, d *desk.Desk) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	all, err := place.Versions(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.json(all)
	}
	table := tabwriter.NewWriter(w.Out, 0, 0, 3, ' ', 0)
	for _, v := range all {
		at := time.UnixMilli(v.At)
		fmt.Fprintf(table, "%d\t%s\t%d KiB\t%s\n", v.Version, w.date(&at), (v.Size+1023)/1024, calm(v.Network))
	}
	return table.Flush()
}

func (c backupCommand) restore(ctx context.Context, w World, d *desk.Desk) error {
	n, err := strconv.ParseInt(c.What, 10, 64)
	if err != nil || n < 1 {
		return errVersion
	}
	list, err := d.RestoreVersion(ctx, n)
	if err != nil {
		return err
	}
	w.tellResults(list)
	return w.later(ctx, d)
}

func (c backupCommand) save(ctx context.Context, w World, d *desk.Desk) error {
	if c.What == "" {
		return errFile
	}
	b, err := d.BackupFile(ctx)
	if err != nil {
		return err
	}
	return w.did("terminal.backup.saved", writeNew(c.What, b))
}

// identity prints the age identity that opens backup.age.
func (c backupCommand) identity(ctx context.Context, w World, d *desk.Desk) error {
	archive, err := c.archive(ctx, w, d)
	if err != nil {
		return err
	}
	files, err := seal.ReadFiles(archive)
	if err != nil {
		return err
	}
	key, err := w.recoveryKey(c.RecoveryKeyFile)
	if err != nil {
		return err
	}
	holder, err := seal.OpenKey(files[seal.KeyFile], key.Reveal())
	if err != nil {
		return err
	}
	id, err := files.Identity(holder)
	if err == nil {
		_, err = fmt.Fprintln(w.Out, id.Reveal())
	}
	return err
}

func (c backupCommand) archive(ctx context.Context, w World, d *desk.Desk) ([]byte, error) {
	if c.What != "" {
		return w.bytes(c.What, wire.MaxArchive)
	}
	return d.BackupFile(ctx)
}

// delete takes the backup away at the server. It needs a sign-in of its own.
func (c backupCommand) delete(ctx context.Context, w World, d *desk.Desk) error {
	b, err := d.Backup()
	if err != nil {
		return err
	}
	if err := w.agrees("terminal.backup.delete.sure", "account", calm(b.Login)); err != nil {
		return err
	}
	token, err := c.signIn(ctx, w, b.Issuer, wire.ScopeBackup)
	if err != nil {
		return err
	}
	return w.did("terminal.backup.delete.done", remote.DeleteBackup(ctx, b.Issuer, token))
}

func (c backupCommand) undelete(ctx context.Context, w World, d *desk.Desk) error {
	place, err := d.Place()
	if err != nil {
		return err
	}
	if err := place.Undelete(ctx); err != nil {
		return err
	}
	return w.did("terminal.backup.undeleted", d.BackUp(ctx, vault.Unasked))
}

// patience is how long a command waits for the backup of what it changed.
const patience = 5 * time.Second

// later backs up what a command changed. If that does not work out now it is
// tried again after the next one, and "backup status" tells.
func (w World) later(ctx context.Context, d *desk.Desk) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := d.DueBackup(ctx, true)
	if err == nil {
		_ = d.DuePractice(ctx) // the check-up tells when it last worked out
	}
	if err != nil && !errors.Is(err, desk.ErrNoBackup) {
		w.say("terminal.backup.later", "problem", w.plain(err))
	}
	return nil
}
