package tui

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
	"countersign/otp"
	"countersign/seal"
	"countersign/transfer"
	"countersign/ui"
)

var update = flag.Bool("update", false, "write the pages anew")

var noon = time.Date(2026, 11, 22, 12, 0, 8, 0, time.UTC)

// hostile is a name that would clear the screen, ring, write a title, turn the
// line about and hide a letter, if it reached the terminal.
const hostile = "\x1b[2J\x1b]0;owned\x07\u202eevil\u200b\r\nnext\x9b31m"

func account(t testing.TB, a *authenticator.App, k otp.Key, note string, tags ...string) string {
	t.Helper()
	if k.Secret == nil {
		k.Secret = []byte("12345678901234567890" + k.Issuer)
	}
	id, _, err := a.Add(noon, authenticator.Draft{Key: k.Shaped(), Note: note, Tags: tags})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func opened(t testing.TB, lang string) Model {
	t.Helper()
	a := authenticator.New()
	account(t, a, otp.Key{Kind: otp.TOTP, Issuer: "GitHub", Account: "mei@example.org"}, "the one for work", "work")
	account(t, a, otp.Key{Kind: otp.TOTP, Issuer: "青葉銀行", Account: "田中 芽衣"}, "", "お金")
	account(t, a, otp.Key{Kind: otp.HOTP, Issuer: "ACME", Account: "mei", Counter: 7}, "")
	account(t, a, otp.Key{Kind: otp.TOTP, Issuer: "Long", Account: strings.Repeat("very long ", 12), Digits: 8, Period: 60}, "")
	account(t, a, otp.Key{Kind: otp.TOTP, Issuer: hostile, Account: hostile}, hostile, hostile)
	m, _ := New(lang, noon)
	m, _ = m.Update(noon, Opened{App: a})
	return m.settle()
}

func press(m Model, keys ...string) (Model, []Effect) {
	var wishes []Effect
	for _, k := range keys {
		var more []Effect
		m, more = m.Update(m.Now, keyOf(k))
		wishes = append(wishes, more...)
	}
	return m, wishes
}

func keyOf(k string) tea.KeyPressMsg {
	for name, code := range map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "down": tea.KeyDown, "backspace": tea.KeyBackspace, "left": tea.KeyLeft} {
		if k == name {
			return tea.KeyPressMsg{Code: code}
		}
	}
	if letter, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(letter[0]), Mod: tea.ModCtrl}
	}
	if k == "space" {
		return tea.KeyPressMsg{Code: ' ', Text: " "}
	}
	r := []rune(k)[0]
	return tea.KeyPressMsg{Code: r, Text: k}
}

func request(id, app string) Request {
	return Request{"Aoba (mei)", "id.aoba.example", "R", remote.Question{Request: wire.Request{
		ID: id, Kind: wire.KindSecond, App: app, AppHost: "expenses.aoba.example", Person: "tanaka@aoba.example", Place: "Osaka, Japan", IP: "203.0.113.7",
		Browser: "Chrome", System: "Windows", AskedAt: noon.UnixMilli(), ExpiresAt: noon.Add(48 * time.Second).UnixMilli(), Digits: 2,
	}}}
}

func waits(m Model, rs ...Request) Model {
	for _, r := range rs {
		m, _ = m.Update(m.Now, Asks{r})
	}
	m.Now = m.Now.Add(time.Second)
	return m
}

func sized(m Model, w, h int) Model {
	m, _ = m.Update(m.Now, tea.WindowSizeMsg{Width: w, Height: h})
	return m
}

