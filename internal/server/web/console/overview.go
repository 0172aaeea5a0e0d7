package consoleweb

import (
	"context"
	"net/http"
	"slices"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/explain"
	"countersign/ui"
)

// An overviewPage is the console's first page (d1).
type overviewPage struct {
	frame
	Periods  []filter
	Stats    stats
	Chart    chart
	Coverage []meter
	Counted  string // when the people were, if not just now
	Reports  []reportRow
	Shared   []sharedRow // networks that several people reported
}

type stats struct {
	admin.Tally
	People int
}

// A meter is a share of the people.
type meter struct {
	Label          string
	N, Of, Percent int
}

type reportRow struct {
	ID, Name, Said, What, When, ISO string
}

type sharedRow struct {
	Net string
	N   int
}

// said is what a report says: the answer on a phone, or what it was about.
func said(e audit.Event, lang string) string {
	if e.Kind == audit.ApprovalReported {
		return ui.T(lang, "console.reports.said")
	}
	return explain.Event(lang, e.Kind)
}

func (h *handler) getOverview(w http.ResponseWriter, r *http.Request) error {
	var p overviewPage
	chosen := periodOf(r.URL.Query().Get("period"))
	err := h.read(r, &p.frame, "overview", func(ctx context.Context, tx *db.Tx, v visit) error {
		for _, name := range []string{"day", "fortnight", "quarter"} {
			p.Periods = append(p.Periods, filter{name, ui.T(v.lang, "console.period."+name), name == chosen})
		}
		if err := h.fillFigures(ctx, tx, v, &p, periods[chosen]); err != nil {
			return err
		}
		p.Shared = shared(v.open)
		for _, report := range v.open[:min(len(v.open), 8)] {
			p.Reports = append(p.Reports, reportRow{
				ID: report.Person.ID, Name: report.Person.Name, Said: said(report.Event, v.lang), What: explain.Whence(v.lang, report.Event),
				When: ui.When(v.lang, v.person.Zone, report.Event.At, tx.Now), ISO: report.Event.At.Format(time.RFC3339),
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/overview.html", p)
}

func (h *handler) fillFigures(ctx context.Context, tx *db.Tx, v visit, p *overviewPage, span period) error {
	counted, err := audit.Figures(ctx, tx, v.person.DirectoryID, tx.Now.Add(-span.back))
	if err != nil {
		return err
	}
	people, err := admin.HeadcountOf(ctx, tx, v.person.DirectoryID)
	if err != nil {
		return err
	}
	p.Stats = stats{admin.TallyOf(counted), people.People}
	p.Chart = draw(counted, span, v.lang, zoneOf(v.person), tx.Now)
	p.Coverage = []meter{
		newMeter(ui.T(v.lang, "console.coverage.app"), people.WithApp, people.People),
		newMeter(ui.T(v.lang, "console.coverage.passkey"), people.WithPasskey, people.People),
		newMeter(ui.T(v.lang, "console.coverage.key"), people.WithKey, people.People),
		newMeter(ui.T(v.lang, "console.coverage.none"), people.NotSetUp, people.People),
		newMeter(ui.T(v.lang, "console.coverage.suspended"), people.Suspended, people.People),
	}
	if !people.At.IsZero() {
		p.Counted = ui.When(v.lang, v.person.Zone, people.At, tx.Now)
	}
	return nil
}

func newMeter(label string, n, of int) meter {
	m := meter{Label: label, N: n, Of: of}
	if of > 0 {
		m.Percent = (100*n + of/2) / of
	}
	return m
}

// shared are the networks that more than one person reported.
func shared(open []admin.Report) (rows []sharedRow) {
	for _, r := range open {
		net := admin.Network(r.Event)
		if r.Shared > 1 && !slices.ContainsFunc(rows, func(s sharedRow) bool { return s.Net == net }) {
			rows = append(rows, sharedRow{net, r.Shared})
		}
	}
	return rows
}
