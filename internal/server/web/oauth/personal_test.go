package oauthweb_test

import (
	"net/http"
	"strings"
	"testing"

	"countersign/internal/server/oauth"
	"countersign/ui"
)

// toBind is a request of the terminal app for a sign-in that binds it.
func toBind(scope string, pairs ...string) string {
	return ask(oauth.ClientTerminal, append([]string{"scope", scope, "redirect_uri", terminalBack}, pairs...)...)
}

// Whoever signs in for a backup reads first that it takes a personal account;
// the name of an organisation stands nowhere, and its accounts are refused by
// their text: one that nobody has as one that somebody has (A8).
func TestASignInForABackupAsksForAPersonalAccountFirst(t *testing.T) {
	w := newWorld(t)
	ren := w.ren(t)
	for _, lang := range ui.Languages {
		for scope, lead := range map[string]string{"backup": "signin.personal.keep", "recover": "signin.personal.recover"} {
			b := w.browser()
			b.lang = lang
			at := b.get(toBind(scope))
			for range 3 {
				if at.status == http.StatusSeeOther {
					at = b.get(at.to())
				}
			}
			for _, words := range []string{lead, "signin.personal.why"} {
				if !strings.Contains(at.page, ui.T(lang, words)) {
					t.Errorf("%s %s: no %s on\n%s", lang, scope, words, at.content())
				}
			}
			if strings.Contains(at.content(), w.Aoba.Name) {
				t.Errorf("%s %s: an organisation is named", lang, scope)
			}
			refused := map[string]bool{}
			for _, login := range []string{"mei@aoba.example", "nobody@AOBA.example"} {
				wrong := b.post("/signin/name", fields(at.page, "login", login))
				if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.page, ui.T(lang, "signin.personal.wrong")) {
					t.Errorf("%s %s: %s is not refused: %d", lang, scope, login, wrong.status)
				}
				refused[strings.ReplaceAll(wrong.content(), login, "")] = true
			}
			if len(refused) != 1 {
				t.Errorf("%s %s: the page tells who is there", lang, scope)
			}
			if on := b.post("/signin/name", fields(at.page, "login", ren.Login)); on.to() != "/signin/password" {
				t.Errorf("%s %s: a personal account: %d to %q", lang, scope, on.status, on.to())
			}
		}
	}
}

// An organisation's account that is signed in already is refused before
// anything is proven, with a way on.
func TestAnAccountOfAnOrganisationKeepsNoBackup(t *testing.T) {
	w := newWorld(t)
	for _, lang := range ui.Languages {
		b := w.signedIn(w.mei)
		b.lang = lang
		w.Clock.Add(1e9)
		page := b.get(b.get(toBind("backup")).to())
		for _, want := range []string{ui.T(lang, "oauth.personal.title"), ui.T(lang, "oauth.other.choose"), "/signin/accounts?to="} {
			if !strings.Contains(page.page, want) {
				t.Errorf("%s: no %q on\n%s", lang, want, page.content())
			}
		}
		chooser := b.get(b.get(toBind("backup", "prompt", "select_account")).to())
		if !strings.Contains(chooser.page, ui.T(lang, "signin.personal.why")) || strings.Contains(chooser.page, ui.T(lang, "signin.name.lead", "app", "Countersign")) {
			t.Errorf("%s: the choice of accounts does not say which will do\n%s", lang, chooser.content())
		}
	}
}

// Who lets the authenticator of another server in reads which it is.
func TestTheAppOfAnotherServerIsNamed(t *testing.T) {
	w := newWorld(t)
	ren := w.ren(t)
	for _, lang := range ui.Languages {
		b := w.signedIn(ren)
		b.lang = lang
		page := b.get(ask(oauth.ClientApp, "scope", "backup", "redirect_uri", "https://app.komorebi.example/callback"))
		if page.status == http.StatusSeeOther {
			page = b.get(page.to())
		}
		if !strings.Contains(page.page, ui.T(lang, "oauth.consent.guest", "host", "app.komorebi.example")) {
			t.Errorf("%s: %d\n%s", lang, page.status, page.content())
		}
		refused := b.get(ask(oauth.ClientApp, "scope", "backup", "redirect_uri", "https://app.evil.example/callback"))
		if refused.status != http.StatusBadRequest || strings.Contains(refused.page, "evil.example/callback") {
			t.Errorf("%s: another app: %d", lang, refused.status)
		}
	}
}