// pages are the screens that are kept.
func pages(t testing.TB, lang string) map[string]Model {
	m := opened(t, lang)
	all := map[string]Model{"list": m, "narrow": sized(m, 40, 16), "tiny": sized(m, 20, 6)}
	all["last_seconds"], _ = m.Update(noon.Add(18*time.Second), Tick{})
	all["detail"], _ = press(m, "down", "enter")
	hostileDetail := m
	for range 4 {
		hostileDetail, _ = press(hostileDetail, "down")
	}
	all["hostile_detail"], _ = press(hostileDetail, "enter")
	all["hostile_edit"], _ = press(hostileDetail, "e")
	all["hostile_remove"], _ = press(hostileDetail, "d")
	all["search"], _ = press(m, "/", "g", "i", "t")
	all["nothing_found"], _ = press(m, "/", "q", "q")
	all["add"], _ = press(m, "a")
	all["help"], _ = press(m, "?")
	checked, _ := press(m, "b")
	all["checkup"], _ = checked.Update(noon, Checked{
		Backup: desk.Backup{Login: "mei@example.org", Issuer: "https://id.example.org", Watch: backup.Watch{Verified: noon.Add(-time.Hour)}},
		Lines: []backup.Line{
			{What: backup.LineBackup, Good: true}, {What: backup.LinePractice, Good: true, At: noon.Add(-24 * time.Hour)},
			{What: backup.LineWay, Kind: seal.ByKey, Fix: "prove_key"}, {What: backup.LineWay, Kind: seal.ByDevice, Good: true, Label: hostile, At: noon},
			{What: backup.LineReturns, Good: true, Titles: []string{"GitHub", "ACME"}}, {What: backup.LineVerify, Fix: "know_password", Titles: []string{hostile}},
		},
	})
	all["checkup_off"], _ = checked.Update(noon, Checked{Off: true, Lines: []backup.Line{
		{What: backup.LineBackup, Fix: "turn_on"}, {What: backup.LineLost, Titles: []string{"GitHub (mei@example.org)", "ACME"}},
	}})
	all["failed"], _ = m.Update(noon, Failed{"The vault is damaged."})
	all["new"], _ = New(lang, noon)
	all["locked"], _ = all["new"].Update(noon, Needed{Again: true})
	all["choose"], _ = all["new"].Update(noon, Needed{New: true})
	all["empty"], _ = all["new"].Update(noon, Opened{App: authenticator.New()})

	all["sheet"], _ = press(waits(m, request("1", "Aoba Expenses"), request("2", "Mail")), "4")
	all["sheet_narrow"] = sized(all["sheet"], 38, 20)
	all["sheet_no"], _ = press(all["sheet"], "n")
	locked := request("1", "Aoba Expenses")
	locked.Kind, locked.Unlock = wire.KindPasswordless, true
	all["sheet_alone"] = waits(m, locked)
	all["sheet_unlock"], _ = press(all["sheet_alone"], "4", "7", "enter", "s", "e")
	sent, _ := press(all["sheet_unlock"], "enter")
	all["sheet_again"], _ = sent.Update(noon, Answered{ID: "1", Trouble: m.t("terminal.error.passphrase"), Waits: true, Again: true})
	all["sheet_unreachable"], _ = sent.Update(noon, Answered{ID: "1", Trouble: m.t("terminal.error.unreachable"), Waits: true})
	phone := request("1", "Countersign")
	phone.Kind, phone.Unlock, phone.Digits, phone.Device = wire.KindNewPhone, true, 6, &wire.NewDevice{Name: "Mei’s Pixel " + hostile, Platform: "Android, Chrome"}
	all["sheet_phone"], _ = press(waits(m, phone), "0", "0", "4")
	evil := request("1", hostile)
	evil.Person, evil.Place, evil.Browser, evil.AppHost, evil.Host = hostile, hostile, hostile, hostile, hostile
	all["hostile_sheet"] = waits(m, evil)
	all["approved"], _ = all["sheet"].Update(noon, Answered{ID: "1", Outcome: wire.Approved})
	all["elsewhere"], _ = all["sheet"].Update(noon, Over{"1"})
	typing, _ := press(m, "a")
	all["asked_while_typing"] = waits(typing, request("1", "Aoba Expenses"))

	importing, _ := press(m, "i", "x", "enter")
	all["reading"], _ = importing.Update(noon, Progress{40, 100})
	all["password"], _ = importing.Update(noon, NeedsPassword{transfer.Formats()[0], importing.t("transfer.error.password")})
	file := []transfer.Account{
		{Type: "totp", Issuer: "GitHub", Name: "mei", Secret: []byte("12345678901234567890GitHub"), Algorithm: "SHA1", Digits: 6, Period: 30},
		{Type: "totp", Issuer: hostile, Name: "new", Secret: []byte("another secret"), Algorithm: "SHA1", Digits: 6, Period: 30},
		{Type: "totp", Issuer: "青葉銀行", Name: "田中 芽衣", Secret: []byte("a third secret"), Algorithm: "SHA1", Digits: 6, Period: 30},
	}
	file = append(file, transfer.Account{Type: "totp", Secret: []byte("of nobody"), Algorithm: "SHA1", Digits: 6, Period: 30})
	whole := &transfer.Account{Type: "motp", Issuer: "mOTP", Name: "Ada", Secret: []byte("12345678"), Algorithm: "MD5", Digits: 6, Period: 10}
	problems := []transfer.Problem{{Entry: hostile, Reason: transfer.NoPIN, Account: whole}, {Entry: "Old bank", Reason: transfer.NoSecret}}
	read := Read{transfer.Result{Format: transfer.Formats()[0], Accounts: file, Problems: problems}, m.App.Preview(noon, file)}
	all["preview"], _ = importing.Update(noon, read)
	all["preview_why"], _ = press(all["preview"], "down", "down", "down", "down")
	all["preview_pin"], _ = press(all["preview_why"], "space")
	tried, _ := press(all["password"], "l", "a", "m", "p", "enter")
	all["password_again"], _ = tried.Update(noon, NeedsPassword{transfer.Formats()[0], importing.t("transfer.error.password")})
	maps.Copy(all, talks(m))
	return all
}

