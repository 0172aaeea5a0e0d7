package server_test

import (
	"bufio"
	"context"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server"
	"countersign/internal/server/config"
	"countersign/internal/server/journeytest"
	"countersign/ui"
)

// A journal is a log that goroutines write and a test reads.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// ask sends a GET as a program on this computer would, with a Host of its choice.
func ask(t *testing.T, w *journeytest.World, host, path string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Config.IDURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	a, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(b)
}

func host(origin string) string {
	_, h, _ := strings.Cut(origin, "://")
	return h
}

// Both origins answer on one port, told apart by name; nobody else's name is answered for.
func TestOriginsAreToldApartByName(t *testing.T) {
	w := journeytest.New(t, 0)
	w.Start(t, io.Discard)
	_, page := ask(t, w, host(w.Config.IDURL), "/.well-known/openid-configuration")
	if !strings.Contains(page, `"issuer":"`+w.Config.IDURL+`"`) {
		t.Errorf("discovery: %s", page)
	}
	_, page = ask(t, w, host(w.Config.AppURL), "/config.json")
	if !strings.Contains(page, `"issuer":"`+w.Config.IDURL+`"`) {
		t.Errorf("app: %s", page)
	}
	if a, page := ask(t, w, "evil.example", "/signin"); a.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another name: %d %s", a.StatusCode, page)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if a, page := ask(t, w, "10.1.2.3", path); a.StatusCode != http.StatusOK {
			t.Errorf("%s under any name: %d %s", path, a.StatusCode, page)
		}
	}
}

