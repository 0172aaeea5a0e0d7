package phone

import (
	"bytes"
	"embed"
	"encoding/pem"
	"html/template"
	"net/http"
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
		p.page(w, pages[ui.Negotiate(r.Header.Get("Accept-Language"), r.FormValue("lang"))])
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
