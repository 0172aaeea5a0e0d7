package web

import (
	"mime"
	"net/http"
	"strings"
)

// Content policies (O8). Nothing is loaded from elsewhere, nothing is inline.
const (
	policyBase = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'"
	policyPages = policyBase + "; form-action 'self'"
	policyAPI   = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

// Limits of what a form brings: fields alone, and with files.
const (
	maxForm   = 64 << 10
	MaxUpload = 1<<20 + maxForm
)

// KeepToHTTPS has browsers come to an https origin's host over https only, for
// two years (RFC 6797). That holds for all ports of the host, so where plain
// http serves pages too they are told to forget it instead.
func KeepToHTTPS(h http.Header, origin string, plainToo bool) {
	switch {
	case !strings.HasPrefix(origin, "https://"):
	case plainToo:
		h.Set("Strict-Transport-Security", "max-age=0")
	default:
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
}

// headers are what every answer of a kind carries. They are put together once.
type headers struct{ pages, road, api, calls http.Header }

func headersOf(c Config) headers {
	common := http.Header{}
	common.Set("X-Content-Type-Options", "nosniff")
	common.Set("Referrer-Policy", "no-referrer")
	common.Set("Cache-Control", "no-store")
	common.Set("X-Frame-Options", "DENY")
	KeepToHTTPS(common, c.ID, c.PlainToo)

	road := common.Clone()
	road.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	road.Set("Cross-Origin-Resource-Policy", "same-origin")
	road.Set("Content-Security-Policy", policyBase)

	pages := road.Clone()
	pages.Set("Content-Security-Policy", policyPages)
	pages.Set("Cross-Origin-Opener-Policy", "same-origin")

	calls := common.Clone() // no origin is named that may ask
	calls.Set("Content-Security-Policy", policyAPI)
	calls.Set("Cross-Origin-Resource-Policy", "same-origin")

	api := common // any origin may ask, without credentials (O9)
	api.Set("Content-Security-Policy", policyAPI)
	api.Set("Cross-Origin-Resource-Policy", "cross-origin")
	api.Set("Access-Control-Allow-Origin", "*")
	api.Set("Access-Control-Expose-Headers", "Date, ETag, DPoP-Nonce, Location, Retry-After, WWW-Authenticate")
	return headers{pages: pages, road: road, api: api, calls: calls}
}

func (h headers) page(to http.Header, road bool) {
	if road {
		give(to, h.road)
	} else {
		give(to, h.pages)
	}
}

func (h headers) forAPI(to http.Header) { give(to, h.api) }

func (h headers) forCalls(to http.Header) { give(to, h.calls) }

// give sets headers. Their values are shared: one value each, so that whoever
// adds a second makes a new list.
func give(to, all http.Header) {
	for name, value := range all {
		to[name] = value[:1:1]
	}
}

// fromProgram refuses what a page of another origin has a browser send.
func (s *Shell) fromProgram(r *http.Request) error {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" && site != "same-origin" && site != "none" || site == "" && origin != "" && !strings.EqualFold(origin, s.ID) {
		return ErrForeign
	}
	return nil
}

// preflight answers a browser that asks whether it may call the API, if the
// API has what it wants to call.
func (s *Shell) preflight(w http.ResponseWriter, r *http.Request) bool {
	method := r.Header.Get("Access-Control-Request-Method")
	if method == "" || r.Header.Get("Origin") == "" {
		return false
	}
	want := r.Clone(r.Context())
	want.Method = method
	_, pattern := s.api.Handler(want)
	if pattern == "" {
		return false
	}
	r.Pattern = pattern
	h := w.Header()
	s.headers.forAPI(h)
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers",
		"Accept, Authorization, Content-Type, Content-Digest, DPoP, If-Match, If-None-Match, Signature, Signature-Input")
	h.Set("Access-Control-Max-Age", "7200")
	h.Set("Vary", "Access-Control-Request-Method")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// admit lets a request to a page in: what changes state must come from our own
// origin, and its form must be small and well-formed.
func (s *Shell) admit(w http.ResponseWriter, r *http.Request, o pageOptions) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if !o.anywhere && !s.sameOrigin(r) {
		return ErrForeign
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "multipart/form-data" && o.file:
		r.Body = http.MaxBytesReader(w, r.Body, MaxUpload)
		err = r.ParseMultipartForm(MaxUpload) // all of it in memory: nothing is put down anywhere
	case err == nil && kind == "application/x-www-form-urlencoded":
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		err = r.ParseForm()
	default:
		return ErrMalformed
	}
	if err != nil {
		return malformed(err)
	}
	return nil
}

// sameOrigin tells whether a browser sent the request from one of our own
// pages (W1). Same-site is not enough: a sibling host could be anybody's. A
// browser too old for Sec-Fetch-Site must show our Origin.
func (s *Shell) sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	return strings.EqualFold(r.Header.Get("Origin"), s.ID)
}
