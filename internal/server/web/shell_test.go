package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/notify"
	"countersign/internal/server/web"
)

func newShell(t *testing.T, change ...func(*web.Config)) *web.Shell {
	t.Helper()
	c := web.Config{
		DB: dbtest.Open(t), ID: "https://id.example", App: "https://app.example",
		Hub: &notify.Hub{}, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	s, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t *testing.T, s http.Handler, target string, header ...string) *http.Response {
	t.Helper()
	return do(s, httptest.NewRequest("GET", target, nil), header...)
}

func do(s http.Handler, r *http.Request, header ...string) *http.Response {
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAMissingPageSaysSoInTheReadersLanguage(t *testing.T) {
	s := newShell(t)
	r := get(t, s, "https://id.example/nowhere", "Accept-Language", "ja")
	if got := body(t, r); r.StatusCode != 404 || !strings.Contains(got, "ページが見つかりません") || !strings.Contains(got, "CS-") {
		t.Errorf("%d %s", r.StatusCode, got)
	}
}
