package keep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"countersign/internal/server/db"
)

// ErrExposed is returned for a key file that others on the machine can read.
var ErrExposed = errors.New("key file can be read by others")

// ErrNoKEK is returned for a text or file that is not a key-encryption key.
var ErrNoKEK = errors.New("not a key-encryption key (a Tink AEAD keyset in JSON)")

// NewKEKFile makes a key-encryption key in a new file that only its owner can
// read (0600). It never replaces a file: what was sealed under it would be lost.
func NewKEKFile(path string) error {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	err = errors.Join(writeKeyset(h, f), f.Sync(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// ReadKEKFile reads a key-encryption key. It returns [ErrExposed] for a file
// that group or world can read or write.
func ReadKEKFile(path string) (Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return Secret{}, fmt.Errorf("open key file: %w", err)
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return Secret{}, err
	}
	if i.Mode().Perm()&0o077 != 0 {
		return Secret{}, fmt.Errorf("%w: %s has mode %04o; run: chmod 600 %s", ErrExposed, path, i.Mode().Perm(), path)
	}
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return Secret{}, err
	}
	return NewSecret(string(b)), nil
}

// AddKEK adds a new key to a KEK file and makes it the one that seals; the
// older ones still open. Then [Keeper.Reseal] moves the database to it, and
// [TrimKEK] takes the older ones out of the file. With several nodes, give
// all of them the file before Reseal, and again after TrimKEK.
func AddKEK(path string) error {
	return editKEK(path, func(m *keyset.Manager) error {
		id, err := m.Add(aead.AES256GCMKeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// TrimKEK leaves only the key that seals in a KEK file: see [AddKEK]. It
// changes nothing and returns [ErrKEKNeeded] while the database still needs
// another one.
func TrimKEK(ctx context.Context, d *db.DB, path string) error {
	return editKEK(path, func(m *keyset.Manager) error {
		h, err := m.Handle()
		if err != nil {
			return err
		}
		info := h.KeysetInfo()
		for _, k := range info.GetKeyInfo() {
			if k.GetKeyId() == info.GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(k.GetKeyId()); err != nil {
				return err
			}
		}
		return opens(ctx, d, m)
	})
}

// opens tells whether a keyset that is about to be written opens the
// server's own keys.
func opens(ctx context.Context, d *db.DB, m *keyset.Manager) error {
	h, err := m.Handle()
	if err != nil {
		return err
	}
	kek, err := aead.New(h)
	if err != nil {
		return err
	}
	k := &Keeper{d: d, kek: kek}
	for _, name := range []string{dataKey, rootKey} {
		sealed, err := k.readKey(ctx, name)
		if err != nil {
			return err
		}
		if _, err := k.openKey(name, sealed); err != nil {
			return ErrKEKNeeded
		}
	}
	return nil
}

// editKEK rewrites a KEK file; a crash leaves the old or the new one whole.
func editKEK(path string, edit func(*keyset.Manager) error) error {
	text, err := ReadKEKFile(path)
	if err != nil {
		return err
	}
	h, err := parseHandle([]byte(text.Reveal()))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	m := keyset.NewManagerFromHandle(h)
	if err := edit(m); err != nil {
		return err
	}
	if h, err = m.Handle(); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made 0600
	if err != nil {
		return err
	}
	err = errors.Join(writeKeyset(h, f), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Reseal seals the server's own keys again under the KEK's sealing key; the
// values sealed by them stay as they are.
func (k *Keeper) Reseal(ctx context.Context) error {
	return k.d.Write(ctx, func(tx *db.Tx) error {
		for _, name := range []string{dataKey, rootKey} {
			var sealed []byte
			if err := tx.QueryRow(ctx, `SELECT sealed FROM server_key WHERE name = $1`, name).Scan(&sealed); err != nil {
				return err
			}
			plain, err := k.openKey(name, sealed)
			if err != nil {
				return err
			}
			if sealed, err = k.kek.Encrypt(plain, keyPlace(name)); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE server_key SET sealed = $1 WHERE name = $2`, sealed, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func parseKEK(s Secret) (tink.AEAD, error) {
	h, err := parseHandle([]byte(s.Reveal()))
	if err != nil {
		return nil, err
	}
	return aead.New(h)
}

func parseKeyset(b []byte) (tink.AEAD, error) {
	h, err := parseHandle(b)
	if err != nil {
		return nil, err
	}
	return aead.New(h)
}

// parseHandle reads a keyset. Tink's own message may quote the text: it is not passed on.
func parseHandle(b []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, ErrNoKEK
	}
	return h, nil
}

func writeKeyset(h *keyset.Handle, w io.Writer) error {
	return insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(w))
}
