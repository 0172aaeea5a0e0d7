package cli

import (
	"context"
	"fmt"
	"strings"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/otp"
	"countersign/transfer"
)

type importCommand struct {
	File         string `arg:""`
	DryRun       bool
	JSON         bool
	PasswordFile string `placeholder:"FILE" type:"path"`
	Update       bool
	Yes          bool `short:"y"`
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
	d, v, err := g.look(w)
	if err != nil {
		return err
	}
	defer d.Close()
	if !c.DryRun && !c.JSON && !c.Yes {
		result = w.pins(result)
	}
	now := w.Now()
	found := v.Preview(now, result.Accounts)
	if !c.JSON {
		w.preview(v, result, found)
	}
	if c.DryRun {
		return nil
	}
	if !c.Yes && !c.JSON && c.File != "-" {
		if err := w.agrees("terminal.import.sure"); err != nil {
			return err
		}
	}
	var got authenticator.Receipt
	err = w.changes(ctx, d, func(a *authenticator.App) error {
		p := a.Preview(now, result.Accounts)
		got, err = a.Import(now, p, c.choices(p))
		return err
	})
	switch changed := got.Filled + got.Replaced; {
	case err != nil:
	case got.Added+changed == 0:
		w.say("terminal.import.nothing")
	default:
		w.say("terminal.import.done", "n", got.Added, "updated", changed)
	}
	return err
}

// choices are what was chosen with flags.
func (c importCommand) choices(p authenticator.Preview) map[int]authenticator.Choice {
	all := map[int]authenticator.Choice{}
	for i, item := range p.Items {
		if c.Update && item.State == authenticator.IsChanged {
			all[i] = authenticator.Replace
		}
	}
	return all
}

// load reads the file.
func (c importCommand) load(ctx context.Context, w World) (transfer.Result, error) {
	o := transfer.Options{Password: func(h transfer.Hint) (string, error) { return c.password(w, h) }, Progress: w.progress()}
	if c.File == "-" {
		return desk.Read(ctx, w.In, o)
	}
	return desk.ReadFile(ctx, c.File, o)
}

func (c importCommand) password(w World, h transfer.Hint) (string, error) {
	if c.PasswordFile != "" {
		return firstLine(c.PasswordFile)
	}
	question := "terminal.import.password"
	if h.Format.ID == "backup" {
		question = "terminal.import.key"
	}
	text, err := w.unseen(w.t(question, "format", w.t(h.Format.Message())))
	if err != nil {
		return "", errPassword
	}
	return text, nil
}

// progress shows how far the work on a password is, at a terminal; or only that it is
// going on, where nobody knows.
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
		switch {
		case total == 0:
			fmt.Fprint(w.Err, "\r"+w.t("terminal.work"))
		case done < total:
			fmt.Fprintf(w.Err, "\r%3d %%", percent)
		default:
			fmt.Fprint(w.Err, "\r\x1b[K")
		}
	}
}

// pins asks for the PINs that accounts lack, where somebody is there to ask.
func (w World) pins(r transfer.Result) transfer.Result {
	var left []transfer.Problem
	for _, p := range r.Problems {
		if a, ok := w.pin(p); ok {
			r.Accounts = append(r.Accounts, a)
		} else {
			left = append(left, p)
		}
	}
	r.Problems = left
	return r
}

// pin is the account of a problem with its PIN, unless nothing was typed.
func (w World) pin(p transfer.Problem) (a transfer.Account, ok bool) {
	if p.Account == nil {
		return a, false
	}
	for a = *p.Account; ; fmt.Fprintln(w.Err, w.t("terminal.error.pin")) {
		text, err := w.unseen(w.t("terminal.import.pin", "title", calm(p.Entry)))
		if a.Pin = strings.TrimSpace(text); err != nil || a.Pin == "" {
			return a, false
		}
		if a.Key().Check() == nil {
			return a, true
		}
	}
}

// preview tells what a file holds before anything is taken over, and why each
// account is what it is.
func (w World) preview(a *authenticator.App, r transfer.Result, p authenticator.Preview) {
	fmt.Fprintln(w.Out, w.t("terminal.import.preview", "format", w.t(r.Format.Message()), "new", p.Count(authenticator.IsNew),
		"same", p.Count(authenticator.IsSame), "changed", p.Count(authenticator.IsChanged), "conflict", p.Count(authenticator.IsConflict)))
	for i, item := range p.Items {
		named := desk.Titled(item, i)
		if item.State == authenticator.IsRefused {
			fmt.Fprintln(w.Out, "  "+w.t("terminal.import.problem", "title", calm(named), "reason", w.t(desk.Unfit(item.Err))))
			continue
		}
		var why []string
		for _, reason := range item.Reasons {
			why = append(why, w.t("terminal.import.why."+string(reason)))
		}
		if here, err := a.Account(item.Here); err == nil && here.Title() != named {
			why = append(why, w.t("terminal.import.why.here", "title", calm(here.Title())))
		}
		line := w.t("terminal.import."+string(item.State), "title", calm(named))
		if len(why) > 0 {
			line += " – " + strings.Join(why, w.t("terminal.import.why.and"))
		}
		fmt.Fprintln(w.Out, "  "+line)
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
