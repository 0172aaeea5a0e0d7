package dial

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// W2: the tests of this file are attacks on the one outgoing dialer.

// here is an https server on this machine that counts who reaches it.
func here(t *testing.T, h http.HandlerFunc) (s *httptest.Server, reached *atomic.Int32) {
	t.Helper()
	reached = new(atomic.Int32)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		h(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point of these tests
	s.StartTLS()
	t.Cleanup(s.Close)
	return s, reached
}

// trusting makes a client that trusts the server's certificate.
func trusting(t *testing.T, s *httptest.Server, resolver *net.Resolver, allow ...string) *http.Client {
	t.Helper()
	r, err := newRules(allow)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := r.client(roots, resolver)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Do(r)
	if err == nil {
		t.Cleanup(func() { a.Body.Close() })
	}
	return a, err
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }

func portOf(t *testing.T, s *httptest.Server) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestPublicOnly(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.15.0.1": true, "172.32.0.1": true,
		"2606:4700::1111": true, "2a00:1450:4001:80b::200e": true, "::ffff:8.8.8.8": true,

		"127.0.0.1": false, "127.255.255.254": false, "0.0.0.0": false, "0.1.2.3": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false,
		"192.0.0.1": false, "192.0.2.1": false, "198.18.0.1": false, "198.19.255.255": false, "198.51.100.1": false, "203.0.113.1": false,
		"192.88.99.1": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false,
	} {
		if got := Public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Public(%s) = %v", addr, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// Every way to write an address of this machine, and its network, is refused
// before anything is sent.
func TestAddressesInsideAreRefused(t *testing.T) {
	s, reached := here(t, ok)
	c := trusting(t, s, nil)
	port := portOf(t, s)
	for _, host := range []string{
		"127.0.0.1", "localhost", "127.1.2.3", "0.0.0.0", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]",
		"169.254.169.254", "100.64.0.1", "10.0.0.1", "192.168.0.1", "[fe80::1]", "[fd00::1]",
	} {
		if _, err := get(t, c, "https://"+host+":"+port+"/"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", host, err)
		}
	}
	c = trusting(t, s, answering(t, nil))
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost."} { // what some resolvers take for 127.0.0.1
		if a, err := get(t, c, "https://"+host+":"+port+"/"); err == nil {
			t.Errorf("%s answered %s", host, a.Status)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}

// A name is judged by what it resolves to when it is dialled, not by how it looks.
func TestNamesThatPointInsideAreRefused(t *testing.T) {
	s, reached := here(t, ok)
	resolver := answering(t, map[string][]string{
		"v4.example.com.":     {"127.0.0.1"},
		"mapped.example.com.": {"::ffff:127.0.0.1"},
		"v6.example.com.":     {"::1"},
		"zero.example.com.":   {"0.0.0.0"},
		"cgnat.example.com.":  {"100.64.0.1"},
		"cloud.example.com.":  {"169.254.169.254"},
		"both.example.com.":   {"10.0.0.1", "127.0.0.1", "::1"},
	})
	c := trusting(t, s, resolver)
	for _, name := range []string{"v4", "mapped", "v6", "zero", "cgnat", "cloud", "both"} {
		if _, err := get(t, c, "https://"+name+".example.com:"+portOf(t, s)+"/"); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
	// The resolver works: allowed by name, the same address is reached.
	if _, err := get(t, trusting(t, s, resolver, "v4.example.com"), "https://v4.example.com:"+portOf(t, s)+"/"); err != nil {
		t.Errorf("allowed by name: %v", err)
	}
}

func TestAllowListOpensWhatItNamesAndNothingElse(t *testing.T) {
	s, _ := here(t, ok)
	port := portOf(t, s)
	local := answering(t, map[string][]string{"example.com.": {"127.0.0.1"}, "other.example.com.": {"127.0.0.1"}})
	for _, c := range []struct {
		allow, host string
		want        bool
	}{
		{"127.0.0.1", "127.0.0.1", true}, {"127.0.0.0/8", "127.0.0.1", true}, {"127.0.0.1", "example.com", true},
		{"127.0.0.2", "127.0.0.1", false}, {"10.0.0.0/8", "127.0.0.1", false}, {"::1", "127.0.0.1", false},
		{"example.com", "example.com", true}, {"EXAMPLE.com", "example.com", true}, {"example.com", "EXAMPLE.COM", true},
		{"example.com", "other.example.com", false}, {"example.com", "127.0.0.1", false},
	} {
		_, err := get(t, trusting(t, s, local, c.allow), "https://"+c.host+":"+port+"/")
		if c.want && err != nil || !c.want && !errors.Is(err, ErrRefused) {
			t.Errorf("allow %s, call %s: %v", c.allow, c.host, err)
		}
	}
	for _, bad := range []string{"", "https://example.com", "example.com:443", "a b", "10.0.0.0/33", "user@host"} {
		if _, err := Client(Options{Allow: []string{bad}}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestOnlyHTTPSWithoutCredentials(t *testing.T) {
	s, reached := here(t, ok)
	c := trusting(t, s, nil, "127.0.0.1")
	at := s.Listener.Addr().String()
	for _, u := range []string{"http://" + at, "ftp://" + at, "file:///etc/passwd", "https://user:pass@" + at, "HTTP://" + at} {
		if _, err := get(t, c, u); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", u, err)
		}
	}
	if reached.Load() != 0 {
		t.Error("reached")
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	s, reached := here(t, ok)
	c, err := Client(Options{Allow: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := get(t, c, s.URL); !errors.As(err, &unknown) || reached.Load() != 0 {
		t.Errorf("err = %v", err)
	}
}

// A public address that sends us on – inside, or anywhere – is not followed.
func TestRedirectsAreNotFollowed(t *testing.T) {
	inside, reached := here(t, ok)
	s, _ := here(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inside.URL+"/admin", http.StatusTemporaryRedirect)
	})
	a, err := get(t, trusting(t, s, nil, "127.0.0.1"), s.URL)
	if err != nil || a.StatusCode != http.StatusTemporaryRedirect {
		t.Fatal(a, err)
	}
	if reached.Load() != 0 {
		t.Error("followed")
	}
}

func TestProxiesAreNotAsked(t *testing.T) {
	s, _ := here(t, ok)
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	c := trusting(t, s, answering(t, map[string][]string{"example.com.": {"127.0.0.1"}}), "example.com")
	if _, err := get(t, c, "https://example.com:"+portOf(t, s)); err != nil {
		t.Error(err)
	}
}

func TestAnswersAreReadUpToTheirLimit(t *testing.T) {
	s, _ := here(t, func(w http.ResponseWriter, r *http.Request) {
		n := map[string]int{"/fits": most, "/over": most + 1, "/endless": 100 * most}[r.URL.Path]
		_, _ = io.WriteString(w, strings.Repeat("x", n))
	})
	c := trusting(t, s, nil, "127.0.0.1")
	for path, want := range map[string]error{"/fits": nil, "/over": ErrTooLong, "/endless": ErrTooLong} {
		a, err := get(t, c, s.URL+path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(a.Body)
		if !errors.Is(err, want) || len(b) != most {
			t.Errorf("%s: read %d bytes, %v; want %d, %v", path, len(b), err, most, want)
		}
	}
}

func TestHugeHeadersAreRefused(t *testing.T) {
	s, _ := here(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 2*most))
	})
	if _, err := get(t, trusting(t, s, nil, "127.0.0.1"), s.URL); err == nil {
		t.Error("read")
	}
}

// An answer that drips keeps nobody longer than the limit for all of it.
func TestSlowAnswersAreCutOff(t *testing.T) {
	end := make(chan struct{})
	s, _ := here(t, func(w http.ResponseWriter, r *http.Request) {
		for {
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			select {
			case <-end:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { close(end) })
	c := trusting(t, s, nil, "127.0.0.1")
	if c.Timeout != 5*time.Second {
		t.Errorf("the limit is %v", c.Timeout)
	}
	c.Timeout = 200 * time.Millisecond // the same mechanism, sooner
	a, err := get(t, c, s.URL)
	if err == nil {
		_, err = io.ReadAll(a.Body)
	}
	var late net.Error
	if !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("err = %v, want a timeout", err)
	}
}

func FuzzOnlyPublicOrAllowed(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "::ffff:10.0.0.1", "8.8.8.8", "2001:4860:4860::8888", "fe80::1"} {
		f.Add(netip.MustParseAddr(s).AsSlice())
	}
	r, err := newRules(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		if r.control("tcp", netip.AddrPortFrom(a, 443).String(), nil) != nil {
			return
		}
		u := a.Unmap() // what is dialled is never one of what the standard library knows to be inside
		if u.IsLoopback() || u.IsPrivate() || u.IsLinkLocalUnicast() || u.IsMulticast() || u.IsUnspecified() || !u.IsGlobalUnicast() {
			t.Errorf("%s was let through", a)
		}
	})
}

// answering is a resolver that asks a name server of this test.
func answering(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go serveNames(conn, names)
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func serveNames(conn net.PacketConn, names map[string][]string) {
	buf := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		for _, text := range names[strings.ToLower(q.Name.String())] {
			h := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type}
			switch a := netip.MustParseAddr(text); {
			case a.Is4() && q.Type == dnsmessage.TypeA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
			case a.Is6() && q.Type == dnsmessage.TypeAAAA:
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
			}
		}
		if b, err := m.Pack(); err == nil {
			_, _ = conn.WriteTo(b, from)
		}
	}
}
