package wire

import (
	"crypto/ecdsa"
	"crypto/sha256"
)

// MaxArchive is the most bytes of a sealed generation (docs/backup-format.md).
const MaxArchive = 17 << 20

// Rights of a binding.
const (
	Read  = "read"  // to recover, for an hour
	Write = "write" // to back up
)

// Scopes of the access token that binds a device.
const (
	ScopeBackup  = "backup"  // makes a binding that may write, and deletes
	ScopeRecover = "recover" // makes one that may read
)

// Why a binding ended.
const (
	EndedSignedOut = "signed_out" // everywhere, or by a changed password
	EndedSuspended = "suspended"
	EndedIdle      = "idle"
	EndedExpired   = "expired"
	EndedRemoved   = "removed"
)

// A Bind asks to bind a device key to the backup place of who signed in: POST
// /backup/bindings, with their access token.
type Bind struct {
	Key       JWK    `json:"key"`
	Platform  string `json:"platform"`
	Signature string `json:"signature"` // over [Bind.Message], base64url
}

// Message is what the device signs to be bound: issuer, SHA-256 of the token, x,
// y and platform, in that order.
func (b Bind) Message(issuer, token string) ([]byte, error) {
	x, y, err := b.Key.coordinates()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(token))
	return message(labelBind, []byte(issuer), sum[:], x, y, []byte(b.Platform))
}

// Sign puts key and signature into b.
func (b *Bind) Sign(issuer, token string, key *ecdsa.PrivateKey) (err error) {
	if b.Key, err = NewJWK(&key.PublicKey); err != nil {
		return err
	}
	m, err := b.Message(issuer, token)
	if err != nil {
		return err
	}
	raw, err := sign(key, m)
	b.Signature = b64.EncodeToString(raw)
	return err
}

// Verify checks that b is well formed and signed by the key it brings, for
// this issuer and token. It returns [ErrInvalid], [ErrKey] or [ErrSignature].
func (b Bind) Verify(issuer, token string) (*ecdsa.PublicKey, error) {
	if !GoodName(b.Platform) {
		return nil, ErrInvalid
	}
	key, err := b.Key.PublicKey()
	if err != nil {
		return nil, err
	}
	m, err := b.Message(issuer, token)
	if err != nil {
		return nil, err
	}
	raw, err := b64.DecodeString(b.Signature)
	if err != nil || !verify(key, m, raw) {
		return nil, ErrSignature
	}
	return key, nil
}

// A Bound is what a device that was bound is told.
type Bound struct {
	Binding   string `json:"binding"`
	Rights    string `json:"rights"`
	ExpiresAt int64  `json:"expires_at"` // 0 for not by itself
	Person    Person `json:"person"`
	Place     Place  `json:"place"`
}

// A Place is what a binding sees of where the backup is: GET /backup/place.
type Place struct {
	Binding   string   `json:"binding"`
	Rights    string   `json:"rights"`
	ExpiresAt int64    `json:"expires_at"`
	Paused    bool     `json:"paused"`
	Latest    *Version `json:"latest,omitempty"`
	Used      int64    `json:"used"` // bytes
	Quota     int64    `json:"quota"`
	// DeletedUntil is when a deleted backup is gone for good; 0 when it is not deleted.
	DeletedUntil int64     `json:"deleted_until,omitempty"`
	Devices      []BoundTo `json:"devices"`
	ServerTime   int64     `json:"server_time"`
}

// A Version is one stored generation.
type Version struct {
	Version int64  `json:"version"`
	ETag    string `json:"etag"`
	Size    int64  `json:"size"` // bytes
	At      int64  `json:"at"`
	Network string `json:"network"`
}

// Versions is what is stored, the newest first: GET /backup/versions.
type Versions struct {
	Versions   []Version `json:"versions"`
	ServerTime int64     `json:"server_time"`
}

// A BoundTo is a device that is bound to the place.
type BoundTo struct {
	Binding   string `json:"binding"`
	Rights    string `json:"rights"`
	Platform  string `json:"platform"`
	Place     string `json:"place"` // where it was bound: "Osaka"
	CreatedAt int64  `json:"created_at"`
	SeenAt    int64  `json:"seen_at"`
	Paused    bool   `json:"paused"`
}

// A BindingChange alters a binding: PUT /backup/binding.
type BindingChange struct {
	Paused bool `json:"paused"`
}
