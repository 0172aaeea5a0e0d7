// Package web is the shell round all pages and APIs of the server: which
// origin a request is for, what a browser may send and is told, how an error
// looks, how a page is drawn and a stream kept open. It is the only package
// that knows HTTP status codes. The page families are packages under it; none
// imports another.
//
// Two origins share the listener and are told apart by Host. The app's origin
// is handed whole to the handler that serves the authenticator. On the id
// origin there are two muxes. Pages have cookies, answer no other origin, and
// take changes only from themselves. The API never sees a cookie and answers
// any origin.
//
// Handlers return their error. What it means to whom is said in one table.
package web

import (
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/notify"
	"countersign/ui"
)

// Config is what the shell needs. DB, ID, App and Hub must be there.
type Config struct {
	DB *db.DB
	// ID is the origin of sign-in pages and API, the issuer: "https://id.example".
	ID string
	// App is the origin of the authenticator web app.
	App string
	// Hosts are further names of the id origin for programs, "127.0.0.1:8080" say. Links never use them.
	Hosts []string
	// PlainToo tells that plain http serves pages under the same names, see [KeepToHTTPS].
	PlainToo bool
	// Hub wakes streams.
	Hub *notify.Hub
	// Proxies are the networks whose X-Forwarded-For is believed, until [Shell.SetProxies] says others.
	Proxies []netip.Prefix
	// Languages are offered, the first to browsers that ask for none of them; nil for all.
	Languages []string
	// Place says where an address is, "Osaka, Japan"; nil or "" for unknown.
	Place func(netip.Addr) string
	// Log gets one line per request. Nil means slog.Default.
	Log *slog.Logger
	// Observe hears of each finished request, for metrics. May be nil.
	Observe func(pattern string, status int, took time.Duration)
	// Closing, once closed, ends all streams, so that a server that stops need not wait for them. May be nil.
	Closing <-chan struct{}
	// Streams is how many may be open at once; 0 for any number.
	Streams int
}

// A HandlerFunc answers a request or returns why it cannot; then it has
// written nothing.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// A Shell serves both origins. Page families mount themselves on it before it
// serves its first request.
type Shell struct {
	Config
	id, app  *url.URL
	pages    *http.ServeMux
	api      *http.ServeMux
	calls    *http.ServeMux
	appSite  http.Handler
	problems []Problem
	static   statics
	proxies  atomic.Pointer[[]netip.Prefix]
	streams  streams
	headers  headers

	templates map[string]func() (*template.Template, error) // by language and name
}

// New makes a shell with the pages every origin has: static files, the
// language switch and error pages.
func New(c Config) (*Shell, error) {
	s := &Shell{
		Config: c, pages: http.NewServeMux(), api: http.NewServeMux(), calls: http.NewServeMux(),
		problems: problems(), templates: map[string]func() (*template.Template, error){},
	}
	var err error
	if s.id, err = origin(c.ID); err != nil {
		return nil, err
	}
	if s.app, err = origin(c.App); err != nil {
		return nil, err
	}
	if s.id.Host == s.app.Host {
		return nil, fmt.Errorf("the app needs an origin of its own, not %s", c.App)
	}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	if len(s.Languages) == 0 {
		s.Languages = ui.Languages
	}
	s.SetProxies(c.Proxies)
	s.headers = headersOf(c)
	if s.static, err = loadStatics(); err != nil {
		return nil, err
	}
	if err := s.Templates("shell", shellPages); err != nil {
		return nil, err
	}
	s.pages.HandleFunc("GET /static/{file}", s.static.serve)
	s.pages.HandleFunc("GET /favicon.ico", s.static.favicon)
	s.Page("GET /looks/{file}", s.getLooks)
	s.Page("GET /{$}", s.home)
	s.Page("POST /signin/lang", s.postLang)
	return s, nil
}

// origin reads a configured origin: scheme and host, nothing else.
func origin(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("origin %q: want https://HOST", s)
	}
	return u, nil
}

// Secure tells whether the id origin is served over https.
func (s *Shell) Secure() bool { return s.id.Scheme == "https" }

// ServeApp hands the app's origin to a handler, which sets its own headers.
func (s *Shell) ServeApp(h http.Handler) { s.appSite = h }

// A PageOption says how a page differs from the others.
type PageOption int

const (
	// AuthorizeRoad marks a page on the way from an application's /authorize
	// back to it: no Cross-Origin-Opener-Policy, which would cut the popup an
	// application opened from it, and no form-action, which Chromium also
	// applies to the redirect that follows a form (O8).
	AuthorizeRoad PageOption = iota
	// FromAnywhere lets other sites post here. Such a page may start things,
	// never change them.
	FromAnywhere
	// WithFile lets a form bring files (multipart/form-data), of [MaxUpload] in all.
	WithFile
)

