package tui

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
	"countersign/otp"
)

// The looks. Colour never says anything that a word or a sign does not say too:
// NO_COLOR takes it away.
var (
	bold  = lipgloss.NewStyle().Bold(true)
	faint = lipgloss.NewStyle().Faint(true)
	pine  = lipgloss.NewStyle().Foreground(lipgloss.Color("#4f9d8c")).Bold(true)
	lamp  = lipgloss.NewStyle().Foreground(lipgloss.Color("#d9a441")).Bold(true)
	red   = lipgloss.NewStyle().Foreground(lipgloss.Color("#d05a52"))
)

func calm(text string) string { return desk.Calm(text) }

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
	case Opening:
		body = []string{m.t("tui.opening")}
	default:
		body, foot = m.fieldsView()
	}
	body = append([]string{m.head()}, body...)
	return body, append(m.news(), faintAll(foot)...)
}

func faintAll(lines []string) []string {
	for i := range lines {
		lines[i] = faint.Render(lines[i])
	}
	return lines
}

func (m Model) head() string {
	text := pine.Render("Countersign")
	for host := range m.Away {
		text += "  " + lamp.Render(m.t("tui.away", "host", calm(host)))
		break
	}
	return text
}

// news are lines that must not be missed, above the keys.
func (m Model) news() (lines []string) {
	if n := len(m.Asked); n > 0 && m.App != nil {
		lines = append(lines, lamp.Render(m.t("tui.waiting", "n", n)))
	}
	if m.Said == "" {
		return lines
	}
	for _, line := range m.wrap(m.Said) {
		if m.Wrong {
			line = red.Render("! " + line)
		}
		lines = append(lines, line)
	}
	return lines
}

// wrap breaks a text into lines of the terminal's width.
func (m Model) wrap(text string) []string {
	return strings.Split(ansi.Wrap(text, max(m.Width-2, 8), ""), "\n")
}

// rows is how many accounts there is room for.
func (m Model) rows() int { return max(m.Height-6, 1) }

