package phone

import (
	"bytes"
	"embed"
	"encoding/pem"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"countersign/ui"
)

//go:embed ca.html ca.css ca.js
var files embed.FS

// A Page hands out an authority's certificate over plain http, and says how to
// trust it and what does not work before.
type Page struct {
	// ID and App are the origins that the certificate is for.
	ID, App string
	// Authority is nil when the certificate is somebody else's: then the page only leads on.
	Authority *Authority
}

// Handler serves /ca; everything else leads to the sign-in service.
func (p Page) Handler() (http.Handler, error) {
	pages := map[string]*template.Template{}
	for _, lang := range ui.Languages {
		t, err := template.New("ca.html").Funcs(template.FuncMap{
			"t":    func(key string, args ...any) string { return ui.T(lang, key, args...) },
			"lang": func() string { return lang },
			"others": func() []string {
				return strings.Fields(strings.ReplaceAll(" "+strings.Join(ui.Languages, " ")+" ", " "+lang+" ", " "))
			},
			"called":  ui.LanguageName,
			"symbols": func() template.HTML { return template.HTML(ui.Symbols("logo")) }, // our own drawing
		}).ParseFS(files, "ca.html")
		if err != nil {
			return nil, err
		}
		pages[lang] = t
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ca", func(w http.ResponseWriter, r *http.Request) {
		p.page(w, pages[language(w, r)])
	})
	if p.Authority != nil {
		mux.HandleFunc("GET /ca/countersign-demo.crt", p.certificate)
	}
	for _, name := range []string{"tokens.css", "components.css", "pages.css"} {
		mux.HandleFunc("GET /ca/"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, ui.Files, name) })
	}
	for _, name := range []string{"ca.css", "ca.js"} {
		mux.HandleFunc("GET /ca/"+name, func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, files, name) })
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ca", http.StatusFound) })
	return mux, nil
}

// langCookie is the sign-in service's own, so that what is chosen here holds there too.
const langCookie = "lang"

// language finds the language of the answer: the one chosen by the link, now or
// earlier, else the browser's.
func language(w http.ResponseWriter, r *http.Request) string {
	chosen := r.URL.Query().Get("lang")
	if slices.Contains(ui.Languages, chosen) {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: chosen, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	} else if c, err := r.Cookie(langCookie); err == nil {
		chosen = c.Value
	}
	return ui.Negotiate(r.Header.Get("Accept-Language"), chosen)
}

func (p Page) page(w http.ResponseWriter, t *template.Template) {
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src "+p.ID+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write(b.Bytes()) // the reader is gone
}

// certificate is the authority's, in the form that iOS and Android offer to install.
func (p Page) certificate(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-x509-ca-cert")
	w.Header().Set("Content-Disposition", `attachment; filename="countersign-demo.crt"`)
	_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: p.Authority.Root.Raw}) // the reader is gone
}
