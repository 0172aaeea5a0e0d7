package logo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"countersign/internal/server/logo"
)

// filled is a picture of one colour.
func filled(w, h int, c color.Color) image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p.Set(x, y, c)
		}
	}
	return p
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func drawn(t testing.TB, sent []byte) image.Image {
	t.Helper()
	out, err := logo.Draw(sent)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	far := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x300 }
	return !far(ar, br) && !far(ag, bg) && !far(ab, bb)
}

var (
	plum  = color.NRGBA{0x7b, 0x1f, 0xa2, 0xff}
	paper = color.NRGBA{0xff, 0xfd, 0xf8, 0xff}
)

func TestMarkIsASmallSquareWhateverWasSent(t *testing.T) {
	for name, sent := range map[string][]byte{
		"wide": asPNG(t, filled(900, 300, plum)), "tall": asJPEG(t, filled(30, 900, plum)),
		"tiny": asPNG(t, filled(1, 1, plum)), "a line": asPNG(t, filled(2000, 1, plum)),
	} {
		p := drawn(t, sent)
		if p.Bounds() != image.Rect(0, 0, logo.Side, logo.Side) {
			t.Errorf("%s is %v", name, p.Bounds())
		}
		if c := p.At(logo.Side/2-1, logo.Side/2-1); !near(c, plum) {
			t.Errorf("%s is %v in the middle", name, c)
		}
	}
	if c := drawn(t, asPNG(t, filled(900, 300, plum))).At(3, 3); !near(c, paper) {
		t.Errorf("above a wide one is %v", c)
	}
}

func TestMarkHasNoTransparencyAndALightOneStandsOnNight(t *testing.T) {
	half := func(c color.Color) image.Image {
		p := image.NewNRGBA(image.Rect(0, 0, 200, 200))
		for y := range 200 {
			for x := range 100 {
				p.Set(x, y, c)
			}
		}
		return p
	}
	for _, tt := range []struct{ mark, ground color.Color }{
		{color.White, color.NRGBA{0x17, 0x21, 0x20, 0xff}},
		{color.Black, paper},
		{plum, paper},
	} {
		p := drawn(t, asPNG(t, half(tt.mark)))
		if c := p.At(120, 70); !near(c, tt.ground) {
			t.Errorf("behind %v is %v", tt.mark, c)
		}
		if o, ok := p.(interface{ Opaque() bool }); !ok || !o.Opaque() {
			t.Errorf("%v is not opaque", tt.mark)
		}
	}
}

// W1: of what was uploaded only its colours reach a browser.
func TestW1NothingOfTheUploadIsKept(t *testing.T) {
	sent := asPNG(t, filled(10, 10, plum))
	sent = append(sent[:33], append(chunk("tEXt", []byte("Comment\x00<script>alert(1)</script>")), sent[33:]...)...)
	sent = append(sent, []byte("<html>after the end</html>")...)
	out, err := logo.Draw(sent)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"script", "Comment", "html", "tEXt"} {
		if bytes.Contains(out, []byte(word)) {
			t.Errorf("%q is in it", word)
		}
	}
}

// W1: what is drawn or run by a browser is no picture here.
func TestW1OtherKindsAreRefused(t *testing.T) {
	for name, sent := range map[string][]byte{
		"nothing": nil,
		"SVG":     []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
		"GIF":     []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"HTML":    []byte("<!doctype html><script>alert(1)</script>"),
		"half":    asPNG(t, filled(90, 90, plum))[:60],
		"JPEG":    asJPEG(t, filled(90, 90, plum))[:30],
	} {
		if _, err := logo.Draw(sent); !errors.Is(err, logo.ErrKind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// W1: a picture of a few bytes that says it is huge is refused before it is drawn.
func TestW1AHugePictureIsRefusedByItsSize(t *testing.T) {
	for _, side := range [][2]uint32{{2049, 2048}, {1 << 30, 1 << 30}, {1, 1<<31 - 1}} {
		head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side[0]), side[1])
		bomb := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
		if _, err := logo.Draw(bomb); err == nil || errors.Is(err, logo.ErrKind) && side[0] == 2049 {
			t.Errorf("%v: %v", side, err)
		}
	}
	if _, err := logo.Draw(make([]byte, logo.MaxBytes+1)); !errors.Is(err, logo.ErrLarge) {
		t.Error(err)
	}
}

func chunk(kind string, data []byte) []byte {
	c := append([]byte(kind), data...)
	return binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), c...), crc32.ChecksumIEEE(c))
}

// Whatever comes in is refused, or comes out as an opaque square that does not
// change when it is drawn once more.
func FuzzDraw(f *testing.F) {
	f.Add(asPNG(f, filled(3, 2, plum)))
	f.Add(asJPEG(f, filled(8, 8, plum)))
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		once, err := logo.Draw(sent)
		if err != nil {
			if !errors.Is(err, logo.ErrKind) && !errors.Is(err, logo.ErrLarge) {
				t.Fatal(err)
			}
			return
		}
		twice, err := logo.Draw(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("drawn twice it differs (%v)", err)
		}
	})
}
