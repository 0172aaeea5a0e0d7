package securityweb_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/directory"
)

func TestMyDataIsAFileForWhoHasJustSignedIn(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.get("/security").shows(`href="/security/account"`)
	b.get("/security/account").shows("Download my data")
	r := b.send("POST", "/security/account/copy", nil)
	var c struct {
		Account struct {
			SignInName string `json:"sign_in_name"`
		}
		Activity []struct{ What string }
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") || c.Account.SignInName != mei.Login {
		t.Errorf("%v %+v", r.Header, c)
	}
	words := ""
	for _, e := range c.Activity {
		words += e.What + "\n"
	}
	if !strings.Contains(words, "Signed in") || strings.Contains(words, "console.kind") || strings.Contains(words, "signin.") {
		t.Errorf("what happened, in words: %s", words)
	}
	h.Recorded(t, mei.ID, audit.PersonCopied)
	h.Clock.Add(11 * time.Minute)
	if b.post("/security/account/copy"); !strings.HasPrefix(b.at, "/signin?again=1") {
		t.Errorf("later: %s", b.at)
	}
}

func TestAnAccountIsDeletedByItsNameAndByNoOther(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.get("/security/account").shows("the admins delete accounts").lacks(`href="/security/account/delete"`)
	h.Policy(t, func(p *directory.Policy) { p.SelfDelete = true })
	b.get("/security/account/delete").press("/security/account/delete", "login", "ren@aoba.example").shows("not the name")
	b.press("/security/account/delete", "login", strings.ToUpper(mei.Login)).shows("Your account is deleted")
	if b.get("/security"); !strings.HasPrefix(b.at, "/signin") {
		t.Errorf("still signed in: %s", b.at)
	}
}
