package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"countersign/internal/authenticator/desk"
)

// The looks. Colour never says anything that a word or a sign does not say too:
// NO_COLOR takes it away.
var (
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	picked = lipgloss.NewStyle().Reverse(true)                                                    // of what the next letter replaces
	paper  = lipgloss.NewStyle().Foreground(lipgloss.Color("0")).Background(lipgloss.Color("15")) // of QR codes
)

// ink is a colour that can be read on what the terminal has behind it.
func (m Model) ink(light, dark string) lipgloss.Style {
	if m.Light {
		dark = light
	}
	return lipgloss.NewStyle().Foreground(lipgloss.Color(dark))
}

func (m Model) pine() lipgloss.Style { return m.ink("#12524a", "#4f9d8c").Bold(true) }
func (m Model) lamp() lipgloss.Style { return m.ink("#9c4a06", "#d9a441").Bold(true) }
func (m Model) red() lipgloss.Style  { return m.ink("#a2262b", "#d05a52") }

func calm(text string) string { return desk.Calm(text) }

func width(text string) int { return ansi.StringWidth(text) }

// View is the model as lines that fit the terminal, whatever is in it.
func (m Model) View() string {
	lines, foot := m.page()
	width, height := max(m.Width, 1), max(m.Height, 1)
	room := max(height-len(foot), 0)
	if len(lines) > room {
		lines = lines[:room]
	}
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines, foot...)
	lines = lines[max(len(lines)-height, 0):]
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, width, "…")
	}
	return strings.Join(lines, "\n")
}

// page is the body of what is in front, and the lines at the foot.
func (m Model) page() (body, foot []string) {
	if m.Sheet != nil {
		return m.sheetView()
	}
	switch m.Screen {
	case List:
		body, foot = m.listView()
	case Detail:
		body, foot = m.detailView()
	case Removing:
		e, _ := m.chosen()
		body = []string{bold.Render(m.t("terminal.rm.sure", "title", calm(e.Title()))), ""}
		body, foot = append(body, m.wrap(m.t("tui.remove.what"))...), []string{m.t("tui.keys.ask")}
	case Pairing:
		body = []string{bold.Render(m.t("terminal.pair.sure", "host", calm(m.Offer.Issuer)))}
		foot = []string{m.t("tui.keys.ask")}
	case Reading:
		body, foot = m.readingView(), []string{m.t("tui.keys.reading")}
	case Preview:
		body, foot = m.previewView()
	case Help:
		for _, line := range strings.Split(m.t("tui.help"), "|") {
			body = append(body, strings.TrimSpace(line))
		}
		foot = []string{m.t("tui.keys.help")}
	case Checkup:
		body, foot = m.checkupView()
	case Menu:
		body, foot = m.menuView()
	case Stopping:
		body, foot = m.stoppingView()
	case Browsing:
		body, foot = m.browsingView()
	case Opens:
		body, foot = []string{"", m.t("tui.recover.opens")}, []string{m.t("tui.keys.leave")}
	case Results:
		body, foot = m.resultsView()
	case Meeting:
		body, foot = m.meetingView()
	case Agreeing:
		body, foot = m.agreeingView()
	case Moving:
		body, foot = m.movingView()
	case Moved:
		body, foot = m.movedView()
	case Opening:
		body = []string{m.t("tui.opening")}
	default:
		body, foot = m.fieldsView()
	}
	if m.Screen != Meeting { // which has it beside its code
		body = append([]string{m.head()}, body...)
	}
	return body, append(m.news(), faintAll(foot)...)
}

func faintAll(lines []string) []string {
	for i := range lines {
		lines[i] = faint.Render(lines[i])
	}
	return lines
}

func (m Model) head() string {
	text := m.pine().Render("Countersign")
	for host := range m.Away {
		text += "  " + m.lamp().Render(m.t("tui.away", "host", calm(host)))
		break
	}
	return text
}

// news are lines that must not be missed, above the keys.
func (m Model) news() (lines []string) {
	if n := len(m.Asked); n > 0 && m.App != nil {
		lines = append(lines, m.lamp().Render(m.t("tui.waiting", "n", n)))
	}
	switch {
	case m.Said == "":
		return lines
	case m.Wrong:
		return append(lines, m.trouble(m.Said)...)
	}
	return append(lines, m.wrap(m.Said)...)
}

// trouble is what went wrong, with a sign before its first line.
func (m Model) trouble(text string) []string {
	sign, lines := "! ", m.wrap(text)
	for i, line := range lines {
		lines[i] = m.red().Render(sign + line)
		sign = "  "
	}
	return lines
}

// rows is how many accounts there is room for.
func (m Model) rows() int { return max(m.Height-6, 1) }

// pad puts spaces before a text.
func pad(text string, width int) string {
	return strings.Repeat(" ", max(width-ansi.StringWidth(text), 0)) + text
}

// fit makes a text exactly as wide as there is room.
func fit(text string, width int) string {
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// fact is a line with its label, which are aligned, broken where it must be.
func (m Model) fact(key, value string) []string {
	const column = 14
	label := faint.Render(fit(m.t(key), column))
	narrow := m
	narrow.Width -= column - 1
	lines := narrow.wrap(value)
	for i := range lines {
		lines[i] = label + lines[i]
		label = strings.Repeat(" ", column)
	}
	return lines
}
