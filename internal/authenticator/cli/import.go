package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/transfer"
)

type importCommand struct {
	File         string `arg:"" help:"The file, or - for standard input."`
	DryRun       bool   `help:"Only show what would come."`
	JSON         bool   `help:"Print what the file holds as one JSON object, secrets included."`
	PasswordFile string `help:"A file whose first line is the password of the imported file." placeholder:"FILE" type:"path"`
	Update       bool   `help:"Accounts that are here under other names take the file's."`
	Yes          bool   `short:"y" help:"Do not ask."`
}

// Help is what "countersign import --help" says more.
func (importCommand) Help() string {
	return `Examples:
  countersign import aegis.json --dry-run
  countersign import aegis.json --password-file password.txt
  countersign import --dry-run --json export.json

Accounts that are here already stay as they are; nothing is overwritten. "countersign
undo" takes an import back.`
}

// What an account of a file is to the vault.
type verdict int

const (
	isNew      verdict = iota
	isSame             // here already
	isChanged          // here, with other names, note, tags or counter
	isConflict         // the same names with another secret: both are kept
)

// A judged account is one of a file, and what it is to the vault.
type judged struct {
	entry   vault.Entry
	verdict verdict
	ours    vault.Entry // with isChanged and isConflict
}

func (c importCommand) Run(ctx context.Context, w World, g *grammar) error {
	result, err := c.load(ctx, w)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(w.Out, objectOf(result)); err != nil || c.DryRun {
			return err
		}
	}
	v, err := g.read(w)
	if err != nil {
		return err
	}
	found := judge(v, result.Accounts)
	if !c.JSON {
		w.preview(result, found)
	}
	if c.DryRun {
		return nil
	}
	if !c.Yes && !c.JSON && c.File != "-" {
		if err := w.agrees("terminal.import.sure"); err != nil {
			return err
		}
	}
	added, updated := 0, 0
	err = g.change(ctx, w, func(v *vault.Vault) error {
		added, updated, err = c.take(v, w, judge(v, result.Accounts))
		return err
	})
	if err == nil {
		w.say("terminal.import.done", "n", added, "updated", updated)
	}
	return err
}

// take puts into the vault what is not there yet, in one change.
func (c importCommand) take(v *vault.Vault, w World, found []judged) (added, updated int, err error) {
	wanted := slices.DeleteFunc(slices.Clone(found), func(j judged) bool { return j.verdict == isSame || j.verdict == isChanged && !c.Update })
	if len(wanted) == 0 {
		return 0, 0, errSame
	}
	err = v.Change(w.Now(), vault.Importing, func(ch *vault.Change) error {
		for _, j := range wanted {
			j.entry.Created = w.Now()
			if j.verdict != isChanged {
				ch.Add(j.entry)
				added++
				continue
			}
			if err := ch.Edit(j.ours.ID, func(e *vault.Entry) { merge(e, j.entry) }); err != nil {
				return err
			}
			updated++
		}
		return nil
	})
	return added, updated, err
}

// merge takes what a file knows better: names, a note, more tags, a counter
// that is further on.
func merge(e *vault.Entry, from vault.Entry) {
	e.Issuer, e.Name = from.Issuer, from.Name
	if from.Note != "" {
		e.Note = from.Note
	}
	e.Tags = vault.Tags(append(slices.Clone(e.Tags), from.Tags...))
	e.Counter = max(e.Counter, from.Counter)
}

// load reads the file.
func (c importCommand) load(ctx context.Context, w World) (transfer.Result, error) {
	var from io.Reader = w.In
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return transfer.Result{}, err
		}
		defer f.Close()
		from = f
	}
	data, err := io.ReadAll(io.LimitReader(from, transfer.MaxFile+1))
	if err != nil {
		return transfer.Result{}, err
	}
	return transfer.Read(ctx, data, transfer.Options{Password: func(h transfer.Hint) (string, error) { return c.password(w, h) }, Progress: w.progress()})
}

func (c importCommand) password(w World, h transfer.Hint) (string, error) {
	if c.PasswordFile != "" {
		return firstLine(c.PasswordFile)
	}
	text, err := w.unseen(w.t("terminal.import.password", "format", w.t(h.Format.Message())))
	if err != nil {
		return "", errors.Join(transfer.ErrNeedsPassword, err)
	}
	return text, nil
}

// progress shows how far the work on a password is, at a terminal.
func (w World) progress() func(done, total int64) {
	if _, ok := terminal(w.Err); !ok {
		return nil
	}
	shown := int64(-1)
	return func(done, total int64) {
		percent := done * 100 / max(total, 1)
		if percent == shown {
			return
		}
		shown = percent
		fmt.Fprintf(w.Err, "\r%3d %%", percent)
		if done >= total {
			fmt.Fprint(w.Err, "\r\x1b[K")
		}
	}
}

