package oauthweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/oauth"
)

func (b *browser) idToken() string {
	b.Helper()
	a := b.world.browser().post("/token", b.redemption(b.answered(ask("expenses")).Get("code")))
	_, token, ok := strings.Cut(a.page, `"id_token":"`)
	if !ok {
		b.Fatalf("%s", a.page)
	}
	token, _, _ = strings.Cut(token, `"`)
	return token
}

func TestApplicationSignsItsPersonOut(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	v := url.Values{"id_token_hint": {b.idToken()}, "post_logout_redirect_uri": {expensesBye}, "state": {"s"}}
	a := b.post("/logout", v, "Sec-Fetch-Site", "cross-site") // the application may post it
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), "/logout?") {
		t.Fatalf("%d %q", a.status, a.to())
	}
	if a = b.get(a.to()); a.to() != expensesBye+"?state=s" || b.cookies["__Host-ss"] != "" {
		t.Errorf("%d %q, cookie %q", a.status, a.to(), b.cookies["__Host-ss"])
	}
	if a := b.get(ask("expenses", "prompt", "none")); !strings.Contains(a.to(), "error=login_required") {
		t.Errorf("still signed in: %q", a.to())
	}
}

// Another site can make a browser open a link; it cannot sign anybody out by it.
func TestLogoutWithoutAProofAsks(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	ren := w.signedIn(w.Member(t, "ren"))
	for name, v := range map[string]url.Values{
		"nothing":        {},
		"client only":    {"client_id": {"expenses"}, "post_logout_redirect_uri": {expensesBye}},
		"nonsense hint":  {"id_token_hint": {"x.y.z"}},
		"evil redirect":  {"client_id": {"expenses"}, "post_logout_redirect_uri": {"https://evil.example/"}},
		"unknown client": {"client_id": {"nobody"}, "post_logout_redirect_uri": {expensesBye}},
	} {
		a := b.get("/logout?" + v.Encode())
		if a.status != http.StatusOK || !strings.Contains(a.page, "Sign out?") || b.cookies["__Host-ss"] == "" || strings.Contains(a.content(), "evil") {
			t.Errorf("%s: %d %q", name, a.status, a.to())
		}
	}
	// A hint about somebody else signs nobody out.
	if ren.get("/logout?" + url.Values{"id_token_hint": {b.idToken()}}.Encode()); ren.cookies["__Host-ss"] == "" {
		t.Error("Mei's token signed Ren out")
	}
	page := b.get("/logout?" + url.Values{"client_id": {"expenses"}, "post_logout_redirect_uri": {expensesBye}, "state": {"s"}}.Encode())
	form := fields(page.page)
	if a := b.post("/logout/confirm", form, "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden || b.cookies["__Host-ss"] == "" {
		t.Errorf("W1: %d", a.status)
	}
	if a := b.post("/logout/confirm", form); a.to() != expensesBye+"?state=s" || b.cookies["__Host-ss"] != "" {
		t.Errorf("%d %q", a.status, a.to())
	}
	w.Recorded(t, w.mei.ID, audit.OAuthLogout)
	if a := b.post("/logout/confirm", url.Values{"post_logout_redirect_uri": {"https://evil.example/"}}); a.to() != "" || !strings.Contains(a.page, "You are signed out") {
		t.Errorf("O7: %d %q", a.status, a.to())
	}
}

func TestSigningOutEndsTheTokensOfSinglePageApplications(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn(w.mei)
	code := b.answered(ask("notes", "scope", "openid")).Get("code")
	form := change(w.redemption(code), "client_id", "notes", "client_secret", "", "redirect_uri", notesBack)
	tokens := decode[oauth.Tokens](t, w.browser().post("/token", form))
	bearer := []string{"Authorization", "Bearer " + tokens.AccessToken}
	if a := w.browser().get("/userinfo", bearer...); a.status != http.StatusOK {
		t.Fatalf("%d", a.status)
	}
	b.post("/logout/confirm", url.Values{})
	if a := w.browser().get("/userinfo", bearer...); a.status != http.StatusUnauthorized {
		t.Errorf("%d", a.status)
	}
}
