package securityweb_test

import (
	"strings"
	"testing"
	"time"

	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
	"countersign/ui"
)

// A phone is switched on once it has shown its unlock key, in the session that
// asked, and off again by that.
func TestAPhoneIsSwitchedOnAfterItHasShownItsUnlockKey(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	method := "/security/methods/" + phone.ID()
	b.get(method).lacks(method + "/unlock")
	if b.get(method + "/unlock"); b.status != 404 {
		t.Errorf("where the directory has no use for it: %d", b.status)
	}
	h.Policy(t, func(p *directory.Policy) { p.Passwordless = true })
	b.get(method).shows("Sign in without a password", method+"/unlock")
	b.get(method + "/unlock").shows("only a passkey notices that").press(method + "/unlock")
	number := b.number()
	other := h.signIn(t, mei, phone2(t, h, mei))
	other.get(method + "/unlock").lacks("Your number is")

	phone.Unlock = regtest.NewKey(t)
	if out := h.Answer(t, phone, wire.Approve, number); out.Outcome != wire.Approved {
		t.Fatal(out)
	}
	if other.get(method + "/unlock"); strings.Contains(other.page, method+"/unlock/finish") {
		t.Error("the answer counts in another session")
	}
	b.get(method + "/unlock").press(method + "/unlock/finish").shows(method + "/unlock/off")
	if s := b.session(); s.Strength != policy.Strong {
		t.Errorf("the session has proven it: %+v", s)
	}
	if g := h.Get(t, phone.ID()); !g.Passwordless {
		t.Errorf("%+v", g)
	}
	b.get("/security").shows("No password", "Sign-in without a password on: Phone")
	b.get(method).press(method + "/unlock/off").lacks(method + "/unlock/off")
	if g := h.Get(t, phone.ID()); g.Passwordless || !g.Unlocks() {
		t.Errorf("%+v", g)
	}
	for _, lang := range ui.Languages {
		b.lang = lang
		b.get(method+"/unlock").shows(ui.T(lang, "security.alone.title"), ui.T(lang, "security.unlock.go"))
	}
}

func phone2(t *testing.T, h *house, mei directory.Person) regtest.Device {
	t.Helper()
	return h.Device(t, mei, "Another")
}

// Where approvals ask for the app lock, the phone shows it here once; a denial shows nothing.
func TestWithoutItsUnlockKeyAPhoneIsNotSwitchedOn(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.Unlock = true })
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	method := "/security/methods/" + phone.ID()
	b.get(method).shows("this phone has not shown one yet")
	b.get(method + "/unlock").press(method + "/unlock")
	phone.Unlock = regtest.NewKey(t)
	h.Answer(t, phone, wire.Deny, "")
	h.Clock.Add(time.Second) // so that the next request is the newer one
	b.get(method + "/unlock").lacks(method + "/unlock/finish").press(method + "/unlock")
	h.Answer(t, phone, wire.Approve, b.number())
	b.get(method + "/unlock").press(method + "/unlock/finish").lacks("has not shown one yet")
	if g := h.Get(t, phone.ID()); g.Passwordless || !g.Unlocks() {
		t.Errorf("%+v", g)
	}
}
