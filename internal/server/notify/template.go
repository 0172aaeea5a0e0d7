package notify

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"time"
	"unicode"

	"github.com/wneessen/go-mail"

	"countersign/internal/server/db"
	"countersign/ui"
)

// The templates. All of them name, where the caller knows them, "login" (the
// person's sign-in name), "device" (the app or phone it is about) or "method" (the
// passkey, say, by its name), "browser",
// "place" and "ip" (from where it was done). Where "stop" is given, a token of
// package brake, the mail has the link that stops what it tells of (N21).
const (
	MailAppAdded        = "app_added"        // needs login, device
	MailAppRemoved      = "app_removed"      // needs login, device
	MailPasswordlessOn  = "passwordless_on"  // needs login, device
	MailPasswordlessOff = "passwordless_off" // needs login, device
	MailPasswordChanged = "password_changed" // needs login
	MailPasskeyAdded    = "passkey_added"    // needs login, method
	MailPasskeyRemoved  = "passkey_removed"  // needs login, method
	MailPasskeyCopied   = "passkey_copied"   // needs login, method
	MailCodeAppAdded    = "codeapp_added"    // needs login, method
	MailCodeAppRemoved  = "codeapp_removed"  // needs login, method
	MailAddressCode     = "address_code"     // to the address itself; needs login, code
	MailAddressAdded    = "address_added"    // needs login, address: as much of it as is shown
	MailAddressRemoved  = "address_removed"  // needs login, address
	MailRecoveryCode    = "recovery_code"    // to an address that is to be a proof; needs login, code
	MailRecoveryGuessed = "recovery_guessed" // needs login
	MailWayBackCode     = "wayback_code"     // needs login, code
	MailWayBackWaits    = "wayback_waits"    // needs login
	MailWayBackWaitsAll = "wayback_all"      // needs login: what signs in alone ends with it
	MailRestoreCode     = "restore_code"     // to an address that is to be a proof for a new phone; needs login, code
	MailRestoreWaits    = "restore_waits"    // needs login, device
	MailNumberAdded     = "number_added"     // needs login, address
	MailNumberRemoved   = "number_removed"   // needs login, address
	MailAppRenamed      = "app_renamed"      // needs login, device, was: what it was called
	MailMethodRenamed   = "method_renamed"   // the same of a passkey, a security key or a code app; needs login, method, was
	MailCodeAppSet      = "codeapp_set"      // needs login, method
	MailFirstWay        = "first_way"        // needs login, way: a proof's name
	MailBackupUnbound   = "backup_unbound"   // needs login, device
	MailRecoveryMade    = "recovery_made"    // needs login
	MailRecoveryUsed    = "recovery_used"    // needs login, left: how many there are
	MailRecoveryRemoved = "recovery_removed" // needs login
	MailPassIssued      = "pass_issued"      // needs login
	MailReregister      = "reregister"       // needs login
	MailReregisterAlone = "reregister_alone" // needs login
	MailReregisterCode  = "reregister_code"  // needs login
	MailSetUpCode       = "setup_code"       // to an address that is to be a proof for setting up again; needs login, code
	MailSetsUp          = "sets_up"          // needs login, address: where that code had gone, as much as is shown
	MailReported        = "reported"         // needs login; "app": what was being signed in to
	MailReportedAdmin   = "reported_admin"   // to who manages the people; needs login: whose sign-in it was; "app" and "net"
	MailNewPhone        = "newphone"         // what was reported is a device being set up; needs login, device
	MailNewPhoneAdmin   = "newphone_admin"   // to who manages the people; needs login: whose account it was; device, "net"
	MailNotMe           = "notme"            // needs login; "app": what was signed in to
	MailNotMeAdmin      = "notme_admin"      // to who manages the people; needs login: who says that something was not theirs
	MailDataCopied      = "data_copied"      // needs login
	MailAccountDeleted  = "account_deleted"  // needs login
	MailRemembered      = "remembered"       // needs login, days
	MailSignedOut       = "signed_out"       // needs login
	MailBackupBound     = "backup_bound"     // needs login, device
	MailBackupRecovered = "backup_recovered" // needs login, device
	MailBackupDeleted   = "backup_deleted"   // needs login
	MailBackupSilent    = "backup_silent"    // needs login, device: that was heard of last

	// What an admin did for somebody; they need login and by, the admin's name.
	MailAdminSessions  = "admin_sessions"
	MailAdminPassword  = "admin_password"
	MailAdminSuspended = "admin_suspended"
	MailAdminRestored  = "admin_restored"
	MailAdminRole      = "admin_role"
	MailAdminEdited    = "admin_edited"
)

// A letter is the keys of one template's texts, and the data they need.
type letter struct {
	subject, said, todo string
	needs               []string
}

