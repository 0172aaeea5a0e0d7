package transfer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"testing"
)

var rootedFixtures = []fixture{{
	name: "Authy", format: authyFormat, keeps: authyKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return authyExport(t, accounts, false) },
}, {
	name: "Authy, encrypted", format: authyFormat, password: testPassword, keeps: authyKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return authyExport(t, accounts, true) },
}, {
	name: "TOTP Authenticator", format: totpAuthFormat, password: testPassword, keeps: totpAuthKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return totpAuthExport(t, accounts, testPassword) },
}, {
	name: "TOTP Authenticator, no password", format: totpAuthFormat, keeps: totpAuthKeeps, lines: true,
	write: func(t testing.TB, accounts []Account) []byte { return totpAuthExport(t, accounts, totpAuthDefault) },
}, {
	name: "TOTP Authenticator, preferences", format: totpAuthFormat, keeps: totpAuthKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		return prefs(totpAuthList, string(asJSON(t, totpAuthEntries(t, accounts))))
	},
}}

// prefs are preferences of an Android app: names and values.
func prefs(pairs ...string) []byte {
	s := "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n<map>\n"
	for i := 0; i < len(pairs); i += 2 {
		s += `<string name="` + pairs[i] + `">` + escaped(pairs[i+1]) + "</string>\n"
	}
	return []byte(s + "</map>\n")
}

// sealBlocks encrypts with an IV of zeros, as both programs do.
func sealBlocks(t testing.TB, key, plain []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	n := 16 - len(plain)%16
	for range n {
		plain = append(plain, byte(n))
	}
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(plain, plain)
	return plain
}

func authyKeeps(a Account) (Account, bool) {
	return bare(a), a.Type == "totp" && a.Period == 30 && a.Algorithm == "SHA1"
}

