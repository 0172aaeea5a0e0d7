package signinweb_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	signinweb "countersign/internal/server/web/signin"
)

const appOrigin = "https://app.example.org"

// A world is a server with sign-in pages and one page that needs a session.
type world struct {
	*signintest.World
	shell *web.Shell
	log   strings.Builder
}

func newWorld(t *testing.T, change ...func(*signin.Config)) *world {
	t.Helper()
	w := &world{World: signintest.New(t, change...)}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	clients, err := oauth.New(t.Context(), oauth.Options{DB: w.DB, Keeper: w.Keeper, Issuer: regtest.Issuer, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if w.shell, err = web.New(web.Config{DB: w.DB, ID: regtest.Issuer, App: appOrigin, Hub: w.Notify.Hub, Log: log}); err != nil {
		t.Fatal(err)
	}
	if err := signinweb.Mount(w.shell, signinweb.Deps{SignIn: w.SignIn, OAuth: clients, Back: wayback.New(w.SignIn), Addresses: directory.NewAddresses(w.Keeper, w.Notify)}); err != nil {
		t.Fatal(err)
	}
	mine := func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "the page behind the gate")
		return err
	}
	w.shell.Page("GET /security", w.shell.NeedSession(false, mine))
	w.shell.Page("GET /fresh", w.shell.NeedSession(true, mine))
	return w
}

func (w *world) mei(t *testing.T) (directory.Person, regtest.Device) {
	t.Helper()
	mei := w.Member(t, "mei")
	return mei, w.Device(t, mei, "Mei's Pixel")
}

// A browser keeps cookies and knows which page it is on.
type browser struct {
	t       *testing.T
	w       *world
	ip      string
	lang    string
	agent   string
	cookies map[string]*http.Cookie
	at      string
	status  int
	header  http.Header
	page    string
}

const windowsChrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func (w *world) browser(t *testing.T) *browser {
	return &browser{t: t, w: w, ip: "192.0.2.7", lang: "en", agent: windowsChrome, cookies: map[string]*http.Cookie{}}
}

// send sends one request and keeps the cookies of its answer.
func (b *browser) send(method, target string, form url.Values, header ...string) *http.Response {
	b.t.Helper()
	r := httptest.NewRequest(method, regtest.Issuer+target, strings.NewReader(form.Encode()))
	r.RemoteAddr = b.ip + ":4711"
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set("User-Agent", b.agent)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", "null") // what a browser says under Referrer-Policy: no-referrer
	}
	for i := 0; i < len(header); i += 2 {
		if r.Header.Del(header[i]); header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	b.w.shell.ServeHTTP(rec, r)
	answer := rec.Result()
	for _, c := range answer.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return answer
}

// get loads a page and follows where it leads.
func (b *browser) get(target string) *browser {
	b.t.Helper()
	return b.follow(target, b.send("GET", target, nil))
}

func (b *browser) follow(target string, r *http.Response) *browser {
	b.t.Helper()
	for range 10 {
		b.at, b.status, b.header = target, r.StatusCode, r.Header
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		b.page = string(body)
		if r.StatusCode < 300 || r.StatusCode > 399 {
			return b
		}
		if target = r.Header.Get("Location"); !strings.HasPrefix(target, "/") {
			b.at = target
			return b
		}
		r = b.send("GET", target, nil)
	}
	b.t.Fatalf("redirects without end at %s", target)
	return b
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// submit fills in the form of the page it is on that posts to action, and follows.
func (b *browser) submit(action string, fields ...string) *browser {
	b.t.Helper()
	return b.follow(action, b.send("POST", action, b.form(action, fields...)))
}

func (b *browser) form(action string, fields ...string) url.Values {
	b.t.Helper()
	_, form, found := strings.Cut(b.page, `action="`+action+`"`)
	if !found {
		b.t.Fatalf("%s (%d) has no form for %s:\n%s", b.at, b.status, action, b.page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	v := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

// shows fails unless the page is at an address and has a text.
func (b *browser) shows(at, text string) *browser {
	b.t.Helper()
	path, _, _ := strings.Cut(b.at, "?")
	if path != at || !strings.Contains(b.page, text) {
		b.t.Fatalf("at %s (%d), want %s with %q:\n%s", b.at, b.status, at, text, b.page)
	}
	return b
}

var spoken = regexp.MustCompile(`Your number is ([0-9]+)|番号は ([0-9]+) です`)

func (b *browser) number() string {
	b.t.Helper()
	m := spoken.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no number:\n%s", b.at, b.page)
	}
	return m[1] + m[2]
}

// proves goes to the number page.
func (b *browser) proves(p directory.Person) *browser {
	b.t.Helper()
	b.get("/security").submit("/signin/name", "login", p.Login)
	return b.submit("/signin/password", "password", signintest.Password)
}
