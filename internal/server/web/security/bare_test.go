package securityweb_test

import (
	"net/url"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// bare is somebody at home who has a passkey and no password, signed in with it.
func (h *house) bare(t *testing.T) (p directory.Person, key *methodtest.Passkey, b *browser) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home", Domain: "home.example"})
		if err != nil {
			return err
		}
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "haru@home.example", Name: "Haru", Email: "haru@mail.example"})
		return err
	})
	key = h.Passkey(t, p, "ThinkPad")
	return p, key, h.keyed(t, p, key)
}

// keyed is a browser that a passkey has signed in.
func (h *house) keyed(t *testing.T, p directory.Person, key *methodtest.Passkey) *browser {
	t.Helper()
	from := signintest.Browser("192.0.2.7")
	token, a, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	question, err := h.SignIn.PasskeyQuestion(a)
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Passkey(t.Context(), token, key.Sign(t, question), from)
	if err != nil || went.Signed == nil {
		t.Fatalf("%s is not signed in: %v", p.Login, err)
	}
	return &browser{t: t, h: h, lang: "en", agent: windowsChrome, cookies: "__Host-ss=" + strings.Join(went.Signed.Tokens, ".")}
}

func TestWhoHasNoPasswordIsToldOfNoneAndCanAddOne(t *testing.T) {
	h := newHouse(t)
	haru, key, b := h.bare(t)
	b.get("/security").shows("ThinkPad").lacks("You type it when you sign in.")
	b.get("/security/add").shows("A second way in", "bring you back in with a password")
	b.get("/security/recovery").shows("You have no password")
	b.makesCodes().shows("together with a code to a confirmed address")
	b.get("/security/password").shows("Add a password", "You sign in without one")
	b.press("/security/password", "password", "password").shows("Add a password", `aria-invalid="true"`)
	b.press("/security/password", "password", signintest.Password)
	b.get("/security").shows("You type it when you sign in.")
	b.get("/security/password").shows("Change your password")
	if _, letter := h.Letter(t, haru.Email); letter["login"] != haru.Login {
		t.Errorf("the mail says %v", letter)
	}
	h.keyed(t, haru, key).get("/security").shows("ThinkPad")
}

// The only way in stays, and with it the person; what is theirs can be taken and ended.
func TestWhoHasNoPasswordKeepsTheirLastPasskeyAndCanLeave(t *testing.T) {
	h := newHouse(t)
	haru, key, b := h.bare(t)
	var id string
	h.Write(t, func(tx *db.Tx) error {
		all, err := h.Passkeys.Of(t.Context(), tx, haru.ID)
		if len(all) == 1 {
			id = all[0].ID
		}
		return err
	})
	path := "/security/passkeys/" + id + "/remove"
	b.get(path).lacks(`action="` + path + `"`)
	if b.post(path); b.status != 409 {
		t.Errorf("%d %s", b.status, b.page)
	}
	h.keyed(t, haru, key)
	if r := b.send("POST", "/security/account/copy", nil); r.StatusCode != 200 {
		t.Errorf("the copy: %d", r.StatusCode)
	}
	b.get("/security/account/delete").press("/security/account/delete", "login", haru.Login).shows("Your account is deleted")
	r := b.send("POST", "/security/password", url.Values{"password": {signintest.Password}})
	if to := r.Header.Get("Location"); !strings.HasPrefix(to, "/signin") {
		t.Errorf("%d %s", r.StatusCode, to)
	}
}
