// Package config is what an administrator can decide about a server.
//
// The settings are one TOML file. Every key is a field below, and the field's
// comment is its manual: docs/operating.md prints the same words, and a test
// keeps the two equal. A key that is not here is an error, because a setting
// that is silently ignored is worse than a server that does not start.
//
// An empty file is a good file: it makes a server for this computer alone, at
// http://localhost:8080, with its database beside it.
package config

import (
	"net/netip"
	"time"
)

// A Config is everything an administrator can decide. Its zero value, once
// [Config.Filled], runs on this computer only.
//
// Keys marked "at once" are read again on SIGHUP; the others need a restart,
// and a SIGHUP that finds one of them changed says so.
type Config struct {
	// The address of the sign-in service, as people and applications see it.
	// It is the issuer of every token and is signed into every approval, so it
	// can never change. Default "http://localhost:8080".
	IDURL string `toml:"id_url"`

	// The address of the authenticator app. It must be another origin than
	// id_url, so that a flaw in one cannot reach the other's storage.
	// Default "http://app.localhost:8080".
	AppURL string `toml:"app_url"`

	// The addresses of other servers' authenticator apps, as origins
	// ("https://app.example.com"), whose people may keep their backup here, in a
	// personal account of this server. Such an app is as good as the server that it
	// comes from, so people are asked each time, and told which it is. Default: none.
	BackupApps []string `toml:"backup_apps"`

	// Where to listen: "address:port", ":port" for every address, or
	// "localhost:port" for this computer only. Both origins are served on all of
	// them and told apart by name. Default: every address at the ports of id_url
	// and app_url; with tls.mode "off" this computer only, at port 8080 if a proxy
	// has the ports of id_url.
	Listen []string `toml:"listen"`

	// The reverse proxies in front of this server, as addresses or networks
	// ("10.0.0.0/8"). Only what comes from them may say whom it comes from
	// (X-Forwarded-For). Default: none. At once.
	TrustedProxies []Network `toml:"trusted_proxies"`

	// The database: "sqlite:FILE" (relative to this file's folder), or a
	// PostgreSQL URL, "postgres://user:password@host/name". Default
	// "sqlite:countersign.db".
	Database Database `toml:"database"`

	// Connections to the database: for SQLite the readers (default 4), for
	// PostgreSQL all of them (default 16).
	DatabaseConns int `toml:"database_conns"`

	// The file of the key that seals every secret in the database. Without it the
	// database cannot be used, so keep a copy – but not beside the copies of the
	// database. Default "countersign.key".
	KeyFile string `toml:"key_file"`

	// The languages the pages offer; the first is for browsers that ask for none
	// of them. Default ["en", "ja"].
	Languages []string `toml:"languages"`

	// A country or city database in MaxMind's format, to say where a sign-in
	// comes from. Default: none, and pages name the network address only.
	GeoIPFile string `toml:"geoip_file"`

	// Hosts ("push.internal") and networks ("10.1.0.0/16") that requests to
	// addresses chosen by others may reach though they are not public, for a push
	// service of your own. Default: none; those requests go to public addresses only.
	OutgoingAllow []string `toml:"outgoing_allow"`

	// Mail that the server sends: news about a person's security. At once.
	Mail Mail `toml:"mail"`

	// Texts (SMS) that the server has sent: codes that confirm a number, or help back in.
	Text Text `toml:"text"`

	// Encryption of connections.
	TLS TLS `toml:"tls"`

	// What one node takes on at a time.
	Limits Limits `toml:"limits"`

	// The log, on standard error: one line a request, and never a secret.
	Log Log `toml:"log"`

	// Figures for Prometheus.
	Metrics Metrics `toml:"metrics"`
}

