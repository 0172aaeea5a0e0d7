package securityweb_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/method"
)

var notMe = regexp.MustCompile(`/security/activity/[A-Z0-9]+/not-me`)

// A sign-in that was somebody else's: their session ends, the password they
// knew counts as known, nothing can be changed for a day, and it is a report.
func TestThisWasNotMeShutsSomebodyElseOut(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	thief := h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	here := h.signIn(t, mei, phone)
	here.get("/security/activity").shows("This was not me")
	link := notMe.FindString(here.page)
	if n := len(notMe.FindAllString(here.page, -1)); n != 1 {
		t.Fatalf("%d sign-ins can be said to be somebody else's, want the other one", n)
	}
	if here.get(link).shows("Was this sign-in not yours?"); thief.get("/security").status != 200 {
		t.Fatal("asking ended a session")
	}
	here.get(link).press(link).shows("Every other session has ended", "Known to someone else", "cannot be changed")
	if here.at != "/security?notme=1" || here.status != 200 {
		t.Errorf("who said so is at %s (%d)", here.at, here.status)
	}
	if thief.get("/security"); thief.at == "/security" {
		t.Error("the other session goes on")
	}
	h.Write(t, func(tx *db.Tx) error {
		kept, err := method.PasswordOf(t.Context(), tx, mei.ID)
		if err != nil {
			return err
		}
		if !kept.Exposed {
			t.Error("the password still counts")
		}
		reports, err := audit.Reported(t.Context(), tx, mei.DirectoryID, time.Time{}, 10)
		if len(reports) != 1 || reports[0].Kind != audit.PersonNotMe || reports[0].Correlation == "" {
			t.Errorf("reports: %+v, %v", reports, err)
		}
		until, err := brake.Until(t.Context(), tx, mei.ID)
		if until.IsZero() {
			t.Error("methods can be changed")
		}
		return err
	})
	if mails := h.Mails(t, mei); !slices.Contains(mails, "notme") {
		t.Errorf("mails: %v", mails)
	}
	here.post("/security/password", "password", "a lantern nobody has seen")
	if here.at != "/security?changed=1" {
		t.Errorf("a known password cannot be changed: %s (%d)", here.at, here.status)
	}
}

// Nobody says it of somebody else's sign-in, of the session they are in, or of another event.
func TestThisWasNotMeIsForOnesOwnOtherSignIns(t *testing.T) {
	h := newHouse(t)
	mei, ren := h.Member(t, "mei"), h.Member(t, "ren")
	phone := h.Device(t, mei, "Phone")
	other := h.Device(t, ren, "Phone of ren")
	h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	mine := h.signIn(t, mei, phone)
	link := notMe.FindString(mine.get("/security/activity").page)
	foreign := h.signIn(t, ren, other)
	if foreign.get(link); foreign.status != 404 {
		t.Errorf("somebody else's sign-in: %d", foreign.status)
	}
	if foreign.post(link); foreign.status != 404 {
		t.Errorf("somebody else's sign-in: %d", foreign.status)
	}
}
