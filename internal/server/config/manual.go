package config

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"

	"github.com/BurntSushi/toml"

	"countersign/ui"
)

// source is where the settings and their manual are written.
//
//go:embed config.go
var source string

// translated is the manual in the languages that the comments are not in.
//
//go:embed manual.*.toml
var translated embed.FS

// An Entry is one setting, or the table that the next ones are in.
type Entry struct {
	Key   string // "tls.mode", or "tls" for the table
	Table bool
	Text  string // its manual, in one paragraph
	value reflect.Value
}

// Entries yields the settings with their manual, in the order of the file.
func (c Config) Entries() iter.Seq[Entry] {
	comments := comments()
	return func(yield func(Entry) bool) { entries(comments, "", reflect.ValueOf(c), yield) }
}

func entries(comments map[string]string, prefix string, v reflect.Value, yield func(Entry) bool) bool {
	for _, tables := range []bool{false, true} { // TOML wants what is in no table first
		for f, value := range v.Fields() {
			e := Entry{Key: prefix + f.Tag.Get("toml"), Table: isTable(f.Type), Text: comments[v.Type().Name()+"."+f.Name], value: value}
			if e.Table != tables {
				continue
			}
			if !yield(e) || e.Table && !entries(comments, e.Key+".", value, yield) {
				return false
			}
		}
	}
	return true
}

func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Secret]() && t != reflect.TypeFor[Database]()
}

// comments reads the comment above each field, by "Type.Field".
func comments() map[string]string {
	out := map[string]string{}
	var of string
	var words []string
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "type "):
			of, words = strings.Fields(line)[1], nil
		case strings.HasPrefix(line, "//"):
			words = append(words, strings.TrimSpace(line[2:]))
		default:
			if name, _, ok := strings.Cut(line, " "); ok && strings.Contains(line, "`toml:") {
				out[of+"."+name] = strings.Join(words, " ")
			}
			words = nil
		}
	}
	return out
}

// Manual is what each setting means, in a language; of the one that the
// comments are in it is empty.
func Manual(lang string) (manual map[string]string, err error) {
	if lang == Known[0] {
		return nil, nil
	}
	_, err = toml.DecodeFS(translated, "manual."+lang+".toml", &manual)
	return manual, err
}

// Print writes the settings in force with their manual in a language, as a file
// that [Load] reads, but for the secrets.
func (c Config) Print(w io.Writer, lang string) error {
	manual, err := Manual(lang)
	if err != nil {
		return err
	}
	for e := range c.Entries() {
		e.Text = cmp.Or(manual[e.Key], e.Text)
		if err := e.print(w); err != nil {
			return err
		}
	}
	return nil
}

func (e Entry) print(w io.Writer) error {
	for _, line := range ui.Wrap(e.Text, 78) {
		if _, err := fmt.Fprintln(w, "#", line); err != nil {
			return err
		}
	}
	if e.Table {
		_, err := fmt.Fprintf(w, "[%s]\n\n", e.Key)
		return err
	}
	name := e.Key[strings.LastIndexByte(e.Key, '.')+1:]
	if e.value.Kind() == reflect.Slice && e.value.Len() == 0 { // the encoder leaves nil out
		_, err := fmt.Fprintf(w, "%s = []\n\n", name)
		return err
	}
	if err := toml.NewEncoder(w).Encode(map[string]any{name: e.value.Interface()}); err != nil {
		return fmt.Errorf("%s: %w", e.Key, err)
	}
	_, err := fmt.Fprintln(w)
	return err
}
