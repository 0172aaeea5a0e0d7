package wire

import (
	"encoding/hex"
	"testing"
	"time"
)

type bindCase struct {
	Name       string `json:"name"`
	Issuer     string `json:"issuer"`
	Token      string `json:"token"`
	Bind       Bind   `json:"bind"`
	MessageHex string `json:"message_hex,omitempty"`
	Error      string `json:"error"` // "" when it verifies
}

// An archiveCase is a call whose body is a sealed generation.
type archiveCase struct {
	Name      string              `json:"name"`
	TargetURI string              `json:"target_uri"`
	BodyHex   string              `json:"body_hex"`
	Binding   string              `json:"binding"`
	Nonce     string              `json:"nonce"`
	Created   int64               `json:"created"` // seconds
	Base      string              `json:"signature_base,omitempty"`
	Headers   map[string][]string `json:"headers"`
	Error     string              `json:"error"`
}

type bindFile struct {
	About    string        `json:"about"`
	Key      keyVector     `json:"key"`
	Cases    []bindCase    `json:"cases"`
	Archives []archiveCase `json:"archives"`
}

func makeBinds(t *testing.T) bindFile {
	f := bindFile{About: "What a device signs to be bound to a backup place (Bind.Message), and PUT /backup/latest, whose body is an archive. A case with an error must be refused.", Key: keyOf(t, testKey("device"))}
	add := func(name string, change func(*bindCase), want string) {
		c := bindCase{Name: name, Issuer: issuer, Token: "eyJ0eXAi.token.here", Bind: Bind{Platform: "iPhone, Safari"}, Error: want}
		if err := c.Bind.Sign(issuer, c.Token, testKey("device")); err != nil {
			t.Fatal(err)
		}
		m, err := c.Bind.Message(issuer, c.Token)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			c.MessageHex = hex.EncodeToString(m)
		}
		change(&c)
		f.Cases = append(f.Cases, c)
	}
	add("as it should be", func(*bindCase) {}, "")
	add("another issuer", func(c *bindCase) { c.Issuer = "https://id.example.com" }, "signature")
	add("another token", func(c *bindCase) { c.Token += "x" }, "signature")
	add("another platform", func(c *bindCase) { c.Bind.Platform = "Android, Chrome" }, "signature")
	add("no platform", func(c *bindCase) { c.Bind.Platform = "" }, "invalid")
	add("another key", func(c *bindCase) {
		k, err := NewJWK(&testKey("other").PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		c.Bind.Key = k
	}, "signature")
	add("no point of the curve", func(c *bindCase) { c.Bind.Key.X, c.Bind.Key.Y = c.Bind.Key.Y, c.Bind.Key.X }, "key")
	put := func(name string, change func(*archiveCase), want string) {
		call := Call{Method: "PUT", TargetURI: issuer + "/backup/latest", Body: []byte("backup.age\x00…"), Type: Archive}
		s := Stamp{Registration: "BND2ABCDEFGHIJKLMNOPQRSTUV", Nonce: "kC9XzvQ0R1a-_b2c3d4e5f", Created: 1773466320}
		h, err := call.Sign(testKey("device"), s)
		if err != nil {
			t.Fatal(err)
		}
		s.body = true
		c := archiveCase{name, call.TargetURI, hex.EncodeToString(call.Body), s.Registration, s.Nonce, s.Created, string(call.base(s)), h, want}
		if want != "" {
			c.Base = ""
		}
		change(&c)
		f.Archives = append(f.Archives, c)
	}
	put("an archive", func(*archiveCase) {}, "")
	put("an archive that says it is JSON", func(c *archiveCase) { c.Headers["Content-Type"] = []string{contentType} }, "signature")
	put("another archive", func(c *archiveCase) { c.BodyHex += "00" }, "signature")
	return f
}

// What one device signs to be bound the other side verifies, and the archive
// that goes with a call is covered by its signature.
func TestBindVectors(t *testing.T) {
	f := load(t, "bind.json", makeBinds(t))
	key, err := f.Key.Public.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Cases {
		if _, err := c.Bind.Verify(c.Issuer, c.Token); (err == nil) != (c.Error == "") || name(err) != c.Error {
			t.Errorf("%s: got %v, want %q", c.Name, err, c.Error)
		}
		if m, err := c.Bind.Message(c.Issuer, c.Token); c.MessageHex != "" && (err != nil || hex.EncodeToString(m) != c.MessageHex) {
			t.Errorf("%s: message %x, %v", c.Name, m, err)
		}
	}
	for _, c := range f.Archives {
		body, err := hex.DecodeString(c.BodyHex)
		if err != nil {
			t.Fatal(err)
		}
		call := Call{Method: "PUT", TargetURI: c.TargetURI, Body: body, Type: Archive}
		s, err := ReadStamp(c.Headers)
		if err == nil {
			err = s.Verify(call, c.Headers, key, time.Unix(c.Created, 0))
		}
		if (err == nil) != (c.Error == "") || name(err) != c.Error {
			t.Errorf("%s: got %v, want %q", c.Name, err, c.Error)
		}
		if c.Base != "" && string(call.base(s)) != c.Base {
			t.Errorf("%s: base %q", c.Name, call.base(s))
		}
	}
}
