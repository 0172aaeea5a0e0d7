package appweb

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"countersign/ui"
)

// A file of the built app. Its bytes stay where they are embedded.
type file struct {
	in     fs.FS
	name   string
	etag   string
	kind   string
	hashed bool   // the name has the hash in it
	small  string // name of the Brotli twin, "" if there is none
}

// load lists the built app by path, "/assets/index-Be0m.js".
func load(dist fs.FS) (map[string]file, error) {
	files := map[string]file{}
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) == ".br" || path.Base(name) == ".gitkeep" {
			return err
		}
		f, err := describe(dist, name)
		files["/"+name] = f
		return err
	})
	return files, err
}

func describe(dist fs.FS, name string) (file, error) {
	kind, ok := kinds[path.Ext(name)]
	if !ok {
		return file{}, fmt.Errorf("app: no content type for %s", name)
	}
	f := file{in: dist, name: name, kind: kind, hashed: strings.HasPrefix(name, "assets/")}
	var err error
	if f.etag, err = f.tag(); err != nil {
		return file{}, err
	}
	if _, err := fs.Stat(dist, name+".br"); err == nil {
		f.small = name + ".br"
	}
	return f, nil
}

// tag tells the file from what it was in other versions. A hash in the name is
// enough: the large ones, megabytes of WebAssembly, are not read for it.
func (f file) tag() (string, error) {
	if f.hashed {
		return path.Base(f.name), nil
	}
	content, err := f.in.Open(f.name)
	if err != nil {
		return "", err
	}
	defer content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:12]), nil
}

// kinds are the content types; the computer's own tables differ.
var kinds = map[string]string{
	".css":         "text/css; charset=utf-8",
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".png":         "image/png",
	".svg":         "image/svg+xml",
	".txt":         "text/plain; charset=utf-8",
	".wasm":        "application/wasm",
	".webmanifest": "application/manifest+json",
}

// send gives the file out, compressed for those who can read it.
func (f file) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	if f.hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	name, etag := f.name, f.etag
	if f.small != "" {
		h.Set("Vary", "Accept-Encoding")
		if takesBrotli(r) {
			name, etag = f.small, f.etag+"-br"
			h.Set("Content-Encoding", "br")
		}
	}
	h.Set("ETag", `"`+etag+`"`)
	content, err := f.in.Open(name)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer content.Close()
	http.ServeContent(w, r, "", time.Time{}, seeker(content))
}

// takesBrotli reads Accept-Encoding as browsers write it; "br;q=0" is a no.
func takesBrotli(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if name == "br" {
			return strings.TrimSpace(weight) != "q=0"
		}
	}
	return false
}

// seeker is the file itself where it is embedded; other file systems are read whole.
func seeker(content fs.File) io.ReadSeeker {
	if s, ok := content.(io.ReadSeeker); ok {
		return s
	}
	all, _ := io.ReadAll(content)
	return bytes.NewReader(all)
}

var unbuilt = template.Must(template.New("unbuilt").Funcs(template.FuncMap{
	"title": func(lang string) string { return ui.T(lang, "app.unbuilt.title") },
	"text":  func(lang string) string { return ui.T(lang, "app.unbuilt.text") },
}).Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign</title>
{{range .}}<section lang="{{.}}"><h1>{{title .}}</h1><p>{{text .}}</p></section>
{{end}}`))
