package usage

import (
	"strings"

	"golang.org/x/text/width"
)

// across is how wide a page is; most terminals are wider.
const across = 80

// A page is text as a terminal shows it, broken into lines that fit.
type page struct{ strings.Builder }

func (p *page) line(text string) {
	p.WriteString(strings.TrimRight(text, " "))
	p.WriteByte('\n')
}

// text is paragraphs, a line each; what is indented stays as it is.
func (p *page) text(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, " ") {
			p.line(line)
		} else {
			p.paragraph("", line)
		}
	}
}

func (p *page) paragraph(indent, text string) {
	for _, line := range wrap(text, across-Width(indent)) {
		p.line(indent + line)
	}
}

// columns is a heading and what stands under it, each with what it means.
func (p *page) columns(heading string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	p.line("")
	p.line(heading)
	const widest = 30
	left := 0
	for _, row := range rows {
		if w := Width(row[0]); w <= widest {
			left = max(left, w)
		}
	}
	indent := strings.Repeat(" ", 2+left+2)
	for _, row := range rows {
		lines := wrap(row[1], across-len(indent))
		if Width(row[0]) > left {
			p.line("  " + row[0])
		} else {
			p.line("  " + Pad(row[0], left) + "  " + lines[0])
			lines = lines[1:]
		}
		for _, line := range lines {
			p.line(indent + line)
		}
	}
}

// wrap breaks a paragraph into lines: between words, and between the letters
// of scripts that have none, but never so that a line begins with what closes
// or ends something.
func wrap(text string, room int) []string {
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
