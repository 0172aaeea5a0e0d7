package ui

import (
	"strings"

	"golang.org/x/text/width"
)

// Wrap breaks a paragraph into lines: between words, and between the letters
// of scripts that have none, but never so that a line begins with what closes
// or ends something.
func Wrap(text string, room int) []string {
	var lines []string
	line := ""
	for _, piece := range pieces(text) {
		if line != "" && Width(line)+Width(strings.TrimRight(piece, " ")) > room {
			lines, line = append(lines, strings.TrimRight(line, " ")), ""
		}
		line += piece
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces are the parts of a text that stay in one line.
func pieces(text string) (parts []string) {
	part := ""
	var before rune
	for _, r := range text {
		breaks := before == ' ' && r != ' ' || before != 0 && (wide(before) || wide(r)) && r != ' ' && !closes(r) && !opens(before)
		if breaks && part != "" {
			parts, part = append(parts, part), ""
		}
		part, before = part+string(r), r
	}
	return append(parts, part)
}

func closes(r rune) bool { return strings.ContainsRune("、。」)）』・ー:;!?,.", r) }

func opens(r rune) bool { return strings.ContainsRune("「(（『", r) }

// Pad fills a text up with spaces to a width.
func Pad(text string, to int) string { return text + strings.Repeat(" ", max(to-Width(text), 0)) }

// Width is how many columns of a terminal a text takes: two for a letter of
// East Asian scripts (UAX #11).
func Width(text string) (columns int) {
	for _, r := range text {
		columns++
		if wide(r) {
			columns++
		}
	}
	return columns
}

func wide(r rune) bool {
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}
