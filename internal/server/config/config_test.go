package config

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/ui"
)

var update = flag.Bool("update", false, "write the settings into docs/operating.md")

// An empty file makes a server for this computer alone.
func TestNothingIsAGoodConfiguration(t *testing.T) {
	c, err := Parse("")
	if err != nil {
		t.Fatal(err)
	}
	if c.IDURL != "http://localhost:8080" || c.AppURL != "http://app.localhost:8080" {
		t.Errorf("origins %s and %s", c.IDURL, c.AppURL)
	}
	if !slices.Equal(c.Listen, []string{"localhost:8080"}) {
		t.Errorf("listens at %v, want this computer only", c.Listen)
	}
}

func TestListenFollowsTheOrigins(t *testing.T) {
	https := `id_url = "https://id.example.com"` + "\n" + `app_url = "https://app.example.com"` + "\n"
	for text, want := range map[string][]string{
		https:                            {"localhost:8080"},
		https + "[tls]\nmode = \"acme\"": {":443"},
		"id_url = 'http://localhost:9000'\napp_url = 'http://localhost:9001'": {"localhost:9000", "localhost:9001"},
		"listen = ['10.0.0.1:80']": {"10.0.0.1:80"},
	} {
		c, err := Parse(text)
		if err != nil || !slices.Equal(c.Listen, want) {
			t.Errorf("%s\nlistens at %v, %v; want %v", text, c.Listen, err, want)
		}
	}
}

// What is wrong is told with the key's name and what would be right.
func TestMistakesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		`listn = [":80"]`:                           `there is no setting "listn"; did you mean "listen"?`,
		`level = "debug"`:                           `there is no setting "level"; did you mean "log.level"?`,
		`[log]` + "\n" + `lvel = "debug"`:           `did you mean "log.level"?`,
		`colour = "red"`:                            `there is no setting "colour"`,
		`id_url = `:                                 `line 1: `,
		`id_url = "http://id.example.com"`:          `id_url: http is for this computer only (localhost); "id.example.com" needs https`,
		`id_url = "https://id.example.com/sso"`:     `id_url: want scheme, name and port only`,
		`id_url = "https://ID.example.com"`:         `id_url: write the name in lower case`,
		`id_url = "https://id.example.com:443"`:     `id_url: leave out :443`,
		`app_url = "http://localhost:8080"`:         `app_url: must not be the origin of id_url`,
		`id_url = "https://id.example.com"`:         `app_url: id_url and app_url must both be https`,
		`listen = ["8080"]`:                         `listen: want "address:port"`,
		`trusted_proxies = ["10.0.0.0/99"]`:         `line 1: `,
		`database = "mysql://root:hunter2@db"`:      `database: want "sqlite:FILE" or "postgres://…"`,
		`languages = ["en", "ja", "en"]`:            `languages: "en" stands there twice`,
		`languages = ["en", "fr"]`:                  `languages: "fr" is not one of en, ja`,
		"[tls]\nmode = 'on'":                        `tls.mode: want one of off, files, acme, not "on"`,
		"[tls]\nmode = 'files'":                     `tls.cert and tls.key: both are needed`,
		"[tls]\nmode = 'acme'":                      `tls.mode "acme" needs a name that others can reach, not "localhost"`,
		"[mail]\nserver = 'mx'\nfrom = 'a@b.c'":     `mail.server: want "host:port", not "mx"`,
		"[mail]\nserver = 'mx:25'":                  `mail.from: want "Name <address>", not ""`,
		"[mail]\npassword = '[secret]'":             `write the secret itself`,
		"[limits]\nstreams = -1":                    `limits.streams: must not be negative`,
		"[limits]\ngrace = '-1s'":                   `limits.grace: must not be negative`,
		"[log]\nlevel = 'loud'":                     `log.level: want one of debug, info, warn, error, not "loud"`,
		"[log]\nformat = 'xml'":                     `log.format: want one of text, json, not "xml"`,
		"[metrics]\nlisten = 'localhost'":           `metrics.listen: want "address:port"`,
		"[limits]\ngrace = 'soon'":                  `soon`,
		"id_url = 'https://u:p@id.example.com'":     `id_url: want scheme, name and port only`,
		"backup_apps = ['https://app.a.example/x']": `backup_apps: want scheme, name and port only`,
		"id_url = 'https://x'\napp_url = 'ftp:y'":   `app_url: want an address like`,
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v\nwant %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s\nshows the password: %v", text, err)
		}
	}
}

