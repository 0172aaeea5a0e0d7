package disk

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/zalando/go-keyring"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// How the key of a vault is kept.
const (
	ByPassphrase = "passphrase"
	ByKeyring    = "keyring"
)

const (
	magic   = "countersign-vault/1 "
	service = "countersign" // in the keyring

	// The second recommended choice of RFC 9106, section 4.
	memory  = 64 << 10 // KiB
	passes  = 3
	threads = 4

	maxMemory, maxPasses = 1 << 20, 20 // of a file that somebody made
)

// A head is the first line of a version: in the clear, and bound to the rest.
type head struct {
	ID      string `json:"id"` // of the key; its name in the keyring
	Lock    string `json:"lock"`
	Salt    []byte `json:"salt,omitempty"`
	Memory  uint32 `json:"memory,omitempty"` // KiB
	Passes  uint32 `json:"passes,omitempty"`
	Threads uint8  `json:"threads,omitempty"`
	Wrapped []byte `json:"wrapped,omitempty"` // the key, sealed under the passphrase
}

func (h head) line() []byte {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // strings, bytes and numbers
	}
	return append(append([]byte(magic), b...), '\n')
}

// cutHead parts a version into its head and what is sealed.
func cutHead(b []byte) (h head, body []byte, err error) {
	line, body, ok := bytes.Cut(b, []byte("\n"))
	text, ours := bytes.CutPrefix(line, []byte(magic))
	if !ok || !ours || json.Unmarshal(text, &h) != nil || !bytes.Equal(h.line(), b[:len(line)+1]) {
		return head{}, nil, ErrDamaged
	}
	costly := h.Memory > maxMemory || h.Passes > maxPasses || h.Passes == 0 || h.Threads == 0
	if h.Lock != ByKeyring && (h.Lock != ByPassphrase || costly) {
		return head{}, nil, ErrDamaged
	}
	return h, body, nil
}

// newHead makes the key of a new vault and puts it where it will be kept.
func (f *Folder) newHead() (head, error) {
	key := make([]byte, chacha20poly1305.KeySize)
	rand.Read(key)
	h := head{ID: rand.Text()}
	if f.options.Keyring {
		h.Lock = ByKeyring
		if err := keyring.Set(service, h.ID, base64.StdEncoding.EncodeToString(key)); err != nil {
			return head{}, errors.Join(ErrKeyring, err)
		}
		f.keys[string(h.line())] = key
		return h, nil
	}
	passphrase, err := f.passphrase(true)
	if err != nil {
		return head{}, err
	}
	h.Lock, h.Memory, h.Passes, h.Threads = ByPassphrase, cmp.Or(f.options.Memory, memory), passes, threads
	h.Salt = make([]byte, 16)
	rand.Read(h.Salt)
	h.Wrapped = encrypt(h.wrapper(passphrase), key, []byte(h.ID))
	f.keys[string(h.line())] = key
	return h, nil
}

// wrapper is the key that a passphrase makes.
func (h head) wrapper(passphrase string) []byte {
	return argon2.IDKey([]byte(passphrase), h.Salt, h.Passes, h.Memory, h.Threads, chacha20poly1305.KeySize)
}

// unlock finds the key of a vault: once for all versions that share a head.
func (f *Folder) unlock(h head) ([]byte, error) {
	line := string(h.line())
	if key, ok := f.keys[line]; ok {
		if key == nil {
			return nil, ErrPassphrase
		}
		return key, nil
	}
	if h.Lock == ByKeyring {
		text, err := keyring.Get(service, h.ID)
		if err != nil {
			return nil, errors.Join(ErrKeyring, err)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != chacha20poly1305.KeySize {
			return nil, ErrKeyring
		}
		f.keys[line] = key
		return key, nil
	}
	passphrase, err := f.passphrase(false)
	if err != nil {
		return nil, err
	}
	key, err := decrypt(h.wrapper(passphrase), h.Wrapped, []byte(h.ID))
	if err != nil || len(key) != chacha20poly1305.KeySize {
		f.keys[line] = nil // so that five versions do not cost five times
		return nil, ErrPassphrase
	}
	f.keys[line] = key
	return key, nil
}

func (f *Folder) passphrase(create bool) (string, error) {
	if f.asked != nil {
		return *f.asked, nil
	}
	text, err := f.options.Passphrase(create)
	if err == nil {
		f.asked = &text
	}
	return text, err
}

// seal seals a version. Its head and its name are bound to it.
func seal(key []byte, h head, name string, plain []byte) []byte {
	line := h.line()
	return append(line, encrypt(key, plain, append(line, name...))...)
}

func unseal(key []byte, h head, name string, body []byte) ([]byte, error) {
	plain, err := decrypt(key, body, append(h.line(), name...))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// encrypt puts a random nonce, 192 bits, before what it seals.
func encrypt(key, plain, bound []byte) []byte {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic(err) // only for a key of another length
	}
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, bound)
}

func decrypt(key, sealed, bound []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil || len(sealed) < aead.NonceSize() {
		return nil, ErrDamaged
	}
	return aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], bound)
}

// HasKeyring tells whether this computer has a keyring that keeps what it is
// given, by giving it something.
func HasKeyring() bool {
	const probe = "countersign-probe"
	given := rand.Text()
	if keyring.Set(probe, service, given) != nil {
		return false
	}
	got, err := keyring.Get(probe, service)
	return errors.Join(err, keyring.Delete(probe, service)) == nil && got == given
}

// forgetKey takes the key of a vault out of the keyring.
func forgetKey(h head) error {
	if err := keyring.Delete(service, h.ID); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return errors.Join(ErrKeyring, err)
	}
	return nil
}
