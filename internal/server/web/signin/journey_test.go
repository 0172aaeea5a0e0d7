package signinweb_test

import (
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

func TestNamePasswordNumberAndIn(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t)
	b.get("/security").shows("/signin/name", "Sign in")
	b.submit("/signin/name", "login", mei.Login).shows("/signin/password", "mei@aoba.example")
	b.submit("/signin/password", "password", signintest.Password).shows("/signin/number", "Waiting for your phone")
	number := b.number()
	b.get("/signin/number").shows("/signin/number", number) // a page loaded again shows the same
	w.Answer(t, phone, wire.Approve, number)
	b.get("/signin/number").shows("/signin/number", "It matches")
	b.submit("/signin/finish").shows("/security", "the page behind the gate")
	b.get("/signin/number").shows("/signin/done", "You are signed in") // the back button
	b.get("/security").shows("/security", "the page behind the gate")
}

func TestTheSameInJapanese(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t)
	b.lang = "ja-JP,ja;q=0.9,en;q=0.5"
	b.get("/security").shows("/signin/name", "メールアドレスまたはユーザー名")
	b.submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", "wrong").shows("/signin/password", "パスワードが違います")
	b.submit("/signin/password", "password", signintest.Password).shows("/signin/number", "スマートフォンの応答待ち")
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").shows("/signin/number", "番号が一致しました").submit("/signin/finish").shows("/security", "gate")
}

func TestTheLanguageSwitchIsRemembered(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	b.get("/signin").shows("/signin/name", "Email or username")
	b.submit("/signin/lang", "lang", "ja").shows("/signin/name", "メールアドレスまたはユーザー名")
	b.get("/signin").shows("/signin/name", `<html lang="ja">`)
	b.submit("/signin/lang", "lang", "en").shows("/signin/name", "Email or username")
}

func TestACodeInsteadOfTheNumber(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	b.get("/signin/ways").shows("/signin/ways", "One-time code")
	b.get("/signin/code").submit("/signin/code", "code", "000000").shows("/signin/code", "That code is not right")
	code := phone.Code(t, w.Clock.Now())
	b.submit("/signin/code", "code", code[:3]+" "+code[3:]).shows("/security", "gate")
	// The browser remembers: next time the code comes first.
	b.send("POST", "/signout", nil)
	w.Clock.Add(time.Minute)
	b.get("/signin?to=/security&other=1").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
	b.shows("/signin/code", "One-time code").submit("/signin/code", "code", code).shows("/signin/code", "not right")
}

// Without scripts too: what is ticked on the page of the second proof counts from the next sign-in on.
func TestNotToAskAgainInThisBrowserIsTickedWithTheSecondProof(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	if strings.Contains(b.page, "remember") {
		t.Error("it is offered where no policy allows it")
	}
	w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	over := 2 * time.Minute // for what the phone was asked and did not answer
	w.Clock.Add(over)
	for name, second := range map[string]func(b *browser){
		"approval": func(b *browser) {
			w.Answer(t, phone, wire.Approve, b.number())
			b.get("/signin/number").shows("/signin/number", "in this browser for 30 days").submit("/signin/finish", "remember", "1")
		},
		"code": func(b *browser) {
			b.get("/signin/code").shows("/signin/code", "in this browser for 30 days")
			b.submit("/signin/code", "remember", "1", "code", phone.Code(t, w.Clock.Now()))
		},
	} {
		b := w.browser(t).proves(mei)
		if second(b.shows("/signin/number", "in this browser for 30 days")); b.at != "/security" {
			t.Fatalf("%s: at %s", name, b.at)
		}
		b.send("POST", "/signout", nil)
		b.get("/signin?to=/security&other=1").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
		b.shows("/security", "gate")
		w.Clock.Add(over)
	}
}

func TestAUsedCodeSaysSo(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	code := phone.Code(t, w.Clock.Now())
	w.browser(t).proves(mei).get("/signin/code").submit("/signin/code", "code", code).shows("/security", "gate")
	w.browser(t).proves(mei).get("/signin/code").submit("/signin/code", "code", code).shows("/signin/code", "used already")
}

