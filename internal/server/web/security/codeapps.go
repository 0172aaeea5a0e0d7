package securityweb

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/otp"
	"countersign/ui"
)

type codeAppRow struct{ ID, Name, Place, Browser, Added, Used string }

func (h *handler) codeAppRows(ctx context.Context, tx *db.Tx, v visit) (rows []codeAppRow, err error) {
	apps, err := h.CodeApps.Of(ctx, tx, v.person.ID)
	for _, a := range apps {
		rows = append(rows, codeAppRow{
			ID: a.ID, Name: a.Name, Place: a.Place, Browser: a.Browser,
			Added: ui.When(v.lang, v.person.Zone, a.CreatedAt, tx.Now), Used: ui.When(v.lang, v.person.Zone, a.UsedAt, tx.Now),
		})
	}
	return rows, err
}

// A replaceCodePage asks which of five other authenticators the new one replaces.
type replaceCodePage struct {
	Behind overview
	Apps   []codeAppRow
	Choose bool // nothing was chosen
}

// postAddCode begins to add another authenticator.
func (h *handler) postAddCode(w http.ResponseWriter, r *http.Request) error {
	var offer method.CodeApp
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		d, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		if !d.Codes {
			return web.ErrNotFound
		}
		in := method.OfferIn{Person: v.person.ID, Session: v.session.ID, Epoch: v.session.Epoch}
		offer, err = h.CodeApps.Offer(ctx, tx, in, r.PostFormValue("replaces"))
		return err
	})
	if errors.Is(err, method.ErrFull) || errors.Is(err, method.ErrCodeApp) {
		return h.replaceCodePage(w, r)
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/add/code/"+offer.ID)
}

func (h *handler) replaceCodePage(w http.ResponseWriter, r *http.Request) error {
	p := replaceCodePage{Choose: r.PostForm.Has("replaces")}
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) (err error) {
		p.Behind, err = h.look(ctx, tx, v)
		p.Apps = p.Behind.CodeApps
		return err
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusConflict, "security/replacecode.html", p)
}

// An addCodePage shows the secret of another authenticator, until it has made a code.
type addCodePage struct {
	Behind overview
	Offer  string
	QR     template.HTML
	Link   string // on a phone, which cannot scan itself
	Key    string // to type, in groups
	Name   string
	Wrong  bool   // that name cannot be
	Error  string // why the code is not taken
}

func (h *handler) getAddCode(w http.ResponseWriter, r *http.Request) error {
	return h.addCodePage(w, r, http.StatusOK, nil)
}

func (h *handler) addCodePage(w http.ResponseWriter, r *http.Request, status int, problem error) error {
	var p addCodePage
	err := h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		a, err := h.CodeApps.Offered(ctx, tx, v.session.ID, r.PathValue("offer"))
		if err != nil {
			return err
		}
		key, err := h.CodeApps.Key(a)
		if err != nil {
			return err
		}
		d, err := directory.Get(ctx, tx, v.person.DirectoryID)
		if err != nil {
			return err
		}
		p = addCodePage{Offer: a.ID, Key: inGroups(otp.FormatSecret(key.Secret)), Name: r.PostFormValue("name"), Wrong: errors.Is(problem, method.ErrName)}
		if p.Name == "" && !p.Wrong {
			p.Name = ui.T(v.lang, "security.codeapp.name")
		}
		if errors.Is(problem, method.ErrCode) {
			p.Error = ui.T(v.lang, "security.codeapp.wrong")
		}
		key.Issuer, key.Account = d.Name, v.person.Login
		if web.From(r).Phone {
			p.Link = key.URI()
		}
		if p.QR, err = drawQR(key.URI()); err != nil {
			return err
		}
		p.Behind, err = h.look(ctx, tx, v)
		return err
	})
	if err != nil {
		return err
	}
	web.Here(r, "/security/add/code/"+p.Offer)
	return h.Render(w, r, status, "security/addcode.html", p)
}

// inGroups writes a text in groups of four, for eyes.
func inGroups(s string) string {
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

// postConfirmCode takes the first code: the authenticator is one of the
// person's now, and was used in this session. What one that it replaces has
// opened ends.
func (h *handler) postConfirmCode(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("offer")
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		a, err := h.CodeApps.Offered(ctx, tx, v.session.ID, id)
		if err != nil {
			return err
		}
		confirm := func() error {
			_, err := h.CodeApps.Confirm(ctx, tx, v.session.ID, id, strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("code"), method.Where(v.from))
			return err
		}
		if a.Replaces == "" {
			err = confirm()
		} else {
			err = signin.Changing(ctx, tx, v.session, confirm)
		}
		if err != nil {
			return err
		}
		return signin.Gave(ctx, tx, v.session, policy.Code)
	})
	if errors.Is(err, method.ErrName) || errors.Is(err, method.ErrCode) {
		return h.addCodePage(w, r, http.StatusUnprocessableEntity, err)
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/codeapps/"+id+"?added=1")
}

