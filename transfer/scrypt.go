package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"time"
)

// scrypt is the function of RFC 7914.
type scrypt struct {
	salt    []byte
	n, r, p int64
	size    int
}

// mixTime is what N·r·p of 1 take, roughly.
const mixTime = 350 * time.Nanosecond

func (s scrypt) cost() (Cost, error) {
	switch {
	case s.n < 2 || s.n&(s.n-1) != 0 || s.r < 1 || s.p < 1 || s.size < 1 || s.size > 1<<10:
		return Cost{}, ErrBroken
	case s.n > maxScryptN, s.r > maxMemory/128/s.n, s.p > 64, s.n*s.r*s.p > 16<<20:
		return Cost{}, ErrKDFCost
	}
	return Cost{Memory: 128 * s.r * (s.n + s.p), Time: time.Duration(s.n*s.r*s.p) * mixTime}, nil
}

func (s scrypt) key(t *toil, password []byte) ([]byte, error) {
	outer := pbkdf2{sha256.New, s.salt, 1, int(128 * s.r * s.p)}
	b, err := outer.key(&toil{ctx: t.ctx}, password)
	if err != nil {
		return nil, err
	}
	t.total = 2 * s.n * s.p
	words := int(32 * s.r)
	x, y, v := make([]uint32, words), make([]uint32, words), make([]uint32, int64(words)*s.n)
	for i := range s.p {
		if err := s.mix(t, b[128*s.r*i:128*s.r*(i+1)], x, y, v); err != nil {
			return nil, err
		}
	}
	return pbkdf2{sha256.New, b, 1, s.size}.key(&toil{ctx: t.ctx}, password)
}

// mix is scryptROMix of section 5. x and y are scratch, v the table.
func (s scrypt) mix(t *toil, b []byte, x, y, v []uint32) error {
	for i := range x {
		x[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	words, every := int64(len(x)), max(1, 8192/s.r)
	for i := range s.n {
		copy(v[i*words:], x)
		blockMix(x, y)
		if (i+1)%every == 0 {
			if err := t.step(every); err != nil {
				return err
			}
		}
	}
	for i := range s.n {
		at := int64(x[words-16]) & (s.n - 1) * words
		for k, w := range v[at : at+words] {
			x[k] ^= w
		}
		blockMix(x, y)
		if (i+1)%every == 0 {
			if err := t.step(every); err != nil {
				return err
			}
		}
	}
	for i, w := range x {
		binary.LittleEndian.PutUint32(b[4*i:], w)
	}
	return t.step(2 * (s.n % every))
}

// blockMix is scryptBlockMix of section 4, in place.
func blockMix(b, y []uint32) {
	var x [16]uint32
	blocks := len(b) / 16
	copy(x[:], b[len(b)-16:])
	for i := range blocks {
		for k := range x {
			x[k] ^= b[16*i+k]
		}
		salsa8(&x)
		copy(y[16*(i/2+i%2*blocks/2):], x[:])
	}
	copy(b, y)
}

// salsa8 is Salsa20/8 of section 3, in place.
func salsa8(b *[16]uint32) {
	x := *b
	for range 4 {
		quarter(&x[0], &x[4], &x[8], &x[12])
		quarter(&x[5], &x[9], &x[13], &x[1])
		quarter(&x[10], &x[14], &x[2], &x[6])
		quarter(&x[15], &x[3], &x[7], &x[11])
		quarter(&x[0], &x[1], &x[2], &x[3])
		quarter(&x[5], &x[6], &x[7], &x[4])
		quarter(&x[10], &x[11], &x[8], &x[9])
		quarter(&x[15], &x[12], &x[13], &x[14])
	}
	for i := range b {
		b[i] += x[i]
	}
}

func quarter(a, b, c, d *uint32) {
	*b ^= bits.RotateLeft32(*a+*d, 7)
	*c ^= bits.RotateLeft32(*b+*a, 9)
	*d ^= bits.RotateLeft32(*c+*b, 13)
	*a ^= bits.RotateLeft32(*d+*c, 18)
}
