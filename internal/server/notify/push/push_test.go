package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func unb64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, section 5 and appendix A.
const (
	rfcPlain   = "V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"
	rfcSender  = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	rfcPublic  = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
	rfcPrivate = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	rfcAuth    = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcSalt    = "DGv6ra1nlYgDCS1FRnbzlw"
	rfcMessage = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml" +
		"mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT" +
		"pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func TestExampleOfRFC8291(t *testing.T) {
	sender, err := ecdh.P256().NewPrivateKey(unb64(t, rfcSender))
	if err != nil {
		t.Fatal(err)
	}
	got, err := encryptWith(sender, unb64(t, rfcSalt), unb64(t, rfcPublic), unb64(t, rfcAuth), unb64(t, rfcPlain))
	if err != nil || !bytes.Equal(got, unb64(t, rfcMessage)) {
		t.Errorf("%v\n got %s\nwant %s", err, base64.RawURLEncoding.EncodeToString(got), rfcMessage)
	}
	receiver, err := ecdh.P256().NewPrivateKey(unb64(t, rfcPrivate))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Decrypt(receiver, unb64(t, rfcAuth), unb64(t, rfcMessage))
	if err != nil || !bytes.Equal(plain, unb64(t, rfcPlain)) {
		t.Errorf("%q, %v", plain, err)
	}
}

// A browser is a receiver of push messages.
type browser struct {
	key  *ecdh.PrivateKey
	auth []byte
}

func newBrowser(t testing.TB) browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, authLen)
	rand.Read(auth)
	return browser{key, auth}
}

func (b browser) subscription(endpoint string) Subscription {
	return Subscription{Endpoint: endpoint, P256dh: b.key.PublicKey().Bytes(), Auth: b.auth}
}

func TestOnlyTheSubscriberOpensAMessage(t *testing.T) {
	a, b := newBrowser(t), newBrowser(t)
	for _, n := range []int{0, 1, 100, MostPayload} {
		payload := make([]byte, n)
		rand.Read(payload)
		sealed, err := encrypt(a.key.PublicKey().Bytes(), a.auth, payload)
		if err != nil || len(sealed) > recordSize {
			t.Fatalf("%d bytes, %v", len(sealed), err)
		}
		if got, err := Decrypt(a.key, a.auth, sealed); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := Decrypt(b.key, a.auth, sealed); err == nil {
			t.Error("opened with another key")
		}
		if _, err := Decrypt(a.key, b.auth, sealed); err == nil {
			t.Error("opened with another secret")
		}
	}
	if _, err := encrypt(a.key.PublicKey().Bytes(), a.auth, make([]byte, MostPayload+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too long: %v", err)
	}
}

func TestMalformedSubscriptionsAreRefused(t *testing.T) {
	good := newBrowser(t).subscription("https://push.example.com/x")
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	offCurve := bytes.Clone(good.P256dh)
	offCurve[64] ^= 1
	for what, s := range map[string]Subscription{
		"no point":       {good.Endpoint, nil, good.Auth},
		"off the curve":  {good.Endpoint, offCurve, good.Auth},
		"infinity":       {good.Endpoint, []byte{0}, good.Auth},
		"compressed":     {good.Endpoint, good.P256dh[:33], good.Auth},
		"short secret":   {good.Endpoint, good.P256dh, good.Auth[:15]},
		"long secret":    {good.Endpoint, good.P256dh, append([]byte{1}, good.Auth...)},
		"http":           {"http://push.example.com/x", good.P256dh, good.Auth},
		"no host":        {"https:///x", good.P256dh, good.Auth},
		"credentials":    {"https://u:p@push.example.com/x", good.P256dh, good.Auth},
		"not an address": {"%", good.P256dh, good.Auth},
		"empty":          {},
	} {
		if err := s.Check(); !errors.Is(err, ErrSubscription) {
			t.Errorf("%s: %v", what, err)
		}
		if err := new(Sender).Send(t.Context(), s, Message{}); !errors.Is(err, ErrSubscription) {
			t.Errorf("%s, sent: %v", what, err)
		}
	}
}

func TestOriginIsTheServiceItself(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://fcm.googleapis.com/fcm/send/abc": "https://fcm.googleapis.com",
		"https://Web.Push.Apple.com:443/x?y#z":    "https://web.push.apple.com",
		"https://127.0.0.1:8443/x":                "https://127.0.0.1:8443",
		"https://[2001:db8::1]:8443/x":            "https://[2001:db8::1]:8443",
		"https://example.com:/x":                  "https://example.com",
	} {
		if got, err := Origin(endpoint); err != nil || got != want {
			t.Errorf("%s: %q, %v", endpoint, got, err)
		}
	}
}

// service is a push service that answers with a status, and what it was sent last.
func service(t *testing.T, status int, header ...string) (s *httptest.Server, last func() (*http.Request, []byte)) {
	t.Helper()
	var request *http.Request
	var body []byte
	s = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request = r
		body, _ = io.ReadAll(r.Body)
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s, func() (*http.Request, []byte) { return request, body }
}

