package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
)

type streamVector struct {
	Key, Header, Message, Sealed string
	Tag                          byte
}

func streamVectors(t testing.TB) []streamVector {
	t.Helper()
	raw, err := os.ReadFile("../testdata/vectors/transfer/secretstream.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []streamVector }
	if err := json.Unmarshal(raw, &f); err != nil || len(f.Cases) < 10 {
		t.Fatal(err, len(f.Cases))
	}
	return f.Cases
}

// TestStreamVectors holds what libsodium wrote.
func TestStreamVectors(t *testing.T) {
	for _, c := range streamVectors(t) {
		plain, tag, err := openStream(unhexed(t, c.Key), unhexed(t, c.Header), unhexed(t, c.Sealed))
		if err != nil || tag != c.Tag || !bytes.Equal(plain, unhexed(t, c.Message)) {
			t.Errorf("%s: %x, %d, %v", c.Sealed, plain, tag, err)
		}
	}
}

// TestStreamOpensOnlyWhatWasSealed turns every bit of a message.
func TestStreamOpensOnlyWhatWasSealed(t *testing.T) {
	c := streamVectors(t)[8]
	key, header, sealed := unhexed(t, c.Key), unhexed(t, c.Header), unhexed(t, c.Sealed)
	for i := range len(sealed) * 8 {
		sealed[i/8] ^= 1 << (i % 8)
		if _, _, err := openStream(key, header, sealed); !errors.Is(err, ErrPassword) {
			t.Errorf("bit %d: %v", i, err)
		}
		sealed[i/8] ^= 1 << (i % 8)
	}
	for i := range sealed {
		if _, _, err := openStream(key, header, sealed[:i]); err == nil {
			t.Errorf("opens %d bytes of it", i)
		}
	}
}
