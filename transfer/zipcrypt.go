package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Members of zip files under a password, which package archive/zip leaves to
// others: the old cipher of PKZIP (APPNOTE.TXT section 6.1) and AES as WinZip
// does it (https://www.winzip.com/en/support/aes-encryption/).

const (
	zipEncrypted  = 1 << 0 // flags
	zipStreamed   = 1 << 3
	zipAES        = 99 // method
	zipAESExtra   = 0x9901
	zipAESMAC     = 10 // bytes
	zipCryptoHead = 12
)

// unpackSealed reads a member, under the password if it has one. A password
// that is wrong and a member that was changed are both ErrPassword.
func (j *job) unpackSealed(ctx context.Context, m *zip.File) ([]byte, error) {
	a := j.file.archive
	if m.Flags&zipEncrypted == 0 {
		return a.unpack(m)
	}
	r, err := m.OpenRaw()
	if err != nil {
		return nil, ErrBroken
	}
	sealed, err := io.ReadAll(io.LimitReader(r, MaxFile))
	if err != nil || uint64(len(sealed)) != m.CompressedSize64 {
		return nil, ErrBroken
	}
	packed, method, err := j.openMember(ctx, m, sealed)
	if err != nil {
		return nil, err
	}
	plain, err := a.inflate(packed, method)
	if err == nil && crc32.ChecksumIEEE(plain) != m.CRC32 && (m.Method != zipAES || m.CRC32 != 0) {
		err = ErrPassword
	}
	return plain, err
}

func (j *job) openMember(ctx context.Context, m *zip.File, sealed []byte) (packed []byte, method uint16, err error) {
	if m.Method == zipAES {
		return j.openZipAES(ctx, m, sealed)
	}
	if len(sealed) < zipCryptoHead {
		return nil, 0, ErrBroken
	}
	key, err := j.unlock(ctx, noKDF(func(password []byte) []byte { return password }))
	if err != nil {
		return nil, 0, err
	}
	plain := newZipCrypto(key).open(sealed)
	check := byte(m.CRC32 >> 24)
	if m.Flags&zipStreamed != 0 {
		check = byte(m.ModifiedTime >> 8) // as it is written, not as it is meant
	}
	if plain[zipCryptoHead-1] != check {
		return nil, 0, ErrPassword
	}
	return plain[zipCryptoHead:], m.Method, nil
}

// inflate unpacks what was encrypted, within the limits of the archive. What is
// no deflated data was opened with the wrong password.
func (a *archive) inflate(packed []byte, method uint16) ([]byte, error) {
	var r io.Reader = bytes.NewReader(packed)
	switch method {
	case zip.Store:
	case zip.Deflate:
		r = flate.NewReader(r)
	default:
		return nil, ErrBroken
	}
	plain, err := io.ReadAll(io.LimitReader(r, a.left+1))
	a.left -= int64(len(plain))
	switch {
	case a.left < 0:
		return nil, ErrTooLarge
	case err != nil:
		return nil, ErrPassword
	}
	return plain, nil
}

// openZipAES: salt, two bytes that tell a wrong password mostly, ciphertext,
// and ten bytes of an HMAC.
func (j *job) openZipAES(ctx context.Context, m *zip.File, sealed []byte) ([]byte, uint16, error) {
	strength, method, ok := zipAESOf(m.Extra)
	size := 8 * (int(strength) + 1) // of the key
	if !ok || strength < 1 || strength > 3 || len(sealed) < size/2+2+zipAESMAC {
		return nil, 0, ErrBroken
	}
	salt, check, end := sealed[:size/2], sealed[size/2:size/2+2], len(sealed)-zipAESMAC
	keys, err := j.unlock(ctx, pbkdf2{sha1.New, salt, 1000, 2*size + 2})
	if err != nil {
		return nil, 0, err
	}
	mac := hmac.New(sha1.New, keys[size:2*size])
	mac.Write(sealed[size/2+2 : end])
	if !hmac.Equal(keys[2*size:], check) || !hmac.Equal(mac.Sum(nil)[:zipAESMAC], sealed[end:]) {
		return nil, 0, ErrPassword
	}
	block, err := aes.NewCipher(keys[:size])
	if err != nil {
		return nil, 0, ErrBroken
	}
	return zipCTR(block, sealed[size/2+2:end]), method, nil
}

// zipAESOf finds strength and method in a member's extra fields.
func zipAESOf(extra []byte) (strength byte, method uint16, ok bool) {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; len(extra) < size {
			break
		}
		if id == zipAESExtra && size >= 7 {
			return extra[4], binary.LittleEndian.Uint16(extra[5:]), true
		}
		extra = extra[size:]
	}
	return 0, 0, false
}

// zipCTR is AES in counter mode with a counter that begins with 1 and counts in
// little endian, unlike [cipher.NewCTR].
func zipCTR(block cipher.Block, in []byte) []byte {
	out := make([]byte, len(in))
	var counter, stream [aes.BlockSize]byte
	for i := range in {
		if i%aes.BlockSize == 0 {
			binary.LittleEndian.PutUint64(counter[:], uint64(i/aes.BlockSize)+1)
			block.Encrypt(stream[:], counter[:])
		}
		out[i] = in[i] ^ stream[i%aes.BlockSize]
	}
	return out
}

// zipCrypto is the old cipher's state. It is weak; a file under it is as good
// as plain.
type zipCrypto [3]uint32

func newZipCrypto(password []byte) *zipCrypto {
	z := &zipCrypto{0x12345678, 0x23456789, 0x34567890}
	for _, b := range password {
		z.update(b)
	}
	return z
}

func (z *zipCrypto) update(b byte) {
	z[0] = crc32.IEEETable[byte(z[0])^b] ^ z[0]>>8
	z[1] = (z[1]+z[0]&0xff)*134775813 + 1
	z[2] = crc32.IEEETable[byte(z[2])^byte(z[1]>>24)] ^ z[2]>>8
}

func (z *zipCrypto) stream() byte {
	t := z[2]&0xffff | 2
	return byte(t * (t ^ 1) >> 8)
}

func (z *zipCrypto) open(in []byte) []byte {
	out := make([]byte, len(in))
	for i, b := range in {
		out[i] = b ^ z.stream()
		z.update(out[i])
	}
	return out
}
