// Package frames carries a message from a screen to a camera, as QR codes that
// move: no network, no cable, nothing between the two that could keep it.
//
// A message is cut into blocks. The first frames show one block each; every
// frame after them shows the sum of some blocks, which ones follows from its
// number. So a camera may miss any frame, see any twice and begin anywhere:
// once it has seen about as many different frames as there are blocks, it has
// the message. A screen just goes on counting.
//
// A frame is the text of one QR code in its alphanumeric mode:
//
//	"CSM1:" base45( id[8] size[4] number[4] block check[4] )
//
// id is the beginning of SHA-256 of the message, size its length, number that
// of the frame – both of 4 bytes, the most significant first –, check CRC-32
// (IEEE) of all before it. A block has 320 bytes, or all of a message that is
// shorter; the last is filled up with zeros. docs/move-format.md is the
// normative text.
package frames

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"
)

// What can be wrong with a message or with a frame.
var (
	// ErrTooLarge: the message would take minutes to show.
	ErrTooLarge = errors.New("too large for moving QR codes")
	// ErrOther: the text is no frame.
	ErrOther = errors.New("not a frame of a message")
	// ErrNewer: a frame of a later version of the format.
	ErrNewer = errors.New("a frame of a newer version")
	// ErrDamaged: it was not read as it was shown.
	ErrDamaged = errors.New("the frame is damaged")
)

const (
	// Block is how many bytes of a message a frame shows.
	Block = 320
	// MaxBlocks is how many blocks a message may have: more than three minutes.
	MaxBlocks = 1024
	// MaxMessage is how many bytes a message may have.
	MaxMessage = Block * MaxBlocks
	// PerSecond is how many frames a screen should show: as many as a phone
	// reads for certain.
	PerSecond = 5

	prefix  = "CSM"
	version = "1:"
	idSize  = 8
	head    = idSize + 8
	check   = 4
)

// Is reports whether a text is a frame, or would be one of a later version.
func Is(text string) bool {
	rest, ok := strings.CutPrefix(text, prefix)
	return ok && len(rest) > 1 && '0' <= rest[0] && rest[0] <= '9' && rest[1] == ':'
}

// blocks is how many blocks a message of a size has, and how large they are.
func blocks(size int) (count, length int) {
	return (size + Block - 1) / Block, min(size, Block)
}

// A Screen shows a message.
type Screen struct {
	message []byte
	id      [idSize]byte
}

// Show prepares a message. It returns [ErrTooLarge].
func Show(message []byte) (*Screen, error) {
	if len(message) == 0 || len(message) > MaxMessage {
		return nil, ErrTooLarge
	}
	return &Screen{message, idOf(message)}, nil
}

func idOf(message []byte) (id [idSize]byte) {
	sum := sha256.Sum256(message)
	copy(id[:], sum[:])
	return id
}

// Blocks is how many different frames have to be seen.
func (s *Screen) Blocks() int {
	count, _ := blocks(len(s.message))
	return count
}

// Frame is the text of the frame with this number. Of a message with one block
// they all are the same.
func (s *Screen) Frame(number uint32) string {
	count, length := blocks(len(s.message))
	if count == 1 {
		number = 0
	}
	f := frame{s.id, uint32(len(s.message)), number, make([]byte, length)}
	for i := range chosen(s.id, number, count).all() {
		at := i * length
		xor(f.block, s.message[at:min(at+length, len(s.message))])
	}
	return f.text()
}

func xor(into, b []byte) { subtle.XORBytes(into, into[:len(b)], b) }

// A frame is what one QR code says.
type frame struct {
	id     [idSize]byte
	size   uint32
	number uint32
	block  []byte
}

func (f frame) text() string {
	b := append(make([]byte, 0, head+len(f.block)+check), f.id[:]...)
	b = binary.BigEndian.AppendUint32(b, f.size)
	b = binary.BigEndian.AppendUint32(b, f.number)
	b = append(b, f.block...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return prefix + version + base45(b)
}

// parse reads what text wrote, and nothing else.
func parse(text string) (frame, error) {
	if !Is(text) {
		return frame{}, ErrOther
	}
	rest, ok := strings.CutPrefix(text, prefix+version)
	if !ok {
		return frame{}, ErrNewer
	}
	b, ok := unbase45(rest)
	if !ok || len(b) < head+1+check || len(b) > head+Block+check {
		return frame{}, ErrDamaged
	}
	b, sum := b[:len(b)-check], binary.BigEndian.Uint32(b[len(b)-check:])
	f := frame{[idSize]byte(b), binary.BigEndian.Uint32(b[idSize:]), binary.BigEndian.Uint32(b[idSize+4:]), b[head:]}
	if sum != crc32.ChecksumIEEE(b) || f.size < 1 || f.size > MaxMessage {
		return frame{}, ErrDamaged
	}
	count, length := blocks(int(f.size))
	if len(f.block) != length || count == 1 && f.number != 0 {
		return frame{}, ErrDamaged
	}
	return f, nil
}

// A Camera puts together what it sees. The zero Camera has seen nothing.
type Camera struct {
	id   [idSize]byte
	size int
	rows []row // by their first block; nil where there is none yet
	have int
}

// A row is a sum of blocks.
type row struct {
	of  set
	sum []byte
}

// See takes the text of a code. It returns the message once it is whole, and
// nil before that. A frame of another message begins anew. It returns
// [ErrOther], [ErrNewer] or [ErrDamaged], and then has not seen anything.
func (c *Camera) See(text string) ([]byte, error) {
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	count, _ := blocks(int(f.size))
	if c.rows == nil || c.id != f.id || c.size != int(f.size) {
		*c = Camera{f.id, int(f.size), make([]row, count), 0}
	}
	c.take(row{chosen(f.id, f.number, count), bytes.Clone(f.block)})
	if c.have < count {
		return nil, nil
	}
	message := c.message()
	if idOf(message) != c.id { // frames that no screen of ours showed
		*c = Camera{}
		return nil, ErrDamaged
	}
	return message, nil
}

// Progress is how many blocks of how many are known.
func (c *Camera) Progress() (have, of int) { return c.have, len(c.rows) }

// take keeps a sum if it says something new.
func (c *Camera) take(r row) {
	for i := range len(c.rows) {
		switch {
		case !r.of.has(i):
		case c.rows[i].of == nil:
			c.rows[i] = r
			c.have++
			return
		default:
			r.of.xor(c.rows[i].of)
			xor(r.sum, c.rows[i].sum)
		}
	}
}

// message solves the sums from the last to the first.
func (c *Camera) message() []byte {
	for i := len(c.rows) - 1; i >= 0; i-- {
		for j := i + 1; j < len(c.rows); j++ {
			if c.rows[i].of.has(j) {
				xor(c.rows[i].sum, c.rows[j].sum)
			}
		}
		c.rows[i].of = single(len(c.rows), i)
	}
	var message []byte
	for _, r := range c.rows {
		message = append(message, r.sum...)
	}
	return message[:c.size]
}
