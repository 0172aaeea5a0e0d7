package transfer

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

var andOTPFixtures = []fixture{{
	name: "andOTP, plain", format: andOTPFormat, keeps: andOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return andOTPExport(t, accounts) },
}, {
	name: "andOTP, encrypted", format: andOTPFormat, password: testPassword, keeps: andOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return andOTPSeal(t, andOTPExport(t, accounts), 1000) },
}, {
	name: "andOTP, older encryption", format: andOTPFormat, password: testPassword, keeps: andOTPKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		key, nonce := sha256.Sum256([]byte(testPassword)), random(12)
		nonce[0] = 0xff // no number of iterations
		return append(nonce, sealGCM(key[:], nonce, andOTPExport(t, accounts))...)
	},
}}

func andOTPKeeps(a Account) (Account, bool) {
	a.Note, a.Pinned = "", false
	return a, a.Type == "totp" || a.Type == "hotp" || a.Type == "steam"
}

func andOTPExport(t testing.TB, accounts []Account) []byte {
	list := []any{}
	for _, a := range accounts {
		e := map[string]any{
			"secret": b32(a) + "======", "issuer": a.Issuer, "label": a.Name, "digits": a.Digits, "type": strings.ToUpper(a.Type), "algorithm": a.Algorithm,
			"thumbnail": "Default", "last_used": 1608146844162, "used_frequency": 0, "tags": append([]string{}, a.Tags...),
		}
		switch a.Type {
		case "totp":
			e["period"] = a.Period
		case "hotp":
			e["counter"] = a.Counter
		}
		list = append(list, e)
	}
	return asJSON(t, list)
}

func andOTPSeal(t testing.TB, plain []byte, iterations int64) []byte {
	t.Helper()
	salt, nonce := random(12), random(12)
	key, err := pbkdf2{sha1.New, salt, iterations, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
	if err != nil {
		t.Fatal(err)
	}
	head := append(binary.BigEndian.AppendUint32(nil, uint32(iterations)), salt...)
	return append(append(head, nonce...), sealGCM(key, nonce, plain)...)
}

// TestAndOTPEntriesOfEveryAge: without issuer the label holds both names.
func TestAndOTPEntriesOfEveryAge(t *testing.T) {
	r := reads(t, andOTPFormat, `[{"secret":"GEZDGNBV","label":"GitHub - mei","type":"TOTP","digits":6,"algorithm":"SHA1","period":30},
		{"secret":"GEZDGNBV","label":"mei","type":"TOTP"}, {"secret":"GEZDGNBV","label":"a - b - c","type":"STEAM","tags":["x",7,null,"x"]},
		{"secret":"0123456789abcdef","label":"m","type":"MOTP","pin":"1234"}, {"secret":"0123456789abcdef","label":"n","type":"MOTP"},
		{"secret":"GEZDGNBV","label":"q","type":"QR"}, {"label":"none","type":"TOTP","secret":null}, 7, {"secret":"GEZDGNBV","label":"c","type":"HOTP","counter":"1.5"}]`)
	tells(t, r, NoPIN, BadType, NoSecret, Malformed, BadCounter)
	alone, steam := mei, mei
	alone.Issuer = ""
	steam.Type, steam.Issuer, steam.Name, steam.Digits, steam.Tags = "steam", "a", "b - c", 5, []string{"x", "7"}
	motp := Account{Type: "motp", Name: "m", Secret: []byte{1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}, Algorithm: "MD5", Digits: 6, Period: 10, Pin: "1234"}
	sameAccounts(t, r.Accounts, []Account{mei, alone, steam, motp})
}

func TestAnOlderAndOTPFileMayLookLikeANewerOne(t *testing.T) {
	key, nonce := sha256.Sum256([]byte(testPassword)), random(12)
	copy(nonce, []byte{0, 0, 4, 0}) // as if there were 1024 iterations
	data := append(nonce, sealGCM(key[:], nonce, andOTPExport(t, []Account{mei}))...)
	sameAccounts(t, reads(t, andOTPFormat, string(data)).Accounts, []Account{mei})
}

// TestAnEncryptedFileMayBeginWithAnything: its first bytes are by chance those
// of pictures, archives or texts of Windows.
func TestAnEncryptedFileMayBeginWithAnything(t *testing.T) {
	key := sha256.Sum256([]byte(testPassword))
	for _, start := range []string{"PK", "MZ", "BM", "\x1f\x8b", "\xff\xd8\xff", "\xff\xfe", "\xfe\xff"} {
		nonce := append([]byte(start), make([]byte, 12-len(start))...)
		data := append(nonce, sealGCM(key[:], nonce, andOTPExport(t, samples()))...)
		if got, ok := Detect(data); !ok || got != andOTPFormat {
			t.Errorf("% x: taken for %q, %v", start, got.ID, ok)
		}
	}
}

func TestAndOTPFilesHaveALimitOfWork(t *testing.T) {
	data := andOTPSeal(t, []byte("[]"), 1)
	copy(data, []byte{0x7f, 0xff, 0xff, 0xff}) // then it can only be an older one
	if _, err := Read(t.Context(), data, with(testPassword)); !errors.Is(err, ErrPassword) {
		t.Error(err)
	}
	if _, err := Read(t.Context(), andOTPSeal(t, []byte("{}"), 1), with(testPassword)); !errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}

// FuzzAndOTP knows: every element is an account or a problem.
func FuzzAndOTP(f *testing.F) {
	fuzzFormat(f, andOTPFormat, func(data []byte) (int, bool) {
		var array []json.RawMessage
		err := json.Unmarshal(data, &array)
		return len(array), err == nil
	}, `[{"secret":"GE","label":" - ","type":"MOTP"},{"secret":"GE"},7]`)
}
