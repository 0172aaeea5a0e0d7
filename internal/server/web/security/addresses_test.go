package securityweb_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
)

// meiAtHome is signed in, with a code on its way to an address of hers.
func (h *house) meiAtHome(t *testing.T) (b *browser, mei directory.Person, phone regtest.Device, code string) {
	t.Helper()
	mei = h.Member(t, "mei")
	phone = h.Device(t, mei, "Phone")
	b = h.signIn(t, mei, phone)
	b.get("/security/add").shows(`href="/security/add/email"`)
	b.get("/security/add/email").press("/security/add/email", "address", home).shows("Type the code we sent", home)
	return b, mei, phone, b.mailed(home)
}

const home = "mei@home.example"

// mailed is the code in the newest letter to an address.
func (b *browser) mailed(address string) string {
	b.t.Helper()
	template, data := b.h.Letter(b.t, address)
	if template != "address_code" || len(data["code"]) != 6 || data["browser"] != "Chrome, Windows" {
		b.t.Fatalf("%s is told %q with %v", address, template, data)
	}
	return data["code"]
}

// wrong is another code.
func wrong(code string) string {
	if code == "111111" {
		return "222222"
	}
	return "111111"
}

func TestAnAddressIsConfirmedByTheCodeSentToItAndHearsOfEveryChange(t *testing.T) {
	h := newHouse(t)
	b, mei, _, code := h.meiAtHome(t)
	offer := b.at
	b.press(offer, "code", wrong(code)).shows("That is not the code", `aria-invalid="true"`)
	b.get("/security").lacks("m•••@home.example") // not before it was confirmed
	h.Clock.Add(time.Second)
	b.get(offer).press(offer, "code", code[:3]+" "+code[3:]).shows("Confirmed.", "m•••@home.example").lacks(home)
	path := b.path()
	if template, data := h.Letter(t, mei.Email); template != "address_added" || data["address"] != "m•••@home.example" {
		t.Errorf("her first address is told %s with %v", template, data)
	}
	if template, _ := h.Letter(t, home); template != "address_code" {
		t.Errorf("the new one is told %s", template)
	}
	b.get("/security").shows("m•••@home.example", "confirmed", "Address m•••@home.example added").lacks(home)
	h.Clock.Add(time.Second)
	b.addsCodeApp("Token")
	if template, _ := h.Letter(t, home); template != "codeapp_added" {
		t.Errorf("the new address hears %s", template)
	}
	h.Clock.Add(time.Second)
	b.get(path).press(path + "/remove").shows("Address m•••@home.example removed")
	for _, address := range []string{mei.Email, home} {
		if template, _ := h.Letter(t, address); template != "address_removed" {
			t.Errorf("%s hears %s", address, template)
		}
	}
	if b.get(path); b.status != 404 {
		t.Errorf("removed: %d", b.status)
	}
	h.Recorded(t, mei.ID, audit.AddressAdded, audit.AddressRemoved)
	b.lang = "ja"
	b.get("/security/add/email").shows("メールアドレスの追加")
}

// R1: since when an address is confirmed is known, to the second.
func TestR1WhenAnAddressWasConfirmedIsKept(t *testing.T) {
	h := newHouse(t)
	b, mei, _, code := h.meiAtHome(t)
	h.Clock.Add(3 * time.Minute)
	b.press(b.at, "code", code)
	h.Write(t, func(tx *db.Tx) error {
		all, err := directory.AddressesOf(t.Context(), tx, mei.ID, directory.ByMail)
		if len(all) != 1 || all[0].Text != home || !all[0].ConfirmedAt.Equal(h.Clock.Now()) {
			t.Errorf("%+v", all)
		}
		return err
	})
}

