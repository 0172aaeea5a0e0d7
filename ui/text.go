package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Languages lists the languages every message exists in, the first being the
// one used when nothing better is known.
var Languages = []string{"en", "ja"}

// LanguageName is what a language calls itself, for the switch on every page.
func LanguageName(lang string) string {
	if lang == "ja" {
		return "日本語"
	}
	return "English"
}

// T returns the message key in lang with its placeholders filled from args,
// which are pairs of name and value: T("ja", "signin.name.title", "app", app).
//
// Messages are written in a subset of ICU MessageFormat: {name} is replaced
// by the value, and {n, plural, =0 {…} one {…} other {…}} chooses by a number,
// "#" inside a branch being that number. There is no quoting; a message cannot
// hold a literal brace. Japanese has no "one". What T returns is plain text,
// not HTML.
//
// A key that does not exist comes back as itself, a placeholder without a
// value stays as written: both show on the page and fail the parity test.
func T(lang, key string, args ...any) string {
	m, ok := message(lang, key)
	if !ok {
		return key
	}
	var b strings.Builder
	m.write(&b, lang, args, "")
	return b.String()
}

// Has reports whether a message exists.
func Has(lang, key string) bool {
	_, ok := message(lang, key)
	return ok
}

// here stands in messages of the web app for what it runs on: phone, tablet or
// computer. A language that has one word for all of them does without it.
const here = "here"

// Keys returns the keys of all messages of a language, sorted.
func Keys(lang string) []string {
	return slices.Sorted(maps.Keys(catalogue()[lang]))
}

// Placeholders returns what a message wants to be given: name to "plural" or
// "text". The web app fills {here} by itself.
func Placeholders(lang, key string) map[string]string {
	m, _ := message(lang, key)
	names := map[string]string{}
	m.placeholders(names)
	return names
}

func message(lang, key string) (parts, bool) {
	all := catalogue()
	byKey, ok := all[lang]
	if !ok {
		byKey = all[Languages[0]]
	}
	m, ok := byKey[key]
	return m, ok
}

var catalogue = sync.OnceValue(func() map[string]map[string]parts {
	all := map[string]map[string]parts{}
	for _, lang := range Languages {
		byKey, err := load(lang)
		if err != nil {
			panic(err) // embedded, and held by a test: our own broken constant
		}
		all[lang] = byKey
	}
	return all
})

// load reads every family of one language.
func load(lang string) (map[string]parts, error) {
	dir := "messages/" + lang
	files, err := Files.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	byKey := map[string]parts{}
	for _, f := range files {
		text, err := Files.ReadFile(dir + "/" + f.Name())
		if err != nil {
			return nil, err
		}
		if err := read(byKey, strings.TrimSuffix(f.Name(), ".json"), text); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", dir, f.Name(), err)
		}
	}
	return byKey, nil
}

func read(byKey map[string]parts, family string, text []byte) error {
	var flat map[string]string
	if err := json.Unmarshal(text, &flat); err != nil {
		return err
	}
	for key, value := range flat {
		m, err := parse(value)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		byKey[family+"."+key] = m
	}
	return nil
}

// parts is a parsed message: text, placeholders and plurals in order.
type parts []part

// A part is literal text, or the value called name, or – with branches – the
// branch that fits the number called name. "#" is the number of the plural
// around it.
type part struct {
	text     string
	name     string
	branches map[string]parts
}

func (m parts) write(b *strings.Builder, lang string, args []any, number string) {
	for _, p := range m {
		switch {
		case p.branches != nil:
			n := show(args, p.name)
			p.branch(lang, n).write(b, lang, args, n)
		case p.name == "#":
			b.WriteString(number)
		case p.name != "":
			b.WriteString(show(args, p.name))
		default:
			b.WriteString(p.text)
		}
	}
}

// branch chooses by CLDR's cardinal rules: English has one and other,
// Japanese only other. An exact "=n" wins.
func (p part) branch(lang, n string) parts {
	if m, ok := p.branches["="+n]; ok {
		return m
	}
	if m, ok := p.branches["one"]; ok && n == "1" && lang != "ja" {
		return m
	}
	return p.branches["other"]
}

func (m parts) placeholders(names map[string]string) {
	for _, p := range m {
		switch {
		case p.branches != nil:
			names[p.name] = "plural"
			for _, inner := range p.branches {
				inner.placeholders(names)
			}
		case p.name != "" && p.name != "#" && p.name != here && names[p.name] == "":
			names[p.name] = "text"
		}
	}
}

// show finds the value called name among the pairs of args.
func show(args []any, name string) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return value(args[i+1])
		}
	}
	return "{" + name + "}"
}

func value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	}
	return fmt.Sprint(v)
}
