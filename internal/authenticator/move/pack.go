package move

import (
	"bytes"
	"compress/flate"
	"io"
	"time"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

// Pack is what of a vault goes into a parcel: what a backup has of it, made
// smaller (DEFLATE, RFC 1951).
func Pack(v *vault.Vault) []byte { return smaller(backup.Copy(v)) }

// PackKeys is what goes into a parcel for a device that wants a backup opened.
func PackKeys(k backup.Keys) []byte { return smaller(k.Lend()) }

func smaller(b []byte) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(err) // the level is one
	}
	_, _ = w.Write(b) // into memory
	_ = w.Close()
	return packed.Bytes()
}

// Unpack reads what Pack wrote. It returns [seal.ErrCorrupted],
// [seal.ErrTooLarge] or an error of vault.
func Unpack(packed []byte, now time.Time) (backup.Generation, error) {
	line, err := larger(packed)
	if err != nil {
		return backup.Generation{}, err
	}
	u, err := backup.OpenCopy(line)
	if err != nil {
		return backup.Generation{}, err
	}
	return u.Read(now)
}

// UnpackKeys reads what PackKeys wrote, for [backup.OpenLent]. It returns
// [seal.ErrCorrupted] or [seal.ErrTooLarge].
func UnpackKeys(packed []byte) ([]byte, error) { return larger(packed) }

func larger(packed []byte) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), seal.MaxPlain+1))
	switch {
	case err != nil:
		return nil, seal.ErrCorrupted
	case len(b) > seal.MaxPlain:
		return nil, seal.ErrTooLarge
	}
	return b, nil
}
