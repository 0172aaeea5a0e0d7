package frames

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
)

// The vectors are for screens and cameras in any language. go test -run Vectors
// -update writes them anew.
var update = flag.Bool("update", false, "write testdata/vectors/move/frames.json anew")

const vectorFile = "../../../testdata/vectors/move/frames.json"

type vectors struct {
	About    string    `json:"about"`
	Messages []message `json:"messages"`
	Wrong    []wrong   `json:"wrong"`
}

type message struct {
	Message []byte   `json:"message"` // base64
	Blocks  int      `json:"blocks"`
	Numbers []uint32 `json:"numbers"`
	Frames  []string `json:"frames"` // of these numbers
}

type wrong struct {
	Text  string `json:"text"`
	Error string `json:"error"`
}

var errorNames = map[string]error{"other": ErrOther, "newer": ErrNewer, "damaged": ErrDamaged}

func TestVectors(t *testing.T) {
	if *update {
		write(t)
	}
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for i, m := range v.Messages {
		s, c := show(t, m.Message), Camera{}
		if s.Blocks() != m.Blocks {
			t.Errorf("%d: %d blocks, want %d", i, s.Blocks(), m.Blocks)
		}
		var whole []byte
		for j, n := range m.Numbers {
			if got := s.Frame(n); got != m.Frames[j] {
				t.Errorf("%d: frame %d is %q", i, n, got)
			}
			if whole, err = c.See(m.Frames[j]); err != nil {
				t.Errorf("%d: frame %d: %v", i, n, err)
			}
		}
		if !bytes.Equal(whole, m.Message) {
			t.Errorf("%d: %d bytes arrived", i, len(whole))
		}
	}
	for _, w := range v.Wrong {
		var c Camera
		if _, err := c.See(w.Text); errorNames[w.Error] == nil || !errors.Is(err, errorNames[w.Error]) {
			t.Errorf("%q: %v, want %s", w.Text, err, w.Error)
		}
	}
}

func write(t *testing.T) {
	v := vectors{About: "Messages as moving QR codes (docs/move-format.md). The frames of a message, in this order, bring it whole with the last of them."}
	for _, m := range []struct {
		size    int
		numbers []uint32
	}{{1, []uint32{0}}, {320, []uint32{0}}, {321, []uint32{1, 0}}, {1500, []uint32{0, 3, 4, 7, 2, 1}}, {1500, []uint32{4000000000}}, {20900, nil}} {
		one := message{Message: of(m.size), Numbers: m.numbers}
		s := show(t, one.Message)
		one.Blocks = s.Blocks()
		var c Camera
		var whole []byte
		for _, n := range m.numbers {
			whole, _ = c.See(s.Frame(n))
		}
		for n := uint32(one.Blocks); whole == nil; n++ { // the second round alone
			one.Numbers = append(one.Numbers, n)
			whole, _ = c.See(s.Frame(n))
		}
		for _, n := range one.Numbers {
			one.Frames = append(one.Frames, s.Frame(n))
		}
		v.Messages = append(v.Messages, one)
	}
	good := show(t, of(321)).Frame(0)
	v.Wrong = []wrong{{"", "other"}, {"otpauth://totp/a?secret=MFRGGZDF", "other"}, {"CSM2:ANYTHING", "newer"}, {"CSM1:", "damaged"},
		{good[:len(good)-1], "damaged"}, {good[:40] + other(good[40]) + good[41:], "damaged"}, {"CSM1:" + "::::::", "damaged"}}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