var now = time.Date(2026, 3, 14, 5, 32, 0, 0, time.UTC)

func sender(t *testing.T, c *http.Client) *Sender {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Sender{Client: c, Key: key, Contact: "mailto:ops@example.com", Now: func() time.Time { return now }}
}

func TestMessageArrivesWithItsHeaders(t *testing.T) {
	s, last := service(t, http.StatusCreated)
	b := newBrowser(t)
	from := sender(t, s.Client())
	err := from.Send(t.Context(), b.subscription(s.URL+"/send/1"), Message{Payload: []byte("look"), TTL: time.Minute, Urgency: "high", Topic: "request"})
	if err != nil {
		t.Fatal(err)
	}
	r, body := last()
	for name, want := range map[string]string{"TTL": "60", "Urgency": "high", "Topic": "request", "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got, err := Decrypt(b.key, b.auth, body); err != nil || string(got) != "look" {
		t.Errorf("%q, %v", got, err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/send/1" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
	checkVAPID(t, r.Header.Get("Authorization"), from, s.URL)
}

// checkVAPID reads the header as a push service does (RFC 8292).
func checkVAPID(t *testing.T, header string, from *Sender, audience string) {
	t.Helper()
	rest, found := strings.CutPrefix(header, "vapid t=")
	token, key, found2 := strings.Cut(rest, ", k=")
	parts := strings.Split(token, ".")
	if !found || !found2 || len(parts) != 3 || key != PublicKey(from.Key) {
		t.Fatalf("Authorization: %s", header)
	}
	var head struct{ Typ, Alg string }
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	if err := errors.Join(json.Unmarshal(unb64(t, parts[0]), &head), json.Unmarshal(unb64(t, parts[1]), &claims)); err != nil {
		t.Fatal(err)
	}
	if head.Alg != "ES256" || head.Typ != "JWT" || claims.Aud != audience || claims.Sub != "mailto:ops@example.com" {
		t.Errorf("%+v %+v", head, claims)
	}
	if left := time.Unix(claims.Exp, 0).Sub(now); left <= 0 || left > 24*time.Hour {
		t.Errorf("valid for %v", left)
	}
	point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), unb64(t, key))
	if err != nil {
		t.Fatal(err)
	}
	sig, hash := unb64(t, parts[2]), sha256.Sum256([]byte(parts[0]+"."+parts[1]))
	if len(sig) != 64 || !ecdsa.Verify(point, hash[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		t.Error("the token's signature is wrong")
	}
}

func TestAnswersOfAPushService(t *testing.T) {
	for _, c := range []struct {
		status int
		retry  string
		want   error
		after  time.Duration
	}{
		{status: 200}, {status: 201}, {status: 202}, {status: 204},
		{status: 404, want: ErrGone}, {status: 410, want: ErrGone}, {status: 413, want: ErrTooLarge},
		{status: 429, retry: "120", after: 2 * time.Minute},
		{status: 429, retry: now.Add(time.Hour).Format(http.TimeFormat), after: time.Hour},
		{status: 429, retry: now.Add(-time.Hour).Format(http.TimeFormat)},
		{status: 429, retry: "-5"}, {status: 429, retry: "soon"}, {status: 429, retry: "99999999999999", after: 24 * time.Hour},
		{status: 503, retry: "7", after: 7 * time.Second}, {status: 500}, {status: 502},
		{status: 400, want: ErrRejected}, {status: 401, want: ErrRejected}, {status: 403, want: ErrRejected}, {status: 302, want: ErrRejected},
	} {
		s, _ := service(t, c.status, "Retry-After", c.retry)
		err := sender(t, s.Client()).Send(t.Context(), newBrowser(t).subscription(s.URL), Message{})
		var later *Later
		switch {
		case c.status < 300 && err != nil, c.want != nil && !errors.Is(err, c.want):
			t.Errorf("%d: %v, want %v", c.status, err, c.want)
		case c.status == 429 || c.status >= 500:
			if !errors.As(err, &later) || later.After != c.after || later.Status != c.status {
				t.Errorf("%d, Retry-After %q: %v, want after %v", c.status, c.retry, err, c.after)
			}
		}
	}
}

// Opens if and only if it is a message sealed for these keys, unchanged.
func FuzzDecrypt(f *testing.F) {
	b := newBrowser(f)
	payload := []byte("look")
	sealed, err := encrypt(b.key.PublicKey().Bytes(), b.auth, payload)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(unb64(f, rfcMessage))
	f.Add(sealed[:headerLen])
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := Decrypt(b.key, b.auth, message)
		if opened := err == nil; opened != bytes.Equal(message, sealed) {
			// The record size is not authenticated; one record is all there is.
			same := len(message) == len(sealed) && bytes.Equal(message[:saltLen], sealed[:saltLen]) && bytes.Equal(message[saltLen+4:], sealed[saltLen+4:])
			if !same {
				t.Errorf("opened: %v, %q", opened, got)
			}
		}
	})
}
