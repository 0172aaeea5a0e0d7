package frames

import "strings"

// The alphabet of QR codes in their alphanumeric mode (RFC 9285): two bytes are
// three characters, one that is left over two.
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

func base45(b []byte) string {
	var text strings.Builder
	for ; len(b) > 1; b = b[2:] {
		n := int(b[0])<<8 | int(b[1])
		text.Write([]byte{alphabet[n%45], alphabet[n/45%45], alphabet[n/2025]})
	}
	if len(b) == 1 {
		text.Write([]byte{alphabet[b[0]%45], alphabet[b[0]/45]})
	}
	return text.String()
}

func unbase45(text string) (b []byte, ok bool) {
	for len(text) > 0 {
		n, factor := 0, 1
		group := text[:min(3, len(text))]
		for i := range len(group) {
			digit := strings.IndexByte(alphabet, group[i])
			if digit < 0 {
				return nil, false
			}
			n, factor = n+digit*factor, factor*45
		}
		switch {
		case len(group) == 3 && n < 1<<16:
			b = append(b, byte(n>>8), byte(n))
		case len(group) == 2 && n < 1<<8:
			b = append(b, byte(n))
		default:
			return nil, false
		}
		text = text[len(group):]
	}
	return b, true
}
