package transfer

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"countersign/otp"
)

// KeePassXC and KeePass: XML and CSV, both plain. A code is in the attribute
// "otp", or in one of the pairs of attributes that came before it or that
// KeePass 2 uses (keepassxc: src/core/Totp.cpp, src/core/Entry.cpp).

func isKeePass(f *file) bool {
	head := string(f.data[:min(len(f.data), 1024)])
	return strings.HasPrefix(strings.TrimLeft(head, " \t\r\n"), "<") && strings.Contains(head, "<KeePassFile")
}

func readKeePass(ctx context.Context, j *job) error {
	w := keePassWalk{job: j, xml: newXML(j.file.data)}
	j.at = -1
	for {
		token, err := w.xml.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return ErrBroken
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := w.open(ctx, t); err != nil {
				return err
			}
		case xml.EndElement:
			if w.at() == "Group" {
				w.groups = w.groups[:len(w.groups)-1]
			}
			w.path = w.path[:len(w.path)-1]
		}
	}
}

// A keePassWalk is where the reader is in the document.
type keePassWalk struct {
	*job
	xml    *xml.Decoder
	path   []string
	groups []keePassGroup
	trash  string // UUID of the group that is the trash
}

type keePassGroup struct{ uuid, name string }

func (w *keePassWalk) at() string {
	if len(w.path) == 0 {
		return ""
	}
	return w.path[len(w.path)-1]
}

// open goes into an element, or reads it as a whole.
func (w *keePassWalk) open(ctx context.Context, t xml.StartElement) error {
	parent, name := w.at(), t.Name.Local
	var into *string
	switch {
	case parent == "Group" && name == "Entry":
		return w.entry(ctx, t)
	case parent == "Group" && name == "UUID":
		into = &w.groups[len(w.groups)-1].uuid
	case parent == "Group" && name == "Name":
		into = &w.groups[len(w.groups)-1].name
	case parent == "Meta" && name == "RecycleBinUUID":
		into = &w.trash
	case len(w.path) == 0 && name != "KeePassFile" || len(w.path) >= maxDepth:
		return ErrBroken
	default:
		if w.path = append(w.path, name); name == "Group" {
			w.groups = append(w.groups, keePassGroup{})
		}
		return nil
	}
	if w.xml.DecodeElement(into, &t) != nil {
		return ErrBroken
	}
	return nil
}

func (w *keePassWalk) entry(ctx context.Context, t xml.StartElement) error {
	if err := w.room(ctx); err != nil {
		return err
	}
	w.job.at++
	var e struct {
		Tags   string
		String []struct{ Key, Value string }
	}
	if w.xml.DecodeElement(&e, &t) != nil {
		return ErrBroken
	}
	fields := keePassFields{}
	for _, s := range e.String {
		fields[s.Key] = strings.TrimSpace(s.Value)
	}
	others := Account{
		Issuer: fields["Title"], Name: fields["UserName"], Note: fields["Notes"],
		Tags: strings.FieldsFunc(e.Tags, func(r rune) bool { return r == ';' || r == ',' }),
	}
	trashed := false
	for i, g := range w.groups {
		if trashed = trashed || w.trash != "" && g.uuid == w.trash; i > 0 { // the first is the database
			others.Tags = append(others.Tags, g.name)
		}
	}
	if codes := fields.codes(); trashed && len(codes) > 0 {
		w.problem(others.Label(), Trashed, "")
	} else {
		for _, code := range codes {
			w.addKeePass(code, others)
		}
	}
	return nil
}

// A keePassCode is a URI, or an account whose secret was read with err.
type keePassCode struct {
	uri     string
	account Account
	err     error
}

func (j *job) addKeePass(c keePassCode, others Account) {
	a, err := c.account, c.err
	if c.uri != "" {
		a, err = parseURI(c.uri)
	}
	if a.Name == "none" { // as KeePassXC writes that there is none
		a.Name = ""
	}
	if a.Issuer == "KeePassXC" {
		a.Issuer = ""
	}
	a.Issuer, a.Name = cmp.Or(a.Issuer, others.Issuer), cmp.Or(a.Name, others.Name)
	a.Tags, a.Note = others.Tags, others.Note
	j.addOr(a, err)
}

// keePassFields are the attributes of an entry by their names.
type keePassFields map[string]string

