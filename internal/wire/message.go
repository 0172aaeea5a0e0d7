package wire

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalid is returned for a body that no app of ours sends.
var ErrInvalid = errors.New("not a valid message")

// ErrUnlock is returned for an approval that the unlock key has not signed.
var ErrUnlock = errors.New("not signed by the unlock key")

// Labels keep a signed message from ever being taken for another kind.
const (
	labelPair    = "countersign/pair/1"
	labelDecide  = "countersign/decide/1"
	labelBind    = "countersign/bind/1"
	labelRebind  = "countersign/rebind/1"
	labelRestore = "countersign/restore/1"
)

// message writes label and fields one after the other: the label ends in a
// zero byte, each field begins with its length in two bytes, big endian. So
// two different lists of fields never make the same message.
func message(label string, fields ...[]byte) ([]byte, error) {
	b := append([]byte(label), 0)
	for _, f := range fields {
		if len(f) > math.MaxUint16 {
			return nil, ErrInvalid
		}
		b = binary.BigEndian.AppendUint16(b, uint16(len(f)))
		b = append(b, f...)
	}
	return b, nil
}

// Message is what the device signs to pair with a server: issuer, offer,
// secret, code, x, y, name, platform, push endpoint, p256dh and auth, in that
// order; binary values as bytes, what is absent as an empty field.
func (p Pair) Message(issuer string) ([]byte, error) {
	x, errX := b64.DecodeString(p.Key.X)
	y, errY := b64.DecodeString(p.Key.Y)
	var push Push
	if p.Push != nil {
		push = *p.Push
	}
	dh, errDH := b64.DecodeString(push.P256dh)
	auth, errAuth := b64.DecodeString(push.Auth)
	if errX != nil || errY != nil || errDH != nil || errAuth != nil {
		return nil, ErrInvalid
	}
	return message(labelPair, []byte(issuer), []byte(p.Offer), []byte(p.Secret), []byte(p.Code),
		x, y, []byte(p.Name), []byte(p.Platform), []byte(push.Endpoint), dh, auth)
}

// Sign puts key and signature into p.
func (p *Pair) Sign(issuer string, key *ecdsa.PrivateKey) error {
	var err error
	if p.Key, err = NewJWK(&key.PublicKey); err != nil {
		return err
	}
	m, err := p.Message(issuer)
	if err != nil {
		return err
	}
	raw, err := sign(key, m)
	p.Signature = b64.EncodeToString(raw)
	return err
}

// Verify checks that p is well formed and signed by the key it brings, for
// this issuer. It returns [ErrInvalid], [ErrKey] or [ErrSignature].
func (p Pair) Verify(issuer string) (*ecdsa.PublicKey, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	key, err := p.Key.PublicKey()
	if err != nil {
		return nil, err
	}
	m, err := p.Message(issuer)
	if err != nil {
		return nil, err
	}
	raw, err := b64.DecodeString(p.Signature)
	if err != nil || !verify(key, m, raw) {
		return nil, ErrSignature
	}
	return key, nil
}

// check looks at everything but key and signature.
func (p Pair) check() error {
	byQR := p.Offer != "" && p.Secret != "" && p.Code == ""
	byHand := p.Offer == "" && p.Secret == "" && p.Code != ""
	if !byQR && !byHand || len(p.Offer) > MaxName || len(p.Secret) > MaxName || len(p.Code) > MaxName {
		return ErrInvalid
	}
	if !GoodName(p.Name) || !GoodName(p.Platform) {
		return ErrInvalid
	}
	if p.Push != nil {
		return p.Push.Check()
	}
	return nil
}

// GoodName tells whether s may name a device: 1 to [MaxName] characters that
// show, with no space at the ends and nothing that moves other text about.
func GoodName(s string) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxName || strings.TrimSpace(s) != s {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\u200d' { // a joiner holds some emoji together
			return false
		}
	}
	return true
}

// Check tells whether the push address is well formed. Where it leads is
// the dialer's business.
func (p Push) Check() error {
	dh, errDH := b64.DecodeString(p.P256dh)
	auth, errAuth := b64.DecodeString(p.Auth)
	if errDH != nil || errAuth != nil || len(auth) != 16 || len(p.Endpoint) > MaxEndpoint || !strings.HasPrefix(p.Endpoint, "https://") {
		return ErrInvalid
	}
	if _, err := ReadKey(dh); err != nil {
		return ErrInvalid
	}
	return nil
}

