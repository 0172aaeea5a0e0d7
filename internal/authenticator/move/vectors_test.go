package move

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"countersign/internal/authenticator/backup"
	"countersign/seal"
)

// The vectors are for devices in any language. go test -run Vectors -update
// writes them anew.
var update = flag.Bool("update", false, "write testdata/vectors/move/ceremony.json anew")

const vectorFile = "../../../testdata/vectors/move/ceremony.json"

type vectors struct {
	About      string   `json:"about"`
	Identity   string   `json:"identity"` // the private half that the new device drew
	Name       string   `json:"name"`
	Salt       []byte   `json:"salt"`   // base64, like all bytes here
	Secret     []byte   `json:"secret"` // that the old device drew
	Nonce      []byte   `json:"nonce"`
	Digits     string   `json:"digits"`
	Proof      []byte   `json:"proof"`
	Invitation []byte   `json:"invitation"`
	Answer     []byte   `json:"answer"`
	Parcel     []byte   `json:"parcel"`
	Vault      string   `json:"vault"` // the text in the parcel
	Receipt    Receipt  `json:"receipt"`
	Mac        []byte   `json:"mac"`
	Said       []byte   `json:"said"` // the message with the receipt
	Wrong      []refuse `json:"wrong"`
}

// A refuse is a message that is none of the three, or a parcel that is not
// believed, and why.
type refuse struct {
	Name    string `json:"name"`
	Message []byte `json:"message,omitempty"`
	Parcel  []byte `json:"parcel,omitempty"`
	Error   string `json:"error"`
}

var errorNames = map[string]error{"other": ErrOther, "newer": ErrNewer, "stranger": ErrStranger, "key": seal.ErrKey, "not_sealed": seal.ErrNotSealed, "corrupted": seal.ErrCorrupted}

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
	key, err := seal.ParseIdentity(v.Identity)
	if err != nil {
		t.Fatal(err)
	}
	o, err := Meet(v.Invitation)
	if err != nil {
		t.Fatal(err)
	}
	o.secret = v.Secret
	if o.Name() != v.Name || o.to.Recipient != key.Recipient() || !bytes.Equal(o.to.Salt, v.Salt) || !bytes.Equal(nonceOf(v.Secret), v.Nonce) {
		t.Errorf("%+v", o.to)
	}
	if o.Digits() != v.Digits || !bytes.Equal(proofOf(o.to.Recipient, v.Salt, v.Digits), v.Proof) {
		t.Errorf("digits %s, want %s", o.Digits(), v.Digits)
	}
	if err := o.Hear(v.Answer); err != nil {
		t.Error(err)
	}
	n := &New{key: key, name: v.Name, wants: Accounts, salt: v.Salt, typed: v.Digits}
	for _, w := range v.Wrong {
		_, err := Meet(w.Message)
		if w.Parcel != nil {
			_, err = n.Unseal(w.Parcel)
		}
		if want := errorNames[w.Error]; want == nil || !errors.Is(err, want) {
			t.Errorf("%s: %v, want %s", w.Name, err, w.Error)
		}
	}
	packed, err := n.Unseal(v.Parcel)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Unpack(packed, noon)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := backup.OpenCopy([]byte(v.Vault))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := copied.Read(noon); err != nil || g.Count() != want.Count() || !bytes.Equal(g.Vault.Bytes(), want.Vault.Bytes()) {
		t.Errorf("%v", err)
	}
	if r, err := o.Received(v.Said); err != nil || r != v.Receipt || !bytes.Equal(r.mac(v.Secret), v.Mac) {
		t.Errorf("%+v %v", r, err)
	}
}

func write(t *testing.T) {
	c := begin(t).agree()
	parcel, there := c.pack(opened(t, face)), opened(t, face)
	stranger := begin(t).agree()
	stranger.old.to.Recipient = c.new.key.Recipient()
	r := Receipt{Of: 4, Arrived: 4, Personal: 1, Work: 1}
	v := vectors{
		About:    "A move, message by message (docs/move-format.md). A writer may write JSON and DEFLATE otherwise.",
		Identity: c.new.key.Reveal(), Name: c.new.name, Salt: c.new.salt, Secret: c.old.secret, Nonce: nonceOf(c.old.secret), Digits: c.old.Digits(),
		Proof: proofOf(c.old.to.Recipient, c.new.salt, c.old.Digits()), Invitation: c.new.Invitation(), Answer: c.answer(c.old.Digits()),
		Parcel: parcel, Vault: string(backup.Copy(there)), Receipt: r, Mac: r.mac(c.old.secret), Said: r.bytes(c.old.secret),
		Wrong: []refuse{
			{Name: "nothing", Message: []byte{}, Error: "other"},
			{Name: "no kind", Message: []byte(`{"move":1}`), Error: "other"},
			{Name: "a newer version", Message: []byte(`{"move":2,"invitation":1}`), Error: "newer"},
			{Name: "an answer", Message: c.answer(c.old.Digits()), Error: "other"},
			{Name: "for another device", Parcel: begin(t).agree().pack(there), Error: "key"},
			{Name: "of another device", Parcel: stranger.pack(there), Error: "stranger"},
			{Name: "not sealed", Parcel: []byte("hello"), Error: "not_sealed"},
			{Name: "damaged", Parcel: append(bytes.Clone(parcel[:len(parcel)-1]), parcel[len(parcel)-1]^1), Error: "corrupted"},
		},
	}
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
