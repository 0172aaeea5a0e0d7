package seal

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"filippo.io/age"
)

// An Identity is a private key: of a vault, or of a holder. It refuses to be
// printed; [Identity.Reveal] is the only way out.
type Identity struct{ key *age.HybridIdentity }

// NewIdentity draws a key pair.
func NewIdentity() Identity {
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return Identity{key}
}

// ParseIdentity reads an identity as age writes it, "AGE-SECRET-KEY-PQ-1…".
// Empty lines and lines that begin with # around it are passed over. It returns
// [ErrCorrupted].
func ParseIdentity(text string) (Identity, error) {
	if len(text) > MaxSmall {
		return Identity{}, ErrCorrupted
	}
	found := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if found != "" {
			return Identity{}, ErrCorrupted
		}
		found = line
	}
	key, err := age.ParseHybridIdentity(found)
	if err != nil {
		return Identity{}, ErrCorrupted // the cause could tell the key
	}
	return Identity{key}, nil
}

func (Identity) String() string   { return "[identity]" }
func (Identity) GoString() string { return "[identity]" }

// IsZero reports whether there is no key.
func (i Identity) IsZero() bool { return i.key == nil }

// Reveal writes the private key as age does, without a newline.
func (i Identity) Reveal() string { return i.key.String() }

// Recipient is the public half.
func (i Identity) Recipient() string { return i.key.Recipient().String() }

// Is reports whether two identities are one.
func (i Identity) Is(j Identity) bool {
	return i.key != nil && j.key != nil && i.Recipient() == j.Recipient()
}

// CheckRecipient reports whether a text is the public half of an identity.
func CheckRecipient(text string) error {
	if _, err := age.ParseHybridRecipient(text); err != nil {
		return ErrCorrupted
	}
	return nil
}

// encrypt seals bytes to recipients.
func encrypt(plain []byte, to ...string) ([]byte, error) {
	var recipients []age.Recipient
	for _, text := range to {
		r, err := age.ParseHybridRecipient(text)
		if err != nil {
			return nil, ErrCorrupted
		}
		recipients = append(recipients, r)
	}
	return encryptTo(plain, recipients...)
}

func encryptTo(plain []byte, to ...age.Recipient) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, len(plain)+len(plain)/1024+4096*len(to)))
	w, err := age.Encrypt(out, to...)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// decrypt opens a file with the first identity that fits, and tells which.
func decrypt(file []byte, limit int64, ids []Identity) ([]byte, Identity, error) {
	for _, id := range ids {
		if id.IsZero() {
			continue
		}
		plain, err := decryptWith(file, limit, id.key)
		if !errors.Is(err, ErrKey) {
			return plain, id, err
		}
	}
	return nil, Identity{}, ErrKey
}

// decryptWith opens a file with one key. It has been seen to be one of age's.
func decryptWith(file []byte, limit int64, key age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(file), key)
	if none := (*age.NoIdentityMatchError)(nil); errors.As(err, &none) {
		return nil, ErrKey
	} else if errors.Is(err, ErrWork) {
		return nil, ErrWork
	} else if err != nil {
		return nil, ErrCorrupted
	}
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, ErrCorrupted
	}
	if int64(len(plain)) > limit {
		return nil, ErrTooLarge
	}
	return plain, nil
}
