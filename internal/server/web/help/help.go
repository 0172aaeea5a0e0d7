// Package helpweb shows the pages of help: what to do with a new phone, with
// work and school accounts, and when something does not work. They are there for
// everybody, signed in or not, and the same as in the app.
package helpweb

import (
	"embed"
	"net/http"
	"slices"

	"countersign/internal/server/web"
	"countersign/ui"
)

//go:embed *.html
var pages embed.FS

type handler struct{ *web.Shell }

// Mount adds the pages.
func Mount(s *web.Shell) error {
	h := &handler{s}
	if err := s.Templates("help", pages); err != nil {
		return err
	}
	s.Page("GET /help", h.getList)
	s.Page("GET /help/{page}", h.getPage)
	return nil
}

func (h *handler) getList(w http.ResponseWriter, r *http.Request) error {
	return h.Render(w, r, http.StatusOK, "help/list.html", ui.Help(h.Lang(r)))
}

func (h *handler) getPage(w http.ResponseWriter, r *http.Request) error {
	all := ui.Help(h.Lang(r))
	i := slices.IndexFunc(all, func(p ui.HelpPage) bool { return p.Page == r.PathValue("page") })
	if i < 0 {
		return web.ErrNotFound
	}
	return h.Render(w, r, http.StatusOK, "help/page.html", all[i])
}
