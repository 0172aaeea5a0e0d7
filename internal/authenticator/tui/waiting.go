package tui

import (
	"context"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator/desk"
)

// askWaiting is how often it is asked what waits of an account. What waits does so for a day.
const askWaiting = time.Minute

// await tells what waits of the account behind a door, again and again, until ctx
// ends: somebody who wants to restore it elsewhere, or to set another password (R1).
func (s *shell) await(ctx context.Context, p desk.Paired) {
	look := time.NewTicker(askWaiting)
	defer look.Stop()
	door := *p.Door // the other one is listened at
	p.Door = &door
	for {
		if all, err := p.Waiting(ctx); err == nil && ctx.Err() == nil {
			s.send(Waits{p.Server.Registration, all})
		} // else the next look tells
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// stopWaiting stops what the person did not begin.
func (s *shell) stopWaiting(w StopWaiting) tea.Msg {
	if err := w.Waits.Stop(s.ctx); err != nil {
		return s.failed(err)
	}
	return Stopped{w.Waits.ID, s.t("terminal.waiting.stopped")}
}

// waits keeps what a service says that waits, and calls the person for what is new.
func (m Model) waits(w Waits) (Model, []Effect) {
	known := m.waiting()
	m.Waiting = maps.Clone(m.Waiting)
	if m.Waiting[w.Registration] = w.All; len(w.All) == 0 {
		delete(m.Waiting, w.Registration)
	}
	for _, one := range w.All {
		if !slices.ContainsFunc(known, func(k desk.Waits) bool { return k.ID == one.ID }) {
			return m, []Effect{Bell{}}
		}
	}
	return m, nil
}

// waiting is all that waits, in an order that stays.
func (m Model) waiting() (all []desk.Waits) {
	for _, registration := range slices.Sorted(maps.Keys(m.Waiting)) {
		all = append(all, m.Waiting[registration]...)
	}
	return all
}

// stopped forgets what waits no more.
func (m Model) stopped(msg Stopped) Model {
	m.Waiting = maps.Clone(m.Waiting)
	for registration, all := range m.Waiting {
		m.Waiting[registration] = slices.DeleteFunc(slices.Clone(all), func(w desk.Waits) bool { return w.ID == msg.ID })
	}
	return m.say(msg.Said)
}

// sentence says what waits, of whom, and from where it was asked for.
func (m Model) sentence(w desk.Waits) string {
	key, args := w.Message(m.Now)
	return m.t(key, args...)
}

// waitingNotes stand above the accounts, until it is over or was stopped.
func (m Model) waitingNotes() (lines []string) {
	for _, w := range m.waiting() {
		for _, line := range m.wrap("! " + m.sentence(w)) {
			lines = append(lines, m.red().Render(line))
		}
	}
	if len(lines) > 0 {
		lines = append(lines, bold.Render(m.t("tui.waits.key")), "")
	}
	return lines
}

// stoppingKey answers of one after the other whether to stop it.
func (m Model) stoppingKey(k tea.KeyPressMsg) (Model, []Effect) {
	all := m.waiting()
	if len(all) <= m.StopLine {
		return m.to(List), nil
	}
	switch k.String() {
	case "y":
		w := all[m.StopLine]
		return m.to(List), []Effect{StopWaiting{w}}
	case "n":
		if m.StopLine++; m.StopLine < len(all) {
			return m, nil
		}
		return m.to(List), nil
	case "esc":
		return m.to(List), nil
	}
	return m, nil
}

func (m Model) stoppingView() (body, foot []string) {
	all := m.waiting()
	if len(all) <= m.StopLine {
		return []string{"", m.t("terminal.waiting.none")}, []string{m.t("tui.keys.help")}
	}
	body = append([]string{""}, m.wrap(m.sentence(all[m.StopLine]))...)
	body = append(append(body, "", bold.Render(m.t("tui.waits.ask"))), m.wrap(m.t("tui.waits.what"))...)
	return body, []string{m.t("tui.keys.ask")}
}
