package signinweb_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/signin/signintest"
)

var asked = regexp.MustCompile(`data-passkey="([^"]+)"`)

// signs has a passkey answer the page.
func (b *browser) signs(key *methodtest.Passkey) *browser {
	b.t.Helper()
	m := asked.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s asks for no passkey:\n%s", b.at, b.page)
	}
	return b.submit("/signin/passkey", "answer", key.Sign(b.t, html.UnescapeString(m[1])))
}

func TestAPasskeySignsInOnTheFirstPage(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	key := w.Passkey(t, mei, "ThinkPad")
	b := w.browser(t)
	b.get("/security").shows("/signin/name", "Use a passkey")
	if !strings.Contains(b.page, `autocomplete="username webauthn"`) {
		t.Error("the browser is not told that it may offer passkeys where the name is typed")
	}
	b.signs(key).shows("/security", "gate")
	if b.cookies["__Host-kb"] == nil {
		t.Error("the browser is not known now")
	}
	b.get("/signin?to=/security&other=1").submit("/signin/name", "login", mei.Login).shows("/signin/passkey", "Type your password instead")
	b.get("/signin/password").submit("/signin/password", "password", signintest.Password).shows("/signin/passkey", "Use another way")
	b.get("/signin/ways").shows("/signin/ways", "Approve on your phone")
	b.get("/signin/passkey").signs(key).shows("/security", "gate")
}

func TestAPasskeyThatIsNotTakenSaysWhyWhereItWasUsed(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	ren := w.Member(t, "ren")
	key, rens := w.Passkey(t, mei, "ThinkPad"), w.Passkey(t, ren, "Ren's")
	copied := key.Copy()
	w.browser(t).get("/security").signs(key)
	w.browser(t).get("/security").signs(copied).shows("/signin/passkey", "seems to have been copied")
	w.Write(t, func(tx *db.Tx) error { return w.Passkeys.RemoveAll(t.Context(), tx, mei.ID, method.Where{}) })
	b := w.browser(t).get("/security").signs(key).shows("/signin/passkey", "does not sign in here")
	if b.status != 422 {
		t.Errorf("%d", b.status)
	}
	b.submit("/signin/name", "login", mei.Login).shows("/signin/password", "Use a passkey").signs(key).shows("/signin/passkey", "does not sign in here")
	w.Passkey(t, mei, "New")
	b = w.browser(t).get("/security").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
	b.shows("/signin/passkey", "Use another way").signs(rens).shows("/signin/passkey", "belongs to another account")
	b.get("/signin/number").shows("/signin/passkey", "Use another way") // N19: not from here
}

// N19: a page that may not say whether the phone is asked says so to everybody.
func TestN19ThePageWithTheNumberPointsToThePasskey(t *testing.T) {
	w := newWorld(t)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	mei, _ := w.mei(t)
	key := w.Passkey(t, mei, "ThinkPad")
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		b := w.browser(t).get("/security").submit("/signin/name", "login", login).shows("/signin/number", "Have a passkey?")
		b.get("/signin/passkey").shows("/signin/passkey", "Use a passkey")
		if login == mei.Login {
			b.signs(key).shows("/security", "gate")
		}
	}
}
