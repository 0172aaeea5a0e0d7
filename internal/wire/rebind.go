package wire

import (
	"crypto/ecdsa"
	"crypto/sha256"
)

// A Rebind asks for the ticket of a device on which an account came back by its
// name: POST /device/rebind. The ticket names issuer, subject and the device's key,
// and only leads the way: who the person is they prove on the issuer's pages.
type Rebind struct {
	Subject   string `json:"subject"`
	Key       JWK    `json:"key"` // of the device; it will be the registration's
	Name      string `json:"name"`
	Platform  string `json:"platform"`
	Signature string `json:"signature"` // over [Rebind.Message], base64url
}

// Message is what the device signs: issuer, subject, x, y, name and platform, in that order.
func (r Rebind) Message(issuer string) ([]byte, error) {
	x, y, err := r.Key.coordinates()
	if err != nil {
		return nil, err
	}
	return message(labelRebind, []byte(issuer), []byte(r.Subject), x, y, []byte(r.Name), []byte(r.Platform))
}

// Sign puts key and signature into r.
func (r *Rebind) Sign(issuer string, key *ecdsa.PrivateKey) (err error) {
	if r.Key, err = NewJWK(&key.PublicKey); err != nil {
		return err
	}
	m, err := r.Message(issuer)
	if err != nil {
		return err
	}
	r.Signature, err = signature(key, m)
	return err
}

// Verify checks that r is well formed and signed by the key it brings, for
// this issuer. It returns [ErrInvalid], [ErrKey] or [ErrSignature].
func (r Rebind) Verify(issuer string) (*ecdsa.PublicKey, error) {
	if !GoodName(r.Subject) || !GoodName(r.Name) || !GoodName(r.Platform) {
		return nil, ErrInvalid
	}
	key, err := r.Key.PublicKey()
	if err != nil {
		return nil, err
	}
	m, err := r.Message(issuer)
	if err != nil {
		return nil, err
	}
	if !verifies(key, m, r.Signature) {
		return nil, ErrSignature
	}
	return key, nil
}

// A Ticket is what a device that asked for one is told.
type Ticket struct {
	Ticket    string `json:"ticket"`
	Challenge string `json:"challenge"` // base64url of 32 bytes, for [Restore]
	ExpiresAt int64  `json:"expires_at"`
}

// How a ticket stands.
const (
	TicketOpen    = "open"    // its person has not proven who they are yet
	TicketWaits   = "waits"   // until ReadyAt
	TicketReady   = "ready"   // the wait is over: the person goes on
	TicketOffered = "offered" // the device takes the offer
	TicketDone    = "done"    // it did, and was tried
	TicketStopped = "stopped" // by somebody who heard of it
	TicketOver    = "over"    // too late, or something of the account changed
)

// A TicketState is what the device of a ticket hears of it: GET /device/rebind.
type TicketState struct {
	State      string        `json:"state"`
	ReadyAt    int64         `json:"ready_at,omitempty"` // of waits
	ExpiresAt  int64         `json:"expires_at"`
	Offer      *OfferForOnly `json:"offer,omitempty"` // of offered, until it was taken
	ServerTime int64         `json:"server_time"`
}

// An OfferForOnly is an offer that one device key alone can take, by POST /device/pair.
type OfferForOnly struct {
	Offer  string `json:"offer"`
	Secret string `json:"secret"`
}

// A Restored is the restore signature of a ticket: PUT /device/rebind.
type Restored struct {
	Signature string `json:"signature"` // over [Restore.Message], base64url
}

// A Restore is what the restore key of an account signs. Whoever opens a backup
// can derive that key; the public half was sent before, by a registration.
type Restore struct {
	Issuer    string
	Subject   string
	Ticket    string
	Challenge string // of the ticket
	Key       JWK    // of the new device
}

// Message is issuer, subject, ticket, challenge (32 bytes), x and y, in that order.
func (r Restore) Message() ([]byte, error) {
	challenge, err := b64.DecodeString(r.Challenge)
	if err != nil || len(challenge) != sha256.Size {
		return nil, ErrInvalid
	}
	x, y, err := r.Key.coordinates()
	if err != nil {
		return nil, err
	}
	return message(labelRestore, []byte(r.Issuer), []byte(r.Subject), []byte(r.Ticket), challenge, x, y)
}

// Sign signs by the restore key.
func (r Restore) Sign(key *ecdsa.PrivateKey) (Restored, error) {
	m, err := r.Message()
	if err != nil {
		return Restored{}, err
	}
	s, err := signature(key, m)
	return Restored{s}, err
}

// Verify checks a signature by the public half. It returns [ErrInvalid] or [ErrSignature].
func (r Restore) Verify(by *ecdsa.PublicKey, s Restored) error {
	m, err := r.Message()
	if err != nil {
		return err
	}
	if !verifies(by, m, s.Signature) {
		return ErrSignature
	}
	return nil
}

// A Waiting is a change of an account that waits, or a new app on its way, for
// every app of the person to tell: each may stop it (R1).
type Waiting struct {
	ID      string `json:"id"`
	What    string `json:"what"`           // one of the Waits… constants
	Name    string `json:"name,omitempty"` // of the new device
	Browser string `json:"browser"`        // from where it was asked for
	Place   string `json:"place"`
	AskedAt int64  `json:"asked_at"`
	ReadyAt int64  `json:"ready_at"` // when it can happen; may be over
}

// What can wait.
const (
	WaitsPassword = "password" // a new one, of who said that they forgot it
	WaitsApp      = "app"      // an app on another device
)
