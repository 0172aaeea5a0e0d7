// Package consoleweb is the console: the pages on which those who manage an
// organisation see its people and what happened, and help.
//
// Whoever has a role may look; what their role lets them do, package admin
// decides, and a page offers nothing else. Every change is asked about on a
// page of its own that says in words what it means, wants a full sign-in of
// the last minutes, and is written down and told to the person.
//
// Charts are drawn here, as SVG. There are no scripts.
package consoleweb

import (
	"context"
	"embed"
	"net/http"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/oauth"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

//go:embed *.html
var pages embed.FS

// Deps are what the pages stand on; all must be there.
type Deps struct {
	DB       *db.DB
	Registry *registration.Registry
	Passkeys *method.Passkeys
	CodeApps *method.CodeApps
	Notify   *notify.Notify
	SignIn   *signin.Service
	OAuth    *oauth.Service
	Version  string
}

type handler struct {
	*web.Shell
	Deps
	desk *admin.Desk
}

// Mount adds the pages to the shell.
func Mount(s *web.Shell, d Deps) error {
	h := &handler{Shell: s, Deps: d, desk: &admin.Desk{Apps: d.Registry, SignIn: d.SignIn, Notify: d.Notify}}
	if err := s.Templates("console", pages); err != nil {
		return err
	}
	s.Explain(problems...)

	see := func(pattern string, fn web.HandlerFunc) { s.Page("GET "+pattern, s.NeedSession(false, h.seen(fn))) }
	act := func(pattern string, fn web.HandlerFunc) { s.Page("POST "+pattern, s.NeedSession(true, h.seen(fn))) }

	see("/admin", h.getOverview)
	see("/admin/people", h.getPeople)
	see("/admin/people/{id}", h.getPerson)
	see("/admin/log", h.getLog)
	see("/admin/log.jsonl", h.getLines)
	see("/admin/explain", h.getExplain)
	see("/admin/server", h.getServer)

	// A question is asked only of who may act at once: what is confirmed is then done.
	ask := func(pattern string, fn web.HandlerFunc) { s.Page("GET "+pattern, s.NeedSession(true, h.seen(fn))) }
	ask("/admin/people/add", h.getAdd)
	act("/admin/people/add", h.postAdd)
	ask("/admin/people/{id}/edit", h.getEdit)
	act("/admin/people/{id}/edit", h.postEdit)
	ask("/admin/people/{id}/{deed}", h.getDeed)
	act("/admin/people/{id}/{deed}", h.postDeed)
	ask("/admin/people/{id}/apps/{app}/remove", h.getRemoveApp)
	act("/admin/people/{id}/apps/{app}/remove", h.postRemoveApp)
	act("/admin/people/{id}/sessions/{session}/end", h.postEndSession)
	act("/admin/people/{id}/settle", h.postSettle)
	ask("/admin/organisation", h.getLooks)
	s.Page("POST /admin/organisation", s.NeedSession(true, h.seen(h.postLooks)), web.WithFile)
	return nil
}

// problems are how the errors look that end on a page of their own.
var problems = []web.Problem{
	{Err: admin.ErrNotAllowed, Status: http.StatusForbidden, Code: "not_allowed", Title: "console.notallowed.title", Text: "console.notallowed.text"},
	{Err: admin.ErrSelf, Status: http.StatusForbidden, Code: "self", Title: "console.self.title", Text: "console.self.text"},
}

// seen lets in who may look.
func (h *handler) seen(fn web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := h.Person(r)
		if err != nil {
			return err
		}
		if !admin.Sees(p) {
			return admin.ErrNotAllowed
		}
		return fn(w, r)
	}
}

// A visit is who looks at a page.
type visit struct {
	by     admin.By
	person directory.Person
	lang   string
	open   []admin.Report // of the organisation
}

// reports are those of one person.
func (v visit) reports(person string) (of []admin.Report) {
	for _, r := range v.open {
		if r.Person.ID == person {
			of = append(of, r)
		}
	}
	return of
}

func (h *handler) visit(r *http.Request) (v visit, err error) {
	if v.by.Session, err = h.Session(r); err != nil {
		return v, err
	}
	v.person, err = h.Person(r)
	c := web.From(r)
	v.lang = h.Lang(r)
	v.by.From = registration.Where{IP: c.IP, Place: c.Place, Browser: c.Agent()}
	v.by.Correlation = web.Reference(r)
	return v, err
}

// A frame is what every page has round its own.
type frame struct {
	At      string // the place in the menu
	Org     string
	Name    string // of who looks
	Waiting int    // reports nobody has seen to
	Reads   bool   // the log is theirs to read
	Adds    bool
	Dresses bool // how the organisation shows itself is theirs to say
}

// read runs fn in one reading transaction, with who looks, and fills the frame.
func (h *handler) read(r *http.Request, f *frame, at string, fn func(ctx context.Context, tx *db.Tx, v visit) error) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	return h.DB.Read(r.Context(), func(tx *db.Tx) error {
		d, err := directory.Get(r.Context(), tx, v.person.DirectoryID)
		if err != nil {
			return err
		}
		if v.open, err = admin.Open(r.Context(), tx, d.ID); err != nil {
			return err
		}
		*f = frame{At: at, Org: d.Name, Name: v.person.Name, Waiting: len(v.open), Reads: admin.Reads(v.person), Adds: admin.Adds(v.person), Dresses: admin.Dresses(v.person)}
		web.Dress(r, d)
		return fn(r.Context(), tx, v)
	})
}

// write runs fn in one changing transaction, with who acts.
func (h *handler) write(r *http.Request, fn func(ctx context.Context, tx *db.Tx, v visit) error) error {
	v, err := h.visit(r)
	if err != nil {
		return err
	}
	return h.DB.Write(r.Context(), func(tx *db.Tx) error { return fn(r.Context(), tx, v) })
}

func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// subject returns somebody of the organisation of who looks, or directory.ErrUnknown.
func subject(ctx context.Context, tx *db.Tx, v visit, id string) (directory.Person, error) {
	p, err := directory.ByID(ctx, tx, id)
	if err == nil && admin.May(v.person, p, admin.See) != nil {
		return p, directory.ErrUnknown
	}
	return p, err
}

// signedInAt is when somebody last signed in, as far as it is known.
func signedInAt(sessions []signin.Session) (at signin.Session, ok bool) {
	for _, s := range sessions {
		if !ok || s.AuthAt.After(at.AuthAt) {
			at, ok = s, true
		}
	}
	return at, ok
}
