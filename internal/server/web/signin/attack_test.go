package signinweb_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// faceless takes out of a page what differs from one sign-in to the next, and
// the name that was typed.
func faceless(page, login string) string {
	for _, cut := range []struct{ pattern, with string }{
		{`name="a" value="[A-Z2-7]{26}"`, `name="a"`}, {`challenge&#34;:&#34;[\w-]{43}&`, `challenge&`}, {`CS-[0-9A-Z]{4}-[0-9A-Z]{4}`, "CS"},
		{`Your number is [0-9]+`, "NUMBER"}, {`#n[0-9]"`, `#n"`}, {`<symbol id="n[0-9]".*?</symbol>`, ""},
	} {
		page = regexp.MustCompile(cut.pattern).ReplaceAllString(page, cut.with)
	}
	page = strings.ReplaceAll(page, login, "LOGIN")
	return regexp.MustCompile(`personal" aria-hidden="true">.</span>`).ReplaceAllString(page, "MARK")
}

// faces is everything a stranger is told on the way through a sign-in that
// proves nothing: addresses, statuses, header names and words.
func faces(b *browser, w *world, login string) []string {
	var seen []string
	look := func(b *browser) {
		var names []string
		for name := range b.header {
			names = append(names, name)
		}
		slices.Sort(names)
		seen = append(seen, b.at+" "+http.StatusText(b.status)+" "+strings.Join(names, ",")+"\n"+faceless(b.page, login))
	}
	look(b.get("/security"))
	look(b.submit("/signin/name", "login", login))
	for _, path := range []string{"/signin", "/signin/password", "/signin/passkey", "/signin/recovery", "/signin/pass", "/signin/number", "/signin/ways", "/signin/code", "/signin/expired", "/signin/ended", "/signin/done", "/signin/renew", "/signin/paired", "/signin/full"} {
		look(b.get(path))
	}
	w.Clock.Add(20 * time.Second)
	look(b.get("/signin"))
	look(b.get("/signin/password"))
	if strings.Contains(b.page, `action="/signin/password"`) {
		look(b.submit("/signin/password", "password", "wrong"))
	}
	b.get("/signin/password")
	form := url.Values{"a": {hiddenOf(b.page)}}
	for _, path := range []string{"/signin/ask", "/signin/ask", "/signin/ask", "/signin/ask", "/signin/finish", "/signin/code", "/signin/recovery", "/signin/pass", "/signin/passkey", "/signin/renew"} {
		look(b.follow(path, b.send("POST", path, form)))
	}
	w.Clock.Add(time.Minute)
	look(b.get("/signin/number"))
	w.Clock.Add(24 * time.Hour) // budgets and places are free again
	return seen
}

func hiddenOf(page string) string {
	if m := regexp.MustCompile(`name="a" value="([A-Z2-7]{26})"`).FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

// A8: text, status, path and headers are the same for a name nobody has, a
// suspended person, one without a password, one without an app, and one with all.
func TestAStrangerLearnsNothingAboutAName(t *testing.T) {
	for name, phoneFirst := range map[string]bool{"password first": false, "phone first": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			mei, _ := w.mei(t)
			w.Member(t, "ren")
			w.Person(t, "aoi")
			gone := w.Member(t, "sora")
			w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, gone.ID, directory.Suspended) })
			w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = phoneFirst })
			want := faces(w.browser(t), w, mei.Login)
			for _, other := range []string{"ren@aoba.example", "aoi@aoba.example", "sora@aoba.example", "nobody@aoba.example"} {
				got := faces(w.browser(t), w, other)
				for i := range want {
					if got[i] != want[i] {
						t.Errorf("%s, page %d:\n%s\n\n%s has:\n%s", other, i, got[i], mei.Login, want[i])
					}
				}
			}
		})
	}
}

// A8: too many tries are counted and told for any name alike.
func TestTooManyTriesLookTheSameForAnybody(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	var pages []string
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		for i := range 11 {
			b := w.browser(t)
			b.get("/security").submit("/signin/name", "login", login).submit("/signin/password", "password", "wrong")
			if i < 10 {
				b.shows("/signin/password", "not right")
				continue
			}
			b.shows("/signin/password", "Too many tries. Try again in 15 minutes.")
			if b.status != 429 || b.header.Get("Retry-After") != "900" {
				t.Errorf("%s: %d, Retry-After %q", login, b.status, b.header.Get("Retry-After"))
			}
			pages = append(pages, faceless(b.page, login))
		}
	}
	if pages[0] != pages[1] {
		t.Errorf("pages differ:\n%s\n%s", pages[0], pages[1])
	}
}

// A8: as long as nothing is proven, a page does not take less time than any other.
func TestNamesAndAsksTakeTheirTime(t *testing.T) {
	w := newWorld(t)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	b := w.browser(t)
	b.get("/security")
	start := time.Now()
	b.submit("/signin/name", "login", "nobody@aoba.example")
	if took := time.Since(start); took < 80*time.Millisecond {
		t.Errorf("name and ask for nobody took %v", took)
	}
}

