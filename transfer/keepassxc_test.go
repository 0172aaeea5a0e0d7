package transfer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

var keePassFixtures = []fixture{{
	name: "KeePassXC, XML", format: keePassFormat, keeps: func(a Account) (Account, bool) {
		if a.Pinned = false; len(a.Tags) > 0 {
			a.Tags = a.Tags[:1]
		}
		return a, true
	},
	write: func(t testing.TB, accounts []Account) []byte {
		var b strings.Builder
		b.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><KeePassFile><Meta><Generator>KeePassXC</Generator><RecycleBinUUID>gone</RecycleBinUUID></Meta><Root><Group><UUID>root</UUID><Name>Passwords</Name>`)
		b.WriteString(keePassEntry("Title", "No code"))
		for i, a := range accounts {
			entry := keePassEntry("Title", a.Issuer, "UserName", a.Name, "Notes", a.Note, "Password", "x", "otp", uri(a))
			if len(a.Tags) > 0 {
				entry = fmt.Sprintf("<Group><UUID>%d</UUID><Name>%s</Name>%s</Group>", i, escaped(a.Tags[0]), entry)
			}
			b.WriteString(entry)
		}
		return []byte(b.String() + "</Group><DeletedObjects/></Root></KeePassFile>")
	},
}, {
	name: "KeePassXC, CSV", format: keePassFormat, lines: true, keeps: func(a Account) (Account, bool) {
		if a.Pinned = false; len(a.Tags) > 0 {
			a.Tags = a.Tags[:1]
		}
		return a, true
	},
	write: func(_ testing.TB, accounts []Account) []byte {
		var rows strings.Builder
		rows.WriteString("\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\",\"TOTP\",\"Icon\",\"Last Modified\",\"Created\"\n\"Root\",\"None\",\"\",\"\",\"\",\"\",\"\",\"0\",\"\",\"\"\n")
		for _, a := range accounts {
			rows.WriteString(strings.Join([]string{quoted("Root/" + first(a.Tags)), quoted(a.Issuer), quoted(a.Name), `"x"`, `""`, quoted(a.Note), quoted(uri(a)), `"0"`, `""`, `""`}, ",") + "\n")
		}
		return []byte(rows.String())
	},
}}

// keePassEntry is an entry with these attributes, and a history that has others.
func keePassEntry(fields ...string) string {
	var b strings.Builder
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "<String><Key>%s</Key><Value ProtectInMemory=\"True\">%s</Value></String>", fields[i], escaped(fields[i+1]))
	}
	return "<Entry><UUID>x</UUID>" + b.String() + "<History><Entry><String><Key>otp</Key><Value>" + escaped(strings.Replace(meiURI, "mei", "old", 1)) + "</Value></String></Entry></History></Entry>"
}

func keePassFile(entries ...string) string {
	return `<KeePassFile><Meta><RecycleBinUUID>gone</RecycleBinUUID></Meta><Root><Group><Name>Root</Name>` + strings.Join(entries, "") + `</Group></Root></KeePassFile>`
}

// TestKeePassCodesOfEveryAge: each pair of attributes that held a code once.
func TestKeePassCodesOfEveryAge(t *testing.T) {
	names := []string{"Title", "GitHub", "UserName", "mei"}
	read := func(fields ...string) Result {
		return reads(t, keePassFormat, keePassFile(keePassEntry(append(names, fields...)...)))
	}
	other, steam, hotp, sixty := mei, mei, mei, mei
	other.Digits, other.Period, other.Algorithm = 8, 60, "SHA256"
	steam.Type, steam.Digits = "steam", 5
	hotp.Type, hotp.Period, hotp.Counter = "hotp", 0, 7
	sixty.Period = 60
	for _, c := range []struct {
		fields []string
		want   []Account
	}{
		{[]string{"otp", meiURI}, []Account{mei}},
		{[]string{"otp", "otpauth://totp/KeePassXC:none?secret=GEZDGNBV&period=30&digits=6&issuer=KeePassXC"}, []Account{mei}},
		{[]string{"otp", "key=GEZDGNBV&size=8&step=60&otpHashMode=Sha256"}, []Account{other}},
		{[]string{"otp", "key=GEZDGNBV&type=hotp&counter=7"}, []Account{hotp}},
		{[]string{"otp", "GEZD GNBV"}, []Account{mei}},
		{[]string{"TOTP Seed", "gezd gnbv", "TOTP Settings", "60;6"}, []Account{sixty}},
		{[]string{"TOTP Seed", "GEZDGNBV", "TOTP Settings", "30;S"}, []Account{steam}},
		{[]string{"TOTP Seed", "GEZDGNBV"}, []Account{mei}},
		{[]string{"TimeOtp-Secret", "12345"}, []Account{mei}},
		{[]string{"TimeOtp-Secret-Hex", "31 32 33 34 35"}, []Account{mei}},
		{[]string{"TimeOtp-Secret-Base64", "MTIzNDU="}, []Account{mei}},
		{[]string{"TimeOtp-Secret-Base64", "MTIzNDU"}, []Account{mei}},
		{[]string{"TimeOtp-Secret-Hex", "3132333435", "TimeOtp-Secret-Base32", "AAAA"}, []Account{mei}},
		{[]string{"TimeOtp-Secret-Base32", "GEZDGNBV", "TimeOtp-Length", "8", "TimeOtp-Period", "60", "TimeOtp-Algorithm", "HMAC-SHA-256"}, []Account{other}},
		{[]string{"HmacOtp-Secret", "12345", "HmacOtp-Counter", "7", "otp", meiURI}, []Account{mei, hotp}},
		{nil, nil},
	} {
		r := read(c.fields...)
		tells(t, r)
		sameAccounts(t, r.Accounts, c.want)
	}
	for _, c := range []struct {
		fields []string
		why    Reason
	}{
		{[]string{"otp", "key=1&size=8"}, NoSecret}, {[]string{"otp", "key=GEZDGNBV&size=x"}, BadDigits}, {[]string{"TOTP Seed", "GEZDGNBV", "TOTP Settings", "0;6"}, BadPeriod},
		{[]string{"TimeOtp-Secret-Hex", "xyz"}, NoSecret}, {[]string{"HmacOtp-Secret", "1", "HmacOtp-Counter", "-1"}, BadCounter}, {[]string{"otp", "key=GE&type=hotp&counter=x"}, BadCounter},
		{[]string{"otp", "otpauth://x"}, NoSecret}, {[]string{"TimeOtp-Secret", "1", "TimeOtp-Algorithm", "HMAC-MD2"}, BadAlgorithm},
	} {
		tells(t, read(c.fields...), c.why)
	}
}

func TestKeePassTrashStaysThere(t *testing.T) {
	entry := keePassEntry("Title", "GitHub", "otp", meiURI)
	inside := `<Group><UUID>gone</UUID><Name>Recycle Bin</Name><Group><UUID>deep</UUID><Name>Deep</Name>` + entry + `</Group>` + keePassEntry("Title", "No code") + `</Group>`
	r := reads(t, keePassFormat, keePassFile(inside, `<Group><UUID>a</UUID><Name>Work</Name>`+strings.Replace(entry, "<String>", "<Tags>x;y</Tags><String>", 1)+`</Group>`))
	tells(t, r, Trashed)
	want := mei
	want.Tags = []string{"x", "y", "Work"}
	sameAccounts(t, r.Accounts, []Account{want})
}

func TestBrokenKeePassFilesAreToldAsSuch(t *testing.T) {
	whole := keePassFile(keePassEntry("otp", meiURI))
	for name, data := range map[string]string{
		"another root": "<x>" + whole + "</x>", "no end": whole[:len(whole)-3], "crossed": strings.Replace(whole, "</Root>", "</Group>", 1),
		"deep": `<KeePassFile>` + strings.Repeat("<Group>", 1<<18), "an entity": `<!DOCTYPE a SYSTEM "file:///etc/passwd">` + strings.Replace(whole, "Root", "&a;", 1),
	} {
		if _, err := Read(t.Context(), []byte(data), Options{}); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Read(t.Context(), []byte("\"Group\",\"Title\",\"Username\",\"Password\",\"URL\",\"Notes\"\n\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"\n"), Options{})
	if why := (*NoExportError)(nil); !errors.As(err, &why) || why.Why != WithoutCodes {
		t.Errorf("CSV without codes: %v", err)
	}
}

// FuzzKeePass knows: an attribute "otp" is an account or a problem.
func FuzzKeePass(f *testing.F) {
	for _, s := range []string{"key=GE&size=6", meiURI, "GEZDGNBV", "a=%zz", "key=&step=1", "otpauth://"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, value, any string) {
		if r, err := Read(t.Context(), []byte(keePassFile(any)), Options{}); err == nil {
			holds(t, r)
		}
		r, err := Read(t.Context(), []byte(keePassFile(keePassEntry("otp", value, "Title", "x"))), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(r.Accounts) + len(r.Problems); n != 1 && strings.TrimSpace(value) != "" {
			t.Fatalf("%q: %+v", value, r)
		}
		holds(t, r)
	})
}
