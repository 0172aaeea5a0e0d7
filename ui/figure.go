package ui

import "strconv"

// Figure writes a count with commas between its thousands, as both languages do.
func Figure(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0 && s[at-1] != '-'; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}
