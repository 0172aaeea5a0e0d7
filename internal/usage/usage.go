// Package usage lets a program with commands speak the language of its
// terminal: what --help prints, and what is said of a line that cannot be
// understood. The words lie in ui/messages with all others, in one family for
// a program; its grammar has none.
//
// In a family the key of a command is its path, "user.add", and what there is
// to say beyond one line "user.add.more". A flag is "user.add.--name", an
// argument "user.add.<login>"; one that means the same in several commands is
// written once, further up: "user.<login>".
package usage

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"countersign/ui"
)

// A Voice is one program's words in one language.
type Voice struct {
	Lang   string
	Family string // of the messages, with its dot
}

// Apply has kong print help with this voice.
func (v Voice) Apply(k *kong.Kong) error {
	return kong.Help(func(_ kong.HelpOptions, c *kong.Context) error { return v.print(c.Stdout, c) }).Apply(k)
}

// Keys are the messages by which the commands from a node on are said. Those
// that end in "more" need not be there.
func (v Voice) Keys(node *kong.Node) []string {
	keys := []string{v.key(node, ""), v.key(node, "more")}
	for _, p := range node.Positional {
		keys = append(keys, v.key(node, argument(p)))
	}
	for _, f := range node.Flags {
		keys = append(keys, v.key(node, "--"+f.Name))
	}
	for _, c := range node.Children {
		keys = append(keys, v.Keys(c)...)
	}
	return keys
}

// Explain writes the words into the grammar itself, from a node on, for what
// makes something else of it than help: a manual, completion for a shell.
func (v Voice) Explain(node *kong.Node) {
	node.Help = ui.T(v.Lang, v.key(node, ""))
	if key := v.key(node, "more"); ui.Has(v.Lang, key) {
		node.Detail = ui.T(v.Lang, key)
	}
	for _, p := range node.Positional {
		p.Help = v.value(node, argument(p), p)
	}
	for _, f := range node.Flags {
		f.Help = v.value(node, "--"+f.Name, f.Value)
	}
	for _, c := range node.Children {
		v.Explain(c)
	}
}

// key is that of a node's own message, or of something in it: the nearest
// there is, going up.
func (v Voice) key(node *kong.Node, name string) string {
	first := ""
	for n := node; n != nil; n = n.Parent {
		key := v.Family
		for _, command := range path(n) {
			key += command + "."
		}
		switch {
		case name != "":
			key += name
		case n.Parent == nil:
			key += "about"
		default:
			key = strings.TrimSuffix(key, ".")
		}
		if first == "" {
			first = key
		}
		if name == "" || name == "more" || ui.Has(v.Lang, key) {
			return key
		}
	}
	return first
}

// path is the commands that lead to a node.
func path(node *kong.Node) (names []string) {
	for n := node; n.Parent != nil; n = n.Parent {
		names = append([]string{n.Name}, names...)
	}
	return names
}

func argument(p *kong.Positional) string { return "<" + p.Name + ">" }

func (v Voice) print(to io.Writer, c *kong.Context) error {
	node, line := c.Model.Node, c.Model.Name+c.Model.Summary()
	if selected := c.Selected(); selected != nil {
		node, line = selected, c.Model.Name+" "+selected.Summary()
	}
	p := &page{}
	p.line(v.say("usage.line", "line", line))
	p.line("")
	p.paragraph("", ui.T(v.Lang, v.key(node, "")))
	if key := v.key(node, "more"); ui.Has(v.Lang, key) {
		p.line("")
		p.text(ui.T(v.Lang, key))
	}
	p.columns(v.say("usage.arguments"), v.arguments(node))
	p.columns(v.say("usage.flags"), v.flags(node))
	p.columns(v.say("usage.commands"), v.commands(node))
	if len(node.Children) > 0 {
		p.line("")
		p.line(v.say("usage.more", "program", c.Model.Name))
	}
	_, err := io.WriteString(to, p.String())
	return err
}

func (v Voice) say(key string, args ...any) string { return ui.T(v.Lang, key, args...) }

func (v Voice) arguments(node *kong.Node) (rows [][2]string) {
	for _, p := range node.Positional {
		rows = append(rows, [2]string{p.Summary(), v.value(node, argument(p), p)})
	}
	return rows
}

// flags are those of a node and of all above it, its own last; also those of
// the command that is meant when none is named.
func (v Voice) flags(node *kong.Node) (rows [][2]string) {
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	for n := node; n != nil; n = n.Parent {
		var own [][2]string
		for _, f := range n.Flags {
			own = append(own, [2]string{f.String(), v.value(n, "--"+f.Name, f.Value)})
		}
		rows = append(own, rows...)
	}
	return rows
}

// value is what there is to say of a flag or argument; a message may show the
// choices there are.
func (v Voice) value(node *kong.Node, name string, of *kong.Value) string {
	choices := strings.Split(strings.TrimSuffix(of.Enum, ","), ",")
	return ui.T(v.Lang, v.key(node, name), "choices", strings.Join(choices, ", "))
}

func (v Voice) commands(node *kong.Node) (rows [][2]string) {
	for _, c := range node.Children {
		if !c.Hidden {
			rows = append(rows, [2]string{strings.Join(path(c), " "), ui.T(v.Lang, v.key(c, ""))})
		}
	}
	return rows
}

// Fault says what is wrong with a line that kong could not understand, and
// where to find out more: in the help of the command that it is about.
func (v Voice) Fault(program string, err error) error {
	about := program
	if parse, ok := errors.AsType[*kong.ParseError](err); ok {
		for _, typed := range parse.Context.Path {
			if typed.Command != nil {
				about = strings.Join(append([]string{program}, path(typed.Command)...), " ")
			}
		}
	}
	return fmt.Errorf("%s (%s)", v.wrong(err.Error()), v.say("usage.ask", "command", about))
}