func (m Model) listView() (body, foot []string) {
	search := m.t("tui.search", "n", len(m.App.Vault().Entries()))
	if m.Search.Focused() || m.Search.Value() != "" {
		in := m.Search
		in.SetWidth(max(m.Width-4, 4))
		search = "/ " + in.View()
	} else {
		search = faint.Render(search)
	}
	body = []string{search, m.groupLine(), ""}
	codes := m.App.Codes(m.Now, m.filter())
	if len(codes) == 0 {
		key := "tui.empty"
		if len(m.App.Vault().Entries()) > 0 {
			key = "terminal.error.not_found"
		}
		return append(body, m.wrap(m.t(key))...), []string{m.t("tui.keys.list")}
	}
	at := 0
	for i, c := range codes {
		if c.Account.ID == m.Chosen {
			at = i
		}
	}
	from := max(0, min(at-m.rows()/2, len(codes)-m.rows()))
	for i, c := range codes[from:min(from+m.rows(), len(codes))] {
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

// pad puts spaces before a text.
func pad(text string, width int) string {
	return strings.Repeat(" ", max(width-ansi.StringWidth(text), 0)) + text
}

// fit makes a text exactly as wide as there is room.
func fit(text string, width int) string {
	text = ansi.Truncate(text, width, "…")
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}

// codeText is a code as it is shown, and how long it lasts.
func (m Model) codeText(c authenticator.Code) (code, left string) {
	switch {
	case errors.Is(c.Err, authenticator.ErrCounts) && m.Given != nil && m.Given.Account.ID == c.Account.ID:
		return bold.Render(desk.Grouped(m.Given.Code)), ""
	case errors.Is(c.Err, authenticator.ErrCounts):
		return faint.Render("#" + strconv.FormatUint(c.Account.Counter, 10)), ""
	case c.Err != nil:
		return lamp.Render(m.t("tui.action")), ""
	}
	rest := c.Until.Sub(m.Now)
	left = strconv.Itoa(int((rest+time.Second-1)/time.Second)) + "s"
	if rest > early {
		return bold.Render(desk.Grouped(c.Code)), left
	}
	if m.Width >= 60 && m.App.Vault().NextEarly() {
		return lamp.Render(desk.Grouped(c.Code)) + faint.Render(" > "+desk.Grouped(c.Next)), left
	}
	return lamp.Render(desk.Grouped(c.Code)), left
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
	if errors.Is(c.Err, authenticator.ErrNoCodes) {
		body = append(body, append([]string{""}, m.wrap(m.t("terminal.error.no_codes"))...)...)
	}
	key := "tui.keys.detail"
	if errors.Is(c.Err, authenticator.ErrCounts) {
		key = "tui.keys.counts"
	}
	return body, []string{m.t(key)}
}

// fact is a line with its label, which are aligned, broken where it must be.
func (m Model) fact(key, value string) []string {
	const column = 14
	label := faint.Render(fit(m.t(key), column))
	lines := strings.Split(ansi.Wrap(value, max(m.Width-column-1, 8), ""), "\n")
	for i := range lines {
		lines[i] = label + lines[i]
		label = strings.Repeat(" ", column)
	}
	return lines
}

// fieldsView is a form, or one question.
func (m Model) fieldsView() (body, foot []string) {
	title, keys := map[Screen]string{Locked: "tui.locked", Choosing: "tui.choose", Naming: "tui.import", Secret: "tui.import"}[m.Screen], "tui.keys.fields"
	if m.Screen == Form {
		title = map[bool]string{true: "tui.add", false: "tui.edit"}[m.Edits == ""]
	}
	if m.App == nil && m.Screen == Locked {
		keys = "tui.keys.locked"
	}
	body = []string{"", bold.Render(m.t(title)), ""}
	if m.Screen == Choosing {
		body = append(body, append(m.wrap(m.t("tui.choose.why")), "")...)
	}
	if m.Screen == Secret {
		body = append(body, m.t(m.Result.Format.Message())+"  "+calm(m.File), "")
	}
	if m.Screen == Form && m.Edits == "" {
		body = append(body, append(m.wrap(m.t("tui.add.what")), "")...)
	}
	for i, f := range m.Fields {
		in := f.Model
		in.SetWidth(max(m.Width-4, 4))
		mark := "  "
		if i == m.Focus {
			mark = "> "
		}
		body = append(body, faint.Render("  "+m.t(f.label)), mark+in.View())
	}
	return body, []string{m.t(keys)}
}

func (m Model) readingView() []string {
	body := []string{"", bold.Render(m.t("tui.reading", "file", calm(m.File))), ""}
	if m.Total == 0 {
		body = append(body, m.wrap(m.t("terminal.work"))...)
	} else {
		width := min(max(m.Width-8, 4), 50)
		full := int(int64(width) * min(m.Done, m.Total) / m.Total)
		body = append(body, pine.Render(strings.Repeat("#", full))+faint.Render(strings.Repeat(".", width-full))+
			fmt.Sprintf(" %3d%%", 100*min(m.Done, m.Total)/m.Total))
	}
	return body
}

func (m Model) previewView() (body, foot []string) {
	body = append([]string{""}, m.wrap(m.t("terminal.import.preview", "format", m.t(m.Result.Format.Message()), "new", m.Plan.Count(authenticator.IsNew),
		"same", m.Plan.Count(authenticator.IsSame), "changed", m.Plan.Count(authenticator.IsChanged), "conflict", m.Plan.Count(authenticator.IsConflict)))...)
	body = append(body, "")
	var lines []string
	for i, item := range m.Plan.Items {
		title := vault.Entry{Issuer: item.Account.Issuer, Name: item.Account.Name}.Title()
		line := m.t("terminal.import."+string(item.State), "title", calm(title)) + "  → " + m.t("tui.choice."+string(m.choice(i)))
		for _, why := range item.Reasons {
			line += "; " + m.t("tui.why."+string(why))
		}
		lines = append(lines, line)
	}
	for _, p := range m.Result.Problems {
		lines = append(lines, m.t("terminal.import.problem", "title", calm(p.Entry), "reason", m.t(p.Reason.Message())))
	}
	from := max(0, min(m.PlanLine-m.rows()/2, len(lines)-m.rows()))
	for i, line := range lines[from:min(from+m.rows(), len(lines))] {
		mark := "  "
		if from+i == m.PlanLine {
			mark = "> "
		}
		body = append(body, mark+line)
	}
	return body, []string{m.t("tui.keys.preview")}
}

// sheetView asks the question, or says what came of it.
func (m Model) sheetView() (body, foot []string) {
	s := m.Sheet
	if s.Outcome != "" || s.Trouble != "" {
		return m.outcomeView(s)
	}
	rest := time.UnixMilli(s.ExpiresAt).Sub(m.Now)
	body = []string{pine.Render(calm(strings.TrimSpace(s.Directory+" "+s.Host))) + "  " + m.t("app.approve.left", "time", clock(rest)), "", bold.Render(m.t(title(s)))}
	if !s.Known && !s.BringsKey() {
		body = append(body, lamp.Render("! "+m.t("app.approve.new_browser")))
	}
	app := calm(s.App)
	if s.AppHost != "" {
		app += " (" + calm(s.AppHost) + ")"
	}
	for _, fact := range [][2]string{
		{"app.approve.app", app}, {"app.approve.account", calm(s.Person)},
		{"app.approve.from", calm(strings.Trim(s.Browser+", "+s.System, ", "))},
		{"app.approve.place", calm(strings.TrimSpace(s.Place + " " + s.IP))},
	} {
		if fact[1] != "" && !s.BringsKey() {
			body = append(body, m.fact(fact[0], fact[1])...)
		}
	}
	if n := len(m.Asked); n > 1 {
		foot = append(foot, lamp.Render(m.t("app.approve.more", "n", n-1)))
	}
	switch {
	case s.Sending:
		return append(body, "", m.t("app.approve.sending")), foot
	case s.Proving:
		body = append(append(body, ""), m.wrap(m.t("terminal.unlock.why"))...)
		body = append(body, "", "   "+lamp.Render(strings.Repeat("*", utf8.RuneCountInString(s.Secret))+"_"), "", bold.Render("Enter "+m.t("app.approve.yes")))
		return body, append(foot, faint.Render(m.t("tui.keys.prove")))
	case s.Refusing:
		body = append(body, "", bold.Render("D  "+m.t("app.approve.deny")))
		body = append(body, m.wrap("   "+m.t("app.approve.deny.what"))...)
		body = append(body, bold.Render("R  "+m.t("app.approve.report")))
		body = append(body, m.wrap("   "+m.t("app.approve.report.what.own"))...)
		return body, append(foot, faint.Render(m.t("tui.keys.refuse")))
	}
	if s.Kind == wire.KindPasswordless {
		body = append(append(body, ""), m.wrap(m.t("terminal.request.passwordless"))...)
	}
	body = append(body, "", m.t("app.approve.ask"), "", "   "+slots(*s), "")
	yes := faint.Render("Enter " + m.t("app.approve.yes"))
	if len(s.Typed) == digits(*s) {
		yes = bold.Render("Enter " + m.t("app.approve.yes"))
	}
	body = append(body, yes+"    "+red.Render("N "+m.t("app.approve.no")), "")
	body = append(body, m.wrap(m.t("terminal.request.never"))...)
	return body, append(foot, faint.Render(m.t("tui.keys.sheet")))
}

func title(s *Sheet) string {
	switch s.Kind {
	case wire.KindTest:
		return "app.approve.title.test"
	case wire.KindUnlock:
		return "app.approve.title.unlock"
	}
	return "app.approve.title"
}

// slots are the digits that were typed, and those that are missing.
func slots(s Sheet) string {
	var b strings.Builder
	for i := range digits(s) {
		digit := "_"
		if i < len(s.Typed) {
			digit = s.Typed[i : i+1]
		}
		b.WriteString(lamp.Render("[ " + digit + " ]"))
	}
	return b.String()
}

func clock(d time.Duration) string {
	s := max(int((d+time.Second-1)/time.Second), 0)
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

func (m Model) outcomeView(s *Sheet) (body, foot []string) {
	text := s.Trouble
	switch s.Outcome {
	case wire.Approved:
		text = m.t("terminal.approved")
	case wire.Denied:
		text = m.t("terminal.denied")
	case wire.Reported:
		text = m.t("terminal.reported")
	case wire.OtherRequest:
		text = m.t("app.approve.other.title") + " " + m.t("app.approve.other.lead", "app", calm(s.Other))
	case gone:
		text = m.t("app.approve.elsewhere.title") + " " + m.t("app.approve.elsewhere.lead")
	case "":
	default:
		text = m.t("terminal.error.wrong_number")
	}
	body = []string{pine.Render(calm(s.Host)), "", bold.Render(calm(s.App)), ""}
	body = append(body, m.wrap(text)...)
	if n := len(m.Asked); n > 0 {
		return body, []string{faint.Render(m.t("tui.keys.next", "n", n))}
	}
	return body, []string{faint.Render(m.t("tui.keys.close"))}
}
