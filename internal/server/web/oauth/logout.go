package oauthweb

import (
	"net/http"
	"net/url"
	"slices"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
)

// A logoutPage asks whether to sign out, or says that it is done.
type logoutPage struct {
	App, Login, Name string
	Form             url.Values // to be posted with the answer
}

// getLogout signs the person out when the application shows, by an ID token,
// that it knows whom it means; else it asks (OpenID Connect RP-Initiated
// Logout §2, §6).
func (h *handler) getLogout(w http.ResponseWriter, r *http.Request) error {
	v, err := query(r)
	if err != nil {
		return err
	}
	l, err := h.oauth.Logout(r.Context(), v)
	if err != nil {
		return err
	}
	h.speak(w, r, l.Locales)
	if l.Person != "" {
		return h.signOut(w, r, l, l.Person)
	}
	session, err := h.current(r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.signedOut(w, r, l)
	}
	page := logoutPage{Form: url.Values{}}
	for _, name := range []string{"client_id", "post_logout_redirect_uri", "state"} {
		if l.To() != "" {
			page.Form.Set(name, v.Get(name))
		}
	}
	if l.Client != nil {
		page.App = l.Client.Name
	}
	page.Login, page.Name, err = h.who(r, session.Person)
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "oauth/logout.html", page)
}

// postLogout is the answer of that page.
func (h *handler) postLogout(w http.ResponseWriter, r *http.Request) error {
	l, err := h.oauth.Logout(r.Context(), r.PostForm)
	if err != nil {
		return err
	}
	session, err := h.current(r)
	if err != nil {
		return err
	}
	if session == nil {
		return h.signedOut(w, r, l)
	}
	return h.signOut(w, r, l, session.Person)
}

// signOut ends this browser's sessions of a person and goes where the
// application wants the browser to go.
func (h *handler) signOut(w http.ResponseWriter, r *http.Request, l oauth.Logout, person string) error {
	tokens := h.SessionTokens(r)
	sessions, err := h.opened(r.Context(), tokens)
	if err != nil {
		return err
	}
	app := ""
	if l.Client != nil {
		app = l.Client.ID
	}
	err = h.DB.Write(r.Context(), func(tx *db.Tx) error {
		for _, s := range sessions {
			if s.Person != person {
				continue
			}
			if err := signin.End(r.Context(), tx, person, s.ID, "signed_out"); err != nil {
				return err
			}
			if err := audit.Record(r.Context(), tx, h.logoutEvent(r, s, app)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Person == person {
			tokens = slices.DeleteFunc(tokens, func(t string) bool { return t == s.token })
		}
	}
	h.SetSessionTokens(w, tokens)
	return h.signedOut(w, r, l)
}

func (h *handler) logoutEvent(r *http.Request, s opened, app string) audit.Event {
	f := h.from(r)
	return audit.Event{Kind: audit.OAuthLogout, Directory: s.Directory, Person: s.Person, App: app,
		IP: f.IP, Place: f.Place, Browser: f.Browser, Correlation: f.Correlation}
}

func (h *handler) signedOut(w http.ResponseWriter, r *http.Request, l oauth.Logout) error {
	if l.To() != "" {
		return see(w, r, l.To())
	}
	page := logoutPage{}
	if l.Client != nil {
		page.App = l.Client.Name
	}
	return h.Render(w, r, http.StatusOK, "oauth/signedout.html", page)
}

func (h *handler) who(r *http.Request, person string) (login, name string, err error) {
	err = h.DB.Read(r.Context(), func(tx *db.Tx) error {
		p, err := directory.ByID(r.Context(), tx, person)
		login, name = p.Login, p.Name
		return err
	})
	return login, name, err
}
