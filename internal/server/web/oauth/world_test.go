package oauthweb_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/web"
	oauthweb "countersign/internal/server/web/oauth"
	signinweb "countersign/internal/server/web/signin"
)

const issuer = regtest.Issuer

// Where the applications are.
const (
	expensesBack = "https://expenses.aoba.example/callback"
	expensesBye  = "https://expenses.aoba.example/bye"
	notesBack    = "https://notes.example/"
)

// A world is a server with sign-in and OAuth pages, a person and two applications.
type world struct {
	testing.TB
	*signintest.World
	shell  *web.Shell
	oauth  *oauth.Service
	log    strings.Builder
	mei    directory.Person
	secret string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, World: signintest.New(t)}
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	var err error
	if w.oauth, err = oauth.New(t.Context(), oauth.Options{DB: w.DB, Keeper: w.Keeper, Issuer: issuer, App: "https://app.example.org", BackupApps: []string{"https://app.komorebi.example"}, Log: log}); err != nil {
		t.Fatal(err)
	}
	if w.shell, err = web.New(web.Config{DB: w.DB, ID: issuer, App: "https://app.example.org", Hub: w.Notify.Hub, Log: log}); err != nil {
		t.Fatal(err)
	}
	if err := signinweb.Mount(w.shell, signinweb.Deps{SignIn: w.SignIn, OAuth: w.oauth}); err != nil {
		t.Fatal(err)
	}
	if err := oauthweb.Mount(w.shell, oauthweb.Deps{OAuth: w.oauth, SignIn: w.SignIn}); err != nil {
		t.Fatal(err)
	}
	w.mei = w.Member(t, "mei")
	w.secret = w.put(oauth.Client{ID: "expenses", Directory: w.Aoba.ID, Name: "Aoba Expenses", Host: "expenses.aoba.example", Kind: oauth.Web,
		Redirects: []string{expensesBack}, LogoutRedirects: []string{expensesBye}, Scopes: oauth.ParseScopes("openid profile email offline_access"), Verified: true})
	w.put(oauth.Client{ID: "notes", Name: "Notes", Host: "notes.example", Kind: oauth.Browser,
		Redirects: []string{notesBack}, Scopes: oauth.ParseScopes("openid profile"), Audience: "https://api.notes.example"})
	return w
}

func (w *world) put(c oauth.Client) string {
	w.Helper()
	_, secret, err := w.oauth.Put(w.Context(), c)
	if err != nil {
		w.Fatal(err)
	}
	return secret.Reveal()
}

// A browser keeps cookies and runs no scripts.
type browser struct {
	*world
	lang    string
	cookies map[string]string
}

func (w *world) browser() *browser {
	return &browser{world: w, lang: "en", cookies: map[string]string{}}
}

// signedIn is a browser in which a person has signed in with password and approval.
func (w *world) signedIn(p directory.Person) *browser {
	w.Helper()
	token := rand.Text()
	w.Write(w, func(tx *db.Tx) error {
		now := db.Millis(tx.Now)
		_, err := tx.Exec(w.Context(), `
			INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
				created_at, seen_at, expires_at, ip, place, browser)
			VALUES ($1, $2, $3, $4, $5, 'pwd approval', 3, $6, $6, $6, $6, $7, '', '', '')`,
			rand.Text(), keep.Hash(token), p.ID, p.DirectoryID, p.Epoch, now, now+30*24*3600*1000)
		return err
	})
	b := w.browser()
	b.cookies["__Host-ss"] = token
	return b
}

// content is a page without its footer, whose language switch repeats the address.
func (s seen) content() string {
	main, _, _ := strings.Cut(s.page, "<footer>")
	return main
}

// A seen answer.
type seen struct {
	status int
	header http.Header
	page   string
}

func (s seen) to() string { return s.header.Get("Location") }

// do sends a request; header holds pairs.
func (b *browser) do(method, target string, form url.Values, header ...string) seen {
	r := httptest.NewRequest(method, issuer+target, strings.NewReader(form.Encode()))
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("Accept-Language", b.lang)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	rec := httptest.NewRecorder()
	b.shell.ServeHTTP(rec, r)
	a := rec.Result()
	for _, c := range a.Cookies() {
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return seen{a.StatusCode, a.Header, rec.Body.String()}
}

func (b *browser) get(target string, header ...string) seen {
	return b.do(http.MethodGet, target, nil, header...)
}

func (b *browser) post(target string, form url.Values, header ...string) seen {
	return b.do(http.MethodPost, target, form, header...)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// fields are the hidden ones of the page's own form.
func fields(page string, pairs ...string) url.Values {
	page, _, _ = strings.Cut(page, "<footer>")
	v := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		v.Set(m[1], m[2])
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

const verifier = "verifier-verifier-verifier-verifier-verifier"

// ask is an authorization request, changed by pairs; an empty value leaves a parameter out.
func ask(client string, pairs ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	v := url.Values{"client_id": {client}, "response_type": {"code"}, "scope": {"openid profile email offline_access"}, "state": {"s"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		"redirect_uri": {map[string]string{"expenses": expensesBack, "notes": notesBack}[client]}}
	for i := 0; i < len(pairs); i += 2 {
		if v.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return "/authorize?" + v.Encode()
}

// answered goes from a request to the application, allowing what is asked.
func (b *browser) answered(request string) url.Values {
	b.Helper()
	a := b.get(request)
	if strings.HasPrefix(a.to(), "/authorize/resume") {
		page := b.get(a.to())
		a = b.post("/consent", fields(page.page, "answer", "allow"))
	}
	u, err := url.Parse(a.to())
	if err != nil || u.Host == "" || a.status != http.StatusSeeOther {
		b.Fatalf("%d to %q:\n%s", a.status, a.to(), a.page)
	}
	return u.Query()
}

// redemption is the form that redeems a code of the web application.
func (w *world) redemption(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {expensesBack},
		"code_verifier": {verifier}, "client_id": {"expenses"}, "client_secret": {w.secret}}
}
