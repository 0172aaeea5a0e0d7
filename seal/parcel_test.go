package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestAParcelOpensForItsRecipientAlone(t *testing.T) {
	id := NewIdentity()
	file, err := Parcel(id.Recipient(), []byte("for you"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := OpenParcel(file, id); err != nil || string(plain) != "for you" {
		t.Errorf("%q %v", plain, err)
	}
	for name, c := range map[string]struct {
		file []byte
		id   Identity
		want error
	}{
		"another's key": {file, NewIdentity(), ErrKey},
		"no key":        {file, Identity{}, ErrKey},
		"damaged":       {append(bytes.Clone(file[:len(file)-1]), file[len(file)-1]^1), id, ErrCorrupted},
		"cut off":       {file[:len(file)-1], id, ErrCorrupted},
		"its beginning": {file[:300], id, ErrTruncated},
		"a text":        {[]byte("hello"), id, ErrNotSealed},
		"too much":      {make([]byte, MaxFile+1), id, ErrTooLarge},
	} {
		if plain, err := OpenParcel(c.file, c.id); !errors.Is(err, c.want) || plain != nil {
			t.Errorf("%s: %q %v, want %v", name, plain, err, c.want)
		}
	}
	if _, err := Parcel("age1pq1", nil); !errors.Is(err, ErrCorrupted) {
		t.Errorf("to nobody: %v", err)
	}
	if _, err := Parcel(id.Recipient(), make([]byte, MaxPlain+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too much: %v", err)
	}
}
