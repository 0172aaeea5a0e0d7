package ui

import (
	"fmt"
	"strings"
)

// parse reads one message of the ICU subset that [T] describes.
func parse(text string) (parts, error) {
	p := parser{rest: text}
	m, err := p.message(false)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	if p.rest != "" {
		return nil, fmt.Errorf("%q: a } without its {", text)
	}
	return m, nil
}

type parser struct{ rest string }

// message reads up to the end or to the } that closes a plural's branch.
func (p *parser) message(inPlural bool) (parts, error) {
	stops := "{}"
	if inPlural {
		stops = "{}#"
	}
	var m parts
	for {
		text, _ := p.until(stops)
		if text != "" {
			m = append(m, part{text: text})
		}
		if p.rest == "" || p.rest[0] == '}' {
			return m, nil
		}
		if p.rest[0] == '#' {
			p.rest = p.rest[1:]
			m = append(m, part{name: "#"})
			continue
		}
		hole, err := p.placeholder()
		if err != nil {
			return nil, err
		}
		m = append(m, hole)
	}
}

// placeholder reads {name} or {name, plural, …}, from its { to its }.
func (p *parser) placeholder() (part, error) {
	p.rest = p.rest[1:]
	name, stop := p.until(",}{")
	name = strings.TrimSpace(name)
	if name == "" {
		return part{}, fmt.Errorf("a placeholder without a name")
	}
	switch stop {
	case '}':
		p.rest = p.rest[1:]
		return part{name: name}, nil
	case ',':
		p.rest = p.rest[1:]
		return p.plural(name)
	}
	return part{}, fmt.Errorf("{%s is not closed", name)
}

// plural reads "plural, one {…} other {…}}" behind "{name,".
func (p *parser) plural(name string) (part, error) {
	kind, stop := p.until(",{}")
	if strings.TrimSpace(kind) != "plural" || stop != ',' {
		return part{}, fmt.Errorf("{%s, %s: only plural is known", name, strings.TrimSpace(kind))
	}
	p.rest = p.rest[1:]
	branches := map[string]parts{}
	for {
		word, stop := p.until("{}")
		word = strings.TrimSpace(word)
		if stop == '}' && word == "" && branches["other"] != nil {
			p.rest = p.rest[1:]
			return part{name: name, branches: branches}, nil
		}
		if stop != '{' || !selector(word) {
			return part{}, fmt.Errorf("{%s, plural: wants =n, one or other with their {…}, other always", name)
		}
		p.rest = p.rest[1:]
		inner, err := p.message(true)
		if err != nil {
			return part{}, err
		}
		if p.rest == "" {
			return part{}, fmt.Errorf("{%s, plural: %s is not closed", name, word)
		}
		p.rest = p.rest[1:]
		branches[word] = inner
	}
}

// selector reports whether a word may name a branch.
func selector(word string) bool {
	if word == "one" || word == "other" {
		return true
	}
	digits, exact := strings.CutPrefix(word, "=")
	return exact && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// until takes the text before the first of stops and says which one it was,
// 0 at the end. The stop itself stays.
func (p *parser) until(stops string) (text string, stop byte) {
	i := strings.IndexAny(p.rest, stops)
	if i < 0 {
		text, p.rest = p.rest, ""
		return text, 0
	}
	text, p.rest = p.rest[:i], p.rest[i:]
	return text, p.rest[0]
}
