package desk

import (
	"strings"

	"rsc.io/qr"

	"countersign/internal/authenticator/frames"
	"countersign/internal/wire"
)

// Drawn is the QR code of a meeting, as [Draw] draws it; nil if its address is
// too long for one.
func Drawn(m wire.Meeting) []string {
	screen, err := frames.Show(m.Message())
	if err != nil {
		return nil
	}
	lines, err := Draw(screen.Frame(0))
	if err != nil {
		return nil
	}
	return lines
}

// Draw draws a text as a QR code in half blocks, a line each. They are to be dark
// on light, whatever the terminal's colours.
func Draw(text string) ([]string, error) {
	const quiet = 2
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, err
	}
	var lines []string
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString([]string{" ", "▀", "▄", "█"}[bit(code.Black(x, y))+2*bit(code.Black(x, y+1))])
		}
		lines = append(lines, line.String())
	}
	return lines, nil
}

func bit(set bool) int {
	if set {
		return 1
	}
	return 0
}
