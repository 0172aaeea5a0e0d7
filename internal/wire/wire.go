// Package wire is what the app and a server say to each other, and the bytes
// that get signed on the way.
//
// Both sides use it, so that what one signs the other verifies: the server, the
// terminal app, and, by the vectors in testdata/vectors/wire, the web app. It
// knows no database and no network.
//
// What is signed is signed by a device key, an ECDSA key on P-256 that belongs
// to one registration, or to one binding to a backup place: the wish to pair
// ([Pair]), to be bound ([Bind]) or to take the place of a lost one ([Rebind]), the answer to a request ([Decision]), and
// each call ([Call], RFC 9421). An approval may have to be signed
// by the unlock key too, a second key that the device can use only after its owner
// has unlocked it just then.
package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
)

// Limits that both sides know.
const (
	// MaxBody is the most bytes a body of the device API may have.
	MaxBody = 16 << 10
	// MaxName is the most characters of a device's name or platform.
	MaxName = 64
	// MaxEndpoint is the most bytes of a push endpoint.
	MaxEndpoint = 1024
)

// Codes of a [Problem].
const (
	CodeInvalid      = "invalid"       // the body is not what the call takes
	CodeOfferUnknown = "offer_unknown" // no such offer, or not this secret
	CodeOfferExpired = "offer_expired" // the offer's ten minutes are over
	CodeOfferUsed    = "offer_used"    // another device was first
	CodeMistyped     = "code_mistyped" // the check symbol does not fit
	CodeTooMany      = "too_many"      // wrong tries; see RetryAfter
	CodeFull         = "full"          // five devices, and none to be replaced
	CodeRemoved      = "removed"       // this registration is no more
	CodeSkew         = "skew"          // the clocks differ by more than a minute; see Date
	CodeSignature    = "signature"     // not signed as it must be
	CodePending      = "pending"       // not before the test was answered
	CodeUnknown      = "gone_unknown"  // no such request for this device
	CodeClosed       = "closed"        // the request was answered, replaced or ran out; see State
	CodeSettled      = "settled"       // set up too long ago to remove other apps
	CodeUnlock       = "unlock"        // the approval is not signed by the unlock key, and has to be

	// Of backups.
	CodeNotSealed    = "not_sealed"     // the body is no sealed generation
	CodeTooLarge     = "too_large"      // the body has more bytes than it may
	CodeBindingEnded = "binding_ended"  // sign in again; State says why
	CodeBearer       = "bearer"         // the access token is not good, or used up
	CodeNotPersonal  = "not_personal"   // backups are for personal accounts
	CodeNotFresh     = "not_fresh"      // the sign-in is old, or weaker than it could be
	CodeReadOnly     = "read_only"      // the binding may not write
	CodeNoBackup     = "no_backup"      // nothing is stored
	CodeDeleted      = "backup_deleted" // and can be brought back until Until
	CodeConflict     = "conflict"       // another version came first
	CodePrecondition = "precondition"   // neither If-Match nor If-None-Match
	CodeStorageFull  = "storage_full"   // the place takes no more
	CodeOrigin       = "origin"         // the web app of this origin is not let in

	// Of meetings; see also [CodeUnknown], and [CodeClosed] with State.
	CodeOtherNetwork = "other_network" // the two devices are on different networks
	CodeTaken        = "taken"         // another device has joined
	CodeOtherStep    = "other_step"    // something comes before that
)

// A Problem is the body of every answer that is not a success.
type Problem struct {
	Code    string `json:"error"`
	Message string `json:"message"` // English, for a log
	// RetryAfter is in seconds.
	RetryAfter int `json:"retry_after,omitempty"`
	// State of a closed request: "approved", "denied", "reported", "failed",
	// "answered_elsewhere", "expired" or "replaced". Of a binding that ended: one
	// of the Ended… constants. Of a meeting: one of the Met… constants.
	State string `json:"state,omitempty"`
	// Until is when a deleted backup is gone for good.
	Until int64 `json:"until,omitempty"`
	// Login is whose backup is not there, told to who has just signed in as them.
	Login string `json:"login,omitempty"`
	// TakenBy names the device that used an offer before.
	TakenBy string `json:"taken_by,omitempty"`
}

