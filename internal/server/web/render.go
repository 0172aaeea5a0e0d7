package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"countersign/ui"
)

//go:embed layout/*.html
var layouts embed.FS

//go:embed pages/*.html
var shellPageFiles embed.FS

var shellPages = sub(shellPageFiles, "pages")

func sub(files fs.FS, dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // our own embedded folder
	}
	return f
}

// Templates adds a family's pages: each *.html in files becomes
// "family/file.html" for [Shell.Render]. A page begins with {{template "gate" .}}
// (a card in the middle) or {{template "page" .}} (header and column), and
// defines "title" and "main", and "head" and "scripts" if it needs them; these
// are drawn with the page's own data. What the pages share is in "_shared.html".
//
// Beside html/template's own there are: t KEY NAME VALUE… (a message), icon
// NAME CLASS, numerals TEXT, static FILE, lang, initial NAME, tint NAME.
//
// A page is parsed in a language when it is first asked for: all of them would be
// most of what the program holds, and be gone through whenever memory is cleared.
func (s *Shell) Templates(family string, files fs.FS) error {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return err
	}
	common := slices.Contains(names, shared)
	for _, name := range names {
		if name == shared {
			continue
		}
		for _, lang := range s.Languages {
			s.templates[lang+"/"+family+"/"+name] = sync.OnceValues(func() (*template.Template, error) {
				t, err := template.New(name).Funcs(s.funcs(lang)).ParseFS(layouts, "layout/*.html")
				if err == nil && common {
					t, err = t.ParseFS(files, shared)
				}
				if err == nil {
					t, err = t.ParseFS(files, name)
				}
				return t, err
			})
		}
	}
	return nil
}

// shared is the file of a family that holds templates for its other files.
const shared = "_shared.html"

// Parse parses every page now, and tells of the first that is wrong.
func (s *Shell) Parse() error {
	for name, parsed := range s.templates {
		if _, err := parsed(); err != nil {
			return fmt.Errorf("page %s: %w", name, err)
		}
	}
	return nil
}

func (s *Shell) funcs(lang string) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, args ...any) string { return ui.T(lang, key, args...) },
		"lang":     func() string { return lang },
		"static":   s.static.path,
		"icon":     icon,
		"numerals": numerals,
		"initial":  Initial,
		"tint":     Tint,
		"sprite":   func() template.HTML { return spriteOpen + "</svg>" },
		"other":    func() []language { return s.others(lang) },
	}
}

// drawn is what a layout gets; the page in it gets Data.
type drawn struct {
	Data any
	Here string // where the language switch comes back to
	Who  string // the name of who is signed in, or ""
	Desk bool   // they may open the console
	Org  Org    // whose people it is for
}

// Render draws a page into the answer. data is what its "main" sees as the dot.
// Nothing is written when it returns an error.
func (s *Shell) Render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	parsed := s.templates[s.Lang(r)+"/"+name]
	if parsed == nil {
		return fmt.Errorf("no page %q", name)
	}
	t, err := parsed()
	if err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	org, err := s.orgOf(r)
	if err != nil { // no reason to show no page
		s.Log.WarnContext(r.Context(), "page goes without its looks", "error", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, drawn{Data: data, Here: s.here(r), Who: s.who(r), Desk: s.hasDesk(r), Org: org}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	body := withSprite(b.Bytes())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader who left is no fault
	}
	return nil
}

const spriteOpen = `<svg class="sprite" aria-hidden="true" focusable="false">`

var usedSymbol = regexp.MustCompile(`<use(?: class="[a-z -]*")? href="#([a-z0-9-]+)"`)

// withSprite puts the symbols a page uses where its layout wants them.
func withSprite(page []byte) []byte {
	before, after, found := bytes.Cut(page, []byte(spriteOpen))
	if !found {
		return page
	}
	var ids []string
	for _, m := range usedSymbol.FindAllSubmatch(page, -1) {
		ids = append(ids, string(m[1]))
	}
	return bytes.Join([][]byte{before, []byte(spriteOpen), []byte(ui.Symbols(ids...)), after}, nil)
}

// icon draws a symbol of icons.svg beside words that say the same.
func icon(name string, class ...string) template.HTML {
	return template.HTML(`<svg class="` + template.HTMLEscapeString(strings.TrimSpace("i "+strings.Join(class, " "))) +
		`" aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`)
}

// numerals draws digits; the caller says them in words too.
func numerals(text string) template.HTML {
	var b strings.Builder
	for _, c := range text {
		if c >= '0' && c <= '9' {
			fmt.Fprintf(&b, `<svg class="n" aria-hidden="true"><use href="#n%c"/></svg>`, c)
		} else {
			b.WriteString(`<span class="sp"></span>`)
		}
	}
	return template.HTML(b.String())
}

// Countdown is the time that is left as clocks show it, "0:48", and in seconds, for
// the script that counts them down. A second that has begun counts.
func Countdown(left time.Duration) (seconds int, clock string) {
	seconds = max(0, int((left+time.Second-1)/time.Second))
	return seconds, fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

// Initial is the letter in a person's or thing's mark.
func Initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	if r == utf8.RuneError || !unicode.IsGraphic(r) {
		return "·"
	}
	return string(unicode.ToUpper(r))
}

// Tint chooses one of the six quiet colours of a mark by its name.
func Tint(name string) string {
	tints := [...]string{"moss", "sea", "clay", "indigo", "plum", "straw"}
	h := uint32(2166136261) // FNV-1a, as the app does
	for _, b := range []byte(name) {
		h = (h ^ uint32(b)) * 16777619
	}
	return tints[h%uint32(len(tints))]
}

// A language is a choice of the language switch.
type language struct{ Code, Name string }

func (s *Shell) others(lang string) []language {
	var out []language
	for _, l := range s.Languages {
		if l != lang {
			out = append(out, language{l, ui.LanguageName(l)})
		}
	}
	return out
}
