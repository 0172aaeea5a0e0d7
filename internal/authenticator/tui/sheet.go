package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/wire"
)

// A Sheet asks one question. While it lies on the screen nothing replaces what
// is on it: newer requests wait.
type Sheet struct {
	Request
	Typed    string
	Since    time.Time
	Refusing bool   // asks what kind of no
	Proving  bool   // asks for the passphrase: the answer takes the unlock key
	Secret   string // as typed so far
	Sending  bool   // an answer is on its way
	Outcome  string // what came of it; "gone" if it is over without us
	Other    string // the app whose number was typed
	Trouble  string
	Wrong    string // about the passphrase that was typed
}

// still is how long a new sheet takes no keys: what the person typed was meant
// for what they saw.
const still = 700 * time.Millisecond

// gone is the outcome of a request that was answered elsewhere or ran out.
const gone = "gone"

// raise shows the oldest request that waits.
func (m Model) raise() Model {
	if len(m.Asked) > 0 && m.Sheet == nil {
		m.Sheet = &Sheet{Request: m.Asked[0], Since: m.Now}
	}
	return m
}

// busy reports whether the person is typing, so that a sheet would take the
// keys away. They are told, and raise it with Ctrl-G.
func (m Model) busy() bool { return len(m.Fields) > 0 || m.Search.Focused() || m.App == nil }

func (m Model) requestNews(msg any) (Model, []Effect) {
	switch msg := msg.(type) {
	case Asks:
		if m.asks(msg.ID) {
			return m, nil
		}
		m.Asked = append(slices.Clone(m.Asked), msg.Request)
		if !m.busy() {
			m = m.raise()
		}
		return m, []Effect{Bell{}}
	case Over:
		return m.over(msg.ID), nil
	case Answered:
		if !msg.Waits {
			m = m.without(msg.ID)
		}
		if m.Sheet != nil && m.Sheet.ID == msg.ID {
			s := *m.Sheet
			s.Sending, s.Outcome, s.Other, s.Trouble = false, msg.Outcome, msg.Other, msg.Trouble
			if msg.Again {
				s.Proving, s.Trouble, s.Wrong = true, "", msg.Trouble
			}
			m.Sheet = &s
		}
	}
	return m, nil
}

// asks tells whether a request is open.
func (m Model) asks(id string) bool {
	return slices.ContainsFunc(m.Asked, func(r Request) bool { return r.ID == id })
}

func (m Model) without(id string) Model {
	m.Asked = slices.DeleteFunc(slices.Clone(m.Asked), func(r Request) bool { return r.ID == id })
	return m
}

func (m Model) over(id string) Model {
	m = m.without(id)
	if m.Sheet != nil && m.Sheet.ID == id && m.Sheet.Outcome == "" && !m.Sheet.Sending {
		s := *m.Sheet
		s.Outcome = gone
		m.Sheet = &s
	}
	return m
}

// expire ends requests whose time is over.
func (m Model) expire() Model {
	for _, r := range m.Asked {
		if r.ExpiresAt > 0 && m.Now.UnixMilli() > r.ExpiresAt+int64(2*time.Second/time.Millisecond) {
			m = m.over(r.ID)
		}
	}
	return m
}

func (m Model) sheetKey(k tea.KeyPressMsg) (Model, []Effect) {
	s := *m.Sheet
	if m.Now.Sub(s.Since) < still || s.Sending {
		return m, nil
	}
	if s.Outcome != "" || s.Trouble != "" {
		switch {
		case k.String() == "esc" && m.asks(s.ID): // it waits on
			m.Sheet = nil
		case k.String() == "enter" || k.String() == "esc":
			m.Sheet = nil
			m = m.raise()
		}
		return m, nil
	}
	if s.Proving {
		return m.prove(s, k)
	}
	if s.Refusing {
		return m.refuse(s, k.String())
	}
	switch key := k.String(); {
	case len(key) == 1 && key[0] >= '0' && key[0] <= '9':
		if len(s.Typed) < digits(s) {
			s.Typed += key
		}
	case key == "backspace":
		s.Typed = s.Typed[:max(len(s.Typed)-1, 0)]
	case key == "enter" && len(s.Typed) == digits(s) && s.Unlock:
		s.Proving = true
	case key == "enter" && len(s.Typed) == digits(s):
		return m.answer(s, wire.Approve, s.Typed)
	case key == "n":
		s.Refusing = true
	case key == "esc": // never an answer: it waits on
		m.Sheet = nil
		return m, nil
	}
	m.Sheet = &s
	return m, nil
}

