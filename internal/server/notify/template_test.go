package notify

import (
	"flag"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/ui"
)

var update = flag.Bool("update", false, "write the golden mails anew")

var written = time.Date(2026, 3, 14, 5, 32, 0, 0, time.UTC)

// filled is a mail with everything in it that its template can show.
func filled(template, lang string) Mail {
	m := Mail{
		Person: "P1", Address: "mei@aoba.example", Locale: lang, Zone: "Asia/Tokyo", Template: template,
		Data: map[string]string{"login": "mei@aoba.example", "by": "Kenji Mori", "browser": "Chrome, Windows", "place": "Osaka, Japan", "ip": "203.0.113.7"},
	}
	switch template {
	case MailAppAdded, MailAppRemoved, MailPasswordlessOn, MailPasswordlessOff:
		m.Data["device"] = "Mei's Pixel"
	case MailNewPhone, MailNewPhoneAdmin:
		m.Data["device"] = "Mei's Pixel"
	case MailAppRenamed:
		m.Data["device"], m.Data["was"] = "Mei's Pixel", "Pixel"
	case MailMethodRenamed:
		m.Data["method"], m.Data["was"] = "Mei's token", "Token"
	case MailFirstWay:
		m.Data["way"] = "otp"
	case MailBackupUnbound:
		m.Data["device"] = "iPhone, Safari"
	case MailCodeAppAdded, MailCodeAppRemoved, MailCodeAppSet:
		m.Data["method"] = "Mei's token"
	case MailAddressCode:
		m.Data["code"] = "493027"
	case MailAddressAdded, MailAddressRemoved:
		m.Data["address"] = "m•••@example.org"
	case MailRemembered:
		m.Data["days"] = "30"
	case MailReported:
		m.Data["app"] = "Wiki"
	case MailReportedAdmin:
		m.Data["app"], m.Data["net"] = "Wiki", "203.0.113.0/24"
	}
	return m
}

func writer() *Notify { return &Notify{o: Options{Service: "Aoba Works", Host: "id.aoba.example"}} }

// All mails in both languages, as people read them: testdata/mails.txt.
func TestMailsReadAsTheyShould(t *testing.T) {
	var b strings.Builder
	for _, template := range slices.Sorted(maps.Keys(letters)) {
		for _, lang := range ui.Languages {
			p := writer().write(filled(template, lang), written)
			b.WriteString("==== " + template + " " + lang + ": " + p.Subject + "\n" + p.plain() + "\n")
		}
	}
	const golden = "testdata/mails.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the mails changed; look at them with -update:\n%s", &b)
	}
}

// N21: a mail about a change has one link, the one that stops it.
func TestN21AMailsOnlyLinkIsTheOneThatStops(t *testing.T) {
	n := writer()
	n.o.URL = "https://id.aoba.example"
	for _, lang := range ui.Languages {
		m := filled(MailAppAdded, lang)
		m.Data["stop"] = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
		p := n.write(m, written)
		var html strings.Builder
		if err := htmlMail.Execute(&html, p); err != nil {
			t.Fatal(err)
		}
		const link = "https://id.aoba.example/stop/AAAAAAAAAAAAAAAAAAAAAAAAAA"
		if strings.Count(p.plain(), "https://") != 1 || !strings.Contains(p.plain(), link+"\n") {
			t.Errorf("%s: %s", lang, p.plain())
		}
		if strings.Count(html.String(), "href=") != 1 || !strings.Contains(html.String(), `<a href="`+link+`">`) {
			t.Errorf("%s: %s", lang, html.String())
		}
	}
}

// N21: nothing in a mail signs in, restores or unlocks, because no other mail
// has a link: people type the address themselves.
func TestNoOtherMailHasALink(t *testing.T) {
	link := regexp.MustCompile(`(?i)https?://|href=|<a |www\.|<img|<form|src=|url\(`)
	for template := range letters {
		m := filled(template, "en")
		p := writer().write(m, written)
		var html strings.Builder
		if err := htmlMail.Execute(&html, p); err != nil {
			t.Fatal(err)
		}
		if link.MatchString(p.plain() + html.String()) {
			t.Errorf("%s has a link", template)
		}
	}
}