func TestWhatThePhoneSaysThePageShows(t *testing.T) {
	for name, c := range map[string]struct{ decision, at, text string }{
		"no":           {wire.Deny, "/signin/ended", "You said no on your phone"},
		"report":       {wire.Report, "/signin/ended", "This sign-in was reported"},
		"wrong number": {wire.Approve, "/signin/number", "The number did not match"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			mei, phone := w.mei(t)
			b := w.browser(t).proves(mei)
			number := ""
			if c.decision == wire.Approve {
				number = map[bool]string{true: "12", false: "11"}[b.number() == "11"]
			}
			w.Answer(t, phone, c.decision, number)
			b.get("/signin/number").shows(c.at, c.text)
			if !strings.Contains(b.page, "CS-") {
				t.Error("no reference")
			}
			if c.decision == wire.Approve {
				b.submit("/signin/ask").shows("/signin/number", "Waiting")
				w.Answer(t, phone, wire.Approve, b.number())
				b.get("/signin/number").submit("/signin/finish").shows("/security", "gate")
				return
			}
			b.get("/signin?to=/security&other=1").shows("/signin/name", "Sign in")
		})
	}
}

func TestAnUnansweredRequestExpires(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	old := b.number()
	b.get("/signin/expired").shows("/signin/number", "Waiting")
	w.Clock.Add(time.Minute)
	b.get("/signin/number").shows("/signin/expired", "ran out of time")
	if strings.Contains(b.page, ">"+old+"<") {
		t.Error("the old number is still there")
	}
	b.submit("/signin/ask").shows("/signin/number", "Waiting")
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin").shows("/signin/number", "It matches").submit("/signin/finish").shows("/security", "gate")
}

func TestFullPlacesSaySo(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	for range 3 {
		w.browser(t).proves(mei).shows("/signin/number", "Waiting")
	}
	w.browser(t).proves(mei).shows("/signin/full", "Other requests are still open")
}

func TestAReportedNetworkIsTold(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Report, "")
	w.SetPassword(t, mei, signintest.Password) // changed, to what everybody has here
	b := w.browser(t).proves(mei).shows("/signin/blocked", "Not from this network")
	code := phone.Code(t, w.Clock.Now())
	b.get("/signin/code").submit("/signin/code", "code", code).shows("/security", "gate")
}

// Whoever has nothing but the phone that is not asked is led to help, not left standing.
func TestWhoeverHasNoOtherWayIsLedToHelp(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	w.Policy(t, func(p *directory.Policy) { p.Codes = false })
	stands := func(b *browser, at string) {
		t.Helper()
		if b.shows(at, `href="/signin/help"`); strings.Contains(b.page, `href="/signin/ways"`) {
			t.Errorf("%s offers other ways, of which there are none", at)
		}
	}
	b := w.browser(t).proves(mei)
	wrong := "11"
	if b.number() == wrong {
		wrong = "22"
	}
	w.Answer(t, phone, wire.Approve, wrong)
	stands(b.get("/signin/number"), "/signin/number")
	for range 4 {
		b = w.browser(t).proves(mei)
	}
	stands(b, "/signin/full")
	w.Answer(t, phone, wire.Report, "")
	w.SetPassword(t, mei, signintest.Password)
	stands(w.browser(t).proves(mei), "/signin/blocked")
}

func TestOnAPhoneTheAppIsALinkWithoutTheNumber(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	b := w.browser(t)
	b.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	b.proves(mei).shows("/signin/number", `href="`+appOrigin+`/"`)
	b.number()
	if w.browser(t).proves(mei); strings.Contains(w.browser(t).page, appOrigin) {
		t.Error("a computer is sent to the app too")
	}
}