// Mail says how mail leaves.
type Mail struct {
	// The mail server to hand mail to, "host:port". Default: none, and no mail is sent.
	Server string `toml:"server"`

	// How the connection to it is encrypted: "starttls" (default), "tls" from the
	// first byte, or "none" for a mail server on this computer.
	Security string `toml:"security"`

	// The name to sign in to the mail server with. Default: none.
	User string `toml:"user"`

	// The password that goes with it.
	Password Secret `toml:"password"`

	// The sender, "Name <address>" or an address alone. Needed with mail.server.
	From string `toml:"from"`
}

// Text says who sends texts.
type Text struct {
	// An https address of yours that is posted each text to send, as JSON with "id",
	// "to" (a number like "+819012345678") and "text". Default: none, and nobody can
	// add a number.
	URL string `toml:"url"`

	// What is shown to it: "Authorization: Bearer …". Default: nothing.
	Secret Secret `toml:"secret"`
}

// TLS says how connections are encrypted.
type TLS struct {
	// "off": not here; a reverse proxy does it, or nobody but this computer
	// connects. "files": with the certificate in cert and key. "acme": with
	// certificates that the server gets and renews by itself; ports 80 and 443 of
	// both names must lead here. Default "off".
	Mode string `toml:"mode"`

	// The certificate with its chain, and its key, as PEM files. It must cover
	// both names. A changed file is taken up within a minute, or at once on SIGHUP.
	Cert string `toml:"cert"`
	// The private key of tls.cert.
	Key string `toml:"key"`

	// The directory of the ACME authority. Default "https://acme-v02.api.letsencrypt.org/directory".
	// Using it means agreeing to the authority's terms.
	ACMEDirectory string `toml:"acme_directory"`

	// Where to tell you about trouble with certificates. Default: nowhere.
	ACMEEmail string `toml:"acme_email"`

	// The folder for the account and the certificates. Default "acme".
	ACMECache string `toml:"acme_cache"`

	// A PEM file of roots to trust the ACME directory by, for an authority of your
	// own. Default: the system's roots.
	ACMERoots string `toml:"acme_roots"`

	// Where to listen for plain http, only to answer ACME's questions and to send
	// browsers to https. Default ":80"; "off" for nowhere.
	Redirect string `toml:"redirect"`
}

// Limits keep one node from taking on more than it can do.
type Limits struct {
	// Passwords computed at once; each takes 19 MiB and some 30 ms of a core.
	// Default: the number of cores.
	Passwords int `toml:"passwords"`

	// Pages and phones that may wait on this node at once; more are told to poll.
	// Each costs up to 32 KiB. Default 20000.
	Streams int `toml:"streams"`

	// Memory the server tries to stay under, in MiB, by collecting garbage more
	// often. Default 0: no limit, or what GOMEMLIMIT in the environment says.
	MemoryMiB int `toml:"memory_mib"`

	// How long requests under way may take to finish when the server is told to
	// stop. Default "10s".
	Grace time.Duration `toml:"grace"`
}

// Log says how to log.
type Log struct {
	// "text" or "json". Default "text".
	Format string `toml:"format"`

	// "debug", "info", "warn" or "error". Default "info". At once.
	Level string `toml:"level"`
}

// Metrics says where the figures are.
type Metrics struct {
	// Where to serve /metrics, "address:port". They belong to nobody but you: give
	// it an address of this computer or of your own network. Default: nowhere.
	Listen string `toml:"listen"`
}

// A Network is a set of addresses, written "10.0.0.0/8" or, for one, "10.0.0.1".
type Network struct{ netip.Prefix }

// UnmarshalText reads a network, or an address as the network of one.
func (n *Network) UnmarshalText(text []byte) error {
	if a, err := netip.ParseAddr(string(text)); err == nil {
		n.Prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	return n.Prefix.UnmarshalText(text)
}

// Prefixes are the networks in the standard library's type.
func Prefixes(networks []Network) []netip.Prefix {
	out := make([]netip.Prefix, len(networks))
	for i, n := range networks {
		out[i] = n.Prefix.Masked()
	}
	return out
}
