package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
)

var protonFixtures = []fixture{{
	name: "Proton, plain", format: protonFormat, keeps: protonKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return asJSON(t, protonExport(accounts)) },
}, {
	name: "Proton, encrypted", format: protonFormat, password: testPassword, slow: true, keeps: protonKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return protonSealed(t, asJSON(t, protonExport(accounts)))
	},
}, {
	name: "Proton Pass, JSON", format: protonPassFormat, keeps: passKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return asJSON(t, protonPassExport(accounts)) },
}, {
	name: "Proton Pass, zip", format: protonPassFormat, keeps: passKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return zipped(t, "Proton Pass/files/x", "photo", protonPassData, string(asJSON(t, protonPassExport(accounts))))
	},
}, {
	name: "Proton Pass, CSV", format: protonPassFormat, lines: true, keeps: func(a Account) (Account, bool) {
		a, ok := passKeeps(a)
		a.Pinned = false
		return a, ok
	},
	write: func(_ testing.TB, accounts []Account) []byte {
		var rows strings.Builder
		rows.WriteString("type,name,url,email,username,password,note,totp,createTime,modifyTime,vault\nnote,a secret,,,,,text,,1,1,Work\n")
		for _, a := range accounts {
			rows.WriteString("login," + quoted(a.Issuer) + ",https://example.org," + quoted(a.Name) + ",,pass," + quoted(a.Note) + "," + quoted(uri(a)) + ",1700000000,1700000000," + quoted(first(a.Tags)) + "\n")
		}
		return []byte(rows.String())
	},
}}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// protonKeeps: TOTP and Steam; of Steam only the secret.
func protonKeeps(a Account) (Account, bool) {
	a.Tags, a.Pinned = nil, false
	if a.Type == "steam" {
		a.Issuer = "Steam"
	}
	return a, a.Type == "totp" || a.Type == "steam"
}

func protonExport(accounts []Account) map[string]any {
	entries := []any{}
	for _, a := range accounts {
		content := map[string]any{"uri": uri(a), "entry_type": "Totp", "name": a.Name}
		if a.Type == "steam" {
			content = map[string]any{"uri": "steam://" + b32(a), "entry_type": "Steam", "name": a.Name}
		}
		entries = append(entries, map[string]any{"id": newUUID(), "content": content, "note": a.Note})
	}
	return map[string]any{"version": 1, "entries": entries}
}