// judge says of each account what it is to the vault.
func judge(v *vault.Vault, accounts []transfer.Account) []judged {
	marks, names := map[string]vault.Entry{}, map[string]vault.Entry{}
	for _, e := range v.Entries() {
		if m := v.Mark(e); m != "" {
			marks[m] = e
		}
		if e.Kind == vault.Other && e.Title() != "" {
			names[vault.NameKey(e.Issuer, e.Name)] = e
		}
	}
	all := make([]judged, 0, len(accounts))
	for _, a := range accounts {
		j := judged{entry: entryOf(a)}
		if ours, here := marks[v.Mark(j.entry)]; here {
			j.ours, j.verdict = ours, isSame
			after := ours
			if merge(&after, j.entry); !alike(ours, after) {
				j.verdict = isChanged
			}
		} else if ours, rival := names[vault.NameKey(a.Issuer, a.Name)]; rival {
			j.ours, j.verdict = ours, isConflict
		}
		all = append(all, j)
	}
	return all
}

func alike(a, b vault.Entry) bool {
	return a.Issuer == b.Issuer && a.Name == b.Name && a.Note == b.Note && a.Counter == b.Counter && slices.Equal(a.Tags, b.Tags)
}

func entryOf(a transfer.Account) vault.Entry {
	return vault.Entry{
		Kind: vault.Other, Issuer: a.Issuer, Name: a.Name, Counter: a.Counter, Note: a.Note, Tags: vault.Tags(a.Tags), Pinned: a.Pinned,
	}.WithKey(a.Key())
}

func accountOf(e vault.Entry) transfer.Account {
	return transfer.Account{
		Type: string(e.Type), Issuer: e.Issuer, Name: e.Name, Secret: e.Secret, Algorithm: string(e.Algorithm), Digits: e.Digits,
		Period: e.Period, Counter: e.Counter, Pin: e.PIN, Tags: e.Tags, Note: e.Note, Pinned: e.Pinned,
	}
}

// preview tells what a file holds before anything is taken over.
func (w World) preview(r transfer.Result, found []judged) {
	count := map[verdict]int{}
	for _, j := range found {
		count[j.verdict]++
	}
	fmt.Fprintln(w.Out, w.t("terminal.import.preview", "format", w.t(r.Format.Message()),
		"new", count[isNew], "same", count[isSame], "changed", count[isChanged], "conflict", count[isConflict]))
	for _, j := range found {
		title, ours := calm(j.entry.Title()), calm(j.ours.Title())
		switch j.verdict {
		case isNew:
			fmt.Fprintln(w.Out, "  "+w.t("terminal.import.new", "title", title))
		case isChanged:
			fmt.Fprintln(w.Out, "  "+w.t("terminal.import.changed", "title", title, "ours", ours))
		case isConflict:
			fmt.Fprintln(w.Out, "  "+w.t("terminal.import.conflict", "title", title))
		}
	}
	for _, p := range r.Problems {
		fmt.Fprintln(w.Out, "  "+w.t("terminal.import.problem", "title", calm(p.Entry), "reason", w.t(p.Reason.Message())))
	}
}

// A fileObject is what a file holds, for scripts.
type fileObject struct {
	Accounts []accountObject `json:"accounts"`
	Problems []problemObject `json:"problems"`
}

type accountObject struct {
	Type      string   `json:"type"`
	Issuer    string   `json:"issuer"`
	Name      string   `json:"name"`
	Secret    string   `json:"secret"` // base32, without padding
	Algorithm string   `json:"algorithm"`
	Digits    int      `json:"digits"`
	Period    int      `json:"period"`
	Counter   uint64   `json:"counter"`
	Pin       string   `json:"pin"`
	Tags      []string `json:"tags"`
	Note      string   `json:"note"`
}

type problemObject struct {
	Entry  string          `json:"entry"`
	Reason transfer.Reason `json:"reason"`
}

func objectOf(r transfer.Result) fileObject {
	o := fileObject{[]accountObject{}, []problemObject{}}
	for _, a := range r.Accounts {
		o.Accounts = append(o.Accounts, accountObject{
			a.Type, a.Issuer, a.Name, otp.FormatSecret(a.Secret), a.Algorithm, a.Digits, a.Period, a.Counter, a.Pin, append([]string{}, a.Tags...), a.Note,
		})
	}
	for _, p := range r.Problems {
		o.Problems = append(o.Problems, problemObject{p.Entry, p.Reason})
	}
	return o
}
