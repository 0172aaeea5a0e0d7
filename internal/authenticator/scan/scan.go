// Package scan reads QR codes without a camera: out of a picture, and out of
// the text of a screen, where programs draw them with block characters.
package scan

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	_ "image/gif" // the pictures that people have
	_ "image/jpeg"
	_ "image/png"
	"regexp"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi/qrcode"
)

var (
	// ErrNoPicture is returned for bytes that are no PNG, JPEG or GIF, or one that
	// is damaged or larger than any screen.
	ErrNoPicture = errors.New("not a picture that can be read")
	// ErrNoCode is returned when there is no QR code.
	ErrNoCode = errors.New("no QR code can be read in it")
)

const (
	// MaxPicture is the largest picture that is read, in bytes.
	MaxPicture = 32 << 20
	maxPixels  = 50_000_000
	maxCells   = 400 // of a screen, each way
)

// IsPicture reports whether bytes begin as a picture does that [Picture] reads.
func IsPicture(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x89PNG\r\n")) || bytes.HasPrefix(b, []byte("\xff\xd8\xff")) || bytes.HasPrefix(b, []byte("GIF8"))
}

// Picture returns what the QR codes in a picture hold: at least one.
func Picture(b []byte) ([]string, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || len(b) > MaxPicture || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, ErrNoPicture
	}
	i, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, ErrNoPicture
	}
	return codes(onPaper(i))
}

// onPaper is a picture in grey on white, with a margin: screenshots are often
// cut so close that a code has none.
func onPaper(i image.Image) *image.Gray {
	const margin = 16
	r := i.Bounds()
	g := image.NewGray(image.Rect(0, 0, r.Dx()+2*margin, r.Dy()+2*margin))
	for p := range g.Pix {
		g.Pix[p] = 0xff
	}
	for y := range r.Dy() {
		for x := range r.Dx() {
			c := color.NRGBAModel.Convert(i.At(r.Min.X+x, r.Min.Y+y)).(color.NRGBA)
			grey := color.GrayModel.Convert(color.NRGBA{c.R, c.G, c.B, 0xff}).(color.Gray).Y
			shade := 0xff - (0xff-int(grey))*int(c.A)/0xff
			g.Pix[(y+margin)*g.Stride+x+margin] = uint8(shade)
		}
	}
	return g
}

// codes reads a picture as it is and with dark and light exchanged, with a
// threshold for each part of it and with one for all of it.
func codes(g *image.Gray) (all []string, _ error) {
	for _, inverted := range []bool{false, true} {
		for _, binarize := range []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer} {
			source := gozxing.NewLuminanceSourceFromImage(g)
			if inverted {
				source = source.Invert()
			}
			for _, text := range read(binarize(source)) {
				if !slices.Contains(all, text) {
					all = append(all, text)
				}
			}
		}
	}
	if len(all) == 0 {
		return nil, ErrNoCode
	}
	return all, nil
}

// read finds the codes in one way. The reader is somebody else's and was not
// made for hostile pictures: whatever it trips over, there is no code.
func read(b gozxing.Binarizer) (texts []string) {
	defer func() {
		if recover() != nil {
			texts = nil
		}
	}()
	bits, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return nil
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	found, err := qrcode.NewQRCodeMultiReader().DecodeMultiple(bits, hints)
	if err != nil {
		return nil
	}
	for _, f := range found {
		texts = append(texts, f.GetText())
	}
	return texts
}

// links are the addresses that accounts come in. They end where a space or a
// quotation mark does.
var links = regexp.MustCompile("(?i)(?:otpauth|otpauth-migration|steam|motp)://[^\\s\"'`<>|\x00-\x1f]+")

// Screen returns what is on a screen that was copied as text: the links that
// accounts come in, and what drawn QR codes hold.
func Screen(text string) ([]string, error) {
	all := links.FindAllString(text, -1)
	if drawn := draw(text); drawn != nil {
		found, _ := codes(drawn)
		for _, one := range found {
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	if len(all) == 0 {
		return nil, ErrNoCode
	}
	return all, nil
}
