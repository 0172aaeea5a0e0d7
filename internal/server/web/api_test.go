package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/web"
)

// O9: the API answers any origin, never with credentials, and sees no cookie.
func TestTheAPIAnswersAnybodyAndSeesNoCookie(t *testing.T) {
	s := newShell(t)
	s.API("POST /call", 64, func(w http.ResponseWriter, r *http.Request) error {
		var in struct{ A int }
		if err := web.Decode(r, &in); err != nil {
			return err
		}
		return web.JSON(w, 201, map[string]any{"a": in.A, "cookies": len(r.Cookies())})
	})
	s.API("GET /fail", 0, fails(errors.New("secret detail")))
	s.API("GET /later", 0, fails(web.Later(web.ErrTooMany, 1500*time.Millisecond)))
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/call", `{"A":7}`, 201, `{"a":7,"cookies":0}`},
		{"POST", "/call", `{"A":7,"B":1}`, 400, `"error":"invalid"`}, {"POST", "/call", `{"A":7}{}`, 400, `"error":"invalid"`},
		{"POST", "/call", `{"A":`, 400, `"error":"invalid"`}, {"POST", "/call", "", 400, `"error":"invalid"`},
		{"POST", "/call", `{"A":7` + strings.Repeat(" ", 64) + `}`, 413, `"error":"too_large"`},
		{"GET", "/call", "", 405, `"error":"method_not_allowed"`},
		{"GET", "/fail", "", 500, `"error":"internal"`}, {"GET", "/later", "", 429, `"retry_after":2`},
	} {
		r := do(s, httptest.NewRequest(c.method, id+c.path, strings.NewReader(c.body)), "Cookie", "__Host-ss=x", "Origin", "https://spa.example")
		text := body(t, r)
		if r.StatusCode != c.status || !strings.Contains(text, c.want) || strings.Contains(text, "secret") || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, r.StatusCode, text)
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "*" || r.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", c.path, r.Header)
		}
	}
}

func TestPreflightsAreAnsweredForTheAPIOnly(t *testing.T) {
	s := newShell(t)
	s.API("POST /call", 64, says(""))
	s.Page("POST /form", says(""))
	ask := func(path, method string) *http.Response {
		return do(s, httptest.NewRequest("OPTIONS", id+path, nil), "Origin", "https://spa.example", "Access-Control-Request-Method", method)
	}
	r := ask("/call", "POST")
	if r.StatusCode != 204 || r.Header.Get("Access-Control-Allow-Origin") != "*" || r.Header.Get("Access-Control-Max-Age") != "7200" ||
		!strings.Contains(r.Header.Get("Access-Control-Allow-Headers"), "Signature-Input") {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	for _, c := range [][2]string{{"/call", "DELETE"}, {"/form", "POST"}, {"/nowhere", "GET"}} {
		if r := ask(c[0], c[1]); r.Header.Get("Access-Control-Allow-Origin") == "*" && r.StatusCode < 400 {
			t.Errorf("%v: %d %v", c, r.StatusCode, r.Header)
		}
	}
}

// O12: X-Forwarded-For counts as far as configured proxies wrote it.
func TestTheAddressIsWhatTrustedProxiesSay(t *testing.T) {
	s := newShell(t, func(c *web.Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	s.Page("GET /ip", func(w http.ResponseWriter, r *http.Request) error {
		return says(web.From(r).IP+" "+web.From(r).Net)(w, r)
	})
	for _, c := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1", "", "203.0.113.9 203.0.113.0/24"},
		{"203.0.113.9:1", "198.51.100.1", "203.0.113.9 203.0.113.0/24"},
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1 198.51.100.0/24"},
		{"10.0.0.1:1", "1.2.3.4, 198.51.100.1", "198.51.100.1 198.51.100.0/24"},
		{"10.0.0.1:1", "198.51.100.1, 10.1.1.1", "198.51.100.1 198.51.100.0/24"},
		{"10.0.0.1:1", "nonsense", "10.0.0.1 10.0.0.0/24"},
		{"10.0.0.1:1", "", "10.0.0.1 10.0.0.0/24"},
		{"[::ffff:10.0.0.1]:1", "2001:db8:1:2ff::1", "2001:db8:1:2ff::1 2001:db8:1:200::/56"},
	} {
		r := httptest.NewRequest("GET", id+"/ip", nil)
		r.RemoteAddr = c.peer
		if got := body(t, do(s, r, "X-Forwarded-For", c.forwarded)); got != c.want {
			t.Errorf("%s for %q: %s, want %s", c.peer, c.forwarded, got, c.want)
		}
	}
}
