package server_test

import (
	"database/sql"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"countersign/internal/server/journeytest"
)

// A node lives without a writer: what applications need to check tokens stays
// up, sign-ins say when to come back, and afterwards everything goes on.
func TestANodeLivesWithoutAWriter(t *testing.T) {
	w := journeytest.OnSQLite(t, 1)
	w.Start(t, io.Discard)
	mei := w.People[0]
	signedIn := w.Browser(mei)
	if err := signedIn.SignIn(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	release := hold(t, w.Config.Database.File())
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks.json", "/healthz", "/readyz"} {
		if a, page := ask(t, w, host(w.Config.IDURL), path); a.StatusCode != http.StatusOK {
			t.Errorf("%s without a writer: %d %s", path, a.StatusCode, page)
		}
	}
	if ok, err := signedIn.SignedIn(t.Context()); err != nil || !ok {
		t.Errorf("a session without a writer: %v, %v", ok, err)
	}
	a, page := ask(t, w, host(w.Config.IDURL), "/signin?to=/security")
	if after, err := strconv.Atoi(a.Header.Get("Retry-After")); a.StatusCode != http.StatusServiceUnavailable || err != nil || after < 1 {
		t.Errorf("a sign-in without a writer: %d, Retry-After %q", a.StatusCode, a.Header.Get("Retry-After"))
	}
	if !strings.Contains(page, "CS-") {
		t.Error("the page has no reference")
	}
	release()
	if err := w.Browser(mei).SignIn(t.Context(), mei); err != nil {
		t.Errorf("with the writer back: %v", err)
	}
}

// hold takes the database's one place for a writer, as a stuck program would.
func hold(t *testing.T, file string) (release func()) {
	t.Helper()
	d, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}
