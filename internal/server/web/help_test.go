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

const id = "https://id.example"

func newShell(t *testing.T, change ...func(*web.Config)) *web.Shell {
	t.Helper()
	c := web.Config{DB: dbtest.Open(t), ID: id, App: "https://app.example", Hub: &notify.Hub{}, Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	s, err := web.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(s http.Handler, target string, header ...string) *http.Response {
	return do(s, httptest.NewRequest("GET", target, nil), header...)
}

// post posts a form as a page of ours does.
func post(s http.Handler, target, form string, header ...string) *http.Response {
	r := httptest.NewRequest("POST", target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return do(s, r, header...)
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

func says(text string) web.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func fails(err error) web.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) error { return err }
}
