package oauthweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"countersign/internal/server/oauth"
	"countersign/ui"
)

func (w *world) television() {
	w.put(oauth.Client{ID: "television", Name: "Television <3", Host: "tv.example", Kind: oauth.Native, Device: true,
		Redirects: []string{"http://127.0.0.1/done"}, Scopes: oauth.ParseScopes("openid profile")})
}

// through sends what a client library sends to the server of the test, from elsewhere.
type through struct{ *world }

func (t through) RoundTrip(r *http.Request) (*http.Response, error) {
	r.RemoteAddr = "192.0.2.99:4711"
	rec := httptest.NewRecorder()
	t.shell.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// An ordinary client library signs somebody in on a device without a browser;
// the person uses pages without scripts, in both languages.
func TestAClientLibrarySignsInByACodeTypedElsewhere(t *testing.T) {
	for _, lang := range ui.Languages {
		w := newWorld(t)
		w.television()
		config := oauth2.Config{ClientID: "television", Scopes: []string{"openid", "profile"}, Endpoint: oauth2.Endpoint{
			DeviceAuthURL: issuer + "/device_authorization", TokenURL: issuer + "/token", AuthStyle: oauth2.AuthStyleInParams}}
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: through{w}})
		device, err := config.DeviceAuth(ctx)
		if err != nil || device.VerificationURI != issuer+"/device" || device.VerificationURIComplete != "" || device.Interval != 5 {
			t.Fatalf("%+v, %v", device, err)
		}
		b := w.signedIn(w.mei)
		b.lang = lang
		page := b.get("/device")
		if page.status != http.StatusOK || !strings.Contains(page.page, ui.T(lang, "oauth.device.warning")) {
			t.Fatalf("%d\n%s", page.status, page.page)
		}
		wrong := b.post("/device", url.Values{"code": {"BBBB-BBBB"}})
		if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.page, `value="BBBB-BBBB"`) || !strings.Contains(wrong.page, ui.T(lang, "oauth.device.wrong")) {
			t.Errorf("a wrong code: %d\n%s", wrong.status, wrong.page)
		}
		asked := b.get(b.post("/device", url.Values{"code": {device.UserCode}}).to())
		for _, says := range []string{"Television &lt;3", "192.0.2.99", ui.T(lang, "oauth.device.only"), ui.T(lang, "oauth.consent.device")} {
			if !strings.Contains(asked.page, says) {
				t.Errorf("O13: the page does not say %q:\n%s", says, asked.page)
			}
		}
		if strings.Contains(asked.page, ui.T(lang, "oauth.consent.native")) {
			t.Error("the page says that the app is on this device")
		}
		told := b.post("/consent", fields(asked.page, "answer", "allow"))
		done := b.get(told.to())
		if told.status != http.StatusSeeOther || !strings.Contains(done.page, ui.T(lang, "oauth.told.yes.title")) {
			t.Errorf("%d %q: %d\n%s", told.status, told.to(), done.status, done.page)
		}
		if b.cookies["__Host-dc"] != "" {
			t.Error("the browser still keeps what proved the code")
		}
		token, err := config.DeviceAccessToken(ctx, &oauth2.DeviceAuthResponse{DeviceCode: device.DeviceCode, Expiry: device.Expiry, Interval: 1})
		if err != nil || !token.Valid() || token.Extra("id_token") == nil {
			t.Errorf("%v", err)
		}
	}
}

// A link to a request, as somebody could send it, shows no consent page.
func TestO13OnlyTheBrowserThatTypedGoesOn(t *testing.T) {
	w := newWorld(t)
	w.television()
	code := decode[oauth.DeviceCode](t, w.browser().post("/device_authorization", url.Values{"client_id": {"television"}, "scope": {"openid"}}))
	thief := w.browser()
	link := thief.post("/device", url.Values{"code": {code.UserCode}}).to()
	victim := w.signedIn(w.mei)
	if a := victim.get(link); a.status != http.StatusSeeOther || a.to() != "/device" {
		t.Errorf("%d to %q", a.status, a.to())
	}
	r, _ := url.Parse(link)
	if a := victim.post("/consent", url.Values{"r": {r.Query().Get("r")}, "answer": {"deny"}}); a.to() != "/device" {
		t.Errorf("denies for somebody else: %d to %q", a.status, a.to())
	}
	if a := thief.get(link); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/signin?") {
		t.Errorf("the browser that typed it: %d to %q", a.status, a.to())
	}
}

func TestDeviceAuthorizationAnswersAsTheProtocolSays(t *testing.T) {
	w := newWorld(t)
	w.television()
	app := w.browser()
	for name, c := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"no client":     {url.Values{"scope": {"openid"}}, 401, "invalid_client"},
		"may not":       {url.Values{"client_id": {"notes"}, "scope": {"openid"}}, 400, "unauthorized_client"},
		"no scope":      {url.Values{"client_id": {"television"}}, 400, "invalid_scope"},
		"other's":       {url.Values{"client_id": {"television"}, "scope": {"backup"}}, 400, "invalid_scope"},
		"twice":         {url.Values{"client_id": {"television"}, "scope": {"openid", "profile"}}, 400, "invalid_request"},
		"oversized":     {url.Values{"client_id": {"television"}, "scope": {"openid"}, "x": {strings.Repeat("x", 9000)}}, 400, "invalid_request"},
		"with a secret": {url.Values{"client_id": {"television"}, "client_secret": {"x"}, "scope": {"openid"}}, 401, "invalid_client"},
	} {
		a := app.post("/device_authorization", c.form, "Sec-Fetch-Site", "cross-site")
		if r := decode[refusal](t, a); a.status != c.status || r.Error != c.want {
			t.Errorf("%s: %d %s", name, a.status, a.page)
		}
	}
	a := app.post("/device_authorization", url.Values{"client_id": {"television"}, "scope": {"openid"}}, "Sec-Fetch-Site", "cross-site")
	if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("O9: %d %v", a.status, a.header)
	}
	if a := app.post("/device", url.Values{"code": {"BBBB-BBBB"}}, "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden {
		t.Errorf("W1: another site types a code: %d", a.status)
	}
	for range 10 {
		a = app.post("/device", url.Values{"code": {"BBBB-BBBB"}})
	}
	if a = app.post("/device", url.Values{"code": {"BBBB-BBBB"}}); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("O13: guessing goes on: %d %v", a.status, a.header)
	}
}
