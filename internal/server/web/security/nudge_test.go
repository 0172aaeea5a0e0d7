package securityweb_test

import (
	"net/url"
	"testing"
	"time"

	"countersign/internal/server/directory"
	"countersign/ui"
)

const goal = "/authorize/resume?r=ASKED"

func nudgeTo(to string) string { return "/security/nudge?" + url.Values{"to": {to}}.Encode() }

func TestTheAdviceSaysWhatToDoAndLeadsOn(t *testing.T) {
	for _, lang := range ui.Languages {
		h := newHouse(t)
		mei := h.Member(t, "mei")
		h.Policy(t, func(p *directory.Policy) { p.SecondFactor, p.Nudge = false, 14*24*time.Hour })
		b := h.signIn(t, mei)
		b.lang = lang
		b.get(nudgeTo(goal)).shows(ui.T(lang, "security.nudge.safer.title"), ui.T(lang, "security.nudge.later"), mei.Login)
		b.lacks(ui.T(lang, "security.nudge.wayback.codes"))

		r := b.send("POST", "/security/nudge", url.Values{"to": {goal}, "answer": {"now"}})
		if to := r.Header.Get("Location"); to != "/security/add" {
			t.Errorf("now leads to %s", to)
		}
		var kept string
		for _, c := range r.Cookies() {
			if c.Name == "__Host-go" && c.HttpOnly && c.Secure {
				kept = c.Value
			}
		}
		plain := b.cookies
		b.cookies += "; __Host-go=" + kept
		b.get("/security").shows(ui.T(lang, "security.on.text"))
		if r := b.send("GET", "/security/on", nil); r.Header.Get("Location") != goal {
			t.Errorf("then on to %s", r.Header.Get("Location"))
		}
		b.cookies = plain
		b.get("/security").lacks(ui.T(lang, "security.on.text"))

		if r := b.send("POST", "/security/nudge", url.Values{"to": {goal}, "answer": {"later"}}); r.Header.Get("Location") != goal {
			t.Errorf("later leads to %s", r.Header.Get("Location"))
		}
		if r := b.send("GET", nudgeTo(goal), nil); r.Header.Get("Location") != goal { // once a sign-in, also by the back button
			t.Errorf("put off, and it leads to %s", r.Header.Get("Location"))
		}
		b.get("/security/activity").shows(ui.T(lang, "security.activity.snoozed"))
	}
}

func TestTheAdviceNamesWhatAllHangsOn(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Pixel")
	h.Policy(t, func(p *directory.Policy) { p.Nudge = 24 * time.Hour })
	b := h.signIn(t, mei, phone)
	b.get(nudgeTo("/security")).shows("Add a way back", "hangs on Pixel alone", "Make recovery codes on paper")
	if r := b.send("POST", "/security/nudge", url.Values{"to": {"/security"}, "answer": {"codes"}}); r.Header.Get("Location") != "/security/recovery" || len(r.Cookies()) != 0 {
		t.Errorf("%s %v", r.Header.Get("Location"), r.Cookies())
	}
	b.get("/security/recovery").makesCodes()
	if b.get(nudgeTo("/security")); b.at != "/security" {
		t.Errorf("with paper: at %s", b.at)
	}
}

// O7: the advice leads on to places of ours.
func TestO7TheAdviceLeadsNowhereElse(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Pixel"))
	for _, to := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""} {
		if r := b.send("GET", nudgeTo(to), nil); r.Header.Get("Location") != "/security" {
			t.Errorf("%q leads to %s", to, r.Header.Get("Location"))
		}
		if r := b.send("POST", "/security/nudge", url.Values{"to": {to}, "answer": {"later"}}); r.Header.Get("Location") != "/security" {
			t.Errorf("%q leads to %s", to, r.Header.Get("Location"))
		}
		plain := b.cookies
		b.cookies += "; __Host-go=" + url.QueryEscape(to)
		if r := b.send("GET", "/security/on", nil); r.Header.Get("Location") != "/security" {
			t.Errorf("%q leads to %s", to, r.Header.Get("Location"))
		}
		b.cookies = plain
	}
}
