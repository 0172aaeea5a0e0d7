package logo_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"image"
	"image/color"
	"os"
	"strings"
	"testing"

	"countersign/internal/server/logo"
	"countersign/internal/wire"
)

var update = flag.Bool("update", false, "write testdata/vectors/wire/logo.json anew")

const vectorFile = "../../../testdata/vectors/wire/logo.json"

type pictureVector struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	PNG  []byte `json:"png"`
}

// logoVectors are what an app takes for the logo of an id, and what it does not.
type logoVectors struct {
	Taken   []pictureVector `json:"taken"`
	Refused []pictureVector `json:"refused"`
}

func makeVectors(t *testing.T) (v logoVectors) {
	t.Helper()
	good, err := logo.Draw(asPNG(t, filled(900, 300, plum)))
	if err != nil {
		t.Fatal(err)
	}
	clear := filled(logo.Side, logo.Side, color.NRGBA{0x7b, 0x1f, 0xa2, 0x80})
	of := func(name string, png []byte) pictureVector { return pictureVector{name, wire.LogoID(png), png} }
	v.Taken = []pictureVector{of("as a server draws it", good)}
	v.Refused = []pictureVector{
		{"another id", wire.LogoID(nil), good},
		of("nothing", []byte{}),
		of("SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)),
		of("smaller", asPNG(t, filled(logo.Side-1, logo.Side, plum))),
		of("transparent", asPNG(t, clear)),
		of("grey", asPNG(t, image.NewGray(image.Rect(0, 0, logo.Side, logo.Side)))),
		of("a text in it", bytes.Join([][]byte{good[:33], chunk("tEXt", []byte("Comment\x00more")), good[33:]}, nil)),
		of("something behind it", append(bytes.Clone(good), "<html>"...)),
		of("cut off", good[:len(good)-4]),
		of("no pixels", append(bytes.Clone(good[:33]), chunk("IEND", nil)...)),
		of("a length that leads astray", append(bytes.Clone(good[:33]), "\xff\xff\xff\xf0IDAT"...)),
	}
	return v
}

// What the server draws is what apps take: they are strict, and look at the very
// form that is written down in docs/protocol.md.
func TestAppsTakeWhatIsDrawn(t *testing.T) {
	made := makeVectors(t)
	if *update {
		b, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(vectorFile, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var kept logoVectors
	if err := json.Unmarshal(b, &kept); err != nil {
		t.Fatal(err)
	}
	if len(kept.Taken) != len(made.Taken) || len(kept.Refused) != len(made.Refused) {
		t.Fatalf("%d and %d vectors, want %d and %d", len(kept.Taken), len(kept.Refused), len(made.Taken), len(made.Refused))
	}
	for i, v := range kept.Taken {
		if got, want := formOf(t, made.Taken[i].PNG), formOf(t, v.PNG); got != want || v.ID != wire.LogoID(v.PNG) {
			t.Errorf("%s: drawn as %q, the vector has %q", v.Name, got, want)
		}
	}
}

// formOf is the head of a PNG, and the kinds of its chunks without repetitions.
func formOf(t *testing.T, png []byte) string {
	t.Helper()
	if len(png) > 64<<10 {
		t.Errorf("%d bytes", len(png))
	}
	form := string(png[:29])
	for at := 8; at < len(png); at += 12 + int(binary.BigEndian.Uint32(png[at:])) {
		if kind := string(png[at+4 : at+8]); !strings.HasSuffix(form, kind) {
			form += kind
		}
	}
	return form
}

// A logo of the worst kind fits into what an app reads.
func TestAnyLogoFitsIntoAnAnswer(t *testing.T) {
	noise := image.NewNRGBA(image.Rect(0, 0, logo.Side, logo.Side))
	state := uint32(1)
	for i := range noise.Pix {
		state = state*1664525 + 1013904223
		noise.Pix[i] = byte(state>>24) | 0xff*byte((i%4+1)/4)
	}
	out, err := logo.Draw(asPNG(t, noise))
	if err != nil || len(out) > 64<<10 || len(out) < 60_000 {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}
