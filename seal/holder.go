package seal

import (
	"cmp"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// A Kind is a kind of holder. A reader keeps the kinds it does not know.
type Kind string

// The kinds of holders.
const (
	ByKey     Kind = "key"     // the recovery key, on paper
	ByPasskey Kind = "passkey" // by its PRF
	ByDevice  Kind = "device"  // that keeps the private half in its own store
)

// A Holder is one way of opening a vault, as it is listed in it.
type Holder struct {
	Kind      Kind
	Recipient string // the public half
	Name      string // of the file of the private half; empty for a device
	File      []byte // the private half, sealed
}

// The work factors of the passphrase stanza. The strength of a recovery key is
// its 160 bits; what people think of themselves gets as much work as any reader
// accepts.
const (
	keyWork    = 10
	phraseWork = 16
	maxWork    = 16
)

// NewKeyHolder makes a holder that a recovery key opens.
func NewKeyHolder(key RecoveryKey) (Holder, error) {
	if key.IsZero() {
		return Holder{}, ErrKey
	}
	return passphraseHolder(key.Reveal(), keyWork)
}

// NewPassphraseHolder makes a holder that a passphrase opens. It is for files
// that are handed on at once; a backup that lies about for years has a recovery
// key.
func NewPassphraseHolder(passphrase string) (Holder, error) {
	if passphrase == "" {
		return Holder{}, ErrKey
	}
	return passphraseHolder(passphrase, phraseWork)
}

func passphraseHolder(passphrase string, work int) (Holder, error) {
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return Holder{}, err
	}
	r.SetWorkFactor(work)
	return holderBy(ByKey, KeyFile, r)
}

// holderBy draws a holder and seals its private half to one way of opening.
func holderBy(kind Kind, name string, r age.Recipient) (Holder, error) {
	id := NewIdentity()
	file, err := encryptTo([]byte(id.Reveal()+"\n"), r)
	return Holder{kind, id.Recipient(), name, file}, err
}

// OpenKey opens holder-key.age with what a person typed: a recovery key in
// whatever form, or else the passphrase itself. If that does not open it and
// looks like a recovery key, the error is the [*KeyError] that names the wrong
// group; otherwise [ErrKey].
func OpenKey(file []byte, typed string) (Identity, error) {
	phrase, _ := phraseOf(typed)
	id, err := openHolder(file, passphraseIdentity{phrase, maxWork})
	return id, mistyped(err, typed)
}

// mistyped names the wrong group of what looks like a recovery key, if that is
// why nothing opened.
func mistyped(err error, typed string) error {
	if !errors.Is(err, ErrKey) || !LooksLikeKey(typed) {
		return err
	}
	_, wrong := ParseRecoveryKey(typed)
	return cmp.Or(wrong, err)
}

// LooksLikeKey reports whether a text is a recovery key but for a few letters:
// seven of its eight groups are as long as groups are and have only letters
// that keys have.
func LooksLikeKey(typed string) bool {
	n := 0
	for _, r := range typed {
		switch {
		case separates(r):
		case 'A' <= plain(r) && plain(r) <= 'Z' || '0' <= plain(r) && plain(r) <= '9':
			n++
		default:
			return false
		}
	}
	const symbols = groups * (data + 1)
	return n >= symbols-data && n <= symbols+data
}

// A passphraseIdentity is age's, with a limit and our error for it.
type passphraseIdentity struct {
	phrase string
	most   int // work factor
}

func (p passphraseIdentity) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type == "scrypt" && len(s.Args) == 2 {
			if work, err := strconv.Atoi(s.Args[1]); err == nil && work > p.most {
				return nil, ErrWork
			}
		}
	}
	i, err := age.NewScryptIdentity(p.phrase)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", age.ErrIncorrectIdentity, err) // an empty passphrase
	}
	i.SetMaxWorkFactor(p.most)
	return i.Unwrap(stanzas)
}

func openHolder(file []byte, key age.Identity) (Identity, error) {
	plain, err := openSmall(file, key)
	if err != nil {
		return Identity{}, err
	}
	return ParseIdentity(string(plain))
}

func openSmall(file []byte, key age.Identity) ([]byte, error) {
	if len(file) > MaxSmall {
		return nil, ErrTooLarge
	}
	payload, err := payloadOf(file)
	if err != nil {
		return nil, err
	}
	if payload < nonce+tag {
		return nil, ErrTruncated
	}
	return decryptWith(file, MaxSmall, key)
}

