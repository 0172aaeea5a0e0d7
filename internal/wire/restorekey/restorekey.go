// Package restorekey makes the key that shows of an account that its backup was
// opened (docs/protocol.md, section 11).
//
// It stands apart from wire because browsers carry it in the part of the core that
// opens backups, and sign by themselves: it takes of P-256 what age has brought there
// already, and no crypto/ecdsa, which is 80 kB more to fetch.
package restorekey

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"math/big"
)

// ErrLong is returned for an issuer or a subject that no message can hold.
var ErrLong = errors.New("issuer or subject is too long")

const (
	label = "countersign/restore/1"
	wide  = 48 // bytes, of which the remainder modulo the order is as good as even (FIPS 186-5, A.2.1)
	size  = 32 // bytes of a scalar or coordinate of P-256
)

// less is one less than the order of P-256 (SP 800-186, 3.2.1.3).
var less, _ = new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", 16)

// Derive makes the restore key of an account from the identity of the vault in
// whose backup it is, as age writes it, by HKDF-SHA-256 (RFC 5869).
func Derive(vault, issuer, subject string) (*ecdh.PrivateKey, error) {
	info := append([]byte(label), 0) // as wire writes messages
	for _, field := range []string{issuer, subject} {
		if len(field) > math.MaxUint16 {
			return nil, ErrLong
		}
		info = append(binary.BigEndian.AppendUint16(info, uint16(len(field))), field...)
	}
	b, err := hkdf.Key(sha256.New, []byte(vault), nil, string(info), wide)
	if err != nil {
		return nil, err
	}
	d := new(big.Int).SetBytes(b)
	d.Mod(d, less).Add(d, big.NewInt(1))
	return ecdh.P256().NewPrivateKey(d.FillBytes(make([]byte, size)))
}

// A Public is the half that a server is told, as RFC 7518, section 6.2, writes it.
type Public struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// PublicOf writes the public half of a key.
func PublicOf(k *ecdh.PrivateKey) Public {
	point := k.PublicKey().Bytes()
	return Public{"EC", "P-256", text(point[1 : 1+size]), text(point[1+size:])}
}

// A Private is a key as WebCrypto takes it in.
type Private struct {
	Public
	D string `json:"d"`
}

// PrivateOf writes a key.
func PrivateOf(k *ecdh.PrivateKey) Private { return Private{PublicOf(k), text(k.Bytes())} }

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