// A code lives ten minutes, is looked at five times, for the session that asked,
// and the database has a keyed hash of it.
func TestACodeSentToAnAddressIsGoodForLittle(t *testing.T) {
	for name, spoil := range map[string]func(b *browser, offer, code string) *browser{
		"late": func(b *browser, _, _ string) *browser { b.h.Clock.Add(directory.AddressLife); return b },
		"guessed five times": func(b *browser, offer, code string) *browser {
			for range 5 {
				b.post(offer, "code", wrong(code)).shows("That is not the code")
			}
			return b
		},
		"guessed at once": func(b *browser, offer, code string) *browser {
			var at sync.WaitGroup
			for range 8 {
				at.Go(func() { b.send("POST", offer, map[string][]string{"code": {wrong(code)}}) })
			}
			at.Wait()
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			b, _, _, code := h.meiAtHome(t)
			offer := b.at
			if spoil(b, offer, code).post(offer, "code", code); b.status == 200 && strings.Contains(b.page, "Confirmed.") {
				t.Errorf("it was taken")
			}
			b.get("/security").lacks("m•••@home.example")
		})
	}
	h := newHouse(t)
	b, mei, phone, code := h.meiAtHome(t)
	offer := b.at
	h.Write(t, func(tx *db.Tx) error {
		var kept []byte
		err := tx.QueryRow(t.Context(), `SELECT code FROM address WHERE person_id = $1`, mei.ID).Scan(&kept)
		if len(kept) < 16 || bytes.Contains(kept, []byte(code)) {
			t.Errorf("%x", kept)
		}
		return err
	})
	h.Clock.Add(time.Minute)
	if other := h.signIn(t, mei, phone).post(offer, "code", code); strings.Contains(other.page, "Confirmed.") {
		t.Error("another session confirmed it")
	}
	b.get(offer).press(offer, "code", code).shows("Confirmed.")
}

// Nobody's mailbox can be filled from here, and codes are counted whoever asks.
func TestCodesToAnAddressAreCounted(t *testing.T) {
	h := newHouse(t)
	b, _, _, _ := h.meiAtHome(t)
	for range 4 {
		b.post("/security/add/email", "address", home).shows("Type the code we sent")
	}
	if b.post("/security/add/email", "address", "MEI@home.example"); b.status != 429 {
		t.Errorf("a sixth: %d", b.status)
	}
	ren := h.Member(t, "ren")
	other := h.signIn(t, ren, h.Device(t, ren, "Phone"))
	if other.post("/security/add/email", "address", home); other.status != 429 {
		t.Errorf("somebody else: %d", other.status)
	}
	other.post("/security/add/email", "address", "ren@home.example").shows("Type the code we sent")
	h.Clock.Add(time.Hour)
	b = h.signIn(t, ren, h.Device(t, ren, "Tablet"))
	b.post("/security/add/email", "address", home).shows("Type the code we sent")
}

func TestWhatIsNoNewAddressIsRefused(t *testing.T) {
	h := newHouse(t)
	b, mei, _, code := h.meiAtHome(t)
	b.press(b.at, "code", code).shows("Confirmed.")
	for typed, says := range map[string]string{
		"": "not an email address", "mei": "not an email address", "Mei <x@home.example>": "not an email address", "x@localhost": "not an email address",
		"x@home.example\r\nBcc: y@home.example": "not an email address", strings.ToUpper(mei.Email): "You have that address already", "Mei@HOME.example": "You have that address already",
	} {
		if b.post("/security/add/email", "address", typed).shows(says); b.status != 422 {
			t.Errorf("%q: %d", typed, b.status)
		}
	}
	for _, address := range []string{"a@home.example", "b@home.example", "c@home.example"} {
		b.post("/security/add/email", "address", address)
		b.press(b.at, "code", b.mailed(address)).shows("Confirmed.")
	}
	b.post("/security/add/email", "address", "d@home.example").shows("as many as one can have")
}

// N10: an address is told, and signs nobody in: it adds nothing to what its
// person can prove themselves with.
func TestN10AnAddressIsNoWayIn(t *testing.T) {
	h := newHouse(t)
	b, mei, _, code := h.meiAtHome(t)
	holds := func() (has policy.Methods) {
		h.Write(t, func(tx *db.Tx) (err error) {
			has, _, err = signin.MethodsOf(t.Context(), tx, mei.ID)
			return err
		})
		return has
	}
	before := holds()
	b.press(b.at, "code", code).shows("Confirmed.")
	if after := holds(); after != before {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestN11AddressesNeedAFreshFullSignIn(t *testing.T) {
	h := newHouse(t)
	b, _, _, code := h.meiAtHome(t)
	b.press(b.at, "code", code)
	path := b.path()
	h.Clock.Add(11 * time.Minute)
	for _, to := range []string{"/security/add/email", path + "/remove"} {
		if b.post(to, "address", "x@home.example"); !strings.HasPrefix(b.at, "/signin?again=1") {
			t.Errorf("%s: at %s", to, b.at)
		}
	}
}
