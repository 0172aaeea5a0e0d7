// Package phone lets a phone in the same network use the demo. Browsers give
// an app what it needs (a camera, notifications, working offline, keys that
// cannot be copied) over https only, and no public authority certifies a
// computer in a home network. So the demo has an authority of its own, and a
// page that hands its certificate to the phone and says how to trust it.
//
// Whoever trusts an authority lets it vouch for anything. This one is made so
// that there is little to lose: its certificate is good for one name only, for
// 30 days, and its key is forgotten as soon as it has signed the one
// certificate it was made for.
package phone

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	life  = 30 * 24 * time.Hour
	spare = 24 * time.Hour // with less left a new one is made
)

// An Authority has vouched for one host.
type Authority struct {
	Root *x509.Certificate
	// RootFile is where Root lies; Cert and Key are the files of the host's
	// certificate, with its chain, and its key.
	RootFile, Cert, Key string
}

// Open returns the authority that is kept in a folder, if it vouches for the
// host (a name or an address) for at least another day, or else makes one.
func Open(folder, host string, now time.Time) (*Authority, error) {
	a := &Authority{RootFile: filepath.Join(folder, "root.pem"), Cert: filepath.Join(folder, "host.pem"), Key: filepath.Join(folder, "host.key")}
	if err := a.read(host, now); err == nil {
		return a, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	if err := a.make(host, now); err != nil {
		return nil, fmt.Errorf("authority for %s: %w", host, err)
	}
	return a, nil
}

var errNoCertificate = errors.New("not a certificate")

// readRoot reads the first certificate of a file.
func readRoot(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: %w", file, errNoCertificate)
	}
	return x509.ParseCertificate(block.Bytes)
}

func (a *Authority) read(host string, now time.Time) (err error) {
	if a.Root, err = readRoot(a.RootFile); err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.Root)
	_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now.Add(spare)})
	return err
}

func (a *Authority) make(host string, now time.Time) error {
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	root := rootTemplate(host, now)
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return err
	}
	if a.Root, err = x509.ParseCertificate(rootDER); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, hostTemplate(host, now), a.Root, key.Public(), rootKey)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		write(a.RootFile, "CERTIFICATE", rootDER),
		write(a.Cert, "CERTIFICATE", der),
		write(a.Key, "PRIVATE KEY", secret),
	)
}

func write(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// rootTemplate is an authority for one host: of the kinds of names a server
// certificate can have, the other kind is ruled out whole (RFC 5280 §4.2.1.10).
func rootTemplate(host string, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber:                serial(),
		Subject:                     pkix.Name{CommonName: "Countersign demo for " + host + " only"},
		NotBefore:                   now.Add(-time.Hour),
		NotAfter:                    now.Add(life),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		PermittedDNSDomainsCritical: true,
	}
	if ip := net.ParseIP(host); ip != nil {
		t.PermittedIPRanges = []*net.IPNet{only(ip)}
		t.ExcludedDNSDomains = []string{""}
	} else {
		t.PermittedDNSDomains = []string{host}
		t.ExcludedIPRanges = []*net.IPNet{all(net.IPv4len), all(net.IPv6len)}
	}
	return t
}

func hostTemplate(host string, now time.Time) *x509.Certificate {
	t := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: host},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(life),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{host}
	}
	return t
}

func serial() *big.Int {
	b := make([]byte, 16)
	rand.Read(b)
	return new(big.Int).SetBytes(b)
}

// only is the network of one address.
func only(ip net.IP) *net.IPNet {
	if four := ip.To4(); four != nil {
		ip = four
	}
	return &net.IPNet{IP: ip, Mask: net.CIDRMask(8*len(ip), 8*len(ip))}
}

// all is the network of every address of a length.
func all(length int) *net.IPNet {
	return &net.IPNet{IP: make(net.IP, length), Mask: make(net.IPMask, length)}
}

// Trusting is how a program on this computer reaches a host whose certificate,
// or whose authority's, is the first in a file.
func Trusting(file string) (*tls.Config, error) {
	root, err := readRoot(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
