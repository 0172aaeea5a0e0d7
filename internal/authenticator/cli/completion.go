package cli

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish"`
}

func (c completionCommand) Run(w World, model *kong.Application) error {
	text := map[string]func(*kong.Application) string{"bash": bash, "zsh": zsh, "fish": fish}[c.Shell](model)
	_, err := fmt.Fprint(w.Out, text)
	return err
}

// options are the flags of a command that can be typed, one list for all.
func options(n *kong.Node) (all []*kong.Flag) {
	for _, group := range n.AllFlags(true) {
		all = append(all, group...)
	}
	return all
}

// words are what can be chosen from: of a flag, or of a command's argument.
func words(v *kong.Value) []string {
	if v.Enum == "" {
		return nil
	}
	return strings.Split(v.Enum, ",")
}

func argumentWords(n *kong.Node) (all []string) {
	for _, p := range n.Positional {
		all = append(all, words(p)...)
	}
	return all
}

func bash(app *kong.Application) string {
	var names []string
	var cases strings.Builder
	for _, n := range app.Leaves(true) {
		names = append(names, n.Name)
		flags := argumentWords(n)
		for _, f := range options(n) {
			flags = append(flags, "--"+f.Name)
			if list := words(f.Value); list != nil {
				fmt.Fprintf(&cases, "    %s:--%s) words=%q ;;\n", n.Name, f.Name, strings.Join(list, " "))
			} else if !f.IsBool() {
				fmt.Fprintf(&cases, "    %s:--%s) return ;;\n", n.Name, f.Name)
			}
		}
		fmt.Fprintf(&cases, "    %s:*) words=%q ;;\n", n.Name, strings.Join(flags, " "))
	}
	return fmt.Sprintf(`# bash completion for countersign
_countersign() {
  local now="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " %[1]s " in *" $word "*) command="$word"; break ;; esac
  done
  case "$before" in --vault|--passphrase-file) return ;; esac
  case "$command:$before" in
    :*) words="%[1]s --vault --passphrase-file --passphrase --help" ;;
%[2]s  esac
  [[ "$now" == -* || -n "$words" ]] && mapfile -t COMPREPLY < <(compgen -W "$words" -- "$now")
}
complete -o default -o bashdefault -F _countersign countersign
`, strings.Join(names, " "), cases.String())
}

// quoted is a text between single quotes, for shells.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func zsh(app *kong.Application) string {
	var names, cases strings.Builder
	escape := strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`)
	for _, n := range app.Leaves(true) {
		fmt.Fprintf(&names, "    %s\n", quoted(n.Name+":"+n.Help))
		fmt.Fprintf(&cases, "    %s) _arguments -s", n.Name)
		for _, f := range options(n) {
			spec := "--" + f.Name + "[" + escape.Replace(f.Help) + "]"
			switch list := words(f.Value); {
			case list != nil:
				spec = "--" + f.Name + "=[" + escape.Replace(f.Help) + "]:" + f.Name + ":(" + strings.Join(list, " ") + ")"
			case !f.IsBool():
				spec = "--" + f.Name + "=[" + escape.Replace(f.Help) + "]:" + strings.ToLower(f.FormatPlaceHolder()) + ":_files"
			}
			fmt.Fprintf(&cases, " \\\n      %s", quoted(spec))
		}
		last := "*::file:_files"
		if list := argumentWords(n); list != nil {
			last = "1:choice:(" + strings.Join(list, " ") + ")"
		}
		fmt.Fprintf(&cases, " \\\n      %s ;;\n", quoted(last))
	}
	return fmt.Sprintf(`#compdef countersign
_countersign() {
  local -a commands
  commands=(
%s  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
%s  esac
}
compdef _countersign countersign
`, names.String(), cases.String())
}

func fish(app *kong.Application) string {
	var b strings.Builder
	b.WriteString("# fish completion for countersign\n")
	for _, n := range app.Leaves(true) {
		fmt.Fprintf(&b, "complete -c countersign -n __fish_use_subcommand -f -a %s -d %s\n", n.Name, quoted(n.Help))
		in := fmt.Sprintf("complete -c countersign -n '__fish_seen_subcommand_from %s'", n.Name)
		for _, word := range argumentWords(n) {
			fmt.Fprintf(&b, "%s -f -a %s\n", in, word)
		}
		for _, f := range options(n) {
			fmt.Fprintf(&b, "%s -l %s -d %s", in, f.Name, quoted(f.Help))
			switch list := words(f.Value); {
			case list != nil:
				fmt.Fprintf(&b, " -x -a %s", quoted(strings.Join(list, " ")))
			case !f.IsBool():
				b.WriteString(" -r")
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