// What is printed can be read again, says what is in force, and no secret.
func TestPrintShowsWhatIsInForceButNoSecret(t *testing.T) {
	c, err := Parse(`
database = "postgres://cs:hunter2@db/cs?sslpassword=hunter3"
trusted_proxies = ["10.0.0.0/8", "192.0.2.7"]
[mail]
server = "mx.example.com:587"
from = "Aoba Works <id@example.com>"
password = "hunter4"
[limits]
grace = "3s"
`)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out, "en"); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		text += fmt.Sprintf(verb, c)
	}
	if strings.Contains(text, "hunter") {
		t.Errorf("a secret is shown:\n%s", text)
	}
	for _, want := range []string{
		`database = "postgres://cs:[secret]@db/cs?[secret]"`, `password = "[secret]"`, `grace = "3s"`,
		`trusted_proxies = ["10.0.0.0/8", "192.0.2.7/32"]`, "# How long requests under way may take to finish",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("misses %s in\n%s", want, out.String())
		}
	}
	again, err := Parse(strings.ReplaceAll(out.String(), "[secret]", "hunter"))
	if err != nil {
		t.Fatal(err)
	}
	if again.Limits.Grace != 3*time.Second || len(again.TrustedProxies) != 2 {
		t.Errorf("read again: %+v", again)
	}
}

func TestFilesLieBesideTheConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, []byte("key_file = '/keys/k'"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Database.File(), filepath.Join(filepath.Dir(file), "countersign.db"); got != want {
		t.Errorf("database %s, want %s", got, want)
	}
	if c.KeyFile != "/keys/k" || c.GeoIPFile != "" {
		t.Errorf("key file %s, GeoIP %q", c.KeyFile, c.GeoIPFile)
	}
}

func TestChangedTellsWhatNeedsARestart(t *testing.T) {
	old, err := Parse("")
	if err != nil {
		t.Fatal(err)
	}
	now := old
	now.Log.Level, now.Log.Format = "debug", "json"
	now.Mail.Password = NewSecret("x")
	now.Database = NewDatabase("sqlite:other.db")
	atOnce, restart := Changed(old, now)
	if want := []string{"mail.password", "log.level"}; !slices.Equal(atOnce, want) {
		t.Errorf("at once %v, want %v", atOnce, want)
	}
	if want := []string{"database", "log.format"}; !slices.Equal(restart, want) {
		t.Errorf("restart %v, want %v", restart, want)
	}
	if a, r := Changed(old, old); len(a)+len(r) > 0 {
		t.Errorf("nothing changed, but %v %v", a, r)
	}
}

// Whoever reads Japanese finds every setting explained, and it can be read back.
func TestTheManualExistsInJapanese(t *testing.T) {
	manual, err := Manual("ja")
	if err != nil {
		t.Fatal(err)
	}
	for e := range (Config{}).Entries() {
		if manual[e.Key] == "" {
			t.Errorf("%s is not explained", e.Key)
		}
		delete(manual, e.Key)
	}
	if len(manual) > 0 {
		t.Errorf("explained, but no settings: %v", manual)
	}
	c, err := Parse("")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Print(&out, "ja"); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(out.String()); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(out.String()) {
		if ui.Width(strings.TrimSuffix(line, "\n")) > 80 && strings.HasPrefix(line, "#") {
			t.Errorf("too wide: %s", line)
		}
	}
}

// Each mistake has its words in Japanese, and they keep what was written.
func TestMistakesAreNamedInJapanese(t *testing.T) {
	_, err := Parse("listen = ['8080']\nlanguages = ['fr']\n[log]\nlevel = 'loud'")
	text := In("ja", inFile{"c.toml", err})
	for _, want := range []string{"c.toml: listen: 「アドレス:ポート」", "languages: 「fr」は使えません", "\nlog.level: 指定できるのは debug, info"} {
		if !strings.Contains(text, want) {
			t.Errorf("misses %s in %s", want, text)
		}
	}
	_, err = Parse("[log]\nlvel = 'debug'")
	if text := In("ja", err); text != "「log.lvel」という設定はありません。もしかして「log.level」ですか" {
		t.Error(text)
	}
}

const (
	operating = "../../../docs/operating.md"
	from, to  = "<!-- settings: written by go test ./internal/server/config -update -->\n", "<!-- end of settings -->\n"
)

// The manual in docs/operating.md has the words of the comments, for every key.
func TestTheManualIsTheComments(t *testing.T) {
	page, err := os.ReadFile(operating)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(page), from)
	_, tail, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatal("docs/operating.md has no place for the settings")
	}
	whole := head + from + manual(t) + to + tail
	if whole == string(page) {
		return
	}
	if !*update {
		t.Fatal("docs/operating.md differs from the comments: go test ./internal/server/config -update")
	}
	if err := os.WriteFile(operating, []byte(whole), 0o644); err != nil {
		t.Fatal(err)
	}
}

// manual is the settings as Markdown.
func manual(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	c, err := Parse("")
	if err != nil {
		t.Fatal(err)
	}
	for e := range c.Entries() {
		if len(e.Text) < 15 {
			t.Errorf("%s has no manual", e.Key)
		}
		if e.Table {
			fmt.Fprintf(&b, "\n### [%s]\n\n%s\n", e.Key, e.Text)
		} else {
			fmt.Fprintf(&b, "\n- `%s` – %s", e.Key, e.Text)
		}
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}