// prove takes the passphrase, of which nothing shows but its length. Whoever
// leaves it goes back to the number.
func (m Model) prove(s Sheet, k tea.KeyPressMsg) (Model, []Effect) {
	switch key := k.String(); {
	case key == "enter" && s.Secret != "":
		secret := s.Secret
		s.Proving, s.Secret, s.Wrong, s.Sending = false, "", "", true
		m.Sheet = &s
		return m, []Effect{Answer{s.ID, wire.Approve, s.Typed, secret}}
	case key == "esc":
		s.Proving, s.Secret, s.Wrong = false, "", ""
	case key == "backspace":
		_, n := utf8.DecodeLastRuneInString(s.Secret)
		s.Secret = s.Secret[:len(s.Secret)-n]
	default:
		s.Secret += k.Text
	}
	m.Sheet = &s
	return m, nil
}

func (m Model) refuse(s Sheet, key string) (Model, []Effect) {
	switch key {
	case "d":
		return m.answer(s, wire.Deny, "")
	case "r":
		return m.answer(s, wire.Report, "")
	case "esc":
		s.Refusing = false
	}
	m.Sheet = &s
	return m, nil
}

func (m Model) answer(s Sheet, decision, number string) (Model, []Effect) {
	s.Sending = true
	m.Sheet = &s
	return m, []Effect{Answer{s.ID, decision, number, ""}}
}

// digits are how many the number has.
func digits(s Sheet) int {
	if s.Digits < 1 || s.Digits > 9 {
		return 2
	}
	return s.Digits
}

