package securityweb_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/signin/signintest"
)

const newPassword = "kumo no ue no tourou"

func TestThePasswordIsChanged(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	there := h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	token, from := h.approved(t, mei.Login, phone)
	here := h.signIn(t, mei, phone)
	epoch := h.Now(t, mei).Epoch

	here.get("/security").shows(`href="/security/password"`)
	here.get("/security/password").shows("Change your password", "At least 8 characters").press("/security/password", "password", newPassword)
	here.shows("Your password was changed", "Password changed", "Signed in on 1 device<").lacks("<strong>Signed out everywhere")
	if here.get("/security"); here.status != 200 || h.Now(t, mei).Epoch <= epoch {
		t.Errorf("%d at %s, epoch %d after %d", here.status, here.at, h.Now(t, mei).Epoch, epoch)
	}
	if there.get("/security"); !strings.HasPrefix(there.at, "/signin") {
		t.Errorf("another session sees %s", there.at)
	}
	if _, err := h.SignIn.Finish(t.Context(), token, from); err == nil {
		t.Error("a sign-in with the old password goes on")
	}
	if mails := h.Mails(t, mei); !slices.Contains(mails, notify.MailPasswordChanged) {
		t.Errorf("her address hears of %v", mails)
	}
	h.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, mei.ID, 10)
		if !slices.ContainsFunc(events, func(e audit.Event) bool { return e.Kind == audit.PersonPasswordSet }) {
			t.Errorf("the log has %v", events)
		}
		return err
	})
	h.Clock.Add(time.Minute)
	if again := h.tries(t, mei.Login, newPassword); again != nil {
		t.Errorf("the new password: %v", again)
	}
	if h.tries(t, mei.Login, "lantern in the gate") == nil {
		t.Error("the old password is still right")
	}
}

func TestANewPasswordThatWillNotDoIsExplained(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone")).get("/security/password")
	for typed, says := range map[string]string{
		"": "too short", "1234567": "too short", "password1": "tried first", "mei@aoba.example": "your own name", signintest.Password: "the password you had until now", strings.Repeat("長い", 129): "too long",
	} {
		if b.press("/security/password", "password", typed).shows(says, `aria-invalid="true"`); b.status != 422 {
			t.Errorf("%q: %d", typed, b.status)
		}
		if typed != "" && strings.Contains(b.page, typed) && typed != mei.Login {
			t.Errorf("the page repeats %q", typed)
		}
	}
	if h.tries(t, mei.Login, "lantern in the gate") != nil {
		t.Error("the old password is gone")
	}
	b.lang = "ja"
	b.get("/security/password").shows("パスワードの変更").press("/security/password", "password", "x").shows("短すぎます")
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	b.lang = "en"
	b.press("/security/password", "password", "fourteen chars").shows("at least 15 characters")
}

// Changing the password needs a full sign-in of just now.
func TestThePasswordIsNotChangedByAnOldSession(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	h.Clock.Add(10 * time.Minute)
	for _, send := range []func(){func() { b.get("/security/password") }, func() { b.post("/security/password", "password", newPassword) }} {
		if send(); !strings.HasPrefix(b.at, "/signin?again=1") {
			t.Errorf("leads to %s", b.at)
		}
	}
	if h.tries(t, mei.Login, "lantern in the gate") != nil {
		t.Error("the password was changed")
	}
}
