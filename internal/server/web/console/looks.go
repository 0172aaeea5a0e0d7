package consoleweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"countersign/internal/server/admin"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/logo"
	"countersign/internal/server/web"
	"countersign/ui"
)

// A looksPage says how the organisation shows itself.
type looksPage struct {
	frame
	Now    web.Org // as people see it
	Title  string  // name and colour, as typed
	Colour string
	Longest,
	Side int
	Themes []string // that the preview is shown in
	// What is wrong, in words; Field is which it is about.
	Wrong, Field string
	Again        bool // a picture was sent and has to be chosen once more
	Done         bool
}

func (h *handler) getLooks(w http.ResponseWriter, r *http.Request) error {
	return h.showLooks(w, r, http.StatusOK, nil)
}

// showLooks shows the form; typed is what was typed before, nil for nothing.
func (h *handler) showLooks(w http.ResponseWriter, r *http.Request, status int, typed *looksPage) error {
	p := looksPage{Longest: directory.LongestTitle, Side: logo.Side, Themes: []string{"light", "dark"}, Done: r.URL.Query().Has("done")}
	err := h.read(r, &p.frame, "organisation", func(ctx context.Context, tx *db.Tx, v visit) error {
		if !p.Dresses {
			return admin.ErrNotAllowed
		}
		d, err := directory.Get(ctx, tx, v.person.DirectoryID)
		p.Now, p.Title, p.Colour = web.OrgOf(d), d.Name, d.Looks.Accent
		return err
	})
	if err != nil {
		return err
	}
	if typed != nil {
		p.Title, p.Colour, p.Wrong, p.Field, p.Again = typed.Title, typed.Colour, typed.Wrong, typed.Field, typed.Again
	}
	return h.Render(w, r, status, "console/looks.html", p)
}

func (h *handler) postLooks(w http.ResponseWriter, r *http.Request) error {
	typed := &looksPage{Title: r.PostFormValue("name"), Colour: r.PostFormValue("colour")}
	change := directory.Dressing{Name: &typed.Title, Accent: &typed.Colour}
	sent, err := sentPicture(r)
	if err != nil {
		return err
	}
	typed.Again = len(sent) > 0
	switch {
	case len(sent) > 0:
		var png []byte
		if png, err = logo.Draw(sent); err == nil {
			change.Logo = &png
		}
	case r.PostFormValue("nologo") != "":
		change.Logo = &[]byte{}
	}
	if err == nil {
		err = h.write(r, func(ctx context.Context, tx *db.Tx, v visit) error { return h.desk.Dress(ctx, tx, v.by, change) })
	}
	if err == nil {
		return see(w, r, "/admin/organisation?done=1")
	}
	if typed.Field, typed.Wrong = refusal(h.Lang(r), typed, err); typed.Wrong == "" {
		return err
	}
	return h.showLooks(w, r, http.StatusUnprocessableEntity, typed)
}

// refusal says in words why looks are not taken, and which field it is about;
// "" for another error. A colour that is too faint gives way to the nearest that is not.
func refusal(lang string, typed *looksPage, err error) (field, words string) {
	if faint, ok := errors.AsType[*ui.Faint](err); ok {
		was := typed.Colour
		typed.Colour = faint.Nearest
		return "colour", ui.T(lang, "console.looks.faint", "colour", was, "ratio", strconv.FormatFloat(faint.Ratio, 'f', 1, 64), "nearest", faint.Nearest)
	}
	switch {
	case errors.Is(err, ui.ErrColour):
		return "colour", ui.T(lang, "console.looks.notcolour")
	case errors.Is(err, logo.ErrKind):
		return "logo", ui.T(lang, "console.looks.kind")
	case errors.Is(err, logo.ErrLarge):
		return "logo", ui.T(lang, "console.looks.large")
	case errors.Is(err, directory.ErrTaken):
		return "name", ui.T(lang, "console.looks.taken")
	case errors.Is(err, directory.ErrInvalid):
		return "name", ui.T(lang, "console.looks.badname", "n", directory.LongestTitle)
	}
	return "", ""
}

// sentPicture is the picture that a form brings, nil for none. One that is too
// large is read no further than it takes to tell.
func sentPicture(r *http.Request) ([]byte, error) {
	f, _, err := r.FormFile("logo")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	} else if err != nil {
		return nil, web.ErrMalformed
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, logo.MaxBytes+1))
}
