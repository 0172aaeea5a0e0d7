package signinweb

import (
	"context"
	"errors"
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A registerPage asks for the name and the password of a new account.
type registerPage struct {
	view
	Directory string
	Domain    string // what the sign-in name ends with, or ""
	Name      string // as typed
	Taken     string // what is wrong with the name, in words
	Shortest  int
	Longest   int  // of the name
	Keys      bool // a passkey will do, in the place of a password
	Late      bool // making one took too long
}

// getRegister shows the form, for the sign-in under way or a new one.
func (h *handler) getRegister(w http.ResponseWriter, r *http.Request) error {
	a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
	switch {
	case errors.Is(err, signin.ErrNoAttempt), errors.Is(err, signin.ErrExpired):
		return see(w, "/signin")
	case err != nil:
		return err
	case !a.Open() || a.Again() || len(a.Proofs) > 0:
		return see(w, h.path(r.Context(), r, a))
	}
	return h.registerPage(w, r, http.StatusOK, a, registerPage{})
}

func (h *handler) registerPage(w http.ResponseWriter, r *http.Request, status int, a signin.Attempt, p registerPage) error {
	d, ok, err := h.signin.Registers(r.Context())
	if err == nil && !ok {
		err = web.ErrNotFound
	}
	if err != nil {
		return err
	}
	problem := p.Error
	p.view = viewOf(r, a)
	p.Error, p.Org = problem, web.Org{}
	p.Keys = h.signin.Passkeys.Usable()
	p.Directory, p.Domain, p.Shortest, p.Longest = d.Name, d.Domain, method.Shortest(d.Policy), directory.LongestName
	web.Here(r, "/signin/register")
	web.Dress(r, d)
	return h.Render(w, r, status, "signin/register.html", p)
}

// postRegister makes the account. Then it asks where its person can be reached.
func (h *handler) postRegister(w http.ResponseWriter, r *http.Request) error {
	token, a, done, err := h.posted(w, r)
	if done {
		return err
	}
	p := registerPage{Name: r.PostFormValue("login")}
	went, err := h.signin.Register(r.Context(), token, p.Name, r.PostFormValue("password"), h.browser(r))
	if err == nil {
		return h.registered(w, went)
	}
	return h.notRegistered(w, r, a, p, err)
}

// registered goes on with somebody new: they say where they can be reached.
func (h *handler) registered(w http.ResponseWriter, went signin.Went) error {
	h.keep(w, went)
	if h.reach.Usable(directory.ByMail) {
		return see(w, "/signin/reach")
	}
	return see(w, "/signin")
}

// notRegistered shows the form again, with why there is no account.
func (h *handler) notRegistered(w http.ResponseWriter, r *http.Request, a signin.Attempt, p registerPage, err error) error {
	lang, status := h.Lang(r), http.StatusUnprocessableEntity
	wait, tooMany := errors.AsType[*signin.TooMany](err)
	switch {
	case tooMany:
		web.RetryAfter(w, wait.After)
		status, p.Taken = http.StatusTooManyRequests, ui.T(lang, "signin.register.toomany", "time", web.Wait(lang, wait.After))
	case errors.Is(err, directory.ErrTaken):
		p.Taken = ui.T(lang, "signin.register.taken")
	case errors.Is(err, directory.ErrInvalid):
		p.Taken = ui.T(lang, "signin.register.badname", "least", directory.ShortestName, "most", directory.LongestName)
	case errors.Is(err, signin.ErrStep):
		return see(w, "/signin")
	case errors.Is(err, signin.ErrNoRegistering):
		return web.ErrNotFound
	case h.refused(r, err, 0) != "":
		d, _, err2 := h.signin.Registers(r.Context())
		if err2 != nil {
			return err2
		}
		p.Error = h.refused(r, err, method.Shortest(d.Policy))
	default:
		return err
	}
	return h.registerPage(w, r, status, a, p)
}

// A reachPage asks for an address, then for the code that was sent to it.
type reachPage struct {
	Offer   string // "" while it asks for the address
	Address string
	Error   string
}

// reaching lets through who has made their account and not gone on yet: a
// session that waits for its first app, or one that needs none, in a personal
// directory. Others have Security info.
func (h *handler) reaching(next func(http.ResponseWriter, *http.Request, directory.AddressIn) error) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := h.signin.Attempt(r.Context(), h.Cookie(r, web.AttemptCookie))
		if err != nil {
			return h.lost(w, r, a, err)
		}
		session, err := h.EnrolSession(r)
		if errors.Is(err, signin.ErrNoSession) {
			return see(w, "/signin")
		} else if err != nil {
			return err
		}
		if !h.reach.Usable(directory.ByMail) || a.Directory.Kind != directory.Personal || a.Directory.ID != session.Directory || !session.Enrol && !session.Fresh(h.DB.Now(), a.Directory.Policy) {
			return see(w, "/signin")
		}
		c := web.From(r)
		return next(w, r, directory.AddressIn{Person: session.Person, Kind: directory.ByMail, Session: session.ID, Net: c.Net,
			From: map[string]string{"browser": c.Agent(), "place": c.Place, "ip": c.IP}})
	}
}

