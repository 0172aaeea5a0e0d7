package config

import (
	"cmp"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Load reads a file, fills in what it leaves out, and checks it. Files named in
// it are relative to its folder.
func Load(file string) (Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Config{}, err
	}
	c, err := Parse(string(text))
	if err != nil {
		return Config{}, inFile{file, err}
	}
	return c.in(filepath.Dir(file)), nil
}

// Parse is Load for a text; file names stay as they are.
func Parse(text string) (Config, error) {
	var c Config
	meta, err := toml.Decode(text, &c)
	if err != nil {
		return Config{}, plain(err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Config{}, unknownKeys(unknown)
	}
	c = c.Filled()
	return c, c.Check()
}

// plain says where a text stops being TOML, in one line.
func plain(err error) error {
	var e toml.ParseError
	if errors.As(err, &e) {
		return fault("syntax", "line", e.Position.Line, "what", strings.TrimPrefix(e.Message, "toml: "))
	}
	return err
}

func unknownKeys(keys []toml.Key) error {
	var errs []error
	for _, k := range keys {
		name := k.String()
		if near := nearest(name, Keys()); near != "" {
			errs = append(errs, fault("unknown_near", "key", name, "near", near))
		} else {
			errs = append(errs, fault("unknown", "key", name))
		}
	}
	return errors.Join(errs...)
}

// Filled is c with the defaults in place of what it leaves out.
func (c Config) Filled() Config {
	c.IDURL = strings.TrimSuffix(cmp.Or(c.IDURL, "http://localhost:8080"), "/")
	c.AppURL = strings.TrimSuffix(cmp.Or(c.AppURL, "http://app.localhost:8080"), "/")
	c.BackupApps = slices.Clone(c.BackupApps)
	for i, app := range c.BackupApps {
		c.BackupApps[i] = strings.TrimSuffix(app, "/")
	}
	if c.Database.Reveal() == "" {
		c.Database = NewDatabase("sqlite:countersign.db")
	}
	c.KeyFile = cmp.Or(c.KeyFile, "countersign.key")
	if len(c.Languages) == 0 {
		c.Languages = []string{"en", "ja"}
	}
	c.Mail.Security = cmp.Or(c.Mail.Security, "starttls")
	c.TLS.Mode = cmp.Or(c.TLS.Mode, "off")
	c.TLS.ACMEDirectory = cmp.Or(c.TLS.ACMEDirectory, "https://acme-v02.api.letsencrypt.org/directory")
	c.TLS.ACMECache = cmp.Or(c.TLS.ACMECache, "acme")
	c.TLS.Redirect = cmp.Or(c.TLS.Redirect, ":80")
	c.Limits.Passwords = cmp.Or(c.Limits.Passwords, runtime.NumCPU())
	c.Limits.Streams = cmp.Or(c.Limits.Streams, 20_000)
	c.Limits.Grace = cmp.Or(c.Limits.Grace, 10*time.Second)
	c.Log.Format = cmp.Or(c.Log.Format, "text")
	c.Log.Level = cmp.Or(c.Log.Level, "info")
	if len(c.Listen) == 0 {
		c.Listen = c.defaultListen()
	}
	return c
}

// defaultListen is the ports of both origins, once each; behind a proxy they
// are the proxy's, and ours is 8080.
func (c Config) defaultListen() []string {
	host := ""
	if c.TLS.Mode == "off" {
		host = "localhost"
		if strings.HasPrefix(c.IDURL, "https:") {
			return []string{"localhost:8080"}
		}
	}
	var out []string
	for _, origin := range []string{c.IDURL, c.AppURL} {
		if at := host + ":" + port(origin); !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	return out
}

// in makes file names relative to a folder.
func (c Config) in(folder string) Config {
	at := func(file string) string {
		if file == "" || filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(folder, file)
	}
	if file := c.Database.File(); file != "" {
		c.Database = NewDatabase("sqlite:" + at(file))
	}
	c.KeyFile, c.GeoIPFile = at(c.KeyFile), at(c.GeoIPFile)
	c.TLS.Cert, c.TLS.Key = at(c.TLS.Cert), at(c.TLS.Key)
	c.TLS.ACMECache, c.TLS.ACMERoots = at(c.TLS.ACMECache), at(c.TLS.ACMERoots)
	return c
}

// Keys are the names of all settings, in the order of the file.
func Keys() (keys []string) {
	for e := range (Config{}).Entries() {
		if !e.Table {
			keys = append(keys, e.Key)
		}
	}
	return keys
}

// atOnce are the settings, and tables of settings, that a running server takes up.
var atOnce = []string{"trusted_proxies", "mail", "log.level"}

// Changed names the settings in which two configurations differ: those that
// can be taken up at once, and those that need a restart.
func Changed(old, new Config) (now, restart []string) {
	next, stop := iter.Pull(new.Entries())
	defer stop()
	for a := range old.Entries() {
		b, _ := next()
		table, _, _ := strings.Cut(a.Key, ".")
		switch {
		case a.Table || same(a.value, b.value):
		case slices.Contains(atOnce, a.Key) || slices.Contains(atOnce, table):
			now = append(now, a.Key)
		default:
			restart = append(restart, a.Key)
		}
	}
	return now, restart
}

// same compares two settings; an empty list is no list.
func same(a, b reflect.Value) bool {
	if a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// nearest finds the key someone probably meant: at most two letters away, or
// the same last part in another table.
func nearest(name string, keys []string) string {
	best, least := "", 3
	for _, k := range keys {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return best
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	for _, k := range keys {
		if k[strings.LastIndexByte(k, '.')+1:] == last {
			return k
		}
	}
	return ""
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