func TestScreensAreAsTheyWere(t *testing.T) {
	for _, lang := range ui.Languages {
		for name, m := range pages(t, lang) {
			path := filepath.Join("testdata", name+"."+lang+".txt")
			got := ansi.Strip(m.View()) + "\n"
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(path); err != nil || string(want) != got {
				t.Errorf("%s (go test -update writes it anew): %v\n%s", path, err, got)
			}
		}
	}
}

// Whatever stands in a name, the terminal gets letters, and the colours of ours.
func TestScreensFitAndNothingFromOutsideMovesTheTerminal(t *testing.T) {
	for name, m := range pages(t, "ja") {
		for _, size := range [][2]int{{80, 24}, {200, 60}, {40, 12}, {20, 5}, {3, 2}, {1, 1}} {
			lines := strings.Split(sized(m, size[0], size[1]).View(), "\n")
			if len(lines) > size[1] {
				t.Errorf("%s at %v: %d lines", name, size, len(lines))
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > size[0] {
					t.Errorf("%s at %v: %d wide: %q", name, size, w, line)
				}
				for _, r := range strings.ReplaceAll(ansi.Strip(line), "\u200d", "") {
					if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
						t.Errorf("%s: %U in %q", name, r, line)
					}
				}
				if rest := sgr.ReplaceAllString(line, ""); strings.Contains(rest, "\x1b") {
					t.Errorf("%s: a sequence that sets no colour: %q", name, line)
				}
			}
		}
	}
}

// A line of Japanese neither begins with what ends something nor ends with what
// begins it, and words of English stay whole.
func TestTextsBreakWhereReadersExpectIt(t *testing.T) {
	m := Model{Width: 14} // of which twelve are for text
	for text, want := range map[string]string{
		"one two three four":  "one two|three four",
		"カーソル、を動かす。":          "カーソル、を|動かす。",
		"これは「鍵」の話です":          "これは「鍵」|の話です",
		"押すと「戻る」":             "押すと「戻|る」",
		"m を押す":               "m を押す",
		"abcdefghijklmnopqrs": "abcdefghijkl|mnopqrs",
		"一行\n二行":              "一行|二行",
		"":                    "",
	} {
		if got := strings.Join(m.wrap(text), "|"); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What a service has suspended says so, in the list and by itself, with the
// organisation that it belongs to.
func TestASuspendedAccountSaysSo(t *testing.T) {
	const face = `{"version":1,"lineage":"00","entries":[
		{"id":"d","kind":"work","type":"totp","issuer":"My job","name":"mei@aoba.example","secret":"","server":{"state":"suspended","host":"id.aoba.example",
			"directory":{"id":"D","name":"Aoba Works","kind":"organization"},"code":{"secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30}}}
	],"settings":{"nextEarly":true,"clockOffset":0}}`
	for lang, words := range map[string][2]string{"en": {"Suspended", "The account is suspended"}, "ja": {"停止中", "このアカウントは停止中で"}} {
		a, err := authenticator.Open([]byte(face), noon)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := New(lang, noon)
		m, _ = m.Update(noon, Opened{App: a})
		m = m.settle()
		if list := ansi.Strip(m.View()); !strings.Contains(list, words[0]) {
			t.Errorf("%s: %s", lang, list)
		}
		m, _ = press(m, "enter")
		for _, want := range []string{words[1], "Aoba Works", "id.aoba.example"} {
			if page := ansi.Strip(m.View()); !strings.Contains(page, want) {
				t.Errorf("%s: no %q in %s", lang, want, page)
			}
		}
	}
}
