package wire

import (
	"crypto/ecdsa"
	"encoding/hex"
	"strings"
	"testing"

	"countersign/internal/wire/restorekey"
)

type rebindCase struct {
	Name       string `json:"name"`
	Issuer     string `json:"issuer"`
	Rebind     Rebind `json:"rebind"`
	MessageHex string `json:"message_hex,omitempty"`
	Error      string `json:"error"` // "" when it verifies
}

// A derivedKey is the restore key of an account in the backup of a vault.
type derivedKey struct {
	Name    string             `json:"name"`
	Vault   string             `json:"vault_identity"` // as age writes it
	Issuer  string             `json:"issuer"`
	Subject string             `json:"subject"`
	Key     restorekey.Private `json:"key"`
}

type restoreCase struct {
	Name       string `json:"name"`
	Issuer     string `json:"issuer"`
	Subject    string `json:"subject"`
	Ticket     string `json:"ticket"`
	Challenge  string `json:"challenge"`
	Key        JWK    `json:"key"` // of the new device
	Signature  string `json:"signature"`
	MessageHex string `json:"message_hex,omitempty"`
	Error      string `json:"error"`
}

func (c restoreCase) restore() Restore {
	return Restore{c.Issuer, c.Subject, c.Ticket, c.Challenge, c.Key}
}

type restoreFile struct {
	About    string        `json:"about"`
	Rebinds  []rebindCase  `json:"rebinds"`
	Keys     []derivedKey  `json:"keys"`
	Restores []restoreCase `json:"restores"`
}

// What follows is no secret of anybody's.
const (
	vaultIdentity = "AGE-SECRET-KEY-PQ-1XQCRQD36XY6NGV4UP08DYATSZTYQ9F0UTQ4KJ5RCWPZ2KQPY5XYQ8K3E7A"
	subject       = "SUBJ2ABCDEFGHIJKLMNOPQRSTU"
	ticket        = "TICK2ABCDEFGHIJKLMNOPQRSTU"
)

var challenge = b64.EncodeToString([]byte("challenge of thirty-two bytes ok"))

func makeRestores(t *testing.T) restoreFile {
	f := restoreFile{About: "A device on which an account came back: Rebind.Message, the derivation of the restore key (restorekey.Derive), and Restore.Message, signed by the first key. A case with an error must be refused."}
	rebind := func(name string, change func(*rebindCase), want string) {
		c := rebindCase{Name: name, Issuer: issuer, Rebind: Rebind{Subject: subject, Name: "Mei’s Pixel", Platform: "Android, Chrome"}, Error: want}
		if err := c.Rebind.Sign(issuer, testKey("device")); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if m, err := c.Rebind.Message(c.Issuer); err == nil && want != "invalid" {
			c.MessageHex = hex.EncodeToString(m)
		}
		f.Rebinds = append(f.Rebinds, c)
	}
	rebind("as it should be", func(*rebindCase) {}, "")
	rebind("another issuer", func(c *rebindCase) { c.Issuer = "https://id.example.com" }, "signature")
	rebind("another subject", func(c *rebindCase) { c.Rebind.Subject = strings.ToLower(subject) }, "signature")
	rebind("another name", func(c *rebindCase) { c.Rebind.Name = "Eve’s Pixel" }, "signature")
	rebind("another key", func(c *rebindCase) { c.Rebind.Key = keyOf(t, testKey("other")).Public }, "signature")
	rebind("no subject", func(c *rebindCase) { c.Rebind.Subject = "" }, "invalid")
	rebind("no point of the curve", func(c *rebindCase) { c.Rebind.Key.X, c.Rebind.Key.Y = c.Rebind.Key.Y, c.Rebind.Key.X }, "key")

	derive := func(name, vault, issuer, subject string) {
		k, err := restorekey.Derive(vault, issuer, subject)
		if err != nil {
			t.Fatal(err)
		}
		f.Keys = append(f.Keys, derivedKey{name, vault, issuer, subject, restorekey.PrivateOf(k)})
	}
	derive("as it should be", vaultIdentity, issuer, subject)
	derive("another subject", vaultIdentity, issuer, "S"+subject)
	derive("a letter that has wandered", vaultIdentity, issuer+"S", subject)
	derive("another vault", strings.Replace(vaultIdentity, "XQC", "XQD", 1), issuer, subject)

	restore := func(name string, change func(*restoreCase), want string) {
		c := restoreCase{Name: name, Issuer: issuer, Subject: subject, Ticket: ticket, Challenge: challenge, Key: keyOf(t, testKey("device")).Public, Error: want}
		key, err := restorekey.Derive(vaultIdentity, issuer, subject)
		if err != nil {
			t.Fatal(err)
		}
		by, err := ecdsa.ParseRawPrivateKey(curve, key.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.restore().Sign(by)
		if err != nil {
			t.Fatal(err)
		}
		c.Signature = s.Signature
		change(&c)
		if m, err := c.restore().Message(); err == nil && want != "invalid" {
			c.MessageHex = hex.EncodeToString(m)
		}
		f.Restores = append(f.Restores, c)
	}
	restore("as it should be", func(*restoreCase) {}, "")
	restore("another ticket", func(c *restoreCase) { c.Ticket = "T" + ticket[1:] + "2" }, "signature")
	restore("another subject", func(c *restoreCase) { c.Subject += "X" }, "signature")
	restore("another challenge", func(c *restoreCase) { c.Challenge = b64.EncodeToString([]byte("Challenge of thirty-two bytes ok")) }, "signature")
	restore("a short challenge", func(c *restoreCase) { c.Challenge = b64.EncodeToString([]byte("challenge")) }, "invalid")
	restore("the key of another device", func(c *restoreCase) { c.Key = keyOf(t, testKey("other")).Public }, "signature")
	restore("no signature", func(c *restoreCase) { c.Signature = "" }, "signature")
	return f
}

// N20: a restore signature is of one account, one ticket and one device, by a key
// that only who opened the backup of that vault can derive.
func TestN20RestoreVectors(t *testing.T) {
	f := load(t, "restore.json", makeRestores(t))
	for _, c := range f.Rebinds {
		if _, err := c.Rebind.Verify(c.Issuer); (err == nil) != (c.Error == "") || name(err) != c.Error {
			t.Errorf("%s: got %v, want %q", c.Name, err, c.Error)
		}
		if m, err := c.Rebind.Message(c.Issuer); c.MessageHex != "" && (err != nil || hex.EncodeToString(m) != c.MessageHex) {
			t.Errorf("%s: message %x, %v", c.Name, m, err)
		}
	}
	seen := map[string]bool{}
	for _, c := range f.Keys {
		k, err := restorekey.Derive(c.Vault, c.Issuer, c.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if got := restorekey.PrivateOf(k); got != c.Key {
			t.Errorf("%s: %+v", c.Name, got)
		}
		if seen[c.Key.D] {
			t.Errorf("%s: the key of another", c.Name)
		}
		seen[c.Key.D] = true
	}
	by, err := JWK(f.Keys[0].Key.Public).PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Restores {
		if err := c.restore().Verify(by, Restored{c.Signature}); (err == nil) != (c.Error == "") || name(err) != c.Error {
			t.Errorf("%s: got %v, want %q", c.Name, err, c.Error)
		}
		if m, err := c.restore().Message(); c.MessageHex != "" && (err != nil || hex.EncodeToString(m) != c.MessageHex) {
			t.Errorf("%s: message %x, %v", c.Name, m, err)
		}
	}
}
