package oauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// Tokens are checked with go-jose, but signed here: a JWS in compact form is
// three texts with dots between them, and the header of ours never changes, so
// it is encoded once for each key. That takes a third off the cost of a token.

// header is the encoded JOSE header of all tokens of a key and type.
func header(alg, key, typ string) string {
	b, err := json.Marshal(struct {
		Alg string `json:"alg"`
		Key string `json:"kid"`
		Typ string `json:"typ"`
	}{alg, key, typ})
	if err != nil {
		panic(err) // texts always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// sign makes a token of claims (RFC 7515 §3.1, §5.1).
func (g *signer) sign(header string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	b := append(make([]byte, 0, len(header)+2*len(payload)+400), header...)
	b = base64.RawURLEncoding.AppendEncode(append(b, '.'), payload)
	sum := sha256.Sum256(b)
	signature, err := g.signature(sum[:])
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return string(base64.RawURLEncoding.AppendEncode(append(b, '.'), signature)), nil
}

// signature signs a SHA-256 as RFC 7518 §3.3 and §3.4 have it.
func (g *signer) signature(sum []byte) ([]byte, error) {
	switch key := g.key.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum)
		if err != nil {
			return nil, err
		}
		both := make([]byte, 64)
		r.FillBytes(both[:32])
		s.FillBytes(both[32:])
		return both, nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum)
	}
	return nil, fmt.Errorf("no signatures with a %T", g.key)
}
