package main

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/scan"
	"countersign/internal/server/journeytest"
	"countersign/internal/wire"
)

// open is the full-screen app over a vault.
func (v vault) open(lang string) *seat {
	v.t.Helper()
	return sit(v.t, v.dir, lang, "--vault", v.dir, "--passphrase-file", v.pass)
}

// proves signs in at a page with two proofs, and is in the browser of that.
func (v vault) proves(path string) *journeytest.Browser {
	v.t.Helper()
	ctx, b := v.t.Context(), v.w.Browser(v.mei)
	must(v.t, b.Get(ctx, path))
	must(v.t, b.Submit(ctx, "/signin/name", url.Values{"login": {v.mei.Login}}))
	must(v.t, b.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
	must(v.t, b.Get(ctx, "/signin/recovery"))
	must(v.t, b.Submit(ctx, "/signin/recovery", url.Values{"code": {(*v.codes)[0]}}))
	*v.codes = (*v.codes)[1:]
	return b
}

// paired makes a vault's device an app of its person.
func (v vault) paired() {
	v.t.Helper()
	ctx, b := v.t.Context(), v.proves("/signin?to=/security")
	must(v.t, b.Get(ctx, "/security/add"))
	must(v.t, b.Submit(ctx, "/security/pair", nil))
	page := b.URL.Path
	v.run("", "pair", regexp.MustCompile(`class="setup-code mono" translate="no">([^<]+)<`).FindStringSubmatch(b.Page)[1], "--server", v.w.Config.IDURL)
	must(v.t, b.Get(ctx, page))
	must(v.t, b.Submit(ctx, page+"/confirm", url.Values{"yours": {"yes"}}))
	v.run("", "watch", "--once")
	v.run("", "approve", "--number", spoken.FindStringSubmatch(b.Page)[1])
	must(v.t, b.Get(ctx, page))
	must(v.t, b.Submit(ctx, page+"/finish", nil))
}

// follows opens the address that a seat sends its person to.
func (s *seat) follows(v vault) *journeytest.Browser {
	s.t.Helper()
	s.sees(`ブラウザーで開きます`)
	s.types("c")
	s.sees(`コピーしました`)
	at, err := url.Parse(s.copied())
	must(s.t, err)
	return v.proves(at.RequestURI())
}

// On a new device everything begins with the recovery: the key is typed again
// where it was mistyped, and an account of a sign-in service is set up anew. R1: the
// old device hears of that, and stops what it did not want.
func TestTheAppAtATerminalRecovers(t *testing.T) {
	t.Parallel()
	w, mei, codes := newPlace(t)
	old, fresh := newVault(t, w, mei, codes), newVault(t, w, mei, codes)
	must(t, old.add("GitHub").Run())
	old.paired()
	old.signingIn("backup", "on", "--server", w.Config.IDURL, "--new-key-file", old.key)
	ctx := t.Context()

	s := fresh.open("ja_JP.UTF-8")
	s.sees("r  回復の開始")
	s.types("r")
	s.sees("回復アカウントのサインインサービス")
	s.types(w.Config.IDURL + enter)
	b := s.follows(fresh)
	must(t, b.Submit(ctx, "/consent", url.Values{"answer": {"allow"}}))
	s.sees("バックアップのロックを解除")
	key, err := os.ReadFile(old.key)
	must(t, err)
	groups := strings.Split(strings.TrimSpace(string(key)), "-")
	right := groups[1]
	groups[1] = "UUUUU" // no symbol of a key
	s.types(strings.ToLower(strings.Join(groups, " ")) + enter)
	s.sees("2 番目のグループを確かめて")
	if text, _, _ := s.text(); strings.Contains(text, right) {
		t.Error("the screen knows the key")
	}
	s.types("\t" + old.key + enter)
	s.sees(`復元済み +GitHub \(mei\)`)
	s.sees(`> 確認して復元`)

	s.types(enter)
	b = s.follows(fresh)
	page := b.URL.Path
	must(t, b.Submit(ctx, page+"/go", nil))
	s.sees("を設定しました")
	app := old.open("en_US.UTF-8")
	app.sees("is being set up as an app of " + mei.Login)
	app.types("s")
	app.sees("Stop it")
	app.types("n")
	app.sees("Search 2 accounts")

	must(t, b.Get(ctx, page))
	must(t, b.Submit(ctx, page+"/test", nil))
	s.sees(`\[ _ \]`)
	s.answers(spoken.FindStringSubmatch(b.Page)[1] + enter)
	s.sees("承認しました")
	s.types(enter)
	must(t, b.Get(ctx, page))
	must(t, b.Submit(ctx, page+"/finish", nil))
	s.sees(`復元済み +\S+ \(` + mei.Login)
	s.types(escape)
	s.sees(mei.Login + `\) +\d{3} \d{3}`)
	s.types("q")
	s.ends()
	app.types("q")
	app.ends()
}

// Everything goes from one app to another: by a QR code that leads where the typed
// code does, six digits, and a receipt on both.
func TestOneAppGivesEverythingToAnother(t *testing.T) {
	t.Parallel()
	w, mei, codes := newPlace(t)
	old, fresh := newVault(t, w, mei, codes), newVault(t, w, mei, codes)
	must(t, old.add("GitHub").Run())
	must(t, old.add("Bank").Run())
	taker, giver := fresh.open("en_US.UTF-8"), old.open("en_US.UTF-8")
	taker.sees("t  I have my old device")
	taker.types("t")
	taker.sees("the two meet at")
	taker.types(w.Config.IDURL + enter)
	code := taker.sees(`(\w{4}-\w{4}-\w{4}-\w{4}-\w{4})`)[1]
	if at := taker.shown(); wire.ShowMeetingCode(at.Code) != code || at.Server != w.Config.IDURL {
		t.Errorf("the QR code leads to %+v", at)
	}
	giver.sees("GitHub")
	giver.types("m")
	giver.sees("o  Move to a new device")
	giver.types("o")
	giver.sees("Code that the new device shows")
	giver.types(strings.ToLower(code) + "\t" + w.Config.IDURL + enter)
	giver.sees(`Copy everything \(2 accounts`)
	giver.types("y")
	giver.sees("Passphrase")
	giver.types("lamp" + enter)
	giver.sees("does not open the vault")
	giver.types("lantern" + enter)
	digits := giver.sees(`(\d{3} \d{3})\s`)[1]
	taker.types(digits + enter)
	for _, s := range []*seat{taker, giver} {
		s.sees("2 of 2 accounts arrived")
	}
	taker.types(escape)
	taker.sees(`(?s)GitHub \(mei\) +\d{3} \d{3}.*Bank`)
	giver.types(enter)
	giver.sees("Search 2 accounts")
	for _, s := range []*seat{taker, giver} {
		s.types("q")
		s.ends()
	}
}

// shown waits for a QR code on the screen, and reads where it leads as a camera would.
func (s *seat) shown() wire.Meeting {
	s.t.Helper()
	late := time.After(time.Minute)
	for {
		text, _, changed := s.text()
		if m, ok := meetingOn(text); ok {
			return m
		}
		select {
		case <-changed:
		case <-late:
			s.t.Fatalf("no code of a meeting on\n%s", text)
		}
	}
}

func meetingOn(screen string) (wire.Meeting, bool) {
	texts, _ := scan.Screen(screen)
	for _, text := range texts {
		var camera frames.Camera
		if message, err := camera.See(text); err == nil {
			m, err := wire.ReadMeeting(message)
			return m, err == nil
		}
	}
	return wire.Meeting{}, false
}
