package tui

import (
	"image/color"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/backup"
	"countersign/internal/wire"
	"countersign/transfer"
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

// A slip of the passphrase, or of the network, ends no request: it is answered again.
func TestAnAnswerThatDidNotArriveIsGivenAgain(t *testing.T) {
	asks := request("1", "Expenses")
	asks.Unlock = true
	sent, _ := press(waits(opened(t, "en"), asks), "4", "7", "enter", "x", "enter")
	m, _ := sent.Update(sent.Now, Answered{ID: "1", Trouble: "Not that.", Waits: true, Again: true})
	if m.Sheet.Secret != "" || !strings.Contains(m.View(), "Not that.") {
		t.Errorf("N6: %+v", m.Sheet)
	}
	m, w := press(m, "l", "a", "enter")
	wants(t, w, Answer{"1", wire.Approve, "47", "la"})
	m, _ = m.Update(m.Now, Answered{ID: "1", Trouble: "Not reached.", Waits: true})
	if left, _ := press(m, "esc"); left.Sheet != nil || len(left.Asked) != 1 {
		t.Error("what was left does not wait")
	}
	if m, _ = press(m, "enter"); m.Sheet == nil || m.Sheet.ID != "1" || m.Sheet.Typed != "" || m.Sheet.Trouble != "" {
		t.Errorf("%+v", m.Sheet)
	}
	m, _ = sent.Update(sent.Now, Answered{ID: "1", Trouble: "It is over."})
	if m, _ = press(m, "enter"); m.Sheet != nil || len(m.Asked) != 0 {
		t.Error("a request that is over waits")
	}
}

// What was typed and did not open stays: typing replaces it, the arrows go into it.
func TestAWrongPasswordIsReplacedOrPutRight(t *testing.T) {
	file := func() Model {
		m, _ := press(opened(t, "en"), "i", "x", "enter")
		m, _ = press(news(m, NeedsPassword{Format: transfer.Formats()[0]}), "l", "a", "m", "p", "enter")
		return news(m, NeedsPassword{transfer.Formats()[0], "Not that."})
	}
	vault := func() Model {
		m, _ := New("en", noon)
		m, _ = press(news(m, Needed{}), "l", "a", "m", "p", "enter")
		return news(m, Needed{Again: true})
	}
	for name, wrong := range map[string]func() Model{"file": file, "vault": vault} {
		if seen := wrong().View(); strings.Contains(seen, "lamp") || !strings.Contains(seen, "****") {
			t.Errorf("%s: it is shown, or gone\n%s", name, seen)
		}
		for typed, want := range map[string]string{"x": "x", "left,x": "lamxp", "backspace": ""} {
			if m, _ := press(wrong(), strings.Split(typed, ",")...); m.value(0) != want {
				t.Errorf("%s, %s: %q", name, typed, m.value(0))
			}
		}
		if got := paste(wrong(), "lantern").value(0); got != "lantern" {
			t.Errorf("%s: pasted %q", name, got)
		}
	}
	_, w := press(vault(), "enter")
	wants(t, w, Open{"lamp"})
	m, w := press(file(), "enter")
	wants(t, w, ReadFile{"x", "lamp"})
	if m = news(m, Unread{"No."}); m.Tried != (Say{}) {
		t.Error("the password of a file is kept beyond its use")
	}
}

// An account of a file that lacks its PIN takes it in the preview.
func TestAPINIsTypedInThePreview(t *testing.T) {
	m, _ := press(pages(t, "en")["preview_pin"], "1", "2", "3", "4", "enter")
	if m.Screen != Preview || len(m.Result.Problems) != 1 || m.PlanLine != len(m.Plan.Items)-1 {
		t.Fatalf("%d %+v", m.Screen, m.Result.Problems)
	}
	if a := m.Plan.Items[m.PlanLine]; a.Account.Pin != "1234" || a.State != authenticator.IsNew {
		t.Errorf("%+v", a)
	}
	_, w := press(m, "enter")
	wants(t, w, Import{m.Result.Accounts, m.Choices})
	if m, _ = press(pages(t, "en")["preview_pin"], "enter"); m.Screen != Pinning || !m.Wrong {
		t.Error("none is taken for a PIN")
	}
	if m, _ = press(m, "esc"); m.Screen != Preview {
		t.Errorf("back at %d", m.Screen)
	}
}

// On a light terminal the colours are dark.
func TestColoursCanBeReadOnEitherGround(t *testing.T) {
	m := waits(opened(t, "en"), request("1", "Expenses"))
	dark := m.View()
	m, _ = m.Update(m.Now, tea.BackgroundColorMsg{Color: color.White})
	light := m.View()
	m, _ = m.Update(m.Now, tea.BackgroundColorMsg{Color: color.Black})
	if dark != m.View() || dark == light || sgr.ReplaceAllString(dark, "") != sgr.ReplaceAllString(light, "") {
		t.Errorf("%q\n%q", dark, light)
	}
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
