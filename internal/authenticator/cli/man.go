package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct {
	Command string `arg:"" optional:""`
	Output  string `short:"o" placeholder:"DIR" type:"path"`
}

func (c manCommand) Run(w World, model *kong.Application) error {
	pages := map[string][]byte{"": w.mainPage(model)}
	for _, n := range model.Leaves(true) {
		pages[n.Name] = w.page(n)
	}
	if c.Output == "" {
		text, ok := pages[c.Command]
		if !ok {
			return misused{errors.New(w.t("terminal.man.none", "name", calm(c.Command)))}
		}
		_, err := w.Out.Write(text)
		return err
	}
	if err := os.MkdirAll(c.Output, 0o755); err != nil {
		return err
	}
	for name, text := range pages {
		file := strings.TrimSuffix("countersign-"+name, "-") + ".1"
		if err := os.WriteFile(filepath.Join(c.Output, file), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// A roff is a manual page while it is written (man(7)).
type roff struct{ bytes.Buffer }

func (r *roff) line(text string) { r.WriteString(text + "\n") }

// text writes words as they are.
func (r *roff) text(text string) { r.line(plainRoff(text)) }

func plainRoff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func (r *roff) term(term, text string) {
	r.line(".TP")
	r.line(`\fB` + plainRoff(term) + `\fR`)
	r.text(text)
}

// example writes lines that are shown as they stand.
func (r *roff) example(text string) {
	r.line(".nf")
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		r.text(strings.TrimPrefix(line, "  "))
	}
	r.line(".fi")
}

// section begins one, by the last part of its message.
func (w World) section(r *roff, name string) { r.line(`.SH "` + w.t("terminal.man.page."+name) + `"`) }

func (w World) heading(name, about string) *roff {
	r := &roff{}
	r.line(`.TH "` + strings.ToUpper(name) + `" "1" "" "Countersign" "Countersign"`)
	w.section(r, "name")
	r.text(name + " - " + strings.TrimRight(strings.ToLower(about[:1])+about[1:], ".。"))
	w.section(r, "synopsis")
	return r
}

func (w World) mainPage(app *kong.Application) []byte {
	r := w.heading(program, app.Help)
	r.text(w.t("terminal.man.page.form"))
	w.section(r, "description")
	r.text(w.t("terminal.man.page.about"))
	w.section(r, "commands")
	for _, n := range app.Leaves(true) {
		r.term(n.Name, n.Help)
	}
	w.section(r, "options")
	for _, f := range app.Flags {
		r.option(f)
	}
	examples, exits, _ := strings.Cut(app.Detail, "\n\n")
	w.section(r, "examples")
	r.example(examples)
	w.section(r, "exits")
	r.text(strings.ReplaceAll(exits, "\n", " "))
	w.section(r, "environment")
	r.term("COUNTERSIGN_VAULT", w.t("terminal.man.page.vault"))
	r.term("COUNTERSIGN_PASSPHRASE_FILE", w.t("terminal.man.page.passphrase"))
	r.term("LC_ALL, LC_MESSAGES, LANG", w.t("terminal.man.page.lang"))
	r.term("NO_COLOR", w.t("terminal.man.page.color"))
	return r.Bytes()
}

func (r *roff) option(f *kong.Flag) {
	term := "--" + f.Name
	if f.Short != 0 {
		term = "-" + string(f.Short) + ", " + term
	}
	if !f.IsBool() {
		term += " " + f.FormatPlaceHolder()
	}
	r.term(term, f.Help)
}

func (w World) page(n *kong.Node) []byte {
	r := w.heading(program+"-"+n.Name, n.Help)
	r.text(strings.Join(strings.Fields(program+" "+n.Name+" "+strings.TrimPrefix(n.Summary(), n.Name)), " "))
	if len(n.Positional) > 0 {
		w.section(r, "arguments")
		for _, p := range n.Positional {
			r.term(p.Summary(), p.Help)
		}
	}
	w.section(r, "options")
	for _, f := range options(n) {
		r.option(f)
	}
	_, more, _ := strings.Cut(n.Detail, "\n") // the word "Examples"
	examples, notes, _ := strings.Cut(more, "\n\n")
	w.section(r, "examples")
	r.example(examples)
	if notes != "" {
		w.section(r, "notes")
		r.text(strings.ReplaceAll(notes, "\n", " "))
	}
	w.section(r, "see")
	r.line(`\fB` + program + `\fR(1)`)
	return r.Bytes()
}
