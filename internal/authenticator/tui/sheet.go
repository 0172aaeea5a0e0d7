package tui

import (
	"slices"
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
		if slices.ContainsFunc(m.Asked, func(r Request) bool { return r.ID == msg.ID }) {
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
		m = m.without(msg.ID)
		if m.Sheet != nil && m.Sheet.ID == msg.ID {
			s := *m.Sheet
			s.Sending, s.Outcome, s.Other, s.Trouble = false, msg.Outcome, msg.Other, msg.Trouble
			m.Sheet = &s
		}
	}
	return m, nil
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
		if k.String() == "enter" || k.String() == "esc" {
			m.Sheet = nil
			return m.raise(), nil
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
		s.Proving, s.Secret, s.Sending = false, "", true
		m.Sheet = &s
		return m, []Effect{Answer{s.ID, wire.Approve, s.Typed, secret}}
	case key == "esc":
		s.Proving, s.Secret = false, ""
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
