// Package keep keeps the server's secrets, so that a copy of the database
// alone is worth nothing.
//
// There are two layers. The key-encryption key (KEK) lies outside the database,
// in a file of its own or in the environment. It seals only the server's own
// keys, the rows of server_key: the data key, which seals values in other
// tables, and the root from which keyed hashes and other keys are derived.
// So a new KEK means sealing two rows again, whatever the size of the database.
//
// A sealed value is bound to its place (table, column, key, person): moved to
// another row it does not open. What has 128 random bits or more is not sealed
// but stored as its [Hash]; what has fewer, as [Keeper.MAC].
package keep

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"countersign/internal/server/db"
)

// ErrSealed is returned for a value that does not open here: it was changed,
// moved from another place, or sealed by another server.
var ErrSealed = errors.New("sealed value does not open here")

// ErrWrongKEK is returned when the server's keys in the database were sealed
// under another key-encryption key than the one given.
var ErrWrongKEK = errors.New("the key-encryption key does not open this database")

// ErrKEKNeeded is returned when a key cannot be taken out of the KEK file
// because the database is still sealed under it.
var ErrKEKNeeded = errors.New("the database still needs the older key")

// A Keeper seals and opens values and makes keyed hashes. It is safe for use
// by many goroutines.
type Keeper struct {
	d    *db.DB
	kek  tink.AEAD
	data tink.AEAD
	root []byte
}

// Where is the place of a sealed value; the value opens nowhere else.
type Where struct {
	Table, Column string
	Key           string // primary key of the row
	Person        string // id of the person it belongs to, or empty
}

// The rows of server_key.
const (
	dataKey = "data" // keyset that seals values
	rootKey = "root" // 256 bits from which MAC and other keys are derived
)

// Open opens the server's keys with the KEK in a file (see [ReadKEKFile]), and
// makes them when the database has none yet. It returns [ErrWrongKEK] when the
// KEK is another than the database's.
func Open(ctx context.Context, d *db.DB, kekFile string) (*Keeper, error) {
	kek, err := ReadKEKFile(kekFile)
	if err != nil {
		return nil, err
	}
	return OpenKEK(ctx, d, kek)
}

// OpenKEK is [Open] with the KEK's own text, for one that does not come from a file.
func OpenKEK(ctx context.Context, d *db.DB, kek Secret) (*Keeper, error) {
	a, err := parseKEK(kek)
	if err != nil {
		return nil, err
	}
	k := &Keeper{d: d, kek: a}
	b, err := k.serverKey(ctx, dataKey, newDataKey)
	if err != nil {
		return nil, err
	}
	if k.data, err = parseKeyset(b); err != nil {
		return nil, fmt.Errorf("data key: %w", err)
	}
	if k.root, err = k.serverKey(ctx, rootKey, newRoot); err != nil {
		return nil, err
	}
	return k, nil
}

// Seal encrypts a value for a place.
func (k *Keeper) Seal(plain []byte, at Where) ([]byte, error) {
	return k.data.Encrypt(plain, at.bytes())
}

// Unseal opens what Seal made for the same place, or returns [ErrSealed].
func (k *Keeper) Unseal(sealed []byte, at Where) ([]byte, error) {
	plain, err := k.data.Decrypt(sealed, at.bytes())
	if err != nil {
		return nil, fmt.Errorf("%s.%s: %w", at.Table, at.Column, ErrSealed)
	}
	return plain, nil
}

// bytes is the associated data of a sealed value. The lengths keep fields apart.
func (w Where) bytes() []byte {
	return framed("countersign/seal/1", []byte(w.Table), []byte(w.Column), []byte(w.Key), []byte(w.Person))
}

// MAC is HMAC-SHA-256 over the parts under a key of its own for each purpose:
// how a secret of less than 128 bits is stored. Parts are kept apart by their lengths.
func (k *Keeper) MAC(purpose string, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, k.Derive("mac/"+purpose, sha256.Size))
	m.Write(framed("countersign/mac/1", parts...))
	return m.Sum(nil)
}

// Derive gives the n bytes of key that belong to a purpose (HKDF-SHA-256,
// RFC 5869). They are the same on every node and as long as the database lives.
func (k *Keeper) Derive(purpose string, n int) []byte {
	key, err := hkdf.Expand(sha256.New, k.root, "countersign/derive/1\x00"+purpose, n)
	if err != nil {
		panic(err) // more than 255 hashes long: our own constant is broken
	}
	return key
}

// Hash is how a token of at least 128 random bits is stored: SHA-256 of its text.
func Hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

func framed(label string, fields ...[]byte) []byte {
	b := append([]byte(label), 0)
	for _, f := range fields {
		b = binary.BigEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

// serverKey opens a row of server_key, or makes it. Nodes that start at once
// all end with the row of the first.
func (k *Keeper) serverKey(ctx context.Context, name string, fresh func() ([]byte, error)) ([]byte, error) {
	sealed, err := k.readKey(ctx, name)
	if err == nil {
		return k.openKey(name, sealed)
	} else if !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	plain, err := fresh()
	if err != nil {
		return nil, err
	}
	mine, err := k.kek.Encrypt(plain, keyPlace(name))
	if err != nil {
		return nil, err
	}
	err = k.d.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO server_key (name, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
			name, mine, db.Millis(tx.Now)); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT sealed FROM server_key WHERE name = $1`, name).Scan(&sealed)
	})
	if err != nil {
		return nil, err
	}
	return k.openKey(name, sealed)
}

func (k *Keeper) readKey(ctx context.Context, name string) (sealed []byte, err error) {
	err = k.d.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT sealed FROM server_key WHERE name = $1`, name).Scan(&sealed)
	})
	return sealed, err
}

func (k *Keeper) openKey(name string, sealed []byte) ([]byte, error) {
	plain, err := k.kek.Decrypt(sealed, keyPlace(name))
	if err != nil {
		return nil, fmt.Errorf("server key %q: %w", name, ErrWrongKEK)
	}
	return plain, nil
}

func keyPlace(name string) []byte {
	return Where{Table: "server_key", Column: "sealed", Key: name}.bytes()
}

func newRoot() ([]byte, error) {
	b := make([]byte, 32)
	rand.Read(b)
	return b, nil
}

func newDataKey() ([]byte, error) {
	h, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = writeKeyset(h, &b)
	return b.Bytes(), err
}
