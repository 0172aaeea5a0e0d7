// Package cert holds the certificates that connections are encrypted with:
// from two files, taken up again when they change, or from an ACME authority
// (RFC 8555), which it asks for them by itself.
package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// A Source gives connections their certificate.
type Source interface {
	// Config is for a listener.
	Config() *tls.Config
	// Reload takes up changed files now. When they cannot be used it says why and keeps the old.
	Reload() error
	// Plain answers an authority's questions over plain http, and leaves the rest to next.
	Plain(next http.Handler) http.Handler
}

// Files is a certificate with its chain and its key, in two PEM files.
type Files struct {
	cert, key string
	now       atomic.Pointer[loaded]
}

type loaded struct {
	pair    *tls.Certificate
	changed [2]time.Time
}

// OpenFiles reads a certificate and its key.
func OpenFiles(cert, key string) (*Files, error) {
	f := &Files{cert: cert, key: key}
	return f, f.Reload()
}

// Reload reads the files again.
func (f *Files) Reload() error {
	changed, err := f.changed()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", f.cert, f.key, err)
	}
	f.now.Store(&loaded{&pair, changed})
	return nil
}

func (f *Files) changed() (at [2]time.Time, err error) {
	for i, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		at[i] = info.ModTime()
	}
	return at, nil
}

// Watch reads the files again whenever they have changed, until ctx ends. It
// tells of each try. A pair half replaced fails, and is tried again.
func (f *Files) Watch(ctx context.Context, every time.Duration, tell func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if at, err := f.changed(); err == nil && at != f.now.Load().changed {
			tell(f.Reload())
		}
	}
}

// Config is for a listener.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return f.now.Load().pair, nil
		},
	}
}

// Plain has nothing to answer.
func (f *Files) Plain(next http.Handler) http.Handler { return next }

// ACME asks an authority for certificates of some names, and renews them a
// month before they end.
type ACME struct{ manager *autocert.Manager }

// An Authority says whom to ask.
type Authority struct {
	Directory string   // the authority's directory URL
	Email     string   // where it may write about trouble; may be empty
	Cache     string   // the folder for account and certificates
	Roots     string   // a PEM file of roots to trust the directory by; empty: the system's
	Names     []string // that certificates are for
}

// OpenACME prepares to ask. It does not ask before the first connection comes.
func OpenACME(a Authority) (*ACME, error) {
	client := &http.Client{Timeout: 30 * time.Second}
	if a.Roots != "" {
		pool, err := roots(a.Roots)
		if err != nil {
			return nil, err
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, Proxy: http.ProxyFromEnvironment}
	}
	if err := os.MkdirAll(a.Cache, 0o700); err != nil {
		return nil, fmt.Errorf("folder of certificates: %w", err)
	}
	return &ACME{&autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(a.Cache),
		HostPolicy: autocert.HostWhitelist(a.Names...),
		Email:      a.Email,
		Client:     &acme.Client{DirectoryURL: a.Directory, HTTPClient: client},
	}}, nil
}

func roots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New(file + ": no certificate in it")
	}
	return pool, nil
}

// Config is for a listener; it answers TLS-ALPN questions too (RFC 8737).
func (a *ACME) Config() *tls.Config {
	c := a.manager.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c
}

// Reload has nothing to read: the manager renews by itself.
func (a *ACME) Reload() error { return nil }

// Plain answers HTTP questions (RFC 8555 §8.3).
func (a *ACME) Plain(next http.Handler) http.Handler { return a.manager.HTTPHandler(next) }
