package tui

import (
	"errors"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
	"countersign/internal/wire"
	"countersign/seal"
)

// find has the person sign in to the recovery account, and what is found there
// opened. A key that does not open it may be typed again: the sign-in stands.
func (s *shell) find(t *talk, w Find) tea.Msg {
	token, err := s.browser(w.Elsewhere).SignIn(t.ctx, w.Server, wire.ScopeRecover)
	if err != nil {
		return s.over(t, err)
	}
	found, err := s.desk.Find(t.ctx, w.Server, token)
	if err != nil {
		return s.over(t, err)
	}
	closed := Closed{Login: found.Login}
	for {
		said, err := s.ask(t, closed)
		if err != nil {
			return s.over(t, err)
		}
		r, err := s.opens(t, found, said)
		switch {
		case err == nil:
			s.send(s.reopen("", false))
			return Outcome{Made: r.Made, Device: r.Device, List: r.Results}
		case t.ctx.Err() != nil:
			return nil
		}
		closed.Wrong = s.face.Plain(err)
		if said.There && errors.Is(err, seal.ErrKey) {
			closed.Wrong = s.t("tui.recover.other")
		}
	}
}

// opens opens a backup with the recovery key as it was typed, or lies in a file, or
// with another device.
func (s *shell) opens(t *talk, found *desk.Found, said Say) (desk.Recovery, error) {
	if said.There {
		return found.OpenThere(t.ctx, s.taking(t), desk.Aside)
	}
	key, err := seal.ParseRecoveryKey(said.Text)
	if said.File != "" {
		key, err = desk.KeyIn(said.File)
	}
	if err != nil {
		return desk.Recovery{}, err
	}
	return found.Open(t.ctx, key, desk.Aside)
}

// verify sets an account up that came back by its name.
func (s *shell) verify(t *talk, id string) tea.Msg {
	a, err := s.desk.Read()
	if err != nil {
		return s.over(t, err)
	}
	e, err := a.Account(id)
	if err != nil {
		return s.over(t, err)
	}
	answer, err := s.desk.Verify(t.ctx, e, func(page string) { s.send(Sends{Page: page}) })
	if waits := (desk.WaitError{}); errors.As(err, &waits) {
		return Verified{s.face.Plain(err)}
	}
	if err != nil {
		return s.over(t, err)
	}
	s.send(s.reopen("", false))
	return Verified{s.t("tui.verified", "login", desk.Calm(answer.Person.Login))}
}

// beside has the copy of the backup beside what is here, or instead of it.
func (s *shell) beside(w Beside) tea.Msg {
	msg := s.change("", func(a *authenticator.App) error { return a.Beside(s.face.Now(), w.Instead, w.ID) })
	if _, ok := msg.(Opened); ok {
		s.send(msg)
		return Copied{w.ID}
	}
	return msg
}

// recovery asks where the recovery account is.
func (m Model) recovery() Model {
	m = m.to(Finding)
	m.Fields = []field{textField("tui.recover.server").with(m.Home)}
	return m.focus(0)
}

// found asks for what opens the backup.
func (m Model) found(c Closed) Model {
	if m.Screen != Browsing && m.Screen != Opens && m.Screen != Moving {
		return m // the person left
	}
	key, file := textField("tui.recover.key").with(m.Tried.Text), textField("tui.recover.file").with(m.Tried.File)
	m = m.to(Unlocking)
	m.Login, m.Fields = c.Login, []field{key, file}
	at := 0
	if m.Tried.File != "" {
		at = 1
	}
	if m = m.focus(at); c.Wrong != "" {
		m = m.complain(c.Wrong)
	}
	return m
}

// unlocks tries what was typed. It stays in the fields, for the one group of it that may be wrong.
func (m Model) unlocks() (Model, []Effect) {
	m.Tried = Say{Text: m.value(0), File: path(m.value(1))}
	if m.Tried == (Say{}) {
		return m.focus(0).complain(m.t("terminal.error.empty")), nil
	}
	return m.to(Opens), []Effect{m.Tried}
}

// unlocksThere has another device open it.
func (m Model) unlocksThere() (Model, []Effect) {
	m = m.to(Moving)
	m.Move, m.Tried = Move{}, Say{}
	return m, []Effect{Say{There: true}}
}

// finds begins with a service's address.
func (m Model) finds() (Model, []Effect) {
	server, ok := remote.ParseIssuer(m.value(0))
	if !ok {
		return m.complain(m.t("tui.server.wrong")), nil
	}
	m = m.to(Browsing)
	m.Server, m.Browser, m.Verifies, m.Tried = server, Sends{}, "", Say{}
	return m, []Effect{Find{Server: server}}
}

// verifies begins to set an account up.
func (m Model) verifies(id string) (Model, []Effect) {
	m = m.to(Browsing)
	m.Browser, m.Verifies = Sends{}, id
	return m, []Effect{Verify{id}}
}
