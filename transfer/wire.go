package transfer

import (
	"encoding/binary"
	"iter"
)

// A field is one field of a Protocol Buffers message, as it stands on the wire.
// https://protobuf.dev/programming-guides/encoding/
type field struct {
	number int
	value  uint64 // of a number
	bytes  []byte // of text, bytes or a message; nil for a number
}

// int32 is the field as an int32: negative ones are written as 64 bits.
func (f field) int32() int32 { return int32(f.value) }

// fields reads the fields of a message in order. It ends with ErrBroken where
// the message is no message any more.
func fields(message []byte) iter.Seq2[field, error] {
	return func(yield func(field, error) bool) {
		for len(message) > 0 {
			f, n := readField(message)
			if n <= 0 {
				yield(field{}, ErrBroken)
				return
			}
			if message = message[n:]; !yield(f, nil) {
				return
			}
		}
	}
}

// readField reads the first field, and says how long it is: 0 if there is none.
func readField(b []byte) (f field, size int) {
	tag, n := binary.Uvarint(b)
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return field{}, 0
	}
	f.number = int(tag >> 3)
	rest := b[n:]
	switch tag & 7 {
	case 0:
		value, k := binary.Uvarint(rest)
		if k <= 0 {
			return field{}, 0
		}
		f.value = value
		return f, n + k
	case 1, 5:
		width := 8
		if tag&7 == 5 {
			width = 4
		}
		if len(rest) < width {
			return field{}, 0
		}
		return f, n + width
	case 2:
		length, k := binary.Uvarint(rest)
		if k <= 0 || length > uint64(len(rest)-k) {
			return field{}, 0
		}
		f.bytes = rest[k : k+int(length) : k+int(length)]
		return f, n + k + int(length)
	}
	return field{}, 0
}

// appendNumber and appendBytes write a field; proto3 leaves out what is zero.
func appendNumber(b []byte, number int, value uint64) []byte {
	if value == 0 {
		return b
	}
	return binary.AppendUvarint(binary.AppendUvarint(b, uint64(number)<<3), value)
}

func appendBytes(b []byte, number int, value []byte) []byte {
	b = binary.AppendUvarint(b, uint64(number)<<3|2)
	return append(binary.AppendUvarint(b, uint64(len(value))), value...)
}
