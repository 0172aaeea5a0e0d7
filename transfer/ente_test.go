package transfer

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20"
)

var enteFixtures = []fixture{{
	name: "Ente, text", format: enteFormat, lines: true, keeps: enteKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return []byte(strings.Join(enteURIs(t, accounts), "\n"))
	},
}, {
	name: "Ente, text with commas", format: enteFormat, lines: true, keeps: enteKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return []byte(strings.Join(enteURIs(t, accounts), ",")) },
}, {
	name: "Ente, older JSON", format: enteFormat, keeps: enteKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		items := []any{}
		for i, u := range enteURIs(t, accounts) {
			plain, _ := cutDisplay(u)
			items = append(items, map[string]any{"rawData": plain, "display": enteDisplay(accounts[i])})
		}
		return asJSON(t, map[string]any{"items": items})
	},
}, {
	name: "Ente, encrypted", format: enteFormat, password: testPassword, keeps: enteKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return enteSealed(t, strings.Join(enteURIs(t, accounts), "\n"), testPassword, 0)
	},
}}

func enteKeeps(a Account) (Account, bool) {
	return a, a.Type == "totp" || a.Type == "hotp" || a.Type == "steam"
}

func enteDisplay(a Account) map[string]any {
	return map[string]any{"pinned": a.Pinned, "trashed": false, "lastUsedAt": 0, "tapCount": 3, "tags": a.Tags, "note": a.Note, "position": 0, "iconSrc": "", "iconID": ""}
}

func enteURIs(t testing.TB, accounts []Account) (uris []string) {
	for _, a := range accounts {
		uris = append(uris, uri(a)+"&codeDisplay="+url.QueryEscape(string(asJSON(t, enteDisplay(a)))))
	}
	return uris
}

