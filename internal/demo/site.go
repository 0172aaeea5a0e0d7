package demo

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"countersign/ui"
)

//go:embed pages/*.html
var pages embed.FS

//go:embed static
var statics embed.FS

// A site is what the samples have in common: pages in two languages, the
// style sheets of the product, strict headers. The samples stay what they show.
type site struct {
	*http.ServeMux
	name      string // key of its name in the messages
	policy    string
	templates map[string]*template.Template // by language and file
}

// newSite makes a site from some of the page files. allow is added to the
// content security policy.
func newSite(name, allow string, files ...string) (*site, error) {
	s := &site{
		ServeMux: http.NewServeMux(), name: name, templates: map[string]*template.Template{},
		policy: "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; " + allow,
	}
	for _, lang := range ui.Languages {
		for _, file := range files {
			t, err := template.New("frame.html").Funcs(functions(lang)).ParseFS(pages, "pages/frame.html", "pages/"+file)
			if err != nil {
				return nil, fmt.Errorf("demo page %s: %w", file, err)
			}
			s.templates[lang+"/"+file] = t
		}
	}
	s.HandleFunc("GET /static/{file}", static)
	return s, nil
}

func functions(lang string) template.FuncMap {
	return template.FuncMap{
		"t":    func(key string, args ...any) string { return ui.T(lang, key, args...) },
		"lang": func() string { return lang },
		"icon": func(name string) template.HTML {
			return template.HTML(`<svg class="i i-s" aria-hidden="true"><use href="#i-` + template.HTMLEscapeString(name) + `"/></svg>`)
		},
	}
}

// ServeHTTP sets the headers every answer has.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	s.ServeMux.ServeHTTP(w, r)
}

// A frame is what a page is drawn in.
type frame struct {
	Name  string
	Other map[string]string // code and name of the other languages
	Data  any
}

var symbolUse = regexp.MustCompile(`<use href="#([a-z0-9-]+)"`)

// show draws a page in the reader's language.
func (s *site) show(w http.ResponseWriter, r *http.Request, status int, file string, data any) {
	lang := speak(w, r)
	f := frame{Name: ui.T(lang, s.name), Other: map[string]string{}, Data: data}
	for _, l := range ui.Languages {
		if l != lang {
			f.Other[l] = ui.LanguageName(l)
		}
	}
	var b bytes.Buffer
	if err := s.templates[lang+"/"+file].Execute(&b, f); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var used []string
	for _, m := range symbolUse.FindAllSubmatch(b.Bytes(), -1) {
		used = append(used, string(m[1]))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(bytes.Replace(b.Bytes(), []byte(sprite), []byte(sprite+ui.Symbols(used...)), 1))
}

// sprite is where a page holds the symbols it uses.
const sprite = `<svg class="sprite" aria-hidden="true" focusable="false">`

// speak finds the language of the answer: the one chosen by a link, now or
// before on any of the samples, else the browser's.
func speak(w http.ResponseWriter, r *http.Request) string {
	if l := r.URL.Query().Get("lang"); l == "en" || l == "ja" {
		http.SetCookie(w, &http.Cookie{Name: "demo-lang", Value: l, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return l
	}
	return language(r)
}

func language(r *http.Request) string {
	chosen := ""
	if c, err := r.Cookie("demo-lang"); err == nil {
		chosen = c.Value
	}
	return ui.Negotiate(r.Header.Get("Accept-Language"), chosen)
}

// static serves the product's style sheets and the samples' own files.
func static(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.PathValue("file"))
	b, err := fs.ReadFile(statics, "static/"+name)
	if err != nil && strings.HasSuffix(name, ".css") {
		b, err = fs.ReadFile(ui.Files, name)
	}
	if err != nil {
		http.NotFound(w, r)
		return
	}
	kinds := map[string]string{".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	w.Header().Set("Content-Type", kinds[path.Ext(name)]+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(b)
}

// sameOrigin tells whether a form was posted from the site itself.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host == r.Host
}
