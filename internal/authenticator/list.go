package authenticator

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"countersign/internal/authenticator/vault"
)

// A Filter says which accounts to show. The zero value shows all.
type Filter struct {
	Query string     // every word of it stands in issuer, name, note, tags or host
	Kind  vault.Kind // if not empty
	Tag   string     // if not empty
	IDs   []string   // if not empty
}

// fits reports whether an account is one of those, but for the query.
func (f Filter) fits(e *vault.Entry) bool {
	return (f.Kind == "" || e.Kind == f.Kind) && (f.Tag == "" || slices.Contains(e.Tags, f.Tag)) &&
		(len(f.IDs) == 0 || slices.Contains(f.IDs, e.ID))
}

// Accounts lists accounts, pinned ones first, then in the person's order.
func (a *App) Accounts(f Filter) []vault.Entry {
	entries := a.vault.Entries()
	words := strings.Fields(Fold(f.Query))
	var pinned, others []vault.Entry
	for i := range entries {
		switch e := &entries[i]; {
		case !f.fits(e) || !a.holds(entries, i, words):
		case e.Pinned:
			pinned = append(pinned, *e)
		default:
			others = append(others, *e)
		}
	}
	return append(pinned, others...)
}

// Search lists the accounts that hold every word of a query.
func (a *App) Search(query string) []vault.Entry { return a.Accounts(Filter{Query: query}) }

// texts are the accounts' words as they are searched. They are made at the
// first key of a search, and again when the accounts have changed.
type texts struct {
	of  *vault.Entry // the first of those they were made of
	all []string
}

// holds reports whether every word stands somewhere in an account.
func (a *App) holds(entries []vault.Entry, i int, words []string) bool {
	if len(words) == 0 {
		return true
	}
	if a.texts == nil || a.texts.of != &entries[0] {
		a.texts = &texts{&entries[0], make([]string, len(entries))}
		for i := range entries {
			a.texts.all[i] = searchText(&entries[i])
		}
	}
	for _, word := range words {
		if !strings.Contains(a.texts.all[i], word) {
			return false
		}
	}
	return true
}

func searchText(e *vault.Entry) string {
	parts := append([]string{e.Issuer, e.Name, e.Note}, e.Tags...)
	if s, ok := e.Server(); ok {
		parts = append(parts, s.Host)
	}
	return Fold(strings.Join(parts, " "))
}

// Groups says how many accounts there are of what.
type Groups struct {
	All   int
	Kinds map[vault.Kind]int
	Tags  []TagCount // by name
}

// A TagCount is how many accounts have a tag.
type TagCount struct {
	Tag string
	N   int
}

// Groups counts the accounts by kind and tag.
func (a *App) Groups() Groups {
	g := Groups{Kinds: map[vault.Kind]int{}}
	tags := map[string]int{}
	for _, e := range a.vault.Entries() {
		g.All++
		g.Kinds[e.Kind]++
		for _, tag := range e.Tags {
			tags[tag]++
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		g.Tags = append(g.Tags, TagCount{tag, tags[tag]})
	}
	return g
}

// Fold makes texts alike that people take for alike when they search: upper and
// lower case, full and half width, hiragana and katakana.
func Fold(s string) string {
	if isPlain(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	var last rune // may yet get a voiced sound mark
	for _, c := range s {
		if c = wide(c); c == '゛' || c == '゜' {
			if v, ok := voiced(last, c); ok {
				last = v
				continue
			}
		}
		if last != 0 {
			b.WriteRune(last)
		}
		last = unicode.ToLower(c)
		if 'ァ' <= last && last <= 'ヶ' {
			last -= 'ァ' - 'ぁ'
		}
	}
	if last != 0 {
		b.WriteRune(last)
	}
	return b.String()
}

// isPlain: ASCII folds by itself, and most is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// halfKana are the half-width forms from U+FF66 to U+FF9F in order.
var halfKana = []rune("ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜")

// wide gives the ordinary form of half-width kana, of full-width letters, and
// of the voiced sound marks that join what stands before them.
func wide(c rune) rune {
	switch {
	case 0xff01 <= c && c <= 0xff5e:
		return c - 0xff01 + '!'
	case 0xff66 <= c && c <= 0xff9f:
		return halfKana[c-0xff66]
	case c == '\u3099':
		return '゛'
	case c == '\u309a':
		return '゜'
	case c == '\u3000':
		return ' '
	}
	return c
}

// voiced joins a kana, which is folded already, and a voiced sound mark.
func voiced(kana, mark rune) (rune, bool) {
	switch {
	case mark == '゛' && kana == 'う':
		return 'ゔ', true
	case mark == '゛' && strings.ContainsRune("かきくけこさしすせそたちつてとはひふへほ", kana):
		return kana + 1, true
	case mark == '゜' && strings.ContainsRune("はひふへほ", kana):
		return kana + 2, true
	}
	return kana, false
}