// What a phone, an app or a browser is called cannot add lines, headers or markup to a mail.
func TestHostileValuesStayValues(t *testing.T) {
	m := filled(MailAppAdded, "en")
	hostile := "x\r\nBcc: a@b\n\nYour account is locked. <a href='https://evil.example'>Unlock</a>\u202e\u0000" + strings.Repeat("長", 500)
	for name := range m.Data {
		m.Data[name] = hostile
	}
	p := writer().write(m, written)
	var html strings.Builder
	if err := htmlMail.Execute(&html, p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html.String(), "<a ") || strings.ContainsAny(html.String()+p.plain(), "\r\u202e\x00") {
		t.Error(html.String())
	}
	for _, line := range strings.Split(p.plain(), "\n") {
		if strings.HasPrefix(line, "Bcc") || strings.HasPrefix(line, "Your account") || len([]rune(line)) > 600 {
			t.Errorf("line %q", line)
		}
	}
	if strings.Contains(p.Subject, "evil") {
		t.Error(p.Subject)
	}
}

func TestLanguageAndZoneFollowThePerson(t *testing.T) {
	for locale, want := range map[string]string{"ja": "ja", "ja-JP": "ja", "JA_jp": "ja", "en-GB": "en", "fr": "en", "": "en", "../../x": "en"} {
		if got := language(locale); got != want {
			t.Errorf("%q: %s, want %s", locale, got, want)
		}
	}
	for zone, want := range map[string]string{
		"Asia/Tokyo": "14 March 2026, 14:32 (UTC+09:00)", "America/St_Johns": "14 March 2026, 03:02 (UTC-02:30)",
		"": "14 March 2026, 05:32 (UTC)", "Nowhere/Land": "14 March 2026, 05:32 (UTC)", "Local": "14 March 2026, 05:32 (UTC)",
	} {
		if got := when("en", zone, written); got != want {
			t.Errorf("%q: %s, want %s", zone, got, want)
		}
	}
}

// A mail arrives as plain text and as HTML, both whole, with the headers that
// keep vacation answers away and show a second copy to be one.
func TestMailArrivesInBothForms(t *testing.T) {
	s := newSink(t, NoTLS)
	n := mailing(t, s)
	m := letterTo("mei@aoba.example")
	m.Locale = "ja"
	post(t, n, m)
	due(t, n)
	got := s.received()
	if len(got) != 1 {
		t.Fatal(status(t, n).LastError)
	}
	head := got[0].head
	subject, err := new(mime.WordDecoder).DecodeHeader(head.Get("Subject"))
	if err != nil || subject != ui.T("ja", "mail.app_added.subject") {
		t.Errorf("Subject: %q, %v", subject, err)
	}
	if id := head.Get("Message-ID"); !strings.HasSuffix(id, "@aoba.example>") {
		t.Errorf("Message-ID: %s", id)
	}
	if head.Get("Auto-Submitted") != "auto-generated" || head.Get("Content-Language") != "ja" || !strings.Contains(head.Get("From"), "no-reply@aoba.example") {
		t.Errorf("%v", head)
	}
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatal(kind, err)
	}
	parts := multipart.NewReader(strings.NewReader(got[0].body), params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || !strings.HasPrefix(p.Header.Get("Content-Type"), want) {
			t.Errorf("%s: %v", p.Header.Get("Content-Type"), err)
		}
		for _, part := range []string{"Mei’s Pixel", "mei@aoba.example", "2026年3月14日 14:32", "Aoba Works"} {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s lacks %q:\n%s", want, part, text)
			}
		}
	}
}
