package frames

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// of is a message of so many bytes, always the same.
func of(size int) []byte {
	message := make([]byte, 0, size+sha256.Size)
	for sum := sha256.Sum256([]byte("message")); len(message) < size; sum = sha256.Sum256(sum[:]) {
		message = append(message, sum[:]...)
	}
	return message[:size]
}

func show(t testing.TB, message []byte) *Screen {
	t.Helper()
	s, err := Show(message)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMessageArrivesInOneRound(t *testing.T) {
	for _, size := range []int{1, 2, 319, 320, 321, 640, 641, 5000, 64 * 320, 64*320 + 1} {
		message := of(size)
		s, c := show(t, message), Camera{}
		for n := range s.Blocks() {
			got, err := c.See(s.Frame(uint32(n)))
			if last := n == s.Blocks()-1; err != nil || last != (got != nil) {
				t.Fatalf("%d bytes, frame %d: %v %v", size, n, got, err)
			} else if last && !bytes.Equal(got, message) {
				t.Errorf("%d bytes came as others", size)
			}
			if have, of := c.Progress(); have != n+1 || of != s.Blocks() {
				t.Errorf("%d of %d after %d of %d", have, of, n+1, s.Blocks())
			}
		}
	}
}

// Whatever is missed, seen twice or seen in another order, a few frames more
// than there are blocks are enough. The draws are fixed, so that what holds
// once holds always.
func TestAMessageArrivesWhateverIsMissed(t *testing.T) {
	for seed := range uint64(40) {
		draw := rand.New(rand.NewPCG(seed, 1))
		message := of(1 + draw.IntN(200*Block))
		s, c := show(t, message), Camera{}
		seen, extra := map[uint32]bool{}, 16
		numbers := draw.Perm(4 * (s.Blocks() + extra))
		for _, n := range append(slices.Clone(numbers[:s.Blocks()/2]), numbers...) {
			seen[uint32(n)] = true
			got, err := c.See(s.Frame(uint32(n)))
			if err != nil {
				t.Fatal(err)
			}
			if got != nil {
				if !bytes.Equal(got, message) {
					t.Fatalf("seed %d: another message", seed)
				}
				break
			}
			if s.Blocks() == 1 || len(seen) > s.Blocks()+extra {
				t.Fatalf("seed %d: %d frames were not enough for %d blocks", seed, len(seen), s.Blocks())
			}
		}
	}
}

func TestTheLargestMessageArrives(t *testing.T) {
	message := of(MaxMessage)
	s, c := show(t, message), Camera{}
	for n := uint32(MaxBlocks); ; n++ { // a camera that came after the first round
		got, err := c.See(s.Frame(n))
		if err != nil || n > 2*MaxBlocks+16 {
			t.Fatal(n, err)
		}
		if got != nil {
			if !bytes.Equal(got, message) {
				t.Error("another message")
			}
			break
		}
	}
	for _, size := range []int{0, MaxMessage + 1} {
		if _, err := Show(of(size)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestAnotherMessageBeginsAnew(t *testing.T) {
	a, b, c := show(t, of(1000)), show(t, of(1001)), Camera{}
	_, _ = c.See(a.Frame(0))
	_, _ = c.See(a.Frame(1))
	_, _ = c.See(b.Frame(0))
	if have, of := c.Progress(); have != 1 || of != 4 {
		t.Errorf("%d of %d", have, of)
	}
}

// What no screen showed never becomes a message: of a frame that was put
// together by others at least the whole is found out.
func TestWhatWasNotShownIsNoMessage(t *testing.T) {
	s, c := show(t, of(700)), Camera{}
	_, _ = c.See(s.Frame(0))
	_, _ = c.See(s.Frame(1))
	f, err := parse(s.Frame(2))
	if err != nil {
		t.Fatal(err)
	}
	f.block[0] ^= 1
	if got, err := c.See(f.text()); got != nil || !errors.Is(err, ErrDamaged) {
		t.Errorf("%v %v", got, err)
	}
	if have, _ := c.Progress(); have != 0 {
		t.Errorf("%d blocks of a message that cannot be", have)
	}
}

func TestWhatIsNoFrameIsSaidToBe(t *testing.T) {
	good := show(t, of(700)).Frame(2)
	for text, want := range map[string]error{
		"": ErrOther, "https://example.org": ErrOther, "CSM": ErrOther, "CSMX:": ErrOther,
		"CSM2:" + good[5:]: ErrNewer, "CSM1:": ErrDamaged, good[:len(good)-1]: ErrDamaged, good + "0": ErrDamaged,
		strings.ToLower(good): ErrOther, good[:9] + "~" + good[10:]: ErrDamaged, good[:20] + other(good[20]) + good[21:]: ErrDamaged,
	} {
		var c Camera
		if _, err := c.See(text); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
		if Is(text) == (want == ErrOther) {
			t.Errorf("%.20q is a frame: %v", text, Is(text))
		}
	}
}

// other is another character of the alphabet.
func other(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

// A text is a frame exactly if it is what a frame is written as.
func FuzzParse(f *testing.F) {
	for _, size := range []int{1, 320, 700} {
		s, err := Show(of(size))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.Frame(0))
		f.Add(s.Frame(9))
	}
	f.Add("CSM1:00000000")
	f.Fuzz(func(t *testing.T, text string) {
		one, err := parse(text)
		if err == nil && one.text() != text {
			t.Errorf("%q is read, and written as %q", text, one.text())
		}
		var c Camera
		if message, err := c.See(text); message != nil && (err != nil || idOf(message) != one.id || len(message) != int(one.size)) {
			t.Errorf("%q made a message", text)
		}
	})
}

// The largest message, by a camera that missed the first round.
func BenchmarkSee(b *testing.B) {
	s, err := Show(of(MaxMessage))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var c Camera
		for n := uint32(MaxBlocks); ; n++ {
			if message, _ := c.See(s.Frame(n)); message != nil {
				break
			}
		}
	}
}
