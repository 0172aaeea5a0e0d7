package config

import (
	"errors"
	"log/slog"
	"net/url"
	"strings"
)

const hidden = "[secret]"

// A Secret is a setting that is never shown: every way of printing it, and
// "countersignd config", says [secret]. The only way out is Reveal.
type Secret struct{ text *string }

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal is the text itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String says [secret], or nothing when there is none.
func (s Secret) String() string {
	if s.Reveal() == "" {
		return ""
	}
	return hidden
}

// GoString is String, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue is String, for logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, for "countersignd config".
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the secret from the file.
func (s *Secret) UnmarshalText(text []byte) error {
	if string(text) == hidden {
		return errors.New("[secret] is how a secret is shown; write the secret itself")
	}
	*s = NewSecret(string(text))
	return nil
}

// A Database is where the data is. Its URL may hold a password, so it is shown
// without it.
type Database struct{ url *string }

// NewDatabase takes a URL.
func NewDatabase(url string) Database { return Database{&url} }

// Reveal is the whole URL.
func (d Database) Reveal() string {
	if d.url == nil {
		return ""
	}
	return *d.url
}

// File is the file of an SQLite database, "" for another engine.
func (d Database) File() string {
	file, ok := strings.CutPrefix(d.Reveal(), "sqlite:")
	if !ok {
		return ""
	}
	return file
}

// String is the URL without its password and without what follows "?", where
// PostgreSQL takes a password too.
func (d Database) String() string {
	if d.Reveal() == "" || d.File() != "" {
		return d.Reveal()
	}
	u, err := url.Parse(d.Reveal())
	if err != nil {
		return hidden
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "secret")
	}
	if u.RawQuery != "" {
		u.RawQuery = "secret"
	}
	return strings.NewReplacer(":secret@", ":"+hidden+"@", "?secret", "?"+hidden).Replace(u.String())
}

// GoString is String, for %#v.
func (d Database) GoString() string { return d.String() }

// LogValue is String, for logs.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.String()) }

// MarshalText is String, for "countersignd config".
func (d Database) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText takes the URL from the file.
func (d *Database) UnmarshalText(text []byte) error {
	*d = NewDatabase(string(text))
	return nil
}
