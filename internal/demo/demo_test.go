package demo_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/smtp"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"countersign/internal/demo"
	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep"
	"countersign/internal/server/keep/keeptest"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	oauthweb "countersign/internal/server/web/oauth"
)

// A world is the service with its OAuth pages, and the demo's sites beside it.
type world struct {
	*testing.T
	*demo.Stage
	d      *db.DB
	seeded demo.Seeded
	oauth  *oauth.Service
}

func newWorld(t *testing.T) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	w := &world{T: t, d: dbtest.Open(t)}
	keeper := keeptest.New(t, w.d)
	if w.Stage, err = demo.Listen("http://localhost:"+port, "http://app.localhost:"+port, 0); err != nil {
		t.Fatal(err)
	}
	w.Terminal = "bin/countersignd demo cli"
	if w.seeded, err = demo.Seed(t.Context(), w.d, keeper, w.Origins); err != nil {
		t.Fatal(err)
	}
	w.oauth, err = oauth.New(t.Context(), oauth.Options{DB: w.d, Keeper: keeper, Issuer: w.ID})
	if err != nil {
		t.Fatal(err)
	}
	shell, err := web.New(web.Config{DB: w.d, ID: w.ID, App: w.App, Hub: &notify.Hub{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := oauthweb.Mount(shell, oauthweb.Deps{OAuth: w.oauth, SignIn: signin.New(signin.Config{DB: w.d})}); err != nil {
		t.Fatal(err)
	}
	w.run(func(ctx context.Context) error {
		srv := &http.Server{Handler: shell}
		go func() { <-ctx.Done(); _ = srv.Close() }()
		_ = srv.Serve(l)
		return nil
	})
	w.run(func(ctx context.Context) error { return w.Stage.Run(ctx, w.seeded, nil) })
	return w
}

// run runs something until the test ends.
func (w *world) run(f func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	w.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
}

// browser is one that is signed in to the service as a person of the demo, and runs no scripts.
func (w *world) browser(login string) *http.Client {
	w.Helper()
	token := rand.Text()
	err := w.d.Write(w.Context(), func(tx *db.Tx) error {
		p, err := directory.ByLogin(w.Context(), tx, login)
		if err != nil {
			return err
		}
		now := db.Millis(tx.Now)
		_, err = tx.Exec(w.Context(), `
			INSERT INTO session (id, hash, person_id, directory_id, epoch, methods, strength, auth_at, full_at,
				created_at, seen_at, expires_at, ip, place, browser)
			VALUES ($1, $2, $3, $4, $5, 'pwd approval', 3, $6, $6, $6, $6, $7, '', '', '')`,
			rand.Text(), keep.Hash(token), p.ID, p.DirectoryID, p.Epoch, now, now+3600_000)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.Fatal(err)
	}
	id, err := url.Parse(w.ID)
	if err != nil {
		w.Fatal(err)
	}
	jar.SetCookies(id, []*http.Cookie{{Name: "ss", Value: token, Path: "/"}})
	return &http.Client{Jar: jar, Timeout: 20 * time.Second}
}

func (w *world) get(c *http.Client, address string) (at *url.URL, page string) {
	w.Helper()
	a, err := c.Get(address)
	return w.page(a, err)
}

func (w *world) page(a *http.Response, err error) (*url.URL, string) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		w.Fatal(err)
	}
	return a.Request.URL, html.UnescapeString(string(b))
}

var field = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// press presses a button of the last form of a page.
func (w *world) press(c *http.Client, at *url.URL, page, name, value string) (*url.URL, string) {
	w.Helper()
	form := page[strings.Index(page, `<main`):]
	action := regexp.MustCompile(`<form[^>]* action="([^"]+)"`).FindStringSubmatch(form)
	if action == nil {
		w.Fatalf("no form on %s:\n%s", at, page)
	}
	v := url.Values{}
	for _, m := range field.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], m[2])
	}
	if name != "" {
		v.Set(name, value)
	}
	to, err := at.Parse(action[1])
	if err != nil {
		w.Fatal(err)
	}
	r, err := http.NewRequest("POST", to.String(), strings.NewReader(v.Encode()))
	if err != nil {
		w.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	a, err := c.Do(r)
	return w.page(a, err)
}

