package securityweb_test

import (
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
)

const mobile = "+819012345678"

// texted is the code in the newest text to the number.
func (b *browser) texted() string {
	b.t.Helper()
	template, data := b.h.Letter(b.t, mobile)
	if template != "code" || len(data["code"]) != 6 {
		b.t.Fatalf("the phone is told %q with %v", template, data)
	}
	return data["code"]
}

// N11, N21: a number is confirmed by the code that came by text, every mail
// address hears of it with a link that takes it away again, and no news of the
// account goes to it.
func TestANumberIsConfirmedByTheTextSentToIt(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.get("/security/add").shows(`href="/security/add/phone"`)
	b.get("/security/add/phone").press("/security/add/phone", "address", "090-1234-5678").shows("country code")
	b.press("/security/add/phone", "address", "+81 90-1234-5678").shows("Type the code we sent", mobile[1:])
	offer, code := b.at, b.texted()
	b.press(offer, "code", wrong(code)).shows("That is not the code")
	h.Clock.Add(time.Second)
	b.press(offer, "code", code).shows("Confirmed.", "••• 678").lacks(mobile[1:])
	path := b.path()
	template, data := h.Letter(t, mei.Email)
	if template != "number_added" || data["address"] != "••• 678" || data["stop"] == "" {
		t.Errorf("told %s with %v", template, data)
	}
	b.get("/security").shows("Phone by text", "••• 678")
	b.get("/security/add/phone").press("/security/add/phone", "address", mobile).shows("already")

	h.Clock.Add(time.Second)
	b.get(path).press(path + "/remove")
	if template, _ := h.Letter(t, mei.Email); template != "number_removed" {
		t.Errorf("told %s", template)
	}
	if template, _ := h.Letter(t, mobile); template != "code" {
		t.Errorf("the phone is told %s", template)
	}
	b.lang = "ja"
	b.get("/security/add/phone").shows("電話番号の追加")
}

// N21: the link of the mail takes the number away again.
func TestN21TheLinkOfTheMailRemovesTheNumber(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.get("/security/add/phone").press("/security/add/phone", "address", mobile)
	offer, code := b.at, b.texted()
	h.Clock.Add(time.Second)
	b.press(offer, "code", code)
	_, data := h.Letter(t, mei.Email)
	b.get("/stop/" + data["stop"]).shows("••• 678 is removed").press("/stop/" + data["stop"])
	h.Write(t, func(tx *db.Tx) error {
		all, err := directory.AddressesOf(t.Context(), tx, mei.ID, directory.ByPhone)
		if len(all) != 0 {
			t.Errorf("still there: %+v", all)
		}
		return err
	})
}
