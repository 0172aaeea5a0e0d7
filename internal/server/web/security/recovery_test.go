package securityweb_test

import (
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/ui"
)

var shownCode = regexp.MustCompile(`translate="no">([0-9A-Z-]{19})<`)

// makesCodes presses the button of the page about recovery codes.
func (b *browser) makesCodes(fields ...string) *browser {
	b.t.Helper()
	found := regexp.MustCompile(`name="set" value="(\d+)"`).FindStringSubmatch(b.page)
	if found == nil {
		b.t.Fatalf("%s does not say which set it would replace:\n%s", b.at, b.page)
	}
	return b.press("/security/recovery", append(fields, "set", found[1])...)
}

// N9: shown once, on no page that can be loaded again, and counted afterwards.
func TestN9RecoveryCodesAreShownOnce(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	b.get("/security/add").shows(`href="/security/recovery"`, "10 codes to print")
	b.get("/security/recovery").shows("You have none yet").makesCodes().shows("shown this once", "mei@aoba.example at id.example.org",
		"Made "+ui.Date("en", "Asia/Tokyo", h.Clock.Now()))
	codes := shownCode.FindAllStringSubmatch(b.page, -1)
	if len(codes) != 10 {
		t.Fatalf("%d codes:\n%s", len(codes), b.page)
	}
	b.post("/security/recovery", "set", "0").shows("was made already", "10 of 10 left").lacks(codes[0][1]) // the answer, loaded again
	for _, path := range []string{"/security", "/security/recovery", "/security/activity"} {
		for _, c := range codes {
			b.get(path).lacks(c[1])
		}
	}
	b.get("/security").shows("10 of 10 left", "Recovery codes made").lacks("Running low")
	from := signintest.Browser("192.0.2.9")
	for i, c := range codes {
		token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
		if err != nil {
			t.Fatal(err)
		}
		went, err := h.SignIn.Name(t.Context(), token, mei.Login, from)
		if err == nil {
			went, err = h.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
		}
		if err == nil {
			went, err = h.SignIn.RecoveryCode(t.Context(), went.Token, c[1], from)
		}
		if err != nil || went.Signed == nil {
			t.Fatalf("code %d: %v", i, err)
		}
	}
	b.get("/security").shows("0 of 10 left", "None left", "Recovery code used")
	b.get("/security/recovery?last=1&to=/somewhere").shows("last recovery code", `href="/somewhere"`)
	b.makesCodes("to", "/somewhere").shows(`href="/somewhere"`)
	b.get("/security/recovery?last=1&to=//evil.example").lacks(`href="//evil`)
	b.get("/security/recovery").shows("10 of 10 left").press("/security/recovery/remove").shows("Recovery codes removed").lacks("10 left")
	h.Recorded(t, mei.ID, audit.RecoveryMade, audit.RecoveryRemoved)
	h.Write(t, func(tx *db.Tx) error {
		has, _, err := signin.MethodsOf(t.Context(), tx, mei.ID)
		if has.Recovery {
			t.Error("removed, and counted")
		}
		return err
	})
	if mails := strings.Join(h.Mails(t, mei), " "); !strings.Contains(mails, "recovery_made") || !strings.Contains(mails, "recovery_used") || !strings.Contains(mails, "recovery_removed") {
		t.Errorf("her address hears of %s", mails)
	}
}
