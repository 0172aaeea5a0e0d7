package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
)

const (
	service = "https://id.aoba.example"
	signIn  = service + "/authorize?client_id=countersign&code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU&code_challenge_method=S256&prompt=select_account"
)

var meeting = wire.Meeting{Server: service, Code: wire.MeetingCode([]byte("invitation"))}

// fates are one account of each, and one with a name that would do harm.
func fates() []authenticator.Recovered {
	return []authenticator.Recovered{
		{ID: "1", State: authenticator.Restored, Kind: vault.Other, Issuer: "GitHub", Name: "mei@example.org"},
		{ID: "2", State: authenticator.Kept, Kind: vault.Other, Issuer: "青葉銀行", Name: "田中 芽衣"},
		{ID: "3", State: authenticator.Kept, Kind: vault.Other, Issuer: hostile, Name: hostile, Other: true},
		{ID: "4", State: authenticator.Failed, Why: authenticator.NotHere, Kind: vault.Other, Issuer: "ACME"},
		{ID: "5", State: authenticator.Scan, Kind: vault.Work, Issuer: "Aoba", Name: "tanaka", Host: "id.aoba.example"},
		{ID: "6", State: authenticator.Verify, Kind: vault.Personal, Issuer: "Home", Name: "mei", Host: hostile},
		{ID: "7", State: authenticator.Failed, Why: authenticator.Unusable, Kind: vault.Other, Name: "odd"},
	}
}

func change(id, what string) desk.Waits {
	return desk.Waits{Issuer: service, Account: "mei@example.org", Waiting: wire.Waiting{
		ID: id, What: what, Name: "iPhone", Browser: "Chrome", Place: "Lisbon", AskedAt: noon.UnixMilli(), ReadyAt: noon.Add(24 * time.Hour).UnixMilli(),
	}}
}

func news(m Model, all ...any) Model {
	for _, msg := range all {
		m, _ = m.Update(m.Now, msg)
	}
	return m
}

// searching is a recovery in which the person was sent to a browser.
func searching(m Model) Model {
	m, _ = press(m, "r")
	m, _ = press(paste(m, service), "enter")
	return news(m, Sends{Page: signIn})
}

func paste(m Model, text string) Model {
	m, _ = m.Update(m.Now, tea.PasteMsg{Content: text})
	return m
}

// talks are the screens of longer work, and those that lead there.
func talks(m Model) map[string]Model {
	all := map[string]Model{}
	all["menu"], _ = press(m, "m", "down")
	all["waiting"] = news(m, Waits{"R", []desk.Waits{change("1", wire.WaitsApp), change("2", wire.WaitsPassword)}})
	evil := change("1", wire.WaitsApp)
	evil.Name, evil.Account, evil.Browser, evil.Place = hostile, hostile, hostile, hostile
	all["waiting_stop"], _ = press(news(m, Waits{"R", []desk.Waits{evil}}), "s")
	all["recover"], _ = press(m, "r")
	all["recover_browser"] = searching(m)
	all["recover_code"] = news(searching(m), Sends{Page: service + "/device", Code: "WDJB-MJHT", Minutes: 10})
	all["recover_unlock"] = news(searching(m), Closed{Login: hostile})
	tried, _ := press(paste(news(searching(m), Closed{Login: "mei@example.org"}), "ABCDE"), "enter")
	all["recover_mistyped"] = news(tried, Closed{Login: "mei@example.org", Wrong: m.t("terminal.error.recovery_group", "n", 1)})
	results := news(tried, Outcome{Made: noon.Add(-time.Hour), Device: hostile, List: fates()})
	all["results"] = results
	all["results_scan"], _ = press(results, "down")
	all["results_copy"], _ = press(results, "down", "down", "down", "down", "down")
	all["results_next"], _ = press(results, "pgdown")
	taking, _ := press(m, "t")
	all["take"] = taking
	taking, _ = press(paste(taking, service), "enter")
	all["meeting"] = news(taking, Meets{meeting})
	all["meeting_wide"] = sized(all["meeting"], 120, 40)
	all["meeting_narrow"] = sized(all["meeting"], 40, 20)
	took, _ := press(paste(all["meeting"], "123 456"), "enter")
	all["took"] = news(took, Outcome{Receipt: &move.Receipt{Of: 7, Arrived: 7, Beside: 1, Personal: 1, Work: 1}, List: fates()})
	giving, _ := press(m, "o")
	all["give"] = giving
	giving, _ = press(paste(giving, meeting.Code), "tab")
	giving, _ = press(paste(giving, service), "enter")
	all["give_sure"] = news(giving, Agrees{hostile, move.Accounts, 5})
	agreed, _ := press(all["give_sure"], "y")
	all["give_prove"] = news(agreed, Proves{})
	all["give_digits"] = news(agreed, Digits{"042917", hostile})
	all["gave"] = news(agreed, Gave{move.Receipt{Of: 5, Arrived: 5, Beside: 1}, move.Accounts})
	all["gave_backup"] = news(agreed, Gave{Wants: move.Backup})
	return all
}

