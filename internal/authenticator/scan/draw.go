package scan

import (
	"image"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A cell of a screen is half as wide as it is high. Codes are drawn in one of
// two ways: two blocks make a square, or one half block does.
const cellWidth, cellHeight = 4, 8

// A cell is one character: whether its upper and lower half are dark.
type cell struct{ upper, lower bool }

// ink is what the block characters put into their upper and lower half.
var ink = map[rune]cell{
	'█': {true, true}, '▀': {true, false}, '▄': {false, true}, '▓': {true, true}, '#': {true, true},
}

// draw makes a picture of a screen, or nil if nothing is drawn on it.
func draw(text string) *image.Gray {
	var rows [][]cell
	width, blocks := 0, 0
	for line := range strings.Lines(text) {
		row, drawn := drawLine(line)
		if len(rows) == maxCells {
			break
		}
		rows = append(rows, row)
		width, blocks = max(width, len(row)), blocks+drawn
	}
	const fewest = 21 * 21 / 8 // the smallest code has 21 x 21 squares
	if blocks < fewest {
		return nil
	}
	const margin = 4 * cellHeight
	g := image.NewGray(image.Rect(0, 0, width*cellWidth+2*margin, len(rows)*cellHeight+2*margin))
	for p := range g.Pix {
		g.Pix[p] = 0xff
	}
	for y, row := range rows {
		for x, c := range row {
			fill(g, margin+x*cellWidth, margin+y*cellHeight, c.upper)
			fill(g, margin+x*cellWidth, margin+y*cellHeight+cellHeight/2, c.lower)
		}
	}
	return g
}

func fill(g *image.Gray, x, y int, dark bool) {
	if !dark {
		return
	}
	for dy := range cellHeight / 2 {
		for dx := range cellWidth {
			g.Pix[(y+dy)*g.Stride+x+dx] = 0
		}
	}
}

// drawLine reads one line, with the colours that are set in it (ECMA-48, SGR).
// drawn counts what is not just text.
func drawLine(line string) (row []cell, drawn int) {
	p := pen{fore: true}
	for line = strings.TrimRight(line, "\r\n"); line != "" && len(row) < maxCells; {
		if codes, rest, ok := cutSGR(line); ok {
			p.set(codes)
			line = rest
			continue
		}
		r, size := utf8.DecodeRuneInString(line)
		line = line[size:]
		shape, block := ink[r]
		if block || r == ' ' && (p.coloured || p.swapped) {
			drawn++
		}
		row = append(row, cell{p.dark(shape.upper), p.dark(shape.lower)})
	}
	return row, drawn
}

// cutSGR cuts a sequence that sets colours off a text.
func cutSGR(text string) (codes, rest string, ok bool) {
	after, ok := strings.CutPrefix(text, "\x1b[")
	if !ok {
		return "", text, false
	}
	end := strings.IndexFunc(after, func(r rune) bool { return r < '0' || r > ';' })
	if end < 0 || after[end] != 'm' {
		return "", text, false
	}
	return after[:end], after[end+1:], true
}

// A pen is what colours are set: whether what is drawn and what is behind it
// are dark.
type pen struct{ fore, back, swapped, coloured bool }

func (p pen) dark(drawn bool) bool {
	if drawn != p.swapped {
		return p.fore
	}
	return p.back
}

func (p *pen) set(codes string) {
	numbers := strings.Split(codes, ";")
	for i := 0; i < len(numbers); i++ {
		n, _ := strconv.Atoi(numbers[i]) // nothing is 0
		switch {
		case n == 0:
			*p = pen{fore: true}
		case n == 7, n == 27:
			p.swapped = n == 7
		case n == 38, n == 48:
			used, dark := palette(numbers[i+1:])
			p.paint(n == 38, dark)
			i += used
		case n == 39:
			p.fore = true
		case n == 49:
			p.back = false
		case 30 <= n && n <= 37, 90 <= n && n <= 97:
			p.paint(true, darkOf(n%10+n/90*8))
		case 40 <= n && n <= 47, 100 <= n && n <= 107:
			p.paint(false, darkOf(n%10+n/100*8))
		}
	}
}

func (p *pen) paint(fore, dark bool) {
	p.coloured = true
	if fore {
		p.fore = dark
	} else {
		p.back = dark
	}
}

// darkOf tells whether one of the sixteen colours is dark: white, yellow, cyan
// and their bright kin are not.
func darkOf(n int) bool {
	return n != 7 && n != 15 && n != 3 && n != 6 && n != 11 && n != 14 && n != 10
}

// palette reads the numbers of a colour after 38 or 48.
func palette(numbers []string) (used int, dark bool) {
	at := func(i int) int {
		if i >= len(numbers) {
			return 0
		}
		n, _ := strconv.Atoi(numbers[i])
		return n
	}
	switch at(0) {
	case 2:
		return 4, 299*at(1)+587*at(2)+114*at(3) < 128_000
	case 5:
		n := at(1)
		switch {
		case n < 16:
			return 2, darkOf(n)
		case n >= 232:
			return 2, n < 244
		}
		n -= 16
		return 2, 299*(n/36)+587*(n/6%6)+114*(n%6) < 2500
	}
	return len(numbers), false
}
