package journeytest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ErrPage is returned when a page is not the one that should come.
var ErrPage = errors.New("not the page that was expected")

// A Browser keeps cookies and the page it shows.
type Browser struct {
	client *http.Client
	origin string
	ip     string

	// What it shows.
	URL    *url.URL
	Status int
	Page   string
}

// Browser opens a new browser for somebody.
func (w *World) Browser(p *Person) *Browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // only for bad options
	}
	return &Browser{client: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: transport}, origin: w.Config.IDURL, ip: p.IP}
}

// transport is shared, so that many browsers are few connections.
var transport = &http.Transport{MaxIdleConnsPerHost: 64}

// Disconnect closes the connections to a server that has ended.
func Disconnect() { transport.CloseIdleConnections() }

// Get opens a page.
func (b *Browser) Get(ctx context.Context, path string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.origin+path, nil)
	if err != nil {
		return err
	}
	return b.do(r)
}

// Request is a GET with this browser's cookies, for a test to send itself.
func (b *Browser) Request(t testing.TB, path string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.origin+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	r.Header.Set("X-Forwarded-For", b.ip)
	return r
}

// hidden fields as our templates write them.
var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// Submit fills in the page's form that posts to action, and sends it.
func (b *Browser) Submit(ctx context.Context, action string, fields url.Values) error {
	_, rest, ok := strings.Cut(b.Page, `action="`+action+`"`)
	form, _, ok2 := strings.Cut(rest, "</form>")
	if !ok || !ok2 {
		return fmt.Errorf("%w: no form for %s on %s: %d\n%s", ErrPage, action, b.URL, b.Status, b.Page)
	}
	values := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(form, -1) {
		values.Set(m[1], html.UnescapeString(m[2]))
	}
	for name, v := range fields {
		values[name] = v
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.origin+action, strings.NewReader(values.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *Browser) do(r *http.Request) error {
	r.Header.Set("X-Forwarded-For", b.ip)
	r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36")
	a, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	page, err := io.ReadAll(a.Body)
	b.URL, b.Status, b.Page = a.Request.URL, a.StatusCode, string(page)
	return err
}

// Cookies are the values this browser would send: each opens something.
func (b *Browser) Cookies() (values []string) {
	u, err := url.Parse(b.origin)
	if err != nil {
		panic(err) // it came from a configuration that was checked
	}
	for _, c := range b.client.Jar.Cookies(u) {
		values = append(values, strings.Split(c.Value, ".")...)
	}
	return values
}

// Begin signs in with name and password, up to the page with the number.
func (b *Browser) Begin(ctx context.Context, p *Person) error {
	if err := b.Get(ctx, "/signin?to=/security"); err != nil {
		return err
	}
	if err := b.Submit(ctx, "/signin/name", url.Values{"login": {p.Login}}); err != nil {
		return err
	}
	return b.Submit(ctx, "/signin/password", url.Values{"password": {Password}})
}

var spoken = regexp.MustCompile(`<span class="vh">[^<0-9]*(\d+)[^<0-9]*</span>`)

// Number is the number on the page.
func (b *Browser) Number() (string, error) {
	m := spoken.FindStringSubmatch(b.Page)
	if b.URL == nil || b.URL.Path != "/signin/number" || m == nil {
		return "", fmt.Errorf("%w: no number on %s: %d\n%s", ErrPage, b.URL, b.Status, b.Page)
	}
	return m[1], nil
}

// Finish goes on after the phone has approved.
func (b *Browser) Finish(ctx context.Context) error {
	if err := b.Get(ctx, "/signin/number"); err != nil {
		return err
	}
	if err := b.Submit(ctx, "/signin/finish", nil); err != nil {
		return err
	}
	if b.URL.Path != "/security" {
		return fmt.Errorf("%w: %s: %d\n%s", ErrPage, b.URL, b.Status, b.Page)
	}
	return nil
}

// SignedIn tells whether a page for people who are signed in opens.
func (b *Browser) SignedIn(ctx context.Context) (bool, error) {
	err := b.Get(ctx, "/security")
	return err == nil && b.URL.Path == "/security", err
}

// SignIn signs somebody in: password, and the number typed on their phone.
func (b *Browser) SignIn(ctx context.Context, p *Person) error {
	if err := b.Begin(ctx, p); err != nil {
		return err
	}
	number, err := b.Number()
	if err != nil {
		return err
	}
	if _, err := p.Phone.Approve(ctx, number); err != nil {
		return err
	}
	return b.Finish(ctx)
}