// posts are all forms of the sign-in.
var posts = []string{"/signin/name", "/signin/password", "/signin/ask", "/signin/code", "/signin/finish", "/signin/passkey", "/signin/recovery", "/signin/pass", "/signin/renew",
	"/signin/accounts", "/signin/forget", "/signin/lang", "/signout"}

// W1: a form that another site sends is refused, also one of the same site
// (another host or port of the domain), and changes nothing.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number")
	form := b.form("/signin/finish")
	before := maps.Clone(b.cookies)
	for name, header := range map[string][]string{
		"cross-site":           {"Sec-Fetch-Site", "cross-site"},
		"same-site":            {"Sec-Fetch-Site", "same-site"},
		"no page":              {"Sec-Fetch-Site", "none"},
		"made up":              {"Sec-Fetch-Site", "same-origin, cross-site"},
		"old browser, foreign": {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"old browser, sibling": {"Sec-Fetch-Site", "", "Origin", appOrigin},
		"old browser, http":    {"Sec-Fetch-Site", "", "Origin", "http://id.example.org"},
		"old browser, nothing": {"Sec-Fetch-Site", "", "Origin", ""},
		"old browser, null":    {"Sec-Fetch-Site", "", "Origin", "null"},
		"foreign, says so":     {"Sec-Fetch-Site", "cross-site", "Origin", regtest.Issuer},
	} {
		for _, path := range posts {
			r := b.send("POST", path, form, header...)
			if r.StatusCode != http.StatusForbidden || len(r.Cookies()) > 0 {
				t.Errorf("%s %s: %d, %d cookies", name, path, r.StatusCode, len(r.Cookies()))
			}
		}
	}
	if !maps.EqualFunc(before, b.cookies, func(x, y *http.Cookie) bool { return x.Value == y.Value }) {
		t.Error("cookies changed")
	}
	b.follow("", b.send("POST", "/signin/finish", form, "Sec-Fetch-Site", "", "Origin", regtest.Issuer)).shows("/security", "gate")
}

// O7: a sign-in leads to our own pages only, whatever the link says.
func TestASignInLeadsNowhereElse(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish")
	for _, to := range []string{"https://evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
		"https:evil.example", "/%0d%0aSet-Cookie:x", "evil.example", "", "/signin?to=//evil.example", " //evil.example", "/\x00/evil"} {
		for _, r := range []*http.Response{
			b.send("GET", "/signin?"+url.Values{"to": {to}}.Encode(), nil),
			b.send("POST", "/signin/lang", url.Values{"lang": {"en"}, "to": {to}}),
			b.send("POST", "/signin/accounts", url.Values{"to": {to}, "session": {"none"}}),
			b.send("GET", "/signin?"+url.Values{"to": {to}, "other": {"1"}}.Encode(), nil),
		} {
			at := r.Header.Get("Location")
			u, err := url.Parse(at)
			if r.StatusCode != 303 || err != nil || u.Host != "" || u.Scheme != "" || strings.HasPrefix(at, "//") || strings.Contains(at, "\\") ||
				r.Header.Get("Set-Cookie") == "x" {
				t.Errorf("to %q: %d %q", to, r.StatusCode, at)
			}
		}
		fresh := w.browser(t).get("/signin?" + url.Values{"to": {to}}.Encode())
		if strings.Contains(fresh.page, "evil") {
			t.Errorf("to %q: the page repeats it", to)
		}
	}
}

// O8: the pages cannot be framed, name no referrer, run no inline script; on
// the authorize road nothing stands in the way of popups and redirects.
func TestHeadersOfTheSignInPages(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	b := w.browser(t).proves(mei)
	for _, path := range []string{"/signin/name", "/signin/number", "/signin/ways", "/signin/code", "/signin/passkey", "/signin/accounts", "/signin/ended", "/signin"} {
		r := b.send("GET", path, nil)
		h := r.Header
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %s", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "form-action") || h.Get("Cross-Origin-Opener-Policy") != "" {
			t.Errorf("%s: policy %q, opener %q", path, policy, h.Get("Cross-Origin-Opener-Policy"))
		}
		if h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cache-Control") != "no-store" || h.Get("Strict-Transport-Security") == "" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	for _, path := range []string{"/security", "/signout", "/setup/nothing", "/nowhere"} {
		h := b.send("GET", path, nil).Header
		if !strings.Contains(h.Get("Content-Security-Policy"), "form-action 'self'") || h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("%s, off the road: %v", path, h)
		}
	}
}

// A12: cookies are of this host only, out of reach of scripts, and sent over https only.
func TestCookieAttributes(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish")
	for _, name := range []string{"__Host-si", "__Host-ss", "__Host-kb"} {
		c := b.cookies[name]
		if c == nil {
			t.Fatalf("no cookie %s", name)
		}
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%+v", c)
		}
		if raw := strings.ReplaceAll(c.Value, ".", ""); len(raw) < 26 {
			t.Errorf("%s has %d characters", name, len(raw))
		}
	}
	if len(b.cookies) != 3 {
		t.Errorf("cookies: %v", b.cookies)
	}
}