// Keys are the bytes of p256dh and auth, one after the other: 65 and 16.
func (p Push) Keys() ([]byte, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	dh, _ := b64.DecodeString(p.P256dh) // checked above
	auth, _ := b64.DecodeString(p.Auth)
	return append(dh, auth...), nil
}

// An Asked is the request that a decision answers, and who answers it.
type Asked struct {
	Issuer       string
	Registration string
	Request      string
	Nonce        string
	Kind         string // what the device shows it as
}

// Message is what the device signs to answer: issuer, registration, request,
// nonce, kind, decision, number, digest (32 bytes), time (8 bytes, big endian), and x
// and y of the unlock key that the decision brings, if it does.
func (d Decision) Message(a Asked) ([]byte, error) {
	digest, err := b64.DecodeString(d.Digest)
	if err != nil || len(digest) != sha256.Size {
		return nil, ErrInvalid
	}
	var brought JWK
	if d.UnlockKey != nil {
		brought = *d.UnlockKey
	}
	x, errX := b64.DecodeString(brought.X)
	y, errY := b64.DecodeString(brought.Y)
	if errX != nil || errY != nil {
		return nil, ErrInvalid
	}
	at := binary.BigEndian.AppendUint64(nil, uint64(d.At))
	return message(labelDecide, []byte(a.Issuer), []byte(a.Registration), []byte(a.Request), []byte(a.Nonce),
		[]byte(a.Kind), []byte(d.Decision), []byte(d.Number), digest, at, x, y)
}

// Keys are what a device signs a decision with.
type Keys struct {
	Device *ecdsa.PrivateKey
	Unlock *ecdsa.PrivateKey // nil where it is not asked for
	Brings bool              // the decision brings the public half of Unlock
}

// Sign answers the request whose bytes were fetched.
func (d *Decision) Sign(a Asked, fetched []byte, keys Keys) error {
	sum := sha256.Sum256(fetched)
	d.Digest = b64.EncodeToString(sum[:])
	if keys.Unlock != nil && keys.Brings {
		public, err := NewJWK(&keys.Unlock.PublicKey)
		if err != nil {
			return err
		}
		d.UnlockKey = &public
	}
	m, err := d.Message(a)
	if err != nil {
		return err
	}
	if d.Signature, err = signature(keys.Device, m); err != nil || keys.Unlock == nil {
		return err
	}
	d.UnlockSignature, err = signature(keys.Unlock, m)
	return err
}

func signature(key *ecdsa.PrivateKey, m []byte) (string, error) {
	raw, err := sign(key, m)
	return b64.EncodeToString(raw), err
}

// Verify checks that d is well formed, is about these bytes, and is signed by
// this device key. It returns [ErrInvalid], [ErrKey] or [ErrSignature].
func (d Decision) Verify(a Asked, body []byte, key *ecdsa.PublicKey) error {
	if !d.wellFormed() {
		return ErrInvalid
	}
	if d.UnlockKey != nil {
		if _, err := d.UnlockKey.PublicKey(); err != nil {
			return err
		}
	}
	m, err := d.Message(a)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if d.Digest != b64.EncodeToString(sum[:]) || !verifies(key, m, d.Signature) {
		return ErrSignature
	}
	return nil
}

// VerifyUnlock checks that d is signed by this unlock key too. It returns
// [ErrInvalid] or [ErrUnlock]; that the device says it was unlocked is worth
// nothing (N6).
func (d Decision) VerifyUnlock(a Asked, key *ecdsa.PublicKey) error {
	m, err := d.Message(a)
	if err != nil {
		return err
	}
	if !verifies(key, m, d.UnlockSignature) {
		return ErrUnlock
	}
	return nil
}

func verifies(key *ecdsa.PublicKey, m []byte, signature string) bool {
	raw, err := b64.DecodeString(signature)
	return err == nil && verify(key, m, raw)
}

// wellFormed: a number of 1 to 8 digits comes with approve and with nothing
// else, as does what the unlock key says; the key itself comes only signed by it.
func (d Decision) wellFormed() bool {
	if d.UnlockSignature == "" && d.UnlockKey != nil || d.UnlockSignature != "" && d.Decision != Approve {
		return false
	}
	switch d.Decision {
	case Approve:
		return len(d.Number) >= 1 && len(d.Number) <= 8 && strings.Trim(d.Number, "0123456789") == ""
	case Deny, Report:
		return d.Number == ""
	}
	return false
}