// A recovery key that does not open the backup is typed again; the sign-in stands.
func TestAKeyIsTypedAgainWithoutAnotherSignIn(t *testing.T) {
	m, w := press(opened(t, "en"), "r")
	wants(t, w)
	_, w = press(paste(m, "ftp://x"), "enter")
	wants(t, w)
	m, w = press(paste(m, "id.aoba.example"), "enter")
	wants(t, w, Find{Server: service})
	m = news(m, Sends{Page: signIn})
	_, w = press(m, "c")
	wants(t, w, Copy{signIn})
	_, w = press(m, "d")
	wants(t, w, Find{service, true})
	m = news(m, Closed{Login: "mei"})
	m, w = press(m, "enter")
	wants(t, w)
	m, w = press(paste(m, "ABCDE"), "enter")
	wants(t, w, Say{Text: "ABCDE"})
	m = news(m, Closed{"mei", "Look at group 1."})
	if m.Screen != Unlocking || m.value(0) != "ABCDE" || !strings.Contains(m.View(), "Look at group 1.") {
		t.Errorf("what was typed is gone:\n%s", m.View())
	}
	if left, _ := press(m, "esc"); left.Tried != (Say{}) || left.Fields != nil {
		t.Error("the key is kept by who left")
	}
	if ended := news(m, Ended{"Gone."}); ended.Tried != (Say{}) {
		t.Error("the key is kept after the end")
	}
	m, _ = press(m, "tab")
	m.Fields[0].SetValue("")
	m, w = press(paste(m, "'key.txt'"), "enter")
	wants(t, w, Say{File: "key.txt"})
	m = news(m, Outcome{List: fates()})
	if m.Screen != Results || m.Tried != (Say{}) {
		t.Errorf("at %d, with %v", m.Screen, m.Tried)
	}
}

func TestAnotherDeviceOpensTheBackupToo(t *testing.T) {
	m := news(searching(opened(t, "en")), Closed{Login: "mei"})
	m, w := press(m, "ctrl+o")
	wants(t, w, Say{There: true})
	m = news(m, Meets{meeting})
	if !strings.Contains(m.View(), wire.ShowMeetingCode(meeting.Code)) {
		t.Errorf("where the two meet is not said:\n%s", m.View())
	}
	m, w = press(paste(m, "123456"), "enter")
	wants(t, w, Say{Text: "123456"})
	if n := news(m, Closed{"mei", "Other digits."}); n.Screen != Unlocking || !strings.Contains(n.View(), "Other digits.") {
		t.Errorf("another way cannot be tried:\n%s", n.View())
	}
	if n := news(m, Outcome{List: fates()}); n.Screen != Results {
		t.Errorf("at %d", n.Screen)
	}
}

// What needs the person comes first, and each line has its own way on.
func TestEachResultLeadsToWhatIsToBeDone(t *testing.T) {
	m := news(searching(opened(t, "en")), Closed{Login: "mei"})
	m = news(m, Outcome{List: fates()})
	at := func(state authenticator.Fate, other bool) Model {
		i := slices.IndexFunc(m.Got.List, func(r authenticator.Recovered) bool { return r.State == state && r.Other == other })
		n := m
		n.GotLine = i
		return n
	}
	if m.Got.List[0].State != authenticator.Verify || m.Got.List[1].State != authenticator.Scan {
		t.Errorf("first come %v and %v", m.Got.List[0].State, m.Got.List[1].State)
	}
	_, w := press(at(authenticator.Verify, false), "enter")
	wants(t, w, Verify{"6"})
	_, w = press(at(authenticator.Scan, false), "v")
	wants(t, w, Verify{"5"})
	if n, _ := press(at(authenticator.Scan, false), "enter"); n.Screen != Form {
		t.Errorf("the organisation's code is typed at %d", n.Screen)
	}
	_, w = press(at(authenticator.Kept, true), "b")
	wants(t, w, Beside{"3", false})
	_, w = press(at(authenticator.Kept, true), "t")
	wants(t, w, Beside{"3", true})
	for _, state := range []authenticator.Fate{authenticator.Kept, authenticator.Restored, authenticator.Failed} {
		_, w = press(at(state, false), "b", "t", "v", "enter")
		wants(t, w)
	}
	n := news(at(authenticator.Kept, true), Copied{"3"})
	if strings.Contains(n.View(), "another secret key") {
		t.Error("it is asked about again")
	}
	n, _ = press(at(authenticator.Verify, false), "enter")
	n = news(n, Sends{Page: service + "/restore/x"}, Ended{"It took too long."})
	if n.Screen != Results || !strings.Contains(n.View(), "It took too long.") {
		t.Errorf("the list is not come back to:\n%s", n.View())
	}
}

