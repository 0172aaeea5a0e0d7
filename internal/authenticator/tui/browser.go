package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"countersign/internal/authenticator/desk"
	"countersign/internal/authenticator/remote"
)

// browser sends the person to one, and says so on the screen.
func (s *shell) browser(elsewhere bool) desk.Browser {
	return desk.Browser{
		Elsewhere: elsewhere || !s.face.Browses,
		Open:      func(url string) { s.send(Sends{Page: url}) },
		Type: func(in remote.CodeSignIn) {
			s.send(Sends{Page: in.Page, Code: in.Code, Minutes: int(in.Life / time.Minute)})
		},
		Thanks: s.t("terminal.backup.signed_in"),
	}
}

// browsingKey copies the address, which may be longer than a line, or goes on
// with a browser on another device.
func (m Model) browsingKey(k tea.KeyPressMsg) (Model, []Effect) {
	switch k.String() {
	case "c":
		return m.say(m.t("tui.browser.copied")), []Effect{Copy{m.Browser.Page}}
	case "d":
		if m.Verifies == "" && m.Browser.Code == "" {
			return m.say(""), []Effect{Find{m.Server, true}}
		}
	case "esc", "q":
		return m.leave()
	}
	return m, nil
}

func (m Model) browsingView() (body, foot []string) {
	title, keys := "tui.browser.sign_in", "tui.keys.browser"
	if m.Verifies != "" {
		title = "tui.browser.verify"
	}
	if m.Verifies != "" || m.Browser.Code != "" {
		keys = "tui.keys.browser.only"
	}
	body = []string{"", bold.Render(m.t(title)), ""}
	if m.Browser.Page == "" {
		return append(body, m.t("tui.asking")), []string{m.t("tui.keys.leave")}
	}
	body = append(append(body, m.wrap(m.t("tui.browser.open"))...), "")
	for _, line := range m.wrap(calm(m.Browser.Page)) {
		body = append(body, "  "+m.pine().Render(line))
	}
	if m.Browser.Code != "" {
		body = append(append(body, ""), m.wrap(m.t("tui.browser.type"))...)
		body = append(body, "", "  "+m.lamp().Render(calm(m.Browser.Code)), "", m.t("tui.browser.life", "n", m.Browser.Minutes))
	}
	return append(append(body, ""), m.wrap(m.t("tui.browser.wait"))...), []string{m.t(keys)}
}
