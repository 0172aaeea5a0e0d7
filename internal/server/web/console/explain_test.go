package consoleweb_test

import (
	"html"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/web"
	consoleweb "countersign/internal/server/web/console"
	"countersign/ui"
)

// A desk is a server with the console, and Mei, who could not sign in.
type desk struct {
	*signintest.World
	shell     *web.Shell
	mei       directory.Person
	reference string
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{World: signintest.New(t)}
	d.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	var err error
	d.shell, err = web.New(web.Config{DB: d.DB, ID: regtest.Issuer, App: "https://app.example.org", Hub: d.Notify.Hub, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = consoleweb.Mount(d.shell, consoleweb.Deps{DB: d.DB, Registry: d.Registry, Passkeys: d.Passkeys, CodeApps: d.CodeApps, Notify: d.Notify, SignIn: d.SignIn})
	}
	if err != nil {
		t.Fatal(err)
	}
	d.mei = d.Member(t, "mei")
	d.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, d.mei.ID, directory.Suspended) })
	d.reference = d.signIn(t, d.mei.Login).Attempt.Correlation
	return d
}

func (d *desk) signIn(t *testing.T, login string) signin.Went {
	t.Helper()
	from := signintest.Browser("192.0.2.7")
	token, a, err := d.SignIn.Begin(t.Context(), signin.Start{Goal: "/admin", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := d.SignIn.Name(t.Context(), token, login, from)
	if err == nil {
		went, err = d.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err != nil {
		t.Fatal(err)
	}
	went.Attempt.Correlation = a.Correlation
	return went
}

// as returns what somebody with a role sees.
func (d *desk) as(t *testing.T, role, lang, target string) (status int, page string) {
	t.Helper()
	p := d.Member(t, "the-"+role+"-"+lang)
	d.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, role) })
	r := httptest.NewRequest("GET", regtest.Issuer+target, nil)
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Cookie", "__Host-ss="+strings.Join(d.signIn(t, p.Login).Signed.Tokens, "."))
	w := httptest.NewRecorder()
	d.shell.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, html.UnescapeString(string(body))
}

// Whoever helps reads why; from which network, only who may read the log.
func TestAReferenceIsExplainedWithinTheRightsOfTheRole(t *testing.T) {
	d := open(t)
	typed := "/admin/explain?ref=" + strings.ToLower(strings.ReplaceAll(d.reference, "-", ""))
	for _, lang := range ui.Languages {
		for role, reads := range map[string]bool{directory.Helpdesk: false, directory.Auditor: true, directory.Admin: true, directory.Owner: true} {
			status, page := d.as(t, role, lang, typed)
			for _, want := range []string{d.reference, d.mei.Name, ui.T(lang, "explain.refused.suspended"), ui.T(lang, "explain.need.1"), ui.T(lang, "console.kind.signin.refused")} {
				if status != 200 || !strings.Contains(page, want) {
					t.Errorf("%s, %s: %d without %q", role, lang, status, want)
				}
			}
			if got := strings.Contains(page, "192.0.2.7"); got != reads {
				t.Errorf("%s, %s: the address is shown: %v", role, lang, got)
			}
		}
		if status, page := d.as(t, directory.Member, lang, typed); status != 403 || strings.Contains(page, d.mei.Name) {
			t.Errorf("a member: %d", status)
		}
	}
}

func TestAReferenceOfElsewhereIsUnknown(t *testing.T) {
	d := open(t)
	d.Write(t, func(tx *db.Tx) error {
		return audit.Record(t.Context(), tx, audit.Event{Kind: audit.SigninLimited, Directory: "another", Correlation: "CS-0000-0001"})
	})
	for lang, ref := range map[string]string{"en": "CS-0000-0001", "ja": "CS-0000-0002"} {
		if status, page := d.as(t, directory.Owner, lang, "/admin/explain?ref="+ref); status != 200 || !strings.Contains(page, ui.T(lang, "console.explain.unknown")) {
			t.Errorf("%s: %d", ref, status)
		}
	}
}

// Whatever is written down has its words, and is found by the area it is in.
func TestEveryKindOfEventHasWordsAndAnArea(t *testing.T) {
	source, err := os.ReadFile("../../audit/kinds.go")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`Kind = "(([a-z]+)\.[a-z_.]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(all) < 90 {
		t.Fatalf("%d kinds", len(all))
	}
	for _, m := range all {
		if !audit.IsArea(m[2]) {
			t.Errorf("%s is in no area", m[1])
		}
		for _, lang := range ui.Languages {
			if !ui.Has(lang, "console.kind."+m[1]) || !ui.Has(lang, "console.area."+m[2]) {
				t.Errorf("%s: no words for %s", lang, m[1])
			}
		}
	}
}
