package scan

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr"
)

const link = "otpauth://totp/GitHub:mei@example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub"

func encode(t testing.TB, text string) *qr.Code {
	t.Helper()
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// half draws a code in half blocks, dark or light.
func half(c *qr.Code, light bool) string {
	var b strings.Builder
	for y := -2; y < c.Size+2; y += 2 {
		for x := -2; x < c.Size+2; x++ {
			upper, lower := c.Black(x, y) != light, c.Black(x, y+1) != light
			b.WriteString(map[[2]bool]string{{true, true}: "█", {true, false}: "▀", {false, true}: "▄", {false, false}: " "}[[2]bool{upper, lower}])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// squares draws a code with two characters for each square.
func squares(c *qr.Code, dark, light string) string {
	var b strings.Builder
	for y := -2; y < c.Size+2; y++ {
		for x := -2; x < c.Size+2; x++ {
			if c.Black(x, y) {
				b.WriteString(dark)
			} else {
				b.WriteString(light)
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

func TestCodesDrawnOnAScreenAreRead(t *testing.T) {
	c := encode(t, link)
	for name, text := range map[string]string{
		"half blocks":        "Scan this:\n\n" + half(c, false) + "\nor type GEZD GNBV\n",
		"half blocks, light": half(c, true),
		"full blocks":        squares(c, "██", "  "),
		"full blocks, light": squares(c, "  ", "██"),
		"number signs":       squares(c, "##", "  "),
		"sixteen colours":    squares(c, "\x1b[40m  ", "\x1b[47m  "),
		"256 colours":        squares(c, "\x1b[48;5;16m  ", "\x1b[48;5;231m  "),
		"true colours":       squares(c, "\x1b[48;2;0;0;0m  ", "\x1b[48;2;255;255;255m  "),
		"in reverse":         squares(c, "\x1b[0m  ", "\x1b[7m  "),
		"the link itself":    "visit <" + link + "> now",
	} {
		if got, err := Screen(text); err != nil || len(got) != 1 || got[0] != link {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	if _, err := Screen(strings.Repeat(strings.Repeat("█ ", 200)+"\n", 300)); !errors.Is(err, ErrNoCode) {
		t.Error(err)
	}
}

func picture(t testing.TB, codes ...*qr.Code) []byte {
	t.Helper()
	const size = 5
	width := 20
	for _, c := range codes {
		width += c.Size*size + 40
	}
	i := image.NewNRGBA(image.Rect(0, 0, width, codes[0].Size*size+60))
	at := 20
	for _, c := range codes {
		for y := range c.Size * size {
			for x := range c.Size * size {
				if c.Black(x/size, y/size) {
					i.Set(at+x, 20+y, color.Black) // on nothing: paper is transparent
				}
			}
		}
		at += c.Size*size + 40
	}
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCodesInAPictureAreRead(t *testing.T) {
	other := strings.ReplaceAll(link, "mei", "rin")
	b := picture(t, encode(t, link), encode(t, other))
	got, err := Picture(b)
	if err != nil || len(got) != 2 || !IsPicture(b) {
		t.Fatalf("%q %v", got, err)
	}
	if _, err := Picture([]byte("\x89PNG\r\n\x1a\nno")); !errors.Is(err, ErrNoPicture) {
		t.Error(err)
	}
}

func TestAPictureThatIsLargerThanAnyScreenIsNotOpened(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Replace(b.Bytes(), []byte{0, 0, 0, 1, 0, 0, 0, 1}, []byte{0, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0xff}, 1)
	if _, err := Picture(huge); !errors.Is(err, ErrNoPicture) {
		t.Error(err)
	}
}

// FuzzScreen: a link that stands on a screen is found, whatever stands round it.
func FuzzScreen(f *testing.F) {
	f.Add("Scan:\n█▀▄\x1b[7m ", "\nend")
	f.Add("\x1b[38;5m\x1b[48;2;m", "\x1b[")
	f.Fuzz(func(t *testing.T, before, after string) {
		got, err := Screen(before + "\n" + link + "\n" + after)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range got {
			if one == link {
				return
			}
		}
		t.Fatalf("%q", got)
	})
}