func (h *handler) getReach(w http.ResponseWriter, r *http.Request, _ directory.AddressIn) error {
	return h.Render(w, r, http.StatusOK, "signin/reach.html", reachPage{})
}

// postReach sends a code to the address that was typed.
func (h *handler) postReach(w http.ResponseWriter, r *http.Request, in directory.AddressIn) error {
	typed, id := r.PostFormValue("address"), ""
	var refused error
	err := h.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		id, refused, err = h.reach.Offer(r.Context(), tx, in, typed)
		return err
	})
	switch {
	case err != nil:
		return err
	case refused == nil:
		return see(w, "/signin/reach/"+id)
	}
	lang, status := h.Lang(r), http.StatusUnprocessableEntity
	text := ui.T(lang, "security.email.invalid")
	if wait, often := errors.AsType[*directory.TooOften](refused); often {
		web.RetryAfter(w, wait.After)
		status, text = http.StatusTooManyRequests, ui.T(lang, "security.email.often", "time", web.Wait(lang, wait.After))
	} else if errors.Is(refused, directory.ErrHeld) {
		text = ui.T(lang, "security.email.held")
	}
	web.Here(r, "/signin/reach")
	return h.Render(w, r, status, "signin/reach.html", reachPage{Address: typed, Error: text})
}

func (h *handler) getReachCode(w http.ResponseWriter, r *http.Request, in directory.AddressIn) error {
	return h.reachCodePage(w, r, in, http.StatusOK, "")
}

func (h *handler) reachCodePage(w http.ResponseWriter, r *http.Request, in directory.AddressIn, status int, problem string) error {
	a, err := h.offered(r.Context(), in, r.PathValue("offer"))
	if errors.Is(err, directory.ErrAddress) {
		return see(w, "/signin/reach")
	} else if err != nil {
		return err
	}
	return h.Render(w, r, status, "signin/reach.html", reachPage{Offer: a.ID, Address: a.Text, Error: problem})
}

func (h *handler) offered(ctx context.Context, in directory.AddressIn, id string) (a directory.Address, err error) {
	err = h.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = h.reach.Offered(ctx, tx, in.Session, id)
		return err
	})
	return a, err
}

// postReachCode takes the code and goes on with the sign-in.
func (h *handler) postReachCode(w http.ResponseWriter, r *http.Request, in directory.AddressIn) error {
	var refused error
	err := h.DB.Write(r.Context(), func(tx *db.Tx) (err error) {
		refused, err = h.reach.Confirm(r.Context(), tx, in, r.PathValue("offer"), r.PostFormValue("code"))
		return err
	})
	switch {
	case err != nil:
		return err
	case errors.Is(refused, directory.ErrAddressCode):
		return h.reachCodePage(w, r, in, http.StatusUnprocessableEntity, ui.T(h.Lang(r), "security.email.code.wrong"))
	case refused != nil:
		web.Here(r, "/signin/reach")
		return h.Render(w, r, http.StatusGone, "signin/reach.html", reachPage{Error: ui.T(h.Lang(r), "security.email.code.gone")})
	}
	return see(w, "/signin")
}
