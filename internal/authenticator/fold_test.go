package authenticator

import (
	"encoding/json"
	"os"
	"testing"
)

// The web app searches by itself, with every key: the same vectors hold it to
// the same rules (app/src/codes/search.test.ts).
func TestFoldVectors(t *testing.T) {
	data, err := os.ReadFile("../../testdata/vectors/search/fold.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Text, Folded string }
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		if got := Fold(v.Text); got != v.Folded {
			t.Errorf("Fold(%q) = %q, want %q", v.Text, got, v.Folded)
		}
	}
}
