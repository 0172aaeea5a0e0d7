package remote

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"countersign/internal/wire"
)

// An Offer is what a page shows to pair a device: behind a QR code, or as a
// code to type.
type Offer struct {
	Issuer     string
	ID, Secret string // of a QR code
	Code       string // as [wire.ParsePairingCode] returns it
}

// ParseOffer reads what stands in a pairing QR code: an address on an app's
// origin with all of it behind "#". Which origin does not matter.
func ParseOffer(text string) (Offer, bool) {
	text = strings.TrimSpace(text)
	head, query, ok := strings.Cut(text, "#pair?")
	if !ok || !strings.HasPrefix(head, "https://") && !strings.HasPrefix(head, "http://") {
		return Offer{}, false
	}
	v, err := url.ParseQuery(query)
	if err != nil {
		return Offer{}, false
	}
	o := Offer{Issuer: v.Get("i"), ID: v.Get("o"), Secret: v.Get("s")}
	issuer, ok := ParseIssuer(o.Issuer)
	return o, ok && issuer == o.Issuer && token(o.ID) && token(o.Secret)
}

// ParseIssuer reads the address of a sign-in service as a person types it:
// "id.aoba.example" will do. It is https, or http on this very computer.
func ParseIssuer(text string) (string, bool) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	if !strings.Contains(text, "://") {
		text = "https://" + text
		if u, err := url.Parse(text); err == nil && here(u.Hostname()) {
			text = "http://" + strings.TrimPrefix(text, "https://")
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, " ?#") {
		return "", false
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !here(u.Hostname())) {
		return "", false
	}
	return text, true
}

func here(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1" || strings.HasSuffix(host, ".localhost")
}

var tokens = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)

// token reports whether a text can be an id or a secret of a server.
func token(text string) bool { return tokens.MatchString(text) }

// Pair takes an offer for a new device key. What the server answers is checked
// to be something to work with. The person still has to confirm it on the page.
func Pair(ctx context.Context, o Offer, key *ecdsa.PrivateKey, name, platform string) (wire.PairAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*usual)
	defer cancel()
	p := wire.Pair{Offer: o.ID, Secret: o.Secret, Code: o.Code, Name: name, Platform: platform}
	if err := p.Sign(o.Issuer, key); err != nil {
		return wire.PairAnswer{}, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return wire.PairAnswer{}, err
	}
	call := wire.Call{Method: http.MethodPost, TargetURI: o.Issuer + "/device/pair", Body: b}
	b, _, err = send(ctx, call, http.Header{"Content-Type": {"application/json"}})
	a, err := read[wire.PairAnswer](b, err)
	if err == nil && (a.Issuer != o.Issuer || !token(a.Registration) || a.Person.Subject == "" || a.Code.Secret == "" || a.Code.Period <= 0) {
		err = ErrStranger
	}
	return a, err
}