var letters = map[string]letter{
	MailAppAdded:        {"mail.app_added.subject", "mail.app_added.said", "mail.app_added.todo", []string{"login", "device"}},
	MailAppRemoved:      {"mail.app_removed.subject", "mail.app_removed.said", "mail.app_removed.todo", []string{"login", "device"}},
	MailPasswordlessOn:  {"mail.passwordless_on.subject", "mail.passwordless_on.said", "mail.passwordless_on.todo", []string{"login", "device"}},
	MailPasswordlessOff: {"mail.passwordless_off.subject", "mail.passwordless_off.said", "mail.passwordless_off.todo", []string{"login", "device"}},
	MailPasswordChanged: {"mail.password_changed.subject", "mail.password_changed.said", "mail.password_changed.todo", []string{"login"}},
	MailPasskeyAdded:    {"mail.passkey_added.subject", "mail.passkey_added.said", "mail.passkey_added.todo", []string{"login", "method"}},
	MailPasskeyRemoved:  {"mail.passkey_removed.subject", "mail.passkey_removed.said", "mail.passkey_removed.todo", []string{"login", "method"}},
	MailPasskeyCopied:   {"mail.passkey_copied.subject", "mail.passkey_copied.said", "mail.passkey_copied.todo", []string{"login", "method"}},
	MailCodeAppAdded:    {"mail.codeapp_added.subject", "mail.codeapp_added.said", "mail.codeapp_added.todo", []string{"login", "method"}},
	MailCodeAppRemoved:  {"mail.codeapp_removed.subject", "mail.codeapp_removed.said", "mail.codeapp_removed.todo", []string{"login", "method"}},
	MailAddressCode:     {"mail.address_code.subject", "mail.address_code.said", "mail.address_code.todo", []string{"login", "code"}},
	MailAddressAdded:    {"mail.address_added.subject", "mail.address_added.said", "mail.address_added.todo", []string{"login", "address"}},
	MailAddressRemoved:  {"mail.address_removed.subject", "mail.address_removed.said", "mail.address_removed.todo", []string{"login", "address"}},
	MailRecoveryCode:    {"mail.recovery_code.subject", "mail.recovery_code.said", "mail.recovery_code.todo", []string{"login", "code"}},
	MailRecoveryGuessed: {"mail.recovery_guessed.subject", "mail.recovery_guessed.said", "mail.recovery_guessed.todo", []string{"login"}},
	MailWayBackCode:     {"mail.wayback_code.subject", "mail.wayback_code.said", "mail.wayback_code.todo", []string{"login", "code"}},
	MailWayBackWaits:    {"mail.wayback_waits.subject", "mail.wayback_waits.said", "mail.wayback_waits.todo", []string{"login"}},
	MailWayBackWaitsAll: {"mail.wayback_waits.subject", "mail.wayback_all.said", "mail.wayback_waits.todo", []string{"login"}},
	MailRestoreCode:     {"mail.restore_code.subject", "mail.restore_code.said", "mail.restore_code.todo", []string{"login", "code"}},
	MailRestoreWaits:    {"mail.restore_waits.subject", "mail.restore_waits.said", "mail.restore_waits.todo", []string{"login", "device"}},
	MailNumberAdded:     {"mail.number_added.subject", "mail.number_added.said", "mail.number_added.todo", []string{"login", "address"}},
	MailNumberRemoved:   {"mail.number_removed.subject", "mail.number_removed.said", "mail.number_removed.todo", []string{"login", "address"}},
	MailAppRenamed:      {"mail.app_renamed.subject", "mail.app_renamed.said", "mail.changed.todo", []string{"login", "device", "was"}},
	MailMethodRenamed:   {"mail.method_renamed.subject", "mail.method_renamed.said", "mail.changed.todo", []string{"login", "method", "was"}},
	MailCodeAppSet:      {"mail.codeapp_set.subject", "mail.codeapp_set.said", "mail.changed.todo", []string{"login", "method"}},
	MailFirstWay:        {"mail.first_way.subject", "mail.first_way.said", "mail.changed.todo", []string{"login", "way"}},
	MailBackupUnbound:   {"mail.backup_unbound.subject", "mail.backup_unbound.said", "mail.backup_unbound.todo", []string{"login", "device"}},
	MailRecoveryMade:    {"mail.recovery_made.subject", "mail.recovery_made.said", "mail.recovery_made.todo", []string{"login"}},
	MailRecoveryUsed:    {"mail.recovery_used.subject", "mail.recovery_used.said", "mail.recovery_used.todo", []string{"login", "left"}},
	MailRecoveryRemoved: {"mail.recovery_removed.subject", "mail.recovery_removed.said", "mail.recovery_removed.todo", []string{"login"}},
	MailPassIssued:      {"mail.pass_issued.subject", "mail.pass_issued.said", "mail.pass_issued.todo", []string{"login"}},
	MailReregister:      {"mail.reregister.subject", "mail.reregister.said", "mail.reregister.todo", []string{"login"}},
	MailReregisterAlone: {"mail.reregister.subject", "mail.reregister.said", "mail.reregister.alone", []string{"login"}},
	MailReregisterCode:  {"mail.reregister.subject", "mail.reregister.said", "mail.reregister.code", []string{"login"}},
	MailSetUpCode:       {"mail.setup_code.subject", "mail.setup_code.said", "mail.setup_code.todo", []string{"login", "code"}},
	MailSetsUp:          {"mail.sets_up.subject", "mail.sets_up.said", "mail.sets_up.todo", []string{"login", "address"}},
	MailReported:        {"mail.reported.subject", "mail.reported.said", "mail.reported.todo", []string{"login"}},
	MailReportedAdmin:   {"mail.reported_admin.subject", "mail.reported_admin.said", "mail.reported_admin.todo", []string{"login"}},
	MailNewPhone:        {"mail.newphone.subject", "mail.newphone.said", "mail.newphone.todo", []string{"login", "device"}},
	MailNewPhoneAdmin:   {"mail.newphone_admin.subject", "mail.newphone_admin.said", "mail.newphone_admin.todo", []string{"login", "device"}},
	MailNotMe:           {"mail.notme.subject", "mail.notme.said", "mail.notme.todo", []string{"login"}},
	MailNotMeAdmin:      {"mail.notme_admin.subject", "mail.notme_admin.said", "mail.notme_admin.todo", []string{"login"}},
	MailDataCopied:      {"mail.data_copied.subject", "mail.data_copied.said", "mail.data_copied.todo", []string{"login"}},
	MailAccountDeleted:  {"mail.account_deleted.subject", "mail.account_deleted.said", "mail.account_deleted.todo", []string{"login"}},
	MailRemembered:      {"mail.remembered.subject", "mail.remembered.said", "mail.remembered.todo", []string{"login", "days"}},
	MailSignedOut:       {"mail.signed_out.subject", "mail.signed_out.said", "mail.signed_out.todo", []string{"login"}},
	MailBackupBound:     {"mail.backup_bound.subject", "mail.backup_bound.said", "mail.backup_bound.todo", []string{"login", "device"}},
	MailBackupRecovered: {"mail.backup_recovered.subject", "mail.backup_recovered.said", "mail.backup_recovered.todo", []string{"login", "device"}},
	MailBackupDeleted:   {"mail.backup_deleted.subject", "mail.backup_deleted.said", "mail.backup_deleted.todo", []string{"login"}},
	MailBackupSilent:    {"mail.backup_silent.subject", "mail.backup_silent.said", "mail.backup_silent.todo", []string{"login", "device"}},
	MailAdminSessions:   {"mail.admin_sessions.subject", "mail.admin_sessions.said", "mail.admin_sessions.todo", []string{"login", "by"}},
	MailAdminPassword:   {"mail.admin_password.subject", "mail.admin_password.said", "mail.admin_password.todo", []string{"login", "by"}},
	MailAdminSuspended:  {"mail.admin_suspended.subject", "mail.admin_suspended.said", "mail.admin_suspended.todo", []string{"login", "by"}},
	MailAdminRestored:   {"mail.admin_restored.subject", "mail.admin_restored.said", "mail.admin_restored.todo", []string{"login", "by"}},
	MailAdminEdited:     {"mail.admin_edited.subject", "mail.admin_edited.said", "mail.admin_edited.todo", []string{"login", "by"}},
	MailAdminRole:       {"mail.admin_role.subject", "mail.admin_role.said", "mail.admin_role.todo", []string{"login", "by"}},
}

