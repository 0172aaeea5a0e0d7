package consoleweb

import (
	"context"
	"errors"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/explain"
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
	audit.SigninMailWrong:     {"warn", "caution"},
	audit.SigninSetsUp:        {"mail", "caution"},
	audit.ApprovalApproved:    {"check", "ok"},
	audit.ApprovalDenied:      {"block", "danger"},
	audit.ApprovalReported:    {"warn", "danger"},
	audit.ApprovalWrongNumber: {"warn", "caution"},
	audit.ApprovalSilenced:    {"warn", "caution"},
	audit.RegistrationActive:  {"phone", ""},
	audit.RegistrationRefused: {"block", "danger"},
	audit.PersonPasswordSeen:  {"warn", "danger"},
	audit.PersonReset:         {"refresh", "caution"},
	audit.RestoreWaits:        {"clock", "caution"},
	audit.RestoreAllowed:      {"phone", "caution"},
	audit.WayBackWrong:        {"warn", "caution"},
	audit.WayBackWaits:        {"clock", "caution"},
	audit.WayBackDone:         {"key", "caution"},
	audit.PersonBraked:        {"warn", "danger"},
	audit.PersonNotMe:         {"warn", "danger"},
	audit.BrowserRemembered:   {"globe", "caution"},
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
	audit.SigninPasswordOK: true, audit.SigninCodeOK: true, audit.SigninAsked: true, audit.ApprovalAsked: true, audit.RestoreAsked: true, audit.ApprovalUsed: true, audit.ApprovalReplaced: true,
	audit.BrowserForgotten: true, audit.SessionStarted: true, audit.SessionEnded: true, audit.SessionEndedAll: true, audit.OAuthGrant: true, audit.OAuthRedeemed: true,
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
		Title: explain.Event(v.lang, e.Kind), Detail: explain.Whence(v.lang, e), PersonID: e.Person, Kind: string(e.Kind), IP: e.IP, Reference: e.Correlation,
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
