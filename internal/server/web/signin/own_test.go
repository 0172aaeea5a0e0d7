package signinweb

import (
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/ui"
)

// Where people look after themselves no page sends them to an IT desk, or says
// that one sees their report.
func TestPersonalAccountsAreSentToNoITDesk(t *testing.T) {
	r := httptest.NewRequest("GET", "/signin/name", nil)
	personal := viewOf(r, signin.Attempt{Directory: directory.Directory{Kind: directory.Personal, Name: "Home"}})
	work := viewOf(r, signin.Attempt{Directory: directory.Directory{Kind: directory.Organization, Name: "Aoba Works"}})
	if !personal.Own || work.Own {
		t.Fatalf("%+v, %+v", personal, work)
	}
	for lang, desk := range map[string]string{"en": "IT desk", "ja": "IT 管理者"} {
		for _, why := range []string{signin.WhyReported, policy.WhySuspended, policy.WhyExposed, policy.WhyNoSecond} {
			if text := ui.T(lang, "signin.ended."+endedText(why, true)); strings.Contains(text, desk) || text == "" {
				t.Errorf("%s %s: %q", lang, why, text)
			}
			if text := ui.T(lang, "signin.ended."+endedText(why, false)); !strings.Contains(text, desk) {
				t.Errorf("%s %s at work: %q", lang, why, text)
			}
		}
		for _, why := range []string{signin.WhyDenied, signin.WhyChanged} {
			if endedText(why, true) != endedText(why, false) {
				t.Errorf("%s differs", why)
			}
		}
	}
}
