package remote

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"countersign/internal/wire"
)

func TestOffersAreReadAsTheirPageWroteThem(t *testing.T) {
	const id, secret = "ABCDEFGHIJKLMNOPQRST", "abcdefghijklmnopqrst-_"
	want := Offer{Issuer: "https://id.aoba.example", ID: id, Secret: secret}
	got, ok := ParseOffer(" https://app.aoba.example/#pair?i=https%3A%2F%2Fid.aoba.example&o=" + id + "&s=" + secret + "\n")
	if !ok || got != want {
		t.Errorf("%+v %v", got, ok)
	}
	for _, wrong := range []string{
		"", "#pair?i=https://id.example&o=" + id + "&s=" + secret,
		"https://a/#pair?i=http%3A%2F%2Fid.aoba.example&o=" + id + "&s=" + secret,
		"https://a/#pair?i=https%3A%2F%2Fx%40id.aoba.example&o=" + id + "&s=" + secret,
		"https://a/#pair?i=https%3A%2F%2Fid.aoba.example&o=../../x&s=" + secret,
		"https://a/#pair?i=https%3A%2F%2Fid.aoba.example&o=" + id,
	} {
		if o, ok := ParseOffer(wrong); ok {
			t.Errorf("%q was read as %+v", wrong, o)
		}
	}
}

func TestAddressesAreReadAsPeopleTypeThem(t *testing.T) {
	for typed, want := range map[string]string{
		"id.aoba.example": "https://id.aoba.example", " https://id.aoba.example/ ": "https://id.aoba.example",
		"localhost:8080": "http://localhost:8080", "http://id.aoba.example": "", "ftp://x": "", "": "", "https://a b": "",
	} {
		if got, _ := ParseIssuer(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func door(t *testing.T, answer http.HandlerFunc) *Door {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Door{Issuer: s.URL, Registration: "REGISTRATION", Key: key, Now: time.Now}
}

func TestAWrongClockIsPutRightOnce(t *testing.T) {
	var created []int64
	ahead := 10 * time.Minute
	d := door(t, func(w http.ResponseWriter, r *http.Request) {
		stamp, err := wire.ReadStamp(r.Header)
		if err != nil {
			t.Error(err)
		}
		created = append(created, stamp.Created)
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		if len(created) == 1 {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(wire.Problem{Code: wire.CodeSkew})
			return
		}
		_ = json.NewEncoder(w).Encode(wire.Briefs{})
	})
	if _, err := d.Open(t.Context()); err != nil || len(created) != 2 {
		t.Fatal(created, err)
	}
	if off := created[1] - time.Now().Add(ahead).Unix(); off < -5 || off > 5 {
		t.Errorf("signed %d s off", off)
	}
}

func TestStrangersAreNotBelieved(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"a page":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, ErrStranger},
		"no end":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(strings.Repeat(" ", largest+1))) }, ErrStranger},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, ErrStranger},
		"a proxy":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, ErrUnreachable},
		"a removal": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = w.Write([]byte(`{"error":"removed"}`))
		}, ErrRemoved},
	} {
		if _, err := door(t, c.answer).Open(t.Context()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARequestOfAnotherIDIsNotBelieved(t *testing.T) {
	d := door(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"OTHEROTHEROTHEROTHER"}`)) })
	if _, err := d.Fetch(t.Context(), "ABCDEFGHIJKLMNOPQRST"); !errors.Is(err, ErrStranger) {
		t.Error(err)
	}
	if _, err := d.Fetch(t.Context(), "../registration"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}
