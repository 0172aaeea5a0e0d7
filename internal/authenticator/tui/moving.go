package tui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/move"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
)

// take makes this device the new one of a move.
func (s *shell) take(t *talk, server string) tea.Msg {
	taken, err := s.desk.Take(t.ctx, server, desk.DeviceName(), s.taking(t))
	said := ""
	if errors.Is(err, desk.ErrNoReceipt) {
		said = s.face.Plain(err)
	} else if err != nil {
		return s.over(t, err)
	}
	s.send(s.reopen("", false))
	return Outcome{Receipt: &taken.Receipt, List: taken.Results, Said: said}
}

// taking shows where the two devices meet, and asks for the digits of the other.
func (s *shell) taking(t *talk) desk.Taking {
	var at wire.Meeting
	return desk.Taking{
		Show: func(m wire.Meeting) { at = m },
		Digits: func() (string, error) {
			said, err := s.ask(t, Meets{at})
			return said.Text, err
		},
	}
}

// give makes it the old one.
func (s *shell) give(t *talk, at wire.Meeting) tea.Msg {
	r, wants, err := s.desk.Give(t.ctx, at, desk.Giving{
		Agree: func(name string, wants move.Wants, accounts int) error {
			_, err := s.ask(t, Agrees{name, wants, accounts})
			return err // who says no leaves
		},
		Passphrase: func(wrong bool) (string, error) {
			said, err := s.ask(t, Proves{wrong})
			return said.Text, err
		},
		Digits: func(digits, name string) { s.send(Digits{digits, name}) },
	})
	if err != nil {
		return s.over(t, err)
	}
	return Gave{r, wants}
}

// meets is where the new device waits: as its code was typed, or as it stands in a picture.
func (s *shell) meets(w Give) (wire.Meeting, error) {
	code, err := wire.ParseMeetingCode(w.Code)
	if err == nil {
		return wire.Meeting{Server: w.Server, Code: code}, nil
	}
	if !strings.ContainsAny(w.Code, `/\.`) {
		return wire.Meeting{}, err
	}
	return desk.MeetingInFile(w.Code)
}

// A Move is what the screens of a move show.
type Move struct {
	Meeting wire.Meeting // of the new device
	Digits  Digits       // of the old one
	Agrees  Agrees
	Gave    Gave
}

// moves asks what it takes to meet the other device.
func (m Model) moves(side Screen) Model {
	m = m.to(side)
	server := textField("tui.move.server").with(m.Home)
	if side == TakingFrom {
		m.Fields = []field{server}
	} else {
		m.Fields = []field{textField("tui.move.code"), server}
	}
	return m.focus(0)
}

// meeting goes to where the two devices meet.
func (m Model) meeting() (Model, []Effect) {
	last := len(m.Fields) - 1
	server, ok := remote.ParseIssuer(m.value(last))
	isPicture := last > 0 && strings.ContainsAny(m.value(0), `/\.`)
	if !ok && !isPicture {
		return m.focus(last).complain(m.t("tui.server.wrong")), nil
	}
	if m.Screen == TakingFrom {
		m = m.to(Moving)
		m.Move = Move{}
		return m, []Effect{Take{server}}
	}
	text := path(m.value(0))
	if _, err := wire.ParseMeetingCode(text); err != nil && !isPicture {
		return m.focus(0).complain(m.t("tui.move.mistyped")), nil
	}
	m = m.to(Moving)
	m.Move = Move{}
	return m, []Effect{Give{server, text}}
}

// moveNews is what the other device did, or the service between them.
func (m Model) moveNews(msg any) Model {
	if m.Screen != Moving {
		return m // the person left
	}
	switch msg := msg.(type) {
	case Meets:
		m = m.to(Meeting)
		m.Move.Meeting = msg.Meeting
		m.Fields = []field{textField("tui.move.digits")}
		return m.focus(0)
	case Agrees:
		m = m.to(Agreeing)
		m.Move.Agrees = msg
	case Proves:
		m = m.to(Proving)
		m.Fields = []field{secretField("tui.passphrase")}
		if m = m.focus(0); msg.Again {
			m = m.complain(m.t("terminal.error.passphrase"))
		}
	case Digits:
		m.Move.Digits = msg
	case Gave:
		m = m.to(Moved)
		m.Move.Gave = msg
	}
	return m
}

