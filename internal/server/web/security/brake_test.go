package securityweb_test

import (
	"testing"
	"time"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/registration"
)

// N21: the link of a mail works without a sign-in and without scripts; opening
// it shows, pressing does, and a second press does nothing.
func TestN21TheLinkOfAMailShowsAndThenStops(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	h.Clock.Add(time.Minute)
	foreign := h.Device(t, mei, "Foreign")
	here := h.signIn(t, mei, phone)
	var token string
	h.Write(t, func(tx *db.Tx) error {
		made, err := brake.Make(t.Context(), tx, brake.Link{Person: mei.ID, What: brake.App, ID: foreign.ID(), Name: "Foreign"})
		token = made.Reveal()
		return err
	})
	for _, lang := range []string{"ja", "en"} {
		b := &browser{t: t, h: h, lang: lang, agent: windowsChrome}
		if b.get("/stop/"+token).shows(mei.Login, "Foreign", `action="/stop/`+token+`"`); b.status != 200 {
			t.Fatalf("%s: %d", lang, b.status)
		}
	}
	if h.Get(t, foreign.ID()).State != registration.Active {
		t.Fatal("opening the link removed the app")
	}
	b := &browser{t: t, h: h, lang: "en", agent: windowsChrome}
	b.get("/stop/"+token).press("/stop/"+token).shows("Stopped", "The app on Foreign is removed.").lacks("<form method=\"post\" action=\"/stop")
	if h.Get(t, foreign.ID()).State != registration.Removed {
		t.Error("the app is still there")
	}
	if b.post("/stop/" + token).shows("does nothing any more"); b.status != 410 {
		t.Errorf("a second time: %d", b.status)
	}
	if here.get("/security"); here.at == "/security" {
		t.Error("a session goes on")
	}
	h.Clock.Add(time.Minute)
	here = h.signIn(t, mei, phone)
	here.get("/security").shows("Until", "cannot be changed")
	if here.post("/security/recovery", "set", "0").shows("Nothing can be changed for now"); here.status != 409 {
		t.Errorf("frozen, and yet: %d", here.status)
	}
}

// The link about a code that lets an app be paired says what ends with it, in both languages.
func TestN21TheLinkAboutSettingUpSaysWhatEnds(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	var token string
	h.Write(t, func(tx *db.Tx) error {
		made, err := brake.Make(t.Context(), tx, brake.Link{Person: mei.ID, What: brake.SetUp, Name: "m•••@mail.example"})
		token = made.Reveal()
		return err
	})
	for lang, says := range map[string][2]string{
		"en": {"Only an access pass", "counts as known to someone else"}, "ja": {"アクセスパスが必要です", "ほかの人に知られたもの"},
	} {
		b := &browser{t: t, h: h, lang: lang, agent: windowsChrome}
		b.get("/stop/"+token).shows(says[0], says[1])
	}
}
