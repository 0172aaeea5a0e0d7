package signinweb_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/ui"
)

const registeringKeyed = "/signin/register/key"

var toCreate = regexp.MustCompile(`data-create="([^"]+)"`)

// asksForKey goes to the form and sends it by its other button.
func (b *browser) asksForKey(name string) *browser {
	b.t.Helper()
	b.get("/security").get(registering)
	return b.follow(registeringKeyed, b.send("POST", registeringKeyed, b.form(registering, "login", name, "password", "")))
}

// creates has a new passkey answer the page; counts for one whose copies are noticed.
func (b *browser) creates(counts bool) (*methodtest.Passkey, *browser) {
	b.t.Helper()
	m := toCreate.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s creates no passkey:\n%s", b.at, b.page)
	}
	key, answer := methodtest.Create(b.t, html.UnescapeString(m[1]), regtest.Issuer, counts)
	return key, b.submit(b.at, "answer", answer)
}

// uses has the passkey sign what the page asks it to.
func (b *browser) uses(key *methodtest.Passkey) *browser {
	b.t.Helper()
	m := asked.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s asks for no passkey:\n%s", b.at, b.page)
	}
	return b.submit(b.at, "answer", key.Sign(b.t, html.UnescapeString(m[1])))
}

func TestAPersonMakesTheirAccountWithAPasskeyAndNoPassword(t *testing.T) {
	for _, lang := range ui.Languages {
		w := newWorld(t)
		d := w.komorebi(t)
		b := w.browser(t)
		b.lang = lang
		b.asksForKey("Haru.S").shows(b.at, ui.T(lang, "signin.register.key.title"))
		if !strings.HasPrefix(b.at, registeringKeyed+"/") || w.who(t, "haru.s@komorebi.example").ID != "" {
			t.Fatalf("at %s", b.at)
		}
		key, _ := b.creates(true)
		b.shows(b.at, ui.T(lang, "signin.register.key.try"))
		if w.who(t, "haru.s@komorebi.example").ID != "" {
			t.Error("there is somebody before the passkey has signed")
		}
		b.uses(key).shows("/signin/reach", ui.T(lang, "signin.reach.title"))
		haru := w.who(t, "haru.s@komorebi.example")
		if haru.DirectoryID != d.ID || haru.Name != "Haru.S" || haru.Role != directory.Member || haru.Enrol != directory.EnrolClosed {
			t.Errorf("%+v", haru)
		}
		w.Write(t, func(tx *db.Tx) error {
			has, _, err := signin.MethodsOf(t.Context(), tx, haru.ID)
			if has.Password || !has.Passkey {
				t.Errorf("%+v", has)
			}
			events, err2 := audit.Search(t.Context(), tx, audit.Query{Person: haru.ID, Directory: d.ID, Limit: 20})
			kinds := ""
			for _, e := range events {
				kinds += string(e.Kind) + "/" + e.Method + " "
			}
			for _, want := range []string{"person.registered/passkey", "passkey.added/", "signin.done/passkey"} {
				if !strings.Contains(kinds, want) {
					t.Errorf("no %s in %s", want, kinds)
				}
			}
			if err == nil {
				err = err2
			}
			return err
		})
		// The phone is not asked for: the passkey is enough. And it signs in without a name.
		if b.get("/signin"); b.at != "/security" {
			t.Errorf("at %s", b.at)
		}
		again := w.browser(t)
		again.get("/security").signs(key).shows("/security", "gate")
	}
}

