package securityweb_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

var forget = regexp.MustCompile(`/security/browsers/[A-Z0-9]+/forget`)

// remembered signs in with a code in a browser that asks to be remembered.
func (h *house) remembered(t *testing.T, p directory.Person, phone regtest.Device) {
	t.Helper()
	h.Clock.Add(time.Minute) // a code is good once
	from := signintest.Browser("192.0.2.7")
	from.Remember = true
	token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		went, err = h.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err == nil {
		went, err = h.SignIn.Code(t.Context(), went.Token, phone.Code(t, h.Clock.Now()), from)
	}
	if err != nil || !went.Attempt.Done {
		t.Fatalf("%+v, %v", went.Attempt.Step, err)
	}
	h.Clock.Add(time.Minute)
}

func TestRememberedBrowsersAreShownAndForgottenOneByOneOrAll(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	b.get("/security/sessions").lacks("Remembered browsers")
	for range 3 {
		h.remembered(t, mei, phone)
	}
	b.get("/security/sessions").shows("Remembered browsers", "Chrome, Windows", "Osaka", "until ")
	links := forget.FindAllString(b.page, -1)
	if len(links) != 3 {
		t.Fatalf("%d are shown", len(links))
	}
	b.press(links[0]).shows("Remembered browsers").lacks(links[0])
	b.press("/security/browsers/forget").lacks("Remembered browsers")
	b.get("/security/activity").shows("Browser remembered for 30 days", "Remembered browser forgotten", "2 remembered browsers forgotten")
}

// Who signs out everywhere is asked for both proofs everywhere.
func TestSigningOutEverywhereForgetsRememberedBrowsers(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	h.remembered(t, mei, phone)
	h.signIn(t, mei, phone).get("/security").press("/security/sessions/end")
	h.Clock.Add(time.Minute)
	h.signIn(t, h.Now(t, mei), phone).get("/security/sessions").lacks("Remembered browsers")
	if mails := h.Mails(t, mei); !slices.Contains(mails, "remembered") {
		t.Errorf("mails: %v", mails)
	}
}

// Nobody forgets the browsers of others.
func TestRememberedBrowsersOfOthersStay(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei, rei := h.Member(t, "mei"), h.Member(t, "rei")
	phone := h.Device(t, mei, "Phone")
	h.remembered(t, mei, phone)
	b := h.signIn(t, mei, phone)
	link := forget.FindString(b.get("/security/sessions").page)
	other := h.signIn(t, rei, h.Device(t, rei, "Rei's phone"))
	other.post(link)
	other.post("/security/browsers/forget")
	if b.get("/security/sessions"); link == "" || !strings.Contains(b.page, link) {
		t.Error("it was forgotten")
	}
}
