// Package oauthweb is the face of package oauth: the authorization endpoint
// with its consent page, the page where a device's code is typed, the endpoints that applications call, the two
// well-known documents, sign-out for applications, and the page on which a
// person takes back what they allowed.
//
// The road from an application to its answer crosses origins, without scripts:
// links and forms, and each form is answered by 303. So the pages on it have
// neither Cross-Origin-Opener-Policy nor form-action (O8).
package oauthweb

import (
	"context"
	"embed"
	"errors"
	"net/http"
	"net/url"

	"countersign/internal/server/db"
	"countersign/internal/server/oauth"
	"countersign/internal/server/signin"
	"countersign/internal/server/web"
)

//go:embed *.html
var pages embed.FS

// Deps are what the pages stand on.
type Deps struct {
	OAuth  *oauth.Service
	SignIn *signin.Service
}

type handler struct {
	*web.Shell
	oauth  *oauth.Service
	signin *signin.Service
}

// formLimit is the size of a form that an application posts.
const formLimit = 16 << 10

// Mount adds the endpoints and pages to the shell.
func Mount(s *web.Shell, d Deps) error {
	h := &handler{Shell: s, oauth: d.OAuth, signin: d.SignIn}
	if err := s.Templates("oauth", pages); err != nil {
		return err
	}
	s.Explain(problems...)

	s.Page("GET "+oauth.PathAuthorize, h.getAuthorize, web.AuthorizeRoad)
	s.Page("POST "+oauth.PathAuthorize, asGet, web.AuthorizeRoad, web.FromAnywhere)
	s.Page("GET "+pathResume, h.getResume, web.AuthorizeRoad)
	s.Page("POST /consent", h.postConsent, web.AuthorizeRoad)

	s.Page("GET "+oauth.PathDevice, h.getDevice)
	s.Page("POST "+oauth.PathDevice, h.postDevice)
	s.Page("GET "+pathTold, h.getTold)

	s.API("POST "+oauth.PathDeviceAuthorization, formLimit, h.postDeviceAuthorization)
	s.API("POST "+oauth.PathToken, formLimit, h.postToken)
	s.API("GET "+oauth.PathUserInfo, 0, h.userInfo)
	s.API("POST "+oauth.PathUserInfo, formLimit, h.userInfo)
	s.API("POST "+oauth.PathRevoke, formLimit, h.postRevoke)
	s.API("GET "+oauth.PathKeys, 0, h.getKeys)
	s.API("GET /.well-known/openid-configuration", 0, h.getDiscovery)
	s.API("GET /.well-known/oauth-authorization-server", 0, h.getDiscovery)

	s.Page("GET "+oauth.PathLogout, h.getLogout, web.AuthorizeRoad)
	s.Page("POST "+oauth.PathLogout, asGet, web.AuthorizeRoad, web.FromAnywhere)
	s.Page("POST /logout/confirm", h.postLogout, web.AuthorizeRoad)

	s.Page("GET /security/apps", s.NeedSession(false, h.getApps))
	s.Page("POST /security/apps/remove", s.NeedSession(false, h.postRemove))
	return nil
}

// problems are how the errors look that are the person's to read.
var problems = []web.Problem{
	{Err: oauth.ErrUnknownClient, Status: http.StatusBadRequest, Code: "unknown_client", Title: "oauth.unknown.title", Text: "oauth.unknown.text"},
	{Err: oauth.ErrWrongRedirect, Status: http.StatusBadRequest, Code: "wrong_redirect", Title: "oauth.redirect.title", Text: "oauth.redirect.text"},
	{Err: oauth.ErrGone, Status: http.StatusGone, Code: "gone", Title: "oauth.gone.title", Text: "oauth.gone.text"},
	{Err: signin.ErrTooMany, Status: http.StatusTooManyRequests, Code: "too_many", Title: "common.toomany.title", Text: "common.toomany.text"},
	{Err: oauth.ErrAnswered, Status: http.StatusConflict, Code: "answered", Title: "oauth.answered.title", Text: "oauth.answered.text"},
}

// asGet turns a form posted by another site into the same request as a link.
// The cookies, which browsers leave out of the form, come with the link; and
// nothing is changed by it that a link could not change.
func asGet(w http.ResponseWriter, r *http.Request) error {
	if len(r.PostForm.Encode()) > formLimit {
		return web.ErrTooLarge
	}
	http.Redirect(w, r, r.URL.Path+"?"+r.PostForm.Encode(), http.StatusSeeOther)
	return nil
}

// query reads the parameters of a link strictly: what cannot be read is not guessed.
func query(r *http.Request) (url.Values, error) {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, web.ErrMalformed
	}
	return v, nil
}

func (h *handler) from(r *http.Request) oauth.From {
	c := web.From(r)
	return oauth.From{IP: c.IP, Place: c.Place, Browser: c.Agent(), Correlation: web.Reference(r), Typed: h.Cookie(r, web.TypedCookie)}
}

// sessions are all sessions of this browser, the one in use first.
func (h *handler) sessions(r *http.Request) ([]signin.Session, error) {
	tokens := h.SessionTokens(r)
	if len(tokens) <= 1 {
		session, err := h.Session(r)
		if errors.Is(err, signin.ErrNoSession) {
			return nil, nil
		}
		return []signin.Session{session}, err
	}
	opened, err := h.opened(r.Context(), tokens)
	var all []signin.Session
	for _, o := range opened {
		all = append(all, o.Session)
	}
	return all, err
}

// An opened session is one with the token that opens it.
type opened struct {
	signin.Session
	token string
}

func (h *handler) opened(ctx context.Context, tokens []string) (all []opened, err error) {
	err = h.DB.Read(ctx, func(tx *db.Tx) error {
		all = nil
		for _, t := range tokens {
			s, err := signin.SessionOf(ctx, tx, t)
			if errors.Is(err, signin.ErrNoSession) {
				continue
			} else if err != nil {
				return err
			}
			all = append(all, opened{s, t})
		}
		return nil
	})
	return all, err
}

// proven is who this browser proved to be for a request: by a recovery sign-in
// for that very request, else the session in use; nil for nobody.
func (h *handler) proven(r *http.Request, request string) (*signin.Session, error) {
	s, err := h.signin.Recovered(r.Context(), h.Cookie(r, web.AttemptCookie), resumeOf(request))
	if errors.Is(err, signin.ErrNoSession) {
		return h.current(r)
	}
	return &s, err
}

// current is the session in use, or nil.
func (h *handler) current(r *http.Request) (*signin.Session, error) {
	s, err := h.Session(r)
	if errors.Is(err, signin.ErrNoSession) {
		return nil, nil
	}
	return &s, err
}
