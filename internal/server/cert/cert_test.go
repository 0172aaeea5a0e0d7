package cert

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"golang.org/x/net/dns/dnsmessage"
)

// A changed certificate is taken up; a broken one leaves the old in place.
func TestFilesAreReadAgain(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write(t, cert, key, "first.example")
	f, err := OpenFiles(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(t, f); got != "first.example" {
		t.Fatalf("shows %s", got)
	}
	write(t, cert, key, "second.example")
	if err := f.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := shown(t, f); got != "second.example" {
		t.Errorf("shows %s after the change", got)
	}
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Reload(); err == nil || !strings.Contains(err.Error(), cert) {
		t.Errorf("a broken certificate: %v", err)
	}
	if got := shown(t, f); got != "second.example" {
		t.Errorf("shows %s after a broken change", got)
	}
}

func TestWatchTakesUpAChange(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write(t, cert, key, "first.example")
	synctest.Test(t, func(t *testing.T) {
		f, err := OpenFiles(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var told atomic.Int64
		go f.Watch(ctx, time.Minute, func(err error) {
			if told.Add(1); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Minute + time.Second)
		if told.Load() != 0 {
			t.Error("told of a change where none was")
		}
		write(t, cert, key, "second.example")
		time.Sleep(time.Minute)
		if got := shown(t, f); got != "second.example" || told.Load() != 1 {
			t.Errorf("shows %s, told %d times", got, told.Load())
		}
		stop()
	})
}

func TestFilesMustBeAPair(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	write(t, at("a.pem"), at("a.key"), "a.example")
	write(t, at("b.pem"), at("b.key"), "b.example")
	if _, err := OpenFiles(at("a.pem"), at("b.key")); err == nil {
		t.Error("took the key of another certificate")
	}
	if _, err := OpenFiles(at("none.pem"), at("a.key")); err == nil {
		t.Error("took a file that does not exist")
	}
}

func write(t *testing.T, cert, key, name string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, time.Time{}, time.Now()); err != nil { // under synctest, the bubble's time
			t.Fatal(err)
		}
	}
}

func shown(t *testing.T, s Source) string {
	t.Helper()
	pair, err := s.Config().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.Subject.CommonName
}

// Both hosts get a certificate from a real ACME server, which asks its
// questions at our listener; a name that is not ours gets none.
func TestACMECertifiesBothHosts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	authority, root := pebble(t, listener.Addr().(*net.TCPAddr).Port)
	source, err := OpenACME(Authority{
		Directory: authority.URL + "/dir", Roots: root, Cache: filepath.Join(t.TempDir(), "acme"),
		Email: "desk@aoba.example", Names: []string{"id.aoba.example", "app.aoba.example"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.NotFoundHandler(), ErrorLog: log.New(io.Discard, "", 0)}, TLS: source.Config()}
	server.StartTLS()
	t.Cleanup(server.Close)

	for _, name := range []string{"id.aoba.example", "app.aoba.example"} {
		c, err := dial(listener, name)
		if err != nil {
			t.Fatal(err)
		}
		leaf := c.ConnectionState().PeerCertificates[0]
		c.Close()
		if err := leaf.VerifyHostname(name); err != nil || !strings.HasPrefix(leaf.Issuer.CommonName, "Pebble") {
			t.Errorf("%s: issued by %s: %v", name, leaf.Issuer, err)
		}
	}
	if c, err := dial(listener, "other.example"); err == nil {
		c.Close()
		t.Error("a name that is not ours got a certificate")
	}
}

func dial(l net.Listener, name string) (*tls.Conn, error) {
	return tls.Dial("tcp", l.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true})
}

// pebble starts the ACME test server of Let's Encrypt. Every name it looks up
// is this computer, at the given port. It returns the server and a file with
// the root to trust it by.
func pebble(t *testing.T, tlsPort int) (*httptest.Server, string) {
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	t.Setenv("PEBBLE_WFE_NONCEREJECT", "5")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "the only one"}})
	asker := va.New(quiet, 1, tlsPort, true, resolver(t), store)
	front := wfe.New(quiet, store, asker, issuer, []string{"pebble.example"}, true, false, 1, 1)
	server := httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	root := filepath.Join(t.TempDir(), "root.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(root, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, root
}

// resolver is a name server, over TCP, for which every name is 127.0.0.1.
func resolver(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// answer answers one question (RFC 1035 §4.2.2: two bytes of length, the message).
func answer(c net.Conn) {
	defer c.Close()
	var length [2]byte
	if _, err := io.ReadFull(c, length[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(c, query); err != nil {
		return
	}
	reply := resolve(query)
	_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
}

func resolve(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	if q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		}}
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}