// Page mounts a page: "GET /security". It has cookies, its forms have at most
// 64 KiB and are parsed when h is called, and what changes state must come
// from our own origin (W1).
func (s *Shell) Page(pattern string, h HandlerFunc, options ...PageOption) {
	var o pageOptions
	for _, option := range options {
		o.road = o.road || option == AuthorizeRoad
		o.anywhere = o.anywhere || option == FromAnywhere
		o.file = o.file || option == WithFile
	}
	s.pages.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.headers.page(w.Header(), o.road)
		err := s.admit(w, r, o)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

type pageOptions struct{ road, anywhere, file bool }

// API mounts an API call whose body has at most limit bytes. It answers any
// origin; cookies are gone before h sees the request.
func (s *Shell) API(pattern string, limit int64, h HandlerFunc) {
	s.api.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.headers.forAPI(w.Header())
		r.Header.Del("Cookie")
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		if err := h(w, r); err != nil {
			s.failAPI(w, r, err)
		}
	})
}

// Call mounts a call of a program that shows a token of its own, whose body has
// at most limit bytes: "GET /api/v1/people". Cookies are gone before h sees the
// request, and no page of another origin may ask (W1): a program is no browser.
// Errors are told as RFC 9457 has it.
func (s *Shell) Call(pattern string, limit int64, h HandlerFunc) {
	s.calls.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.headers.forCalls(w.Header())
		r.Header.Del("Cookie")
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		err := s.fromProgram(r)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			s.failCall(w, r, err)
		}
	})
}

// ServeHTTP chooses the origin, keeps the request's line in the log, and turns
// a panic into an error page.
func (s *Shell) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := s.visit(r)
	out := &answer{ResponseWriter: w}
	r = v.begin(r)
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			s.panicked(out, r, p)
		}
		s.finish(v, out, r, time.Since(start))
	}()
	switch host := strings.ToLower(r.Host); {
	case host == s.app.Host && s.appSite != nil:
		v.origin = "app"
		s.appSite.ServeHTTP(out, r)
	case host == s.id.Host || s.alias(host):
		v.origin = "id"
		s.serveID(out, r)
	default:
		http.Error(out, ui.T(v.from().Lang, "common.misdirected", "host", strings.Map(printable, r.Host)), http.StatusMisdirectedRequest)
	}
}

func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return '?'
	}
	return r
}

func (s *Shell) alias(host string) bool {
	for _, h := range s.Hosts {
		if strings.EqualFold(h, host) {
			return true
		}
	}
	return false
}

// serveID routes a request on the id origin: the API first, then pages, then
// the reason why neither has it.
func (s *Shell) serveID(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions && s.preflight(w, r) {
		return
	}
	if _, pattern := s.api.Handler(r); pattern != "" {
		s.api.ServeHTTP(w, r)
		return
	}
	if _, pattern := s.calls.Handler(r); pattern != "" {
		s.calls.ServeHTTP(w, r)
		return
	}
	if _, pattern := s.pages.Handler(r); pattern != "" {
		s.pages.ServeHTTP(w, r)
		return
	}
	if allow := otherMethods(s.api, r); allow != "" {
		s.headers.forAPI(w.Header())
		w.Header().Set("Allow", allow)
		s.failAPI(w, r, ErrMethod)
		return
	}
	if allow := otherMethods(s.calls, r); allow != "" {
		s.headers.forCalls(w.Header())
		w.Header().Set("Allow", allow)
		s.failCall(w, r, ErrMethod)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		s.headers.forCalls(w.Header())
		s.failCall(w, r, ErrNotFound)
		return
	}
	s.headers.page(w.Header(), false)
	if allow := otherMethods(s.pages, r); allow != "" {
		w.Header().Set("Allow", allow)
		s.fail(w, r, ErrMethod)
		return
	}
	s.fail(w, r, ErrNotFound)
}

// otherMethods tells which methods a mux has for the path, or "".
func otherMethods(mux *http.ServeMux, r *http.Request) string {
	h, _ := mux.Handler(r)
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		return ""
	}
	return probe.header.Get("Allow")
}

// A probe hears what the mux's own 404 or 405 would say.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// home is the id origin's front door.
func (s *Shell) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/security", http.StatusSeeOther)
	return nil
}

// LocalPath tells whether to is a place on this origin that one may be sent
// to: a path that begins with one slash, nothing a browser could read as
// another host (O7).
func LocalPath(to string) bool {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || len(to) > 2048 ||
		strings.ContainsFunc(to, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }) {
		return false
	}
	u, err := url.Parse(to)
	return err == nil && u.Host == "" && u.Scheme == "" && u.User == nil
}
