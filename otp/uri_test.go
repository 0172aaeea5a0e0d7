package otp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strconv"
	"testing"
	"time"
)

var errorNames = map[string]error{
	"kind": ErrKind, "secret": ErrSecret, "algorithm": ErrAlgorithm, "digits": ErrDigits,
	"period": ErrPeriod, "counter": ErrCounter, "pin": ErrPIN, "not_uri": ErrNotURI,
}

type uriVector struct {
	Name      string    `json:"name"`
	URI       string    `json:"uri"`
	Kind      Kind      `json:"kind"`
	Issuer    string    `json:"issuer"`
	Account   string    `json:"account"`
	SecretHex string    `json:"secret_hex"`
	Algorithm Algorithm `json:"algorithm"`
	Digits    int       `json:"digits"`
	Period    int       `json:"period"`
	Counter   string    `json:"counter"`
	PIN       string    `json:"pin"`
	Canonical string    `json:"canonical"` // how the key is written again
	Error     string    `json:"error"`
}

func TestURIVectors(t *testing.T) {
	f := load[struct {
		Cases []uriVector `json:"cases"`
	}](t, "uris.json")
	for _, c := range f.Cases {
		k, err := Parse(c.URI)
		if c.Error != "" {
			if !errors.Is(err, errorNames[c.Error]) {
				t.Errorf("%s: %v, want %s", c.Name, err, c.Error)
			}
			continue
		}
		want := Key{Kind: c.Kind, Issuer: c.Issuer, Account: c.Account, Algorithm: c.Algorithm, Digits: c.Digits, Period: c.Period, PIN: c.PIN}
		want.Secret, _ = hex.DecodeString(c.SecretHex)
		want.Counter, _ = strconv.ParseUint(c.Counter, 10, 64)
		if err != nil || !reflect.DeepEqual(k, want) {
			t.Errorf("%s: %+v, %v; want %+v", c.Name, k, err, want)
		}
		if k.URI() != c.Canonical {
			t.Errorf("%s: written as %s, want %s", c.Name, k.URI(), c.Canonical)
		}
	}
}

// FuzzParse knows: what was read makes codes, and is read back from what URI
// writes as the same key.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"otpauth://totp/A:b?secret=GEZDGNBV", "otpauth://HOTP/%3Ab?secret=ge-zd=&counter=7", "steam://GEZDGNBV",
		"otpauth://totp/a#b%zz?secret=GE&issuer=Fooperiod=30", "otpauth://totp/:a%3Ab?secret=GEZA&issuer", "otpauth://steam/Foodigits=5:a?secret=GEZA",
		"motp://a:b?secret=00ff&pin=null", "otpauth://yaotp/a?secret=LA2V6KMCGYMWWVEW64RNP3JA3I&pin=G42TQNQ",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		k, err := Parse(uri)
		if err != nil {
			return
		}
		if _, err := k.CodeOf(1); err != nil {
			t.Fatalf("%q makes no codes: %v", uri, err)
		}
		again, err := Parse(k.URI())
		if err != nil || !reflect.DeepEqual(k, again) {
			t.Fatalf("%q: %+v, then %q: %+v, %v", uri, k, k.URI(), again, err)
		}
	})
}

// A QR code of Yandex holds no PIN: what it does hold is kept, so that the
// person can be asked for the rest.
func TestKeyWithoutItsPINIsReadWhole(t *testing.T) {
	k, err := Parse("otpauth://yaotp/mei?secret=LA2V6KMCGYMWWVEW64RNP3JA3I&pin_length=4")
	if !errors.Is(err, ErrPIN) {
		t.Fatal(err)
	}
	k.PIN = "7586"
	if code, err := k.CodeAt(time.Unix(1581064020, 0)); err != nil || code != "oactmacq" {
		t.Errorf("%+v: %s, %v", k, code, err)
	}
}

// FuzzSecret knows: what FormatSecret writes is read as the same bytes.
func FuzzSecret(f *testing.F) {
	f.Add([]byte("12345678901234567890"))
	f.Fuzz(func(t *testing.T, secret []byte) {
		got, err := ParseSecret(FormatSecret(secret))
		if len(secret) > 0 && (err != nil || !bytes.Equal(got, secret)) {
			t.Fatalf("%x: %x, %v", secret, got, err)
		}
	})
}
