package securityweb_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/ui"
)

var question = regexp.MustCompile(`data-(?:create|passkey)="([^"]+)"`)

func (b *browser) asked() string {
	b.t.Helper()
	m := question.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s (%d) asks for no passkey:\n%s", b.at, b.status, b.page)
	}
	return html.UnescapeString(m[1])
}

// addsPasskey goes through the wizard.
func (b *browser) addsPasskey(kind, name string) *methodtest.Passkey {
	b.t.Helper()
	b.get("/security/add").press("/security/add/passkey", "kind", kind)
	key, answer := methodtest.Create(b.t, b.asked(), regtest.Issuer, true)
	b.press(b.at+"/create", "name", name, "answer", answer).shows("Try it once")
	return b.triesPasskey(key)
}

func (b *browser) triesPasskey(key *methodtest.Passkey) *methodtest.Passkey {
	b.t.Helper()
	b.press(strings.TrimSuffix(b.at, "/try")+"/try", "answer", key.Sign(b.t, b.asked())).shows("Ready.")
	return key
}

func TestAPasskeyIsCreatedTriedAndNamed(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	b.get("/security/add").press("/security/add/passkey", "kind", "passkey").shows("Add a passkey", `value="Windows"`, "resists phishing")
	offer := b.at
	key, answer := methodtest.Create(t, b.asked(), regtest.Issuer, true)
	b.press(offer+"/create", "name", "\u202e", "answer", answer).shows("Choose a name", `aria-invalid="true"`)
	b.press(offer+"/create", "name", "ThinkPad", "answer", "{}").shows("That did not work")
	b.press(offer+"/create", "name", "ThinkPad", "answer", answer).shows("ThinkPad was created")
	b.get("/security").lacks("ThinkPad") // not before it was tried
	b.get(offer)
	other, _ := methodtest.Create(t, `{"rp":{"id":"id.example.org"},"user":{"id":"AAAA"},"challenge":"AAAA"}`, regtest.Issuer, true)
	b.press(offer+"/try", "answer", other.Sign(t, b.asked())).shows("That did not work")
	b.triesPasskey(key).Copy()
	b.shows("ThinkPad", "Chrome, Windows")
	path := b.path()
	b.get(offer)
	if b.status != 410 {
		t.Errorf("the offer is good again: %d", b.status)
	}
	b.get("/security").shows("<strong>Passkey", "ThinkPad ·", "Default", "ThinkPad added")
	b.get(path).press(path+"/rename", "name", "").shows("Choose a name")
	b.press(path+"/rename", "name", "芽衣のノート").shows("Saved.", "芽衣のノート")
	b.lang = "ja"
	b.get(path).shows("まずパスキー", "芽衣のノート")
	b.lang = "en"
	b.addsPasskey("key", "Blue key")
	b.get("/security").shows("<strong>Security key", "Blue key")
	b.get("/security/add").press("/security/add/passkey").shows("excludeCredentials")
	h.Recorded(t, mei.ID, audit.PasskeyAdded, audit.PasskeyRenamed)
}

// N11: the session in which a passkey was added and tried has given it, and may
// go on; another one, as strong as could be before, may not.
func TestN11AddingNeedsTheAccountsStrongest(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	other := h.signIn(t, mei, phone)
	b.addsPasskey("passkey", "ThinkPad")
	if s := b.session(); s.Strength != policy.Strong {
		t.Errorf("%+v", s)
	}
	b.get("/security/add").press("/security/add/passkey", "kind", "key").shows("Add a security key")
	for _, path := range []string{"/security/add/passkey", "/security/pair"} {
		if other.post(path, "kind", "passkey"); !strings.HasPrefix(other.at, "/signin?again=1") {
			t.Errorf("%s: at %s", path, other.at)
		}
	}
	if mails := h.Mails(t, mei); !strings.Contains(strings.Join(mails, " "), "passkey_added") {
		t.Errorf("her address hears of %v", mails)
	}
}

