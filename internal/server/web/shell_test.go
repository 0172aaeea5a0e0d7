package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/notify"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

func TestTheHostChoosesTheOrigin(t *testing.T) {
	s := newShell(t, func(c *web.Config) { c.Hosts = []string{"127.0.0.1:8080"} })
	s.Page("GET /x", says("id"))
	s.ServeApp(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "app") }))
	for target, want := range map[string]string{
		"https://id.example/x": "200 id", "https://ID.example/x": "200 id", "http://127.0.0.1:8080/x": "200 id",
		"https://app.example/x": "200 app", "https://app.example/signin/lang": "200 app",
		"https://evil.example/x": "421 ", "https://id.example:8443/x": "421 ", "https://id.example.evil.example/x": "421 ",
	} {
		r := get(s, target)
		got := fmt.Sprintf("%d %s", r.StatusCode, body(t, r))
		if !strings.HasPrefix(got, want) || r.StatusCode == 421 && strings.Contains(got, "id\n") {
			t.Errorf("%s: %s", target, got)
		}
	}
}

// Whoever comes by another name is told so in their language, and their name
// for it is text.
func TestAnotherNameIsAnsweredInWords(t *testing.T) {
	s := newShell(t)
	for lang, want := range map[string]string{"en": "does not answer as evil.example", "ja": "evil.example という名前では応答しません"} {
		r := get(s, "https://evil.example/", "Accept-Language", lang)
		if page := body(t, r); !strings.Contains(page, want) || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %s %s", lang, r.Header.Get("Content-Type"), page)
		}
	}
}