func TestWhoLeavesATalkEndsIt(t *testing.T) {
	m := searching(opened(t, "en"))
	n, w := press(m, "esc")
	wants(t, w, Cancel{})
	if n = news(n, Closed{Login: "mei"}); n.Screen != List {
		t.Error("what was left came back")
	}
	_, w = press(news(m, Closed{Login: "mei"}), "esc")
	wants(t, w, Cancel{})
	n = news(m, Ended{"No backup here."})
	if n.Screen != Finding || n.value(0) != service || !strings.Contains(n.View(), "No backup here.") {
		t.Errorf("another account cannot be tried:\n%s", n.View())
	}
	m, _ = m.Update(m.Now, Needed{})
	if m.Got.List != nil || strings.Contains(m.View(), "aoba") {
		t.Error("a locked app shows what was going on")
	}
}

// Only what can be six digits goes to the other device: others would end the move.
func TestTheDigitsOfAMoveAreSixBeforeTheyCount(t *testing.T) {
	m, _ := press(opened(t, "en"), "t")
	m, w := press(paste(m, service), "enter")
	wants(t, w, Take{service})
	m = news(m, Meets{meeting})
	if !strings.Contains(m.View(), wire.ShowMeetingCode(meeting.Code)) || !strings.Contains(m.View(), "▀") {
		t.Errorf("neither to be typed nor to be scanned:\n%s", m.View())
	}
	n, w := press(paste(m, "12345"), "enter")
	wants(t, w)
	if !n.Wrong {
		t.Error("five were enough")
	}
	_, w = press(paste(m, "１２３ ４５６"), "enter")
	wants(t, w, Say{Text: "１２３ ４５６"})
}

func TestNothingIsGivenBeforeThePersonAgrees(t *testing.T) {
	m, _ := press(opened(t, "en"), "o")
	m, w := press(paste(m, meeting.Code[:19]+"0"), "tab")
	wants(t, w)
	n, w := press(paste(m, service), "enter")
	wants(t, w)
	if !n.Wrong || n.Focus != 0 {
		t.Error("a mistyped code was taken")
	}
	m, _ = press(opened(t, "en"), "o")
	m, _ = press(paste(m, strings.ToLower(wire.ShowMeetingCode(meeting.Code))), "tab")
	m, w = press(paste(m, service), "enter")
	if len(w) != 1 {
		t.Fatal(w)
	}
	m = news(m, Agrees{"iPhone", move.Accounts, 5})
	_, w = press(m, "n")
	wants(t, w, Cancel{})
	_, w = press(m, "esc")
	wants(t, w, Cancel{})
	m, w = press(m, "y")
	wants(t, w, Say{})
	m = news(m, Proves{})
	m, w = press(m, "l", "enter")
	wants(t, w, Say{Text: "l"})
	if m = news(m, Proves{Again: true}); m.Screen != Proving || !m.Wrong || m.value(0) != "" {
		t.Errorf("a slip is not forgiven:\n%s", m.View())
	}
}

// R1: what waits of an account is told above the list until it is stopped, and
// whoever began it leaves it alone.
func TestR1WhatWaitsIsToldAndStopped(t *testing.T) {
	m := opened(t, "en")
	m, w := m.Update(m.Now, Waits{"R", []desk.Waits{change("1", wire.WaitsApp), change("2", wire.WaitsPassword)}})
	wants(t, w, Bell{})
	m, w = m.Update(m.Now, Waits{"R", []desk.Waits{change("1", wire.WaitsApp), change("2", wire.WaitsPassword)}})
	wants(t, w)
	if top := strings.Join(strings.Split(m.View(), "\n")[:6], "\n"); !strings.Contains(top, "iPhone is to become an app") || !strings.Contains(top, "forgot the password") {
		t.Errorf("the top of the list says\n%s", top)
	}
	_, w = press(m, "s", "esc", "s", "n", "n")
	wants(t, w)
	n, w := press(m, "s", "n", "y")
	wants(t, w, StopWaiting{change("2", wire.WaitsPassword)})
	n = news(n, Stopped{"2", "Stopped."})
	if view := n.View(); strings.Contains(view, "forgot the password") || !strings.Contains(view, "iPhone is to become") {
		t.Errorf("after stopping one:\n%s", view)
	}
	m = news(m, Waits{"R", nil})
	if _, w := press(m, "s", "y"); strings.Contains(m.View(), "iPhone") || len(w) > 0 {
		t.Error("what is over can be stopped")
	}
}

func TestBeforeThereIsAnAccountAWayBackIsOffered(t *testing.T) {
	m, _ := New("en", noon)
	m = news(m, Opened{App: authenticator.New(), Home: service})
	for _, way := range []string{"Begin recovery", "old device", "Add account", "Import"} {
		if !strings.Contains(m.View(), way) {
			t.Errorf("%q is not offered:\n%s", way, m.View())
		}
	}
	m, _ = press(m, "r")
	if _, w := press(m, "enter"); len(w) != 1 || w[0] != (Find{Server: service}) {
		t.Errorf("the service that is known is not proposed: %v", w)
	}
}