func checkMail(m Mail) error {
	l, ok := letters[m.Template]
	if !ok {
		return fmt.Errorf("%w: no template %q", ErrTemplate, m.Template)
	}
	for _, name := range l.needs {
		if m.Data[name] == "" {
			return fmt.Errorf("%w: %s needs %q", ErrTemplate, m.Template, name)
		}
	}
	return nil
}

// A fact is one line of "when, where, what".
type fact struct{ Label, Value string }

// A page is what both forms of a mail say.
type page struct {
	Lang, Subject, Said, Todo, Footer string
	Facts                             []fact
	Stop, StopURL                     string // what the link does, and the link; or ""
	Service                           string // whom it speaks for
	Accent                            string // their colour, or ""
	Logo                              bool   // a picture of theirs comes with it
}

// write fills a template: what happened, when, from where, and what to do if it was somebody else.
func (n *Notify) write(m Mail, at time.Time) page {
	lang := language(m.Locale)
	l := letters[m.Template]
	v := func(name string) string { return oneLine(m.Data[name]) }
	service := cmp.Or(v("service"), n.o.Service, "Countersign")
	t := func(key string) string {
		return ui.T(lang, key, "login", v("login"), "device", v("device"), "by", v("by"), "method", v("method"), "was", v("was"), "way", ui.T(lang, "mail.way."+v("way")), "left", v("left"), "code", v("code"), "days", v("days"), "address", v("address"), "service", service, "host", n.o.Host)
	}
	p := page{Lang: lang, Subject: t(l.subject), Said: t(l.said), Todo: t(l.todo), Footer: t("mail.footer"), Service: service, Accent: v("accent")}
	for _, f := range []fact{
		{t("mail.when"), when(lang, m.Zone, at)},
		{t("mail.device"), v("device")},
		{t("mail.method"), v("method")},
		{t("mail.app"), v("app")},
		{t("mail.browser"), v("browser")},
		{t("mail.place"), v("place")},
		{t("mail.ip"), v("ip")},
		{t("mail.net"), v("net")},
	} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	if token := v("stop"); token != "" {
		p.Stop, p.StopURL = t("mail.stop"), n.o.URL+"/stop/"+token
	}
	return p
}