func TestTheFirstAppIsPairedOnTheWay(t *testing.T) {
	w := newWorld(t)
	mei := w.Member(t, "mei")
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login)
	answer := b.send("POST", "/signin/password", b.form("/signin/password", "password", signintest.Password))
	if to := answer.Header.Get("Location"); to != "/security/pair?enrol=1" {
		t.Fatalf("sent to %s", to)
	}
	b.get("/security").follow("", b.send("GET", "/security", nil))
	if strings.Contains(b.page, "behind the gate") {
		t.Fatal("an enrol-only session opens the page behind the gate")
	}
	w.pairFirst(t, mei, b)
	b.get("/signin").shows("/signin/paired", "Your phone is paired").submit("/signin/finish").shows("/security", "gate")
}

// pairFirst pairs an app in the enrol-only session of a browser.
func (w *world) pairFirst(t *testing.T, p directory.Person, b *browser) {
	t.Helper()
	token, _, _ := strings.Cut(b.cookies["__Host-ss"].Value, ".")
	var s signin.Session
	w.Write(t, func(tx *db.Tx) (err error) {
		s, err = signin.EnrolSessionOf(t.Context(), tx, token)
		return err
	})
	o := w.Offer(t, w.Now(t, p), s.ID)
	w.Accept(t, o, "Mei's Pixel")
	w.Confirm(t, o)
	w.Activate(t, o)
}

func TestASetupLinkLeadsToPairing(t *testing.T) {
	w := newWorld(t)
	mei := w.Person(t, "mei")
	var link string
	w.Write(t, func(tx *db.Tx) (err error) {
		link, err = directory.SetupLink(t.Context(), tx, mei.ID)
		return err
	})
	path := "/setup/" + link
	b := w.browser(t).get(path).shows(path, "Choose your password")
	b.submit(path, "password", "password1").shows(path, "tried first")
	b.submit(path, "password", "mei12345").shows(path, "your own name")
	b.submit(path, "password", "short").shows(path, "at least 8")
	answer := b.send("POST", path, b.form(path, "password", "kumo no ue"))
	if to := answer.Header.Get("Location"); to != "/security/pair?enrol=1" {
		t.Fatalf("sent to %s", to)
	}
	w.pairFirst(t, mei, b)
	b.get("/signin").submit("/signin/finish").shows("/security", "gate")
	if w.browser(t).get(path).shows(path, "no longer works").status != 410 {
		t.Error("a used link is not gone")
	}
	if strings.Contains(w.log.String(), link) {
		t.Error("the link is in the log")
	}
}

func TestAnHoursPauseKeepsTheNameAndTheGoal(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login)
	w.Clock.Add(61 * time.Minute)
	b.submit("/signin/password", "password", signintest.Password).shows("/signin/password", "Let&#39;s start over")
	if strings.Contains(b.page, signintest.Password) || !strings.Contains(b.page, `value="mei@aoba.example"`) {
		t.Error("the page keeps the password, or not the name")
	}
	b.submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/security", "gate")
}

func TestAFormOlderThanItsCookieKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	b.get("/security")
	delete(b.cookies, "__Host-si")
	w.Clock.Add(2 * time.Hour)
	b.submit("/signin/name", "login", "typed@aoba.example").shows("/signin/name", `value="typed@aoba.example"`)
	if !strings.Contains(b.page, `name="to" value="/security"`) {
		t.Error("the goal is lost")
	}
}

func TestABrowserThatRefusesCookiesIsTold(t *testing.T) {
	w := newWorld(t)
	b := w.browser(t)
	b.get("/security")
	clear(b.cookies)
	b.submit("/signin/name", "login", "mei@aoba.example").shows("/signin/name", "Your browser refuses cookies")
	if b.status != 403 {
		t.Errorf("status %d", b.status)
	}
}

func TestTwoTabsDoNotMix(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	first, second := w.browser(t), w.browser(t)
	second.cookies = first.cookies
	first.get("/security")
	second.get("/signin?to=/fresh&other=1").shows("/signin/name", "Sign in")
	first.submit("/signin/name", "login", mei.Login).shows("/signin/name", "Another sign-in was started")
	second.submit("/signin/name", "login", mei.Login).shows("/signin/password", "Enter your password")
}

