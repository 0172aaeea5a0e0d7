package consoleweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A deed is a change that is asked about on a page of its own: what it means
// stands in console.deed.NAME.
type deed struct {
	act  admin.Act
	fits func(directory.Person) bool // as the person is now
	ways func(*ways.Person)          // what it does to their ways in; nil for nothing
	do   func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, r *http.Request) (handed, error)
}

// What came of a deed that is to be handed over, and is shown once.
type handed struct {
	link string // with which a password is chosen
	pass admin.Handed
}

func (h handed) nothing() bool { return h.link == "" && h.pass.Pass.EndsAt.IsZero() }

func always(directory.Person) bool   { return true }
func active(p directory.Person) bool { return p.State == directory.Active }

func losesPassword(p *ways.Person) { p.Graph = p.Graph.Drop(policy.IDPassword) }
func losesAll(p *ways.Person)      { p.Active = false }

var deeds = map[string]deed{
	"sessions": {admin.EndSessions, always, nil, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, _ *http.Request) (handed, error) {
		return handed{}, h.desk.EndSessions(ctx, tx, v.by, person)
	}},
	"password": {admin.Reset, active, losesPassword, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, _ *http.Request) (out handed, err error) {
		out.link, err = h.desk.ResetPassword(ctx, tx, v.by, person)
		return out, err
	}},
	"pass": {admin.IssuePass, active, nil, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, r *http.Request) (out handed, err error) {
		terms, err := passTerms(r, v.person.Zone)
		if err == nil {
			out.pass, err = h.desk.IssuePass(ctx, tx, v.by, person, terms)
		}
		return out, err
	}},
	"reregister": {admin.Reregister, active, nil, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, r *http.Request) (out handed, err error) {
		way, err := wayBack(r, v.person.Zone)
		if err == nil {
			out.pass, err = h.desk.Reregister(ctx, tx, v.by, person, way)
		}
		return out, err
	}},
	"suspend": {admin.Suspend, active, losesAll, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, _ *http.Request) (handed, error) {
		return handed{}, h.desk.SetState(ctx, tx, v.by, person, directory.Suspended)
	}},
	"restore": {admin.Suspend, func(p directory.Person) bool { return p.State == directory.Suspended }, nil,
		func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, _ *http.Request) (handed, error) {
			return handed{}, h.desk.SetState(ctx, tx, v.by, person, directory.Active)
		}},
	"role": {admin.SetRole, always, nil, func(ctx context.Context, tx *db.Tx, h *handler, v visit, person string, r *http.Request) (handed, error) {
		role := r.PostFormValue("role")
		if role == "member" {
			role = directory.Member
		}
		if !slices.Contains(directory.Roles, role) {
			return handed{}, web.ErrMalformed
		}
		return handed{}, h.desk.SetRole(ctx, tx, v.by, person, role)
	}},
}

// A deedPage asks whether to do it, or shows what came of it.
type deedPage struct {
	personPage
	Deed  string
	Words string // the key of its words: without a password, resetting it is an invitation
	Roles []roleChoice
	Terms termsForm
	Alone bool   // who acts may let the password alone pair an app
	Bare  bool   // the person has no password, without which a pass is no way in
	Codes string // the addresses that a code can be sent to in place of a pass, masked; or ""
	Link  string // to hand over, shown once
	foreseen
}

// A foreseen is what a deed does to somebody's ways in, said before the click.
type foreseen struct {
	Refused                    bool // no owner could sign in any more
	LockedOut, Weaker, Hanging bool
}

func foresee(ctx context.Context, tx *db.Tx, v visit, person directory.Person, change func(*ways.Person)) (foreseen, error) {
	verdict, err := signin.Foresee(ctx, tx, person.DirectoryID, v.person.ID, []string{person.ID}, change)
	return foreseen{verdict.Refused != "", verdict.Warns(ways.LockedOut), verdict.Warns(ways.Weaker), verdict.Warns(ways.OneThing)}, err
}

type roleChoice struct {
	Value, Name, Means string
	Chosen             bool
}

func (h *handler) getDeed(w http.ResponseWriter, r *http.Request) error {
	return h.askDeed(w, r, http.StatusOK, "")
}

// askDeed asks whether to do it; wrong is the message about what was typed before.
func (h *handler) askDeed(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	d, ok := deeds[r.PathValue("deed")]
	if !ok {
		return web.ErrNotFound
	}
	p := deedPage{Deed: r.PathValue("deed")}
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		person, err := subject(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := admin.May(v.person, person, d.act); err != nil {
			return err
		}
		p.about(v, person)
		for _, role := range admin.Gives(v.person, person) {
			p.Roles = append(p.Roles, choice(v.lang, role, person.Role))
		}
		p.Terms, p.Alone = termsAsked(r, v, wrong), admin.Dares(v.person)
		password, err := method.PasswordOf(ctx, tx, person.ID)
		p.Bare, p.Words = password.Hash == "", "console.deed."+p.Deed
		if p.Bare && d.act == admin.Reset {
			p.Words = "console.deed.invite"
		}
		if d.act == admin.Reregister && err == nil {
			p.Codes, err = h.codesTo(ctx, tx, v, person, tx.Now)
		}
		if d.ways != nil && err == nil {
			p.foreseen, err = foresee(ctx, tx, v, person, d.ways)
		}
		return err
	})
	if err != nil {
		return err
	}
	if !p.May[p.Deed] { // it was done meanwhile
		return see(w, r, "/admin/people/"+p.ID)
	}
	return h.Render(w, r, status, "console/deed.html", p)
}

