package calls

import (
	"strconv"

	"rsc.io/qr/coding"

	"countersign/cmd/core-wasm/internal/talk"
)

// A picture is a text as a QR code, to be drawn by whoever shows it: so many
// modules a side, and the dark ones of each row as strokes of an SVG path, one
// module wide. The quiet zone is the business of the box around it.
type picture struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

// pictureOf draws a text, with as much to spare for damage as the level says.
// There is none of a text that no QR code holds.
func pictureOf(text string, level coding.Level) *picture { return draw(coding.String(text), level) }

// pictureOfFrame draws a text of the few characters that take less room:
// capitals, digits and " $%*+-./:".
func pictureOfFrame(text string) *picture { return draw(coding.Alpha(text), coding.L) }

func draw(text coding.Encoding, level coding.Level) *picture {
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
		return &picture{code.Size, pathOf(code)}
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

type drawn struct {
	Text string `json:"text"`
}

// drawing is any text as a QR code; nothing if it is too long for one.
func drawing(_ *Desk, _ talk.Call, a drawn) (*picture, error) {
	return pictureOf(a.Text, coding.M), nil
}
