package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/ui"
)

// An Org is the organisation whose people a page is for, as the page shows it.
type Org struct {
	Name  string // "" for none
	Logo  string // where its picture is, or ""
	Sheet string // where the style sheet with its colour is, or ""
}

// OrgOf is how pages show a directory. People of a personal one are in no organisation.
func OrgOf(d directory.Directory) Org {
	if d.Kind != directory.Organization {
		return Org{}
	}
	o := Org{Name: d.Name}
	if d.Looks.Logo != "" {
		o.Logo = "/looks/" + d.Looks.Logo + ".png"
	}
	o.Sheet = sheetOf(d.Looks.Accent)
	return o
}

// sheets remembers where the style sheets of accents are: working one out takes
// longer than drawing a page, and there are no more than organisations had colours.
var sheets sync.Map

func sheetOf(accent string) string {
	if path, ok := sheets.Load(accent); ok {
		return path.(string)
	}
	path := ""
	if sheet, err := ui.NewAccent(accent); err == nil {
		path = "/looks/" + sheetName(accent, sheet)
	}
	sheets.Store(accent, path)
	return path
}

// sheetName is what a style sheet is served as: the colour that it follows from,
// and a hash of what this version of the server makes of it.
func sheetName(accent string, a ui.Accent) string {
	sum := sha256.Sum256([]byte(a.CSS()))
	return strings.TrimPrefix(accent, "#") + "." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ".css"
}

// Dress has the pages of the request look as the organisation does.
func Dress(r *http.Request, d directory.Directory) {
	o := OrgOf(d)
	visitOf(r).org = &o
}

// orgOf is the organisation a page is for: what [Dress] said, else that of who is signed in.
func (s *Shell) orgOf(r *http.Request) (o Org, err error) {
	v := visitOf(r)
	if v.org != nil {
		return *v.org, nil
	}
	if v.session == nil || v.session.err != nil {
		return Org{}, nil
	}
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		d, err := directory.Get(r.Context(), tx, v.session.person.DirectoryID)
		o = OrgOf(d)
		return err
	})
	return o, err
}

// getLooks serves what makes pages look as an organisation does: its picture, or
// the style sheet that follows from its colour. Neither changes its meaning, and
// both are for everybody to see.
func (s *Shell) getLooks(w http.ResponseWriter, r *http.Request) error {
	file := r.PathValue("file")
	if id, ok := strings.CutSuffix(file, ".png"); ok {
		return s.sendPicture(w, r, id)
	}
	colour, _, _ := strings.Cut(file, ".")
	sheet, err := ui.NewAccent("#" + colour)
	if err != nil || file != sheetName("#"+colour, sheet) {
		return ErrNotFound
	}
	s.sendForEver(w, ".css", []byte(sheet.CSS()))
	return nil
}

func (s *Shell) sendPicture(w http.ResponseWriter, r *http.Request, id string) (err error) {
	var png []byte
	err = s.DB.Read(r.Context(), func(tx *db.Tx) error {
		png, err = directory.Picture(r.Context(), tx, id)
		return err
	})
	if err == nil {
		s.sendForEver(w, ".png", png)
	}
	return err
}

func (s *Shell) sendForEver(w http.ResponseWriter, ext string, body []byte) {
	h := w.Header()
	h.Set("Content-Security-Policy", policyAPI)
	h.Set("Content-Type", contentType(ext))
	h.Set("Cache-Control", forEver)
	_, _ = w.Write(body) // a reader who left is no fault
}
