package securityweb

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

const (
	scanned  = 60  // events that are read to find the ones to show
	pageRows = 25  // on the page of all activity
	pageScan = 200 // events read for it

	notMeLasts = 30 * 24 * time.Hour // how long a sign-in can be said to be somebody else's
)

// shown says which events a person is shown, and how. What only accompanies
// another event is left out. The words are security.activity.NAME.
var shown = map[audit.Kind]struct{ name, icon, tone string }{
	audit.SigninDone:             {"signed_in", "check", "ok"},
	audit.SigninPasswordWrong:    {"password_wrong", "warn", "caution"},
	audit.SigninCodeWrong:        {"code_wrong", "warn", "caution"},
	audit.ApprovalDenied:         {"denied", "block", "danger"},
	audit.ApprovalReported:       {"reported", "block", "danger"},
	audit.ApprovalWrongNumber:    {"wrong_number", "warn", "caution"},
	audit.RegistrationActive:     {"app_added", "plus", ""},
	audit.RegistrationRemoved:    {"app_removed", "trash", ""},
	audit.RegistrationReplaced:   {"app_replaced", "trash", ""},
	audit.RegistrationRenamed:    {"app_renamed", "edit", ""},
	audit.RegistrationUnlock:     {"unlock_set", "lock", ""},
	audit.RegistrationUnlockGone: {"unlock_gone", "lock", "caution"},
	audit.PasswordlessOn:         {"passwordless_on", "phone", ""},
	audit.PasswordlessOff:        {"passwordless_off", "phone", ""},
	audit.RegistrationRefused:    {"app_refused", "block", "danger"},
	audit.PasskeyAdded:           {"passkey_added", "plus", ""},
	audit.PasskeyRenamed:         {"app_renamed", "edit", ""},
	audit.PasskeyRemoved:         {"app_removed", "trash", ""},
	audit.PasskeyCopied:          {"passkey_copied", "warn", "danger"},
	audit.CodeAppAdded:           {"passkey_added", "plus", ""},
	audit.CodeAppRenamed:         {"app_renamed", "edit", ""},
	audit.CodeAppSet:             {"codeapp_set", "clock", ""},
	audit.CodeAppRemoved:         {"app_removed", "trash", ""},
	audit.AddressAdded:           {"address_added", "mail", ""},
	audit.AddressRemoved:         {"address_removed", "trash", ""},
	audit.RecoveryMade:           {"recovery_made", "key", ""},
	audit.RecoveryUsed:           {"recovery_used", "key", "caution"},
	audit.RecoveryRemoved:        {"recovery_removed", "trash", ""},
	audit.SigninRecovered:        {"signed_in_recover", "cloud", "caution"},
	audit.SigninMailWrong:        {"mail_wrong", "warn", "caution"},
	audit.SigninSetsUp:           {"sets_up", "warn", "caution"},
	audit.SigninRecoveryWrong:    {"recovery_wrong", "warn", "caution"},
	audit.SigninRestores:         {"signed_in_restore", "phone", "caution"},
	audit.RestoreWaits:           {"restore_waits", "clock", "danger"},
	audit.RestoreStopped:         {"restore_stopped", "block", ""},
	audit.RestoreAllowed:         {"restore_allowed", "phone", "caution"},
	audit.WayBackSent:            {"wayback_sent", "mail", ""},
	audit.WayBackWrong:           {"wayback_wrong", "warn", "caution"},
	audit.WayBackProven:          {"wayback_proven", "check", "caution"},
	audit.WayBackWaits:           {"wayback_waits", "clock", "danger"},
	audit.WayBackStopped:         {"wayback_stopped", "block", ""},
	audit.WayBackDone:            {"wayback_done", "key", "caution"},
	audit.PassIssued:             {"pass_issued", "key", "caution"},
	audit.PassUsed:               {"pass_used", "key", ""},
	audit.SigninPassWrong:        {"pass_wrong", "warn", "caution"},
	audit.PersonReregister:       {"reregister", "warn", "caution"},
	audit.BrowserRemembered:      {"browser_remembered", "globe", "caution"},
	audit.BrowserForgotten:       {"browser_forgotten", "globe", ""},
	audit.SessionEnded:           {"signed_out", "logout", ""},
	audit.SessionEndedAll:        {"signed_out_all", "logout", ""},
	audit.PersonRegistered:       {"registered", "user", ""},
	audit.PersonSnoozed:          {"snoozed", "clock", ""},
	audit.PersonPasswordSet:      {"password_set", "key", ""},
	audit.PersonPasswordSeen:     {"password_exposed", "warn", "danger"},
	audit.PersonReset:            {"reset", "warn", "caution"},
	audit.BackupBound:            {"backup_bound", "cloud", ""},
	audit.BackupRecovered:        {"backup_recovered", "cloud", "caution"},
	audit.BackupUnbound:          {"backup_unbound", "cloud", ""},
	audit.BackupDeleted:          {"backup_deleted", "trash", "caution"},
	audit.BackupRestored:         {"backup_restored", "cloud", ""},
	audit.BackupSilent:           {"backup_silent", "cloud", "caution"},
	audit.BackupReminderOn:       {"backup_reminder_on", "mail", ""},
	audit.BackupReminderOff:      {"backup_reminder_off", "mail", ""},
	audit.PersonBraked:           {"braked", "block", "danger"},
	audit.PersonCopied:           {"copied", "user", "caution"},
	audit.PersonThawed:           {"thawed", "check", ""},
	audit.OAuthConsent:           {"consent", "apps", ""},
	audit.PersonFirst:            {"first_chosen", "edit", ""},
	audit.PersonNotMe:            {"notme", "block", "danger"},
}

