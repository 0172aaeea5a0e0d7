package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/ui"
)

var now = time.Date(2026, 3, 14, 5, 32, 0, 0, time.UTC)

// A phone that trusts the authority trusts the demo's host, by name or by
// address, and nothing else that the authority could have signed.
func TestAuthorityVouchesForOneHostOnly(t *testing.T) {
	for host, others := range map[string][]string{
		"192.168.1.20": {"192.168.1.21", "laptop.local", "example.com"},
		"laptop.local": {"192.168.1.20", "example.com", "local"},
		"fd00::1":      {"fd00::2", "192.168.1.20", "laptop.local"},
	} {
		a, err := Open(t.TempDir(), host, now)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(a.Root)
		pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now.Add(31 * 24 * time.Hour)}); err == nil {
			t.Errorf("%s: good for more than 30 days", host)
		}
		for _, other := range others {
			if err := forged(t, host, other); err == nil {
				t.Errorf("an authority for %s can vouch for %s", host, other)
			}
		}
	}
}

// forged signs a certificate for another host with the key of an authority,
// as somebody would who had got hold of it, and tells whether it is believed.
func forged(t *testing.T, host, other string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := rootTemplate(host, now)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	der, err = x509.CreateCertificate(rand.Reader, hostTemplate(other, now), root, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	_, err = leaf.Verify(x509.VerifyOptions{DNSName: other, Roots: roots, CurrentTime: now})
	return err
}

// The authority's key is nowhere once its one certificate is signed.
func TestAuthorityForgetsItsKey(t *testing.T) {
	folder := t.TempDir()
	a, err := Open(folder, "laptop.local", now)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 3 {
		t.Fatalf("files %v, %v", names, err)
	}
	pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	if pair.Leaf.IsCA || pair.PrivateKey.(*ecdsa.PrivateKey).PublicKey.Equal(a.Root.PublicKey) {
		t.Error("the key that is kept can sign for the authority")
	}
}

// Phones that trust it keep trusting it after a restart, until it is nearly over or the host is another.
func TestAuthorityIsKept(t *testing.T) {
	folder := t.TempDir()
	serial := func(host string, at time.Time) string {
		t.Helper()
		a, err := Open(folder, host, at)
		if err != nil {
			t.Fatal(err)
		}
		return a.Root.SerialNumber.String()
	}
	first := serial("laptop.local", now)
	if serial("laptop.local", now.Add(28*24*time.Hour)) != first {
		t.Error("a new one after 28 days")
	}
	second := serial("laptop.local", now.Add(29*24*time.Hour+2*time.Hour))
	if second == first {
		t.Error("the same one on its last day")
	}
	if serial("other.local", now) == second {
		t.Error("the same one for another host")
	}
	if err := os.WriteFile(filepath.Join(folder, "root.pem"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	serial("other.local", now)
}

func TestPageHandsOutTheCertificateInBothLanguages(t *testing.T) {
	a, err := Open(t.TempDir(), "laptop.local", now)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Page{ID: "https://laptop.local:8443", App: "https://laptop.local:8444", Authority: a}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path, lang string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, lang := range ui.Languages {
		page := get("/ca", lang).Body.String()
		for _, key := range []string{"server.ca.title", "server.ca.ios.3", "server.ca.android.3", "server.ca.not_trusted"} {
			if !ui.Has(lang, key) || !strings.Contains(page, html.EscapeString(ui.T(lang, key))) {
				t.Errorf("%s: misses %s", lang, key)
			}
		}
		if strings.Contains(page, "style=") || strings.Contains(page, "server.ca.") {
			t.Errorf("%s: inline style or an untranslated key", lang)
		}
	}
	w := get("/ca/countersign-demo.crt", "en")
	block, _ := pem.Decode(w.Body.Bytes())
	if w.Header().Get("Content-Type") != "application/x-x509-ca-cert" || block == nil || string(block.Bytes) != string(a.Root.Raw) {
		t.Errorf("certificate: %s %s", w.Header().Get("Content-Type"), w.Body)
	}
	for _, path := range []string{"/ca/tokens.css", "/ca/components.css", "/ca/pages.css", "/ca/ca.css", "/ca/ca.js"} {
		if w := get(path, "en"); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := get("/anything", "en"); w.Header().Get("Location") != "/ca" {
		t.Errorf("other paths lead to %q", w.Header().Get("Location"))
	}
}

// The language that was chosen stays chosen, on this page and on those it leads to.
func TestTheChosenLanguageStays(t *testing.T) {
	h, err := Page{ID: "https://laptop.local:8443", App: "https://laptop.local:8444"}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Accept-Language", "en")
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	chosen := get("/ca?lang=ja").Result().Cookies()
	if len(chosen) != 1 || chosen[0].Name != "lang" || chosen[0].Value != "ja" || chosen[0].Path != "/" || !chosen[0].HttpOnly {
		t.Fatalf("cookies %v", chosen)
	}
	if page := get("/ca", chosen[0]).Body.String(); !strings.Contains(page, `<html lang="ja">`) {
		t.Errorf("forgotten:\n%s", page)
	}
	for _, path := range []string{"/ca", "/ca?lang=xx", "/ca?lang="} {
		if w := get(path); len(w.Result().Cookies()) > 0 || !strings.Contains(w.Body.String(), `<html lang="en">`) {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
}
