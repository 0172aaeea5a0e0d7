// Package appweb serves the authenticator web app on its own origin. It gives
// out files and one small document that says which sign-in service stands
// behind them; it keeps nothing, sets no cookie and reads none.
//
// What has its hash in its name never changes and is kept for ever; everything
// else is asked for again each time, so that a new version is seen at once.
package appweb

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"

	"countersign/internal/server/web"
	"countersign/ui"
)

// Config is what the app's origin needs to know.
type Config struct {
	// Issuer is the origin of the sign-in service: "https://id.example".
	Issuer string
	// Origin is the app's own: "https://app.example".
	Origin string
	// PlainToo tells that plain http serves pages under the same names.
	PlainToo bool
	// Version of the server, as it says of itself.
	Version string
	// Dist is the built app; app.Dist() outside tests.
	Dist fs.FS
}

// Mount hands the app's origin to the app.
func Mount(s *web.Shell, c Config) error {
	h, err := New(c)
	if err != nil {
		return err
	}
	s.ServeApp(h)
	return nil
}

// A site is the app's origin: its files by path.
type site struct {
	Config
	files  map[string]file
	about  []byte // config.json
	policy string
}

// New makes the handler of the app's origin. If the app was not built it says
// so on every page, in both languages.
func New(c Config) (http.Handler, error) {
	s := &site{Config: c, policy: policy(c.Issuer)}
	var err error
	if s.files, err = load(c.Dist); err != nil {
		return nil, err
	}
	s.about, err = json.Marshal(map[string]any{
		"issuer": c.Issuer, "version": c.Version, "languages": ui.Languages,
	})
	return s, err
}

// policy is what the app may load and reach (O8). It talks to any sign-in
// service over https; over plain http only to the one it came from, which is
// the demo on this computer.
func policy(issuer string) string {
	connect := "'self' https:"
	if strings.HasPrefix(issuer, "http://") {
		connect += " " + issuer
	}
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
		"img-src 'self' blob: data:; connect-src " + connect + "; worker-src 'self'; " +
		"manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'"
}

// ServeHTTP gives out a file.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.headers(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/config.json" {
		s.sendAbout(w)
		return
	}
	path := r.URL.Path
	switch path {
	case "/":
		path = "/index.html"
	case "/callback": // where a sign-in comes back to: the app reads the answer
		path = "/index.html"
		w.Header().Set("Cache-Control", "no-store")
	}
	switch f, ok := s.files[path]; {
	case ok:
		f.send(w, r)
	case path == "/index.html":
		s.sendUnbuilt(w)
	default:
		http.NotFound(w, r)
	}
}

func (s *site) headers(h http.Header) {
	h.Set("Content-Security-Policy", s.policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-cache")
	web.KeepToHTTPS(h, s.Origin, s.PlainToo)
}

func (s *site) sendAbout(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.about) // a reader who left is no fault
}

// sendUnbuilt says in both languages that there is no app in this server.
func (s *site) sendUnbuilt(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = unbuilt.Execute(w, ui.Languages)
}
