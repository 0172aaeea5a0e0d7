package adminapi

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/internal/server/directory"
)

func TestAProgramDressesTheOrganisationAsItsPersonMay(t *testing.T) {
	o := open(t)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	raw := func(body []byte) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
	}
	admin := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "dresser", directory.Admin)))
	helper := o.token(t, "bot", "openid admin", o.signIn(t, o.hire(t, "helper", directory.Helpdesk)))
	for _, tt := range []struct {
		token, method, path string
		in                  any
		change              func(*http.Request)
		status              int
		says                string
	}{
		{helper, "PUT", "/organisation", map[string]string{"name": "Taken Over"}, nil, 403, "not_allowed"},
		{helper, "PUT", "/organisation/logo", nil, raw(picture.Bytes()), 403, "not_allowed"},
		{helper, "DELETE", "/organisation/logo", nil, nil, 403, "not_allowed"},
		{helper, "GET", "/organisation", nil, nil, 200, `{"name":"Aoba Works"}`},
		{admin, "PUT", "/organisation", map[string]string{"colour": "#7b1fa2"}, nil, 204, ""},
		{admin, "PUT", "/organisation", map[string]string{"colour": "#ffcc00"}, nil, 422, "too_faint"},
		{admin, "PUT", "/organisation", map[string]string{"colour": "plum"}, nil, 422, "unprocessable"},
		{admin, "PUT", "/organisation", map[string]string{"name": "Aoba"}, nil, 204, ""},
		{admin, "PUT", "/organisation/logo", nil, raw([]byte("<svg/>")), 415, "not_a_picture"},
		{admin, "PUT", "/organisation/logo", nil, raw(make([]byte, 1<<20+1)), 413, "too_large"},
		{admin, "PUT", "/organisation/logo", nil, raw(picture.Bytes()), 204, ""},
		{admin, "GET", "/organisation", nil, nil, 200, `{"name":"Aoba","colour":"#7b1fa2","logo_url":"` + "https://id.example.org/looks/"},
		{admin, "DELETE", "/organisation/logo", nil, nil, 204, ""},
		{helper, "GET", "/organisation", nil, nil, 200, `{"name":"Aoba","colour":"#7b1fa2"}`},
	} {
		change := tt.change
		if change == nil {
			change = func(*http.Request) {}
		}
		a := o.call(t, tt.token, tt.method, base+tt.path, tt.in, change)
		if a.status != tt.status || !strings.Contains(string(a.body), tt.says) {
			t.Errorf("%s %s %v: %d %s", tt.method, tt.path, tt.in, a.status, a.body)
		}
	}
}
