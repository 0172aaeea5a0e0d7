package transfer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var bitwardenFixtures = []fixture{{
	name: "Bitwarden, plain", format: bitwardenFormat, keeps: bitwardenKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return asJSON(t, bitwardenExport(accounts)) },
}, {
	name: "Bitwarden, password, PBKDF2", format: bitwardenFormat, password: testPassword, keeps: bitwardenKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return bitwardenSeal(t, asJSON(t, bitwardenExport(accounts)), map[string]any{"kdfType": 0, "kdfIterations": 5000})
	},
}, {
	name: "Bitwarden, password, Argon2id", format: bitwardenFormat, password: testPassword, keeps: bitwardenKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return bitwardenSeal(t, asJSON(t, bitwardenExport(accounts)), map[string]any{"kdfType": 1, "kdfIterations": 2, "kdfMemory": 1, "kdfParallelism": 4})
	},
}, {
	name: "Bitwarden, CSV", format: bitwardenFormat, lines: true, keeps: bitwardenKeeps,
	write: func(_ testing.TB, accounts []Account) []byte {
		var rows strings.Builder
		rows.WriteString("folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\n,,note,x,text,,0,,,,\n")
		for _, a := range accounts {
			favorite := map[bool]string{true: "1"}[a.Pinned]
			rows.WriteString(quoted(first(a.Tags)) + "," + favorite + ",login," + quoted(a.Issuer) + "," + quoted(a.Note) + ",,0,," + quoted(a.Name) + ",pass," + quoted(uri(a)) + "\n")
		}
		return []byte(rows.String())
	},
}, {
	name: "Bitwarden Authenticator, CSV", format: bitwardenFormat, lines: true,
	write: func(_ testing.TB, accounts []Account) []byte {
		var rows strings.Builder
		rows.WriteString("folder,favorite,type,name,login_uri,login_totp\n")
		for _, a := range accounts {
			rows.WriteString(fmt.Sprintf(",,1,%s,,%s,%s,%d,%d\n", a.Issuer, uri(a), a.Issuer, a.Period, a.Digits))
		}
		return []byte(rows.String())
	},
	keeps: func(a Account) (Account, bool) { return bare(a), a.Type == "totp" },
}}

// bitwardenKeeps: one folder.
func bitwardenKeeps(a Account) (Account, bool) { return passKeeps(a) }

func bitwardenExport(accounts []Account) map[string]any {
	folders := map[string]any{}
	items := []any{map[string]any{"type": 2, "name": "a note", "notes": "text", "secureNote": map[string]any{"type": 0}}}
	for _, a := range accounts {
		item := map[string]any{
			"id": newUUID(), "type": 1, "name": a.Issuer, "notes": a.Note, "favorite": a.Pinned, "folderId": nil, "organizationId": nil, "collectionIds": nil,
			"login": map[string]any{"uris": nil, "username": a.Name, "password": "x", "totp": uri(a)},
		}
		if len(a.Tags) > 0 {
			item["folderId"] = "id of " + a.Tags[0]
			folders[a.Tags[0]] = map[string]any{"id": "id of " + a.Tags[0], "name": a.Tags[0]}
		}
		items = append(items, item)
	}
	list := []any{}
	for _, name := range sortedKeys(folders) {
		list = append(list, folders[name])
	}
	return map[string]any{"encrypted": false, "folders": list, "items": items}
}

// bitwardenSeal encrypts an export; settings choose the KDF.
func bitwardenSeal(t testing.TB, plain []byte, settings map[string]any) []byte {
	t.Helper()
	settings["encrypted"], settings["passwordProtected"] = true, true
	settings["salt"] = base64.StdEncoding.EncodeToString(random(16))
	var f bitwardenSealed
	if err := json.Unmarshal(asJSON(t, settings), &f); err != nil {
		t.Fatal(err)
	}
	work, err := f.kdf()
	if err != nil {
		t.Fatal(err)
	}
	master, err := work.key(&toil{ctx: t.Context()}, []byte(testPassword))
	if err != nil {
		t.Fatal(err)
	}
	settings["encKeyValidation_DO_NOT_EDIT"] = bitwardenBoxOf(t, master, []byte(newUUID()))
	settings["data"] = bitwardenBoxOf(t, master, plain)
	return asJSON(t, settings)
}

func bitwardenBoxOf(t testing.TB, master, plain []byte) string {
	t.Helper()
	enc, err := hkdf.Expand(sha256.New, master, "enc", 32)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := hkdf.Expand(sha256.New, master, "mac", 32)
	if err != nil {
		t.Fatal(err)
	}
	sealed := sealCBC(t, enc, plain)
	iv, sealed := sealed[:16], sealed[16:]
	h := hmac.New(sha256.New, mac)
	h.Write(iv)
	h.Write(sealed)
	b64 := base64.StdEncoding.EncodeToString
	return "2." + b64(iv) + "|" + b64(sealed) + "|" + b64(h.Sum(nil))
}

// sealCBC is a random IV and what is encrypted with it.
func sealCBC(t testing.TB, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	n := 16 - len(plain)%16
	padded := append(append([]byte{}, plain...), strings.Repeat(string(rune(n)), n)...)
	iv := random(16)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(padded, padded)
	return append(iv, padded...)
}

