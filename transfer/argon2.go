package transfer

import (
	"encoding/binary"
	"math/bits"
	"time"

	"golang.org/x/crypto/blake2b"
)

// argon2id is the function of RFC 9106, version 0x13, without secret and
// associated data.
type argon2id struct {
	salt   []byte
	memory int64 // KiB
	passes int64
	lanes  int64
	size   int
}

// blockTime is what filling one KiB takes, roughly.
const blockTime = 1200 * time.Nanosecond

func (a argon2id) cost() (Cost, error) {
	switch {
	case a.memory < 1 || a.passes < 1 || a.lanes < 1 || a.size < 4 || a.size > 1<<10 || len(a.salt) < 8:
		return Cost{}, ErrBroken
	case a.memory > maxMemory>>10 || a.lanes > 255 || a.passes > 1<<20 || a.memory*a.passes > 16<<20:
		return Cost{}, ErrKDFCost
	}
	blocks := a.rounded()
	return Cost{Memory: blocks << 10, Time: time.Duration(blocks*a.passes) * blockTime}, nil
}

// rounded is the memory in KiB that is really used (section 3.2 step 2).
func (a argon2id) rounded() int64 { return max(a.memory/(4*a.lanes), 2) * 4 * a.lanes }

func (a argon2id) key(t *toil, password []byte) ([]byte, error) {
	return a.keyWith(t, password, nil, nil)
}

// keyWith is the whole function: the RFC's test vector has a secret and data.
func (a argon2id) keyWith(t *toil, password, secret, data []byte) ([]byte, error) {
	blocks := a.rounded()
	t.total = blocks * a.passes
	m := &matrix{blocks: make([]block, blocks), lanes: int(a.lanes), passes: int(a.passes)}
	m.length = len(m.blocks) / m.lanes
	m.segment = m.length / 4
	m.begin(a.start(password, secret, data))
	for pass := range m.passes {
		for slice := range 4 {
			for lane := range m.lanes {
				if err := m.fill(t, pass, slice, lane); err != nil {
					return nil, err
				}
			}
		}
	}
	return m.end(a.size), nil
}

// start is H0 of section 3.2 step 1.
func (a argon2id) start(password, secret, data []byte) []byte {
	h, _ := blake2b.New512(nil) // fails only with a key
	le := binary.LittleEndian
	var b []byte
	for _, n := range []int64{a.lanes, int64(a.size), a.memory, a.passes, 0x13, 2} {
		b = le.AppendUint32(b, uint32(n))
	}
	for _, part := range [][]byte{password, a.salt, secret, data} {
		b = append(le.AppendUint32(b, uint32(len(part))), part...)
	}
	h.Write(b)
	return h.Sum(nil)
}

// A block is one KiB.
type block [128]uint64

// A matrix is the memory: lanes rows of length blocks, lane after lane.
type matrix struct {
	blocks          []block
	lanes, passes   int
	length, segment int
}

// begin fills the first two blocks of each lane.
func (m *matrix) begin(h0 []byte) {
	le := binary.LittleEndian
	for lane := range m.lanes {
		for i := range 2 {
			seed := le.AppendUint32(le.AppendUint32(h0[:64:64], uint32(i)), uint32(lane))
			raw := longHash(1024, seed)
			b := &m.blocks[lane*m.length+i]
			for k := range b {
				b[k] = le.Uint64(raw[8*k:])
			}
		}
	}
}

// end mixes the last blocks of all lanes into the key.
func (m *matrix) end(size int) []byte {
	last := m.blocks[m.length-1]
	for lane := 1; lane < m.lanes; lane++ {
		for k, w := range m.blocks[(lane+1)*m.length-1] {
			last[k] ^= w
		}
	}
	raw := make([]byte, 0, 1024)
	for _, w := range last {
		raw = binary.LittleEndian.AppendUint64(raw, w)
	}
	return longHash(size, raw)
}

// fill fills one segment of a lane.
func (m *matrix) fill(t *toil, pass, slice, lane int) error {
	const every = 1024
	sight := addresses{on: pass == 0 && slice < 2}
	sight.input = block{uint64(pass), uint64(lane), uint64(slice), uint64(len(m.blocks)), uint64(m.passes), 2}
	first := 0
	if pass == 0 && slice == 0 {
		first = 2
	}
	for i := first; i < m.segment; i++ {
		at := slice*m.segment + i
		before := lane*m.length + (at+m.length-1)%m.length
		random := m.blocks[before][0]
		if sight.on {
			random = sight.at(i, i == first)
		}
		from := m.reference(random, pass, slice, lane, i)
		compress(&m.blocks[lane*m.length+at], &m.blocks[before], &m.blocks[from], pass > 0)
		if (i+1)%every == 0 {
			if err := t.step(every); err != nil {
				return err
			}
		}
	}
	return t.step(int64(m.segment % every))
}

