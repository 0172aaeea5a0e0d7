package oauthweb

import (
	"net/http"
	"net/url"
	"strings"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/web"
	"countersign/internal/wire"
	"countersign/ui"
)

const pathResume = "/authorize/resume"

func (h *handler) getAuthorize(w http.ResponseWriter, r *http.Request) error {
	v, err := query(r)
	if err != nil {
		return err
	}
	sessions, err := h.sessions(r)
	if err != nil {
		return err
	}
	step, err := h.oauth.Begin(r.Context(), v, sessions, h.from(r))
	if err != nil {
		return err
	}
	h.speak(w, r, step.Request.Locales)
	if step.Do == oauth.Consent || step.Do == oauth.OtherAccount {
		return see(w, r, resume(step)) // a page of its own, which can be loaded again
	}
	return h.follow(w, r, step)
}

// getResume is where the person comes back to from signing in, or from a page
// that asked them something.
func (h *handler) getResume(w http.ResponseWriter, r *http.Request) error {
	id := r.URL.Query().Get("r")
	session, err := h.proven(r, id)
	if err != nil {
		return err
	}
	step, err := h.oauth.Resume(r.Context(), id, session, h.from(r))
	if err != nil {
		return err
	}
	return h.follow(w, r, step)
}

// postConsent takes the answer of the consent page.
func (h *handler) postConsent(w http.ResponseWriter, r *http.Request) error {
	id := r.PostForm.Get("r")
	session, err := h.proven(r, id)
	if err != nil {
		return err
	}
	if r.PostForm.Get("answer") != "allow" {
		step, err := h.oauth.Deny(r.Context(), id, h.from(r))
		if err != nil {
			return err
		}
		return h.follow(w, r, step)
	}
	if session == nil || session.ID != r.PostForm.Get("session") {
		return see(w, r, pathResume+"?r="+url.QueryEscape(id)) // somebody else is asked first
	}
	step, err := h.oauth.Allow(r.Context(), id, session, h.from(r))
	if err != nil {
		return err
	}
	return h.follow(w, r, step)
}

// follow does what a step says. Every redirect is 303: a form is never sent on (O7).
func (h *handler) follow(w http.ResponseWriter, r *http.Request, step oauth.Step) error {
	switch step.Do {
	case oauth.Answer:
		return see(w, r, step.To)
	case oauth.Choose:
		return see(w, r, "/signin/accounts?"+url.Values{"to": {resume(step)}}.Encode())
	case oauth.Consent:
		return h.showConsent(w, r, step)
	case oauth.OtherAccount:
		return h.showOther(w, r, step)
	case oauth.TypeCode:
		return see(w, r, oauth.PathDevice)
	case oauth.Told:
		return h.told(w, r, step)
	}
	return h.signIn(w, r, step)
}

func resume(step oauth.Step) string { return resumeOf(step.Request.ID) }

func resumeOf(request string) string { return pathResume + "?r=" + url.QueryEscape(request) }

