package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/remote"
	"countersign/internal/authenticator/vault"
	"countersign/internal/wire"
	"countersign/otp"
)

// A field is one line that is typed.
type field struct {
	textinput.Model
	label string // a message
	was   string // what stood in it
	wrong bool   // what stands in it was; the next letter takes its place, the arrows go into it
}

// input is a line without a prompt of its own, a blinking cursor, or a way to
// ask the terminal for its clipboard.
func input(secret bool) textinput.Model {
	i := textinput.New()
	i.Prompt, i.CharLimit = "", 4096
	i.KeyMap.Paste = key.NewBinding()
	if secret {
		i.EchoMode = textinput.EchoPassword
	}
	return i
}

func textField(label string) field   { return field{Model: input(false), label: label} }
func secretField(label string) field { return field{Model: input(true), label: label} }

func (f field) with(value string) field {
	f.was = calm(value)
	f.SetValue(f.was)
	return f
}

// again is a field whose text did not do: to be typed anew, or put right.
func (f field) again(text string) field {
	f.SetValue(text)
	f.wrong = text != ""
	return f
}

// takes has a key or a pasted text typed.
func (f field) takes(msg tea.Msg) field {
	if f.wrong {
		f.wrong = false
		switch k, typed := msg.(tea.KeyPressMsg); {
		case !typed || k.Text != "":
			f.SetValue("")
		case k.String() == "backspace" || k.String() == "delete":
			f.SetValue("")
			return f
		}
	}
	f.Model, _ = f.Update(msg)
	return f
}

// line is the field as it shows in so many columns.
func (f field) line(width int) string {
	if f.wrong {
		return picked.Render(strings.Repeat("*", min(utf8.RuneCountInString(f.Value()), width)))
	}
	f.SetWidth(width)
	return f.View()
}

// changed is what was typed, if it is not what stood there.
func (f field) changed() *string {
	if f.Value() == f.was {
		return nil
	}
	v := strings.TrimSpace(f.Value())
	return &v
}

func (m Model) focus(at int) Model {
	m.Fields = slices.Clone(m.Fields)
	for i := range m.Fields {
		m.Fields[i].Blur()
	}
	m.Focus = at
	m.Fields[at].Focus()
	return m
}

// add asks for a new account: its key first, because a link brings the names.
func (m Model) add() Model {
	m = m.to(Form)
	m.Edits = ""
	m.Fields = []field{secretField("tui.key"), textField("tui.issuer"), textField("tui.name"), textField("tui.tags"), textField("tui.note"), secretField("tui.pin")}
	return m.focus(0)
}

func (m Model) edit(e vault.Entry) Model {
	m = m.to(Form)
	m.Edits = e.ID
	m.Fields = []field{textField("tui.issuer").with(e.Issuer), textField("tui.name").with(e.Name),
		textField("tui.tags").with(strings.Join(e.Tags, ", ")), textField("tui.note").with(e.Note)}
	return m.focus(0)
}

// fieldKey types, goes from field to field, and at the last one is done.
func (m Model) fieldKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "tab", "down":
		return m.focus((m.Focus + 1) % len(m.Fields)), nil
	case "shift+tab", "up":
		return m.focus((m.Focus + len(m.Fields) - 1) % len(m.Fields)), nil
	case "ctrl+o":
		if m.Screen == Unlocking {
			return m.unlocksThere()
		}
	case "esc":
		switch {
		case m.App == nil:
			return m, []Effect{Quit{}}
		case m.Screen == Pinning:
			return m.to(Preview), nil
		}
		return m.leave()
	case "enter":
		if m.Focus < len(m.Fields)-1 && (m.Screen == Choosing || m.Screen == Form && m.Edits == "" && m.Focus > 0) {
			return m.focus(m.Focus + 1), nil
		}
		return m.submit()
	}
	return m.types(k), nil
}

func (m Model) types(msg tea.Msg) Model {
	m.Fields = slices.Clone(m.Fields)
	m.Fields[m.Focus] = m.Fields[m.Focus].takes(msg)
	return m
}

func (m Model) value(at int) string { return m.Fields[at].Value() }

func (m Model) submit() (Model, []Effect) {
	m.Said, m.Wrong = "", false
	switch m.Screen {
	case Locked:
		m.Screen = Opening
		return m, []Effect{Open{m.value(0)}}
	case Choosing:
		switch {
		case m.value(0) == "":
			return m.focus(0).complain(m.t("terminal.error.empty")), nil
		case m.value(0) != m.value(1):
			return m.focus(0).complain(m.t("terminal.error.different")), nil
		}
		return m, []Effect{Make{m.value(0)}}
	case Naming:
		m.File, m.Tried = path(m.value(0)), Say{}
		if m.File == "" {
			return m.to(List), nil
		}
		return m.read("")
	case Secret:
		m.Tried = Say{Text: m.value(0)}
		return m.read(m.value(0))
	case Pinning:
		return m.pinned(), nil
	case Finding:
		return m.finds()
	case Unlocking:
		return m.unlocks()
	case TakingFrom, GivingTo:
		return m.meeting()
	case Meeting:
		return m.typed()
	case Proving:
		text := m.value(0)
		return m.to(Moving), []Effect{Say{Text: text}}
	}
	if m.Edits != "" {
		return m.edited()
	}
	return m.added()
}

