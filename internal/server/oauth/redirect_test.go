package oauth

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

// O1: the same text or nothing; only the port of a native loopback address is free.
func TestRedirectMatchesExactly(t *testing.T) {
	web := &Client{Kind: Web, Redirects: []string{"https://app.example/cb", "https://app.example/cb?tenant=1"}}
	native := &Client{Kind: Native, Redirects: []string{"http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"}}
	browser := &Client{Kind: Browser, Redirects: []string{"http://127.0.0.1/cb"}}
	for _, c := range []struct {
		client *Client
		uri    string
		want   bool
	}{
		{web, "https://app.example/cb", true},
		{web, "https://app.example/cb?tenant=1", true},
		{web, "https://app.example/cb?tenant=2", false},
		{web, "https://app.example/cb/", false},
		{web, "https://app.example/cb/../admin", false},
		{web, "https://app.example/CB", false},
		{web, "https://APP.example/cb", false},
		{web, "https://app.example:443/cb", false},
		{web, "http://app.example/cb", false},
		{web, "https://app.example.evil.example/cb", false},
		{web, "https://app.example@evil.example/cb", false},
		{web, "https://evil.example/https://app.example/cb", false},
		{web, "https://app.example/cb#x", false},
		{web, "https://app.example/cb%2f", false},
		{web, "https://app.example\\@evil.example/cb", false},
		{web, "", false},
		{native, "http://127.0.0.1:49152/cb", true},
		{native, "http://127.0.0.1/cb", true},
		{native, "http://[::1]:1/cb", true},
		{native, "com.example.app:/cb", true},
		{native, "http://127.0.0.1:0/cb", false},
		{native, "http://127.0.0.1:00080/cb", false},
		{native, "http://127.0.0.1:65536/cb", false},
		{native, "http://127.0.0.1:+80/cb", false},
		{native, "http://127.0.0.1:80@evil.example/cb", false},
		{native, "http://127.0.0.1:80/evil/cb", false},
		{native, "http://127.0.0.1:80/cb?x", false},
		{native, "http://127.0.0.2:80/cb", false},
		{native, "http://localhost:80/cb", false},
		{native, "https://127.0.0.1:80/cb", false},
		{native, "com.example.app://evil/cb", false},
		{browser, "http://127.0.0.1:80/cb", false},
	} {
		if got := c.client.matches(c.uri); got != c.want {
			t.Errorf("%s %q: %v", c.client.Kind, c.uri, got)
		}
	}
}

func TestUnsafeRegistrationsAreRefused(t *testing.T) {
	good := func() *Client {
		return &Client{ID: "app-1", Name: "App", Host: "app.example", Kind: Web, IDTokenAlg: ES256,
			Redirects: []string{"https://app.example/cb"}, Scopes: Scopes{"openid"}}
	}
	if err := good().check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Client){
		"O10 id like a subject": func(c *Client) { c.ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
		"id with a dot":         func(c *Client) { c.ID = "app.1" },
		"no name":               func(c *Client) { c.Name = "" },
		"no redirect":           func(c *Client) { c.Redirects = nil },
		"http":                  func(c *Client) { c.Redirects = []string{"http://app.example/cb"} },
		"fragment":              func(c *Client) { c.Redirects = []string{"https://app.example/cb#x"} },
		"empty fragment":        func(c *Client) { c.Redirects = []string{"https://app.example/cb#"} },
		"user":                  func(c *Client) { c.Redirects = []string{"https://a@app.example/cb"} },
		"wildcard":              func(c *Client) { c.Redirects = []string{"https://*.app.example/cb"} },
		"script":                func(c *Client) { c.Redirects = []string{"javascript:alert(1)"} },
		"data":                  func(c *Client) { c.Redirects = []string{"data:text/html,x"} },
		"private scheme, web":   func(c *Client) { c.Redirects = []string{"com.example.app:/cb"} },
		"logout over http":      func(c *Client) { c.LogoutRedirects = []string{"http://app.example/"} },
		"scope with a quote":    func(c *Client) { c.Scopes = Scopes{`a"b`} },
		"algorithm none":        func(c *Client) { c.IDTokenAlg = "none" },
		"O15 algorithm HS256":   func(c *Client) { c.IDTokenAlg = "HS256" },
		"trusted native": func(c *Client) {
			c.Kind, c.Trusted, c.Redirects = Native, true, []string{"http://127.0.0.1/cb"}
		},
	} {
		c := good()
		spoil(c)
		if err := c.check(); !errors.Is(err, ErrBadClient) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRedirect: whatever matches leads to the registered host and path, as a
// browser reads addresses.
func FuzzRedirect(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1:80/cb", "http://127.0.0.1:80@evil/cb", "http://127.0.0.1:8\t0/cb", "https://app.example/cb", "http://[::1]:9/cb"} {
		f.Add(s)
	}
	c := &Client{Kind: Native, Redirects: []string{"https://app.example/cb", "http://127.0.0.1/cb", "http://[::1]/cb"}}
	f.Fuzz(func(t *testing.T, s string) {
		if !c.matches(s) {
			return
		}
		u, err := url.Parse(withAnswer(s, url.Values{"code": {"x"}}))
		if err != nil {
			t.Fatal(err)
		}
		if h := u.Hostname(); h != "app.example" && h != "127.0.0.1" && h != "::1" || u.Path != "/cb" || u.User != nil || strings.Contains(u.RawQuery, "?") {
			t.Errorf("%q leads to %v", s, u)
		}
	})
}