func choice(lang, role, now string) roleChoice {
	c := roleChoice{Value: role, Name: roleName(lang, role), Chosen: role == now}
	if role == directory.Member {
		c.Value = "member"
	}
	c.Means = ui.T(lang, "console.role."+c.Value+".means")
	return c
}

func (h *handler) postDeed(w http.ResponseWriter, r *http.Request) error {
	d, ok := deeds[r.PathValue("deed")]
	if !ok {
		return web.ErrNotFound
	}
	var out handed
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		out, err = d.do(ctx, tx, h, v, r.PathValue("id"), r)
		return err
	})
	to := "/admin/people/" + r.PathValue("id")
	if errors.Is(err, method.ErrPassTerms) {
		web.Here(r, to+"/"+r.PathValue("deed"))
		return h.askDeed(w, r, http.StatusUnprocessableEntity, "console.pass.wrong")
	} else if err != nil {
		return err
	}
	if out.nothing() {
		return see(w, r, to+"?done="+r.PathValue("deed"))
	}
	web.Here(r, to)
	if out.link != "" {
		return h.showLink(w, r, r.PathValue("id"), out.link)
	}
	return h.showPass(w, r, r.PathValue("id"), out.pass)
}

// showLink shows the link with which somebody chooses a password, once.
func (h *handler) showLink(w http.ResponseWriter, r *http.Request, person, link string) error {
	p := deedPage{Link: h.ID + "/setup/" + link}
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		of, err := subject(ctx, tx, v, person)
		p.about(v, of)
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/link.html", p)
}

func (h *handler) postEndSession(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.desk.EndSession(ctx, tx, v.by, r.PathValue("id"), r.PathValue("session"))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/admin/people/"+r.PathValue("id")+"?done=session")
}

func (h *handler) postSettle(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		_, err := h.desk.Settle(ctx, tx, v.by, r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	return see(w, r, "/admin/people/"+r.PathValue("id")+"?done=settle")
}

// A removePage asks whether to remove an app of somebody.
type removePage struct {
	personPage
	App appRow
	foreseen
}

func (h *handler) getRemoveApp(w http.ResponseWriter, r *http.Request) error {
	var p removePage
	err := h.read(r, &p.frame, "people", func(ctx context.Context, tx *db.Tx, v visit) error {
		person, err := subject(ctx, tx, v, r.PathValue("id"))
		if err != nil {
			return err
		}
		if err := admin.May(v.person, person, admin.Remove); err != nil {
			return err
		}
		p.about(v, person)
		if err := h.fill(ctx, tx, v, person, &p.personPage); err != nil {
			return err
		}
		i := slices.IndexFunc(p.Apps, func(a appRow) bool { return a.ID == r.PathValue("app") })
		if i < 0 {
			return registration.ErrUnknown
		}
		p.App = p.Apps[i]
		p.foreseen, err = foresee(ctx, tx, v, person, func(p *ways.Person) { p.Graph = p.Graph.Drop(r.PathValue("app")) })
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "console/removeapp.html", p)
}

func (h *handler) postRemoveApp(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.desk.RemoveApp(ctx, tx, v.by, r.PathValue("id"), r.PathValue("app"))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/admin/people/"+r.PathValue("id")+"?done=app")
}

// An addPage adds somebody.
type addPage struct {
	frame
	Login, Person, Email, Wrong string // what was typed, and the message about it
	Roles                       []roleChoice
}

func (h *handler) getAdd(w http.ResponseWriter, r *http.Request) error {
	return h.showAdd(w, r, http.StatusOK, addPage{})
}

func (h *handler) showAdd(w http.ResponseWriter, r *http.Request, status int, p addPage) error {
	err := h.read(r, &p.frame, "people", func(_ context.Context, _ *db.Tx, v visit) error {
		if !p.Adds {
			return admin.ErrNotAllowed
		}
		for _, role := range admin.Gives(v.person, directory.Person{DirectoryID: v.person.DirectoryID}) {
			p.Roles = append(p.Roles, choice(v.lang, role, directory.Member))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, status, "console/add.html", p)
}

func (h *handler) postAdd(w http.ResponseWriter, r *http.Request) error {
	typed := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	page := addPage{Login: typed("login"), Person: typed("name"), Email: typed("email")}
	in := directory.Person{Login: page.Login, Name: page.Person, Email: page.Email, Role: typed("role")}
	if in.Role == "member" {
		in.Role = directory.Member
	}
	if in.Email == "" && isAddress(in.Login) {
		in.Email = in.Login
	}
	if !isAddress(in.Email) {
		page.Wrong = "console.add.wrong.email"
		return h.showAdd(w, r, http.StatusUnprocessableEntity, page)
	}
	var link string
	var added directory.Person
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		added, link, err = h.desk.Add(ctx, tx, v.by, in)
		return err
	})
	switch {
	case errors.Is(err, directory.ErrTaken):
		page.Wrong = "console.add.wrong.taken"
	case errors.Is(err, directory.ErrElsewhere):
		page.Wrong = "console.add.wrong.elsewhere"
	case errors.Is(err, directory.ErrInvalid):
		page.Wrong = "console.add.wrong.invalid"
	case err != nil:
		return err
	default:
		web.Here(r, "/admin/people/"+added.ID)
		return h.showLink(w, r, added.ID, link)
	}
	return h.showAdd(w, r, http.StatusUnprocessableEntity, page)
}
