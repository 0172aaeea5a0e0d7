package ui

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"
)

// Readable is the least contrast that text has with what it stands on (WCAG 2.2, 1.4.3).
const Readable = 4.5

// ErrColour is returned for what is no colour written #rrggbb.
var ErrColour = errors.New("not a colour written #rrggbb")

// ErrFaint is what every [*Faint] is.
var ErrFaint = errors.New("too faint to be read on paper")

// A Faint is returned for a colour that cannot be read on paper. Nearest is the
// closest to it, of the same hue, that can.
type Faint struct {
	Nearest string
	Ratio   float64 // the contrast it has, where it has least
}

func (f *Faint) Error() string {
	return fmt.Sprintf("contrast of %.1f, want %.1f: the nearest is %s", f.Ratio, Readable, f.Nearest)
}

// Is tells that it is an [ErrFaint].
func (f *Faint) Is(err error) bool { return err == ErrFaint }

// The grounds of tokens.css that an accent is read on: page, card and sheet.
var (
	lightGrounds = []string{"#f6f2e9", "#fffdf8", "#ffffff"}
	darkGrounds  = []string{"#0f1615", "#172120", "#1f2b29"}
)

// An Accent is what an organisation's one colour becomes: it stands in for pine,
// in the light exactly as it was chosen, in the dark as a lighter shade of the same hue.
type Accent struct {
	Light, Dark Shades
	// Warns tells that it is so near the colour of danger that a Yes in it would
	// look like a No: buttons that go on keep our own.
	Warns bool
}

// Shades are the tokens of one theme that follow a colour.
type Shades struct{ Pine, Press, On, Soft, OnSoft string }

// NewAccent works out the shades of a colour. The error is [ErrColour] or a [*Faint].
func NewAccent(colour string) (Accent, error) {
	c, err := lchOf(colour)
	if err != nil {
		return Accent{}, err
	}
	colour = strings.ToLower(strings.TrimSpace(colour))
	if ratio := onPaper(colour); ratio < Readable {
		nearest := c
		for onPaper(nearest.hex()) < Readable {
			nearest = nearest.moved(-0.004)
		}
		return Accent{}, &Faint{nearest.hex(), ratio}
	}
	press := c.moved(-0.06)
	if c.L < 0.2 { // it cannot get darker
		press = c.moved(0.12)
	}
	a := Accent{Light: Shades{colour, press.hex(), "#fffdf8", c.soft(), press.hex()}}
	night := lch{0.3, min(c.C, 0.04), c.h}.hex()
	lit := lch{max(c.L, 0.78), min(c.C, 0.13), c.h}
	for least(lit.hex(), append(darkGrounds, night)) < Readable {
		lit = lit.moved(0.004)
	}
	a.Warns = c.warns()
	a.Dark = Shades{lit.hex(), lit.moved(0.06).hex(), lch{0.19, min(c.C, 0.03), c.h}.hex(), night, lit.moved(0.06).hex()}
	return a, nil
}

// CSS is a style sheet that has the accent stand in for pine.
func (a Accent) CSS() string {
	var b strings.Builder
	b.WriteString(":root {\n")
	for _, token := range []struct{ name, light, dark string }{
		{"pine", a.Light.Pine, a.Dark.Pine}, {"pine-press", a.Light.Press, a.Dark.Press}, {"on-pine", a.Light.On, a.Dark.On},
		{"pine-soft", a.Light.Soft, a.Dark.Soft}, {"on-pine-soft", a.Light.OnSoft, a.Dark.OnSoft},
	} {
		fmt.Fprintf(&b, "  --%s: light-dark(%s, %s);\n", token.name, token.light, token.dark)
	}
	if a.Warns {
		b.WriteString("  --yes: var(--brand);\n  --yes-press: var(--brand-press);\n  --on-yes: var(--on-brand);\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// An lch is a colour by lightness, chroma and hue as eyes see them (OKLCH,
// https://bottosson.github.io/posts/oklab).
type lch struct{ L, C, h float64 }

func lchOf(hex string) (lch, error) {
	c, err := rgbOf(hex)
	if err != nil {
		return lch{}, err
	}
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	A, B := 1.9779984951*l-2.4285922050*m+0.4505937099*s, 0.0259040371*l+0.7827717662*m-0.8086757660*s
	return lch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(A, B), math.Atan2(B, A)}, nil
}

// danger is --danger of tokens.css in the light.
const danger = "#a2262b"

// warns tells whether eyes take a colour for that of danger: its hue is within 25
// degrees of it, and it is not as good as grey.
func (c lch) warns() bool {
	red, _ := lchOf(danger)
	return c.C > 0.05 && math.Cos(c.h-red.h) > math.Cos(25*math.Pi/180)
}

func (c lch) moved(by float64) lch { return lch{min(max(c.L+by, 0), 1), c.C, c.h} }

// soft is the ground of notes in the light.
func (c lch) soft() string { return lch{0.945, min(c.C, 0.03), c.h}.hex() }

// hex is the colour as screens have it: with less chroma, where they have not so much.
func (c lch) hex() string {
	r, g, b := c.linear()
	for c.C > 0.001 && (min(r, g, b) < -0.0005 || max(r, g, b) > 1.0005) {
		c.C *= 0.97
		r, g, b = c.linear()
	}
	return fmt.Sprintf("#%02x%02x%02x", encoded(r), encoded(g), encoded(b))
}

func (c lch) linear() (r, g, b float64) {
	A, B := c.C*math.Cos(c.h), c.C*math.Sin(c.h)
	l, m, s := c.L+0.3963377774*A+0.2158037573*B, c.L-0.1055613458*A-0.0638541728*B, c.L-0.0894841775*A-1.2914855480*B
	l, m, s = l*l*l, m*m*m, s*s*s
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

// onPaper is the contrast that a colour has where it has least, in the light.
func onPaper(colour string) float64 {
	c, _ := lchOf(colour)
	return least(colour, append(lightGrounds, c.soft()))
}

// least is the contrast of a colour with the ground where it has least.
func least(colour string, on []string) float64 {
	lowest := 21.0
	for _, ground := range on {
		lowest = min(lowest, contrast(colour, ground))
	}
	return lowest
}

// contrast is that of two colours we have written ourselves (WCAG 2.2, relative luminance).
func contrast(a, b string) float64 {
	brighter, darker := luminance(a), luminance(b)
	if brighter < darker {
		brighter, darker = darker, brighter
	}
	return (brighter + 0.05) / (darker + 0.05)
}

func luminance(hex string) float64 {
	c, _ := rgbOf(hex)
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func rgbOf(hex string) (color.RGBA, error) {
	digits, ok := strings.CutPrefix(strings.TrimSpace(hex), "#")
	n, err := strconv.ParseUint(digits, 16, 32)
	if !ok || len(digits) != 6 || err != nil {
		return color.RGBA{}, ErrColour
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil
}

func linear(v uint8) float64 {
	s := float64(v) / 255
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func encoded(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(math.Round(v * 255))
}