// typed hands the digits on if they can be those of the other device: others end the move.
func (m Model) typed() (Model, []Effect) {
	if !move.AreDigits(m.value(0)) {
		return m.complain(m.t("terminal.error.six")), nil
	}
	text := m.value(0)
	return m.to(Moving), []Effect{Say{Text: text}}
}

// agreeKey answers whether the other device gets what it asks for.
func (m Model) agreeKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "y":
		return m.to(Moving), []Effect{Say{}}
	case "n", "esc":
		return m.leave()
	}
	return m, nil
}

func (m Model) agreeingView() (body, foot []string) {
	a := m.Move.Agrees
	key := "terminal.move.sure"
	if a.Wants == move.Backup {
		key = "terminal.move.open"
	}
	return append([]string{""}, m.wrap(m.t(key, "name", calm(a.Name), "n", a.Accounts))...), []string{m.t("tui.keys.ask")}
}

// movingView waits, on the old device with the digits.
func (m Model) movingView() (body, foot []string) {
	foot = []string{m.t("tui.keys.leave")}
	d := m.Move.Digits
	if d.Digits == "" {
		return []string{"", m.t("tui.move.wait")}, foot
	}
	body = append([]string{""}, m.wrap(m.t("tui.move.type", "name", calm(d.Name)))...)
	body = append(body, "", "   "+m.lamp().Render(desk.Grouped(d.Digits)), "")
	return append(body, m.wrap(m.t("tui.move.never"))...), foot
}

func (m Model) movedView() (body, foot []string) {
	g := m.Move.Gave
	foot = []string{m.t("tui.keys.close")}
	if g.Wants == move.Backup {
		return append([]string{""}, m.wrap(m.t("terminal.move.opened"))...), foot
	}
	body = []string{"", bold.Render(m.t("move.old.done")), ""}
	for _, line := range m.receipt(g.Receipt) {
		body = append(body, m.wrap(line)...)
	}
	return append(append(body, ""), m.wrap(m.t("tui.move.done"))...), foot
}

// meetingView shows where this device waits: as a QR code where there is room
// for one, which takes all the height of a small terminal, and as what can be typed.
func (m Model) meetingView() (body, foot []string) {
	const beside, narrow = 3, 30
	foot = []string{m.t("tui.keys.meeting")}
	code := desk.Drawn(m.Move.Meeting)
	room := m.Height - len(foot) - len(m.news())
	if len(code) == 0 || len(code) > room || m.Width < width(code[0])+beside+narrow {
		return m.meetingText("tui.move.small"), foot
	}
	side := m
	side.Width = m.Width - width(code[0]) - beside
	text := side.meetingText("tui.move.scan")
	for i := range max(len(code), len(text)) {
		left, right := strings.Repeat(" ", width(code[0])), ""
		if i < len(code) {
			left = paper.Render(code[i])
		}
		if i < len(text) {
			right = text[i]
		}
		body = append(body, left+strings.Repeat(" ", beside)+right)
	}
	return body, foot
}

func (m Model) meetingText(how string) (lines []string) {
	lines = append(append([]string{m.head(), ""}, m.wrap(m.t(how))...), "")
	lines = append(append(lines, m.wrap(m.t("tui.move.or"))...), "")
	for _, line := range m.wrap(wire.ShowMeetingCode(m.Move.Meeting.Code)) {
		lines = append(lines, m.pine().Render(line))
	}
	lines = append(append(lines, calm(m.Move.Meeting.Server), ""), m.wrap(m.t("tui.move.digits"))...)
	in := m.Fields[0].Model
	in.SetWidth(max(m.Width-4, 4))
	return append(lines, "> "+in.View())
}
