package helpweb_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/notify"
	"countersign/internal/server/web"
	helpweb "countersign/internal/server/web/help"
	"countersign/ui"
)

func get(t *testing.T, s http.Handler, path, lang string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://id.example"+path, nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, html.UnescapeString(string(body))
}

// Help is for everybody, whoever they are, in each language, and every step of it is there.
func TestHelpIsThereForEverybody(t *testing.T) {
	s, err := web.New(web.Config{DB: dbtest.Open(t), ID: "https://id.example", App: "https://app.example", Hub: &notify.Hub{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := helpweb.Mount(s); err != nil {
		t.Fatal(err)
	}
	for _, lang := range ui.Languages {
		_, list := get(t, s, "/help", lang)
		for _, page := range ui.Help(lang) {
			if !strings.Contains(list, `href="/help/`+page.Page+`"`) || !strings.Contains(list, page.Title) {
				t.Errorf("%s: the list lacks %s", lang, page.Page)
			}
			code, body := get(t, s, "/help/"+page.Page, lang)
			if code != http.StatusOK || !strings.Contains(body, page.Lead) {
				t.Errorf("%s: %s: %d", lang, page.Page, code)
			}
			for _, section := range page.Sections {
				for _, words := range append(section.Steps, section.Title) {
					if !strings.Contains(body, words) {
						t.Errorf("%s: %s lacks %q", lang, page.Page, words)
					}
				}
			}
		}
	}
	if code, _ := get(t, s, "/help/nothing", "en"); code != http.StatusNotFound {
		t.Errorf("%d", code)
	}
}
