package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/move"
)

// urgent is the order in which a person looks at what came of a recovery: what
// needs them, what does not work, what is as it should be.
var urgent = []authenticator.Fate{authenticator.Verify, authenticator.Scan, authenticator.Failed, authenticator.Kept, authenticator.Restored}

// outcome shows what came of a recovery or a move.
func (m Model) outcome(o Outcome) Model {
	o.List = slices.Clone(o.List)
	slices.SortStableFunc(o.List, func(a, b authenticator.Recovered) int {
		return slices.Index(urgent, a.State) - slices.Index(urgent, b.State)
	})
	m = m.to(Results).say(o.Said)
	m.Got, m.GotLine, m.Tried = o, 0, Say{}
	return m
}

// fate is the state of a line now: what was set up since is as good as restored.
func (m Model) fate(r authenticator.Recovered) authenticator.Recovered {
	if e, err := m.App.Account(r.ID); err == nil && (r.State == authenticator.Verify || r.State == authenticator.Scan) {
		if s, ok := e.Server(); ok && s.Here() {
			r.State = authenticator.Restored
		}
	}
	return r
}

// copied notes that the person took the backup's copy of an account too.
func (m Model) copied(id string) Model {
	m.Got.List = slices.Clone(m.Got.List)
	for i := range m.Got.List {
		if r := &m.Got.List[i]; r.ID == id {
			r.State, r.Other = authenticator.Restored, false
		}
	}
	return m
}

// verified is back from setting an account up.
func (m Model) verified(said string) Model {
	if m.Screen != Browsing {
		return m.say(said)
	}
	return m.back().say(said)
}

// back is the list of results while something on it is left to do, else the accounts.
func (m Model) back() Model {
	if len(m.Got.List) > 0 {
		return m.to(Results)
	}
	return m.to(List)
}

func (m Model) resultsKey(k tea.KeyPressMsg) (Model, []Effect) {
	m.Said, m.Wrong = "", false
	switch k.String() {
	case "up", "k":
		m.GotLine = max(m.GotLine-1, 0)
	case "down", "j":
		m.GotLine = min(m.GotLine+1, len(m.Got.List)) // the last line is what comes next
	case "pgup":
		m.GotLine = max(m.GotLine-m.rows(), 0)
	case "pgdown":
		m.GotLine = min(m.GotLine+m.rows(), len(m.Got.List))
	case "esc", "q":
		m.Got = Outcome{}
		return m.to(List), nil
	}
	if m.GotLine == len(m.Got.List) {
		return m, nil
	}
	r := m.fate(m.Got.List[m.GotLine])
	switch key := k.String(); {
	case r.State == authenticator.Verify && (key == "enter" || key == "v"), r.State == authenticator.Scan && key == "v":
		return m.verifies(r.ID)
	case r.State == authenticator.Scan && key == "enter":
		return m.add(), nil
	case r.Other && key == "b":
		return m, []Effect{Beside{r.ID, false}}
	case r.Other && key == "t":
		return m, []Effect{Beside{r.ID, true}}
	}
	return m, nil
}

func (m Model) resultsView() (body, foot []string) {
	body = []string{bold.Render(m.t("tui.results.title"))}
	for _, line := range m.gotFrom() {
		body = append(body, m.wrap(line)...)
	}
	body = append(body, "")
	about := m.aboutLine()
	rows := max(m.Height-len(body)-len(about)-4, 1)
	from := max(0, min(m.GotLine-rows/2, len(m.Got.List)+1-rows))
	for i := from; i < min(from+rows, len(m.Got.List)+1); i++ {
		body = append(body, m.gotLine(i))
	}
	return append(append(body, ""), about...), []string{m.t("tui.keys.results")}
}

// gotFrom says where all this came from, and how much of it arrived.
func (m Model) gotFrom() []string {
	if r := m.Got.Receipt; r != nil {
		return m.receipt(*r)
	}
	return []string{m.t("terminal.recover.from", "time", m.date(m.Got.Made), "device", calm(m.Got.Device), "n", len(m.Got.List))}
}

// receipt says what arrived.
func (m Model) receipt(r move.Receipt) []string {
	lines := []string{m.t("move.receipt", "arrived", r.Arrived, "of", r.Of)}
	for _, more := range []struct {
		n   int
		key string
	}{{r.Work, "move.receipt.work"}, {r.Personal, "move.receipt.personal"}, {r.Beside, "move.receipt.beside"}} {
		if more.n > 0 {
			lines = append(lines, m.t(more.key, "n", more.n))
		}
	}
	return lines
}

func (m Model) gotLine(i int) string {
	mark := "  "
	if i == m.GotLine {
		mark = "> "
	}
	if i == len(m.Got.List) {
		return mark + m.t("tui.results.next")
	}
	r := m.fate(m.Got.List[i])
	state := fit(m.t("tui.fate."+string(r.State)), m.fateWidth())
	switch r.State {
	case authenticator.Verify, authenticator.Scan:
		state = m.lamp().Render(state)
	case authenticator.Failed:
		state = m.red().Render(state)
	}
	return mark + state + "  " + calm(named(r))
}

// fateWidth is how wide the widest state is, so that names stand in a column.
func (m Model) fateWidth() (widest int) {
	for _, state := range urgent {
		widest = max(widest, width(m.t("tui.fate."+string(state))))
	}
	return widest
}

func named(r authenticator.Recovered) string {
	switch {
	case r.Issuer != "" && r.Name != "":
		return r.Issuer + " (" + r.Name + ")"
	case r.Issuer != "":
		return r.Issuer
	}
	return r.Name
}

// aboutLine says of the line under the cursor what to do about it.
func (m Model) aboutLine() []string {
	if m.GotLine == len(m.Got.List) {
		if m.Got.Receipt != nil {
			return m.wrap(m.t("tui.results.next.move"))
		}
		return m.wrap(m.t("tui.results.next.recover"))
	}
	r := m.fate(m.Got.List[m.GotLine])
	key := "tui.fate." + string(r.State) + ".do"
	switch {
	case r.Other:
		key = "tui.fate.kept.other"
	case r.State == authenticator.Failed:
		key = "tui.fate.failed." + r.Why
	}
	return m.wrap(m.t(key, "host", calm(r.Host)))
}
