package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
)

// fileNews is what became of reading a file.
func (m Model) fileNews(msg any) Model {
	if m.Screen != Reading {
		return m // the person left
	}
	switch msg := msg.(type) {
	case NeedsPassword:
		m = m.to(Secret)
		m.Result.Format = msg.Format
		label := "tui.file.password"
		if msg.Format.ID == "backup" {
			label = "tui.file.key"
		}
		m.Fields = []field{secretField(label).again(m.Tried.Text)}
		if m = m.focus(0); msg.Wrong != "" {
			m = m.complain(msg.Wrong)
		}
	case Unread:
		m = m.to(List).complain(msg.Text)
		m.Tried = Say{}
	case Read:
		m = m.to(Preview)
		m.Tried = Say{}
		m.Result, m.Plan, m.Choices, m.PlanLine = msg.Result, msg.Plan, map[int]authenticator.Choice{}, 0
	}
	return m
}

// options are what can become of an account of a file, the first being what
// happens unless the person chooses.
func options(item authenticator.Item) []authenticator.Choice {
	switch item.State {
	case authenticator.IsNew:
		return []authenticator.Choice{authenticator.AddIt, authenticator.Skip}
	case authenticator.IsChanged:
		return []authenticator.Choice{authenticator.Fill, authenticator.Replace, authenticator.Skip}
	case authenticator.IsConflict:
		return []authenticator.Choice{authenticator.AddIt, authenticator.Replace, authenticator.Skip}
	}
	return []authenticator.Choice{authenticator.Skip}
}

func (m Model) choice(at int) authenticator.Choice {
	if c, ok := m.Choices[at]; ok {
		return c
	}
	return m.Plan.Items[at].Choice
}

func (m Model) previewKey(k tea.KeyPressMsg) (Model, []Effect) {
	lines := len(m.Plan.Items) + len(m.Result.Problems)
	switch k.String() {
	case "up", "k":
		m.PlanLine = max(m.PlanLine-1, 0)
	case "down", "j":
		m.PlanLine = max(min(m.PlanLine+1, lines-1), 0)
	case "pgup":
		m.PlanLine = max(m.PlanLine-m.rows(), 0)
	case "pgdown":
		m.PlanLine = max(min(m.PlanLine+m.rows(), lines-1), 0)
	case "space":
		if m.lacksPIN() {
			m = m.to(Pinning)
			m.Fields = []field{secretField("tui.file.pin")}
			return m.focus(0), nil
		}
		if m.PlanLine < len(m.Plan.Items) {
			all := options(m.Plan.Items[m.PlanLine])
			m.Choices = maps.Clone(m.Choices)
			m.Choices[m.PlanLine] = all[(slices.Index(all, m.choice(m.PlanLine))+1)%len(all)]
		}
	case "enter":
		return m, []Effect{Import{m.Result.Accounts, m.Choices}}
	case "esc", "q":
		return m.to(List).say(m.t("terminal.error.cancelled")), nil
	}
	return m, nil
}

// lacksPIN tells whether the line under the cursor is an account that would be whole with its PIN.
func (m Model) lacksPIN() bool {
	at := m.PlanLine - len(m.Plan.Items)
	return at >= 0 && at < len(m.Result.Problems) && m.Result.Problems[at].Account != nil
}

// pinned puts an account that has its PIN now among the others.
func (m Model) pinned() Model {
	at := m.PlanLine - len(m.Plan.Items)
	a := *m.Result.Problems[at].Account
	if a.Pin = strings.TrimSpace(m.value(0)); a.Key().Check() != nil {
		m.Fields = []field{m.Fields[0].again(m.value(0))}
		return m.complain(m.t("terminal.error.pin"))
	}
	m = m.to(Preview)
	m.Result.Accounts = append(slices.Clone(m.Result.Accounts), a)
	m.Result.Problems = slices.Delete(slices.Clone(m.Result.Problems), at, at+1)
	m.Plan = m.App.Preview(m.Now, m.Result.Accounts)
	m.PlanLine = len(m.Plan.Items) - 1
	return m
}

func (m Model) readingView() []string {
	body := []string{"", bold.Render(m.t("tui.reading", "file", calm(m.File))), ""}
	if m.Total == 0 {
		body = append(body, m.wrap(m.t("terminal.work"))...)
	} else {
		width := min(max(m.Width-8, 4), 50)
		full := int(int64(width) * min(m.Done, m.Total) / m.Total)
		body = append(body, m.pine().Render(strings.Repeat("#", full))+faint.Render(strings.Repeat(".", width-full))+
			fmt.Sprintf(" %3d%%", 100*min(m.Done, m.Total)/m.Total))
	}
	return body
}

func (m Model) previewView() (body, foot []string) {
	body = append([]string{""}, m.wrap(m.t("terminal.import.preview", "format", m.t(m.Result.Format.Message()), "new", m.Plan.Count(authenticator.IsNew),
		"same", m.Plan.Count(authenticator.IsSame), "changed", m.Plan.Count(authenticator.IsChanged), "conflict", m.Plan.Count(authenticator.IsConflict)))...)
	body = append(body, "")
	lines, foot := m.planned(), []string{m.t("tui.keys.preview")}
	if m.lacksPIN() {
		foot[0] = m.t("tui.keys.preview.pin")
	}
	if m.PlanLine < len(lines) && width(lines[m.PlanLine]) > m.Width-2 {
		foot = append(m.wrap(lines[m.PlanLine]), foot...) // or its reason would not be seen
	}
	rows := max(m.rows()-len(foot)+1, 1)
	from := max(0, min(m.PlanLine-rows/2, len(lines)-rows))
	for i, line := range lines[from:min(from+rows, len(lines))] {
		mark := "  "
		if from+i == m.PlanLine {
			mark = "> "
		}
		body = append(body, mark+line)
	}
	return body, foot
}

// planned has a line for each account of the file, and for each entry that is none.
func (m Model) planned() (lines []string) {
	for i, item := range m.Plan.Items {
		title := calm(desk.Titled(item, i))
		if item.State == authenticator.IsRefused {
			lines = append(lines, m.t("terminal.import.problem", "title", title, "reason", m.t(desk.Unfit(item.Err))))
			continue
		}
		line := m.t("terminal.import."+string(item.State), "title", title) + "  → " + m.t("tui.choice."+string(m.choice(i)))
		for _, why := range item.Reasons {
			line += "; " + m.t("tui.why."+string(why))
		}
		lines = append(lines, line)
	}
	for _, p := range m.Result.Problems {
		lines = append(lines, m.t("terminal.import.problem", "title", calm(p.Entry), "reason", m.t(p.Reason.Message())))
	}
	return lines
}
