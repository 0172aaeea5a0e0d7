package wire

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrSkew is returned for a call that was signed more than [Skew] ago, or ahead.
var ErrSkew = errors.New("signed at another time")

// Skew is how far the clocks of a device and a server may differ.
const Skew = 60 * time.Second

const (
	tag         = "countersign-device-1"
	contentType = "application/json"
	// Archive is the content type of a sealed generation.
	Archive = "application/x-tar"
)

// b64pad is how RFC 8941 section 3.3.5 writes bytes.
var b64pad = spelling{base64.StdEncoding.Strict()}

// A Call is what a signature of the device API covers. TargetURI is the
// absolute URL; the server makes it from its own origin, never from the Host
// header of the request.
type Call struct {
	Method    string
	TargetURI string
	Body      []byte
	Type      string // of the body; "" for JSON
}

func (c Call) kind() string { return cmp.Or(c.Type, contentType) }

// A Stamp is what a signature says about itself. One that was read was
// checked in its form only.
type Stamp struct {
	Registration string
	Nonce        string
	Created      int64 // seconds since 1970
	body         bool  // the signature covers a body
}

// params writes the stamp as RFC 9421 section 2.3 does. This one spelling is
// the only one accepted, so nothing can be added, left out, doubled or moved.
func (s Stamp) params() string {
	covered := `("@method" "@target-uri")`
	if s.body {
		covered = `("@method" "@target-uri" "content-digest" "content-type")`
	}
	return fmt.Sprintf(`%s;created=%d;nonce=%q;keyid=%q;alg="ecdsa-p256-sha256";tag=%q`,
		covered, s.Created, s.Nonce, s.Registration, tag)
}

// base is the signature base of RFC 9421 section 2.5.
func (c Call) base(s Stamp) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "\"@method\": %s\n\"@target-uri\": %s\n", c.Method, c.TargetURI)
	if s.body {
		fmt.Fprintf(&b, "\"content-digest\": %s\n\"content-type\": %s\n", digest(c.Body), c.kind())
	}
	fmt.Fprintf(&b, "\"@signature-params\": %s", s.params())
	return []byte(b.String())
}

// digest writes the Content-Digest of RFC 9530.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + b64pad.EncodeToString(sum[:]) + ":"
}

// Sign returns the headers that make the call: Signature-Input, Signature
// and, with a body, Content-Digest and Content-Type. A nonce is 128 random
// bits in 16 to 64 letters, digits, "-" or "_".
func (c Call) Sign(key *ecdsa.PrivateKey, s Stamp) (map[string][]string, error) {
	s.body = len(c.Body) > 0
	raw, err := sign(key, c.base(s))
	if err != nil {
		return nil, err
	}
	h := map[string][]string{
		"Signature-Input": {"cs=" + s.params()},
		"Signature":       {"cs=:" + b64pad.EncodeToString(raw) + ":"},
	}
	if s.body {
		h["Content-Digest"] = []string{digest(c.Body)}
		h["Content-Type"] = []string{c.kind()}
	}
	return h, nil
}

// ReadStamp reads whose signature the headers of a request carry (its keys
// are canonical, as net/http makes them). Nothing is proven by it; see [Stamp.Verify].
func ReadStamp(h map[string][]string) (Stamp, error) {
	given, ok := only(h, "Signature-Input")
	if !ok {
		return Stamp{}, ErrSignature
	}
	var s Stamp
	rest, ok := strings.CutPrefix(given, "cs=")
	params := rest
	if ok {
		_, rest, ok = strings.Cut(rest, ");created=")
	}
	created, rest, ok1 := strings.Cut(rest, `;nonce="`)
	nonce, rest, ok2 := strings.Cut(rest, `";keyid="`)
	id, _, ok3 := strings.Cut(rest, `";`)
	if !ok || !ok1 || !ok2 || !ok3 || !token(nonce, 16) || !token(id, 1) {
		return Stamp{}, ErrSignature
	}
	n, err := strconv.ParseInt(created, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return Stamp{}, ErrSignature
	}
	s = Stamp{Registration: id, Nonce: nonce, Created: n}
	if s.params() != params {
		s.body = true
	}
	if s.params() != params {
		return Stamp{}, ErrSignature
	}
	return s, nil
}

// Verify checks that the headers sign exactly this call, with this key, now.
// It returns [ErrSignature], or [ErrSkew] if only the time is wrong.
func (s Stamp) Verify(c Call, h map[string][]string, key *ecdsa.PublicKey, now time.Time) error {
	if s.body != (len(c.Body) > 0) {
		return ErrSignature
	}
	if s.body {
		sum, ok := only(h, "Content-Digest")
		kind, ok2 := only(h, "Content-Type")
		if !ok || !ok2 || sum != digest(c.Body) || kind != c.kind() {
			return ErrSignature
		}
	}
	given, ok := only(h, "Signature")
	if !ok || !strings.HasPrefix(given, "cs=:") || !strings.HasSuffix(given, ":") || len(given) < 5 {
		return ErrSignature
	}
	raw, err := b64pad.DecodeString(given[4 : len(given)-1])
	if err != nil || !verify(key, c.base(s), raw) {
		return ErrSignature
	}
	if d := now.Sub(time.Unix(s.Created, 0)); d > Skew || d < -Skew {
		return ErrSkew
	}
	return nil
}

// only returns the one value of a header.
func only(h map[string][]string, name string) (string, bool) {
	if v := h[name]; len(v) == 1 {
		return v[0], true
	}
	return "", false
}

// token tells whether s is min to 64 characters of base64url.
func token(s string, min int) bool {
	if len(s) < min || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
