package push

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// validity of a token; RFC 8292 allows 24 hours.
const validity = 12 * time.Hour

// vapid makes the Authorization header for a push service's origin (RFC 8292,
// sections 2 and 3): a token signed with ES256, and the key that signed it.
func (s *Sender) vapid(origin string) (string, error) {
	claims, err := json.Marshal(struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
		Sub string `json:"sub,omitempty"`
	}{origin, s.Now().Add(validity).Unix(), s.Contact})
	if err != nil {
		return "", err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + b64(claims)
	hash := sha256.Sum256([]byte(text))
	r, z, err := ecdsa.Sign(rand.Reader, s.Key, hash[:])
	if err != nil {
		return "", err
	}
	sig := make([]byte, 64) // r and s, 32 bytes each (RFC 7518, section 3.4)
	r.FillBytes(sig[:32])
	z.FillBytes(sig[32:])
	return "vapid t=" + text + "." + b64(sig) + ", k=" + PublicKey(s.Key), nil
}
