package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/server/journeytest"
	"countersign/internal/wire"
)

// With a database of places the phone is told where the browser is, and so is
// whoever looks at their activity later; where it knows nothing, the address
// stands alone.
func TestThePhoneIsToldWhereTheBrowserIs(t *testing.T) {
	w := journeytest.New(t, 1)
	file, err := filepath.Abs("../../testdata/places.mmdb") // the lower half of all addresses is Osaka
	if err != nil {
		t.Fatal(err)
	}
	w.Config.GeoIPFile = file
	w.Start(t, io.Discard)
	p := w.People[0]
	for _, from := range [][2]string{{"203.0.113.9", ""}, {"100.64.0.9", "Osaka, Japan"}} {
		ip, place := from[0], from[1]
		p.IP = ip
		b := w.Browser(p)
		if err := b.Begin(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		number, err := b.Number()
		if err != nil {
			t.Fatal(err)
		}
		if asked := fetched(t, p.Phone); asked.Place != place || asked.IP != ip {
			t.Errorf("from %s the phone is told of %q, %s", ip, asked.Place, asked.IP)
		}
		if _, err := p.Phone.Approve(t.Context(), number); err != nil {
			t.Fatal(err)
		}
		if err := b.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Get(t.Context(), "/security/activity"); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.Page, "Osaka, Japan") != (place != "") {
			t.Errorf("from %s the activity does not say so:\n%s", ip, b.Page)
		}
	}
}

// fetched is the newest request as the phone gets it.
func fetched(t *testing.T, phone *journeytest.Phone) (q wire.Request) {
	t.Helper()
	id, err := phone.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := phone.Request(t.Context(), http.MethodGet, "/device/requests/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	if err := json.NewDecoder(a.Body).Decode(&q); err != nil {
		t.Fatal(err)
	}
	return q
}
