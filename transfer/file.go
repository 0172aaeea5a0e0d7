package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"unicode/utf16"
)

// A file is the bytes of a file, and what several formats want to know of it.
type file struct {
	data   []byte                     // UTF-8 without its mark if the file is text
	object map[string]json.RawMessage // if the file is a JSON object
	array  []json.RawMessage          // if it is a JSON array
	first  map[string]json.RawMessage // the first element of array that is an object

	archive *archive // if it is a zip file within the limits
	wrong   error    // why it is none, though it begins as one
}

func newFile(data []byte) *file {
	f := &file{data: plainText(data)}
	if f.prefix("PK\x03\x04") {
		f.archive, f.wrong = openZip(f.data)
		return f
	}
	switch start := bytes.TrimLeft(f.data, " \t\r\n"); {
	case bytes.HasPrefix(start, []byte("{")):
		_ = json.Unmarshal(start, &f.object) // not JSON then
	case bytes.HasPrefix(start, []byte("[")):
		_ = json.Unmarshal(start, &f.array)
		f.first = firstObject(f.array)
	}
	return f
}

// member is the first member of a zip file whose name fits, or nil.
func (f *file) member(fits func(name string) bool) *zip.File {
	if f.archive == nil {
		return nil
	}
	return f.archive.find(fits)
}

func firstObject(array []json.RawMessage) (object map[string]json.RawMessage) {
	for _, raw := range array {
		if json.Unmarshal(raw, &object) == nil && object != nil {
			return object
		}
	}
	return nil
}

// plainText drops the byte order mark of a text, and turns UTF-16 with one into
// UTF-8: Windows programs write both.
func plainText(data []byte) []byte {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:]
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	case !bytes.HasPrefix(data, []byte("\xff\xfe")):
		return data
	}
	units := make([]uint16, len(data)/2-1)
	for i := range units {
		units[i] = order.Uint16(data[2+2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// has reports whether the file is a JSON object with all these keys.
func (f *file) has(keys ...string) bool { return hasKeys(f.object, keys) }

// firstHas reports whether the file is a JSON array whose first object has all
// these keys.
func (f *file) firstHas(keys ...string) bool { return hasKeys(f.first, keys) }

func hasKeys(object map[string]json.RawMessage, keys []string) bool {
	for _, key := range keys {
		if _, ok := object[key]; !ok {
			return false
		}
	}
	return object != nil
}

// prefix reports whether the file begins with s.
func (f *file) prefix(s string) bool {
	return strings.HasPrefix(string(f.data[:min(len(f.data), len(s))]), s)
}
