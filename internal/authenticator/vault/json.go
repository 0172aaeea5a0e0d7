package vault

import (
	"bytes"
	"encoding/json"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The codec reads JSON in one pass, because a vault of ten thousand accounts is
// opened while somebody waits, in WebAssembly. It accepts what encoding/json
// accepts (a fuzz test holds it to that) and keeps what it does not know as the
// bytes that stood there.

// maxDepth is deeper than anything we write.
const maxDepth = 200

// A reader goes over one JSON text. After a mistake it stands still and err is set.
type reader struct {
	b     []byte
	i     int
	depth int
	err   error
	last  string // that was said and is no word

	spaced bool // white space was passed
}

func (r *reader) fail() {
	r.err, r.i = ErrBroken, len(r.b)
}

// next skips white space and returns the byte that follows, or 0 at the end.
func (r *reader) next() byte {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\n', '\r':
			r.i++
			r.spaced = true
		default:
			return c
		}
	}
	return 0
}

// took reports whether c came next, and passes it.
func (r *reader) took(c byte) bool {
	if r.next() != c || r.i >= len(r.b) {
		return false
	}
	r.i++
	return true
}

// object calls f with each name, in the order they stand; f reads the value.
func (r *reader) object(f func(name string)) {
	if !r.enter('{') {
		return
	}
	for first := true; !r.took('}'); first = false {
		if !first && !r.took(',') {
			r.fail()
			return
		}
		name := r.name()
		if !r.took(':') {
			r.fail()
			return
		}
		f(name)
		if r.err != nil {
			return
		}
	}
	r.depth--
}

// array calls f for each value; f reads it.
func (r *reader) array(f func()) {
	if !r.enter('[') {
		return
	}
	for first := true; !r.took(']'); first = false {
		if !first && !r.took(',') {
			r.fail()
			return
		}
		f()
		if r.err != nil {
			return
		}
	}
	r.depth--
}

func (r *reader) enter(c byte) bool {
	if r.depth++; r.depth > maxDepth || !r.took(c) {
		r.fail()
		return false
	}
	return true
}

// end reports what went wrong, text after the value included.
func (r *reader) end() error {
	if r.err == nil && (r.next() != 0 || r.i < len(r.b)) {
		r.fail()
	}
	return r.err
}

// string reads a string.
func (r *reader) string() string {
	raw := r.quoted()
	if r.err != nil {
		return ""
	}
	return inside(raw[1 : len(raw)-1])
}

// inside is what a string says that stood between quotes.
func inside(raw []byte) string {
	if bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) {
		return unquoted(raw)
	}
	return string(raw)
}

// name reads a string that comes again and again; equal ones share their bytes.
func (r *reader) name() string {
	raw := r.quoted()
	if r.err != nil {
		return ""
	}
	return r.shared(raw[1 : len(raw)-1])
}

// shared is what a string says that stood between quotes, without making one of
// our words anew, or what was said before it. Long ones are rarely said again.
func (r *reader) shared(raw []byte) string {
	if len(raw) > 20 {
		return inside(raw)
	}
	if known := words[slot(raw)]; known == string(raw) {
		return known
	}
	if r.last != string(raw) {
		said := inside(raw)
		if said != string(raw) {
			return said // it had escapes
		}
		r.last = said
	}
	return r.last
}

// words are what a vault says again and again, each in its slot. Looking there
// costs less than a map, which has to hash.
var words = func() (all [256]string) {
	for _, word := range strings.Fields("id kind issuer name type secret algorithm digits period counter pin note icon tags order pinned created server " +
		"born from gone names place more other personal work totp hotp steam SHA1 SHA256 SHA512") {
		all[slot([]byte(word))] = word
	}
	return all
}()

// slot is another one for each of our words.
func slot(raw []byte) byte {
	if len(raw) == 0 {
		return 0
	}
	return raw[0] + raw[len(raw)/2]<<4 + byte(len(raw))<<3
}

// quoted passes a string and returns it with its quotes.
func (r *reader) quoted() []byte {
	if r.next() != '"' {
		r.fail()
		return nil
	}
	start := r.i
	for i := r.i + 1; i < len(r.b); i++ {
		switch c := r.b[i]; {
		case c == '"':
			r.i = i + 1
			return r.b[start:r.i]
		case c < ' ':
			r.fail()
			return nil
		case c == '\\':
			n := escape(r.b[i:])
			if n == 0 {
				r.fail()
				return nil
			}
			i += n - 1
		}
	}
	r.fail()
	return nil
}

// escape is the length of the escape that b begins with, or 0.
func escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && isHex(b[2:6]) {
			return 6
		}
	}
	return 0
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

// unquoted undoes the escapes of a string that quoted has approved. What is no
// character becomes U+FFFD.
func unquoted(b []byte) string {
	var s strings.Builder
	for i := 0; i < len(b); {
		c, n := utf8.DecodeRune(b[i:])
		if c == '\\' {
			c, n = unescaped(b[i:])
		}
		s.WriteRune(c)
		i += n
	}
	return s.String()
}