// An eventRow is one line of the timeline.
type eventRow struct {
	Title, Detail, When string
	ISO                 string // for the time element
	Icon, Tone          string
	NotMe               string // id of a sign-in that can be said not to be the person's, or ""
}

// eventRows are the first few events that are shown.
func eventRows(events []audit.Event, v visit, now time.Time, most int) (rows []eventRow) {
	for _, e := range events {
		s := shown[e.Kind]
		if !isShown(e) || len(rows) == most {
			continue
		}
		notMe := ""
		if e.Kind == audit.SigninDone && e.Detail["session"] != v.session.ID && e.Detail["purpose"] == policy.SignIn && now.Sub(e.At) < notMeLasts {
			notMe = e.ID
		}
		rows = append(rows, eventRow{
			NotMe: notMe,
			Title: titleOf(e, s.name, v.lang), Detail: whence(e, v.lang),
			When: ui.When(v.lang, v.person.Zone, e.At, now), ISO: e.At.Format(time.RFC3339), Icon: s.icon, Tone: s.tone,
		})
	}
	return rows
}

func titleOf(e audit.Event, name, lang string) string {
	if name == "signed_in" && e.App != "" {
		name = "signed_in_app"
	}
	if e.Kind == audit.ApprovalReported && e.Detail["kind"] == wire.KindNewPhone {
		name = "reported_phone"
	}
	device, _ := e.Detail["device"].(string)
	if name, ok := e.Detail["name"].(string); ok {
		device = name
	}
	n := cmp.Or(e.Detail["days"], e.Detail["count"])
	return ui.T(lang, "security.activity."+name, "device", device, "app", e.App, "n", n)
}

// isShown: what a new app answered to its test is no event of the account, nor
// is the end of the session that only waited for it, nor of those that ended
// with the method that was changed.
func isShown(e audit.Event) bool {
	_, ok := shown[e.Kind]
	return ok && e.Detail["kind"] != wire.KindTest && e.Detail["why"] != "paired" && e.Detail["why"] != signin.WhyChanging
}

// whence says from where: "Chrome, Windows · Osaka".
func whence(e audit.Event, lang string) string {
	browser := e.Browser
	if browser == "" && e.IP != "" {
		browser = ui.T(lang, "security.browser.unknown")
	}
	from := join(browser, e.Place)
	if remembered, _ := e.Detail["remembered"].(bool); remembered {
		from = join(from, ui.T(lang, "security.activity.remembered"))
	}
	return from
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " · " + b
}

// An activityPage is everything that happened, in pages.
type activityPage struct {
	Events []eventRow
	Older  string // id of the event to go on after, "" at the end
}

func (h *handler) getActivity(w http.ResponseWriter, r *http.Request) error {
	var page activityPage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		events, err := h.eventsAfter(ctx, tx, v, r.URL.Query().Get("after"))
		if err != nil {
			return err
		}
		page.Events = eventRows(events, v, tx.Now, pageRows)
		page.Older = older(events)
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/activity.html", page)
}

// eventsAfter reads the events of the person that are older than one of theirs.
func (h *handler) eventsAfter(ctx context.Context, tx *db.Tx, v visit, after string) ([]audit.Event, error) {
	events, err := audit.Of(ctx, tx, v.person.ID, pageScan)
	for err == nil && after != "" {
		for i, e := range events {
			if e.ID == after {
				return audit.Before(ctx, tx, v.person.ID, events[i], pageScan)
			}
		}
		if len(events) < pageScan {
			return nil, web.ErrNotFound
		}
		events, err = audit.Before(ctx, tx, v.person.ID, events[len(events)-1], pageScan)
	}
	return events, err
}

// older is the last event that a page shows, if there is something after it.
func older(events []audit.Event) string {
	n, last := 0, ""
	for _, e := range events {
		if !isShown(e) {
			continue
		}
		if n == pageRows {
			return last
		}
		n, last = n+1, e.ID
	}
	if len(events) == pageScan {
		return events[len(events)-1].ID
	}
	return ""
}
