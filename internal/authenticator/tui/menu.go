package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// choices are what the menu offers, each under its key, which does the same on
// the list. Where nothing is here yet they stand in the place of the accounts.
var choices = []struct {
	key   string
	first bool // offered before there is an account
}{
	{"a", true}, {"r", true}, {"t", true}, {"i", true}, {"o", false}, {"b", false}, {"L", false},
}

// choose does what a key of the menu stands for.
func (m Model) choose(key string) (Model, []Effect, bool) {
	switch key {
	case "a":
		return m.add(), nil, true
	case "r":
		return m.recovery(), nil, true
	case "t":
		return m.moves(TakingFrom), nil, true
	case "o":
		return m.moves(GivingTo), nil, true
	case "i":
		m = m.to(Naming)
		m.Fields = []field{textField("tui.file")}
		return m.focus(0), nil, true
	case "b":
		m = m.to(Checkup)
		m.Found, m.FoundLine = Checked{}, 0
		return m, []Effect{CheckUp{}}, true
	case "L":
		return m, []Effect{Lock{}}, true
	}
	return m, nil, false
}

func (m Model) menuKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "up", "k":
		m.MenuLine = max(m.MenuLine-1, 0)
	case "down", "j":
		m.MenuLine = min(m.MenuLine+1, len(choices)-1)
	case "enter":
		m, wishes, _ := m.choose(choices[m.MenuLine].key)
		return m, wishes
	case "esc", "q":
		return m.to(List), nil
	}
	if !slices.Contains([]string{"up", "k", "down", "j"}, k.String()) {
		m, wishes, _ := m.choose(k.String())
		return m, wishes
	}
	return m, nil
}

func (m Model) menuView() (body, foot []string) {
	body = []string{"", bold.Render(m.t("tui.menu")), ""}
	for i, c := range choices {
		mark := "  "
		if i == m.MenuLine {
			mark = "> "
		}
		body = append(body, mark+m.choiceLine(c.key))
	}
	return body, []string{m.t("tui.keys.menu")}
}

func (m Model) choiceLine(key string) string {
	return bold.Render(key) + "  " + m.t("tui.menu."+key)
}

// firstView is what stands in the place of the accounts before there is one.
func (m Model) firstView() []string {
	lines := append(m.wrap(m.t("tui.empty")), "")
	for _, c := range choices {
		if c.first {
			lines = append(lines, "  "+m.choiceLine(c.key))
		}
	}
	return lines
}
