package securityweb_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/dossier"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	securityweb "countersign/internal/server/web/security"
)

const appOrigin = "https://app.example.org"

// A house is a server with the pages of Security info.
type house struct {
	*signintest.World
	shell  *web.Shell
	backup *backup.Store
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{World: signintest.New(t)}
	h.backup = backup.New(h.DB, h.Notify, 1<<20)
	var err error
	if h.shell, err = web.New(web.Config{DB: h.DB, ID: regtest.Issuer, App: appOrigin, Hub: h.Notify.Hub, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if err := securityweb.Mount(h.shell, securityweb.Deps{DB: h.DB, Registry: h.Registry, Approvals: h.Approvals, SignIn: h.SignIn, Passkeys: h.Passkeys, CodeApps: h.CodeApps, Addresses: directory.NewAddresses(h.Keeper, h.Notify), Recovery: h.Recovery, Passes: method.NewPasses(h.Keeper, h.Notify), Dossier: dossier.New(h.SignIn), Notify: h.Notify, Backup: h.backup, Back: wayback.New(h.SignIn)}); err != nil {
		t.Fatal(err)
	}
	return h
}

// A browser is signed in, keeps its cookies, and knows which page it is on.
type browser struct {
	t       testing.TB
	h       *house
	lang    string
	agent   string
	cookies string
	at      string
	status  int
	page    string
}

const windowsChrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// signIn signs somebody in, with a code if they have a device.
func (h *house) signIn(t testing.TB, p directory.Person, devices ...regtest.Device) *browser {
	t.Helper()
	from := signintest.Browser("192.0.2.7")
	token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		went, err = h.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err == nil && len(devices) > 0 {
		went, err = h.SignIn.Code(t.Context(), went.Token, devices[0].Code(t, h.Clock.Now()), from)
	}
	if err != nil || went.Signed == nil {
		t.Fatalf("not signed in: %+v, %v", went, err)
	}
	return &browser{t: t, h: h, lang: "en", agent: windowsChrome, cookies: "__Host-ss=" + strings.Join(went.Signed.Tokens, ".")}
}

func (b *browser) send(method, target string, form url.Values) *http.Response {
	b.t.Helper()
	r := httptest.NewRequest(method, regtest.Issuer+target, strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Accept-Language", b.lang)
	r.Header.Set("User-Agent", b.agent)
	r.Header.Set("Cookie", b.cookies)
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	rec := httptest.NewRecorder()
	b.h.shell.ServeHTTP(rec, r)
	return rec.Result()
}

func (b *browser) get(target string) *browser {
	b.t.Helper()
	return b.follow(target, b.send("GET", target, nil))
}

// follow goes where an answer leads, as far as these pages go.
func (b *browser) follow(target string, r *http.Response) *browser {
	b.t.Helper()
	for {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		b.at, b.status, b.page = target, r.StatusCode, string(body)
		if r.StatusCode < 300 || r.StatusCode > 399 {
			return b
		}
		target = r.Header.Get("Location")
		if b.at = target; !strings.HasPrefix(target, "/security") {
			return b
		}
		r = b.send("GET", target, nil)
	}
}

// press submits the form of the page that posts to action: it has to be there.
func (b *browser) press(action string, fields ...string) *browser {
	b.t.Helper()
	if !strings.Contains(b.page, `action="`+action+`"`) {
		b.t.Fatalf("%s (%d) has no form for %s:\n%s", b.at, b.status, action, b.page)
	}
	return b.post(action, fields...)
}

// post sends a form whether the page has it or not.
func (b *browser) post(action string, fields ...string) *browser {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.follow(action, b.send("POST", action, form))
}

// shows fails unless the page has a text.
func (b *browser) shows(texts ...string) *browser {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(b.page, text) {
			b.t.Fatalf("%s (%d) does not show %q:\n%s", b.at, b.status, text, b.page)
		}
	}
	return b
}

// lacks fails if the page has a text.
func (b *browser) lacks(text string) *browser {
	b.t.Helper()
	if strings.Contains(b.page, text) {
		b.t.Fatalf("%s (%d) shows %q:\n%s", b.at, b.status, text, b.page)
	}
	return b
}

var (
	spoken    = regexp.MustCompile(`Your number is ([0-9]+)`)
	setupCode = regexp.MustCompile(`translate="no">([0-9A-Z-]{19})<`)
)

func (b *browser) number() string {
	b.t.Helper()
	m := spoken.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no number:\n%s", b.at, b.page)
	}
	return m[1]
}

// offer returns the offer whose page this is, as the database has it.
func (b *browser) offer() (o registration.Offer) {
	b.t.Helper()
	token, _, _ := strings.Cut(strings.TrimPrefix(b.cookies, "__Host-ss="), ".")
	err := b.h.DB.Read(b.t.Context(), func(tx *db.Tx) error {
		session, err := signin.EnrolSessionOf(b.t.Context(), tx, token)
		if err == nil {
			o, err = b.h.Registry.OfferState(b.t.Context(), tx, session.ID, strings.TrimPrefix(b.path(), "/security/pair/"))
		}
		return err
	})
	if err != nil {
		b.t.Fatalf("no offer at %s: %v", b.at, err)
	}
	return o
}

// path is the address of the page without its query.
func (b *browser) path() string {
	path, _, _ := strings.Cut(b.at, "?")
	return path
}

// session is the browser's session, as the database has it.
func (b *browser) session() (s signin.Session) {
	b.t.Helper()
	token, _, _ := strings.Cut(strings.TrimPrefix(b.cookies, "__Host-ss="), ".")
	b.h.Write(b.t, func(tx *db.Tx) (err error) {
		s, err = signin.SessionOf(b.t.Context(), tx, token)
		return err
	})
	return s
}

// changing changes nothing, in the way methods are changed.
func (h *house) changing(t testing.TB, by signin.Session) error {
	return h.DB.Write(t.Context(), func(tx *db.Tx) error {
		return signin.Changing(t.Context(), tx, by, func() error { return nil })
	})
}

// tries types a password into a new sign-in.
func (h *house) tries(t testing.TB, login, password string) error {
	t.Helper()
	from := signintest.Browser("192.0.2.8")
	token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Name(t.Context(), token, login, from)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.SignIn.Password(t.Context(), went.Token, password, from)
	return err
}