// path is a file's name as it was typed, or dropped onto the terminal.
func path(text string) string { return strings.Trim(strings.TrimSpace(text), `'"`) }

// read begins to read the file.
func (m Model) read(password string) (Model, []Effect) {
	m = m.to(Reading)
	m.Done, m.Total = 0, 0
	return m, []Effect{ReadFile{m.File, password}}
}

func (m Model) edited() (Model, []Effect) {
	e := authenticator.Edit{Issuer: m.Fields[0].changed(), Name: m.Fields[1].changed(), Note: m.Fields[3].changed()}
	if tags := m.Fields[2].changed(); tags != nil {
		list := splitTags(*tags)
		e.Tags = &list
	}
	if e == (authenticator.Edit{}) {
		return m.to(List), nil
	}
	return m, []Effect{Edit{m.Edits, e}}
}

// added reads what was typed into the form: a link, the offer of a pairing
// page, or a setup key with names.
func (m Model) added() (Model, []Effect) {
	text := strings.TrimSpace(m.value(0))
	if o, ok := offer(text); ok {
		m = m.to(Pairing)
		m.Offer = o
		return m, nil
	}
	k, err := otp.Key{Kind: otp.TOTP}, error(nil)
	if strings.Contains(text, "://") {
		k, err = otp.Parse(text)
	} else {
		k.Secret, err = otp.ParseSecret(text)
	}
	if name := strings.TrimSpace(m.value(1)); name != "" {
		k.Issuer = name
	}
	if name := strings.TrimSpace(m.value(2)); name != "" {
		k.Account = name
	}
	if pin := m.value(5); pin != "" {
		k.PIN = pin
	}
	k = k.Shaped()
	if err == nil || k.PIN != "" {
		err = k.Check()
	}
	if why := m.unfit(k, err); why != "" {
		return m.complain(why), nil
	}
	return m, []Effect{Add{authenticator.Draft{Key: k, Note: strings.TrimSpace(m.value(4)), Tags: splitTags(m.value(3))}}}
}

// offer reads what a pairing page shows: its link, or its code and, behind it,
// the address of the service.
func offer(text string) (remote.Offer, bool) {
	if o, ok := remote.ParseOffer(text); ok {
		return o, true
	}
	at := strings.LastIndexByte(text, ' ')
	if at < 0 {
		return remote.Offer{}, false
	}
	code, err := wire.ParsePairingCode(text[:at])
	issuer, ok := remote.ParseIssuer(text[at+1:])
	return remote.Offer{Issuer: issuer, Code: code}, ok && err == nil
}

// unfit says why a key is none.
func (m Model) unfit(k otp.Key, err error) string {
	switch {
	case err == otp.ErrPIN:
		return m.t("terminal.error.pin")
	case err != nil && len(k.Secret) == 0:
		return m.t("terminal.error.secret")
	case err != nil:
		return m.t("terminal.error.key")
	case k.Issuer+k.Account == "":
		return m.t("tui.no_name")
	}
	return ""
}

func splitTags(text string) []string {
	return vault.Tags(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '、' || r == '\uff0c' }))
}

// fieldsView is a form, or one question.
func (m Model) fieldsView() (body, foot []string) {
	title, keys := titles[m.Screen], "tui.keys.fields"
	if m.Screen == Form && m.Edits != "" {
		title = "tui.edit"
	}
	switch {
	case m.App == nil && m.Screen == Locked:
		keys = "tui.keys.locked"
	case m.App == nil:
		keys = "tui.keys.choose"
	case m.Screen == Unlocking:
		keys = "tui.keys.unlock"
	}
	body = []string{"", bold.Render(m.t(title)), ""}
	if why := m.why(); why != "" {
		body = append(body, append(m.wrap(why), "")...)
	}
	for i, f := range m.Fields {
		mark := "  "
		if i == m.Focus {
			mark = "> "
		}
		body = append(body, faint.Render("  "+m.t(f.label)), mark+f.line(max(m.Width-4, 4)))
	}
	if len(m.Fields) > 0 && m.Fields[m.Focus].wrong {
		return body, []string{m.t("tui.keys.again"), m.t(keys)}
	}
	return body, []string{m.t(keys)}
}

// titles are those of forms and questions.
var titles = map[Screen]string{
	Locked: "tui.locked", Choosing: "tui.choose", Form: "tui.add", Naming: "tui.import", Secret: "tui.import", Pinning: "tui.import",
	Finding: "tui.recover", Unlocking: "tui.recover.unlock", TakingFrom: "tui.move.take", GivingTo: "tui.move.give", Proving: "tui.move.give",
}

// why is what a form says before its fields.
func (m Model) why() string {
	switch m.Screen {
	case Choosing:
		return m.t("tui.choose.why")
	case Secret:
		return m.t(m.Result.Format.Message()) + "  " + calm(m.File)
	case Pinning:
		return calm(m.Result.Problems[m.PlanLine-len(m.Plan.Items)].Entry)
	case Form:
		if m.Edits == "" {
			return m.t("tui.add.what")
		}
	case Finding:
		return m.t("tui.recover.why")
	case Unlocking:
		return m.t("tui.recover.found", "login", calm(m.Login))
	case TakingFrom:
		return m.t("tui.move.take.why")
	case GivingTo:
		return m.t("tui.move.give.why")
	case Proving:
		return m.t("tui.move.prove")
	}
	return ""
}
