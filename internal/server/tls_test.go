package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/server/config"
	"countersign/internal/server/journeytest"
)

// With certificates from files: https with HSTS on both origins, and plain
// http only leads there.
func TestPlainHTTPLeadsToHTTPS(t *testing.T) {
	w, client := encrypted(t)
	w.Start(t, io.Discard)
	a, err := client.Get(w.Config.IDURL + "/signin?to=/security")
	if err != nil {
		t.Fatal(err)
	}
	a.Body.Close()
	if a.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	if a.ProtoMajor != 2 {
		t.Errorf("%s, want HTTP/2", a.Proto)
	}
	for _, c := range a.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure {
			t.Errorf("cookie %s over https is not bound to the host", c.Name)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.Config.TLS.Redirect+"/signin?to=/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{
		"example.com": w.Config.IDURL, "example.com:80": w.Config.IDURL, "evil.example": w.Config.IDURL,
		strings.TrimPrefix(w.Config.AppURL, "https://"): w.Config.AppURL,
	} {
		r.Host = asked
		a, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if got := a.Header.Get("Location"); a.StatusCode != http.StatusMovedPermanently || got != want+"/signin?to=/x" {
			t.Errorf("%s: %d to %s", asked, a.StatusCode, got)
		}
	}
	r.Method, r.Host = http.MethodPost, "example.com"
	if a, err = http.DefaultTransport.RoundTrip(r); err != nil || a.StatusCode != http.StatusBadRequest {
		t.Errorf("a form in the clear: %v, %v", a, err)
	}
}

// encrypted is a world whose origins are https, with the test server's
// certificate, which is for example.com; and a client that reaches them.
func encrypted(t *testing.T) (*journeytest.World, *http.Client) {
	t.Helper()
	w := journeytest.New(t, 0)
	borrowed := httptest.NewTLSServer(http.NotFoundHandler())
	pair := borrowed.TLS.Certificates[0]
	borrowed.Close()
	folder := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	c := config.TLS{Mode: "files", Cert: filepath.Join(folder, "cert.pem"), Key: filepath.Join(folder, "key.pem"), Redirect: w.FreeAddress(t)}
	for file, block := range map[string]*pem.Block{c.Cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, c.Key: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id, app := w.FreeAddress(t), w.FreeAddress(t)
	w.Config.TLS, w.Config.Listen = c, []string{id, app}
	w.Config.IDURL, w.Config.AppURL = "https://"+id, "https://"+app
	if err := w.Config.Check(); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return w, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}
