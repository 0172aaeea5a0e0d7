package securityweb

import (
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// recent is how many events the overview shows.
const recent = 4

// An overview is Security info itself (c1). It also lies behind the pages that
// add a method.
type overview struct {
	Password *passwordRow
	Apps     []appRow
	Passkeys []passkeyRow
	CodeApps []codeAppRow
	Emails   []addressRow
	Recovery method.RecoverySet
	Pass     string // when the access pass ends, or ""
	First    string // the way that is asked first
	Keys     bool   // passkeys can be added
	Codes    bool   // so can authenticators that only make codes
	Mail     bool   // and mail addresses
	Texts    bool   // and phone numbers
	Count    int    // of methods
	Events   []eventRow
	Sessions int
	Backup   *backupPage // where sealed backups lie, or nil
	On       bool        // there is somewhere to go on to, see getOn
	Changed  bool        // the password, just now
	NotMe    bool        // they have just said so of a sign-in
	Frozen   string      // until when nothing may be changed, or ""
	Waits    []waitRow   // changes that somebody made without the old password or phone
	Since    int         // sessions begun since a sign-in was reported, this one not counted
}

type passwordRow struct{ Exposed bool }

type appRow struct {
	ID, Name, Platform, Place string
	Added, Used               string
	Unlocks, Passwordless     bool
}

func (h *handler) getOverview(w http.ResponseWriter, r *http.Request) error {
	o, err := h.overview(r)
	if err != nil {
		return err
	}
	o.NotMe = r.URL.Query().Has("notme")
	o.Changed = r.URL.Query().Has("changed")
	o.On = h.Cookie(r, web.GoalCookie) != ""
	return h.Render(w, r, http.StatusOK, "security/overview.html", o)
}

// getAdd is the choice of what to add (c2): only what there is.
func (h *handler) getAdd(w http.ResponseWriter, r *http.Request) error {
	o, err := h.overview(r)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/add.html", o)
}

func (h *handler) overview(r *http.Request) (o overview, err error) {
	err = h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		o, err = h.look(ctx, tx, v)
		return err
	})
	return o, err
}

func (h *handler) look(ctx context.Context, tx *db.Tx, v visit) (o overview, err error) {
	if o.Apps, err = h.appRows(ctx, tx, v); err != nil {
		return o, err
	}
	password, err := method.PasswordOf(ctx, tx, v.person.ID)
	if err != nil {
		return o, err
	}
	if o.Passkeys, err = h.passkeyRows(ctx, tx, v); err != nil {
		return o, err
	}
	if o.CodeApps, err = h.codeAppRows(ctx, tx, v); err != nil {
		return o, err
	}
	d, err := policyOf(ctx, tx, v)
	if err != nil {
		return o, err
	}
	if o.Emails, err = h.addressRows(ctx, tx, v); err != nil {
		return o, err
	}
	if o.Recovery, err = h.Recovery.Of(ctx, tx, v.person.ID); err != nil {
		return o, err
	}
	pass, ok, err := h.Passes.Of(ctx, tx, v.person.ID)
	if err != nil {
		return o, err
	}
	if ok {
		o.Pass = ui.When(v.lang, v.person.Zone, pass.EndsAt, tx.Now)
	}
	has, chosen, err := signin.MethodsOf(ctx, tx, v.person.ID)
	if err != nil {
		return o, err
	}
	o.First, o.Keys, o.Codes, o.Mail, o.Texts = has.First(chosen), h.Passkeys.Usable(), d.Codes, h.Addresses.Usable(directory.ByMail), h.Addresses.Usable(directory.ByPhone)
	o.Count = len(o.Apps) + len(o.Passkeys) + len(o.CodeApps) + len(o.Emails)
	for _, there := range []bool{o.Recovery.Of > 0, o.Pass != ""} {
		if there {
			o.Count++
		}
	}
	if password.Hash != "" {
		o.Password = &passwordRow{password.Exposed}
		o.Count++
	}
	if o.Frozen, err = frozen(ctx, tx, v); err != nil {
		return o, err
	}
	if o.Waits, err = waits(ctx, tx, v); err != nil {
		return o, err
	}
	events, err := audit.Of(ctx, tx, v.person.ID, scanned)
	if err != nil {
		return o, err
	}
	o.Events = eventRows(events, v, tx.Now, recent)
	sessions, err := signin.List(ctx, tx, v.person.ID)
	o.Sessions = len(sessions)
	if err != nil {
		return o, err
	}
	o.Since = len(begunSince(sessions, v.session.ID, reportedAt(events, tx.Now)))
	o.Backup, err = h.backupOf(ctx, tx, v)
	if errors.Is(err, errNoBackup) {
		err = nil
	}
	return o, err
}

func (h *handler) appRows(ctx context.Context, tx *db.Tx, v visit) (rows []appRow, err error) {
	apps, err := h.Registry.Of(ctx, tx, v.person.ID)
	for _, g := range apps {
		rows = append(rows, rowOf(g, v, tx))
	}
	return rows, err
}

func rowOf(g registration.Registration, v visit, tx *db.Tx) appRow {
	return appRow{
		ID: g.ID, Name: g.Name, Platform: g.Platform, Place: g.Place, Unlocks: g.Unlocks(), Passwordless: g.Passwordless,
		Added: ui.When(v.lang, v.person.Zone, g.ActivatedAt, tx.Now), Used: ui.When(v.lang, v.person.Zone, g.SeenAt, tx.Now),
	}
}

// policyOf is what the person's directory asks.
func policyOf(ctx context.Context, tx *db.Tx, v visit) (directory.Policy, error) {
	d, err := directory.Get(ctx, tx, v.person.DirectoryID)
	return d.Policy, err
}
