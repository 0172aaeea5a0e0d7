package server_test

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
)

// N1: while a request is open its number is on the page that asked, and
// nowhere else: not in what the phone is told, not in a stream, a page, the
// log, the figures or the database.
func TestTheNumberIsOnThePageThatAskedAndNowhereElse(t *testing.T) {
	w := journeytest.New(t, 1)
	w.Config.Metrics.Listen = w.FreeAddress(t)
	w.Config.Log.Level = "debug"
	sixDigits(t, w)
	log := new(journal)
	w.Start(t, log)
	mei := w.People[0]
	asking, other := w.Browser(mei), w.Browser(mei)
	if err := asking.Begin(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	number, err := asking.Number()
	if err != nil || len(number) != 6 {
		t.Fatalf("number %q, %v", number, err)
	}
	channels := map[string]string{}
	request, err := mei.Phone.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/device/requests", "/device/requests/" + request, "/device/registration"} {
		b, err := mei.Phone.Get(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		channels[path] = string(b)
	}
	for _, path := range []string{"/", "/signin", "/signin/number", "/signin/ways", "/signin/code", "/.well-known/openid-configuration", "/readyz"} {
		if err := other.Get(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		channels["another browser: "+path] = other.URL.String() + other.Page
	}
	for _, path := range []string{"/signin/ways", "/signin/code"} {
		if err := asking.Get(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		channels[path] = asking.URL.String() + asking.Page
	}
	channels["cookies"] = strings.Join(asking.Cookies(), " ")
	channels["stream of the page"] = firstLines(t, asking.Request(t, "/signin/stream"), 2)
	signed, err := mei.Phone.Request(t.Context(), http.MethodGet, "/device/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	channels["stream of the phone"] = firstLines(t, signed, 2)
	channels["figures"] = page(t, "http://"+w.Config.Metrics.Listen+"/metrics")
	maps.Copy(channels, w.Dump(t))
	channels["log"] = log.String()
	for _, name := range slices.Sorted(maps.Keys(channels)) {
		if strings.Contains(channels[name], number) || strings.Contains(channels[name], hex.EncodeToString([]byte(number))) {
			t.Errorf("the number is in %s", name)
		}
	}
	if _, err := mei.Phone.Approve(t.Context(), number); err != nil {
		t.Error(err)
	}
	if err := asking.Finish(t.Context()); err != nil {
		t.Error(err)
	}
}

// A copy of the database alone is worth nothing: no password, code secret,
// cookie or code that opens something is in it in the clear.
func TestADumpOfTheDatabaseOpensNothing(t *testing.T) {
	w := journeytest.New(t, 2)
	stop := w.Start(t, io.Discard)
	mei, ken := w.People[0], w.People[1]
	done, halfway := w.Browser(mei), w.Browser(ken)
	if err := errors.Join(done.SignIn(t.Context(), mei), halfway.Begin(t.Context(), ken)); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	secrets := slices.Concat(done.Cookies(), halfway.Cookies(), mei.Phone.Secrets(), []string{journeytest.Password})
	if len(secrets) < 6 {
		t.Fatalf("only %d secrets to look for", len(secrets))
	}
	for name, text := range w.Dump(t) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
				t.Errorf("%s holds the secret %q", name, secret)
			}
		}
	}
}

func sixDigits(t *testing.T, w *journeytest.World) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: w.Config.Database.Reveal()})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		aoba, err := directory.For(t.Context(), tx, w.People[0].Login)
		if err != nil {
			return err
		}
		aoba.Policy.Digits = 6
		return directory.SetPolicy(t.Context(), tx, aoba.ID, aoba.Policy)
	})
	if err := errors.Join(err, d.Close()); err != nil {
		t.Fatal(err)
	}
}

func firstLines(t *testing.T, r *http.Request, n int) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	a, err := http.DefaultTransport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", r.URL.Path, a.Status)
	}
	var text strings.Builder
	lines := bufio.NewScanner(a.Body)
	for range n {
		if !lines.Scan() {
			t.Fatalf("%s ended: %v", r.URL.Path, lines.Err())
		}
		text.WriteString(lines.Text())
	}
	return text.String()
}

func page(t *testing.T, url string) string {
	t.Helper()
	a, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
