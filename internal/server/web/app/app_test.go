package appweb_test

import (
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"countersign/app"
	appweb "countersign/internal/server/web/app"
)

var dist = fstest.MapFS{
	".gitkeep":                    {},
	"index.html":                  {Data: []byte("<!doctype html>")},
	"index.html.br":               {Data: []byte("small page")},
	"sw.js":                       {Data: []byte("// worker")},
	"manifest.en.webmanifest":     {Data: []byte("{}")},
	"assets/index-Be0mEo8v.js":    {Data: []byte("start()")},
	"assets/reader-Bb9Mx2Pu.wasm": {Data: []byte("\x00asm")},
}

func serve(t *testing.T, c appweb.Config) http.Handler {
	t.Helper()
	h, err := appweb.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func secure(t *testing.T) http.Handler {
	t.Helper()
	return serve(t, appweb.Config{Issuer: "https://id.example", Origin: "https://app.example", Version: "1.2.3", Dist: dist})
}

func get(t *testing.T, h http.Handler, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	all, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// O8: the app's policy, to the letter.
func TestPolicyAllowsNothingElse(t *testing.T) {
	const want = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
		"img-src 'self' blob: data:; connect-src 'self' https:; worker-src 'self'; manifest-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
	for path, status := range map[string]int{"/": 200, "/sw.js": 200, "/config.json": 200, "/nothing": 404} {
		r := get(t, secure(t), path)
		if got := r.Header.Get("Content-Security-Policy"); got != want || r.StatusCode != status {
			t.Errorf("%s: %d, policy %q", path, r.StatusCode, got)
		}
	}
	demo := serve(t, appweb.Config{Issuer: "http://localhost:8080", Origin: "http://app.localhost:8080", Dist: dist})
	got := get(t, demo, "/").Header.Get("Content-Security-Policy")
	if !strings.Contains(got, "connect-src 'self' https: http://localhost:8080;") {
		t.Errorf("the demo's own service is out of reach: %q", got)
	}
}

// W1: the app's origin has nothing to do with cookies.
func TestNoCookieIsEverSet(t *testing.T) {
	for _, path := range []string{"/", "/config.json", "/assets/index-Be0mEo8v.js", "/nothing"} {
		if got := get(t, secure(t), path, "Cookie", "a=b").Header.Values("Set-Cookie"); len(got) > 0 {
			t.Errorf("%s sets %q", path, got)
		}
	}
}

func TestOnlyNamesWithAHashAreKeptForEver(t *testing.T) {
	for path, want := range map[string]string{
		"/":                            "no-cache",
		"/sw.js":                       "no-cache",
		"/manifest.en.webmanifest":     "no-cache",
		"/config.json":                 "no-cache",
		"/assets/index-Be0mEo8v.js":    "public, max-age=31536000, immutable",
		"/assets/reader-Bb9Mx2Pu.wasm": "public, max-age=31536000, immutable",
	} {
		if got := get(t, secure(t), path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestUnchangedPageIsNotSentAgain(t *testing.T) {
	h := secure(t)
	etag := get(t, h, "/").Header.Get("ETag")
	if again := get(t, h, "/", "If-None-Match", etag); again.StatusCode != http.StatusNotModified {
		t.Errorf("status %d for %s", again.StatusCode, etag)
	}
}

func TestBrotliGoesToThoseWhoReadIt(t *testing.T) {
	h := secure(t)
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd": "br", "br;q=1.0": "br", "br;q=0": "", "gzip": "", "": "", "brx": "",
	} {
		got := get(t, h, "/", "Accept-Encoding", accept)
		if got.Header.Get("Content-Encoding") != want {
			t.Errorf("%q: encoding %q", accept, got.Header.Get("Content-Encoding"))
		}
		if plain := body(t, got) == "<!doctype html>"; plain != (want == "") {
			t.Errorf("%q: the wrong bytes", accept)
		}
	}
	if got := get(t, h, "/sw.js", "Accept-Encoding", "br"); got.Header.Get("Content-Encoding") != "" {
		t.Error("a file without a twin is sent as if it had one")
	}
	if plain, small := get(t, h, "/").Header.Get("ETag"), get(t, h, "/", "Accept-Encoding", "br").Header.Get("ETag"); plain == small {
		t.Error("two encodings under one ETag")
	}
}

func TestTypesAreWhatBrowsersInsistOn(t *testing.T) {
	for path, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/sw.js": "text/javascript; charset=utf-8",
		"/assets/reader-Bb9Mx2Pu.wasm": "application/wasm", "/manifest.en.webmanifest": "application/manifest+json",
	} {
		if got := get(t, secure(t), path).Header.Get("Content-Type"); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func TestConfigNamesTheService(t *testing.T) {
	var got struct {
		Issuer, Version string
		Languages       []string
	}
	if err := json.NewDecoder(get(t, secure(t), "/config.json").Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "https://id.example" || got.Version != "1.2.3" || strings.Join(got.Languages, " ") != "en ja" {
		t.Errorf("config.json says %+v", got)
	}
}

// A sign-in comes back to the app itself; no cache keeps the address with its answer.
func TestTheAppAnswersASignInThatComesBack(t *testing.T) {
	r := get(t, secure(t), "/callback?code=one&state=two")
	if r.StatusCode != http.StatusOK || body(t, r) != "<!doctype html>" || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d: %v", r.StatusCode, r.Header)
	}
}

func TestServerWithoutTheAppSaysSo(t *testing.T) {
	r := get(t, serve(t, appweb.Config{Issuer: "https://id.example", Origin: "https://app.example", Dist: fstest.MapFS{".gitkeep": {}}}), "/")
	page := body(t, r)
	if r.StatusCode != http.StatusServiceUnavailable || !strings.Contains(page, "make build") || !strings.Contains(page, `lang="ja"`) {
		t.Errorf("%d: %s", r.StatusCode, page)
	}
}

func TestNothingIsWritten(t *testing.T) {
	w := httptest.NewRecorder()
	secure(t).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a=b")))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestHiddenFilesStayHidden(t *testing.T) {
	for _, path := range []string{"/.gitkeep", "/index.html.br", "/assets", "/assets/", "/../app.go", "/index.html/"} {
		if got := get(t, secure(t), path).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d", path, got)
		}
	}
}

// What is embedded can be served, built or not.
func TestEmbeddedAppIsServed(t *testing.T) {
	serve(t, appweb.Config{Issuer: "https://id.example", Origin: "https://app.example", Dist: app.Dist()})
}

// What is fetched before the first code is drawn, the core, and the part of it that
// has age (fetched once somebody makes or opens a sealed file), as they go over the
// wire. An app that is not built weighs nothing; make test builds it first.
func TestAppStaysSmall(t *testing.T) {
	built := app.Dist()
	if _, err := fs.Stat(built, "index.html"); err != nil {
		return
	}
	for pattern, most := range map[string]int64{
		"assets/index-*.js.br": 15_000, "assets/core.gen-*.wasm.br": 1_200_000, "assets/sealed.gen-*.wasm.br": 1_300_000,
	} {
		found, err := fs.Glob(built, pattern)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		file, err := fs.Stat(built, found[0])
		if err != nil {
			t.Fatal(err)
		}
		if file.Size() > most {
			t.Errorf("%s has %d bytes, more than %d", found[0], file.Size(), most)
		}
	}
}
