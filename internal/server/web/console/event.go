package consoleweb

import (
	"context"
	"errors"
	"strings"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// An eventRow is one line of a timeline or of the log. Its words are
// console.kind.KIND.
type eventRow struct {
	Title, Detail, By, Person, PersonID string
	When, ISO                           string
	Kind, IP, Reference                 string
	Icon, Tone                          string
}

// tones say how an event looks: its icon and its colour.
var tones = map[audit.Kind][2]string{
	audit.SigninDone:          {"check", "ok"},
	audit.SigninPasswordWrong: {"warn", "caution"},
	audit.SigninCodeWrong:     {"warn", "caution"},
	audit.SigninLimited:       {"warn", "caution"},
	audit.SigninRefused:       {"block", "caution"},
	audit.ApprovalApproved:    {"check", "ok"},
	audit.ApprovalDenied:      {"block", "danger"},
	audit.ApprovalReported:    {"warn", "danger"},
	audit.ApprovalWrongNumber: {"warn", "caution"},
	audit.ApprovalSilenced:    {"warn", "caution"},
	audit.RegistrationActive:  {"phone", ""},
	audit.RegistrationRefused: {"block", "danger"},
	audit.PersonPasswordSeen:  {"warn", "danger"},
	audit.PersonReset:         {"refresh", "caution"},
	audit.WayBackWrong:        {"warn", "caution"},
	audit.WayBackWaits:        {"clock", "caution"},
	audit.WayBackDone:         {"key", "caution"},
	audit.PersonBraked:        {"warn", "danger"},
	audit.PersonNotMe:         {"warn", "danger"},
	audit.PersonFrozen:        {"lock", "caution"},
	audit.PersonDeleted:       {"trash", "caution"},
	audit.OAuthReuse:          {"warn", "danger"},
	audit.AdminSuspended:      {"block", "danger"},
	audit.AdminPasswordReset:  {"key", "caution"},
	audit.AdminSessionsEnded:  {"logout", "caution"},
	audit.AdminSettled:        {"check", "ok"},
	audit.AdminReregister:     {"refresh", "caution"},
	audit.AdminPass:           {"ticket", "caution"},
	audit.PassUsed:            {"ticket", "caution"},
	audit.PasskeyAdded:        {"passkey", ""},
	audit.PasskeyCopied:       {"warn", "danger"},
}

// quiet are events that only accompany another one: the timeline of a person
// leaves them out, the log has them.
var quiet = map[audit.Kind]bool{
	audit.SigninPasswordOK: true, audit.SigninCodeOK: true, audit.ApprovalAsked: true, audit.ApprovalUsed: true, audit.ApprovalReplaced: true,
	audit.SessionStarted: true, audit.SessionEnded: true, audit.SessionEndedAll: true, audit.OAuthGrant: true, audit.OAuthRedeemed: true,
	audit.RegistrationOffered: true, audit.RegistrationAccepted: true, audit.RegistrationConfirmed: true, audit.PersonEnrolClosed: true,
	audit.PersonSuspended: true, audit.PersonResumed: true, audit.PersonRole: true, audit.PersonSetupLink: true,
	audit.PersonReregister: true, audit.PassIssued: true,
}

// eventRows are the first few events of a person's timeline.
func eventRows(ctx context.Context, tx *db.Tx, v visit, events []audit.Event, most int) (rows []eventRow, err error) {
	names := names{}
	for _, e := range events {
		if quiet[e.Kind] || len(rows) == most {
			continue
		}
		row, err := names.row(ctx, tx, v, e)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// names are the people met in a list of events, by id.
type names map[string]string

func (n names) of(ctx context.Context, tx *db.Tx, id string) (string, error) {
	if name, ok := n[id]; ok || id == "" {
		return name, nil
	}
	p, err := directory.ByID(ctx, tx, id)
	if errors.Is(err, directory.ErrUnknown) {
		p.Name, err = id, nil // gone, or the terminal's user
	}
	n[id] = p.Name
	return p.Name, err
}

func (n names) row(ctx context.Context, tx *db.Tx, v visit, e audit.Event) (row eventRow, err error) {
	row = eventRow{
		Title: titleOf(e, v.lang), Detail: whence(e, v.lang), PersonID: e.Person, Kind: string(e.Kind), IP: e.IP, Reference: e.Correlation,
		When: ui.When(v.lang, v.person.Zone, e.At, tx.Now), ISO: e.At.UTC().Format(time.RFC3339), Icon: "dot",
	}
	if t, ok := tones[e.Kind]; ok {
		row.Icon, row.Tone = t[0], t[1]
	}
	if row.Person, err = n.of(ctx, tx, e.Person); err != nil {
		return row, err
	}
	row.By, err = n.of(ctx, tx, e.Actor)
	return row, err
}

// titleOf names an event; one that this page knows no words for, by its kind.
func titleOf(e audit.Event, lang string) string {
	key := "console.kind." + string(e.Kind)
	if !ui.Has(lang, key) {
		return string(e.Kind)
	}
	return ui.T(lang, key)
}

// whence says to what and from where: "Aoba Expenses · Chrome, Windows · Osaka".
func whence(e audit.Event, lang string) string {
	var parts []string
	device, _ := e.Detail["device"].(string)
	command, _ := e.Detail["command"].(string)
	for _, s := range []string{command, device, e.App, e.Browser, e.Place} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if way, ok := e.Detail["way"].(string); ok && ui.Has(lang, "console.event.way."+way) {
		parts = append(parts, ui.T(lang, "console.event.way."+way))
	}
	if once, _ := e.Detail["once"].(bool); once {
		parts = append(parts, ui.T(lang, "console.event.once"))
	}
	if why, ok := e.Detail["why"].(string); ok && ui.Has(lang, "console.why."+why) {
		parts = append(parts, ui.T(lang, "console.why."+why))
	}
	return strings.Join(parts, " · ")
}
