package web

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"countersign/ui"
)

//go:embed static/*.js
var scripts embed.FS

// statics are the files under /static/, by the name they are served as. A
// name with the hash of its content in it never changes its meaning, so
// browsers may keep it for ever; the plain name is checked each time.
type statics struct {
	byName map[string]staticFile
	hashed map[string]string // plain name to name with hash
}

type staticFile struct {
	body   []byte
	kind   string
	etag   string
	always bool // the name has the hash in it
}

func loadStatics() (statics, error) {
	s := statics{byName: map[string]staticFile{}, hashed: map[string]string{}}
	for _, from := range []struct {
		files fs.FS
		globs []string
	}{
		{ui.Files, []string{"*.css", "icons.svg", "icons/*"}},
		{scripts, []string{"static/*.js"}},
	} {
		for _, glob := range from.globs {
			names, err := fs.Glob(from.files, glob)
			if err != nil {
				return statics{}, err
			}
			for _, name := range names {
				body, err := fs.ReadFile(from.files, name)
				if err != nil {
					return statics{}, err
				}
				s.add(path.Base(name), body)
			}
		}
	}
	return s, nil
}

func (s *statics) add(name string, body []byte) {
	sum := sha256.Sum256(body)
	hash := base64.RawURLEncoding.EncodeToString(sum[:9])
	ext := path.Ext(name)
	f := staticFile{body: body, kind: contentType(ext), etag: `"` + hash + `"`}
	s.byName[name] = f
	f.always = true
	s.hashed[name] = fmt.Sprintf("%s.%s%s", strings.TrimSuffix(name, ext), hash, ext)
	s.byName[s.hashed[name]] = f
}

// forEver is for what never changes under its address.
const forEver = "public, max-age=31536000, immutable"

// contentType does not ask the computer, whose tables differ.
func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return mime.TypeByExtension(ext)
}

// path is where a file is found for ever.
func (s statics) path(name string) (string, error) {
	hashed, ok := s.hashed[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return "/static/" + hashed, nil
}

func (s statics) serve(w http.ResponseWriter, r *http.Request) {
	s.send(w, r, r.PathValue("file"))
}

func (s statics) favicon(w http.ResponseWriter, r *http.Request) { s.send(w, r, "favicon.svg") }

func (s statics) send(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := s.byName[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", policyAPI)
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "no-cache")
	if f.always {
		h.Set("Cache-Control", forEver)
	}
	if strings.Contains(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(f.body) // a reader who left is no fault
}