// A client on another origin is reached without JavaScript (O8), by an
// unmodified client library, which checks the ID token.
func TestWebApplicationSignsInAndOutWithoutScripts(t *testing.T) {
	w := newWorld(t)
	c := w.browser("tanaka@aoba.example")
	if _, page := w.get(c, w.Expenses+"/"); !strings.Contains(page, "Sign in with Countersign") {
		t.Fatalf("signed out:\n%s", page)
	}
	at, page := w.get(c, w.Expenses+"/signin")
	if !strings.HasPrefix(at.String(), w.ID+"/authorize/resume?r=") || !strings.Contains(page, "Let Aoba Expenses use your account?") {
		t.Fatalf("%s\n%s", at, page)
	}
	at, page = w.press(c, at, page, "answer", "allow")
	if at.String() != w.Expenses+"/" || !strings.Contains(page, "Hello, Mei Tanaka") || !strings.Contains(page, "urn:countersign:strength:3") {
		t.Fatalf("%s\n%s", at, page)
	}
	at, page = w.press(c, at, page, "", "")
	if at.String() != w.Expenses+"/" || !strings.Contains(page, "Sign in with Countersign") {
		t.Fatalf("signed out to %s\n%s", at, page)
	}
	if n := w.count(`SELECT count(*) FROM session WHERE ended_at = 0`); n != 0 {
		t.Errorf("%d sessions go on at the service", n)
	}
}

