// Package methodtest gives a test a passkey: an authenticator that creates a key
// and signs with it, as a browser would have it do, and can be told to lie.
package methodtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// A Passkey is a key on somebody's device.
type Passkey struct {
	ID     []byte
	User   []byte // the user handle it was created for
	Count  uint32 // of its signatures; 0 for one that does not count
	Origin string // that the browser says it is on
	// Unverified has it sign without knowing who holds it.
	Unverified bool

	private *ecdsa.PrivateKey
}

// The flags of authenticator data (WebAuthn §6.1).
const (
	userPresent  = 1 << 0
	userVerified = 1 << 2
	attested     = 1 << 6
)

var b64 = base64.RawURLEncoding

// Create answers what a page asks, as JSON, with a new passkey of a browser on
// an origin. One that counts begins at 1.
func Create(t testing.TB, question, origin string, counts bool) (k *Passkey, answer string) {
	t.Helper()
	var q struct {
		RP        struct{ ID string } `json:"rp"`
		User      struct{ ID string } `json:"user"`
		Challenge string              `json:"challenge"`
	}
	if err := json.Unmarshal([]byte(question), &q); err != nil {
		t.Fatalf("%v: %s", err, question)
	}
	k = &Passkey{ID: make([]byte, 32), Origin: origin}
	rand.Read(k.ID)
	if counts {
		k.Count = 1
	}
	var err error
	if k.User, err = b64.DecodeString(q.User.ID); err != nil {
		t.Fatal(err)
	}
	if k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": append(k.data(q.RP.ID, attested), k.attest(t)...)})
	if err != nil {
		t.Fatal(err)
	}
	return k, k.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(k.client("webauthn.create", q.Challenge)), "attestationObject": b64.EncodeToString(object), "transports": []string{"internal"},
	})
}

// Sign answers what a page asks with a signature.
func (k *Passkey) Sign(t testing.TB, question string) (answer string) {
	t.Helper()
	var q struct{ Challenge, RPID string }
	if err := json.Unmarshal([]byte(question), &q); err != nil {
		t.Fatalf("%v: %s", err, question)
	}
	if k.Count > 0 {
		k.Count++
	}
	client, data := k.client("webauthn.get", q.Challenge), k.data(q.RPID, 0)
	hash := sha256.Sum256(client)
	digest := sha256.Sum256(append(data, hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return k.answer(t, map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data),
		"signature": b64.EncodeToString(signature), "userHandle": b64.EncodeToString(k.User),
	})
}

// Copy is another device with the same key and the same counter.
func (k *Passkey) Copy() *Passkey { twin := *k; return &twin }

func (k *Passkey) client(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.Origin, "crossOrigin": false})
	if err != nil {
		panic(err) // texts and a boolean
	}
	return b
}

func (k *Passkey) data(rp string, flags byte) []byte {
	flags |= userPresent
	if !k.Unverified {
		flags |= userVerified
	}
	hash := sha256.Sum256([]byte(rp))
	return binary.BigEndian.AppendUint32(append(hash[:], flags), k.Count)
}

// attest is the attested credential data: who made it (nobody says), its id and its public key.
func (k *Passkey) attest(t testing.TB) []byte {
	t.Helper()
	point, err := k.private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	public, err := webauthncbor.Marshal(webauthncose.EC2PublicKeyData{
		PublicKeyData: webauthncose.PublicKeyData{KeyType: int64(webauthncose.EllipticKey), Algorithm: int64(webauthncose.AlgES256)},
		Curve:         int64(webauthncose.P256), XCoord: point[1:33], YCoord: point[33:],
	})
	if err != nil {
		t.Fatal(err)
	}
	b := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(k.ID)))
	return append(append(b, k.ID...), public...)
}

func (k *Passkey) answer(t testing.TB, response map[string]any) string {
	t.Helper()
	id := b64.EncodeToString(k.ID)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
