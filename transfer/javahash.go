package transfer

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A java is the stream of a serialised java.util.HashMap of texts (Java Object
// Serialization Specification, section 6.4). Anything else in it is
// [ErrBroken]: no object is made of what a file says.
type java struct {
	rest  []byte
	texts map[uint32]string // by handle
	next  uint32            // handle
	bad   bool
}

const (
	javaMagic    = "\xac\xed\x00\x05"
	javaHandles  = 0x7e0000
	javaObject   = 0x73
	javaClass    = 0x72
	javaString   = 0x74
	javaLong     = 0x7c
	javaRef      = 0x71
	javaBlock    = 0x77
	javaEnd      = 0x78
	javaNull     = 0x70
	javaMapClass = "java.util.HashMap"
	// the map's version, that it writes its elements itself, and its fields
	javaMapFields = "\x05\x07\xda\xc1\xc3\x16\x60\xd1\x03\x00\x02F\x00\x0aloadFactorI\x00\x09threshold"
)

// readJavaMap reads the map.
func readJavaMap(data []byte) (map[string]string, error) {
	j := &java{rest: data, texts: map[uint32]string{}, next: javaHandles + 2} // the class, the object
	j.expect(javaMagic + string([]byte{javaObject, javaClass, 0, byte(len(javaMapClass))}) + javaMapClass + javaMapFields + string([]byte{javaEnd, javaNull}))
	j.take(4 + 4) // load factor, threshold
	j.expect(string([]byte{javaBlock, 8}))
	j.take(4) // capacity
	size := binary.BigEndian.Uint32(j.take(4))
	if size > 2*MaxEntries+1 {
		return nil, ErrTooLarge
	}
	all := map[string]string{}
	for i := uint32(0); i < size && !j.bad; i++ {
		key := j.text()
		all[key] = j.text()
	}
	j.expect(string([]byte{javaEnd}))
	if j.bad {
		return nil, ErrBroken
	}
	return all, nil
}

// take is the next n bytes; of a stream that has ended, zeros.
func (j *java) take(n int) []byte {
	if n > len(j.rest) {
		j.bad = true
		return make([]byte, min(n, 8))
	}
	b := j.rest[:n]
	j.rest = j.rest[n:]
	return b
}

func (j *java) expect(s string) { j.bad = string(j.take(len(s))) != s || j.bad }

func (j *java) text() string {
	size := 0
	switch j.take(1)[0] {
	case javaString:
		size = int(binary.BigEndian.Uint16(j.take(2)))
	case javaLong:
		size = int(min(binary.BigEndian.Uint64(j.take(8)), MaxFile+1))
	case javaRef:
		s, ok := j.texts[binary.BigEndian.Uint32(j.take(4))]
		j.bad = j.bad || !ok
		return s
	default:
		j.bad = true
	}
	s := javaText(string(j.take(size)))
	j.texts[j.next] = s
	j.next++
	return s
}

// javaText turns modified UTF-8 into UTF-8: NUL has two bytes there, and what
// does not fit 16 bits is two surrogates of three bytes each.
func javaText(s string) string {
	if strings.IndexByte(s, 0xc0) < 0 && strings.IndexByte(s, 0xed) < 0 && utf8.ValidString(s) {
		return s
	}
	var units []uint16
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c&0xe0 == 0xc0 && i+1 < len(s):
			units = append(units, uint16(c&0x1f)<<6|uint16(s[i+1]&0x3f))
			i += 2
		case c&0xf0 == 0xe0 && i+2 < len(s):
			units = append(units, uint16(c)<<12|uint16(s[i+1]&0x3f)<<6|uint16(s[i+2]&0x3f))
			i += 3
		default:
			units = append(units, uint16(c))
			i++
		}
	}
	return string(utf16.Decode(units))
}