// A whole sign-in, and not one secret of it in the log.
func TestTheLogHasOneLineARequestAndNoSecret(t *testing.T) {
	w := journeytest.New(t, 1)
	w.Config.Log.Level = "debug"
	log := new(journal)
	stop := w.Start(t, log)
	mei := w.People[0]
	b := w.Browser(mei)
	if err := b.Begin(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	number, err := b.Number()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := mei.Phone.Approve(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	secrets := append(b.Cookies(), journeytest.Password, signed.Decision.Signature, "number="+number, `"`+number+`"`)
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, route := range []string{"/signin/password", "/device/requests/{id}/decision", "/signin/finish"} {
		if n := strings.Count(text, "method=POST route="+route+" "); n != 1 {
			t.Errorf("%d lines for one request to %s", n, route)
		}
	}
	if strings.Contains(text, mei.Login) {
		t.Error("the log holds a login")
	}
}

// The figures are on an address of their own, and nowhere else.
func TestFiguresHaveAnAddressOfTheirOwn(t *testing.T) {
	w := journeytest.New(t, 1)
	w.Config.Metrics.Listen = w.FreeAddress(t)
	w.Start(t, io.Discard)
	mei := w.People[0]
	if err := w.Browser(mei).SignIn(t.Context(), mei); err != nil {
		t.Fatal(err)
	}
	a, err := http.Get("http://" + w.Config.Metrics.Listen + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	page, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`countersign_approvals_total{outcome="approved"} 1`, `countersign_approvals_total{outcome="denied"} 0`,
		`countersign_requests_total{class="3xx",route="/signin/finish"} 1`, `countersign_streams_open 0`, `countersign_db_busy `,
		`countersign_knocks_total{result="delivered"} 0`, `countersign_mails_total{result="sent"} 0`,
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("misses %s", want)
		}
	}
	if strings.Contains(string(page), mei.Login) || strings.Contains(string(page), mei.IP) {
		t.Error("the figures name somebody")
	}
	if a, _ := ask(t, w, host(w.Config.IDURL), "/metrics"); a.StatusCode != http.StatusNotFound {
		t.Errorf("/metrics among the pages: %d", a.StatusCode)
	}
}

// Stopping sends streams away at once, and lets a request under way finish.
func TestStoppingIsGraceful(t *testing.T) {
	w := journeytest.New(t, 1)
	stop := w.Start(t, io.Discard)
	phone := w.People[0].Phone
	r, err := phone.Request(t.Context(), http.MethodGet, "/device/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("stream: %v, %v", stream, err)
	}
	defer stream.Body.Close()
	lines := bufio.NewReader(stream.Body)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	slow, reply := slowly(t, w)
	stopped := make(chan error, 1)
	begin := time.Now()
	go func() { stopped <- stop() }()
	if _, err := io.ReadAll(lines); err != nil { // until the server ends it
		t.Errorf("the stream was cut off: %v", err)
	}
	if _, err := slow.Write([]byte("}")); err != nil {
		t.Fatal(err)
	}
	a, err := http.ReadResponse(bufio.NewReader(reply), nil)
	if err != nil {
		t.Fatalf("a request under way was not answered: %v", err)
	}
	a.Body.Close()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
}

// slowly begins a request whose last byte is still to come.
func slowly(t *testing.T, w *journeytest.World) (io.Writer, io.Reader) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.Replace(host(w.Config.IDURL), "localhost", "127.0.0.1", 1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	head := "POST /device/pair HTTP/1.1\r\nHost: " + host(w.Config.IDURL) + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
	if _, err := c.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
	// "100 Continue" says that the handler is reading.
	if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := c.Write([]byte("{")); err != nil {
		t.Fatal(err)
	}
	return c, c
}

// What is larger than anybody needs is refused before anything else happens.
func TestLargeRequestsAreRefused(t *testing.T) {
	w := journeytest.New(t, 0)
	w.Start(t, io.Discard)
	header, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.Config.IDURL+"/signin", nil)
	if err != nil {
		t.Fatal(err)
	}
	header.Header.Set("X-Long", strings.Repeat("x", 32<<10))
	body, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.Config.IDURL+"/device/pair", strings.NewReader(strings.Repeat(" ", 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[*http.Request]int{header: http.StatusRequestHeaderFieldsTooLarge, body: http.StatusRequestEntityTooLarge} {
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != want {
			t.Errorf("%s: %s, want %d", r.URL.Path, a.Status, want)
		}
	}
}

// Two servers cannot have one address; the second says which.
func TestATakenAddressIsNamed(t *testing.T) {
	w := journeytest.New(t, 0)
	w.Start(t, io.Discard)
	second, err := server.Open(t.Context(), w.Config, server.Options{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	err = second.Run(t.Context())
	if !errors.Is(err, server.ErrTaken) || !strings.Contains(err.Error(), "127.0.0.1:") {
		t.Errorf("the second server: %v", err)
	}
}

// A database that nobody has set up is not served, and not made either.
func TestAnEmptyPlaceIsNotServed(t *testing.T) {
	c := config.Config{Database: config.NewDatabase("sqlite:" + t.TempDir() + "/none.db")}.Filled()
	if _, err := server.Open(context.Background(), c, server.Options{Log: io.Discard}); !errors.Is(err, server.ErrNotSetUp) {
		t.Errorf("opening: %v", err)
	}
}

// A browser that keeps no cookies is told so, and not sent round for ever.
func TestABrowserWithoutCookiesIsToldSo(t *testing.T) {
	w := journeytest.New(t, 0)
	w.Start(t, io.Discard)
	a, err := (&http.Client{}).Get(w.Config.IDURL + "/signin?to=/security") // no jar
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if a.StatusCode != http.StatusForbidden || !strings.Contains(string(b), html.EscapeString(ui.T("en", "common.nocookie.title"))) {
		t.Errorf("%s\n%s", a.Status, b)
	}
}

// A node with as many streams as it may have tells the next one when to come again.
func TestStreamsAreBounded(t *testing.T) {
	w := journeytest.New(t, 1)
	w.Config.Limits.Streams = 1
	w.Start(t, io.Discard)
	open := func() *http.Response {
		t.Helper()
		r, err := w.People[0].Phone.Request(t.Context(), http.MethodGet, "/device/stream", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { a.Body.Close() })
		return a
	}
	if a := open(); a.StatusCode != http.StatusOK {
		t.Fatalf("the first stream: %s", a.Status)
	}
	if a := open(); a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("the second stream: %s, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
	}
}
