package tui

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/wire"
)

var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

func wants(t *testing.T, got []Effect, want ...Effect) {
	t.Helper()
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("wishes %#v, want %#v", got, want)
	}
}

// N1: no approval without the number; a request is never exchanged for another.
func TestN1TheSheetApprovesWithTheTypedNumberOnly(t *testing.T) {
	m := waits(opened(t, "en"), request("first", "Expenses"))
	m, w := press(m, "enter", "4", "enter")
	wants(t, w)
	m, w = m.Update(m.Now, Asks{request("second", "Mail")})
	wants(t, w, Bell{})
	if m.Sheet.ID != "first" {
		t.Fatal("another request took the place of the one on the screen")
	}
	m, w = press(m, "7", "9", "enter")
	wants(t, w, Answer{"first", wire.Approve, "47", ""})
	m, w = press(m, "enter", "n", "d") // while it is on its way nothing is sent twice
	wants(t, w)
	m, _ = m.Update(m.Now, Answered{ID: "first", Outcome: wire.Approved})
	if m, _ = press(m, "enter"); m.Sheet == nil || m.Sheet.ID != "second" || m.Sheet.Typed != "" {
		t.Errorf("%+v", m.Sheet)
	}
}

func TestEscapeNeverAnswersAndNoSaysWhy(t *testing.T) {
	m := waits(opened(t, "en"), request("1", "Expenses"))
	m, w := press(m, "4", "esc")
	wants(t, w)
	if m.Sheet != nil || len(m.Asked) != 1 {
		t.Fatal("it does not wait any more")
	}
	m, _ = m.Update(m.Now, tea.KeyPressMsg{Code: 'g', Mod: tea.ModCtrl})
	m.Now = m.Now.Add(time.Second)
	_, w = press(m, "n", "esc", "n", "d")
	wants(t, w, Answer{"1", wire.Deny, "", ""})
	_, w = press(m, "n", "r")
	wants(t, w, Answer{"1", wire.Report, "", ""})
}

func TestKeysThatWereMeantForAnotherScreenDoNotAnswer(t *testing.T) {
	m := opened(t, "en")
	m, _ = m.Update(m.Now, Asks{request("1", "Expenses")})
	if m, w := press(m, "n", "d", "4", "7", "enter"); len(w) > 0 || m.Sheet.Typed != "" || m.Sheet.Refusing {
		t.Error(w)
	}
	m, _ = press(opened(t, "en"), "/")
	if m, _ = m.Update(m.Now, Asks{request("1", "Expenses")}); m.Sheet != nil {
		t.Error("a sheet took the keys of somebody who types")
	}
}

func TestARequestThatRanOutIsOver(t *testing.T) {
	m := waits(opened(t, "en"), request("1", "Expenses"))
	m, _ = m.Update(noon.Add(time.Minute), Tick{})
	if m.Sheet.Outcome != gone || len(m.Asked) != 0 {
		t.Errorf("%+v", m.Sheet)
	}
}

func TestSearchAndGroupsSayWhatIsShown(t *testing.T) {
	m, _ := press(opened(t, "en"), "/", "芽", "衣")
	if e, _ := m.chosen(); e.Issuer != "青葉銀行" {
		t.Error(e.Issuer)
	}
	m, _ = press(m, "esc", "tab", "tab")
	if m.Group[:1] != "#" || len(m.App.Accounts(m.filter())) != 1 {
		t.Error(m.Group)
	}
}

func TestCopyingTakesTheNextCodeInTheLastSeconds(t *testing.T) {
	m := opened(t, "en")
	e, _ := m.chosen()
	now, _ := m.App.CodeOf(noon, e.ID)
	_, w := press(m, "c")
	wants(t, w, Copy{now.Code})
	m.Now = noon.Add(18 * time.Second)
	_, w = press(m, "c")
	wants(t, w, Copy{now.Next})
}

