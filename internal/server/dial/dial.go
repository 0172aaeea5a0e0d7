// Package dial reaches out to addresses that somebody else chose: a push
// endpoint, a logout address, a logo. Whoever chooses such an address must not
// be able to make the server look into its own network, follow a trail, or wait.
//
// So there is one way out, with https only, to public addresses only – checked
// on the address that is really dialled, after every name was resolved – no
// proxy, no redirect, five seconds for all of it and 64 KiB of answer.
package dial

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

const (
	patience = 5 * time.Second // for a request as a whole, its answer's body included
	most     = 64 << 10        // bytes of an answer's body
)

var (
	// ErrRefused is returned for an address the server must not call: not
	// https, with a name and password in it, or not public.
	ErrRefused = errors.New("address must not be called from here")
	// ErrTooLong is returned when reading more than 64 KiB of an answer.
	ErrTooLong = errors.New("answer is longer than 64 KiB")
)

// Options loosens the rules for addresses the administrator knows.
type Options struct {
	// Allow lists hosts ("push.internal") and networks ("10.1.0.0/16",
	// "127.0.0.1") that may be called though they are not public.
	Allow []string
	// Roots are the certificate authorities to trust; nil means the system's.
	Roots *x509.CertPool
}

// Client makes the one client for addresses somebody else chose. Redirects are
// answers to its callers: their status is 3xx. The error is about a malformed
// line of o.Allow.
func Client(o Options) (*http.Client, error) {
	r, err := newRules(o.Allow)
	if err != nil {
		return nil, err
	}
	return r.client(o.Roots, nil), nil
}

func (r rules) client(roots *x509.CertPool, resolver *net.Resolver) *http.Client {
	t := &http.Transport{
		Proxy:                  nil,
		DialContext:            r.dialer(resolver),
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    patience,
		ForceAttemptHTTP2:      true, // a push service gets many knocks over one connection
		DisableCompression:     true, // 64 KiB are counted as they arrive
		MaxResponseHeaderBytes: most,
		MaxIdleConnsPerHost:    2,
		MaxIdleConns:           32,
		IdleConnTimeout:        30 * time.Second,
	}
	return &http.Client{
		Transport:     guard{t},
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A guard keeps requests to https and answers to their length.
type guard struct{ next *http.Transport }

func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" || r.URL.User != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, fmt.Errorf("%w: want https://host/…", ErrRefused)
	}
	a, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.Body = &body{ReadCloser: a.Body, left: most}
	return a, nil
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] calls.
func (g guard) CloseIdleConnections() { g.next.CloseIdleConnections() }

type body struct {
	io.ReadCloser
	left int // may fall to -1: one byte more than allowed was there
}

func (b *body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLong
	}
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return n - 1, ErrTooLong
	}
	return n, err
}

// rules say which addresses may be dialled beside the public ones.
type rules struct {
	hosts map[string]bool
	nets  []netip.Prefix
}

func newRules(allow []string) (rules, error) {
	r := rules{hosts: map[string]bool{}}
	for _, line := range allow {
		if p, err := netip.ParsePrefix(line); err == nil {
			r.nets = append(r.nets, p.Masked())
		} else if a, err := netip.ParseAddr(line); err == nil {
			r.nets = append(r.nets, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
		} else if line == "" || strings.ContainsAny(line, "/:@ ") {
			return rules{}, fmt.Errorf("%q: want a host, an address or a network like 10.1.0.0/16", line)
		} else {
			r.hosts[strings.ToLower(line)] = true
		}
	}
	return r, nil
}

// dialer dials with a check on each address as it is connected to. A host that
// is allowed by name may lie anywhere.
func (r rules) dialer(resolver *net.Resolver) func(context.Context, string, string) (net.Conn, error) {
	free := &net.Dialer{Timeout: patience, Resolver: resolver}
	checked := &net.Dialer{Timeout: patience, Resolver: resolver, Control: r.control}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err == nil && r.hosts[strings.ToLower(host)] {
			return free.DialContext(ctx, network, addr)
		}
		return checked.DialContext(ctx, network, addr)
	}
}

func (r rules) control(_, addr string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrRefused, err)
	}
	if !r.permits(a.Addr()) {
		return fmt.Errorf("%w: %s is not public", ErrRefused, a.Addr())
	}
	return nil
}

func (r rules) permits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range r.nets {
		if p.Contains(a) {
			return true
		}
	}
	return Public(a)
}
