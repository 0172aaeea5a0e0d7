package demo

import "net/http"

// Notes is a single-page application: static files, a script that does the
// code flow with PKCE in plain JavaScript, tokens in memory only. Its policy
// lets it talk to the service and to its API, and to nobody else.
type notesPage struct{ Issuer, Client, Scope, API, Start string }

func newNotes(o Origins) (*site, error) {
	s, err := newSite("demo.notes.name", "script-src 'self'; connect-src "+o.ID+" "+o.API+
		"; form-action 'none'; require-trusted-types-for 'script'", "notes.html")
	if err != nil {
		return nil, err
	}
	s.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		s.show(w, r, http.StatusOK, "notes.html", notesPage{o.ID, NotesID, "openid profile offline_access " + scopeNotes, o.API, o.Start})
	})
	return s, nil
}