func TestAFormAddsAndChangesOnlyWhatWasTyped(t *testing.T) {
	m, _ := press(opened(t, "en"), "a")
	m, _ = m.Update(m.Now, tea.PasteMsg{Content: "otpauth://totp/X:y?secret=GEZDGNBVGY3TQOJQ&issuer=X"})
	_, w := press(m, "enter")
	add, ok := w[0].(Add)
	if !ok || add.Draft.Issuer != "X" || add.Draft.Account != "y" {
		t.Errorf("%#v", w)
	}
	m, _ = press(opened(t, "en"), "a", "!", "enter")
	if !m.Wrong || m.Screen != Form {
		t.Error("a key that is none was taken")
	}
	m, _ = press(opened(t, "en"), "e", "!")
	e, _ := m.chosen()
	issuer := "GitHub!"
	_, w = press(m, "enter")
	wants(t, w, Edit{e.ID, authenticator.Edit{Issuer: &issuer}})
}

func TestAPairingLinkIsAskedAboutBeforeAnythingIsSent(t *testing.T) {
	m, _ := press(opened(t, "en"), "a")
	m, _ = m.Update(m.Now, tea.PasteMsg{Content: "https://app.x.example/#pair?i=https%3A%2F%2Fid.x.example&o=ABCDEFGHIJKLMNOPQRST&s=abcdefghijklmnopqrst-_"})
	m, w := press(m, "enter")
	wants(t, w)
	if m.Screen != Pairing || !strings.Contains(m.View(), "id.x.example") {
		t.Fatal(m.View())
	}
	_, w = press(m, "y")
	if _, ok := w[0].(Pair); !ok {
		t.Error(w)
	}
}

func TestReadingAFileCanBeStopped(t *testing.T) {
	m, w := press(opened(t, "en"), "i", "x", "enter")
	wants(t, w, ReadFile{"x", ""})
	m, w = press(m, "esc")
	wants(t, w, Cancel{})
	if m, _ = m.Update(m.Now, Read{}); m.Screen != List {
		t.Error("what was stopped came back")
	}
}

func TestALockedAppShowsNothing(t *testing.T) {
	m := waits(opened(t, "en"), request("1", "Expenses"))
	m, _ = m.Update(m.Now, Needed{})
	if m.App != nil || m.Sheet != nil || strings.Contains(m.View(), "GitHub") {
		t.Error(m.View())
	}
}

// N6: where an answer takes the unlock key, Yes asks for the passphrase first,
// each time, and nothing of it stays.
func TestYesAsksForThePassphraseWhereTheLockIsAskedFor(t *testing.T) {
	asks := request("1", "Expenses")
	asks.Unlock = true
	m := waits(opened(t, "en"), asks)
	m, w := press(m, "4", "7", "enter", "s", "7", "esc", "enter", "l", "x", "backspace", "a", "enter")
	wants(t, w, Answer{"1", wire.Approve, "47", "la"})
	if m.Sheet.Secret != "" || m.Sheet.Proving || !m.Sheet.Sending {
		t.Errorf("%+v", m.Sheet)
	}
	m = waits(opened(t, "en"), asks)
	_, w = press(m, "n", "d")
	wants(t, w, Answer{"1", wire.Deny, "", ""}) // No is as easy as ever
}

// The check-up looks, and practises when that is wanted; what it found can be
// read to its end in any window.
func TestCheckUpLooksAndPractises(t *testing.T) {
	m, wishes := press(sized(opened(t, "en"), 40, 10), "b", "p")
	wants(t, wishes, CheckUp{}, CheckUp{Practise: true})
	m, _ = m.Update(noon, Checked{Off: true, Lines: []backup.Line{
		{What: backup.LineBackup, Fix: "turn_on"}, {What: backup.LineLost, Titles: []string{"one", "two", "three", "the last"}},
	}})
	if strings.Contains(m.View(), "the last") {
		t.Error("the window was to be too small for all")
	}
	m, _ = press(m, "down", "down", "down", "down", "down", "down", "down", "down")
	if !strings.Contains(m.View(), "the last") {
		t.Errorf("the last line is not reached:\n%s", m.View())
	}
	m, _ = m.Update(noon, Failed{"No answer."})
	if !strings.Contains(m.View(), "No answer.") {
		t.Error("what went wrong is not said")
	}
	if m, _ = press(m, "esc"); m.Screen != List {
		t.Errorf("back at %d", m.Screen)
	}
}