func TestOriginsMustBeTwo(t *testing.T) {
	for _, c := range []struct{ id, app string }{
		{"https://id.example", "https://id.example"}, {"id.example", "https://app.example"}, {"https://id.example/x", "https://app.example"},
		{"ftp://id.example", "https://app.example"}, {"https://id.example", ""},
	} {
		if _, err := web.New(web.Config{DB: dbtest.Open(t), ID: c.id, App: c.app, Hub: &notify.Hub{}}); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

// Each fault has its words in both languages, its status, and a reference.
func TestErrorPages(t *testing.T) {
	s := newShell(t)
	s.Page("GET /wrong", fails(errors.New("disk on fire: secret detail")))
	s.Page("GET /busy", fails(fmt.Errorf("write: %w", db.ErrBusy)))
	s.Page("GET /full", fails(db.ErrFull))
	s.Page("GET /many", fails(web.Later(web.ErrTooMany, 90*time.Minute)))
	s.Page("GET /text", fails(fmt.Errorf("parameter $1: %w", db.ErrText)))
	s.Page("GET /out", fails(signin.ErrNoSession))
	s.Page("GET /nocookie", fails(web.ErrNoCookie))
	s.Page("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("secret detail") })
	s.Page("POST /form", says("taken"))
	for path, c := range map[string]struct {
		status int
		en, ja string
		retry  string
	}{
		"/nowhere":  {404, "There is no such page", "ページが見つかりません", ""},
		"/form":     {405, "That cannot be done here", "ここではできない操作です", ""},
		"/wrong":    {500, "Something went wrong here", "サービス側で問題が起きました", ""},
		"/panic":    {500, "Something went wrong here", "サービス側で問題が起きました", ""},
		"/busy":     {503, "Try again in 5 seconds.", "5\u00a0秒後にもう一度", "5"},
		"/full":     {503, "Try again in 1 minute.", "1\u00a0分後にもう一度", "60"},
		"/many":     {429, "Try again in 90 minutes.", "90\u00a0分後に", "5400"},
		"/text":     {400, "The request could not be read", "内容を読み取れませんでした", ""},
		"/out":      {403, "You are not signed in", "サインインしていません", ""},
		"/nocookie": {403, "Your browser refuses cookies", "Cookie が使えません", ""},
	} {
		for lang, want := range map[string]string{"en": c.en, "ja": c.ja} {
			r := get(s, id+path, "Accept-Language", lang)
			page := body(t, r)
			if r.StatusCode != c.status || !strings.Contains(page, want) || !strings.Contains(page, `<html lang="`+lang+`">`) {
				t.Errorf("%s in %s: %d\n%s", path, lang, r.StatusCode, page)
			}
			if !strings.Contains(page, "CS-") || strings.Contains(page, "secret detail") {
				t.Errorf("%s: no reference, or too much told:\n%s", path, page)
			}
			if r.Header.Get("Retry-After") != c.retry || !strings.Contains(r.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("%s: %v", path, r.Header)
			}
		}
	}
	if r := get(s, id+"/form"); r.Header.Get("Allow") != "POST" {
		t.Errorf("405 without Allow: %v", r.Header)
	}
}

// W1: a page takes a change from itself only; what says so may take it from anywhere.
func TestChangesComeFromOurOwnPages(t *testing.T) {
	s := newShell(t)
	s.Page("POST /change", says("changed"))
	s.Page("POST /start", says("started"), web.FromAnywhere)
	for site, want := range map[string]int{"same-origin": 200, "same-site": 403, "cross-site": 403, "none": 403, "": 403} {
		if r := post(s, id+"/change", "", "Sec-Fetch-Site", site); r.StatusCode != want {
			t.Errorf("%q: %d, want %d", site, r.StatusCode, want)
		}
		if r := post(s, id+"/start", "", "Sec-Fetch-Site", site); r.StatusCode != 200 {
			t.Errorf("%q to a page for anybody: %d", site, r.StatusCode)
		}
	}
	for origin, want := range map[string]int{id: 200, "https://app.example": 403, "null": 403, id + ".evil.example": 403, "": 403} {
		if r := post(s, id+"/change", "", "Sec-Fetch-Site", "", "Origin", origin); r.StatusCode != want {
			t.Errorf("origin %q: %d, want %d", origin, r.StatusCode, want)
		}
	}
}

func TestFormsAreSmallAndForms(t *testing.T) {
	s := newShell(t)
	s.Page("POST /form", func(w http.ResponseWriter, r *http.Request) error { return says(r.PostFormValue("a"))(w, r) })
	for _, c := range []struct {
		form, kind string
		want       int
	}{
		{"a=1", "application/x-www-form-urlencoded", 200}, {"a=1", "application/x-www-form-urlencoded; charset=utf-8", 200},
		{"a=" + strings.Repeat("x", 64<<10), "application/x-www-form-urlencoded", 413}, {"a=%zz", "application/x-www-form-urlencoded", 400},
		{"a=1", "text/plain", 400}, {"a=1", "multipart/form-data; boundary=x", 400}, {"a=1", "", 400},
	} {
		r := post(s, id+"/form", c.form, "Content-Type", c.kind)
		if r.StatusCode != c.want {
			t.Errorf("%.20s as %s: %d, want %d", c.form, c.kind, r.StatusCode, c.want)
		}
		if c.want != 200 && !strings.Contains(body(t, r), `href="/"`) {
			t.Errorf("%.20s as %s: leads nowhere", c.form, c.kind)
		}
	}
}

func TestTheLogHasOneLinePerRequestAndNothingSecret(t *testing.T) {
	var log bytes.Buffer
	s := newShell(t, func(c *web.Config) { c.Log = slog.New(slog.NewJSONHandler(&log, nil)) })
	s.Page("GET /link/{token}", says("x"))
	s.Page("GET /wrong", fails(errors.New("disk on fire")))
	get(s, id+"/link/SECRETTOKEN?q=SECRETQUERY", "Cookie", "__Host-ss=SECRETCOOKIE", "Authorization", "Bearer SECRETBEARER")
	get(s, id+"/nowhere/SECRETPATH")
	do(s, httptest.NewRequest("SECRETMETHOD", id+"/x", nil))
	page := body(t, get(s, id+"/wrong"))
	if strings.Contains(log.String(), "SECRET") {
		t.Errorf("a secret is in the log: %s", log.String())
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 4 {
		t.Fatalf("%d lines: %s", len(lines), log.String())
	}
	var first, last map[string]any
	if err := errors.Join(json.Unmarshal([]byte(lines[0]), &first), json.Unmarshal([]byte(lines[3]), &last)); err != nil {
		t.Fatal(err)
	}
	if first["route"] != "/link/{token}" || first["status"] != 200.0 || first["origin"] != "id" || first["ip"] != "192.0.2.1" {
		t.Errorf("%v", first)
	}
	if last["error"] != "disk on fire" || last["level"] != "ERROR" || !strings.Contains(page, last["ref"].(string)) {
		t.Errorf("%v", last)
	}
}

func TestStaticFilesAreKeptForEverUnderTheirHash(t *testing.T) {
	s := newShell(t)
	page := body(t, get(s, id+"/nowhere"))
	_, path, _ := strings.Cut(page, `href="/static/tokens.`)
	path = "/static/tokens." + path[:strings.IndexByte(path, '"')]
	r := get(s, id+path)
	if r.StatusCode != 200 || r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %v", path, r.StatusCode, r.Header)
	}
	plain := get(s, id+"/static/tokens.css")
	if plain.StatusCode != 200 || plain.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("plain: %d %v", plain.StatusCode, plain.Header)
	}
	if again := get(s, id+"/static/tokens.css", "If-None-Match", plain.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("again: %d", again.StatusCode)
	}
	for _, path := range []string{"/static/none.css", "/static/../shell.go", "/static/tokens.AAAAAAAAAAAA.css"} {
		if r := get(s, id+path); r.StatusCode == 200 {
			t.Errorf("%s is served", path)
		}
	}
}

func TestTheLanguageIsTheChosenOneElseTheBrowsers(t *testing.T) {
	s := newShell(t)
	s.Page("GET /lang", func(w http.ResponseWriter, r *http.Request) error { return says(s.Lang(r))(w, r) })
	for _, c := range []struct{ accept, cookie, want string }{
		{"", "", "en"}, {"ja", "", "ja"}, {"fr, ja;q=0.5", "", "ja"}, {"ja;q=0.1, en-GB", "", "en"}, {"ja", "en", "en"}, {"en", "ja", "ja"}, {"ja", "xx", "ja"},
	} {
		r := get(s, id+"/lang", "Accept-Language", c.accept, "Cookie", "lang="+c.cookie)
		if got := body(t, r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	r := post(s, id+"/signin/lang", "lang=ja&to=/lang")
	c := r.Cookies()
	if r.StatusCode != 303 || r.Header.Get("Location") != "/lang" || len(c) != 1 || c[0].Value != "ja" || c[0].MaxAge < 86400*300 || !c[0].Secure {
		t.Errorf("%d %v %v", r.StatusCode, r.Header, c)
	}
	if r := post(s, id+"/signin/lang", "lang=xx&to=/lang"); r.StatusCode != 400 || len(r.Cookies()) > 0 {
		t.Errorf("a language there is not: %d", r.StatusCode)
	}
}

func TestPagesShareALayoutAndEscapeWhatTheyShow(t *testing.T) {
	s := newShell(t)
	files := fstest.MapFS{
		"_shared.html": {Data: []byte(`{{define "both"}}[{{.}}]{{end}}`)},
		"hello.html":   {Data: []byte(`{{template "page" .}}{{define "title"}}{{.}}{{end}}{{define "main"}}{{template "both" .}}{{icon "phone" "i-s"}}{{numerals "47"}}{{end}}`)},
	}
	if err := s.Templates("test", files); err != nil {
		t.Fatal(err)
	}
	s.Page("GET /hello", func(w http.ResponseWriter, r *http.Request) error {
		return s.Render(w, r, 200, "test/hello.html", `<script>"x"`)
	})
	page := body(t, get(s, id+"/hello"))
	for _, want := range []string{"<title>&lt;script&gt;", "[&lt;script&gt;&#34;x&#34;]", `<symbol id="i-phone"`, `<symbol id="n4"`, `<symbol id="n7"`, `<symbol id="logo"`, `value="/hello"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	if strings.Contains(page, "<script>") || strings.Contains(page, `id="n5"`) || strings.Contains(page, "style=") {
		t.Errorf("page:\n%s", page)
	}
	if err := s.Render(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), 200, "test/none.html", nil); err == nil {
		t.Error("a page there is not was drawn")
	}
}

func TestLocalPathsAreLocal(t *testing.T) {
	for to, want := range map[string]bool{
		"/": true, "/security": true, "/authorize/resume?r=x&y=%2F": true, "/a//b": true,
		"": false, "security": false, "//evil": false, "///evil": false, "////evil": false, "/\\evil": false, "\\/evil": false, "https://evil": false, "/\tx": false, "/x\r\ny": false,
		"/" + strings.Repeat("x", 3000): false, "/%zz": false,
	} {
		if got := web.LocalPath(to); got != want {
			t.Errorf("%.40q: %v", to, got)
		}
	}
}

func TestTimesToWaitAreSaidTheWayPeopleDo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		500 * time.Millisecond: "1 second", 40 * time.Second: "40 seconds", time.Minute: "1 minute", 75 * time.Second: "75 seconds",
		91 * time.Second: "2 minutes", 15 * time.Minute: "15 minutes", 24 * time.Hour: "24 hours",
	} {
		if got := web.Wait("en", d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestSessionsInTheCookieAreFewAndInOrder(t *testing.T) {
	s := newShell(t)
	w := httptest.NewRecorder()
	s.SetSessionTokens(w, []string{"a", "b", "c", "d", "e", "f"})
	c := w.Result().Cookies()[0]
	r := httptest.NewRequest("GET", id+"/", nil)
	r.AddCookie(c)
	if got := s.SessionTokens(r); !slices.Equal(got, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("%v", got)
	}
	if c.Name != "__Host-ss" || !c.HttpOnly || !c.Secure || c.Path != "/" {
		t.Errorf("%+v", c)
	}
	w = httptest.NewRecorder()
	s.SetSessionTokens(w, nil)
	if c := w.Result().Cookies()[0]; c.MaxAge >= 0 {
		t.Errorf("an empty list is kept: %+v", c)
	}
}

func TestWithoutHTTPSCookiesHaveNoPrefix(t *testing.T) {
	s := newShell(t, func(c *web.Config) { c.ID, c.App = "http://localhost:8080", "http://app.localhost:8080" })
	w := httptest.NewRecorder()
	s.SetCookie(w, web.AttemptCookie, "x", time.Hour)
	if c := w.Result().Cookies()[0]; c.Name != "si" || c.Secure || !c.HttpOnly {
		t.Errorf("%+v", c)
	}
	if r := get(s, "http://localhost:8080/nowhere"); r.Header.Get("Strict-Transport-Security") != "" {
		t.Error("http claims https")
	}
}

// A host that serves pages over plain http too, on whatever port, must stay in reach there.
func TestBrowsersKeepToHTTPSWhereAllIsHTTPS(t *testing.T) {
	for plainToo, want := range map[bool]string{false: "max-age=63072000", true: "max-age=0"} {
		s := newShell(t, func(c *web.Config) { c.PlainToo = plainToo })
		if got := get(s, id+"/nowhere").Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
