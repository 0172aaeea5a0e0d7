package tui

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/desk"
)

// checkUp looks what would come back if this device were lost, after opening the
// newest backup for practice if the person wants that.
func (s *shell) checkUp(practise bool) tea.Msg {
	found := Checked{}
	if practise {
		if err := s.desk.Practise(s.ctx, nil); err != nil {
			return s.failed(err)
		}
		found.Said = s.t("terminal.checkup.drilled")
	}
	var err error
	if found.Backup, err = s.desk.Backup(); errors.Is(err, desk.ErrNoBackup) {
		found.Off, err = true, nil
	}
	if err == nil {
		found.Lines, err = s.desk.CheckUp()
	}
	if err != nil {
		return s.failed(err)
	}
	return found
}

func (m Model) checkupKey(k tea.KeyPressMsg) (Model, []Effect) {
	most := max(len(m.foundLines())-m.rows(), 0)
	switch k.String() {
	case "up", "k":
		m.FoundLine = max(m.FoundLine-1, 0)
	case "down", "j":
		m.FoundLine = min(m.FoundLine+1, most)
	case "p":
		return m.say(m.t("tui.checkup.opens")), []Effect{CheckUp{Practise: true}}
	case "esc", "q", "enter":
		return m.to(List), nil
	}
	return m, nil
}

func (m Model) checkupView() (body, foot []string) {
	lines := m.foundLines()
	from := min(m.FoundLine, max(len(lines)-m.rows(), 0))
	body = []string{bold.Render(m.t("tui.checkup")), ""}
	return append(body, lines[from:]...), []string{m.t("tui.keys.checkup")}
}

// foundLines are what was found, each with the one thing to do about it.
func (m Model) foundLines() (lines []string) {
	f := m.Found
	if f.Off {
		lines = m.wrap(m.t("terminal.backup.is_off"))
	} else if f.Lines != nil {
		lines = m.wrap(m.t("terminal.backup.state."+string(f.Backup.Watch.State(m.Now)), "account", calm(f.Backup.Login), "server", calm(f.Backup.Issuer)))
		lines = append(lines, m.wrap(m.t("terminal.backup.verified", "time", m.date(f.Backup.Watch.Verified)))...)
	}
	for _, l := range f.Lines {
		lines = append(lines, m.foundLine(l)...)
	}
	return lines
}

func (m Model) foundLine(l backup.Line) (lines []string) {
	if l.What != backup.LineBackup {
		text := m.t(desk.MessageOf(l.What, l.Kind, !l.At.IsZero()), "time", m.date(l.At), "label", calm(l.Label), "n", len(l.Titles))
		if l.Good {
			lines = m.wrap("+ " + text)
		} else {
			for _, line := range m.wrap("! " + text) {
				lines = append(lines, m.lamp().Render(line))
			}
		}
	}
	for _, title := range l.Titles {
		if l.What != backup.LineReturns {
			lines = append(lines, "    "+calm(title))
		}
	}
	if l.Fix != "" {
		lines = append(lines, m.wrap("  "+m.t("terminal.checkup.fix."+l.Fix))...)
	}
	return lines
}

// date is a time as the person's clock shows it, to the minute.
func (m Model) date(t time.Time) string {
	if t.IsZero() {
		return m.t("terminal.backup.never")
	}
	return t.In(m.Now.Location()).Format("2006-01-02 15:04")
}