func authyExport(t testing.TB, accounts []Account, sealed bool) []byte {
	list := []any{}
	for _, a := range accounts {
		e := map[string]any{"accountType": "authenticator", "digits": a.Digits, "name": a.Issuer + ": " + a.Name, "originalName": a.Issuer + ":" + a.Name, "originalIssuer": a.Issuer, "timestamp": 1}
		if sealed {
			key, err := pbkdf2{sha1.New, []byte("salt of " + a.Name), 1000, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
			if err != nil {
				t.Fatal(err)
			}
			e["salt"], e["encryptedSecret"] = "salt of "+a.Name, base64.StdEncoding.EncodeToString(sealBlocks(t, key, []byte(b32(a))))
		} else {
			e["decryptedSecret"] = b32(a)
		}
		list = append(list, e)
	}
	return prefs("com.authy.storage.tokens.authenticator.key", string(asJSON(t, list)))
}

func totpAuthKeeps(a Account) (Account, bool) {
	return bare(a), a.Type == "totp" && a.Period == 30 && a.Algorithm == "SHA1" && a.Digits == 6
}

func totpAuthEntries(t testing.TB, accounts []Account) []string {
	list := []string{}
	for i, a := range accounts {
		e := map[string]any{"name": a.Name, "issuer": a.Issuer, "base": 32, "key": b32(a)}
		switch i % 3 {
		case 1:
			e["base"], e["key"] = 16, hex.EncodeToString(a.Secret)
		case 2:
			e["base"], e["key"] = 64, base64.StdEncoding.EncodeToString(a.Secret)
		}
		list = append(list, string(asJSON(t, e)))
	}
	return list
}

func totpAuthExport(t testing.TB, accounts []Account, password string) []byte {
	key := sha256.Sum256([]byte(password))
	plain := asJSON(t, map[string]string{string(asJSON(t, totpAuthEntries(t, accounts))): "x"})
	return []byte(base64.StdEncoding.EncodeToString(sealBlocks(t, key[:], plain)))
}

func TestAuthyNamesOfEveryShape(t *testing.T) {
	r := reads(t, authyFormat, string(prefs("x", "no list", "k", `[{"decryptedSecret":"GEZDGNBV","digits":6,"originalName":"GitHub:mei","name":"x"},{"decryptedSecret":"GEZDGNBV","name":"GitHub - ken"},
		{"decryptedSecret":"GEZDGNBV","name":"anna","accountType":"github"},{"secretSeed":"3132333435","name":"own","digits":7},{"secretSeed":"xyz"},{"digits":6},7]`)))
	tells(t, r, NoSecret, NoSecret, Malformed)
	ken, anna, own := mei, mei, mei
	ken.Name = "ken"
	anna.Issuer, anna.Name = "github", "anna"
	own.Issuer, own.Name, own.Digits, own.Period = "Authy", "own", 7, 10
	sameAccounts(t, r.Accounts, []Account{mei, ken, anna, own})
}

func TestOneBrokenAuthySecretDoesNotSinkTheRest(t *testing.T) {
	good := authyExport(t, []Account{mei}, true)
	list, err := preferences(good)
	if err != nil {
		t.Fatal(err)
	}
	broken := list[0].value[:len(list[0].value)-1] + `,{"encryptedSecret":"AAAA","salt":"x","name":"bad"}]`
	r := reads(t, authyFormat, string(prefs("k", broken)))
	tells(t, r, NoSecret)
	sameAccounts(t, r.Accounts, []Account{mei})
}

func TestBattleNetHasOneAccount(t *testing.T) {
	masked := func(s string) string { return hex.EncodeToString(unmask(hex.EncodeToString([]byte(s)))) }
	r := reads(t, battleNetFormat, string(prefs(battleNetSerial, masked("US-1234"), battleNetSecret, masked("3132333435"))))
	tells(t, r)
	sameAccounts(t, r.Accounts, []Account{{Type: "totp", Issuer: "Battle.net", Name: "US-1234", Secret: mei.Secret, Algorithm: "SHA1", Digits: 8, Period: 30}})
	for _, bad := range []string{"", "xyz", masked("xyz"), hex.EncodeToString(make([]byte, 100))} {
		tells(t, reads(t, battleNetFormat, string(prefs(battleNetSecret, bad))), NoSecret)
	}
	if _, err := Read(t.Context(), []byte("<map>"+battleNetSecret), Options{}); !errors.Is(err, ErrBroken) {
		t.Error(err)
	}
}

func TestOneBadTOTPAuthenticatorEntryDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, totpAuthFormat, string(prefs(totpAuthList, `["{\"base\":32,\"key\":\"GEZDGNBV\",\"name\":\"mei\",\"issuer\":\"GitHub\"}","{\"base\":7,\"key\":\"GE\"}","{\"base\":16,\"key\":\"x\"}","x",7,{}]`)))
	tells(t, r, NoSecret, NoSecret, Malformed, Malformed, Malformed)
	sameAccounts(t, r.Accounts, []Account{mei})
	key := sha256.Sum256([]byte(testPassword))
	for _, plain := range []string{"{}{}", `{"x":1}`} {
		data := base64.StdEncoding.EncodeToString(sealBlocks(t, key[:], []byte(plain+"                                                                ")))
		if _, err := Read(t.Context(), []byte(data), with(testPassword)); !errors.Is(err, ErrPassword) && !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", plain, err)
		}
	}
}

// FuzzAuthy knows: every element of the list is an account or a problem.
func FuzzAuthy(f *testing.F) {
	fuzzFormat(f, authyFormat, func(data []byte) (int, bool) {
		all, err := preferences(data)
		if err != nil || len(all) != 1 {
			return 0, false
		}
		array, err := readArray([]byte(all[0].value))
		return len(array), err == nil
	}, `<map><string name="x">[{"secretSeed":"31"},7]</string></map>`)
}

// FuzzBattleNet knows: a file is an account or a problem.
func FuzzBattleNet(f *testing.F) {
	fuzzFormat(f, battleNetFormat, func([]byte) (int, bool) { return 1, true }, string(prefs(battleNetSecret, "39", battleNetSerial, "40")))
}

// FuzzTOTPAuthenticator holds what is always true of its results.
func FuzzTOTPAuthenticator(f *testing.F) {
	fuzzFormat(f, totpAuthFormat, nil, string(prefs(totpAuthList, `["{}"]`)))
}
