package consoleweb_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/logo"
	"countersign/internal/server/registration/regtest"
	"countersign/ui"
)

// A visitor is somebody who is signed in, with their browser.
type visitor struct {
	*desk
	lang, cookies string
}

func (d *desk) visitor(t *testing.T, role, lang string) visitor {
	t.Helper()
	p := d.Member(t, "visitor-"+directory.RoleWord(role)+"-"+lang)
	d.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, role) })
	return visitor{d, lang, "__Host-ss=" + strings.Join(d.signIn(t, p.Login).Signed.Tokens, ".")}
}

func (v visitor) send(t *testing.T, r *http.Request) (*http.Response, string) {
	t.Helper()
	r.Header.Set("Accept-Language", v.lang)
	r.Header.Set("Cookie", v.cookies)
	if r.Method == "POST" && r.Header.Get("Sec-Fetch-Site") == "" {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	w := httptest.NewRecorder()
	v.shell.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

func (v visitor) get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	return v.send(t, httptest.NewRequest("GET", regtest.Issuer+path, nil))
}

// form is what a browser makes of the form, with a file if there is one.
func form(t *testing.T, name, colour string, file []byte, more ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for pair := range slices.Chunk(append([]string{"name", name, "colour", colour}, more...), 2) {
		if err := m.WriteField(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("logo", "aoba.png")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", regtest.Issuer+"/admin/organisation", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	return r
}

func square(t *testing.T, c color.Color) []byte {
	t.Helper()
	p := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 * 40 {
		p.Set(i%40, i/40, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var plum = color.NRGBA{0x7b, 0x1f, 0xa2, 0xff}

func TestAnAdminDressesTheOrganisation(t *testing.T) {
	d := open(t)
	for _, lang := range ui.Languages {
		v := d.visitor(t, directory.Admin, lang)
		if got, page := v.get(t, "/admin/organisation"); got.StatusCode != 200 || !strings.Contains(page, ui.T(lang, "console.looks.lead")) {
			t.Fatalf("%s: %d %s", lang, got.StatusCode, page)
		}
		got, page := v.send(t, form(t, "Aoba "+lang, "#7b1fa2", square(t, plum)))
		if got.StatusCode != 303 || got.Header.Get("Location") != "/admin/organisation?done=1" {
			t.Fatalf("%s: %d %s", lang, got.StatusCode, page)
		}
		_, page = v.get(t, "/admin/organisation?done=1")
		for _, want := range []string{"Aoba " + lang, "#7b1fa2", ui.T(lang, "console.looks.done"), ui.T(lang, "console.looks.nologo")} {
			if !strings.Contains(page, want) {
				t.Errorf("%s: no %q", lang, want)
			}
		}
		if got, page := v.send(t, form(t, "Aoba "+lang, "", nil, "nologo", "1")); got.StatusCode != 303 {
			t.Errorf("%s: %d %s", lang, got.StatusCode, page)
		}
		if _, page := v.get(t, "/admin/organisation"); strings.Contains(page, "/looks/") {
			t.Errorf("%s: undressed it has %s", lang, page)
		}
	}
}

// Every page of who is signed in wears the looks: by addresses of our own, which
// never change their meaning.
func TestW1LooksAreServedByUsAsWhatTheyAre(t *testing.T) {
	v := open(t).visitor(t, directory.Owner, "en")
	if got, page := v.send(t, form(t, "Aoba Works", "#7b1fa2", square(t, plum))); got.StatusCode != 303 {
		t.Fatal(page)
	}
	_, page := v.get(t, "/admin")
	sheet := regexp.MustCompile(`<link rel="stylesheet" href="(/looks/7b1fa2\.[\w-]+\.css)">`).FindStringSubmatch(page)
	if sheet == nil {
		t.Fatal(page)
	}
	_, page = v.get(t, "/admin/organisation")
	mark := regexp.MustCompile(`<img class="mark work sm" src="(/looks/[\w-]+\.png)" alt=""`).FindStringSubmatch(page)
	if mark == nil {
		t.Fatal(page)
	}
	for path, kind := range map[string]string{sheet[1]: "text/css; charset=utf-8", mark[1]: "image/png"} {
		got, body := v.get(t, path)
		h := got.Header
		if got.StatusCode != 200 || h.Get("Content-Type") != kind || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, got.StatusCode, h)
		}
		if kind == "image/png" {
			if p, err := png.Decode(strings.NewReader(body)); err != nil || p.Bounds().Dx() != logo.Side {
				t.Errorf("%v", err)
			}
		} else if !strings.Contains(body, "--pine: light-dark(#7b1fa2, ") {
			t.Errorf("%s", body)
		}
	}
	for _, path := range []string{"/looks/7b1fa2.css", "/looks/7b1fa2.AAAAAAAAAAAA.css", "/looks/ffcc00.AAAAAAAAAAAA.css", "/looks/x.png", "/looks/red;}.css"} {
		if got, _ := v.get(t, path); got.StatusCode != 404 {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
}

// What is not taken is said beside its field, keeps what was typed, and changes nothing.
func TestLooksThatAreNotTakenAreSaidBesideTheirField(t *testing.T) {
	d := open(t)
	d.Write(t, func(tx *db.Tx) error {
		_, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Organization, Name: "Kita Lab"})
		return err
	})
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)
	for _, lang := range ui.Languages {
		v := d.visitor(t, directory.Owner, lang)
		for words, r := range map[string]*http.Request{
			ui.T(lang, "console.looks.taken"):                                                            form(t, "kita lab", "", nil),
			ui.T(lang, "console.looks.badname", "n", directory.LongestTitle):                             form(t, " ", "", nil),
			ui.T(lang, "console.looks.notcolour"):                                                        form(t, "Aoba Works", "red", nil),
			ui.T(lang, "console.looks.kind"):                                                             form(t, "Aoba Works", "", svg),
			ui.T(lang, "console.looks.large"):                                                            form(t, "Aoba Works", "", make([]byte, logo.MaxBytes+1)),
			ui.T(lang, "console.looks.faint", "colour", "#ffcc00", "ratio", "1.3", "nearest", "#846800"): form(t, "Aoba Works", "#ffcc00", square(t, plum)),
		} {
			got, page := v.send(t, r)
			if got.StatusCode != 422 || !strings.Contains(page, words) || !strings.Contains(page, `aria-invalid="true"`) {
				t.Errorf("%s: %d, no %q", lang, got.StatusCode, words)
			}
		}
		if _, page := v.get(t, "/admin/organisation"); strings.Contains(page, "/looks/") || !strings.Contains(page, `value="Aoba Works"`) {
			t.Errorf("%s: it changed", lang)
		}
	}
	v := d.visitor(t, directory.Owner, "fr")
	if _, page := v.send(t, form(t, "Aoba Works", "#ffcc00", square(t, plum))); !strings.Contains(page, `value="#846800"`) || !strings.Contains(page, ui.T("en", "console.looks.again")) {
		t.Error("the nearest colour is not in the field")
	}
}

// W1: a file comes from our own page only, with a size, where a file is wanted.
func TestW1AFileIsTakenFromOurOwnPageOnly(t *testing.T) {
	v := open(t).visitor(t, directory.Owner, "en")
	for _, site := range []string{"cross-site", "same-site", "none"} {
		r := form(t, "Aoba", "", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		if got, _ := v.send(t, r); got.StatusCode != 403 {
			t.Errorf("%s: %d", site, got.StatusCode)
		}
	}
	if got, _ := v.send(t, form(t, "Aoba", "", make([]byte, 3<<20))); got.StatusCode != 413 {
		t.Errorf("3 MiB: %d", got.StatusCode)
	}
	r := form(t, "Aoba", "", nil)
	r.URL.Path = "/admin/people/add"
	if got, _ := v.send(t, r); got.StatusCode != 400 {
		t.Errorf("where none is wanted: %d", got.StatusCode)
	}
}

func TestWhoMayNotDressSeesNoFormAndIsRefused(t *testing.T) {
	d := open(t)
	for role, want := range map[string]int{directory.Auditor: 403, directory.Helpdesk: 403, directory.Member: 403, directory.Admin: 200} {
		v := d.visitor(t, role, "en")
		got, _ := v.get(t, "/admin/organisation")
		changed, _ := v.send(t, form(t, "Taken Over", "", nil))
		if got.StatusCode != want || (changed.StatusCode == 303) != (want == 200) {
			t.Errorf("%q: %d, %d", role, got.StatusCode, changed.StatusCode)
		}
		if _, page := v.get(t, "/admin"); want != 200 && strings.Contains(page, "/admin/organisation") {
			t.Errorf("%q is led there", role)
		}
	}
	plain := httptest.NewRequest("POST", regtest.Issuer+"/admin/organisation", strings.NewReader(url.Values{"name": {"Aoba"}, "colour": {""}}.Encode()))
	plain.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got, page := d.visitor(t, directory.Owner, "ja").send(t, plain); got.StatusCode != 303 {
		t.Errorf("without a file: %d %s", got.StatusCode, page)
	}
}
