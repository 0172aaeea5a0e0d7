package consoleweb

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/ui"
)

const logRows = 50

// A logPage is the organisation's audit log.
type logPage struct {
	frame
	Who, From, Until, Reference, IP string // as they were typed
	Area                            string
	Areas                           []filter
	Wrong                           string // the message about what was typed
	Rows                            []eventRow
	More, Lines                     string // addresses: the next page, and all of it as JSON lines
}

// asked reads what was asked of the log. wrong is a message, "" when all is well.
func (h *handler) asked(ctx context.Context, tx *db.Tx, v visit, q url.Values) (find audit.Query, wrong string, err error) {
	get := func(name string) string { return strings.TrimSpace(q.Get(name)) }
	find = audit.Query{Directory: v.person.DirectoryID, IP: get("ip"), Correlation: strings.ToUpper(get("ref"))}
	if reference, ok := signin.ReadReference(find.Correlation); ok {
		find.Correlation = reference
	}
	if area := get("area"); audit.IsArea(area) {
		find.Area = area
	}
	if who := get("who"); who != "" {
		p, err := directory.ByLogin(ctx, tx, who)
		if errors.Is(err, directory.ErrUnknown) || err == nil && p.DirectoryID != v.person.DirectoryID {
			return find, "console.log.wrong.who", nil
		} else if err != nil {
			return find, "", err
		}
		find.Person = p.ID
	}
	zone := zoneOf(v.person)
	for _, day := range []struct {
		typed string
		at    *time.Time
		more  int
	}{{get("from"), &find.From, 0}, {get("until"), &find.To, 1}} {
		if day.typed == "" {
			continue
		}
		t, err := time.ParseInLocation(time.DateOnly, day.typed, zone)
		if err != nil {
			return find, "console.log.wrong.day", nil
		}
		*day.at = t.AddDate(0, 0, day.more) // until a day means with it
	}
	if at, id, ok := strings.Cut(get("after"), "."); ok {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err == nil {
			find.After = audit.Cursor{At: db.Time(ms), ID: id}
		}
	}
	return find, "", nil
}

func (h *handler) getLog(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := logPage{Who: q.Get("who"), From: q.Get("from"), Until: q.Get("until"), Reference: q.Get("ref"), IP: q.Get("ip"), Area: q.Get("area")}
	err := h.read(r, &p.frame, "log", func(ctx context.Context, tx *db.Tx, v visit) error {
		if !p.Reads {
			return admin.ErrNotAllowed
		}
		p.Areas = []filter{{"", ui.T(v.lang, "console.area.all"), p.Area == ""}}
		for _, a := range audit.Areas {
			p.Areas = append(p.Areas, filter{a, ui.T(v.lang, "console.area."+a), a == p.Area})
		}
		find, wrong, err := h.asked(ctx, tx, v, q)
		if p.Wrong = wrong; err != nil || wrong != "" {
			return err
		}
		return p.fill(ctx, tx, v, find)
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/log.html", p)
}

func (p *logPage) fill(ctx context.Context, tx *db.Tx, v visit, find audit.Query) error {
	find.Limit = logRows + 1
	events, err := audit.Search(ctx, tx, find)
	if err != nil {
		return err
	}
	q := url.Values{"who": {p.Who}, "from": {p.From}, "until": {p.Until}, "ref": {p.Reference}, "ip": {p.IP}, "area": {p.Area}}
	p.Lines = "/admin/log.jsonl?" + q.Encode()
	if len(events) > logRows {
		events = events[:logRows]
		last := events[logRows-1]
		q.Set("after", strconv.FormatInt(last.At.UnixMilli(), 10)+"."+last.ID)
		p.More = "/admin/log?" + q.Encode()
	}
	names := names{}
	for _, e := range events {
		row, err := names.row(ctx, tx, v, e)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return nil
}

// getLines is what the log page shows, all of it, as JSON lines. That it was
// taken out is itself an event.
func (h *handler) getLines(w http.ResponseWriter, r *http.Request) error {
	var find audit.Query
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		actor, err := admin.Actor(ctx, tx, v.by)
		if err != nil {
			return err
		}
		if !admin.Reads(actor) {
			return admin.ErrNotAllowed
		}
		var wrong string
		if find, wrong, err = h.asked(ctx, tx, v, r.URL.Query()); err != nil {
			return err
		}
		if wrong != "" {
			return directory.ErrUnknown
		}
		f := v.by.From
		return audit.Record(ctx, tx, audit.Event{Kind: audit.AdminExported, Directory: actor.DirectoryID, Actor: actor.ID,
			IP: f.IP, Place: f.Place, Browser: f.Browser, Correlation: v.by.Correlation})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jsonl; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="audit.jsonl"`)
	if err := audit.WriteLines(w, audit.Pages(r.Context(), h.DB, find)); err != nil {
		h.Log.WarnContext(r.Context(), "audit log not written out to its end", "error", err)
		panic(http.ErrAbortHandler) // the reader must not take the half for the whole
	}
	return nil
}