// codes are the one-time codes of an entry: one by time, one by counter.
func (f keePassFields) codes() (codes []keePassCode) {
	switch value, seed := f["otp"], f["TOTP Seed"]; {
	case schemeOf(value) != "":
		codes = append(codes, keePassCode{uri: value})
	case value != "":
		codes = append(codes, keeOTP(value))
	case seed != "":
		codes = append(codes, legacyTOTP(seed, f["TOTP Settings"]))
	default:
		codes = f.keePass2(codes, otp.TOTP, "TimeOtp-")
	}
	return f.keePass2(codes, otp.HOTP, "HmacOtp-")
}

// keeOTP is the form of the plugin KeeOtp: key=…&size=6&step=30&otpHashMode=…,
// or a secret alone.
func keeOTP(value string) keePassCode {
	q, err := url.ParseQuery(value)
	if err != nil || q.Get("key") == "" {
		return keePassCode{account: Account{Type: string(otp.TOTP)}}.base32(value)
	}
	a := Account{Type: string(otp.TOTP), Digits: wholeOr(q.Get("size"), 0), Period: wholeOr(q.Get("step"), 0), Algorithm: text(q.Get("otpHashMode")).algorithm()}
	if strings.EqualFold(q.Get("type"), "hotp") {
		a.Type = string(otp.HOTP)
		a.Counter, err = strconv.ParseUint(cmp.Or(q.Get("counter"), "0"), 10, 64)
		if err != nil {
			return keePassCode{account: a, err: otp.ErrCounter}
		}
	}
	return keePassCode{account: a}.base32(q.Get("key"))
}

// legacyTOTP is "TOTP Seed" with settings such as "30;6" or, of Steam, "30;S".
func legacyTOTP(seed, settings string) keePassCode {
	a := Account{Type: string(otp.TOTP)}
	step, digits, _ := strings.Cut(settings, ";")
	digits, _, _ = strings.Cut(digits, ";")
	a.Period = wholeOr(step, 0)
	if digits == "S" {
		a.Type = string(otp.Steam)
	} else {
		a.Digits = wholeOr(digits, 0)
	}
	return keePassCode{account: a}.base32(seed)
}

// keePassEncodings are what a secret of KeePass 2 may be written in; the first that is there counts.
var keePassEncodings = []struct {
	suffix string
	decode func(string) ([]byte, error)
}{
	{"", func(s string) ([]byte, error) { return []byte(s), nil }},
	{"-Hex", func(s string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(s, " ", "")) }},
	{"-Base32", otp.ParseSecret},
	{"-Base64", unbase64},
}

// keePass2 adds a code as KeePass 2 keeps it, if there is one.
func (f keePassFields) keePass2(codes []keePassCode, kind otp.Kind, prefix string) []keePassCode {
	for _, as := range keePassEncodings {
		value := f[prefix+"Secret"+as.suffix]
		if value == "" {
			continue
		}
		c := keePassCode{account: Account{
			Type: string(kind), Digits: wholeOr(f[prefix+"Length"], 0), Period: wholeOr(f[prefix+"Period"], 0), Algorithm: text(f[prefix+"Algorithm"]).algorithm(),
		}}
		if c.account.Secret, c.err = as.decode(value); c.err != nil {
			c.err = otp.ErrSecret
		}
		if counter := f[prefix+"Counter"]; counter != "" && c.err == nil {
			if c.account.Counter, c.err = strconv.ParseUint(counter, 10, 64); c.err != nil {
				c.err = otp.ErrCounter
			}
		}
		return append(codes, c)
	}
	return codes
}

func (c keePassCode) base32(secret string) keePassCode {
	c.account.Secret, c.err = otp.ParseSecret(secret)
	return c
}

// wholeOr is the number that s is, or what is meant by none; -1 is no number.
func wholeOr(s string, otherwise int) int {
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		return -1
	}
	return n
}

func isKeePassCSV(f *file) bool {
	return f.columns("group", "title", "username", "password", "url", "notes")
}

// readKeePassCSV: before KeePassXC 2.7 the file had no column for codes.
func readKeePassCSV(ctx context.Context, j *job) error {
	if !j.file.columns("totp") {
		return j.noExport(WithoutCodes)
	}
	return j.eachRow(ctx, func(r record) {
		code := r.get("totp")
		if code == "" {
			return
		}
		_, group, _ := strings.Cut(r.get("group"), "/")
		c := keePassFields{"otp": code}.codes()[0]
		j.addKeePass(c, Account{Issuer: r.get("title"), Name: r.get("username"), Note: r.get("notes"), Tags: strings.Split(group, "/")})
	})
}