// see answers 303 without the body that http.Redirect writes, which would
// repeat the address and the code in it.
func see(w http.ResponseWriter, _ *http.Request, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// A grantLine is one thing the application may do.
type grantLine struct{ Text, Note string }

// A consentPage is what the person is asked.
type consentPage struct {
	App, Host    string
	Login, Name  string
	Org          web.Org // whose account it is
	Grants       []grantLine
	Publisher    string // the directory that answers for the application, or ""
	Verified     bool
	Native       bool
	Guest        bool  // the authenticator of another server
	Device       *asks // where the device is that asks, or nil
	Request      string
	Session      string
	AccountsLink string
	Personal     bool // the application is for personal accounts alone
}

func (h *handler) showConsent(w http.ResponseWriter, r *http.Request, step oauth.Step) error {
	page, err := h.consentPage(r, step)
	if err != nil {
		return err
	}
	page.Grants = grants(h.Lang(r), step.Request.Scopes, step.Request.Client)
	if d := step.Request.Device; d != nil {
		page.Device = asksFrom(h.Lang(r), d, web.From(r), h.DB.Now())
	}
	return h.Render(w, r, http.StatusOK, "oauth/consent.html", page)
}

// showOther says that the application is for other people. Where nobody has to
// be signed in, another account is one to sign in with.
func (h *handler) showOther(w http.ResponseWriter, r *http.Request, step oauth.Step) error {
	page, err := h.consentPage(r, step)
	if err != nil {
		return err
	}
	page.Personal = oauth.ForPersonal(step.Request.Client.ID)
	if step.Request.Recovers() {
		page.AccountsLink = "/signin?" + url.Values{"to": {resume(step)}, "other": {"1"}}.Encode()
	}
	return h.Render(w, r, http.StatusOK, "oauth/other.html", page)
}

func (h *handler) consentPage(r *http.Request, step oauth.Step) (consentPage, error) {
	c := step.Request.Client
	page := consentPage{App: c.Name, Host: c.Host, Verified: c.Verified, Native: c.Kind == oauth.Native, Guest: c.Guest, Request: step.Request.ID, Session: step.Session.ID,
		AccountsLink: "/signin/accounts?" + url.Values{"to": {resume(step)}}.Encode()}
	err := h.DB.Read(r.Context(), func(tx *db.Tx) error {
		p, err := directory.ByID(r.Context(), tx, step.Session.Person)
		if err != nil {
			return err
		}
		page.Login, page.Name = p.Login, p.Name
		own, err := directory.Get(r.Context(), tx, p.DirectoryID)
		if err != nil {
			return err
		}
		web.Dress(r, own)
		if page.Org = web.OrgOf(own); c.Directory == "" {
			return nil
		}
		d, err := directory.Get(r.Context(), tx, c.Directory)
		page.Publisher = d.Name
		return err
	})
	return page, err
}

// grants says in words what scopes allow.
func grants(lang string, scopes oauth.Scopes, c *oauth.Client) []grantLine {
	var out []grantLine
	say := func(key string, args ...any) { out = append(out, grantLine{Text: ui.T(lang, key, args...)}) }
	switch name, email := scopes.Has("profile"), scopes.Has("email"); {
	case scopes.Has(wire.ScopeBackup), scopes.Has(wire.ScopeRecover): // alone
	case name && email:
		say("oauth.scope.profile_email")
	case name:
		say("oauth.scope.profile")
	case email:
		say("oauth.scope.email")
	default:
		say("oauth.scope.openid")
	}
	for _, v := range scopes {
		switch v {
		case "openid", "profile", "email":
		case wire.ScopeBackup:
			out = append(out, grantLine{ui.T(lang, "oauth.scope.backup"), ui.T(lang, "oauth.scope.backup.note")})
		case wire.ScopeRecover:
			out = append(out, grantLine{ui.T(lang, "oauth.scope.recover"), ui.T(lang, "oauth.scope.recover.note")})
		case "offline_access":
			out = append(out, grantLine{ui.T(lang, "oauth.scope.offline"), ui.T(lang, "oauth.scope.offline.note")})
		case oauth.ScopeAdmin:
			if c.Audience != "" { // another API's word
				say("oauth.scope.other", "scope", v, "api", host(c))
				continue
			}
			out = append(out, grantLine{ui.T(lang, "oauth.scope.admin"), ui.T(lang, "oauth.scope.admin.note")})
		default:
			say("oauth.scope.other", "scope", v, "api", host(c))
		}
	}
	return out
}

// host names the API that other scopes are for.
func host(c *oauth.Client) string {
	if u, err := url.Parse(c.Audience); err == nil && u.Host != "" {
		return u.Host
	}
	return c.Host
}

// speak chooses the language an application asks for, for this visit, unless
// the person has chosen one (OpenID Connect Core §3.1.2.1, ui_locales).
func (h *handler) speak(w http.ResponseWriter, r *http.Request, locales string) {
	if _, err := r.Cookie("lang"); err == nil {
		return
	}
	for tag := range strings.FieldsSeq(locales) {
		lang, _, _ := strings.Cut(strings.ToLower(tag), "-")
		for _, known := range ui.Languages {
			if lang == known {
				http.SetCookie(w, &http.Cookie{Name: "lang", Value: lang, Path: "/", Secure: h.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
				return
			}
		}
	}
}
