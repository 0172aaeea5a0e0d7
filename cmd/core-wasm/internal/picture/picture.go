// Package picture draws texts as QR codes, for whoever shows them.
package picture

import (
	"strconv"

	"rsc.io/qr/coding"
)

// A Picture is a QR code: so many modules a side, and the dark ones of each row
// as strokes of an SVG path, one module wide. The quiet zone is the business of
// the box around it.
type Picture struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

// Of draws a text, with as much to spare for damage as the level says. There is
// none of a text that no QR code holds.
func Of(text string, level coding.Level) *Picture { return draw(coding.String(text), level) }

// OfFrame draws a text of the few characters that take less room: capitals,
// digits and " $%*+-./:".
func OfFrame(text string) *Picture { return draw(coding.Alpha(text), coding.L) }

func draw(text coding.Encoding, level coding.Level) *Picture {
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		if text.Bits(v) > v.DataBytes(level)*8 {
			continue
		}
		plan, err := coding.NewPlan(v, level, 0)
		if err != nil {
			return nil
		}
		code, err := plan.Encode(text)
		if err != nil {
			return nil
		}
		return &Picture{code.Size, pathOf(code)}
	}
	return nil
}

func pathOf(code *coding.Code) string {
	var path []byte
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				path = strconv.AppendInt(append(path, 'M'), int64(x), 10)
				path = strconv.AppendInt(append(path, ' '), int64(y), 10)
				path = strconv.AppendInt(append(path, ".5h"...), int64(run), 10)
				x += run
			}
		}
	}
	return string(path)
}