// enteSealed encrypts as Ente does, with little memory.
func enteSealed(t testing.TB, plain, password string, tag byte) []byte {
	t.Helper()
	salt, header := random(16), random(streamHeader)
	key, err := argon2id{salt, 64, 2, 1, 32}.key(&toil{ctx: t.Context()}, []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString
	return asJSON(t, map[string]any{
		"version": 1, "kdfParams": map[string]any{"memLimit": 64 << 10, "opsLimit": 2, "salt": b64(salt)},
		"encryptedData": b64(sealStream(t, key, header, []byte(plain), tag)), "encryptionNonce": b64(header),
	})
}

// sealStream is the other half of openStream.
func sealStream(t testing.TB, key, header, plain []byte, tag byte) []byte {
	t.Helper()
	subkey, err := chacha20.HChaCha20(key, header[:16])
	if err != nil {
		t.Fatal(err)
	}
	c, err := chacha20.NewUnauthenticatedCipher(subkey, append(binary.LittleEndian.AppendUint32(nil, 1), header[16:]...))
	if err != nil {
		t.Fatal(err)
	}
	var polyKey [32]byte
	c.XORKeyStream(polyKey[:], polyKey[:])
	c.SetCounter(1)
	block := make([]byte, 64)
	block[0] = tag
	c.XORKeyStream(block, block)
	text := make([]byte, len(plain))
	c.XORKeyStream(text, plain)
	return append(append([]byte{block[0]}, text...), streamMAC(&polyKey, block, text)...)
}

func TestSealedStreamsAreThoseOfTheVectors(t *testing.T) {
	for _, c := range streamVectors(t) {
		got := sealStream(t, unhexed(t, c.Key), unhexed(t, c.Header), unhexed(t, c.Message), c.Tag)
		if string(got) != string(unhexed(t, c.Sealed)) {
			t.Errorf("%x, want %s", got, c.Sealed)
		}
	}
}

func TestEnteTrashStaysThere(t *testing.T) {
	gone := strings.Replace(meiURI, "mei", "gone", 1)
	r := reads(t, enteFormat, gone+`&codeDisplay=%7B%22trashed%22%3Atrue%7D`+"\n"+meiURI+`&codeDisplay=%7B%22trashed%22%3Afalse%2C%22note%22%3A%22a+b%2B%22%7D`)
	tells(t, r, Trashed)
	want := mei
	want.Note = "a b+"
	sameAccounts(t, r.Accounts, []Account{want})
	r = reads(t, enteFormat, `{"items":[{"rawData":"`+gone+`","display":{"trashed":true}},{"rawData":"`+meiURI+`"},{"rawData":""},7]}`)
	tells(t, r, Trashed, NotURI, Malformed)
	sameAccounts(t, r.Accounts, []Account{mei})
}

func TestAnEnteNoteMayBeLong(t *testing.T) {
	note := strings.Repeat("x", 20_000)
	r := reads(t, enteFormat, meiURI+"&codeDisplay="+url.QueryEscape(`{"note":"`+note+`"}`)+"\n")
	if len(r.Accounts) != 1 || r.Accounts[0].Note != note {
		t.Errorf("%+v", r.Problems)
	}
}

func TestEnteEncryptsWithAFinalTagToo(t *testing.T) {
	for _, tag := range []byte{0, 3} {
		sameAccounts(t, reads(t, enteFormat, string(enteSealed(t, meiURI, testPassword, tag))).Accounts, []Account{mei})
	}
}

func TestAnEnteFileMayNotCostTooMuch(t *testing.T) {
	good := enteSealed(t, meiURI, testPassword, 3)
	for edit, want := range map[[2]string]error{
		{`"memLimit":65536`, `"memLimit":1073741825024`}: ErrKDFCost, {`"memLimit":65536`, `"memLimit":9223372036854775807`}: ErrKDFCost,
		{`"opsLimit":2`, `"opsLimit":99999999999`}: ErrKDFCost, {`"opsLimit":2`, `"opsLimit":0`}: ErrBroken, {`"opsLimit":2`, `"opsLimit":"x"`}: ErrBroken,
		{`"memLimit":65536`, `"memLimit":-1`}: ErrBroken, {`"salt":"`, `"salt":"%`}: ErrBroken, {`"encryptionNonce":"`, `"encryptionNonce":"AAAA`}: ErrBroken,
		{`"encryptedData":"`, `"encryptedData":"","x":"`}: ErrBroken, {`"encryptedData":"`, `"encryptedData":"AAAA`}: ErrPassword,
	} {
		if _, err := Read(t.Context(), []byte(strings.Replace(string(good), edit[0], edit[1], 1)), with(testPassword)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", edit[1], err, want)
		}
	}
	ask := Options{MaxMemory: 32 << 10, Password: func(Hint) (string, error) { return testPassword, nil }}
	if _, err := Read(t.Context(), good, ask); !errors.Is(err, ErrKDFCost) {
		t.Error(err)
	}
}

// FuzzEnte knows: what codeDisplay says never changes the codes.
func FuzzEnte(f *testing.F) {
	for _, u := range enteURIs(f, samples()[:3]) {
		f.Add(u)
	}
	f.Add("otpauth://totp/a?codeDisplay=%7B%22trashed%22:1%7D&secret=GE")
	f.Add("otpauth://totp/a?secret=GE&codeDisplay=[&codeDisplay=")
	f.Fuzz(func(t *testing.T, line string) {
		r, err := Read(t.Context(), []byte(line), Options{})
		if err != nil || r.Format != enteFormat || strings.ContainsAny(line, ",\n\r") {
			return
		}
		holds(t, r)
		plain, display := cutDisplay(strings.Trim(line, around))
		a, perr := parseURI(plain)
		switch {
		case len(r.Accounts) == 1:
			got := bare(r.Accounts[0])
			if want := bare(a.tidy()); perr != nil || !got.Same(want) {
				t.Fatalf("%q: %+v, want %+v, %v", line, got, want, perr)
			}
		case perr == nil && !bool(display.Trashed) && len(a.Secret) <= maxSecret:
			t.Fatalf("%q is lost: %+v", line, r)
		}
	})
}
