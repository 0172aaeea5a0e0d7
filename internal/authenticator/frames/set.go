package frames

import (
	"crypto/sha256"
	"encoding/binary"
	"iter"
)

// A set is some of the blocks of a message: bit i%64 of word i/64 is block i.
type set []uint64

func single(count, i int) set {
	s := make(set, (count+63)/64)
	s[i/64] = 1 << (i % 64)
	return s
}

func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }

func (s set) xor(t set) {
	for i := range s {
		s[i] ^= t[i]
	}
}

func (s set) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range len(s) * 64 {
			if s.has(i) && !yield(i) {
				return
			}
		}
	}
}

// chosen are the blocks that a frame shows the sum of. The first frames show
// one each, in their order. The others take each block or not as the bits of
//
//	SHA-256(id, number, 0) SHA-256(id, number, 1) …
//
// say, byte by byte, the lowest bit first; number and count have 4 bytes.
func chosen(id [idSize]byte, number uint32, count int) set {
	if number < uint32(count) {
		return single(count, int(number))
	}
	s := make(set, (count+63)/64)
	var bits []byte
	for turn := uint32(0); len(bits) < len(s)*8; turn++ {
		seed := binary.BigEndian.AppendUint32(append([]byte{}, id[:]...), number)
		sum := sha256.Sum256(binary.BigEndian.AppendUint32(seed, turn))
		bits = append(bits, sum[:]...)
	}
	for i := range s {
		s[i] = binary.LittleEndian.Uint64(bits[i*8:])
	}
	if rest := count % 64; rest > 0 {
		s[len(s)-1] &= 1<<rest - 1
	}
	return s
}
