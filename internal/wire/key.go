package wire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ErrKey is returned for a public key that is not a point of P-256.
var ErrKey = errors.New("not a P-256 public key")

// ErrSignature is returned for anything that is not signed exactly as it must be.
var ErrSignature = errors.New("signature does not fit")

const (
	coordinate = 32 // bytes of a coordinate or scalar of P-256
	point      = 1 + 2*coordinate
)

// curve is that of every key here.
var curve = elliptic.P256()

// b64 is base64url without padding, in which one value has one spelling.
var b64 = spelling{base64.RawURLEncoding.Strict()}

type spelling struct{ *base64.Encoding }

// DecodeString refuses line breaks too, which encoding/base64 lets pass.
func (e spelling) DecodeString(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(s, "\r\n"))
	}
	return e.Encoding.DecodeString(s)
}

// A JWK is a public device key as RFC 7518 section 6.2 writes it.
type JWK struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// NewJWK writes a public key.
func NewJWK(k *ecdsa.PublicKey) (JWK, error) {
	p, err := k.Bytes()
	if err != nil || len(p) != point {
		return JWK{}, ErrKey
	}
	return JWK{"EC", "P-256", b64.EncodeToString(p[1 : 1+coordinate]), b64.EncodeToString(p[1+coordinate:])}, nil
}

// coordinates are the bytes of the point, unchecked.
func (j JWK) coordinates() (x, y []byte, err error) {
	x, errX := b64.DecodeString(j.X)
	y, errY := b64.DecodeString(j.Y)
	if errX != nil || errY != nil {
		return nil, nil, ErrInvalid
	}
	return x, y, nil
}

// PublicKey reads the key and checks that it is a point of P-256.
func (j JWK) PublicKey() (*ecdsa.PublicKey, error) {
	x, errX := b64.DecodeString(j.X)
	y, errY := b64.DecodeString(j.Y)
	if j.Kty != "EC" || j.Crv != "P-256" || errX != nil || errY != nil || len(x) != coordinate || len(y) != coordinate {
		return nil, ErrKey
	}
	return ReadKey(append(append([]byte{4}, x...), y...))
}

// ReadKey reads a public key from its 65 bytes (SEC 1, uncompressed).
func ReadKey(b []byte) (*ecdsa.PublicKey, error) {
	k, err := ecdsa.ParseUncompressedPublicKey(curve, b)
	if err != nil {
		return nil, ErrKey
	}
	return k, nil
}

// sign makes the 64 bytes r‖s over a message. The nonce of the signature comes
// from key and message (RFC 6979), so that it cannot come from a bad source.
func sign(key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	var n struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &n); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	raw := make([]byte, 2*coordinate)
	n.R.FillBytes(raw[:coordinate])
	n.S.FillBytes(raw[coordinate:])
	return raw, nil
}

func verify(key *ecdsa.PublicKey, message, raw []byte) bool {
	if len(raw) != 2*coordinate {
		return false
	}
	sum := sha256.Sum256(message)
	r := new(big.Int).SetBytes(raw[:coordinate])
	s := new(big.Int).SetBytes(raw[coordinate:])
	return ecdsa.Verify(key, sum[:], r, s)
}