func protonSealed(t testing.TB, plain []byte) []byte {
	t.Helper()
	salt, nonce := random(16), random(12)
	key, err := argon2id{salt, 19 << 10, 2, 1, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	content := gcm.Seal(nonce, nonce, plain, []byte("proton.authenticator.export.v1"))
	b64 := base64.StdEncoding.EncodeToString
	return asJSON(t, map[string]any{"version": 1, "salt": b64(salt), "content": b64(content)})
}

// passKeeps: one vault, and whatever a URI says.
func passKeeps(a Account) (Account, bool) {
	a.Tags = a.Tags[:min(len(a.Tags), 1)]
	if len(a.Tags) == 0 {
		a.Tags = nil
	}
	return a, true
}

func protonPassExport(accounts []Account) map[string]any {
	vaults := map[string]any{}
	for i, a := range accounts {
		id := string(rune('a'+i%26)) + newUUID()
		if i >= 26 { // many: one vault
			id = "z"
		}
		item := map[string]any{
			"itemId": newUUID(), "state": 1, "pinned": a.Pinned,
			"data": map[string]any{
				"metadata": map[string]any{"name": a.Issuer, "note": a.Note}, "type": "login", "extraFields": []any{},
				"content": map[string]any{"itemEmail": a.Name, "itemUsername": "", "password": "x", "urls": []any{}, "totpUri": uri(a)},
			},
		}
		if v, ok := vaults[id]; ok {
			v.(map[string]any)["items"] = append(v.(map[string]any)["items"].([]any), item)
			continue
		}
		vaults[id] = map[string]any{"name": first(a.Tags), "description": "", "items": []any{item, map[string]any{"data": map[string]any{"type": "note", "metadata": map[string]any{"name": "x"}}}}}
	}
	return map[string]any{"version": "1.21.2", "encrypted": false, "userId": "x", "vaults": vaults}
}

func TestOneBadProtonEntryDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, protonFormat, `{"version":1,"entries":[7,{},{"content":{"uri":"https://example.org"}},{"content":{"uri":"otpauth://totp/x?secret=1"}},
		{"content":{"uri":"steam://GEZDGNBV","entry_type":"Steam","name":"gaben"},"note":null},{"content":{"uri":"`+meiURI+`","name":"x"},"note":{}}]}`)
	tells(t, r, Malformed, NotURI, NotURI, NoSecret)
	steam := Account{Type: "steam", Issuer: "Steam", Name: "gaben", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 5, Period: 30}
	sameAccounts(t, r.Accounts, []Account{steam, mei})
	for _, s := range []string{`{"version":1,"entries":null}`, `{"version":1,"entries":{}}`, `{"version":1,"salt":"","content":""}`, `{"version":1,"salt":7,"content":[]}`} {
		if _, err := Read(t.Context(), []byte(s), with("")); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

func TestAProtonPassItemMayHaveSeveralCodes(t *testing.T) {
	r := reads(t, protonPassFormat, `{"encrypted":false,"vaults":{"b":{"name":"Two","items":[
			{"state":2,"data":{"metadata":{"name":"Gone"},"content":{"totpUri":"`+meiURI+`"}}},
			{"state":1,"data":{"metadata":{"name":"Bare"},"content":{"itemUsername":"ken","itemEmail":"k@example.org","totpUri":"gezd gnbv"},
				"extraFields":[{"fieldName":"2","type":"totp","data":{"totpUri":"`+meiURI+`"}},{"type":"text","data":{"content":"x"}}]}}]},
		"a":7}}`)
	tells(t, r, Malformed, Trashed)
	bareKen, second := mei, mei
	bareKen.Issuer, bareKen.Name, bareKen.Tags, second.Tags = "Bare", "ken", []string{"Two"}, []string{"Two"}
	sameAccounts(t, r.Accounts, []Account{bareKen, second})
}

func TestWhatOpenPGPSealsIsToldAsSuch(t *testing.T) {
	for name, data := range map[string][]byte{
		"armour":  []byte("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n"),
		"in zip":  zipped(t, "Proton Pass/data.pgp", "x"),
		"in JSON": []byte(`{"version":"1","encrypted":true,"vaults":{}}`),
	} {
		_, err := Read(t.Context(), data, Options{})
		if why := (*NoExportError)(nil); !errors.As(err, &why) || why.Why != SealedByPGP {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestZipBombsStayPacked: members that are too many or too large.
func TestZipBombsStayPacked(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	m, err := w.Create(protonPassData)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 65 {
		if _, err := m.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 1<<20 {
		t.Fatal("no bomb")
	}
	if _, err := Read(t.Context(), b.Bytes(), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a large member: %v", err)
	}
	many := []string{protonPassData, "{}"}
	for range maxMembers {
		many = append(many, newUUID(), "")
	}
	if _, err := Read(t.Context(), zipped(t, many...), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("many members: %v", err)
	}
	broken := zipped(t, protonPassData, strings.Repeat(`{"vaults":{}}`, 9))
	if _, err := Read(t.Context(), broken[:len(broken)/2], Options{}); !errors.Is(err, ErrBroken) {
		t.Errorf("half a zip: %v", err)
	}
	broken[60] ^= 0xff
	if _, err := Read(t.Context(), broken, Options{}); !errors.Is(err, ErrBroken) {
		t.Errorf("a changed member: %v", err)
	}
}

// FuzzProton knows: every entry is an account or a problem.
func FuzzProton(f *testing.F) {
	fuzzFormat(f, protonFormat, func(data []byte) (int, bool) {
		object := newFile(data).object
		array, err := readArray(object["entries"])
		return len(array), err == nil && len(object) == 2
	}, `{"version":1,"entries":[{"content":{"uri":"steam://GEZDGNBV"}},7]}`)
}

// FuzzProtonPass knows: a code that stands in an item is an account or a problem.
func FuzzProtonPass(f *testing.F) {
	for _, s := range []string{"GEZDGNBV", meiURI, "steam://GE", `{"vaults":{"a":{"items":[{"data":{"content":{"totpUri":"GE"}}}]}}}`, "type,name,note,totp,vault\nlogin,a,,GEZA,x\n\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := Read(t.Context(), []byte(s), Options{}); err == nil && r.Format == protonPassFormat {
			holds(t, r)
		}
		if s = strings.ToValidUTF8(s, "?"); s == "" {
			return
		}
		item := map[string]any{"data": map[string]any{"content": map[string]any{"totpUri": s}}}
		r, err := Read(t.Context(), asJSON(t, map[string]any{"vaults": map[string]any{"a": map[string]any{"items": []any{item}}}}), Options{})
		if err != nil || len(r.Accounts)+len(r.Problems) != 1 {
			t.Fatalf("%q: %+v, %v", s, r, err)
		}
		holds(t, r)
	})
}
