package tui

import (
	"time"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/transfer"
	"countersign/ui"
)

// A Screen is what fills the terminal. A sheet may lie above it.
type Screen int

// The screens.
const (
	Opening  Screen = iota // nothing is known yet
	Locked                 // asks for the passphrase
	Choosing               // asks for a new one, twice
	List
	Detail
	Form     // adds or edits
	Removing // asks whether to
	Pairing  // asks whether to
	Naming   // asks for a file
	Secret   // asks for the password of that file
	Reading  // shows how far the work on it is
	Preview
	Pinning // asks for a PIN that the file lacks
	Help
	Checkup // what would come back if this device were lost
	Menu
	Stopping   // asks whether to stop what waits of an account
	Finding    // asks where the recovery account is
	TakingFrom // asks where the new device of a move meets the old one
	GivingTo   // asks the old one
	Browsing   // waits for what the person does in a browser
	Unlocking  // asks for what opens the backup that was found
	Opens      // tries that
	Results    // what came of a recovery or a move
	Meeting    // shows the code of the new one, asks for the digits of the old one
	Agreeing   // asks on the old one whether to
	Proving    // asks it for the passphrase
	Moving     // waits for the other device
	Moved      // tells on the old one what arrived
)

// talks tells whether a screen is one of longer work, which ends when it is left.
func (s Screen) talks() bool { return s == Reading || s >= Browsing }

// A Model is all that the app shows and knows. Update and View are functions of
// it; what is to be done in the world comes out of Update as [Effect] values.
type Model struct {
	Lang          string
	Now           time.Time
	Width, Height int
	Light         bool // the terminal is

	Screen Screen
	App    *authenticator.App
	Said   string // one line for the person
	Wrong  bool   // and it is about something that went wrong
	Away   map[string]bool

	Search textinput.Model
	Group  string // "", a kind, or "#" and a tag
	Chosen string // the id under the cursor
	Given  *authenticator.Code

	Fields []field // of a form, and of the questions for a passphrase or a file
	Focus  int
	Edits  string // the id a form changes; empty if it adds
	Offer  remote.Offer

	File     string
	Done     int64
	Total    int64
	Result   transfer.Result
	Plan     authenticator.Preview
	Choices  map[int]authenticator.Choice
	PlanLine int

	Found     Checked // at the last check-up
	FoundLine int     // the first that is shown

	Home     string // the sign-in service that this device knows, if it is one
	Waiting  map[string][]desk.Waits
	StopLine int
	MenuLine int

	Server   string // of the recovery account
	Browser  Sends
	Verifies string // the account that is set up in the browser; empty in a recovery
	Login    string // whose backup was found
	Tried    Say    // to open it with, or a file
	Got      Outcome
	GotLine  int
	Move     Move

	Asked []Request // open requests, oldest first; the first is the one on the sheet
	Sheet *Sheet
}

// A Request is one that waits for an answer.
type Request struct {
	Account, Host, Registration string
	remote.Question
}

// New is the model at the start, and its first wish.
func New(lang string, now time.Time) (Model, []Effect) {
	m := Model{Lang: lang, Now: now, Width: 80, Height: 24, Away: map[string]bool{}, Waiting: map[string][]desk.Waits{}}
	m.Search = input(false)
	return m, []Effect{Open{}}
}

func (m Model) t(key string, args ...any) string { return ui.T(m.Lang, key, args...) }

func (m Model) say(text string) Model {
	m.Said, m.Wrong = text, false
	return m
}

func (m Model) complain(text string) Model {
	m.Said, m.Wrong = text, true
	return m
}

// Update is the model after something happened at a time.
func (m Model) Update(now time.Time, msg any) (Model, []Effect) {
	m.Now = now
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.Width, m.Height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.Light = !msg.IsDark()
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		return m.paste(msg)
	case Tick:
		return m.tick()
	case Opened:
		return m.opened(msg), nil
	case Needed:
		return m.needed(msg), nil
	case Failed:
		m = m.complain(msg.Text)
		if m.Screen == Opening {
			m.Screen = Locked
		}
	case Given:
		m.Given = &msg.Code
	case Progress:
		m.Done, m.Total = msg.Done, msg.Total
	case NeedsPassword, Read, Unread:
		return m.fileNews(msg), nil
	case Checked:
		m.Found = msg
		return m.say(msg.Said), nil
	case Asks, Over, Answered:
		return m.requestNews(msg)
	case Ended:
		return m.ended(msg.Text), nil
	case Sends, Closed, Outcome, Verified, Copied:
		return m.recoveryNews(msg), nil
	case Meets, Agrees, Proves, Digits, Gave:
		return m.moveNews(msg), nil
	case Waits:
		return m.waits(msg)
	case Stopped:
		return m.stopped(msg), nil
	case Reach:
		m.Away = cloned(m.Away)
		if m.Away[msg.Host] = msg.Away; !msg.Away {
			delete(m.Away, msg.Host)
		}
	}
	return m, nil
}

func cloned(old map[string]bool) map[string]bool {
	all := map[string]bool{}
	for k, v := range old {
		all[k] = v
	}
	return all
}

func (m Model) tick() (Model, []Effect) {
	m = m.expire()
	if m.App == nil {
		return m, nil
	}
	return m, []Effect{Look{}}
}

