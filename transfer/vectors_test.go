package transfer

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
)

// TestSealedVectors reads what other implementations of the ciphers wrote: what
// our tests seal and our code opens could be wrong in the same way.
func TestSealedVectors(t *testing.T) {
	raw, err := os.ReadFile("../testdata/vectors/transfer/sealed.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Cases []struct{ Name, Format, Password, File string }
	}
	if err := json.Unmarshal(raw, &f); err != nil || len(f.Cases) < 10 {
		t.Fatal(err, len(f.Cases))
	}
	want := mei
	want.Secret = []byte("1234567890")
	for _, c := range f.Cases {
		data, err := base64.StdEncoding.DecodeString(c.File)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Read(t.Context(), data, with(c.Password))
		if err != nil || r.Format.ID != c.Format || len(r.Accounts) != 1 || !r.Accounts[0].Same(want) {
			t.Errorf("%s: %+v, %v", c.Name, r, err)
		}
	}
}

// TestAegisOwnSlot opens the slot of the vault that Aegis' documentation gives
// as its example, whose password is "test".
func TestAegisOwnSlot(t *testing.T) {
	s := aegisSlot{
		Key:       "491d44550430ba248986b904b8cffd3a6c5755d176ac877bd11b82c934225017",
		KeyParams: aegisParams{"e9705513ba4951fa7a0608d2", "931237af257b83c693ddb8f9a7eddaf0"}, Repaired: true,
	}
	work := scrypt{unhexed(t, "27ea9ae53fa2f08a8dcd201615a8229422647b3058f9f36b08f9457e62888be1"), 32768, 8, 1, 32}
	if _, err := new(job).openSlot(t.Context(), s, work, "test"); err != nil {
		t.Error(err)
	}
}
