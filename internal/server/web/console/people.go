package consoleweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/ui"
)

const peopleRows = 25 // a search shows no more: type more of the name

// A peoplePage is a list of people (d2).
type peoplePage struct {
	frame
	Typed string
	Show  string // the filter: "", "reported", "setup", "suspended", "admins"
	Shows []filter
	Rows  []personRow
	More  string // where the next page is
	Cut   bool   // there may be more than a search shows
}

type filter struct {
	Name, Label string
	Chosen      bool
}

type personRow struct {
	ID, Name, Login, Role  string
	Password, App, Passkey bool
	Last                   string
	State                  string // "reported", "suspended", "setup", "ok"
}

var shows = []string{"", "reported", "setup", "suspended", "roles"}

func (h *handler) getPeople(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := peoplePage{Typed: strings.TrimSpace(q.Get("q")), Show: q.Get("show")}
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		for _, s := range shows {
			name := s
			if name == "" {
				name = "all"
			}
			p.Shows = append(p.Shows, filter{s, ui.T(v.lang, "console.show."+name), s == p.Show})
		}
		people, err := h.find(ctx, tx, v, &p, q.Get("after"))
		if err != nil {
			return err
		}
		for _, person := range people {
			row, err := h.personRow(ctx, tx, v, person)
			if err != nil {
				return err
			}
			p.Rows = append(p.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/people.html", p)
}

// find reads the people that were asked for: by a search, by a report, or a page of all.
func (h *handler) find(ctx context.Context, tx *db.Tx, v visit, p *peoplePage, after string) ([]directory.Person, error) {
	in := v.person.DirectoryID
	if p.Typed != "" {
		people, more, err := directory.Matching(ctx, tx, in, p.Typed, peopleRows)
		p.Cut = more
		return people, err
	}
	page := directory.Page{After: after, Limit: peopleRows + 1}
	switch p.Show {
	case "reported":
		return reporters(v.open), nil
	case "setup":
		page.ToSetUp = true
	case "suspended":
		page.State = directory.Suspended
	case "roles":
		page.Managers = true
	}
	people, err := directory.PeopleAfter(ctx, tx, in, page)
	if len(people) > peopleRows {
		people = people[:peopleRows]
		p.More = "/admin/people?" + url.Values{"show": {p.Show}, "after": {people[peopleRows-1].Login}}.Encode()
	}
	return people, err
}

// reporters are the people with a report that nobody has seen to.
func reporters(open []admin.Report) (people []directory.Person) {
	for _, r := range open {
		if !slices.ContainsFunc(people, func(p directory.Person) bool { return p.ID == r.Person.ID }) {
			people = append(people, r.Person)
		}
	}
	return people
}

func (h *handler) personRow(ctx context.Context, tx *db.Tx, v visit, p directory.Person) (personRow, error) {
	row := personRow{ID: p.ID, Name: p.Name, Login: p.Login, Role: roleName(v.lang, p.Role), State: "ok"}
	password, err := method.PasswordOf(ctx, tx, p.ID)
	if err != nil {
		return row, err
	}
	row.Password = password.Hash != ""
	if row.App, err = h.Registry.Has(ctx, tx, p.ID); err != nil {
		return row, err
	}
	passkeys, err := h.Passkeys.Of(ctx, tx, p.ID)
	if err != nil {
		return row, err
	}
	row.Passkey = len(passkeys) > 0
	others, err := h.CodeApps.Of(ctx, tx, p.ID)
	if err != nil {
		return row, err
	}
	sessions, err := signin.List(ctx, tx, p.ID)
	if err != nil {
		return row, err
	}
	if last, ok := signedInAt(sessions); ok {
		row.Last = ui.When(v.lang, v.person.Zone, last.AuthAt, tx.Now)
	}
	switch {
	case p.State == directory.Suspended:
		row.State = "suspended"
	case len(v.reports(p.ID)) > 0 || password.Exposed:
		row.State = "reported"
	case !row.App && !row.Passkey && len(others) == 0:
		row.State = "setup"
	}
	return row, nil
}

func roleName(lang, role string) string {
	if role == directory.Member {
		role = "member"
	}
	return ui.T(lang, "console.role."+role)
}