// addresses are the random numbers of the first half of the first pass, which
// do not depend on the password (section 3.4.1.2).
type addresses struct {
	on             bool
	input, numbers block
}

func (a *addresses) at(i int, first bool) uint64 {
	if i%128 == 0 || first {
		a.input[6]++
		var zero, once block
		compress(&once, &zero, &a.input, false)
		compress(&a.numbers, &zero, &once, false)
	}
	return a.numbers[i%128]
}

// reference picks the block that is mixed in (section 3.4.2).
func (m *matrix) reference(random uint64, pass, slice, lane, i int) int {
	from := int(random>>32) % m.lanes
	if pass == 0 && slice == 0 {
		from = lane
	}
	area, start := 3*m.segment, (slice+1)%4*m.segment
	if pass == 0 {
		area, start = slice*m.segment, 0
	}
	if from == lane {
		area += i - 1
	} else if i == 0 {
		area--
	}
	x := random & 0xffffffff
	x = uint64(area) * (x * x >> 32) >> 32
	return from*m.length + (start+area-1-int(x))%m.length
}

// compress is G of section 3.5: out = P(x xor y) xor x xor y, and xor what was
// in out in later passes.
func compress(out, x, y *block, add bool) {
	var r, z block
	for i := range r {
		r[i] = x[i] ^ y[i]
	}
	z = r
	for i := 0; i < 128; i += 16 {
		permute(&z[i], &z[i+1], &z[i+2], &z[i+3], &z[i+4], &z[i+5], &z[i+6], &z[i+7],
			&z[i+8], &z[i+9], &z[i+10], &z[i+11], &z[i+12], &z[i+13], &z[i+14], &z[i+15])
	}
	for i := 0; i < 16; i += 2 {
		permute(&z[i], &z[i+1], &z[i+16], &z[i+17], &z[i+32], &z[i+33], &z[i+48], &z[i+49],
			&z[i+64], &z[i+65], &z[i+80], &z[i+81], &z[i+96], &z[i+97], &z[i+112], &z[i+113])
	}
	if !add {
		*out = block{}
	}
	for i := range out {
		out[i] ^= z[i] ^ r[i]
	}
}

// permute is P of section 3.6.
func permute(a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3 *uint64) {
	v00, v01, v02, v03 := *a0, *a1, *a2, *a3
	v04, v05, v06, v07 := *b0, *b1, *b2, *b3
	v08, v09, v10, v11 := *c0, *c1, *c2, *c3
	v12, v13, v14, v15 := *d0, *d1, *d2, *d3
	v00, v04, v08, v12 = blamka(v00, v04, v08, v12)
	v01, v05, v09, v13 = blamka(v01, v05, v09, v13)
	v02, v06, v10, v14 = blamka(v02, v06, v10, v14)
	v03, v07, v11, v15 = blamka(v03, v07, v11, v15)
	v00, v05, v10, v15 = blamka(v00, v05, v10, v15)
	v01, v06, v11, v12 = blamka(v01, v06, v11, v12)
	v02, v07, v08, v13 = blamka(v02, v07, v08, v13)
	v03, v04, v09, v14 = blamka(v03, v04, v09, v14)
	*a0, *a1, *a2, *a3 = v00, v01, v02, v03
	*b0, *b1, *b2, *b3 = v04, v05, v06, v07
	*c0, *c1, *c2, *c3 = v08, v09, v10, v11
	*d0, *d1, *d2, *d3 = v12, v13, v14, v15
}

// blamka is GB of section 3.6.
func blamka(a, b, c, d uint64) (uint64, uint64, uint64, uint64) {
	a += b + 2*(a&0xffffffff)*(b&0xffffffff)
	d = bits.RotateLeft64(d^a, -32)
	c += d + 2*(c&0xffffffff)*(d&0xffffffff)
	b = bits.RotateLeft64(b^c, -24)
	a += b + 2*(a&0xffffffff)*(b&0xffffffff)
	d = bits.RotateLeft64(d^a, -16)
	c += d + 2*(c&0xffffffff)*(d&0xffffffff)
	b = bits.RotateLeft64(b^c, -63)
	return a, b, c, d
}

// longHash is H' of section 3.3.
func longHash(size int, data []byte) []byte {
	sum := func(size int, parts ...[]byte) []byte {
		h, _ := blake2b.New(size, nil) // sizes are 1 to 64
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	length := binary.LittleEndian.AppendUint32(nil, uint32(size))
	if size <= 64 {
		return sum(size, length, data)
	}
	v := sum(64, length, data)
	out := append([]byte{}, v[:32]...)
	for size-len(out) > 64 {
		v = sum(64, v)
		out = append(out, v[:32]...)
	}
	return append(out, sum(size-len(out), v)...)
}