func TestAFormPressedTwiceDoesNotLoseTheSignIn(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login)
	form := b.form("/signin/password", "password", signintest.Password)
	old := *b.cookies["__Host-si"]
	b.send("POST", "/signin/password", form)
	answer := b.send("POST", "/signin/password", form, "Cookie", old.Name+"="+old.Value)
	b.follow("", answer).shows("/signin/number", "Waiting")
}

func TestFullAuthenticationIsAskedAgainWhenItIsOld(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/security", "gate")
	b.get("/fresh").shows("/fresh", "gate")
	w.Clock.Add(11 * time.Minute)
	b.get("/fresh").shows("/signin/password", "mei@aoba.example")
	if strings.Contains(b.page, `href="/signin/name"`) {
		t.Error("the name can be changed")
	}
	b.get("/signin/name").shows("/signin/password", "")
	b.submit("/signin/password", "password", signintest.Password)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/fresh", "gate")
}

func TestTheChooser(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	ren := w.Member(t, "ren")
	rens := w.Device(t, ren, "Ren's phone")
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish")
	b.get("/signin/accounts").shows("/signin/accounts", "mei@aoba.example")
	b.get("/signin?to=/security&other=1").submit("/signin/name", "login", ren.Login).submit("/signin/password", "password", signintest.Password)
	w.Answer(t, rens, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/security", "gate")
	b.get("/signin/accounts?to=/security").shows("/signin/accounts", "ren@aoba.example")
	if first, second := strings.Index(b.page, "ren@"), strings.Index(b.page, "mei@"); first > second {
		t.Error("the account in use is not first")
	}
	_, meis, _ := strings.Cut(b.page, "ren@aoba.example")
	b.page = meis
	b.submit("/signin/forget").shows("/signin/accounts", "mei@aoba.example")
	// The session ends by itself: the name is filled in.
	w.Clock.Add(25 * time.Hour)
	b.get("/security").shows("/signin/accounts", "Signed out").submit("/signin/accounts").shows("/signin/name", `value="mei@aoba.example"`)
}

func TestSigningOut(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish")
	old := *b.cookies["__Host-ss"]
	b.get("/signout").shows("/signout", "Sign out here?").submit("/signout").shows("/signout", "You are signed out")
	b.cookies[old.Name] = &old
	b.get("/security").shows("/signin/accounts", "Signed out")
}

func TestAnExposedPasswordIsChangedOnTheWayIn(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	own := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, own.number())
	own.get("/signin/number").submit("/signin/finish")
	thief := w.browser(t)
	thief.ip = "203.0.113.66"
	thief.proves(mei)
	w.Answer(t, phone, wire.Report, "")
	thief = w.browser(t)
	thief.ip = "203.0.113.66"
	thief.proves(mei).shows("/signin/ended", "This password is known to others")
	own.get("/signin?to=/security&other=1").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
	w.Answer(t, phone, wire.Approve, own.number())
	own.get("/signin/number").submit("/signin/finish").shows("/signin/renew", "Choose a new password")
	own.submit("/signin/renew", "password", "12345678").shows("/signin/renew", "tried first")
	own.submit("/signin/renew", "password", signintest.Password).shows("/signin/renew", "the password you had until now")
	own.submit("/signin/renew", "password", "kumo no ue no tourou").shows("/security", "gate")
}

func TestThePhoneFirst(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login).shows("/signin/number", "Waiting")
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/signin/password", "Enter your password")
	b.submit("/signin/password", "password", signintest.Password).shows("/security", "gate")
	// Or the password first, after all.
	b = w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login).get("/signin/ways").shows("/signin/ways", `href="/signin/password"`)
	b.get("/signin/password").submit("/signin/password", "password", signintest.Password).shows("/signin/number", "Waiting")
}