// A Pair asks to become a registration: POST /device/pair. It carries either
// Offer and Secret (from the QR code) or Code (typed), never both.
type Pair struct {
	Offer     string `json:"offer,omitempty"`
	Secret    string `json:"secret,omitempty"`
	Code      string `json:"code,omitempty"` // as [ParsePairingCode] returns it
	Key       JWK    `json:"key"`
	Name      string `json:"name"`
	Platform  string `json:"platform"`
	Push      *Push  `json:"push,omitempty"`
	Signature string `json:"signature"` // over [Pair.Message], base64url
}

// A Push is where a device can be knocked on (RFC 8030, RFC 8291).
type Push struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"` // base64url of 65 bytes
	Auth     string `json:"auth"`   // base64url of 16 bytes
}

// A PairAnswer is what a device that took an offer is told. Its Code is the
// only time the secret of its codes leaves the server.
type PairAnswer struct {
	Registration string    `json:"registration"`
	State        string    `json:"state"`
	Issuer       string    `json:"issuer"`
	Directory    Directory `json:"directory"`
	Person       Person    `json:"person"`
	AccountType  string    `json:"account_type"` // "work" or "personal"
	Code         CodeKey   `json:"code"`
	Digits       int       `json:"digits"`   // of the number
	Unlock       bool      `json:"unlock"`   // approvals are signed by an unlock key too
	PushKey      string    `json:"push_key"` // base64url of 65 bytes, "" without push
	ExpiresAt    int64     `json:"expires_at"`
}

// A Directory is whom the account belongs to.
type Directory struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Kind string `json:"kind"` // "organization" or "personal"
	Logo string `json:"logo"` // [LogoID] of its picture, "" for none
}

// LogoID names the picture of an organisation by what is in it: whoever has the
// one that is named need not ask for it again.
func LogoID(png []byte) string {
	sum := sha256.Sum256(png)
	return b64.EncodeToString(sum[:12])
}

// A Person is whose account it is. Subject is for ever, the rest is for eyes.
type Person struct {
	Subject string `json:"subject"`
	Login   string `json:"login"`
	Name    string `json:"name"`
}

// A CodeKey says how a device makes the one-time codes of its account.
type CodeKey struct {
	Secret    string `json:"secret"` // base32 without padding
	Algorithm string `json:"algorithm"`
	Digits    int    `json:"digits"`
	Period    int    `json:"period"` // seconds
}

// How a registration stands, as its device hears of it.
const (
	Pending   = "pending" // may answer its own test and nothing else
	Active    = "active"
	Suspended = "suspended" // active, but its person is suspended: it signs nobody in until they are restored
)

// A Registration is what a device can ask about itself: GET /device/registration.
type Registration struct {
	Registration string    `json:"registration"`
	State        string    `json:"state"` // [Pending], [Active] or [Suspended]
	Name         string    `json:"name"`
	Directory    Directory `json:"directory"`
	Person       Person    `json:"person"`
	PushKey      string    `json:"push_key"`
	ServerTime   int64     `json:"server_time"`
	CodeOK       bool      `json:"code_ok"`      // its codes sign in
	SecurityURL  string    `json:"security_url"` // where the person manages methods
	PendingTest  string    `json:"pending_test"` // request id, "" without one
	// Unlock says that the server knows an unlock key of this registration.
	Unlock bool `json:"unlock"`
	// Passwordless says that this registration signs in without a password;
	// PasswordlessOK that the directory allows it.
	Passwordless   bool `json:"passwordless"`
	PasswordlessOK bool `json:"passwordless_ok"`
	// Only says that it is the person's last app and their sign-in needs one:
	// without it they may be locked out.
	Only bool `json:"only"`
	// Newer are the apps that the person paired after this one, for this one to tell.
	Newer []App `json:"newer,omitempty"`
	// Older are those that this one may remove, because it has just been set up;
	// nil for one that may not.
	Older []Older `json:"older,omitzero"`
	// Waiting are the changes of the account that wait.
	Waiting []Waiting `json:"waiting,omitempty"`
	// Restore is the restore key that this device has sent, if any.
	Restore *JWK `json:"restore,omitempty"`
}

// An App is another authenticator app of the same person.
type App struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Place    string `json:"place"`
	AddedAt  int64  `json:"added_at"`
}

// An Older app was there before, and may have been lost.
type Older struct {
	Registration string `json:"registration"`
	App
}

// Lost names older apps that are to be removed: POST /device/older. Binding is that of
// the device that asks, where the same account keeps its backup: everything else of the
// account has to sign in again, that one has not.
type Lost struct {
	Remove  []string `json:"remove"`
	Binding string   `json:"binding,omitempty"`
}