// Whatever goes wrong, nobody is made by half.
func TestARegistrationByPasskeyThatFailsMakesNobody(t *testing.T) {
	w := newWorld(t, func(c *signin.Config) { c.Limits.Registered = 100 })
	w.komorebi(t)
	nobody := func(after string) {
		t.Helper()
		if p := w.who(t, "haru@komorebi.example"); p.ID != "" {
			t.Errorf("%s: there is %+v", after, p)
		}
	}
	for name, says := range map[string]string{"ha": "A name has 3 to 40", "": "A name has 3 to 40", "ceo@aoba.example": "A name has 3 to 40"} {
		if b := w.browser(t).asksForKey(name); b.status != 422 || !strings.Contains(b.page, says) {
			t.Errorf("%q: %d %s", name, b.status, b.page)
		}
	}
	b := w.browser(t).asksForKey("haru")
	if b.submit(b.at, "answer", "{}"); b.status != 422 {
		t.Errorf("nonsense: %d", b.status)
	}
	b.shows(b.at, "That did not work")
	nobody("nonsense")
	_, _ = b.creates(true)
	_, stranger := methodtest.Create(t, `{"rp":{"id":"id.example.org"},"user":{"id":"QQ"},"challenge":"QQ"}`, regtest.Issuer, true)
	if b.submit(b.at, "answer", stranger); b.status != 422 {
		t.Errorf("signed by nothing: %d", b.status)
	}
	nobody("signed by nothing")

	// Another browser cannot go on with it, whatever address it knows.
	other := w.browser(t)
	other.get("/security").get(registering)
	if other.get(b.at); other.status != 410 || !strings.Contains(other.page, "took too long") {
		t.Errorf("in another browser: %d", other.status)
	}
	w.Clock.Add(method.OfferLife + time.Second)
	if b.get(b.at); b.status != 410 || !strings.Contains(b.page, "took too long") {
		t.Errorf("later: %d %s", b.status, b.page)
	}
	nobody("later")
}

// A name belongs to who is done first; the other hears it, and their passkey opens nothing.
func TestANameThatIsTakenMeanwhileIsTold(t *testing.T) {
	w := newWorld(t, func(c *signin.Config) { c.Limits.Registered = 100 })
	w.komorebi(t)
	b := w.browser(t).asksForKey("haru")
	key, _ := b.creates(true)
	w.browser(t).makes("haru", phrase)
	first := w.who(t, "haru@komorebi.example")
	if b.uses(key); b.status != 422 || !strings.Contains(b.page, "Somebody has that name already") {
		t.Errorf("%d %s", b.status, b.page)
	}
	if now := w.who(t, "haru@komorebi.example"); now.ID != first.ID {
		t.Errorf("%+v", now)
	}
	w.browser(t).get("/security").signs(key).shows("/signin/passkey", "does not sign in here")
	w.browser(t).asksForKey("HARU").shows(registeringKeyed, "Somebody has that name already")
}

// A8: a passkey is no way round the limit on new accounts, nor a way to make one where nobody may.
func TestA8RegisteringByPasskeyIsCountedAndAllowedLikeByPassword(t *testing.T) {
	w := newWorld(t, func(c *signin.Config) { c.Limits.Registered = 2 })
	w.komorebi(t)
	w.browser(t).makes("haru", phrase)
	b := w.browser(t)
	b.asksForKey("haru").shows(registeringKeyed, "Somebody has that name already")
	if b.asksForKey("haru"); b.status != 429 || strings.Contains(b.page, "Somebody has") {
		t.Errorf("%d %s", b.status, b.page)
	}
	closed := newWorld(t)
	closed.komorebi(t, func(d *directory.Directory) { d.Policy.SelfRegister = false })
	b = closed.browser(t)
	b.get("/security")
	form := url.Values{"a": {hiddenOf(b.page)}, "login": {"haru"}}
	if b.follow(registeringKeyed, b.send("POST", registeringKeyed, form)); b.status != 404 {
		t.Errorf("%d", b.status)
	}
}

// A12: who has proven something makes no account in passing.
func TestA12RegisteringByPasskeyIsForWhoHasProvenNothing(t *testing.T) {
	w := newWorld(t)
	w.komorebi(t)
	mei, _ := w.mei(t)
	b := w.browser(t)
	b.asksForKey("haru")
	page := b.at
	key, _ := b.creates(true)
	form := b.form(page, "answer", key.Sign(t, html.UnescapeString(asked.FindStringSubmatch(b.page)[1])))
	b.get("/signin/name").submit("/signin/name", "login", mei.Login)
	b.submit("/signin/password", "password", signintest.Password)
	b.follow(page, b.send("POST", page, form))
	if p := w.who(t, "haru@komorebi.example"); p.ID != "" {
		t.Errorf("there is %+v", p)
	}
}
