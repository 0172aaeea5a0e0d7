package transfer

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"
)

var stratumFixtures = []fixture{{
	name: "Stratum, plain", format: stratumFormat, keeps: stratumKeeps,
	write: func(t testing.TB, accounts []Account) []byte { return stratumExport(t, accounts) },
}, {
	name: "Stratum, strong", format: stratumFormat, password: testPassword, slow: true, keeps: stratumKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		salt, nonce := random(16), random(12)
		key, err := argon2id{salt, 64 << 10, 3, 4, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
		if err != nil {
			t.Fatal(err)
		}
		return append(append(append([]byte(stratumStrong), salt...), nonce...), sealGCM(key, nonce, stratumExport(t, accounts))...)
	},
}, {
	name: "Authenticator Pro, legacy", format: stratumFormat, password: testPassword, slow: true, keeps: stratumKeeps,
	write: func(t testing.TB, accounts []Account) []byte {
		salt := random(20)
		key, err := pbkdf2{sha1.New, salt, 64_000, 32}.key(&toil{ctx: t.Context()}, []byte(testPassword))
		if err != nil {
			t.Fatal(err)
		}
		return append(append([]byte(stratumLegacy), salt...), sealCBC(t, key, stratumExport(t, accounts))...)
	},
}}

func stratumKeeps(a Account) (Account, bool) {
	a.Note, a.Pinned = "", false
	return a, true
}

func stratumExport(t testing.TB, accounts []Account) []byte {
	list, categories, bindings := []any{}, []any{}, []any{}
	for i, a := range accounts {
		secret := b32(a)
		if a.Type == "motp" {
			secret = hex.EncodeToString(a.Secret)
		}
		list = append(list, map[string]any{
			"Type": map[string]int{"hotp": 1, "totp": 2, "motp": 3, "steam": 4, "yandex": 5}[a.Type], "Icon": nil, "Issuer": a.Issuer, "Username": a.Name, "Secret": secret,
			"Pin": a.Pin, "Algorithm": map[string]int{"SHA256": 1, "SHA512": 2}[a.Algorithm], "Digits": a.Digits, "Period": a.Period, "Counter": a.Counter, "Ranking": i, "CopyCount": 0,
		})
		for _, tag := range a.Tags {
			sum := sha1.Sum([]byte(tag))
			id := hex.EncodeToString(sum[:])[:8]
			categories = append(categories, map[string]any{"Id": id, "Name": tag, "Ranking": 0})
			bindings = append(bindings, map[string]any{"CategoryId": id, "AuthenticatorSecret": secret, "Ranking": 0})
		}
	}
	return asJSON(t, map[string]any{"Authenticators": list, "Categories": categories, "AuthenticatorCategories": bindings, "CustomIcons": []any{}})
}

// TestStratumSample is the example of Stratum's own documentation,
// doc/BACKUP_FORMAT.md. Its secret holds a 1, which no base32 has.
func TestStratumSample(t *testing.T) {
	sample := func(secret string) string {
		return `{"Authenticators": [{"Type": 2, "Icon": "google", "Issuer": "Google", "Username": "google@gmail.com", "Secret": "` + secret + `",
			"Algorithm": 0, "Digits": 6, "Period": 30, "Counter": 0, "Ranking": 0}],
			"Categories": [{"Id": "a8323a2a", "Name": "Web", "Ranking": 0}],
			"AuthenticatorCategories": [{"CategoryId": "a8323a2a", "AuthenticatorSecret": "` + secret + `", "Ranking": 0}],
			"CustomIcons": [{"Id": ".....", "Data": "....."}]}`
	}
	tells(t, reads(t, stratumFormat, sample("SECRETKEY123ABCD")), NoSecret)
	r := reads(t, stratumFormat, sample("SECRETKEY234ABCD"))
	if a := r.Accounts[0]; a.Issuer != "Google" || a.Name != "google@gmail.com" || first(a.Tags) != "Web" || b32(a) != "SECRETKEY234ABCD" {
		t.Errorf("%+v", a)
	}
}

func TestOneBadStratumEntryDoesNotSinkTheRest(t *testing.T) {
	r := reads(t, stratumFormat, `{"Authenticators":[{"Type":0},{"Type":9,"Secret":"GEZDGNBV"},{"Type":"x","Secret":"GEZDGNBV"},{"Type":-1,"Secret":"GEZDGNBV"},{"Secret":"GEZDGNBV","Type":2,"Algorithm":3},
		{"Type":2,"Secret":"GEZDGNBV","Digits":11,"Period":30},{"Type":2,"Secret":"GEZDGNBV","Digits":6,"Period":-1},{"Type":5,"Secret":"GEZDGNBV"},null,
		{"Type":3,"Issuer":"m","Secret":"0123456789ABCDEF","Pin":"1234"},{"Type":3,"Secret":"xyz","Pin":"1234"},{"Type":3,"Secret":"0123456789abcdef"},
		{"Type":3,"Issuer":"m","Secret":"0123456789abcdef1234"},{"Type":2,"Issuer":"GitHub","Username":"mei","Secret":"gezdgnbv==","Algorithm":0,"Digits":6,"Period":30}],
		"Categories":[7,{"Id":"a"}],"AuthenticatorCategories":{}}`)
	tells(t, r, NoSecret, BadType, BadType, BadType, BadAlgorithm, BadDigits, BadPeriod, NoSecret, Malformed, NoSecret, NoSecret, NoPIN)
	motp := Account{Type: "motp", Issuer: "m", Secret: []byte{1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}, Algorithm: "MD5", Digits: 6, Period: 10, Pin: "1234"}
	sameAccounts(t, r.Accounts, []Account{motp, mei})
}

func TestAShortStratumFileIsBroken(t *testing.T) {
	for _, s := range []string{stratumStrong, stratumLegacy, stratumStrong + string(make([]byte, 43)), stratumLegacy + string(make([]byte, 36)), stratumLegacy + string(make([]byte, 60))} {
		if _, err := Read(t.Context(), []byte(s), with("")); !errors.Is(err, ErrBroken) {
			t.Errorf("%d bytes: %v", len(s), err)
		}
	}
}

// FuzzStratum knows: every authenticator is an account or a problem.
func FuzzStratum(f *testing.F) {
	count := elements("Authenticators")
	fuzzFormat(f, stratumFormat, func(data []byte) (int, bool) {
		var once map[string]json.RawMessage
		n, ok := count(data)
		return n, ok && json.Unmarshal(data, &once) == nil && len(once) == 1
	}, `{"Authenticators":[{"Type":3,"Secret":"0123456789abcdef1234"},{"Type":4,"Secret":"GE"},7]}`)
}
