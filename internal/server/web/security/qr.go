package securityweb

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// drawQR draws text as a QR code: one path of black runs, in the colour of the
// text round it. The quiet zone is the padding of its box.
func drawQR(text string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("QR code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %d.5h%d", x, y, run)
				x += run
			}
		}
	}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %d" aria-hidden="true" shape-rendering="crispEdges"><path d="%s" stroke="currentColor"/></svg>`,
		code.Size, code.Size, path.String())), nil
}
