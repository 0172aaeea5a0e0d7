package signinweb_test

import (
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
)

// forgets is somebody of an organisation that lets them help themselves, at the
// page that asks for proofs.
func (w *world) forgets(t *testing.T) (b *browser, mei directory.Person, phone regtest.Device, codes []string) {
	t.Helper()
	w.Policy(t, func(p *directory.Policy) { p.SelfReset = true })
	mei, phone = w.mei(t)
	codes = w.RecoveryCodes(t, mei)
	w.Clock.Add(ways.AddressAge + time.Hour)
	b = w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login).shows("/signin/password", "Forgot password")
	b.get("/signin/forgot").shows("/signin/forgot", `value="mei@aoba.example"`)
	return b, mei, phone, codes
}

func TestAForgottenPasswordIsReplacedByTwoProofs(t *testing.T) {
	w := newWorld(t)
	b, mei, phone, codes := w.forgets(t)
	b.submit("/signin/forgot", "login", mei.Login).shows("/signin/forgot/proofs", "If this account has had an address")
	b.submit("/signin/forgot/send/mail").shows("/signin/forgot/proofs", "on its way")
	_, letter := w.Letter(t, mei.Email)
	if len(letter["code"]) != 6 || letter["browser"] != "Chrome, Windows" {
		t.Fatalf("%v", letter)
	}
	if b.submit("/signin/forgot/proof/mail", "code", "12345678").shows("/signin/forgot/proof/mail", "not the code"); b.status != 422 {
		t.Errorf("a wrong code: %d", b.status)
	}
	before := b.cookies["__Host-wb"].Value
	b.submit("/signin/forgot/proof/mail", "code", letter["code"]).shows("/signin/forgot/proofs", "Done.")
	if b.cookies["__Host-wb"].Value == before {
		t.Error("the token stays after a proof")
	}
	b.submit("/signin/forgot/proof/recovery", "code", "no such").shows("/signin/forgot/proof/recovery", "mistyped")
	b.submit("/signin/forgot/proof/recovery", "code", codes[0]).shows("/signin/forgot/password", "works at once")
	b.shows("/signin/forgot/password", "recovery codes end")
	b.submit("/signin/forgot/password", "password", "short").shows("/signin/forgot/password", "at least 8")
	b.submit("/signin/forgot/password", "password", phrase).shows("/signin/forgot/done", "Your password is changed")
	b.get("/signin/forgot/proofs").shows("/signin/forgot/done", "Your password is changed") // the back button
	b.get("/signin").submit("/signin/password", "password", phrase).shows("/signin/number", "Approve on your phone")
	w.Answer(t, phone, "approve", b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/security", "the page behind the gate")
}

// A8: an organisation that helps its people itself says so of every name alike.
func TestA8WhereTheITDeskHelpsEveryNameHearsSo(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	var pages []string
	for _, login := range []string{mei.Login, "nob@aoba.example"} {
		b := w.browser(t)
		b.get("/signin/forgot").submit("/signin/forgot", "login", login).shows("/signin/forgot", "Ask your IT desk")
		pages = append(pages, strings.ReplaceAll(b.page, login, "LOGIN"))
	}
	if pages[0] != pages[1] {
		t.Errorf("%s\n%s", pages[0], pages[1])
	}
}

// A8: a name that nobody has sees the same pages, word for word.
func TestA8ANameNobodyHasSeesTheSamePages(t *testing.T) {
	w := newWorld(t)
	_, mei, _, _ := w.forgets(t)
	var seen []string
	for _, login := range []string{mei.Login, "nob@aoba.example"} {
		b := w.browser(t)
		page := b.get("/signin/forgot").submit("/signin/forgot", "login", login).page
		page += b.submit("/signin/forgot/send/mail").page
		page += b.submit("/signin/forgot/proof/mail", "code", "1234567").page
		seen = append(seen, strings.ReplaceAll(page, login, "LOGIN"))
	}
	if seen[0] != seen[1] {
		t.Errorf("%s\n%s", seen[0], seen[1])
	}
}

func TestAWayBackThatIsOverBeginsAnew(t *testing.T) {
	w := newWorld(t)
	b, mei, _, codes := w.forgets(t)
	b.submit("/signin/forgot", "login", mei.Login).submit("/signin/forgot/proof/recovery", "code", codes[0])
	w.Write(t, func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, mei.ID); return err })
	b.submit("/signin/forgot/send/mail").shows("/signin/forgot", "Start again")
	b.lang = "ja"
	b.get("/signin/help").shows("/signin/help", "サインインできない場合")
	for _, path := range []string{"/signin/forgot/proofs", "/signin/forgot/password", "/signin/forgot/done"} {
		w.browser(t).get(path).shows("/signin/forgot", "Forgot your password?")
	}
}

// Where nobody else helps, who has lost all that signs in alone says so with the new
// password, in both languages, and reads what comes of it before and after. A day
// later the password leads on without what was lost.
func TestWhatSignsInAloneIsSaidToBeLostWithTheNewPassword(t *testing.T) {
	for lang, words := range map[string][3]string{
		"en": {"I have also lost my passkey", "at once, or after a day if you tick", "Your new password waits"},
		"ja": {"も失くした", "チェックを付けた場合は 1 日後", "新しいパスワードを受け付けました"},
	} {
		t.Run(lang, func(t *testing.T) {
			w := newWorld(t)
			home := w.komorebi(t)
			var haru directory.Person
			w.Write(t, func(tx *db.Tx) (err error) {
				haru, err = directory.CreatePerson(t.Context(), tx, directory.Person{
					DirectoryID: home.ID, Login: "haru@komorebi.example", Name: "Haru", Email: "haru@mail.example", Enrol: directory.EnrolClosed,
				})
				return err
			})
			w.SetPassword(t, haru, signintest.Password)
			w.Passkey(t, haru, "ThinkPad")
			codes := w.RecoveryCodes(t, haru)
			w.Clock.Add(ways.AddressAge + time.Hour)
			b := w.browser(t)
			b.lang = lang
			b.get("/signin/forgot").submit("/signin/forgot", "login", haru.Login).submit("/signin/forgot/send/mail")
			_, letter := w.Letter(t, haru.Email)
			b.submit("/signin/forgot/proof/mail", "code", letter["code"])
			b.submit("/signin/forgot/proof/recovery", "code", codes[0]).shows("/signin/forgot/password", words[0]).shows("/signin/forgot/password", words[1])
			b.submit("/signin/forgot/password", "password", "short", "lost", "1")
			if !strings.Contains(b.page, `name="lost" value="1" aria-describedby="lost-hint" checked`) {
				t.Error("after a mistake it is not ticked any more")
			}
			w.Clock.Add(time.Second)
			b.submit("/signin/forgot/password", "password", phrase, "lost", "1").shows("/signin/forgot/done", words[2])
			if template, _ := w.Letter(t, haru.Email); template != "wayback_all" {
				t.Errorf("announced by %s", template)
			}
			w.Clock.Add(ways.PersonalWait + time.Minute)
			if err := wayback.New(w.SignIn).Ripen(t.Context()); err != nil {
				t.Fatal(err)
			}
			later := w.browser(t)
			later.lang = lang
			later.get("/security").submit("/signin/name", "login", haru.Login).submit("/signin/password", "password", phrase)
			later.submit("/signin/recovery", "code", codes[1]).shows("/security", "the page behind the gate")
		})
	}
}
