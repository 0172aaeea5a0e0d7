package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

type manCommand struct {
	Command string `arg:"" optional:"" help:"The command whose page to print; without it, that of countersign itself."`
	Output  string `short:"o" help:"Write all pages into this folder." placeholder:"DIR" type:"path"`
}

// Help is what "countersign man --help" says more.
func (manCommand) Help() string {
	return `Examples:
  countersign man | man -l -
  countersign man codes > countersign-codes.1
  countersign man --output ~/.local/share/man/man1`
}

func (c manCommand) Run(w World, model *kong.Application) error {
	pages := map[string][]byte{"": mainPage(model)}
	for _, n := range model.Leaves(true) {
		pages[n.Name] = page(n)
	}
	if c.Output == "" {
		text, ok := pages[c.Command]
		if !ok {
			return usage{fmt.Errorf("no such command: %s", calm(c.Command))}
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

func (r *roff) section(title string) { r.line(".SH " + title) }

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

func heading(name, about string) *roff {
	r := &roff{}
	r.line(`.TH "` + strings.ToUpper(name) + `" "1" "" "Countersign" "Countersign"`)
	r.section("NAME")
	r.text(name + " - " + strings.TrimSuffix(strings.ToLower(about[:1])+about[1:], "."))
	r.section("SYNOPSIS")
	return r
}

func mainPage(app *kong.Application) []byte {
	r := heading("countersign", "The Countersign authenticator at a terminal.")
	r.text("countersign [--vault DIR] [COMMAND] ...")
	r.section("DESCRIPTION")
	r.text("One-time codes of any account, import and export, and answers to sign-ins that ask. Without a command it fills the terminal.")
	r.section("COMMANDS")
	for _, n := range app.Leaves(true) {
		r.term(n.Name, n.Help)
	}
	r.section("OPTIONS")
	for _, f := range app.Flags {
		r.option(f)
	}
	about, codes, _ := strings.Cut(description, "Exit codes:")
	r.section("EXAMPLES")
	_, about, _ = strings.Cut(about, "\n\n")
	r.example(about)
	r.section(`"EXIT STATUS"`)
	r.text(strings.TrimSpace(strings.ReplaceAll(codes, "\n", " ")))
	r.section("ENVIRONMENT")
	r.term("COUNTERSIGN_VAULT", "The folder of the vault.")
	r.term("COUNTERSIGN_PASSPHRASE_FILE", "A file whose first line is the vault's passphrase.")
	r.term("LC_ALL, LC_MESSAGES, LANG", "The language of messages: English or Japanese.")
	r.term("NO_COLOR", "Without colours.")
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
	r.term(term, strings.ReplaceAll(f.Help, "${enum}", f.Enum))
}

func page(n *kong.Node) []byte {
	r := heading("countersign-"+n.Name, n.Help)
	r.text(strings.Join(strings.Fields("countersign "+n.Name+" "+strings.TrimPrefix(n.Summary(), n.Name)), " "))
	if len(n.Positional) > 0 {
		r.section("ARGUMENTS")
		for _, p := range n.Positional {
			r.term(p.Summary(), p.Help)
		}
	}
	r.section("OPTIONS")
	for _, f := range options(n) {
		r.option(f)
	}
	examples, rest, _ := strings.Cut(strings.TrimPrefix(n.Detail, "Examples:\n"), "\n\n")
	r.section("EXAMPLES")
	r.example(examples)
	if rest != "" {
		r.section("NOTES")
		r.text(strings.ReplaceAll(rest, "\n", " "))
	}
	r.section(`"SEE ALSO"`)
	r.line(`\fBcountersign\fR(1)`)
	return r.Bytes()
}
