package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Japanese breaks between any two signs, except before what ends something and
// behind what begins it (JIS X 4051, kinsoku).
const (
	neverFirst = "、。，．」』）〉》】〕！？：；ー～…‥・々ゝヽぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ)]!?:;,."
	neverLast  = "「『（〈《【〔([“"
)

// wrap breaks a text into lines of the terminal's width: where a reader of its
// language expects it, else, in what is longer than a line, anywhere.
func (m Model) wrap(text string) (lines []string) {
	room := max(m.Width-2, 8)
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, piece := range pieces(paragraph) {
			if line != "" && width(line+strings.TrimRight(piece, " ")) > room {
				lines, line = append(lines, strings.TrimRight(line, " ")), ""
			}
			whole := strings.Split(ansi.Hardwrap(piece, room, true), "\n")
			lines = append(lines, whole[:len(whole)-1]...)
			line += whole[len(whole)-1]
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}

// pieces are the parts of a text that stay together, each with the spaces after it.
func pieces(text string) (all []string) {
	from, last := 0, rune(0)
	for i, r := range text {
		if i > 0 && breaks(last, r) {
			all, from = append(all, text[from:i]), i
		}
		last = r
	}
	return append(all, text[from:])
}

func breaks(last, next rune) bool {
	if next == ' ' || strings.ContainsRune(neverFirst, next) || strings.ContainsRune(neverLast, last) {
		return false
	}
	return last == ' ' || wide(last) || wide(next)
}

func wide(r rune) bool { return width(string(r)) > 1 }
