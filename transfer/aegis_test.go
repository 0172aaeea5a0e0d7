package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func everything(a Account) (Account, bool) { return a, true }

// cheapAegis writes an encrypted vault whose password costs nothing.
func cheapAegis(t testing.TB, accounts []Account, password []byte) []byte {
	t.Helper()
	work := scrypt{salt: random(32), n: 2, r: 1, p: 1, size: 32}
	wrap, err := work.key(&toil{ctx: t.Context()}, password)
	if err != nil {
		t.Fatal(err)
	}
	data, err := writeAegis(accounts, work, wrap)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var aegisFixtures = []fixture{{
	name: "Aegis, plain", format: aegisFormat, keeps: everything,
	write: func(t testing.TB, accounts []Account) []byte {
		return asJSON(t, map[string]any{"version": 1, "header": map[string]any{"slots": nil, "params": nil}, "db": aegisContent(accounts)})
	},
}, {
	name: "Aegis, content alone", format: aegisFormat, keeps: everything,
	write: func(t testing.TB, accounts []Account) []byte { return asJSON(t, aegisContent(accounts)) },
}, {
	name: "Aegis, encrypted", format: aegisFormat, password: testPassword, keeps: everything,
	write: func(t testing.TB, accounts []Account) []byte { return cheapAegis(t, accounts, []byte(testPassword)) },
}}

func TestWhatWeWriteForAegisIsReadBack(t *testing.T) {
	var told int64
	data, err := WriteAegis(t.Context(), samples(), testPassword, func(done, _ int64) { told = done })
	if err != nil || told == 0 {
		t.Fatal(err, told)
	}
	r := reads(t, aegisFormat, string(data))
	sameAccounts(t, r.Accounts, samples())
	if bytes.Contains(data, []byte("GitHub")) {
		t.Error("a name shows")
	}
}

// TestAegisSample is the entry of Aegis' own documentation, docs/vault.md.
func TestAegisSample(t *testing.T) {
	r := reads(t, aegisFormat, `{"version": 1, "header": {"slots": null, "params": null}, "db": {"version": 1, "entries": [{
    "type": "totp",
    "uuid": "01234567-89ab-cdef-0123-456789abcdef",
    "name": "Bob",
    "issuer": "Google",
    "icon": null,
    "info": {
        "secret": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "algo": "SHA1",
        "digits": 6,
        "period": 30
    }
}]}}`)
	if a := r.Accounts[0]; a.Issuer != "Google" || a.Name != "Bob" || b32(a) != "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" {
		t.Errorf("%+v", a)
	}
}

func plainAegis(entries ...string) string {
	return `{"version":1,"header":{"slots":null,"params":null},"db":{"version":2,"entries":[` + strings.Join(entries, ",") + `]}}`
}

func TestOneBadAegisEntryDoesNotSinkTheRest(t *testing.T) {
	entry := func(info string) string { return `{"type":"totp","name":"a","issuer":"B","info":{` + info + `}}` }
	r := reads(t, aegisFormat, plainAegis(
		entry(`"secret":"GEZDGNBV","algo":"SHA1","digits":0,"period":30`), entry(`"secret":"GEZDGNBV","algo":"SHA1","digits":6,"period":0`),
		entry(`"secret":"GEZDGNBV","algo":"SHA3","digits":6,"period":30`), entry(`"secret":"","digits":6`), entry(`"secret":7`), entry(`"secret":["GEZDGNBV"]`),
		`{"type":"totp"}`, `{"type":"sms","info":{"secret":"GEZDGNBV"}}`, `null`, `7`, `"x"`, `[]`, `{"type":"hotp","info":{"secret":"GEZDGNBV","counter":-1}}`,
		`{"type":"hotp","info":{"secret":"GEZDGNBV","counter":"x"}}`, entry(`"secret":"GEZDGNBV","digits":1e99`), entry(`"secret":"GEZDGNBV","period":1.5`),
		`{"type":"yandex","info":{"secret":"GEZDGNBV"}}`, `{"type":"motp","info":{"secret":"GEZDGNBV"}}`,
		`{"type":"steamtotp","name":"old","issuer":7,"note":null,"favorite":"true","group":"Games","groups":"x","info":{"secret":"gezd gnbv","digits":"5","algo":null}}`,
	))
	tells(t, r, BadDigits, BadPeriod, BadAlgorithm, NoSecret, NoSecret, NoSecret, NoSecret, BadType, Malformed, Malformed, Malformed, Malformed, BadCounter, BadCounter,
		BadDigits, BadPeriod, NoSecret, NoPIN)
	sameAccounts(t, r.Accounts, []Account{{
		Type: "steam", Issuer: "7", Name: "old", Secret: []byte("12345"), Algorithm: "SHA1", Digits: 5, Period: 30, Tags: []string{"Games"}, Pinned: true,
	}})
}

// changed edits an encrypted vault.
func changed(t *testing.T, data []byte, edit func(header map[string]any, vault map[string]any)) []byte {
	t.Helper()
	var vault map[string]any
	if err := json.Unmarshal(data, &vault); err != nil {
		t.Fatal(err)
	}
	edit(vault["header"].(map[string]any), vault)
	return asJSON(t, vault)
}

func slot(header map[string]any) map[string]any { return header["slots"].([]any)[0].(map[string]any) }

// TestAegisTellsAWrongPasswordFromABrokenFile: the vault has two seals.
func TestAegisTellsAWrongPasswordFromABrokenFile(t *testing.T) {
	data := cheapAegis(t, samples(), []byte(testPassword))
	for name, edit := range map[string]func(h, v map[string]any){
		"content":      func(_, v map[string]any) { v["db"] = "AAAA" + v["db"].(string)[4:] },
		"no base64":    func(_, v map[string]any) { v["db"] = "%" },
		"plain inside": func(_, v map[string]any) { v["db"] = map[string]any{} },
		"no params":    func(h, _ map[string]any) { h["params"] = nil },
		"short nonce":  func(h, _ map[string]any) { h["params"].(map[string]any)["nonce"] = "00" },
		"key too long": func(h, _ map[string]any) { slot(h)["key"] = strings.Repeat("00", 33) },
		"salt":         func(h, _ map[string]any) { slot(h)["salt"] = "x" },
		"n":            func(h, _ map[string]any) { slot(h)["n"] = 3 },
		"n missing":    func(h, _ map[string]any) { delete(slot(h), "n") },
	} {
		if _, err := Read(t.Context(), changed(t, data, edit), with(testPassword)); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrong := func(h, _ map[string]any) { slot(h)["key"] = strings.Repeat("00", 32) }
	if _, err := Read(t.Context(), changed(t, data, wrong), with(testPassword)); !errors.Is(err, ErrPassword) {
		t.Error(err)
	}
}

func TestAnAegisVaultMayNotCostTooMuch(t *testing.T) {
	data := cheapAegis(t, samples(), []byte(testPassword))
	for name, edit := range map[string]func(h, v map[string]any){
		"n":     func(h, _ map[string]any) { slot(h)["n"] = 1 << 21 },
		"r":     func(h, _ map[string]any) { slot(h)["r"] = 1 << 40 },
		"p":     func(h, _ map[string]any) { slot(h)["p"] = 1 << 40 },
		"slots": func(h, _ map[string]any) { h["slots"] = make20(h["slots"].([]any)[0]) },
	} {
		_, err := Read(t.Context(), changed(t, data, edit), Options{Password: func(Hint) (string, error) {
			t.Errorf("%s: asked", name)
			return "", nil
		}})
		if !errors.Is(err, ErrKDFCost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func make20(x any) (all []any) {
	for range 20 {
		all = append(all, x)
	}
	return all
}

func TestEveryPasswordSlotIsTried(t *testing.T) {
	data := cheapAegis(t, samples(), []byte(testPassword))
	data = changed(t, data, func(h, _ map[string]any) {
		other := map[string]any{"type": 2, "uuid": "x", "key": "00", "key_params": nil}
		wrong := map[string]any{"type": 1, "key": strings.Repeat("00", 32), "n": 2, "r": 1, "p": 1, "salt": "00", "key_params": map[string]any{"nonce": strings.Repeat("0", 24), "tag": strings.Repeat("0", 32)}}
		damaged := map[string]any{"type": 1, "key": "00", "n": 2, "r": 1, "p": 1, "salt": "00", "key_params": map[string]any{"nonce": "", "tag": ""}}
		h["slots"] = []any{other, "odd", wrong, damaged, slot(h)}
	})
	sameAccounts(t, reads(t, aegisFormat, string(data)).Accounts, samples())
}

func TestAVaultThatOpensWithAFingerprintSaysSo(t *testing.T) {
	data := changed(t, cheapAegis(t, nil, nil), func(h, _ map[string]any) { slot(h)["type"] = 2 })
	_, err := Read(t.Context(), data, Options{})
	if why := (*NoExportError)(nil); !errors.Is(err, ErrNoExport) || !errors.As(err, &why) || why.Why != OnlyFingerprint || Message(err) != "transfer.reason.only_fingerprint" {
		t.Error(err)
	}
	unreadable := changed(t, cheapAegis(t, nil, nil), func(h, _ map[string]any) { slot(h)["type"] = "2" })
	if _, err := Read(t.Context(), unreadable, Options{}); !errors.Is(err, ErrBroken) {
		t.Errorf("a slot of no type: %v", err)
	}
}

// TestAegisSlotsBeforeTheRepair: a version of Aegis took the whole buffer of
// the encoder for the password. It mattered beyond 64 bytes.
func TestAegisSlotsBeforeTheRepair(t *testing.T) {
	for _, password := range []string{strings.Repeat("p", 70), strings.Repeat("p", 40), strings.Repeat("電池", 20), "short"} {
		for _, buffer := range append(unrepaired(password), []byte(password)) {
			old := changed(t, cheapAegis(t, samples(), buffer), func(h, _ map[string]any) { delete(slot(h), "repaired") })
			if _, err := Read(t.Context(), old, with(password)); err != nil {
				t.Errorf("%d bytes for %q: %v", len(buffer), password, err)
			}
			if len(buffer) == len(password) {
				continue
			}
			repaired := cheapAegis(t, samples(), buffer)
			if _, err := Read(t.Context(), repaired, with(password)); !errors.Is(err, ErrPassword) {
				t.Errorf("a repaired slot opens with %d bytes for %q: %v", len(buffer), password, err)
			}
		}
	}
	if n := len(unrepaired(strings.Repeat("p", 70))); n != 2 {
		t.Errorf("%d tries", n)
	}
}

// FuzzAegis knows: every entry is an account or a problem.
func FuzzAegis(f *testing.F) {
	fuzzFormat(f, aegisFormat, func(data []byte) (int, bool) {
		var db map[string]json.RawMessage
		_ = readObject(newFile(data).object["db"], &db)
		entries, err := readArray(db["entries"])
		return len(entries), err == nil && len(newFile(data).object) == 3
	}, plainAegis(`{"type":"hotp","info":{"secret":"GE","counter":1}}`, `null`), string(cheapAegis(f, samples(), nil)))
}