// A12: a cookie somebody planted, or saw before the proof, is worth nothing afterwards.
func TestACookieSeenBeforeAProofIsWorthNothingAfter(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	thief := w.browser(t)
	thief.get("/security")
	b := w.browser(t)
	b.cookies = maps.Clone(thief.cookies) // planted
	b.get("/signin").submit("/signin/name", "login", mei.Login).submit("/signin/password", "password", signintest.Password)
	early := maps.Clone(b.cookies)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish").shows("/security", "gate")
	for name, cookies := range map[string]map[string]*http.Cookie{"planted": thief.cookies, "seen after the password": early} {
		x := w.browser(t)
		x.cookies = maps.Clone(cookies)
		if x.get("/security"); strings.Contains(x.page, "gate<") || x.at == "/security" {
			t.Errorf("%s: at %s", name, x.at)
		}
		x.cookies = maps.Clone(cookies)
		if x.get("/signin"); strings.Contains(x.page, "mei@") {
			t.Errorf("%s: at %s:\n%s", name, x.at, x.page)
		}
	}
}

func TestACredentialChangeEndsTheSignInUnderWay(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t).proves(mei)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number")
	w.SetPassword(t, mei, "another lantern")
	b.submit("/signin/finish").shows("/signin/ended", "Something changed meanwhile")
	if b.get("/security"); strings.Contains(b.page, "behind the gate") {
		t.Error("signed in all the same")
	}
}

// N1: the number is on the page that asked and nowhere else.
func TestTheNumberIsOnTheAskingPageOnly(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	w.Policy(t, func(p *directory.Policy) { p.Digits = 6 })
	b := w.browser(t).proves(mei)
	number := b.number()
	if len(number) != 6 {
		t.Fatalf("number %s", number)
	}
	for _, path := range []string{"/signin/ways", "/signin/code", "/signin/accounts", "/signin/ended", "/signout", "/signin/name"} {
		if b.get(path); b.at != "/signin/number" && strings.Contains(b.page, number) {
			t.Errorf("%s shows the number", path)
		}
	}
	other := w.browser(t)
	other.get("/signin")
	if strings.Contains(other.page, number) {
		t.Error("another browser shows the number")
	}
	other.proves(mei)
	if strings.Contains(other.page, number) {
		t.Error("another sign-in shows the number")
	}
	for _, q := range w.Waiting(t, phone) {
		if body := w.Fetch(t, w.Get(t, phone.ID()), q.ID); strings.Contains(string(body), number) {
			t.Errorf("the phone is sent the number: %s", body)
		}
	}
	for name, values := range b.header {
		if strings.Contains(strings.Join(values, " "), number) {
			t.Errorf("header %s has the number", name)
		}
	}
	if strings.Contains(w.log.String(), number) {
		t.Error("the log has the number")
	}
}

// No secret of a sign-in is in the log, which has a line for each request.
func TestTheLogHasNoSecret(t *testing.T) {
	w := newWorld(t)
	mei, phone := w.mei(t)
	b := w.browser(t)
	b.get("/signin?to=/security?x=querysecret").submit("/signin/name", "login", mei.Login)
	b.submit("/signin/password", "password", "wrong-"+signintest.Password).submit("/signin/password", "password", signintest.Password)
	w.Answer(t, phone, wire.Approve, b.number())
	b.get("/signin/number").submit("/signin/finish")
	log := w.log.String()
	for _, secret := range []string{signintest.Password, "querysecret", mei.Login, b.cookies["__Host-si"].Value, b.cookies["__Host-ss"].Value, b.cookies["__Host-kb"].Value} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if n := strings.Count(log, "msg=request"); n < 10 || !strings.Contains(log, "route=/signin/password") || !strings.Contains(log, "status=303") {
		t.Errorf("%d lines:\n%s", n, log)
	}
}

func TestOversizedAndBrokenFormsChangeNothing(t *testing.T) {
	w := newWorld(t)
	mei, _ := w.mei(t)
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login)
	token := b.cookies["__Host-si"].Value
	for _, c := range []struct {
		form   url.Values
		header []string
		status int
	}{
		{url.Values{"password": {strings.Repeat("x", 70<<10)}}, nil, 413},
		{url.Values{"password": {"x"}}, []string{"Content-Type", "application/json"}, 400},
		{url.Values{"password": {"x"}}, []string{"Content-Type", "multipart/form-data; boundary=x"}, 400},
	} {
		if r := b.send("POST", "/signin/password", c.form, c.header...); r.StatusCode != c.status {
			t.Errorf("%v: %d, want %d", c.header, r.StatusCode, c.status)
		}
	}
	if b.cookies["__Host-si"].Value != token {
		t.Error("the sign-in moved")
	}
}