// A passkey is a secret function: the PRF extension of WebAuthn. A holder of it
// is a stanza of age-encryption.org/fido2prf, as the JavaScript library
// age-encryption writes it: its nonce is put into the function twice, and what
// comes out is the key.
const prfLabel = "age-encryption.org/fido2prf"

// PasskeyNonce is the size of a nonce.
const PasskeyNonce = 16

// NewPasskeyNonce draws what a new passkey holder puts into the function.
func NewPasskeyNonce() []byte {
	n := make([]byte, PasskeyNonce)
	_, _ = rand.Read(n) // never fails
	return n
}

// PRFInputs are the two inputs of WebAuthn's PRF extension for a nonce: two, so
// that one touch never opens two files.
func PRFInputs(nonce []byte) (first, second []byte) {
	first = append(append([]byte(prfLabel), 1), nonce...)
	second = append(append([]byte(prfLabel), 2), nonce...)
	return first, second
}

// A PRF is what a passkey answered to the inputs of a nonce: 32 bytes each.
type PRF struct{ Nonce, First, Second []byte }

func (p PRF) check() error {
	if len(p.Nonce) != PasskeyNonce || len(p.First) != 32 || len(p.Second) != 32 {
		return ErrKey
	}
	return nil
}

func (p PRF) key() ([]byte, error) {
	return hkdf.Extract(sha256.New, append(append([]byte{}, p.First...), p.Second...), []byte(prfLabel))
}

// NewPasskeyHolder makes a holder that a passkey opens.
func NewPasskeyHolder(p PRF) (Holder, error) {
	if err := p.check(); err != nil {
		return Holder{}, err
	}
	return holderBy(ByPasskey, PasskeyFile, p)
}

// NonceOf is what a passkey has to evaluate to open holder-passkey.age.
func NonceOf(file []byte) ([]byte, error) {
	var look nonceReader
	if _, err := openSmall(file, &look); look.nonce == nil {
		if errors.Is(err, ErrKey) {
			err = ErrCorrupted
		}
		return nil, err
	}
	return look.nonce, nil
}

// A nonceReader opens nothing; it looks at the stanza.
type nonceReader struct{ nonce []byte }

func (r *nonceReader) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	r.nonce, _ = stanzaNonce(stanzas)
	return nil, age.ErrIncorrectIdentity
}

func stanzaNonce(stanzas []*age.Stanza) (nonce, body []byte) {
	for _, s := range stanzas {
		if s.Type != prfLabel || len(s.Args) != 1 {
			continue
		}
		if n, err := base64.RawStdEncoding.Strict().DecodeString(s.Args[0]); err == nil && len(n) == PasskeyNonce {
			return n, s.Body
		}
	}
	return nil, nil
}

// OpenPasskey opens holder-passkey.age with what the passkey answered.
func OpenPasskey(file []byte, p PRF) (Identity, error) {
	if err := p.check(); err != nil {
		return Identity{}, err
	}
	return openHolder(file, p)
}

// Wrap implements [age.Recipient].
func (p PRF) Wrap(fileKey []byte) ([]*age.Stanza, error) {
	a, err := p.aead()
	if err != nil {
		return nil, err
	}
	body := a.Seal(nil, make([]byte, chacha20poly1305.NonceSize), fileKey, nil) // the key is used once
	return []*age.Stanza{{Type: prfLabel, Args: []string{base64.RawStdEncoding.EncodeToString(p.Nonce)}, Body: body}}, nil
}

// Unwrap implements [age.Identity].
func (p PRF) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	n, body := stanzaNonce(stanzas)
	if n == nil || string(n) != string(p.Nonce) || len(body) != fileKey+tag {
		return nil, age.ErrIncorrectIdentity
	}
	a, err := p.aead()
	if err != nil {
		return nil, err
	}
	key, err := a.Open(nil, make([]byte, chacha20poly1305.NonceSize), body, nil)
	if err != nil {
		return nil, age.ErrIncorrectIdentity
	}
	return key, nil
}

// fileKey is the size of age's file keys.
const fileKey = 16

func (p PRF) aead() (cipher.AEAD, error) {
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	return chacha20poly1305.New(key)
}
