package usage

import (
	"strings"

	"countersign/ui"
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
	for _, line := range ui.Wrap(text, across-ui.Width(indent)) {
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
		if w := ui.Width(row[0]); w <= widest {
			left = max(left, w)
		}
	}
	indent := strings.Repeat(" ", 2+left+2)
	for _, row := range rows {
		lines := ui.Wrap(row[1], across-len(indent))
		if ui.Width(row[0]) > left {
			p.line("  " + row[0])
		} else {
			p.line("  " + ui.Pad(row[0], left) + "  " + lines[0])
			lines = lines[1:]
		}
		for _, line := range lines {
			p.line(indent + line)
		}
	}
}