// An offer is its session's, of its epoch, and for ten minutes.
func TestAPasskeyOnItsWayIsItsSessionsOnly(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone).get("/security/add").press("/security/add/passkey")
	h.Clock.Add(time.Minute)
	other := h.signIn(t, mei, phone)
	if other.get(b.at); other.status != 410 {
		t.Errorf("another session: %d", other.status)
	}
	_, answer := methodtest.Create(t, b.asked(), regtest.Issuer, true)
	b.press(b.at + "/cancel").get("/security/add").press("/security/add/passkey")
	if b.press(b.at+"/create", "name", "X", "answer", answer); !strings.Contains(b.page, "That did not work") {
		t.Errorf("an answer to an older question: %d", b.status)
	}
	offer := strings.TrimSuffix(b.at, "/create")
	h.Clock.Add(11 * time.Minute)
	if b.get(offer); b.status != 410 {
		t.Errorf("eleven minutes later: %d", b.status)
	}
}

// R2: what one could not sign in without stays; the last app may go when there is a passkey.
func TestR2TheLastWayStays(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	b.addsPasskey("passkey", "ThinkPad")
	key := b.path()
	app := "/security/methods/" + phone.ID()
	b.get(key + "/remove").shows("your only passkey")
	b.get(app + "/remove").press(app + "/remove").shows("Phone removed")
	b.get(key).shows("could not sign in any more").lacks(key + `/remove"`)
	if b.post(key + "/remove"); b.status != 409 || !strings.Contains(b.page, "Your last way to sign in stays") {
		t.Errorf("%d", b.status)
	}
	b.addsPasskey("key", "Blue key")
	thief := h.signIn(t, h.Member(t, "ren"))
	if thief.post(key + "/remove"); thief.status == 200 {
		t.Errorf("somebody else is at %s", thief.at)
	}
	b.get(key + "/remove").lacks("your only passkey").press(key + "/remove").shows("ThinkPad removed")
	if b.get(key); b.status != 404 {
		t.Errorf("removed: %d", b.status)
	}
}

// A12: whoever removes a stolen passkey ends the sessions it let in.
func TestRemovingAPasskeyEndsWhatItOpened(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	stolen := b.addsPasskey("passkey", "Stolen")
	path := b.path()
	b.addsPasskey("passkey", "Mine")
	from := signintest.Browser("203.0.113.66")
	token, a, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	q, err := h.SignIn.PasskeyQuestion(a)
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Passkey(t.Context(), token, stolen.Sign(t, q), from)
	if err != nil || went.Signed == nil {
		t.Fatalf("%+v %v", went, err)
	}
	b.get(path + "/remove").press(path + "/remove")
	thief := &browser{t: t, h: h, cookies: "__Host-ss=" + strings.Join(went.Signed.Tokens, ".")}
	if thief.get("/security"); !strings.HasPrefix(thief.at, "/signin") {
		t.Errorf("the thief sees %s", thief.at)
	}
	if b.get("/security"); b.status != 200 {
		t.Errorf("who removed it: %d", b.status)
	}
	h.Recorded(t, mei.ID, audit.PasskeyRemoved)
}

func TestWhatIsAskedFirstIsAChoice(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	b.addsPasskey("passkey", "ThinkPad")
	b.get("/security/methods/"+phone.ID()).shows("Ask for an approval first").post("/security/first", "way", "approval")
	b.get("/security/methods/" + phone.ID()).shows("we ask for an approval first")
	if b.post("/security/first", "way", "nonsense"); b.status != 400 {
		t.Errorf("%d", b.status)
	}
	h.Write(t, func(tx *db.Tx) error {
		has, first, err := signin.MethodsOf(t.Context(), tx, mei.ID)
		if first != policy.Approval || has.First(first) != policy.Approval {
			t.Errorf("%+v %q", has, first)
		}
		return err
	})
}

// A person who may pair a first app with the password alone may no more once they have a passkey.
func TestAPasskeyClosesTheDoorForTheFirstApp(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	mei := h.Member(t, "mei")
	h.signIn(t, mei).addsPasskey("passkey", "ThinkPad")
	if p := h.Now(t, mei); p.Enrol != directory.EnrolClosed {
		t.Errorf("the door is %s", p.Enrol)
	}
}

// N18: nothing but passkeys is said to resist phishing.
func TestN18OnlyPasskeysAreSaidToResistPhishing(t *testing.T) {
	for _, lang := range ui.Languages {
		for _, key := range ui.Keys(lang) {
			text := strings.ToLower(ui.T(lang, key))
			if (strings.Contains(text, "phish") || strings.Contains(text, "フィッシング")) && !strings.Contains(key, "passkey") {
				t.Errorf("%s: %s", key, text)
			}
		}
	}
}
