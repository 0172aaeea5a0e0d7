package wire

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// TestCheckSymbolCatchesOneErrorAndEverySwap tries every single wrong symbol
// and every swap of two different symbols, neighbours or not (N12).
func TestCheckSymbolCatchesOneErrorAndEverySwap(t *testing.T) {
	for range 20 {
		code := NewPairingCode()
		if got, err := ParsePairingCode(ShowPairingCode(code)); err != nil || got != code {
			t.Fatalf("%s: %s, %v", code, got, err)
		}
		for i := range code {
			for _, r := range []byte(crockford) {
				wrong := code[:i] + string(r) + code[i+1:]
				if _, err := ParsePairingCode(wrong); (err == nil) != (wrong == code) {
					t.Fatalf("%s passes for %s", wrong, code)
				}
			}
			for j := range i {
				b := []byte(code)
				b[i], b[j] = b[j], b[i]
				if _, err := ParsePairingCode(string(b)); (err == nil) != (string(b) == code) {
					t.Fatalf("%s passes for %s", b, code)
				}
			}
		}
	}
}

func TestPairingCodesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		c := NewPairingCode()
		if seen[c] {
			t.Fatal("the same code twice")
		}
		seen[c] = true
	}
}

// FuzzPairingCode knows: what parses is 16 symbols that parse to themselves,
// and no other 16 symbols are read from it.
func FuzzPairingCode(f *testing.F) {
	f.Add("0123-4567-89AB-CDEF")
	f.Add("oooo oooo oooo oooo")
	f.Fuzz(func(t *testing.T, typed string) {
		code, err := ParsePairingCode(typed)
		if err != nil {
			return
		}
		again, err := ParsePairingCode(strings.ToLower(ShowPairingCode(code)))
		if err != nil || again != code || len(code) != CodeSymbols {
			t.Fatalf("%q: %q, then %q, %v", typed, code, again, err)
		}
	})
}

// FuzzMessage knows: two lists of fields make the same message if and only if
// they are the same.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("a"), []byte("bc"), []byte("ab"), []byte("c"))
	f.Add([]byte{}, []byte{0, 0}, []byte{0, 0}, []byte{})
	f.Fuzz(func(t *testing.T, a, b, c, d []byte) {
		one, err1 := message(labelPair, a, b)
		two, err2 := message(labelPair, c, d)
		if err1 != nil || err2 != nil {
			return
		}
		same := bytes.Equal(a, c) && bytes.Equal(b, d)
		if bytes.Equal(one, two) != same {
			t.Fatalf("%q %q and %q %q", a, b, c, d)
		}
	})
}

// FuzzCall knows: a call verifies if and only if method, target, body,
// Signature-Input and digest are exactly what was signed.
func FuzzCall(f *testing.F) {
	key := testKey("device")
	now := time.Unix(1773466320, 0)
	signed := Call{Method: "POST", TargetURI: issuer + "/device/x", Body: []byte(`{"a":1}`)}
	h, err := signed.Sign(key, Stamp{Registration: "REG2", Nonce: "0123456789abcdef", Created: now.Unix()})
	if err != nil {
		f.Fatal(err)
	}
	input, sum, kind := h["Signature-Input"][0], h["Content-Digest"][0], h["Content-Type"][0]
	f.Add(signed.Method, signed.TargetURI, signed.Body, input, sum, kind)
	f.Add("GET", signed.TargetURI, []byte{}, strings.Replace(input, ` "content-digest" "content-type"`, "", 1), sum, kind)
	f.Add("POST\n", signed.TargetURI, signed.Body, input+", "+input, sum, kind)
	f.Fuzz(func(t *testing.T, method, target string, body []byte, in, digest, ct string) {
		got := maps.Clone(h)
		got["Signature-Input"], got["Content-Digest"], got["Content-Type"] = []string{in}, []string{digest}, []string{ct}
		s, err := ReadStamp(got)
		if err == nil {
			err = s.Verify(Call{Method: method, TargetURI: target, Body: body}, got, &key.PublicKey, now)
		}
		same := method == signed.Method && target == signed.TargetURI && bytes.Equal(body, signed.Body) &&
			in == input && digest == sum && ct == kind
		if (err == nil) != same {
			t.Fatalf("same is %t, but %v", same, err)
		}
	})
}

// FuzzDecision knows: a decision verifies if and only if every field and the
// fetched bytes are what was signed.
func FuzzDecision(f *testing.F) {
	key := testKey("device")
	asked := Asked{issuer, "REG2", "REQ2", "NONCE", KindSecond}
	body := []byte(`{"id":"REQ2"}`)
	signed := Decision{Decision: Approve, Number: "47", At: 1773466320123}
	if err := signed.Sign(asked, body, Keys{Device: key}); err != nil {
		f.Fatal(err)
	}
	f.Add(asked.Registration, asked.Request, asked.Nonce, asked.Kind, Approve, "47", signed.At, body)
	f.Add("REG2R", "EQ2", asked.Nonce, asked.Kind, Approve, "47", signed.At, body)
	f.Add(asked.Registration, asked.Request, asked.Nonce, KindNewPhone, Approve, "47", signed.At, body)
	f.Add(asked.Registration, asked.Request, asked.Nonce, asked.Kind, Deny, "", signed.At, body)
	f.Fuzz(func(t *testing.T, reg, req, nonce, kind, decision, number string, at int64, fetched []byte) {
		a := Asked{issuer, reg, req, nonce, kind}
		d := signed
		d.Decision, d.Number, d.At = decision, number, at
		err := d.Verify(a, fetched, &key.PublicKey)
		same := a == asked && d == signed && bytes.Equal(fetched, body)
		if (err == nil) != same {
			t.Fatalf("same is %t, but %v", same, err)
		}
	})
}

// FuzzPair knows: a wish to pair verifies if and only if it is what was signed.
func FuzzPair(f *testing.F) {
	p := Pair{Offer: "OFFER", Secret: "SECRET", Name: "Mei’s Pixel", Platform: "Android"}
	if err := p.Sign(issuer, testKey("device")); err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(p)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(bytes.Replace(good, []byte("OFFER"), []byte("OFFERS"), 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got Pair
		if json.Unmarshal(b, &got) != nil {
			return
		}
		key, err := got.Verify(issuer)
		if got == p {
			if err != nil || !key.Equal(&testKey("device").PublicKey) {
				t.Fatalf("refused what was signed: %v", err)
			}
		} else if err == nil && key.Equal(&testKey("device").PublicKey) {
			t.Fatalf("took %s", b)
		}
	})
}

// A change of a registration keeps "no push field" and "no push any more" apart.
func TestChangeKeepsAbsentAndNullApart(t *testing.T) {
	for in, want := range map[string]struct{ given, address bool }{
		`{}`:                   {false, false},
		`{"push":null}`:        {true, false},
		`{"push":{"auth":""}}`: {true, true},
	} {
		var c Change
		if err := json.Unmarshal([]byte(in), &c); err != nil {
			t.Fatal(err)
		}
		if c.Push.Given != want.given || (c.Push.To != nil) != want.address {
			t.Errorf("%s: %+v", in, c)
		}
	}
}
