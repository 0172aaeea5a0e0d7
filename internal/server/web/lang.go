package web

import (
	"net/http"
	"slices"
	"time"
)

const langCookie = "lang"

// postLang remembers the language chosen on a page and goes back there.
func (s *Shell) postLang(w http.ResponseWriter, r *http.Request) error {
	lang, to := r.PostFormValue("lang"), r.FormValue("to")
	if !slices.Contains(s.Languages, lang) {
		return ErrMalformed
	}
	if !LocalPath(to) {
		to = "/"
	}
	http.SetCookie(w, &http.Cookie{Name: langCookie, Value: lang, Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		Secure: s.Secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Here says which page the language switch of the answer comes back to, for a
// form that is answered with a page of another address.
func Here(r *http.Request, path string) { visitOf(r).here = path }

// here is the page the language switch comes back to: this one, or what a GET
// shows in its place.
func (s *Shell) here(r *http.Request) string {
	if to := visitOf(r).here; to != "" {
		return to
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if to := r.URL.RequestURI(); LocalPath(to) {
			return to
		}
		return "/"
	}
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	if _, pattern := s.pages.Handler(get); pattern != "" && LocalPath(r.URL.Path) {
		return r.URL.Path
	}
	return "/"
}
