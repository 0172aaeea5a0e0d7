package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"countersign/internal/server/directory"
	"countersign/internal/server/limit"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// A visit is what the shell knows of one request.
type visit struct {
	shell   *Shell
	asked   *http.Request
	address netip.Addr
	ref     string  // CS-XXXX-XXXX, made when first needed
	client  *Client // worked out when first needed
	origin  string
	here    string // see Here
	org     *Org   // see Dress
	err     error  // that the answer came of
	session *found
}

// found is the session of a request, looked up once.
type found struct {
	session signin.Session
	person  directory.Person
	err     error
}

type visitKey struct{}

func (s *Shell) visit(r *http.Request) *visit {
	return &visit{shell: s, asked: r, address: s.address(r)}
}

// from tells who sent the request. Most requests of programs never ask.
func (v *visit) from() Client {
	if v.client == nil {
		c := v.shell.client(v.asked, v.address)
		v.client = &c
	}
	return *v.client
}

// ip is the address as text, "" for none.
func (v *visit) ip() string {
	if !v.address.IsValid() {
		return ""
	}
	return v.address.String()
}

func (v *visit) begin(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{client: &Client{IP: "", Net: limit.Net(""), Lang: ui.Languages[0]}}
}

// Reference is the correlation reference of the request, CS-XXXX-XXXX: on its
// error page and in its log line.
func Reference(r *http.Request) string {
	v := visitOf(r)
	if v.ref == "" {
		v.ref = signin.NewReference()
	}
	return v.ref
}

// SetReference makes the reference of the thing a request is about, a sign-in
// say, that of the request.
func SetReference(r *http.Request, reference string) { visitOf(r).ref = reference }

// A Client is who sent a request, as far as one can tell.
type Client struct {
	IP      string // as a trusted proxy says, else the peer's
	Net     string // the network it is counted under, see limit.Net
	Place   string // "Osaka, Japan", or "" for unknown
	Browser string // "Chrome", or "" for unknown
	System  string // "Windows", or "" for unknown
	Lang    string // "en" or "ja"
	Phone   bool   // a phone or a tablet, as it says itself
}

// Agent is browser and system in one text, the same in every language: "Chrome, Windows".
func (c Client) Agent() string {
	if c.Browser == "" || c.System == "" {
		return c.Browser + c.System
	}
	return c.Browser + ", " + c.System
}

// From tells who sent the request.
func From(r *http.Request) Client { return visitOf(r).from() }

// Lang is the language of the answer: the one chosen in this browser, else
// the best its settings ask for.
func (s *Shell) Lang(r *http.Request) string { return From(r).Lang }

func (s *Shell) client(r *http.Request, a netip.Addr) Client {
	c := Client{}
	if a.IsValid() {
		c.IP = a.String()
		if s.Place != nil {
			c.Place = s.Place(a)
		}
	}
	c.Net = limit.Net(c.IP)
	c.Browser, c.System, c.Phone = agent(r.UserAgent())
	cookie := ""
	if l, err := r.Cookie(langCookie); err == nil {
		cookie = l.Value
	}
	c.Lang = ui.Negotiate(r.Header.Get("Accept-Language"), cookie, s.Languages...)
	return c
}

// address is the client's address. X-Forwarded-For is read from its end for
// as long as the one who wrote it is a configured proxy (O12).
func (s *Shell) address(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(at); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = next.Unmap().WithZone("")
	}
	return at
}

// SetProxies says from now on whose X-Forwarded-For is believed.
func (s *Shell) SetProxies(networks []netip.Prefix) { s.proxies.Store(&networks) }

func (s *Shell) trusted(a netip.Addr) bool {
	for _, p := range *s.proxies.Load() {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// An answer remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// finish writes the request's line: the pattern of its route, never its path
// or query, which may hold a secret.
func (s *Shell) finish(v *visit, out *answer, r *http.Request, took time.Duration) {
	if out.status == 0 {
		out.status = http.StatusOK
	}
	_, pattern, cut := strings.Cut(r.Pattern, " ")
	if !cut {
		pattern = r.Pattern
	}
	if s.Observe != nil {
		s.Observe(pattern, out.status, took)
	}
	attrs := []slog.Attr{
		slog.String("origin", v.origin), slog.String("method", known(r.Method)), slog.String("route", pattern),
		slog.Int("status", out.status), slog.Int64("bytes", out.bytes), slog.Duration("took", took.Round(10*time.Microsecond)),
		slog.String("ip", v.ip()),
	}
	if v.ref != "" {
		attrs = append(attrs, slog.String("ref", v.ref))
	}
	level := slog.LevelInfo
	if v.err != nil {
		attrs = append(attrs, slog.String("error", v.err.Error()))
		if out.status >= 500 {
			level = slog.LevelError
		}
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// known keeps a made-up method out of the log.
func known(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH":
		return method
	}
	return "other"
}

func (s *Shell) panicked(out *answer, r *http.Request, p any) {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	s.Log.ErrorContext(r.Context(), "panic", "value", p, "stack", string(debug.Stack()), "ref", Reference(r))
	if out.status == 0 {
		s.fail(out, r, ErrInternal)
	}
}
