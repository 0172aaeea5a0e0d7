package securityweb_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/otp"
)

var typedKey = regexp.MustCompile(`translate="no">([A-Z2-7 ]{39})<`)

// key is what the page shows to be typed into an authenticator.
func (b *browser) key() otp.Key {
	b.t.Helper()
	m := typedKey.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s (%d) shows no key:\n%s", b.at, b.status, b.page)
	}
	secret, err := otp.ParseSecret(m[1])
	if err != nil {
		b.t.Fatal(err)
	}
	return otp.Key{Kind: otp.TOTP, Secret: secret}.Shaped()
}

func (b *browser) codeOf(key otp.Key, steps int) string {
	b.t.Helper()
	code, err := key.CodeAt(b.h.Clock.Now().Add(time.Duration(steps) * 30 * time.Second))
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// addsCodeApp goes through the wizard.
func (b *browser) addsCodeApp(name string) otp.Key {
	b.t.Helper()
	b.get("/security/add").press("/security/add/code")
	key := b.key()
	b.press(b.at+"/confirm", "name", name, "code", b.codeOf(key, 0)).shows("Ready.", name)
	return key
}

func TestACodeAppIsAddedTriedNamedSetAndRemoved(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	b.get("/security/add").press("/security/add/code").shows("Add another code app", `value="Code app"`, "<svg")
	offer, key := b.at, b.key()
	b.press(offer+"/confirm", "name", "Token", "code", b.codeOf(key, 9)).shows("That is not its code now", `aria-invalid="true"`)
	b.press(offer+"/confirm", "name", "\u202e", "code", b.codeOf(key, 0)).shows("Choose a name")
	b.get("/security").lacks("Token") // not before it was tried
	b.get(offer).press(offer+"/confirm", "name", "Token", "code", b.codeOf(key, 0)).shows("Ready.")
	path := b.path()
	if b.get(offer); b.status != 410 {
		t.Errorf("the offer is good again: %d", b.status)
	}
	b.get("/security").shows("<strong>Token", "Another code app", "Token added")
	b.get(path).press(path+"/rename", "name", "").shows("Choose a name")
	b.press(path+"/rename", "name", "芽衣のトークン").shows("Saved.", "芽衣のトークン")
	b.press(path+"/set", "first", "1", "second", "2").shows("Those are not two codes in a row")
	h.Clock.Add(5 * time.Minute)
	b.get(path).press(path+"/set", "first", b.codeOf(key, 9), "second", b.codeOf(key, 10)).shows("Its clock is known now")
	b.press(path+"/set", "first", b.codeOf(key, 9), "second", b.codeOf(key, 10)).shows("was used before")
	b.lang = "ja"
	b.get(path).shows("ほかのコードアプリ", "時計を合わせる")
	b.lang = "en"
	b.get(path + "/remove").press(path + "/remove").shows("芽衣のトークン removed")
	if b.get(path); b.status != 404 {
		t.Errorf("removed: %d", b.status)
	}
	mails := strings.Join(h.Mails(t, mei), " ")
	if !strings.Contains(mails, "codeapp_added") || !strings.Contains(mails, "codeapp_removed") {
		t.Errorf("her address hears of %s", mails)
	}
	h.Recorded(t, mei.ID, audit.CodeAppAdded, audit.CodeAppRenamed, audit.CodeAppSet, audit.CodeAppRemoved)
}

// R2: it may be the only second proof; then it stays until there is another.
func TestR2ACodeAppThatIsTheLastWayStays(t *testing.T) {
	h := newHouse(t)
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei)
	b.addsCodeApp("Token")
	path := b.path()
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = true })
	b.get(path).shows("could not sign in any more").lacks(path + `/remove"`)
	if b.post(path + "/remove"); b.status != 409 {
		t.Errorf("%d", b.status)
	}
}

// At most five; with five the person says which one the new one replaces, and
// the old one is good until the new one was tried.
func TestTheSixthCodeAppReplacesOne(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	var oldest string
	for _, name := range []string{"One", "Two", "Three", "Four", "Five"} {
		b.addsCodeApp(name)
		if oldest == "" {
			oldest = strings.TrimPrefix(b.path(), "/security/codeapps/")
		}
	}
	b.get("/security/add").press("/security/add/code").shows("You have 5 code apps")
	b.press("/security/add/code", "replaces", "NONE").shows("Choose one of these")
	b.press("/security/add/code", "replaces", oldest)
	offer, key := b.at, b.key()
	b.get("/security").shows("<strong>One")
	b.get(offer).press(offer+"/confirm", "name", "Six", "code", b.codeOf(key, 0)).shows("Ready.")
	b.get("/security").shows("<strong>Six").lacks("/security/codeapps/" + oldest)
}

// An offer is its session's, of its epoch, and for ten minutes; the key is shown to nobody else.
func TestACodeAppOnItsWayIsItsSessionsOnly(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone).get("/security/add").press("/security/add/code")
	offer, key := b.at, b.key()
	h.Clock.Add(time.Minute)
	if other := h.signIn(t, mei, phone).get(offer); other.status != 410 {
		t.Errorf("another session: %d", other.status)
	}
	h.Clock.Add(method.OfferLife)
	if b.post(offer+"/confirm", "name", "Token", "code", b.codeOf(key, 0)); b.status != 410 {
		t.Errorf("eleven minutes later: %d", b.status)
	}
	b = h.signIn(t, mei, phone).get("/security/add").press("/security/add/code")
	offer = b.at
	b.press(offer + "/cancel")
	if b.get(offer); b.status != 410 {
		t.Errorf("after going back: %d", b.status)
	}
}

// N11: who could have given more has to, before a code app is added or set.
func TestN11ACodeAppNeedsAFreshFullSignIn(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.addsCodeApp("Token")
	path := b.path()
	h.Clock.Add(11 * time.Minute)
	for _, to := range []string{"/security/add/code", path + "/set", path + "/rename", path + "/remove"} {
		if b.post(to); !strings.HasPrefix(b.at, "/signin?again=1") {
			t.Errorf("%s: at %s", to, b.at)
		}
	}
}

func TestWhereCodesAreNotAllowedNoCodeAppIsAdded(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.addsCodeApp("Token")
	path := b.path()
	h.Policy(t, func(p *directory.Policy) { p.Codes = false })
	b.get("/security/add").lacks("/security/add/code")
	if b.post("/security/add/code"); b.status != 404 {
		t.Errorf("%d", b.status)
	}
	b.get(path).shows("Codes do not sign in here")
}
