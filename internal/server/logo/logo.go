// Package logo draws the mark of an organisation from a picture that its admin
// sends. What was sent is never kept nor shown to anybody: it is read within
// limits, drawn anew into a small square on a plain ground, and written as PNG,
// so that nothing of it but its colours reaches a browser (W1).
package logo

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
)

// Limits of what is read, and the side of what is drawn.
const (
	MaxBytes  = 1 << 20
	MaxPixels = 4 << 20 // 2048 by 2048
	Side      = 144     // 44 CSS pixels at three times their size
)

// Why a picture is not taken.
var (
	ErrKind  = errors.New("picture is neither PNG nor JPEG")
	ErrLarge = errors.New("picture is too large")
)

// The grounds a mark can stand on: paper, and night for one that paper would swallow.
var (
	paper = color.RGBA{0xff, 0xfd, 0xf8, 0xff}
	night = color.RGBA{0x17, 0x21, 0x20, 0xff}
)

// Draw reads a picture and returns the mark as PNG, [Side] pixels each way and
// without transparency.
func Draw(sent []byte) ([]byte, error) {
	picture, err := read(sent)
	if err != nil {
		return nil, err
	}
	fitted := fit(picture)
	mark := image.NewRGBA(image.Rect(0, 0, Side, Side))
	draw.Draw(mark, mark.Bounds(), image.NewUniform(groundOf(fitted)), image.Point{}, draw.Src)
	at := image.Pt((Side-fitted.Bounds().Dx())/2, (Side-fitted.Bounds().Dy())/2)
	draw.Draw(mark, fitted.Bounds().Add(at), fitted, image.Point{}, draw.Over)
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, mark)
	return out.Bytes(), err
}

// read decodes a picture whose size was looked at before.
func read(sent []byte) (image.Image, error) {
	if len(sent) > MaxBytes {
		return nil, ErrLarge
	}
	decode, measure := png.Decode, png.DecodeConfig
	switch {
	case bytes.HasPrefix(sent, []byte("\x89PNG\r\n\x1a\n")):
	case bytes.HasPrefix(sent, []byte("\xff\xd8\xff")):
		decode, measure = jpeg.Decode, jpeg.DecodeConfig
	default:
		return nil, ErrKind
	}
	size, err := measure(bytes.NewReader(sent))
	switch {
	case err != nil || size.Width < 1 || size.Height < 1:
		return nil, ErrKind
	case size.Width > MaxPixels/size.Height:
		return nil, ErrLarge
	}
	picture, err := decode(bytes.NewReader(sent))
	if err != nil {
		return nil, ErrKind
	}
	return picture, nil
}

// fit draws a picture into the square, whole: each pixel is the mean of those it
// covers, weighed by how opaque they are.
func fit(p image.Image) *image.RGBA {
	from := p.Bounds()
	w, h := Side, Side
	if from.Dx() > from.Dy() {
		h = max(1, Side*from.Dy()/from.Dx())
	} else {
		w = max(1, Side*from.Dx()/from.Dy())
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			out.SetRGBA(x, y, mean(p, image.Rect(
				from.Min.X+x*from.Dx()/w, from.Min.Y+y*from.Dy()/h,
				from.Min.X+(x+1)*from.Dx()/w, from.Min.Y+(y+1)*from.Dy()/h)))
		}
	}
	return out
}

// mean is the mean colour of a part of a picture, at least of one pixel.
func mean(p image.Image, of image.Rectangle) color.RGBA {
	of.Max.X, of.Max.Y = max(of.Max.X, of.Min.X+1), max(of.Max.Y, of.Min.Y+1)
	var r, g, b, a uint64
	for y := of.Min.Y; y < of.Max.Y; y++ {
		for x := of.Min.X; x < of.Max.X; x++ {
			pr, pg, pb, pa := p.At(x, y).RGBA() // premultiplied: clear pixels weigh nothing
			r, g, b, a = r+uint64(pr), g+uint64(pg), b+uint64(pb), a+uint64(pa)
		}
	}
	n := uint64(of.Dx()*of.Dy()) << 8
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), uint8(a / n)}
}

// groundOf is what a picture is seen on: night, for a light one on no ground of its own.
func groundOf(p *image.RGBA) color.RGBA {
	var light, opaque, all uint64
	for i := 0; i < len(p.Pix); i += 4 {
		light += (2*uint64(p.Pix[i]) + 5*uint64(p.Pix[i+1]) + uint64(p.Pix[i+2])) / 8
		opaque, all = opaque+uint64(p.Pix[i+3]), all+255
	}
	if opaque*20 < all*19 && light*5 > opaque*4 {
		return night
	}
	return paper
}
