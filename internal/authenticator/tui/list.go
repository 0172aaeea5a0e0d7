package tui

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
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

func (m Model) listView() (body, foot []string) {
	search := m.t("tui.search", "n", len(m.App.Vault().Entries()))
	if m.Search.Focused() || m.Search.Value() != "" {
		in := m.Search
		in.SetWidth(max(m.Width-4, 4))
		search = "/ " + in.View()
	} else {
		search = faint.Render(search)
	}
	notes := m.waitingNotes()
	body = append(notes, search, m.groupLine(), "")
	codes := m.App.Codes(m.Now, m.filter())
	if len(codes) == 0 {
		if len(m.App.Vault().Entries()) > 0 {
			return append(body, m.wrap(m.t("terminal.error.not_found"))...), []string{m.t("tui.keys.list")}
		}
		return append(append(notes, ""), m.firstView()...), []string{m.t("tui.keys.first")}
	}
	at := 0
	for i, c := range codes {
		if c.Account.ID == m.Chosen {
			at = i
		}
	}
	rows := max(m.rows()-len(notes), 1)
	from := max(0, min(at-rows/2, len(codes)-rows))
	for i, c := range codes[from:min(from+rows, len(codes))] {
		body = append(body, m.row(c, from+i == at))
	}
	return body, []string{m.t("tui.keys.list")}
}

func (m Model) groupLine() string {
	g := m.App.Groups()
	count := map[string]int{"": g.All}
	for k, n := range g.Kinds {
		count[string(k)] = n
	}
	for _, tag := range g.Tags {
		count["#"+tag.Tag] = tag.N
	}
	var all []string
	for _, group := range m.groups() {
		text := group
		if _, isTag := cutTag(group); !isTag {
			text = m.t("tui.group." + map[string]string{"": "all"}[group] + group)
		}
		text = fmt.Sprintf("%s %d", calm(text), count[group])
		if group == m.Group {
			text = bold.Render("[" + text + "]")
		}
		all = append(all, text)
	}
	return strings.Join(all, "  ")
}

// row is one account: what it is on the left, its code on the right.
func (m Model) row(c authenticator.Code, chosen bool) string {
	code, left := m.codeText(c)
	right := fmt.Sprintf("%s %s", code, pad(left, 4))
	mark := "  "
	if chosen {
		mark = "> "
	}
	if c.Account.Pinned {
		mark = mark[:1] + "*"
	}
	room := max(m.Width-ansi.StringWidth(right)-4, 4)
	name := fit(calm(c.Account.Title()), room)
	if chosen {
		name = bold.Render(name)
	}
	return mark + " " + name + " " + right
}

// codeText is a code as it is shown, and how long it lasts.
func (m Model) codeText(c authenticator.Code) (code, left string) {
	switch {
	case errors.Is(c.Err, authenticator.ErrCounts) && m.Given != nil && m.Given.Account.ID == c.Account.ID:
		return bold.Render(desk.Grouped(m.Given.Code)), ""
	case errors.Is(c.Err, authenticator.ErrCounts):
		return faint.Render("#" + strconv.FormatUint(c.Account.Counter, 10)), ""
	case errors.Is(c.Err, authenticator.ErrSuspended):
		return m.lamp().Render(m.t("tui.suspended")), ""
	case c.Err != nil:
		return m.lamp().Render(m.t("tui.action")), ""
	}
	rest := c.Until.Sub(m.Now)
	left = strconv.Itoa(int((rest+time.Second-1)/time.Second)) + "s"
	if rest > early {
		return bold.Render(desk.Grouped(c.Code)), left
	}
	if m.Width >= 60 && m.App.Vault().NextEarly() {
		return m.lamp().Render(desk.Grouped(c.Code)) + faint.Render(" > "+desk.Grouped(c.Next)), left
	}
	return m.lamp().Render(desk.Grouped(c.Code)), left
}

func (m Model) detailView() (body, foot []string) {
	e, ok := m.chosen()
	if !ok {
		return []string{m.t("terminal.error.not_found")}, []string{m.t("tui.keys.detail")}
	}
	c, _ := m.App.CodeOf(m.Now, e.ID)
	code, left := m.codeText(c)
	body = []string{"", bold.Render(calm(e.Issuer)), calm(e.Name), "", "  " + code + "  " + left, ""}
	k := e.Key()
	s, ok := e.Server()
	if ok {
		k = s.Code
	}
	how := strings.ToUpper(string(k.Kind)) + ", " + string(k.Algorithm) + ", " + m.t("tui.digits", "n", k.Digits)
	if k.Kind != otp.HOTP {
		how += ", " + m.t("tui.period", "n", k.Period)
	}
	for _, fact := range [][2]string{
		{"tui.fact.kind", m.t("tui.group." + string(e.Kind))}, {"tui.fact.organisation", calm(s.Organisation)}, {"tui.fact.host", calm(s.Host)}, {"tui.fact.how", how},
		{"tui.fact.tags", calm(strings.Join(e.Tags, ", "))}, {"tui.fact.note", calm(e.Note)},
	} {
		if fact[1] != "" {
			body = append(body, m.fact(fact[0], fact[1])...)
		}
	}
	key := "tui.keys.detail"
	switch {
	case away(e):
		key = "tui.keys.away"
		state := authenticator.Verify
		if e.Kind != vault.Personal {
			state = authenticator.Scan
		}
		body = append(body, append([]string{""}, m.wrap(m.t("tui.fate."+string(state)+".do", "host", calm(s.Host)))...)...)
	case errors.Is(c.Err, authenticator.ErrNoCodes):
		body = append(body, append([]string{""}, m.wrap(m.t("terminal.error.no_codes"))...)...)
	case errors.Is(c.Err, authenticator.ErrSuspended):
		body = append(body, append([]string{""}, m.wrap(m.t("terminal.error.suspended"))...)...)
	}
	if errors.Is(c.Err, authenticator.ErrCounts) {
		key = "tui.keys.counts"
	}
	return body, []string{m.t(key)}
}