func TestBitwardenFieldsInAllTheirForms(t *testing.T) {
	r := reads(t, bitwardenFormat, `{"encrypted":false,"folders":null,"collections":[{"id":"c","name":"Team"}],"items":[
		{"type":1,"name":"GitHub","login":{"username":"mei","totp":"gezd gnbv"},"collectionIds":["c","d"]},
		{"type":1,"name":"Games","login":{"username":null,"totp":"steam://GEZDGNBV"}},
		{"type":1,"name":"None","login":{"totp":null}}, {"type":1,"name":"None","login":null}, {"type":3,"name":"Card","card":{}},
		{"type":1,"name":"Old","deletedDate":"2024-01-01T00:00:00Z","login":{"totp":"GEZDGNBV"}},
		{"type":1,"name":"Odd","login":{"totp":"not a secret!"}}, 7]}`)
	tells(t, r, Trashed, NoSecret, Malformed)
	team := mei
	team.Tags = []string{"Team"}
	steam := Account{Type: "steam", Issuer: "Steam", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 5, Period: 30}
	sameAccounts(t, r.Accounts, []Account{team, steam})
}

func TestABitwardenExportOfOneAccountSaysSo(t *testing.T) {
	_, err := Read(t.Context(), []byte(`{"encrypted":true,"encKeyValidation_DO_NOT_EDIT":"2.x|y|z","folders":[],"items":[{"name":"2.x|y|z"}]}`), with(""))
	if why := (*NoExportError)(nil); !errors.As(err, &why) || why.Why != SealedToAccount {
		t.Error(err)
	}
}

// TestBitwardenTellsAWrongPasswordFromABrokenFile: by the validation.
func TestBitwardenTellsAWrongPasswordFromABrokenFile(t *testing.T) {
	good := string(bitwardenSeal(t, []byte(`{"items":[]}`), map[string]any{"kdfType": 0, "kdfIterations": 2}))
	_, box, _ := strings.Cut(good, `"data":"2.`)
	box = box[:8]
	for edit, want := range map[[2]string]error{
		{"", ""}: nil, {`"data":"2.` + box, `"data":"2.AAAABBBB`}: ErrBroken, {`"data":"2.`, `"data":"0.`}: ErrBroken, {`"data":"2.` + box, `"data":"2.`}: ErrBroken,
		{`|`, `/`}: ErrBroken, {`EDIT":"2.`, `EDIT":"2.AAAA`}: nil, {`"kdfIterations":2`, `"kdfIterations":3`}: ErrPassword,
		{`"kdfIterations":2`, `"kdfIterations":10000001`}: ErrKDFCost, {`"kdfType":0`, `"kdfType":1`}: ErrBroken, {`"kdfType":0`, `"kdfType":2`}: ErrBroken,
		{`"kdfType":0`, `"kdfType":1,"kdfMemory":2048,"kdfParallelism":1`}: ErrKDFCost, {`"kdfType":0`, `"kdfType":1,"kdfMemory":9007199254740992,"kdfParallelism":1`}: ErrBroken,
	} {
		if _, err := Read(t.Context(), []byte(strings.Replace(good, edit[0], edit[1], 1)), with(testPassword)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", edit[1], err, want)
		}
	}
}

// TestBitwardenAuthenticatorRows: nothing is quoted, not even a comma in a name.
func TestBitwardenAuthenticatorRows(t *testing.T) {
	r := reads(t, bitwardenFormat, "folder,favorite,type,name,login_uri,login_totp\n,,1,GitHub,,"+meiURI+",GitHub,30,6\n,1,1,Foo, Inc,,steam://GEZDGNBV,Foo, Inc,30,6\n,,1,None,,,,30,6\n")
	steam := Account{Type: "steam", Issuer: "Steam", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 5, Period: 30, Pinned: true}
	sameAccounts(t, r.Accounts, []Account{mei, steam})
	tells(t, r)
}

// FuzzBitwarden knows: a code that stands in an item, or in a row, is an
// account or a problem.
func FuzzBitwarden(f *testing.F) {
	for _, s := range []string{"GEZDGNBV", meiURI, "steam://GE", "null", `{"encrypted":true,"data":"2.|"}`, "folder,favorite,type,name,login_totp\n,,,a,GEZA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := Read(t.Context(), []byte(s), Options{}); err == nil && r.Format == bitwardenFormat {
			holds(t, r)
		}
		if s = strings.ToValidUTF8(s, "?"); strings.TrimSpace(s) == "" || s == "null" || strings.ContainsAny(s, "\x00\r") {
			return
		}
		item := map[string]any{"type": 1, "login": map[string]any{"totp": s}}
		for _, data := range [][]byte{asJSON(t, map[string]any{"encrypted": false, "items": []any{item}}), []byte("folder,favorite,type,name,login_totp\n,,login,x," + quoted(s))} {
			r, err := Read(t.Context(), data, Options{})
			if err != nil || len(r.Accounts)+len(r.Problems) != 1 {
				t.Fatalf("%q: %+v, %v", data, r, err)
			}
			holds(t, r)
		}
	})
}
