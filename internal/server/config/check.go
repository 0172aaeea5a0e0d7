package config

import (
	"errors"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Known are the languages the program speaks.
var Known = []string{"en", "ja"}

// Check tells everything that is wrong with a filled configuration, each with
// the key's name and what would be right.
func (c Config) Check() error {
	return errors.Join(
		c.checkOrigins(), c.checkListen(), c.checkDatabase(), c.checkLanguages(),
		c.Mail.check(), c.Text.check(), c.checkTLS(), c.Limits.check(), c.Log.check(),
		listenable("metrics.listen", c.Metrics.Listen),
	)
}

func (c Config) checkOrigins() error {
	errs := []error{origin("id_url", c.IDURL), origin("app_url", c.AppURL)}
	for _, app := range c.BackupApps {
		errs = append(errs, origin("backup_apps", app))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	id, app := parse(c.IDURL), parse(c.AppURL)
	switch {
	case id.Host == app.Host:
		return fault("same_origin")
	case id.Scheme != app.Scheme:
		return fault("schemes")
	}
	return nil
}

// origin accepts https, and http for names of this computer: cookies and keys
// need a secure context (W3C Secure Contexts §3.1).
func origin(key, text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return fault("origin", "key", key, "value", text)
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fault("origin_only", "key", key, "value", text)
	case u.Host != strings.ToLower(u.Host):
		return fault("lower_case", "key", key)
	case u.Scheme == "http" && !Local(u.Hostname()):
		return fault("needs_https", "key", key, "host", u.Host)
	case u.Scheme == "https" && u.Port() == "443", u.Scheme == "http" && u.Port() == "80":
		return fault("usual_port", "key", key, "port", u.Port())
	}
	return nil
}

// Local reports whether a name is this computer's own: localhost, a name under
// it, or a loopback address.
func Local(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func (c Config) checkListen() error {
	var errs []error
	for _, at := range c.Listen {
		errs = append(errs, listenable("listen", at))
	}
	return errors.Join(errs...)
}

func listenable(key, at string) error {
	if at == "" {
		return nil
	}
	if _, p, err := net.SplitHostPort(at); err != nil || p == "" {
		return fault("listen", "key", key, "value", at)
	}
	return nil
}

func (c Config) checkDatabase() error {
	raw := c.Database.Reveal()
	if c.Database.File() != "" || strings.HasPrefix(raw, "postgres://") || strings.HasPrefix(raw, "postgresql://") {
		return nil
	}
	return fault("database") // the text may hold a password
}

func (c Config) checkLanguages() error {
	for i, l := range c.Languages {
		if slices.Contains(c.Languages[:i], l) {
			return fault("language_twice", "value", l)
		}
		if !slices.Contains(Known, l) {
			return fault("language", "value", l, "choices", strings.Join(Known, ", "))
		}
	}
	return nil
}

func (m Mail) check() error {
	if m.Server == "" {
		return nil
	}
	var errs []error
	if _, _, err := net.SplitHostPort(m.Server); err != nil {
		errs = append(errs, fault("mail_server", "value", m.Server))
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		errs = append(errs, fault("mail_from", "value", m.From))
	}
	return errors.Join(append(errs, oneOf("mail.security", m.Security, "starttls", "tls", "none"))...)
}

func (t Text) check() error {
	if u, err := url.Parse(t.URL); t.URL != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		return fault("text_url", "value", t.URL)
	}
	return nil
}

func (c Config) checkTLS() error {
	t := c.TLS
	if err := oneOf("tls.mode", t.Mode, "off", "files", "acme"); err != nil {
		return err
	}
	var errs []error
	if t.Mode != "off" && !strings.HasPrefix(c.IDURL, "https://") {
		errs = append(errs, fault("tls_https", "mode", t.Mode))
	}
	if t.Mode == "files" && (t.Cert == "" || t.Key == "") {
		errs = append(errs, fault("tls_files"))
	}
	if t.Mode == "acme" {
		errs = append(errs, named("id_url", c.IDURL), named("app_url", c.AppURL))
	}
	if t.Redirect != "off" {
		errs = append(errs, listenable("tls.redirect", t.Redirect))
	}
	return errors.Join(errs...)
}

// named refuses what no public authority certifies.
func named(key, origin string) error {
	host := parse(origin).Hostname()
	if _, err := netip.ParseAddr(host); err == nil || Local(host) {
		return fault("acme_name", "key", key, "host", host)
	}
	return nil
}

func (l Limits) check() error {
	for key, n := range map[string]int{
		"limits.passwords": l.Passwords, "limits.streams": l.Streams,
		"limits.memory_mib": l.MemoryMiB, "limits.grace": int(l.Grace),
	} {
		if n < 0 {
			return fault("negative", "key", key)
		}
	}
	return nil
}

func (l Log) check() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return fault("choice", "key", "log.level", "choices", "debug, info, warn, error", "value", l.Level)
	}
	return oneOf("log.format", l.Format, "text", "json")
}

func oneOf(key, text string, choices ...string) error {
	if slices.Contains(choices, text) {
		return nil
	}
	return fault("choice", "key", key, "choices", strings.Join(choices, ", "), "value", text)
}

// parse is for addresses that were checked.
func parse(origin string) *url.URL {
	u, err := url.Parse(origin)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// port is the port browsers take for an origin.
func port(origin string) string {
	u := parse(origin)
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