// longest is how many characters of a value a mail shows.
const longest = 100

// oneLine keeps a value from outside to one line of what can be seen, so that
// the name of a phone cannot add a paragraph of its own.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		} else if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "…"
	}
	return s
}

// language is the one of ours that a locale asks for; English when none.
func language(locale string) string {
	want, _, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
	for _, l := range ui.Languages {
		if strings.EqualFold(l, want) {
			return l
		}
	}
	return ui.Languages[0]
}

// when writes an instant whole, with its zone: a mail may be read on another day, in another place.
func when(lang, zone string, at time.Time) string {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return ui.When(lang, zone, at, time.Time{}) + " (UTC" + strings.TrimPrefix(at.In(loc).Format("-07:00"), "+00:00") + ")"
}

func (p page) plain() string {
	var b strings.Builder
	b.WriteString(p.Said + "\n\n")
	for _, f := range p.Facts {
		b.WriteString(f.Label + ": " + f.Value + "\n")
	}
	b.WriteString("\n" + p.Todo + "\n")
	if p.StopURL != "" {
		b.WriteString("\n" + p.Stop + "\n" + p.StopURL + "\n")
	}
	b.WriteString("\n-- \n" + p.Footer + "\n")
	return b.String()
}

//go:embed mail.html
var mailHTML string

var htmlMail = htmltemplate.Must(htmltemplate.New("mail").Parse(mailHTML))

// A composed is a message ready to send, or why there is none.
type composed struct {
	msg *mail.Msg
	err error
}

func (n *Notify) compose(ctx context.Context, server *SMTP, batch []queued) []composed {
	out := make([]composed, len(batch))
	for i, q := range batch {
		out[i].msg, out[i].err = n.composeOne(ctx, server, q)
	}
	return out
}

func (n *Notify) composeOne(ctx context.Context, server *SMTP, q queued) (*mail.Msg, error) {
	data, err := n.keep.Unseal(q.sealed, mailPlace(q.id, q.mail.Person))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &q.mail.Data); err != nil {
		return nil, err
	}
	p := n.write(q.mail, q.createdAt)
	logo := n.picture(ctx, q.mail.Data["logo"])
	p.Logo = len(logo) > 0
	var html bytes.Buffer
	if err := htmlMail.Execute(&html, p); err != nil {
		return nil, err
	}
	msg := mail.NewMsg()
	if err := msg.From(server.From); err != nil {
		return nil, err
	}
	if err := msg.To(q.mail.Address); err != nil {
		return nil, err
	}
	msg.Subject(p.Subject)
	msg.SetDateWithValue(q.createdAt)
	msg.SetMessageIDWithValue(q.id + "@" + server.domain()) // the same at each try: a mail that arrives twice is seen to be one
	msg.SetGenHeader("Content-Language", p.Lang)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no vacation answers
	msg.SetBodyString(mail.TypeTextPlain, p.plain())
	msg.AddAlternativeString(mail.TypeTextHTML, html.String())
	if p.Logo {
		err = msg.EmbedReader("logo.png", bytes.NewReader(logo), mail.WithFileContentID("<logo>"), mail.WithFileContentType("image/png"))
	}
	return msg, err
}

// picture is a logo that travels in the mail, so that reading it asks nobody. A
// mail does not wait for one.
func (n *Notify) picture(ctx context.Context, logo string) (png []byte) {
	if logo == "" || n.o.Picture == nil {
		return nil
	}
	err := n.d.Read(ctx, func(tx *db.Tx) (err error) {
		png, err = n.o.Picture(ctx, tx, logo)
		return err
	})
	if err != nil {
		n.log.WarnContext(ctx, "mail goes without its logo", "error", err)
		return nil
	}
	return png
}
