package oauthweb

import (
	"net/http"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/ui"
)

// An appLine is one application that a person lets use their account.
type appLine struct {
	ID, Name, Host, When string
	Grants               []grantLine
}

// getApps lists the applications the person has allowed.
func (h *handler) getApps(w http.ResponseWriter, r *http.Request) error {
	session, err := h.Session(r)
	if err != nil {
		return err
	}
	var lines []appLine
	err = h.DB.Read(r.Context(), func(tx *db.Tx) error {
		lines = nil
		p, err := directory.ByID(r.Context(), tx, session.Person)
		if err != nil {
			return err
		}
		for a, err := range oauth.AllowedBy(r.Context(), tx, session.Person) {
			if err != nil {
				return err
			}
			lang := h.Lang(r)
			lines = append(lines, appLine{a.Client, a.Name, a.Host, ui.Day(lang, p.Zone, a.At, tx.Now),
				grants(lang, a.Scopes, &oauth.Client{Host: a.Host, Audience: a.Audience})})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.Render(w, r, http.StatusOK, "oauth/apps.html", lines)
}

// postRemove takes back what the person allowed one application.
func (h *handler) postRemove(w http.ResponseWriter, r *http.Request) error {
	session, err := h.Session(r)
	if err != nil {
		return err
	}
	if err := h.oauth.TakeBack(r.Context(), session.Person, r.PostForm.Get("app"), h.from(r)); err != nil {
		return err
	}
	return see(w, r, "/security/apps")
}
