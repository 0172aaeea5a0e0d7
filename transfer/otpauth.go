package transfer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"countersign/otp"
)

// A list of URIs, one a line, is what most authenticators can write. What a URI
// may look like is the business of package otp; what only lists and exports do
// is here: several on a line, quotes, Ente's codeDisplay, Stratum's steam flag,
// steam:// secrets in base64.

// schemes begin a URI that holds accounts.
var schemes = []string{"otpauth://", migration, "apple-otpauth://", "motp://", "steam://"}

func schemeOf(line string) string {
	for _, scheme := range schemes {
		if len(line) >= len(scheme) && strings.EqualFold(line[:len(scheme)], scheme) {
			return scheme
		}
	}
	return ""
}

// around is what may stand around a URI on its line.
const around = " \t\r\n\"',;"

// isOtpauth looks for a line that begins with a URI of ours.
func isOtpauth(f *file) bool {
	for line := range strings.Lines(f.lines()) {
		if schemeOf(strings.TrimLeft(line[:min(len(line), 64)], around)) != "" {
			return true
		}
	}
	return false
}

// lines is the file as text; of a JSON array, its texts as lines.
func (f *file) lines() string {
	if f.array == nil {
		return string(f.data)
	}
	var b strings.Builder
	for _, raw := range f.array {
		var s string
		if json.Unmarshal(raw, &s) == nil {
			b.WriteString(s + "\n")
		}
	}
	return b.String()
}

// readOtpauth reads a list of URIs: one a line or, as Ente also allows, several
// with commas between them. Codes of Google Authenticator may be among them.
func readOtpauth(ctx context.Context, j *job) error { return j.addLines(ctx, j.file.lines()) }

// lineEnds are those of Windows and of old Macs.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func (j *job) addLines(ctx context.Context, lines string) error {
	var batches []Batch
	j.at = -1
	for line := range strings.Lines(lineEnds.Replace(lines)) {
		j.at++
		for uri := range uris(line) {
			if err := j.room(ctx); err != nil {
				return err
			}
			if schemeOf(uri) != migration {
				j.addLine(uri)
				continue
			}
			b, err := j.addMigration(ctx, uri)
			if err != nil && j.result.Format.ID == googleFormat.ID {
				return err
			} else if err != nil {
				j.problem("", Malformed, "")
				continue
			}
			batches = append(batches, b)
		}
	}
	if len(batches) == 1 && j.result.Format.ID == googleFormat.ID {
		j.result.Batch = &batches[0]
		return nil
	}
	j.missingOf(batches)
	return nil
}

// uris splits a line where a comma is followed by the beginning of a URI.
func uris(line string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i <= len(line); i++ {
			if i < len(line) && (line[i] != ',' || schemeOf(strings.TrimLeft(line[i+1:min(len(line), i+64)], around)) == "") {
				continue
			}
			uri := strings.Trim(line[start:i], around)
			if start = i + 1; uri != "" && !yield(uri) {
				return
			}
		}
	}
}

// addLine takes over the account of a line. One that is no URI is told by its
// number only: it could be a secret. Comments are no accounts.
func (j *job) addLine(line string) {
	switch {
	case schemeOf(line) != "":
		j.addURI(line, Account{})
	case line[0] != '#':
		j.problem("", NotURI, "")
	}
}

// addURI takes over the account of a URI. What it lacks of names comes from
// others, and so do tags, note and pin unless it has a codeDisplay.
func (j *job) addURI(uri string, others Account) {
	uri, display := cutDisplay(uri)
	a, err := parseURI(uri)
	a.Tags, a.Note, a.Pinned = others.Tags, others.Note, others.Pinned
	a.Issuer, a.Name = cmp.Or(a.Issuer, others.Issuer), cmp.Or(a.Name, others.Name)
	display.apply(&a)
	if bool(display.Trashed) {
		j.problem(a.Label(), Trashed, "")
		return
	}
	j.addOr(a, err)
}

// parseURI is otp.Parse and what only exports do.
func parseURI(uri string) (Account, error) {
	k, err := otp.Parse(uri)
	if k.Kind == otp.Steam && err != nil && schemeOf(uri) == "steam://" {
		k.Secret, err = unbase64(strings.TrimSpace(uri)[len("steam://"):])
		k = k.Shaped()
		if err != nil || len(k.Secret) == 0 {
			err = otp.ErrSecret
		}
	}
	if k.Kind == otp.TOTP && hasFlag(uri, "steam") {
		k.Kind = otp.Steam
		k = k.Shaped()
	}
	return Account{
		Type: string(k.Kind), Issuer: k.Issuer, Name: k.Account, Secret: k.Secret,
		Algorithm: string(k.Algorithm), Digits: k.Digits, Period: k.Period, Counter: k.Counter, Pin: k.PIN,
	}, err
}

// hasFlag finds a parameter without a value.
func hasFlag(uri, flag string) bool {
	_, query, _ := strings.Cut(uri, "?")
	return strings.Contains("&"+query+"&", "&"+flag+"&")
}

// display is what Ente keeps besides the code, in the parameter codeDisplay.
type display struct {
	Pinned, Trashed truth
	Note            text
	Tags            []text
}

func (d display) apply(a *Account) {
	a.Pinned = a.Pinned || bool(d.Pinned)
	a.Note = cmp.Or(a.Note, string(d.Note))
	for _, tag := range d.Tags {
		a.Tags = append(a.Tags, string(tag))
	}
}

// cutDisplay takes codeDisplay out of a URI: a note may be longer than a URI.
func cutDisplay(uri string) (string, display) {
	var d display
	head, query, _ := strings.Cut(uri, "?")
	at := strings.Index("&"+query, "&codeDisplay=")
	if at < 0 {
		return uri, d
	}
	value, rest, _ := strings.Cut(query[at+len("codeDisplay="):], "&")
	if plain, err := url.QueryUnescape(value); err == nil {
		_ = json.Unmarshal([]byte(plain), &d) // without it there is still the code
	}
	return head + "?" + query[:at] + rest, d
}

// WriteOtpauth writes accounts as a list of URIs, one a line. Notes, tags and
// pins are not in it. It is not encrypted.
func WriteOtpauth(accounts []Account) []byte {
	var b bytes.Buffer
	for _, a := range accounts {
		b.WriteString(a.Key().URI() + "\n")
	}
	return b.Bytes()
}
