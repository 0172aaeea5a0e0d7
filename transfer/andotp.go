package transfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"unicode/utf8"

	"countersign/otp"
)

// andOTP: a JSON array, plain or encrypted. Encrypted files have no sign, so
// they are looked for last.

func isAndOTP(f *file) bool { return f.someHave("secret", "label", "type") }

func readAndOTP(ctx context.Context, j *job) error { return j.addAndOTP(ctx, j.file.data) }

func (j *job) addAndOTP(ctx context.Context, data []byte) error {
	array, err := readArray(data)
	if err != nil {
		return err
	}
	return each(ctx, j, array, func(e struct {
		Type, Issuer, Label, Secret, Algorithm, Pin text
		Digits, Period, Counter                     number
		Tags                                        []text
	}) {
		issuer, name := string(e.Issuer), string(e.Label)
		if issuer == "" || issuer == "null" { // as it was before issuers had a field
			var split bool
			if issuer, name, split = strings.Cut(name, " - "); !split {
				issuer, name = "", issuer
			}
		}
		if e.Type.kind() == string(otp.MOTP) {
			e.Secret = motpSecret(e.Secret)
		}
		j.addEntry(entry{
			Type: e.Type, Issuer: issuer, Name: name, Secret: e.Secret, Algorithm: e.Algorithm, Pin: e.Pin,
			Digits: e.Digits, Period: e.Period, Counter: e.Counter, Tags: all(e.Tags),
		})
	})
}

// motpSecret turns an mOTP secret in hexadecimal into base32.
func motpSecret(s text) text {
	if b, err := hex.DecodeString(strings.ToLower(string(s))); err == nil && len(b) > 0 {
		return text(otp.FormatSecret(b))
	}
	return s
}

const (
	andOTPHead = 4 + 12  // iterations and salt
	andOTPBox  = 12 + 16 // nonce and tag
)

// others are files that are not text either, by their first bytes: enough of
// them that an encrypted file does not begin so by chance.
var others = []string{
	"\x89PNG", "\xff\xd8\xff\xe0", "\xff\xd8\xff\xe1", "\xff\xd8\xff\xdb", "GIF8", "RIFF", "II*\x00", "MM\x00*", "%PDF", "PK\x03\x04", "PK\x05\x06",
	"\x1f\x8b\x08\x00", "\x1f\x8b\x08\x08", "BZh91AY", "\xfd7zXZ", "7z\xbc\xaf", "Rar!",
	"\x28\xb5\x2f\xfd", "\x7fELF", "MZ\x90\x00", "SQLite format 3", "\xac\xed\x00\x05", "\xca\xfe\xba\xbe", "OggS", "ID3", "\x1aE\xdf\xa3", "dex\n", "age-encryption.org/",
}

// isAndOTPSealed is all that can be said: long enough, not text, and nothing
// else that is known.
func isAndOTPSealed(f *file) bool {
	if len(f.data) < andOTPBox+len("[]") || utf8.Valid(f.data) {
		return false
	}
	for _, magic := range others {
		if f.prefix(magic) {
			return false
		}
	}
	if f.prefix("BM") && uint64(binary.LittleEndian.Uint32(f.data[2:])) == uint64(len(f.data)) { // a bitmap tells its size
		return false
	}
	return !bytes.Equal(f.data[:16], make([]byte, 16)) && (len(f.data) < 12 || string(f.data[4:8]) != "ftyp")
}

// readAndOTPSealed tries the newer encryption, then the older one.
func readAndOTPSealed(ctx context.Context, j *job) error {
	for _, open := range []func(context.Context, []byte) ([]byte, error){j.openAndOTP, j.openAndOTPOld} {
		plain, err := open(ctx, j.file.data)
		if err == nil {
			return j.addAndOTP(ctx, plain)
		} else if !errors.Is(err, ErrPassword) {
			return err
		}
	}
	return ErrPassword
}

// openAndOTP: iterations, salt, nonce, ciphertext, tag. A number of iterations
// that is none is the nonce of the older form.
func (j *job) openAndOTP(ctx context.Context, b []byte) ([]byte, error) {
	iterations := int64(int32(binary.BigEndian.Uint32(b)))
	if len(b) < andOTPHead+andOTPBox || iterations < 1 || iterations > maxIterations {
		return nil, ErrPassword
	}
	key, err := j.unlock(ctx, pbkdf2{sha1.New, b[4:16], iterations, 32})
	if err != nil {
		return nil, err
	}
	return openGCM(key, b[16:28], b[28:], nil)
}

func (j *job) openAndOTPOld(ctx context.Context, b []byte) ([]byte, error) {
	key, err := j.unlock(ctx, noKDF(func(password []byte) []byte {
		sum := sha256.Sum256(password)
		return sum[:]
	}))
	if err != nil {
		return nil, err
	}
	return openGCM(key, b[:12], b[12:], nil)
}