// A Change alters a registration: PUT /device/registration. What is absent
// stays as it is; "push":null takes the push address away, "restore":null the
// restore key.
type Change struct {
	Name    *string     `json:"name,omitempty"`
	Push    Given[Push] `json:"push,omitzero"`
	Restore Given[JWK]  `json:"restore,omitzero"`
}

// A Given is a new value, or none any more when To is nil. Its zero value
// changes nothing.
type Given[T any] struct {
	Given bool
	To    *T
}

// UnmarshalJSON reads a value or null. Like the whole body it takes no unknown fields.
func (c *Given[T]) UnmarshalJSON(b []byte) error {
	c.Given = true
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(&c.To)
}

// MarshalJSON writes the value or null.
func (c Given[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.To) }

// A Brief is a line of the pending list. What it is about has to be fetched.
type Brief struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	AskedAt   int64  `json:"asked_at"`
	ExpiresAt int64  `json:"expires_at"`
}

// Briefs is the pending list, oldest first: GET /device/requests.
type Briefs struct {
	Requests   []Brief `json:"requests"`
	State      string  `json:"state"` // of the registration
	ServerTime int64   `json:"server_time"`
}

// Kinds of a [Request].
const (
	KindSecond       = "second"       // the second proof of a sign-in
	KindPasswordless = "passwordless" // all that a sign-in takes
	KindTest         = "test"         // tries a new registration once
	KindUnlock       = "unlock"       // gives an active registration its unlock key, or tries it
	KindNewPhone     = "new_phone"    // the second proof where a new device is being set up: see [Request.Device]
)

// NewPhoneDigits is how many digits the number of a [KindNewPhone] has, whatever the directory asks.
const NewPhoneDigits = 6

// A Request is one question to one person. Its number is not in it: that is
// on the page of the browser that asked, and nowhere else. The device signs
// the digest of the exact bytes it fetched.
type Request struct {
	ID          string `json:"id"`
	Kind        string `json:"kind"`
	Nonce       string `json:"nonce"`
	App         string `json:"app"`
	AppHost     string `json:"app_host"`
	AppVerified bool   `json:"app_verified"`
	Person      string `json:"person"`
	Directory   string `json:"directory"`
	Place       string `json:"place"`
	IP          string `json:"ip"`
	Browser     string `json:"browser"`
	System      string `json:"system"`
	Known       bool   `json:"known"` // this browser has signed in before
	AskedAt     int64  `json:"asked_at"`
	ExpiresAt   int64  `json:"expires_at"`
	Digits      int    `json:"digits"`
	Correlation string `json:"correlation"`
	// Unlock says that approving takes the unlock key's signature too.
	Unlock bool `json:"unlock"`
	// Device is what is being set up, of [KindNewPhone] and of nothing else.
	Device *NewDevice `json:"device,omitempty"`
}

// A NewDevice is a device that is to be an app of the person's, as it says of itself.
type NewDevice struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
}

// BringsKey tells whether who approves a request that asks for the unlock key
// brings that key: it tries a device, and is answered with a number that stands
// on a page of the person's own.
func (r Request) BringsKey() bool { return r.Kind == KindTest || r.Kind == KindUnlock }

// What a [Decision] decides.
const (
	Approve = "approve"
	Deny    = "deny"
	Report  = "report"
)

// A Decision answers a request: POST /device/requests/{id}/decision.
type Decision struct {
	Decision  string `json:"decision"`
	Number    string `json:"number"`    // as typed; "" unless approving
	Digest    string `json:"digest"`    // base64url of SHA-256 of the fetched bytes
	At        int64  `json:"at"`        // milliseconds since 1970, by the device's corrected clock
	Signature string `json:"signature"` // over [Decision.Message], base64url
	// UnlockKey is the unlock key from now on, see [Request.BringsKey], and
	// UnlockSignature its signature over the same message.
	UnlockKey       *JWK   `json:"unlock_key,omitempty"`
	UnlockSignature string `json:"unlock_signature,omitempty"`
}

// Outcomes of a decision.
const (
	Approved     = "approved"
	Denied       = "denied"
	Reported     = "reported"
	WrongNumber  = "wrong_number"
	OtherRequest = "other_request"
)

// An Outcome is what a decision came to. Whatever it is, the request is closed.
type Outcome struct {
	Outcome string `json:"outcome"`
	// OtherApp is the app whose number was typed, with [OtherRequest].
	OtherApp string `json:"other_app,omitempty"`
}
