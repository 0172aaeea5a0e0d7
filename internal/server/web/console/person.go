package consoleweb

import (
	"context"
	"net/http"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/ui"
)

const (
	timelineRows = 12
	timelineScan = 60
)

// A personPage is one person (d3).
type personPage struct {
	frame
	ID, Person, Login, Email, Role string
	First                          string // the name to call them by in a sentence
	Self                           bool
	Suspended, NotSetUp            bool
	Reports                        int
	Anew                           string // with what they set up again, in words; "" if they need not
	Password                       *passwordRow
	Apps                           []appRow
	Passkeys                       []passkeyRow
	CodeApps                       []passkeyRow
	Sessions                       []sessionRow
	Events                         []eventRow
	May                            map[string]bool // deeds
	Done                           string          // the deed that was just done
}

type passwordRow struct{ Exposed bool }

type appRow struct{ ID, Name, Platform, Place, Added, Used string }

type passkeyRow struct{ Name, Added string }

type sessionRow struct{ ID, Browser, Place, Since, Used string }

func (h *handler) getPerson(w http.ResponseWriter, r *http.Request) error {
	var p personPage
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		person, err := subject(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		p.about(v, person)
		if done := r.URL.Query().Get("done"); ui.Has(v.lang, "console.done."+done) {
			p.Done = done
		}
		return h.fill(ctx, tx, v, person, &p)
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/person.html", p)
}

// about is what stands at the head of every page of a person.
func (p *personPage) about(v visit, person directory.Person) {
	p.ID, p.Person, p.Login, p.Role = person.ID, person.Name, person.Login, roleName(v.lang, person.Role)
	if person.Email != person.Login {
		p.Email = person.Email
	}
	p.Self = person.ID == v.person.ID
	p.Suspended = person.State == directory.Suspended
	p.Reports = len(v.reports(person.ID))
	p.May = map[string]bool{}
	for name, d := range deeds {
		p.May[name] = admin.May(v.person, person, d.act) == nil && d.fits(person)
	}
	p.May["edit"] = admin.May(v.person, person, admin.Edit) == nil
	p.May["remove"] = admin.May(v.person, person, admin.Remove) == nil
	p.May["settle"] = p.Reports > 0 && admin.May(v.person, person, admin.Settle) == nil
}

func (h *handler) fill(ctx context.Context, tx *db.Tx, v visit, person directory.Person, p *personPage) error {
	password, err := method.PasswordOf(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	if password.Hash != "" {
		p.Password = &passwordRow{password.Exposed}
	}
	apps, err := h.Registry.Of(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	zone := v.person.Zone
	for _, a := range apps {
		p.Apps = append(p.Apps, appRow{a.ID, a.Name, a.Platform, a.Place, ui.Day(v.lang, zone, a.ActivatedAt, tx.Now), ui.When(v.lang, zone, a.SeenAt, tx.Now)})
	}
	passkeys, err := h.Passkeys.Of(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	for _, k := range passkeys {
		p.Passkeys = append(p.Passkeys, passkeyRow{k.Name, ui.Day(v.lang, zone, k.CreatedAt, tx.Now)})
	}
	others, err := h.CodeApps.Of(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	for _, a := range others {
		p.CodeApps = append(p.CodeApps, passkeyRow{a.Name, ui.Day(v.lang, zone, a.CreatedAt, tx.Now)})
	}
	p.NotSetUp = len(apps)+len(passkeys)+len(others) == 0 && !p.Suspended
	if p.Anew, err = h.anew(ctx, tx, v, person); err != nil {
		return err
	}
	sessions, err := signin.List(ctx, tx, person.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		browser := s.Browser
		if browser == "" {
			browser = ui.T(v.lang, "security.browser.unknown")
		}
		p.Sessions = append(p.Sessions, sessionRow{s.ID, browser, s.Place, ui.When(v.lang, zone, s.CreatedAt, tx.Now), ui.When(v.lang, zone, s.SeenAt, tx.Now)})
	}
	events, err := audit.Of(ctx, tx, person.ID, timelineScan)
	if err != nil {
		return err
	}
	p.Events, err = eventRows(ctx, tx, v, events, timelineRows)
	return err
}
