package transfer

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// A preference is a text among the preferences of an Android app: what
// FreeOTP, Authy and others keep their accounts in.
type preference struct{ name, value string }

// isPreferences reports whether the file looks like preferences of an Android
// app and has a sign in it.
func (f *file) isPreferences(sign string) bool {
	head := f.data[:min(len(f.data), 1024)]
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("<")) && bytes.Contains(head, []byte("<map")) && bytes.Contains(f.data, []byte(sign))
}

// preferences reads <map><string name="…">…</string></map>. Values of other
// types are left out.
func preferences(data []byte) ([]preference, error) {
	d := newXML(data)
	var all []preference
	for depth := 0; ; {
		token, err := d.Token()
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if depth == 1 && t.Name.Local != "map" || depth > maxDepth {
				return nil, ErrBroken
			}
			if depth != 2 || t.Name.Local != "string" {
				continue
			}
			p := preference{name: attribute(t, "name")}
			if d.DecodeElement(&p.value, &t) != nil {
				return nil, ErrBroken
			}
			depth--
			if all = append(all, p); len(all) > MaxEntries+1 {
				return nil, ErrTooLarge
			}
		case xml.EndElement:
			depth--
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, ErrBroken
		}
	}
}

// maxDepth is far deeper than any document of ours.
const maxDepth = 256

// newXML reads XML without what lies outside of the document: entities are not
// looked up, and every encoding is taken for UTF-8.
func newXML(data []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return d
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if strings.EqualFold(a.Name.Local, name) {
			return a.Value
		}
	}
	return ""
}