// postCancelCode goes back without having added anything.
func (h *handler) postCancelCode(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.CodeApps.Drop(ctx, tx, v.session.ID, r.PathValue("offer"))
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security/add")
}

// A codeAppPage is one other authenticator: its name, its clock, and the way to remove it.
type codeAppPage struct {
	App     codeAppRow
	Typed   string
	Wrong   bool // that name cannot be
	Error   string
	Added   bool
	Saved   bool
	Set     bool // its clock was measured
	Allowed bool // one-time codes sign in
	foreseen
	First string
}

func (h *handler) codeApp(r *http.Request) (p codeAppPage, err error) {
	err = h.read(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		rows, err := h.codeAppRows(ctx, tx, v)
		if err != nil {
			return err
		}
		for _, a := range rows {
			if a.ID == r.PathValue("id") {
				p.App, p.Typed = a, a.Name
			}
		}
		if p.App.ID == "" {
			return method.ErrCodeApp
		}
		d, err := policyOf(ctx, tx, v)
		if err != nil {
			return err
		}
		has, chosen, err := signin.MethodsOf(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		p.First, p.Allowed = has.First(chosen), d.Codes
		p.foreseen, err = foresee(ctx, tx, v, p.App.ID)
		return err
	})
	return p, err
}

func (h *handler) getCodeApp(w http.ResponseWriter, r *http.Request) error {
	p, err := h.codeApp(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p.Added, p.Saved, p.Set = q.Has("added"), q.Has("saved"), q.Has("set")
	return h.Render(w, r, http.StatusOK, "security/codeapp.html", p)
}

func (h *handler) postRenameCode(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimSpace(r.PostFormValue("name"))
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return h.CodeApps.Rename(ctx, tx, v.person.ID, r.PathValue("id"), name, method.Where(v.from))
	})
	if errors.Is(err, method.ErrName) {
		return h.codeAppAgain(w, r, http.StatusUnprocessableEntity, func(p *codeAppPage) { p.Typed, p.Wrong = name, true })
	} else if err != nil {
		return err
	}
	return see(w, r, "/security/codeapps/"+r.PathValue("id")+"?saved=1")
}

func (h *handler) codeAppAgain(w http.ResponseWriter, r *http.Request, status int, change func(*codeAppPage)) error {
	p, err := h.codeApp(r)
	if err != nil {
		return err
	}
	change(&p)
	web.Here(r, "/security/codeapps/"+p.App.ID)
	return h.Render(w, r, status, "security/codeapp.html", p)
}

// postSetCode measures the clock of an authenticator by two codes in a row.
// Wrong ones are counted with those of sign-ins (T5, T7).
func (h *handler) postSetCode(w http.ResponseWriter, r *http.Request) error {
	var refused error
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		pause, err := method.CodeTurn(ctx, tx, v.person.ID)
		if err != nil {
			return err
		}
		if refused = nil; pause > 0 {
			refused = &signin.TooMany{After: pause}
			return nil
		}
		err = h.CodeApps.Set(ctx, tx, v.person.ID, r.PathValue("id"), r.PostFormValue("first"), r.PostFormValue("second"), method.Where(v.from))
		switch {
		case errors.Is(err, method.ErrCode), errors.Is(err, method.ErrCodeUsed):
			refused = err
			_, err = method.CodeWrong(ctx, tx, v.person.ID)
		case err == nil:
			err = method.CodeRight(ctx, tx, v.person.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	if refused == nil {
		return see(w, r, "/security/codeapps/"+r.PathValue("id")+"?set=1")
	}
	status, text := http.StatusUnprocessableEntity, ui.T(h.Lang(r), "security.codeapp.set.wrong")
	if wait, ok := errors.AsType[*signin.TooMany](refused); ok {
		web.RetryAfter(w, wait.After)
		status, text = http.StatusTooManyRequests, ui.T(h.Lang(r), "signin.code.toomany", "time", web.Wait(h.Lang(r), wait.After))
	} else if errors.Is(refused, method.ErrCodeUsed) {
		text = ui.T(h.Lang(r), "security.codeapp.set.used")
	}
	return h.codeAppAgain(w, r, status, func(p *codeAppPage) { p.Error = text })
}

func (h *handler) getRemoveCode(w http.ResponseWriter, r *http.Request) error {
	p, err := h.codeApp(r)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "security/removecode.html", p)
}

// postRemoveCode removes an authenticator, and ends what it may have opened.
func (h *handler) postRemoveCode(w http.ResponseWriter, r *http.Request) error {
	err := h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error {
		return removing(ctx, tx, v, func() error {
			return h.CodeApps.Remove(ctx, tx, v.person.ID, r.PathValue("id"), method.Where(v.from))
		})
	})
	if err != nil {
		return err
	}
	return see(w, r, "/security")
}
