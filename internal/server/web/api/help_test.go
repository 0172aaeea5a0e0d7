package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/server/web/api"
	"countersign/internal/wire"
)

// A house is a server with its device API on a real listener.
type house struct {
	*signintest.World
	approvals *approval.Approvals
	shell     *web.Shell
	url       string
	closing   chan struct{}
}

func newHouse(t testing.TB) *house {
	t.Helper()
	w := signintest.New(t)
	h := &house{World: w, approvals: approval.New(w.DB, w.Keeper, w.Notify, w.Registry, nil), closing: make(chan struct{})}
	shell, err := web.New(web.Config{Closing: h.closing, Streams: 3, DB: w.DB, ID: regtest.Issuer, App: "https://app.example.org", Hub: w.Notify.Hub, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	api.Mount(shell, api.Deps{DB: w.DB, Registry: w.Registry, Approvals: h.approvals, Notify: w.Notify, Back: wayback.New(w.SignIn), Backups: backup.New(w.DB, w.Notify, backup.DefaultQuota)})
	server := httptest.NewServer(shell)
	t.Cleanup(func() {
		h.stop()
		server.Close()
	})
	h.url, h.shell = server.URL, shell
	return h
}

// stop tells the server that it ends.
func (h *house) stop() {
	select {
	case <-h.closing:
	default:
		close(h.closing)
	}
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// problem reads the body of a refusal.
func (a answer) problem(t testing.TB) (p wire.Problem) {
	t.Helper()
	if err := json.Unmarshal(a.body, &p); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return p
}

// request makes a signed request of a device; change may spoil it.
func (h *house) request(t testing.TB, ctx context.Context, d regtest.Device, method, path string, body any, change ...func(*http.Request)) *http.Request {
	t.Helper()
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	header, err := wire.Call{Method: method, TargetURI: regtest.Issuer + path, Body: b}.
		Sign(d.Key, wire.Stamp{Registration: d.ID(), Nonce: rand.Text(), Created: h.Clock.Now().Unix()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.url+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Host, r.Header = "id.example.org", header
	for _, f := range change {
		f(r)
	}
	return r
}

func do(t testing.TB, r *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b}
}

// call sends a signed request.
func (h *house) call(t testing.TB, d regtest.Device, method, path string, body any, change ...func(*http.Request)) answer {
	t.Helper()
	return do(t, h.request(t, t.Context(), d, method, path, body, change...))
}

// post sends a request without a signature.
func (h *house) post(t testing.TB, path string, body []byte, change ...func(*http.Request)) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", h.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "id.example.org"
	r.Header.Set("Content-Type", "application/json")
	for _, f := range change {
		f(r)
	}
	return do(t, r)
}

// want checks status and, for a refusal, its code.
func (a answer) want(t testing.TB, status int, code string) answer {
	t.Helper()
	if a.status != status || code != "" && a.problem(t).Code != code {
		t.Errorf("%d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

// read decodes a success.
func read[T any](t testing.TB, a answer) (v T) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil || a.status >= 300 {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return v
}

func from(p directory.Person) approval.AskIn {
	return approval.AskIn{
		Kind: wire.KindSecond, Person: p.ID, Directory: p.DirectoryID, Attempt: rand.Text(), App: "Aoba Expenses", AppHost: "expenses.aoba.example",
		IP: "192.0.2.7", Place: "Osaka", Browser: "Chrome", System: "Windows", Proven: true, Epoch: p.Epoch,
		Correlation: "CS-1234-5678", Digits: 6, TTL: time.Minute,
	}
}

func (h *house) ask(t testing.TB, in approval.AskIn) (q approval.Asked) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) (err error) {
		q, err = h.approvals.Ask(t.Context(), tx, in)
		return err
	})
	return q
}

func (h *house) remove(t testing.TB, p directory.Person, d regtest.Device) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) error {
		return h.Registry.Remove(t.Context(), tx, registration.Removal{Person: p.ID, ID: d.ID(), Why: registration.WhyPerson})
	})
}

// decision fetches a request and signs an answer.
func (h *house) decision(t testing.TB, d regtest.Device, id, what, number string) wire.Decision {
	t.Helper()
	fetched := h.call(t, d, "GET", "/device/requests/"+id, nil)
	q := read[wire.Request](t, fetched)
	out := wire.Decision{Decision: what, Number: number, At: db.Millis(h.Clock.Now())}
	asked := wire.Asked{Issuer: regtest.Issuer, Registration: d.ID(), Request: id, Nonce: q.Nonce, Kind: q.Kind}
	if err := out.Sign(asked, fetched.body, d.Keys(q, what)); err != nil {
		t.Fatal(err)
	}
	return out
}