func unescaped(b []byte) (rune, int) {
	if b[1] != 'u' {
		if at := strings.IndexByte("bfnrt", b[1]); at >= 0 {
			return rune("\b\f\n\r\t"[at]), 2
		}
		return rune(b[1]), 2
	}
	c := hex4(b[2:6])
	if !utf16.IsSurrogate(c) {
		return c, 6
	}
	if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if both := utf16.DecodeRune(c, hex4(b[8:12])); both != utf8.RuneError {
			return both, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(b []byte) rune {
	n, _ := strconv.ParseUint(string(b), 16, 32)
	return rune(n)
}

// raw passes any value and returns its bytes, without white space.
func (r *reader) raw() []byte {
	r.next()
	start := r.i
	r.spaced = false
	r.skip()
	if r.err != nil {
		return nil
	}
	value := r.b[start:r.i]
	if r.spaced {
		return compact(value)
	}
	return value
}

func (r *reader) skip() {
	switch c := r.next(); {
	case c == '{':
		r.object(func(string) { r.skip() })
	case c == '[':
		r.array(r.skip)
	case c == '"':
		r.quoted()
	case c == 't':
		r.literal("true")
	case c == 'f':
		r.literal("false")
	case c == 'n':
		r.literal("null")
	default:
		r.number()
	}
}

func (r *reader) literal(s string) {
	if !bytes.HasPrefix(r.b[r.i:], []byte(s)) {
		r.fail()
		return
	}
	r.i += len(s)
}

// null passes null, if it comes next.
func (r *reader) null() bool {
	if r.next() != 'n' {
		return false
	}
	r.literal("null")
	return true
}

func (r *reader) bool() bool {
	if r.next() == 't' {
		r.literal("true")
		return true
	}
	r.literal("false")
	return false
}

// number passes a number and returns it as it stands (RFC 8259 section 6).
func (r *reader) number() []byte {
	r.next()
	start := r.i
	if r.i < len(r.b) && r.b[r.i] == '-' {
		r.i++
	}
	switch whole := r.digits(); {
	case whole == 0, whole > 1 && r.b[r.i-whole] == '0':
		r.fail()
		return nil
	}
	if r.i < len(r.b) && r.b[r.i] == '.' {
		r.i++
		if r.digits() == 0 {
			r.fail()
			return nil
		}
	}
	if r.i < len(r.b) && (r.b[r.i] == 'e' || r.b[r.i] == 'E') {
		r.i++
		if r.i < len(r.b) && (r.b[r.i] == '+' || r.b[r.i] == '-') {
			r.i++
		}
		if r.digits() == 0 {
			r.fail()
			return nil
		}
	}
	return r.b[start:r.i]
}

func (r *reader) digits() int {
	start := r.i
	for r.i < len(r.b) && '0' <= r.b[r.i] && r.b[r.i] <= '9' {
		r.i++
	}
	return r.i - start
}

// float reads a number.
func (r *reader) float() float64 {
	raw := r.number()
	if n, ok := small(raw); ok {
		return float64(n)
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		r.fail()
	}
	return f
}

// small reads a whole number of at most 15 digits.
func small(raw []byte) (n int64, ok bool) {
	if len(raw) == 0 || len(raw) > 15 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// integer reads a whole number, however it is written; it must not be further
// from 0 than 2^53, beyond which JSON's readers disagree.
func (r *reader) integer() int64 {
	raw := r.number()
	if n, ok := small(raw); ok {
		return n
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f < -maxCount || f > maxCount || f != float64(int64(f)) {
		r.fail()
		return 0
	}
	return int64(f)
}

// A field is one that we do not know, as it stood.
type field struct {
	name  string
	value []byte
}

// compact is a value without white space.
func compact(value []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, value) != nil {
		return value // it was read: it is JSON
	}
	return b.Bytes()
}

// sortFields puts fields in the one order in which they are compared; of two
// with one name the last counts, as with other readers.
func sortFields(fields []field) []field {
	sort.SliceStable(fields, func(i, j int) bool { return fields[i].name < fields[j].name })
	kept := fields[:0]
	for i, f := range fields {
		if i+1 < len(fields) && fields[i+1].name == f.name {
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// A writer writes JSON. What stands before a value – a comma, a name – is given
// with it, as it is to stand there.
type writer struct{ b []byte }

func (w *writer) add(s string) { w.b = append(w.b, s...) }

func (w *writer) raw(before string, value []byte) {
	w.b = append(append(w.b, before...), value...)
}

// text writes a string; quotes, backslashes and control characters are the only
// ones that are escaped.
func (w *writer) text(before, s string) {
	b := append(append(w.b, before...), '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	w.b = append(b, '"')
}

func (w *writer) integer(before string, n int64) {
	w.add(before)
	w.b = strconv.AppendInt(w.b, n, 10)
}

// float writes a number as JavaScript would.
func (w *writer) float(before string, f float64) {
	if f > -maxCount && f < maxCount && f == float64(int64(f)) {
		w.integer(before, int64(f))
		return
	}
	w.add(before)
	w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
}

func (w *writer) bool(before string, b bool) {
	w.add(before)
	w.b = strconv.AppendBool(w.b, b)
}

// stamp writes a stamp; nothing if there is none.
func (w *writer) stamp(before string, s Stamp) {
	if !s.IsZero() {
		w.add(before)
		w.b = append(s.append(append(w.b, '"')), '"')
	}
}

// list writes n values between brackets.
func (w *writer) list(before string, n int, value func(i int, comma string)) {
	w.add(before)
	w.add("[")
	for i := range n {
		value(i, commaBut(i))
	}
	w.add("]")
}

// commaBut is a comma for all but the first.
func commaBut(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// fields writes what we do not know, after a first comma.
func (w *writer) fields(comma string, fields []field) {
	for _, f := range fields {
		w.text(comma, f.name)
		w.raw(":", f.value)
		comma = ","
	}
}