func (m Model) opened(msg Opened) Model {
	m.App, m.Home = msg.App, msg.Home
	if msg.Said != "" {
		m = m.say(msg.Said)
	}
	switch m.Screen {
	case Opening, Locked, Choosing, Form, Removing, Pairing, Preview:
		if msg.Said != "" || m.Screen < List {
			m.Screen, m.Fields = List, nil
		}
	case Detail:
		if _, err := m.App.Account(m.Chosen); err != nil {
			m.Screen = List
		}
	}
	return m
}

func (m Model) needed(msg Needed) Model {
	tried := ""
	if msg.Again && m.Screen == Opening && len(m.Fields) == 1 {
		tried = m.value(0)
	}
	m.App, m.Given, m.Focus, m.Asked, m.Sheet = nil, nil, 0, nil, nil
	m.Got, m.Move, m.Tried, m.Waiting = Outcome{}, Move{}, Say{}, map[string][]desk.Waits{}
	m.Said, m.Wrong = "", false
	if msg.Again {
		m = m.complain(m.t("terminal.error.passphrase"))
	}
	m.Screen, m.Fields = Locked, []field{secretField("tui.passphrase").again(tried)}
	if msg.Held {
		m.Fields = nil
		return m
	}
	if msg.New {
		m.Screen, m.Fields = Choosing, []field{secretField("tui.passphrase.new"), secretField("tui.passphrase.again")}
	}
	return m.focus(0)
}

// key hands a key to whatever is in front. Ctrl-C always ends the app.
func (m Model) key(k tea.KeyPressMsg) (Model, []Effect) {
	switch {
	case k.String() == "ctrl+c":
		return m, []Effect{Quit{}}
	case m.Sheet != nil:
		return m.sheetKey(k)
	case k.String() == "ctrl+g" && len(m.Asked) > 0 && m.App != nil:
		return m.raise(), nil
	}
	switch m.Screen {
	case List:
		return m.listKey(k)
	case Detail:
		return m.detailKey(k)
	case Removing, Pairing:
		return m.askKey(k)
	case Reading, Moving:
		if k.String() == "esc" {
			return m.leave()
		}
	case Menu:
		return m.menuKey(k)
	case Stopping:
		return m.stoppingKey(k)
	case Browsing:
		return m.browsingKey(k)
	case Results:
		return m.resultsKey(k)
	case Agreeing:
		return m.agreeKey(k)
	case Preview:
		return m.previewKey(k)
	case Opens: // what was typed is being tried
	case Help, Moved:
		return m.to(List), nil
	case Checkup:
		return m.checkupKey(k)
	case Opening:
	default:
		if len(m.Fields) == 0 {
			return m.heldKey(k)
		}
		return m.fieldKey(k)
	}
	return m, nil
}

// heldKey opens a locked app that needs no passphrase.
func (m Model) heldKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "enter":
		m.Screen = Opening
		return m.say(""), []Effect{Open{}}
	case "esc", "q":
		return m, []Effect{Quit{}}
	}
	return m, nil
}

// paste puts a pasted text where text is typed; on the list it adds.
func (m Model) paste(p tea.PasteMsg) (Model, []Effect) {
	switch {
	case m.Sheet != nil && m.Sheet.Proving:
		s := *m.Sheet
		s.Secret += p.Content
		m.Sheet = &s
		return m, nil
	case m.Sheet != nil:
		return m, nil
	case m.Screen == List && !m.Search.Focused():
		return m.add().types(p), nil
	case m.Screen == List:
		m.Search, _ = m.Search.Update(p)
		return m.settle(), nil
	case len(m.Fields) > 0:
		return m.types(p), nil
	}
	return m, nil
}

// to goes to a screen and leaves what was typed.
func (m Model) to(s Screen) Model {
	m.Screen, m.Fields, m.Focus, m.Said, m.Wrong, m.Given = s, nil, 0, "", false, nil
	return m
}

// leave goes back to the accounts, and ends what was going on.
func (m Model) leave() (Model, []Effect) {
	was := m.Screen
	m.Tried = Say{} // a recovery key is not kept beyond its use
	if was == Browsing && m.Verifies != "" {
		m = m.back()
	} else {
		m = m.to(List)
	}
	if !was.talks() {
		return m, nil
	}
	return m.say(m.t("terminal.error.cancelled")), []Effect{Cancel{}}
}

// ended is back from work that came to nothing.
func (m Model) ended(why string) Model {
	if !m.Screen.talks() {
		return m // the person left
	}
	m.Tried = Say{}
	switch {
	case m.Verifies != "" && m.Screen == Browsing:
		m = m.back()
	case m.Screen == Browsing || m.Screen == Unlocking || m.Screen == Opens:
		server := m.Server
		m = m.recovery()
		m.Fields[0].SetValue(server)
	default:
		m = m.to(List)
	}
	return m.complain(why)
}

// recoveryNews is how a recovery goes on.
func (m Model) recoveryNews(msg any) Model {
	switch msg := msg.(type) {
	case Sends:
		m.Browser = msg
	case Closed:
		return m.found(msg)
	case Outcome:
		if m.App == nil {
			return m // it was locked meanwhile; the accounts are on the list
		}
		return m.outcome(msg)
	case Verified:
		return m.verified(msg.Said)
	case Copied:
		return m.copied(msg.ID)
	}
	return m
}

// filter is what the list shows.
func (m Model) filter() authenticator.Filter {
	f := authenticator.Filter{Query: m.Search.Value()}
	if tag, ok := cutTag(m.Group); ok {
		f.Tag = tag
	} else {
		f.Kind = vault.Kind(m.Group)
	}
	return f
}

func cutTag(group string) (string, bool) {
	if len(group) > 0 && group[0] == '#' {
		return group[1:], true
	}
	return "", false
}
