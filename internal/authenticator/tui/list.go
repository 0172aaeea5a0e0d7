package tui

import (
	"errors"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/vault"
)

// early is how long before its end a code gives way to the next one.
const early = 5 * time.Second

// groups are what Tab goes through: all, kinds and tags that accounts have.
func (m Model) groups() []string {
	g := m.App.Groups()
	all := []string{""}
	for _, k := range []vault.Kind{vault.Personal, vault.Work, vault.Other} {
		if g.Kinds[k] > 0 {
			all = append(all, string(k))
		}
	}
	for _, tag := range g.Tags {
		all = append(all, "#"+tag.Tag)
	}
	return all
}

// at is where the cursor is in what the list shows.
func (m Model) at(shown []vault.Entry) int {
	return max(0, slices.IndexFunc(shown, func(e vault.Entry) bool { return e.ID == m.Chosen }))
}

// settle puts the cursor onto something that is shown.
func (m Model) settle() Model {
	shown := m.App.Accounts(m.filter())
	if len(shown) == 0 {
		m.Chosen = ""
		return m
	}
	m.Chosen = shown[m.at(shown)].ID
	return m
}

func (m Model) move(by int) Model {
	shown := m.App.Accounts(m.filter())
	if len(shown) == 0 {
		return m
	}
	m.Chosen = shown[min(max(m.at(shown)+by, 0), len(shown)-1)].ID
	return m
}

// chosen is the account under the cursor.
func (m Model) chosen() (vault.Entry, bool) {
	if m.Chosen == "" {
		m = m.settle()
	}
	e, err := m.App.Account(m.Chosen)
	return e, err == nil
}

func (m Model) listKey(k tea.KeyPressMsg) (Model, []Effect) {
	m.Said, m.Wrong = "", false
	switch k.String() {
	case "up":
		return m.move(-1), nil
	case "down":
		return m.move(1), nil
	case "pgup":
		return m.move(-m.rows()), nil
	case "pgdown":
		return m.move(m.rows()), nil
	case "tab", "shift+tab":
		all := m.groups()
		step := map[bool]int{true: 1, false: len(all) - 1}[k.String() == "tab"]
		m.Group = all[(max(slices.Index(all, m.Group), 0)+step)%len(all)]
		return m.settle(), nil
	case "enter":
		if _, ok := m.chosen(); ok {
			m = m.settle()
			m.Screen = Detail
		}
		return m, nil
	case "esc":
		m.Search.SetValue("")
		m.Search.Blur()
		m.Group = ""
		return m.settle(), nil
	}
	if m.Search.Focused() {
		m.Search, _ = m.Search.Update(k)
		return m.settle(), nil
	}
	return m.command(k)
}

// command is what a letter does on the list.
func (m Model) command(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "/":
		m.Search.Focus()
	case "k":
		return m.move(-1), nil
	case "j":
		return m.move(1), nil
	case "home", "g":
		return m.move(-1 << 30), nil
	case "end", "G":
		return m.move(1 << 30), nil
	case "m":
		m = m.to(Menu)
		m.MenuLine = 0
		return m, nil
	case "s":
		if len(m.waiting()) > 0 {
			m = m.to(Stopping)
			m.StopLine = 0
		}
		return m, nil
	case "u":
		return m, []Effect{Undo{}}
	case "q":
		return m, []Effect{Quit{}}
	case "?":
		return m.to(Help), nil
	case "c", "n", "e", "d", "p", "v":
		return m.onAccount(k.String())
	}
	m, wishes, _ := m.choose(k.String())
	return m, wishes
}

func (m Model) detailKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "esc", "enter", "q", "left":
		return m.to(List), nil
	case "up", "down", "k", "j":
		m.Given = nil
		return m.move(map[bool]int{true: 1, false: -1}[k.String() == "down" || k.String() == "j"]), nil
	}
	return m.onAccount(k.String())
}

// onAccount does something with the account under the cursor.
func (m Model) onAccount(key string) (Model, []Effect) {
	e, ok := m.chosen()
	if !ok {
		return m, nil
	}
	m.Chosen = e.ID
	switch key {
	case "c":
		return m.copy(e)
	case "n":
		c, _ := m.App.CodeOf(m.Now, e.ID)
		if errors.Is(c.Err, authenticator.ErrCounts) {
			m.Screen = Detail
			return m, []Effect{Next{e.ID}}
		}
	case "e":
		return m.edit(e), nil
	case "v":
		if away(e) {
			return m.verifies(e.ID)
		}
	case "d":
		m.Screen = Removing
	case "p":
		pinned := !e.Pinned
		return m, []Effect{Edit{e.ID, authenticator.Edit{Pinned: &pinned}}}
	}
	return m, nil
}

// away tells whether an account came back by its name, and is to be set up.
func away(e vault.Entry) bool {
	s, ok := e.Server()
	return ok && !s.Here()
}

// copy copies the code of an account: in its last seconds the next one, because
// that is what will be asked for when it is pasted.
func (m Model) copy(e vault.Entry) (Model, []Effect) {
	c, err := m.App.CodeOf(m.Now, e.ID)
	if err == nil {
		err = c.Err
	}
	text := c.Code
	switch {
	case errors.Is(err, authenticator.ErrCounts) && m.Given != nil && m.Given.Account.ID == e.ID:
		text = m.Given.Code
	case errors.Is(err, authenticator.ErrCounts):
		m.Screen = Detail
		return m, []Effect{Next{e.ID}}
	case err != nil:
		return m.complain(m.t("terminal.error.no_codes")), nil
	case c.Until.Sub(m.Now) <= early && m.App.Vault().NextEarly():
		text = c.Next
	}
	return m.say(m.t("terminal.copied", "title", calm(e.Title()))), []Effect{Copy{text}}
}

// askKey answers a yes-or-no question: whether to remove, whether to pair.
func (m Model) askKey(k tea.KeyPressMsg) (Model, []Effect) {
	yes := k.String() == "y"
	if !yes && k.String() != "n" && k.String() != "esc" {
		return m, nil
	}
	if m.Screen == Removing {
		id := m.Chosen
		if m = m.to(List); yes {
			return m.move(1), []Effect{Remove{id}}
		}
		return m, nil
	}
	if m = m.to(List); yes {
		return m.say(m.t("tui.pairing")), []Effect{Pair{m.Offer}}
	}
	return m, nil
}
