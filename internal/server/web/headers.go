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

const maxForm = 64 << 10

func (s *Shell) commonHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Frame-Options", "DENY")
	KeepToHTTPS(h, s.ID, s.PlainToo)
}

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

func (s *Shell) pageHeaders(h http.Header, road bool) {
	s.commonHeaders(h)
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if road {
		h.Set("Content-Security-Policy", policyBase)
		return
	}
	h.Set("Content-Security-Policy", policyPages)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// apiHeaders say that any origin may ask, without credentials (O9).
func (s *Shell) apiHeaders(h http.Header) {
	s.commonHeaders(h)
	h.Set("Content-Security-Policy", policyAPI)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Date, ETag, DPoP-Nonce, Location, Retry-After, WWW-Authenticate")
}

// callHeaders name no origin that may ask.
func (s *Shell) callHeaders(h http.Header) {
	s.commonHeaders(h)
	h.Set("Content-Security-Policy", policyAPI)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
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
	s.apiHeaders(h)
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
func (s *Shell) admit(w http.ResponseWriter, r *http.Request, anywhere bool) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if !anywhere && !s.sameOrigin(r) {
		return ErrForeign
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return ErrMalformed
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
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
