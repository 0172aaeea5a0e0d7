package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

type jsonObject map[string]json.RawMessage

// A file is the bytes of a file, and what several formats want to know of it.
type file struct {
	data   []byte            // UTF-8 without its mark if the file is text
	object jsonObject        // if the file is a JSON object
	array  []json.RawMessage // if it is a JSON array
	some   []jsonObject      // of its elements, those among the first that are objects

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
		f.some = someObjects(f.array)
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

// someObjects are the objects among the first elements of an array: enough to
// tell what it is, though some of them may be damaged.
func someObjects(array []json.RawMessage) (some []jsonObject) {
	for _, raw := range array[:min(len(array), 100)] {
		var object jsonObject
		if json.Unmarshal(raw, &object) == nil && object != nil {
			some = append(some, object)
		}
	}
	return some
}

// plainText drops the byte order mark of a text, and turns UTF-16 with one into
// UTF-8: Windows programs write both. What begins like UTF-16 and is none stays
// as it is: an encrypted file may begin with anything.
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
	text := string(utf16.Decode(units))
	if strings.ContainsRune(text, utf8.RuneError) {
		return data
	}
	return []byte(text)
}

// has reports whether the file is a JSON object with all these keys.
func (f *file) has(keys ...string) bool { return f.object.has(keys) }

// someHave reports whether the file is a JSON array with an object that has all
// these keys.
func (f *file) someHave(keys ...string) bool { return someHave(f.some, keys) }

// listHas reports whether the file is a JSON object with an array that has an
// object with all these keys.
func (f *file) listHas(list string, keys ...string) bool {
	array, err := readArray(f.object[list])
	return err == nil && someHave(someObjects(array), keys)
}

func someHave(some []jsonObject, keys []string) bool {
	return slices.ContainsFunc(some, func(o jsonObject) bool { return o.has(keys) })
}

func (o jsonObject) has(keys []string) bool {
	for _, key := range keys {
		if _, ok := o[key]; !ok {
			return false
		}
	}
	return o != nil
}

// prefix reports whether the file begins with s.
func (f *file) prefix(s string) bool {
	return strings.HasPrefix(string(f.data[:min(len(f.data), len(s))]), s)
}