// sheetView asks the question, or says what came of it.
func (m Model) sheetView() (body, foot []string) {
	s := m.Sheet
	if s.Outcome != "" || s.Trouble != "" {
		return m.outcomeView(s)
	}
	rest := time.UnixMilli(s.ExpiresAt).Sub(m.Now)
	body = []string{m.pine().Render(calm(strings.TrimSpace(s.Directory+" "+s.Host))) + "  " + m.t("app.approve.left", "time", clock(rest)), "", bold.Render(m.t(title(s)))}
	if s.Kind == wire.KindNewPhone {
		body = append(body, m.wrap(m.t("app.approve.phone.what"))...)
	} else if !s.Known && !s.BringsKey() {
		body = append(body, m.lamp().Render("! "+m.t("app.approve.new_browser")))
	}
	app := calm(s.App)
	if s.AppHost != "" {
		app += " (" + calm(s.AppHost) + ")"
	}
	device := ""
	if s.Device != nil {
		app, device = "", calm(s.Device.Name+", "+s.Device.Platform)
	}
	for _, fact := range [][2]string{
		{"app.approve.app", app}, {"app.approve.phone.device", device}, {"app.approve.account", calm(s.Person)},
		{"app.approve.from", calm(strings.Trim(s.Browser+", "+s.System, ", "))},
		{"app.approve.place", calm(strings.TrimSpace(s.Place + " " + s.IP))},
	} {
		if fact[1] != "" && !s.BringsKey() {
			body = append(body, m.fact(fact[0], fact[1])...)
		}
	}
	if n := len(m.Asked); n > 1 {
		foot = append(foot, m.lamp().Render(m.t("app.approve.more", "n", n-1)))
	}
	switch {
	case s.Sending:
		return append(body, "", m.t("app.approve.sending")), foot
	case s.Proving:
		body = append(append(body, ""), m.wrap(m.t("terminal.unlock.why"))...)
		body = append(body, "", "   "+m.lamp().Render(strings.Repeat("*", utf8.RuneCountInString(s.Secret))+"_"), "", bold.Render("Enter "+m.t("app.approve.yes")))
		if s.Wrong != "" {
			foot = append(foot, m.trouble(s.Wrong)...)
		}
		return body, append(foot, faint.Render(m.t("tui.keys.prove")))
	case s.Refusing:
		body = append(body, "", bold.Render("D  "+m.t("app.approve.deny")))
		body = append(body, m.wrap("   "+m.t("app.approve.deny.what"))...)
		body = append(body, bold.Render("R  "+m.t("app.approve.report")))
		body = append(body, m.wrap("   "+m.t("app.approve.report.what.own"))...)
		return body, append(foot, faint.Render(m.t("tui.keys.refuse")))
	}
	if s.Kind == wire.KindPasswordless {
		body = append(append(body, ""), m.wrap(m.t("terminal.request.passwordless"))...)
	}
	ask := "app.approve.ask"
	if s.Kind == wire.KindNewPhone {
		ask = "app.approve.phone.ask"
	}
	body = append(body, "", m.t(ask), "", "   "+m.slots(*s), "")
	yes := faint.Render("Enter " + m.t("app.approve.yes"))
	if len(s.Typed) == digits(*s) {
		yes = bold.Render("Enter " + m.t("app.approve.yes"))
	}
	body = append(body, yes+"    "+m.red().Render("N "+m.t("app.approve.no")), "")
	body = append(body, m.wrap(m.t("terminal.request.never"))...)
	return body, append(foot, faint.Render(m.t("tui.keys.sheet")))
}

func title(s *Sheet) string {
	switch s.Kind {
	case wire.KindTest:
		return "app.approve.title.test"
	case wire.KindUnlock:
		return "app.approve.title.unlock"
	case wire.KindNewPhone:
		return "app.approve.phone.title"
	}
	return "app.approve.title"
}

// slots are the digits that were typed, and those that are missing.
func (m Model) slots(s Sheet) string {
	var b strings.Builder
	for i := range digits(s) {
		digit := "_"
		if i < len(s.Typed) {
			digit = s.Typed[i : i+1]
		}
		b.WriteString(m.lamp().Render("[ " + digit + " ]"))
	}
	return b.String()
}

func clock(d time.Duration) string {
	s := max(int((d+time.Second-1)/time.Second), 0)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func (m Model) outcomeView(s *Sheet) (body, foot []string) {
	head, text := "", s.Trouble
	switch s.Outcome {
	case wire.Approved:
		text = m.t("terminal.approved")
	case wire.Denied:
		text = m.t("terminal.denied")
	case wire.Reported:
		text = m.t("terminal.reported")
	case wire.OtherRequest:
		head, text = "app.approve.other.title", m.t("app.approve.other.lead", "app", calm(s.Other))
	case gone:
		head, text = "app.approve.elsewhere.title", m.t("app.approve.elsewhere.lead")
	case "":
	default:
		text = m.t("terminal.error.wrong_number")
	}
	body = []string{m.pine().Render(calm(s.Host)), "", bold.Render(calm(s.App)), ""}
	if head != "" {
		body = append(append(body, m.wrap(m.t(head))...), "")
	}
	body = append(body, m.wrap(text)...)
	if m.asks(s.ID) {
		return body, []string{faint.Render(m.t("tui.keys.retry"))}
	}
	if n := len(m.Asked); n > 0 {
		return body, []string{faint.Render(m.t("tui.keys.next", "n", n))}
	}
	return body, []string{faint.Render(m.t("tui.keys.close"))}
}
