package signinweb

import (
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/notify"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

var update = flag.Bool("update", false, "write the golden pages anew")

// hostile is what a page may be given by an application, an organisation or a
// person who means ill.
const hostile = `"><script>alert(1)</script>'{{.}}&amp;`

func someView() view {
	return view{ID: "ATTEMPT", To: "/security", App: "Aoba Expenses", Org: web.Org{Name: "Aoba Works"}, Login: "tanaka@aoba.example"}
}

func hostileView() view {
	return view{ID: hostile, To: "/" + hostile, App: hostile, Org: web.Org{Name: hostile, Logo: "/looks/" + hostile}, Login: hostile, Error: hostile}
}

// views are all pages with something to show, by the name of their golden file.
func views() map[string]struct {
	page string
	data any
} {
	type v = struct {
		page string
		data any
	}
	wrong := someView()
	wrong.Error = "That is not right."
	fixed := someView()
	fixed.Fixed = true
	number := numberPage{view: someView(), State: "open", Number: "47", Left: 48, Clock: "0:48", Minutes: "1 minute", Ref: "CS-7F42-19KD", Way: true}
	remember := number
	remember.Remember = 30
	remembering := someView()
	remembering.Remember = 1
	keyed := someView()
	keyed.Passkey = `{"challenge":"AA"}`
	keyedWrong := keyed
	keyedWrong.Error = "That is not right."
	evilKey := hostileView()
	evilKey.Passkey = hostile
	onPhone := number
	onPhone.OnPhone, onPhone.Number, onPhone.Way = "https://app.example/", "470815", false
	bad := numberPage{view: hostileView(), Number: "47", Clock: hostile, Minutes: hostile, Ref: hostile, OnPhone: "javascript:alert(1)", Way: true}
	mei := signin.Account{Person: directory.Person{Name: "Mei Tanaka", Login: "tanaka@aoba.example"}, Session: signin.Session{ID: "S1"}, Live: true}
	evil := signin.Account{Person: directory.Person{Name: hostile, Login: hostile}, Session: signin.Session{ID: hostile}}
	choose := choosePage{view: someView(), Name: "Mei Tanaka", Shortest: 8, Action: "/setup/TOKEN"}
	return map[string]v{
		"b1-name":              {"name.html", namePage{view: someView()}},
		"b1-name-keep":         {"name.html", namePage{view: view{ID: "ATTEMPT", To: "/authorize/resume?r=1", App: "Countersign", For: toKeep}}},
		"b1-name-recover":      {"name.html", namePage{view: view{ID: "ATTEMPT", To: "/authorize/resume?r=1", App: "Countersign", For: toRecover}}},
		"b1-name-passkey":      {"name.html", namePage{view: keyed}},
		"b1-name-unkeyed":      {"name.html", namePage{view: keyed, Refused: "That is not right."}},
		"b1-name-empty":        {"name.html", namePage{view: view{ID: "ATTEMPT", To: "/security", Error: "Type it."}, Accounts: true}},
		"b1-name-paused":       {"name.html", namePage{view: someView(), Paused: true}},
		"b1-name-hostile":      {"name.html", namePage{view: hostileView(), Accounts: true}},
		"b2-password":          {"password.html", passwordPage{view: someView()}},
		"b2-passkey":           {"password.html", passwordPage{view: keyed}},
		"b2-wrong":             {"password.html", passwordPage{view: wrong, Ways: true}},
		"b2-again":             {"password.html", passwordPage{view: fixed}},
		"b2-hostile":           {"password.html", passwordPage{view: hostileView(), Ways: true}},
		"pass":                 {"pass.html", passPage{view: someView(), Ways: true}},
		"pass-wrong":           {"pass.html", passPage{view: wrong}},
		"recovery":             {"recovery.html", recoveryPage{view: someView()}},
		"recovery-wrong":       {"recovery.html", recoveryPage{view: wrong}},
		"mail-send":            {"mail.html", mailPage{view: someView(), Ways: true, Addresses: []mailChoice{{"ONE", "m•••@example.org", true}}}},
		"mail-which":           {"mail.html", mailPage{view: wrong, Ways: true, Addresses: []mailChoice{{"ONE", "m•••@example.org", true}, {"TWO", hostile, false}}}},
		"mail-code":            {"mail.html", mailPage{view: wrong, Addresses: []mailChoice{{"ONE", "m•••@example.org", true}}, Ways: true, Sent: "m•••@example.org"}},
		"mail-anew":            {"mail.html", mailPage{view: wrong, Anew: true, Addresses: []mailChoice{{"ONE", "m•••@example.org", true}, {"TWO", "••• 678", false}}}},
		"mail-anew-code":       {"mail.html", mailPage{view: someView(), Anew: true, Ways: true, Addresses: []mailChoice{{"ONE", "m•••@example.org", true}}, Sent: "m•••@example.org"}},
		"passkey":              {"passkey.html", passkeyPage{view: keyed, Ways: true}},
		"passkey-first":        {"passkey.html", passkeyPage{view: keyedWrong}},
		"passkey-only":         {"passkey.html", passkeyPage{view: keyed, Only: true}},
		"passkey-hostile":      {"passkey.html", passkeyPage{view: evilKey}},
		"b3-keyfirst":          {"number.html", numberPage{view: someView(), State: "open", Number: "47", Left: 48, Clock: "0:48", Way: true, KeyFirst: true}},
		"b3-number":            {"number.html", number},
		"b3-six-on-phone":      {"number.html", onPhone},
		"b3-hostile":           {"number.html", bad},
		"b3-approved":          {"approved.html", number},
		"b3-mismatch":          {"mismatch.html", number},
		"b3-unasked":           {"unasked.html", number},
		"b3-full":              {"full.html", number},
		"b3-blocked":           {"blocked.html", number},
		"b4-ways":              {"ways.html", waysPage{view: someView(), Pass: true, Key: true, Approval: true, Code: true, Recovery: true, Mail: true}},
		"b4-ways-unproven":     {"ways.html", waysPage{view: someView(), Approval: true, Password: true}},
		"b6-expired":           {"expired.html", number},
		"b6-hostile":           {"expired.html", bad},
		"code":                 {"code.html", codePage{view: someView()}},
		"code-wrong":           {"code.html", codePage{view: wrong}},
		"ended":                {"ended.html", endPage{view: someView(), Title: "You said no", Text: "It has ended.", Seal: true, Ref: "CS-7F42-19KD", Again: "/signin?to=%2Fsecurity"}},
		"ended-hostile":        {"ended.html", endPage{view: hostileView(), Title: hostile, Text: hostile, Ref: hostile, Again: "javascript:alert(1)"}},
		"done":                 {"done.html", someView()},
		"othertab":             {"othertab.html", someView()},
		"paired":               {"paired.html", someView()},
		"renew":                {"renew.html", choose},
		"setup":                {"setup.html", choose},
		"setup-hostile":        {"setup.html", choosePage{view: hostileView(), Name: hostile, Shortest: 8, Action: "/setup/" + hostile}},
		"accounts":             {"accounts.html", accountsPage{App: "Aoba Expenses", To: "/security", Other: "/signin?other=1", Accounts: []signin.Account{mei}}},
		"accounts-hostile":     {"accounts.html", accountsPage{App: hostile, To: "/" + hostile, Other: "javascript:alert(1)", Accounts: []signin.Account{evil}}},
		"signout":              {"signout.html", signoutPage{Login: "tanaka@aoba.example", Name: "Mei Tanaka"}},
		"signedout":            {"signedout.html", signoutPage{}},
		"b3-remember":          {"number.html", remember},
		"b3-approved-remember": {"approved.html", remember},
		"code-remember":        {"code.html", codePage{view: remembering}},
	}
}

var (
	hash   = regexp.MustCompile(`(/static/[a-z.]+)\.[A-Za-z0-9_-]{12}\.`)
	symbol = regexp.MustCompile(`(?s)(<symbol id="[^"]+").*?</symbol>`)
)

// TestGoldenPages holds every page in both languages to the one on file, so
// that a change of words or shape is seen in review. Run it with -update after one.
func TestGoldenPages(t *testing.T) {
	shell, err := web.New(web.Config{DB: dbtest.Open(t), ID: "https://id.example", App: "https://app.example", Hub: &notify.Hub{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Templates("signin", pages); err != nil {
		t.Fatal(err)
	}
	for name, v := range views() {
		for _, lang := range []string{"en", "ja"} {
			got := draw(t, shell, lang, name, v.page, v.data)
			checkPage(t, name+"."+lang, got)
			compare(t, filepath.Join("testdata", "golden", name+"."+lang+".html"), got)
		}
	}
}

// draw renders a page and takes out what other rooms may change: the hashes of
// static files and the drawings of symbols.
func draw(t *testing.T, shell *web.Shell, lang, name, page string, data any) string {
	t.Helper()
	shell.Page("GET /"+lang+"/"+name, func(w http.ResponseWriter, r *http.Request) error {
		return shell.Render(w, r, http.StatusOK, "signin/"+page, data)
	})
	r := httptest.NewRequest("GET", "https://id.example/"+lang+"/"+name, nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	shell.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: %s", name, w.Body)
	}
	out := hash.ReplaceAllString(w.Body.String(), "$1.HASH.")
	return symbol.ReplaceAllString(out, "$1/>")
}

// checkPage holds what is true of every page.
func checkPage(t *testing.T, name, page string) {
	t.Helper()
	for _, never := range []string{"<script>", "alert(1)<", `href="javascript`, "style=", " onclick", "<style", "{{", "http://"} {
		if strings.Contains(strings.ReplaceAll(page, "{{.}}", ""), never) {
			t.Errorf("%s has %s", name, never)
		}
	}
	for _, id := range regexp.MustCompile(`<use(?: class="[a-z-]+")? href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `<symbol id="`+id[1]+`"`) {
			t.Errorf("%s uses #%s and does not have it", name, id[1])
		}
	}
	if strings.Count(page, "<h1") != 1 || !strings.Contains(page, "<main") || !strings.Contains(page, "<title>") {
		t.Errorf("%s lacks a heading, a main or a title", name)
	}
	if m := regexp.MustCompile(`>(signin|setup|common)\.[a-z._]+<`).FindString(page); m != "" {
		t.Errorf("%s shows the key %s", name, m)
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what is on file:\n%s", path, got)
	}
}
