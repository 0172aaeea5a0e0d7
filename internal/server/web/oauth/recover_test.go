package oauthweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin/signintest"
	"countersign/ui"
)

const terminalBack = "http://127.0.0.1:50111/callback"

// ren is somebody of a personal directory, with an address of their own.
func (w *world) ren(t *testing.T) (p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home"})
		if err != nil {
			return err
		}
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "ren@mail.example", Name: "Ren", Email: "ren@mail.example"})
		return err
	})
	w.SetPassword(t, p, signintest.Password)
	w.Address(t, w.Now(t, p), "ren@other.example")
	return w.Now(t, p)
}

// A recovery sign-in by password and a code by mail, page by page without
// scripts: it ends at the application with a code, in no session and no known
// browser, also in a browser where somebody is signed in (N14).
func TestN14ARecoverySignInEndsInACodeAndNothingElse(t *testing.T) {
	for _, lang := range ui.Languages {
		w := newWorld(t)
		p := w.ren(t)
		w.Clock.Add(1e9)
		b := w.signedIn(w.mei) // somebody else, who stays so
		session := b.cookies["__Host-ss"]
		b.lang = lang
		request := ask(oauth.ClientTerminal, "scope", "recover", "redirect_uri", terminalBack)
		at := b.get(request)
		if at.status != http.StatusSeeOther || at.to() != "/signin" {
			t.Fatalf("%d %q", at.status, at.to())
		}
		again := b.get(request) // loaded once more
		if again.to() != "/signin" {
			t.Errorf("again: %q", again.to())
		}
		page := b.get(b.get("/signin").to())
		page = b.get(b.post("/signin/name", fields(page.page, "login", p.Login)).to())
		page = b.get(b.post("/signin/password", fields(page.page, "password", signintest.Password)).to())
		if !strings.Contains(page.page, ui.T(lang, "signin.mail.send.title")) || strings.Contains(page.page, "ren@other.example") {
			t.Fatalf("%s: after the password\n%s", lang, page.page)
		}
		w.Clock.Add(1e9)
		page = b.get(b.post("/signin/mail/send", fields(page.page, "to_address", directory.OwnAddress)).to())
		_, letter := w.Letter(t, p.Email)
		wrong := b.post("/signin/mail", fields(page.page, "code", "x"))
		if wrong.status != http.StatusUnprocessableEntity || !strings.Contains(wrong.page, ui.T(lang, "signin.mail.wrong")) {
			t.Errorf("%d\n%s", wrong.status, wrong.page)
		}
		resumed := b.post("/signin/mail", fields(page.page, "code", letter["code"]))
		consent := b.get(resumed.to())
		if !strings.Contains(consent.page, ui.T(lang, "oauth.scope.recover")) {
			t.Fatalf("%d\n%s", consent.status, consent.page)
		}
		answer, err := url.Parse(b.post("/consent", fields(consent.page, "answer", "allow")).to())
		if err != nil || answer.Query().Get("code") == "" {
			t.Fatalf("%v %v", answer, err)
		}
		if b.cookies["__Host-ss"] != session || b.cookies["__Host-kb"] != "" {
			t.Errorf("%s: cookies changed: %v", lang, b.cookies)
		}
		if other := b.get(resumed.to()); !strings.Contains(other.page, ui.T(lang, "oauth.answered.title")) {
			t.Errorf("%s: used again: %d", lang, other.status)
		}
	}
}

// Who cannot give two proofs is told at the application.
func TestARecoverySignInWithOneProofIsTooWeak(t *testing.T) {
	w := newWorld(t)
	p := w.ren(t)
	w.Notify.SetSMTP(nil) // so no code can be sent
	b := w.browser()
	b.get(ask(oauth.ClientTerminal, "scope", "recover", "redirect_uri", terminalBack))
	page := b.get(b.get("/signin").to())
	page = b.get(b.post("/signin/name", fields(page.page, "login", p.Login)).to())
	resumed := b.post("/signin/password", fields(page.page, "password", signintest.Password))
	answer, err := url.Parse(b.get(resumed.to()).to())
	if err != nil || answer.Query().Get("error") != "unmet_authentication_requirements" {
		t.Errorf("%v %v", answer, err)
	}
}