func (w *world) count(query string) (n int) {
	w.Helper()
	err := w.d.Read(w.Context(), func(tx *db.Tx) error { return tx.QueryRow(w.Context(), query).Scan(&n) })
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func TestSayingNoIsShownByTheApplication(t *testing.T) {
	w := newWorld(t)
	c := w.browser("tanaka@aoba.example")
	at, page := w.get(c, w.Expenses+"/signin")
	at, page = w.press(c, at, page, "answer", "deny")
	if !strings.HasPrefix(at.String(), w.Expenses+"/callback?") || !strings.Contains(page, "access_denied: the person said no") {
		t.Errorf("%s\n%s", at, page)
	}
}

func TestApplicationOfTheOrganisationTurnsOthersAway(t *testing.T) {
	w := newWorld(t)
	c := w.browser("haru@komorebi.example")
	at, page := w.get(c, w.Expenses+"/signin")
	if !strings.Contains(page, "Aoba Expenses is for people of Aoba Works") {
		t.Fatalf("%s\n%s", at, page)
	}
	if at, page = w.press(c, at, page, "answer", "deny"); !strings.HasPrefix(at.String(), w.Expenses) {
		t.Errorf("%s\n%s", at, page)
	}
}

func TestTerminalReadsNotesFromTheAPI(t *testing.T) {
	w := newWorld(t)
	c := w.browser("tanaka@aoba.example")
	var out bytes.Buffer
	shown := ""
	term := demo.Terminal{Issuer: w.ID, API: w.API, Lang: "ja", Out: &out, Open: func(link string) error {
		go func() {
			at, page := w.get(c, link)
			_, shown = w.press(c, at, page, "answer", "allow")
		}()
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := term.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if s := out.String(); !strings.Contains(s, "Mei Tanaka さんとしてサインインしました") || strings.Count(s, " – ") != 3 {
		t.Errorf("%s", s)
	}
	if !strings.Contains(shown, "ターミナルに戻ってください") {
		t.Errorf("browser shows %q", shown)
	}
	if strings.Contains(out.String(), "app.localhost") {
		t.Error("a program was given an address that only browsers resolve")
	}
}

// The API takes access tokens of this issuer for itself, with its scope, and nothing else.
func TestAPIChecksAccessTokens(t *testing.T) {
	w := newWorld(t)
	tokens := w.tokens(demo.NotesID, w.Notes+"/", "openid notes.read")
	other := w.tokens(demo.NotesID, w.Notes+"/", "openid")
	for name, c := range map[string]struct {
		header string
		status int
		says   string
	}{
		"good":        {"Bearer " + tokens.AccessToken, 200, ""},
		"no token":    {"", 401, "Bearer"},
		"basic":       {"Basic eDp5", 401, "Bearer"},
		"nonsense":    {"Bearer x.y.z", 401, `Bearer error="invalid_token"`},
		"O15 none":    {"Bearer eyJhbGciOiJub25lIn0." + strings.Split(tokens.AccessToken, ".")[1] + ".", 401, `Bearer error="invalid_token"`},
		"ID token":    {"Bearer " + tokens.IDToken, 401, `Bearer error="invalid_token"`},
		"no scope":    {"Bearer " + other.AccessToken, 403, `Bearer error="insufficient_scope", scope="notes.read"`},
		"changed":     {"Bearer " + tokens.AccessToken[:len(tokens.AccessToken)-6] + "AAAAAA", 401, `Bearer error="invalid_token"`},
		"other API's": {"Bearer " + w.tokens(demo.ExpensesID, w.Expenses+"/callback", "openid").AccessToken, 401, `Bearer error="invalid_token"`},
	} {
		r, err := http.NewRequest("GET", w.API+"/notes", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.header)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(a.Body)
		a.Body.Close()
		if a.StatusCode != c.status || a.Header.Get("WWW-Authenticate") != c.says || a.Header.Get("Access-Control-Allow-Origin") != w.Notes {
			t.Errorf("%s: %d %q %s", name, a.StatusCode, a.Header.Get("WWW-Authenticate"), b)
		}
	}
}

// consent follows a request to its answer, allowing what is asked, if anything is.
func (w *world) consent(c *http.Client, request string) *url.URL {
	w.Helper()
	a, err := c.Get(request)
	if err != nil {
		w.Fatal(err)
	}
	if a.StatusCode == http.StatusOK {
		_, page := w.page(a, nil)
		form := url.Values{"answer": {"allow"}}
		for _, m := range field.FindAllStringSubmatch(page, -1) {
			form.Set(m[1], m[2])
		}
		r, err := http.NewRequest("POST", w.ID+"/consent", strings.NewReader(form.Encode()))
		if err != nil {
			w.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if a, err = c.Do(r); err != nil {
			w.Fatal(err)
		}
	}
	a.Body.Close()
	back, err := a.Location()
	if err != nil {
		w.Fatal(a.Status, err)
	}
	return back
}

// tokens gets tokens for an application over HTTP, as a single-page application would.
func (w *world) tokens(client, redirect, scope string) oauth.Tokens {
	w.Helper()
	const verifier = "a-verifier-of-at-least-forty-three-characters"
	v := url.Values{"client_id": {client}, "redirect_uri": {redirect}, "scope": {scope}, "response_type": {"code"}, "state": {"s"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"}}
	c := w.browser("tanaka@aoba.example")
	c.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirect) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	back := w.consent(c, w.ID+"/authorize?"+v.Encode())
	redemption := url.Values{"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {redirect},
		"code_verifier": {verifier}, "client_id": {client}}
	if client == demo.ExpensesID {
		redemption.Set("client_secret", w.seeded.ExpensesSecret())
	}
	a, err := http.PostForm(w.ID+"/token", redemption)
	if err != nil {
		w.Fatal(err)
	}
	defer a.Body.Close()
	var t oauth.Tokens
	if err := json.NewDecoder(a.Body).Decode(&t); err != nil || t.AccessToken == "" {
		w.Fatal(a.Status, err)
	}
	return t
}

func TestSeedingAgainChangesNothingButTheSecret(t *testing.T) {
	w := newWorld(t)
	again, err := demo.Seed(t.Context(), w.d, keeptest.New(t, w.d), w.Origins)
	if err != nil {
		t.Fatal(err)
	}
	if again.Password != w.seeded.Password || len(again.People) != len(w.seeded.People) || again.People[0] != w.seeded.People[0] {
		t.Errorf("%+v", again)
	}
	if n := w.count(`SELECT count(*) FROM person`); n != len(again.People) {
		t.Errorf("%d people", n)
	}
	if n := w.count(`SELECT count(*) FROM client`); n != 3 {
		t.Errorf("%d applications", n)
	}
}

func TestInboxShowsMailAsText(t *testing.T) {
	w := newWorld(t)
	host, port := w.Mail()
	text := "Subject: =?UTF-8?B?" + "44Kz44O844OJ" + "?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n" +
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nA new phone =E2=80=93 yours?\r\n--b--\r\n"
	err := smtp.SendMail(net.JoinHostPort(host, strconv.Itoa(port)), nil, "service@localhost", []string{"tanaka@aoba.example"}, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := http.DefaultClient
	_, page := w.get(c, w.Start+"/inbox?lang=ja")
	m := regexp.MustCompile(`href="(/inbox/[A-Z0-9]+)"`).FindStringSubmatch(page)
	if m == nil || !strings.Contains(page, "コード") || !strings.Contains(page, "受信トレイ") {
		t.Fatalf("%s", page)
	}
	if _, page := w.get(c, w.Start+m[1]); !strings.Contains(page, "A new phone – yours?") || strings.Contains(page, "alert(1)") {
		t.Errorf("%s", page)
	}
}

func TestStartPageNamesEverythingInBothLanguages(t *testing.T) {
	w := newWorld(t)
	for _, lang := range []string{"en", "ja"} {
		_, page := w.get(http.DefaultClient, w.Start+"/?lang="+lang)
		for _, want := range []string{w.seeded.Password, "tanaka@aoba.example", w.Expenses, w.Notes, w.App, "/inbox", w.Terminal, fmt.Sprintf(`<html lang="%s">`, lang)} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %s", lang, want)
			}
		}
		if strings.Contains(page, "demo.start.") || strings.Contains(page, "{login}") {
			t.Errorf("%s: a message is missing:\n%s", lang, page)
		}
	}
}
