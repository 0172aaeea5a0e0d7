// Package move is how two devices of one person come to trust each other for
// one handover: the old one gives what the new one gets, and nobody between
// them has any of it.
//
//	new   draws a key pair of its own and shows an invitation: the public half
//	      R, a salt r, and what it is called
//	old   sees it, asks who is there, and shows six digits: H(R, r, n), where n
//	      is the hash of a secret s that it drew
//	new   is told the digits by the person, and answers with what only somebody
//	      can who saw both the invitation and the digits
//	old   looks at the answer, once; then it seals s and what was asked for to R:
//	      the accounts, or the identity that opens a backup
//	new   opens that, and believes it if s is the one that gives the digits
//	      that were typed; it says what arrived, under s
//
// So an invitation alone gets nothing: whoever shows theirs to a person would
// also have to be told the digits. And a parcel from anybody else is not
// believed, for only the old one knows r from the invitation and s. A wrong
// answer ends it; both begin anew, with other keys.
//
// Messages are small, and travel by moving QR codes (package frames) or in any
// other way. What goes of a vault is what a backup has of it. The package has
// no clock and no network. docs/move-format.md is the normative text.
package move

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"

	"countersign/seal"
)

// What can go wrong, besides the errors of seal and vault.
var (
	// ErrOther: not the message that comes next.
	ErrOther = errors.New("not the message of this step")
	// ErrNewer: the other device has a later version.
	ErrNewer = errors.New("the other device speaks a newer version")
	// ErrTyped: that is not six digits.
	ErrTyped = errors.New("not six digits")
	// ErrDigits: other digits were typed than were shown. It is over.
	ErrDigits = errors.New("the digits are others")
	// ErrStep: something comes before that, or it is over.
	ErrStep = errors.New("not the time for that")
	// ErrStranger: the parcel is not from the device whose digits were typed.
	ErrStranger = errors.New("the parcel is from another device")
)

// Digits is how many digits are shown and typed.
const Digits = 6

const secretSize = 32

// Wants is what the new device asks for.
type Wants string

// What can be asked for.
const (
	Accounts Wants = "accounts" // everything that a backup would hold
	Backup   Wants = "backup"   // what opens the backup, which it has
)

// New is the device that gets.
type New struct {
	key    seal.Identity
	name   string
	wants  Wants
	salt   []byte
	typed  string
	secret []byte // of the old one, once its parcel was opened
}

// Begin is a device that has nothing yet. Its name is shown on the other.
func Begin(name string, wants Wants) *New {
	n := &New{key: seal.NewIdentity(), name: name, wants: wants, salt: make([]byte, saltSize)}
	_, _ = rand.Read(n.salt) // never fails
	return n
}

// Invitation is what the new device shows first.
func (n *New) Invitation() []byte {
	return invitation{n.name, n.wants, n.key.Recipient(), n.salt}.bytes()
}

// Answer is what it shows when the person has typed the digits, in groups or
// not. They may be typed again as long as the old one has not seen it. It
// returns [ErrTyped].
func (n *New) Answer(typed string) ([]byte, error) {
	digits, ok := plainDigits(typed)
	if !ok {
		return nil, ErrTyped
	}
	n.typed = digits
	return answer{proofOf(n.key.Recipient(), n.salt, digits)}.bytes(), nil
}

// Unseal takes the parcel, and gives what was put into it. It returns
// [ErrStranger] or an error of seal, and then another parcel may come.
func (n *New) Unseal(parcel []byte) ([]byte, error) {
	if n.typed == "" {
		return nil, ErrStep
	}
	plain, err := seal.OpenParcel(parcel, n.key)
	if err != nil {
		return nil, err
	}
	if len(plain) < secretSize {
		return nil, seal.ErrCorrupted
	}
	secret := plain[:secretSize]
	if digitsOf(n.key.Recipient(), n.salt, nonceOf(secret)) != n.typed {
		return nil, ErrStranger
	}
	n.secret = secret
	return plain[secretSize:], nil
}

// Receipt is what the new device shows at the end, and says to the old one.
func (n *New) Receipt(r Receipt) ([]byte, error) {
	if n.secret == nil {
		return nil, ErrStep
	}
	return r.bytes(n.secret), nil
}

// Old is the device that gives.
type Old struct {
	to     invitation
	secret []byte
	agreed bool
	over   bool
}

// Meet is a device that has seen an invitation. It returns [ErrOther] or
// [ErrNewer].
func Meet(message []byte) (*Old, error) {
	to, err := readInvitation(message)
	if err != nil {
		return nil, err
	}
	o := &Old{to: to, secret: make([]byte, secretSize)}
	_, _ = rand.Read(o.secret) // never fails
	return o, nil
}

// Name is what the new device calls itself.
func (o *Old) Name() string { return o.to.Name }

// Wants is what it asks for.
func (o *Old) Wants() Wants { return o.to.Wants }

// Digits are to be typed on the new device.
func (o *Old) Digits() string { return digitsOf(o.to.Recipient, o.to.Salt, nonceOf(o.secret)) }

// Hear takes the answer of the new device, once: [ErrDigits] is the end. What
// is no answer at all is [ErrOther] or [ErrNewer], and counts for nothing.
func (o *Old) Hear(message []byte) error {
	a, err := readAnswer(message)
	switch {
	case err != nil:
		return err
	case o.over || o.agreed:
		return ErrStep
	case subtle.ConstantTimeCompare(a.Proof, proofOf(o.to.Recipient, o.to.Salt, o.Digits())) == 0:
		o.over = true
		return ErrDigits
	}
	o.agreed = true
	return nil
}

// Seal makes the parcel. It returns [ErrStep] before the digits were right, or
// [seal.ErrTooLarge].
func (o *Old) Seal(packed []byte) ([]byte, error) {
	if !o.agreed {
		return nil, ErrStep
	}
	return seal.Parcel(o.to.Recipient, append(append([]byte{}, o.secret...), packed...))
}

// Received reads the receipt of the new device. It returns [ErrOther] for
// anything else, or [ErrNewer].
func (o *Old) Received(message []byte) (Receipt, error) {
	if !o.agreed {
		return Receipt{}, ErrStep
	}
	return readReceipt(message, o.secret)
}

// plainDigits are the digits of what was typed, also full-width ones, if they
// are as many as are shown.
// AreDigits tells whether what was typed can be the digits that a device shows.
func AreDigits(typed string) bool {
	_, ok := plainDigits(typed)
	return ok
}

func plainDigits(typed string) (digits string, ok bool) {
	for _, r := range typed {
		switch {
		case '0' <= r && r <= '9':
			digits += string(r)
		case '０' <= r && r <= '９':
			digits += string(r - '０' + '0')
		case r != ' ' && r != '\u3000' && r != '-':
			return "", false
		}
	}
	return digits, len(digits) == Digits
}

func nonceOf(secret []byte) []byte {
	n := sha256.Sum256(secret)
	return n[:]
}
