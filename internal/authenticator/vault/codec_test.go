package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/otp"
)

// present is a vault as the web app wrote it before there was a core, with
// fields of an app to come.
const present = `{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
	{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000},
	{"id":"b2","kind":"other","type":"hotp","issuer":"銀行 \"A\"","name":"","secret":"MFRGGZDF","algorithm":"SHA256","digits":8,"period":0,"counter":41,"note":"line\nline","order":2.5,"pinned":true,"created":1763800001000,"colour":{"of":"sea","deep":[1, 2]}},
	{"id":"c3","kind":"work","type":"totp","issuer":"Aoba Works","name":"mei@aoba.example","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":3,"pinned":false,"created":1763800002000,
	 "server":{"issuer":"https://id.aoba.example","host":"id.aoba.example","directory":{"id":"d1","name":"Aoba Works","kind":"organization"},"subject":"s1","registration":"r1","code":{"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30},"state":"active","numberDigits":2,"clockOffset":-1500,"later":null}}
],"settings":{"nextEarly":true,"clockOffset":2000,"theme":"dark","sound":"bell"},"drawer":[1,{"a":"b c"}]}`

func TestVaultOfTheWebAppIsReadWhole(t *testing.T) {
	v := open(t, []byte(present), noon)
	all := v.Entries()
	equal(t, "titles", titles(all), []string{"GitHub (mei)", `銀行 "A"`, "Aoba Works (mei@aoba.example)"})
	equal(t, "key", all[1].Key(), otp.Key{Kind: otp.HOTP, Issuer: `銀行 "A"`, Secret: []byte("abcde"), Algorithm: otp.SHA256, Digits: 8, Counter: 41})
	equal(t, "note", all[1].Note, "line\nline")
	equal(t, "pinned", all[1].Pinned, true)
	equal(t, "created", all[0].Created.UnixMilli(), int64(1763800000000))
	s, ok := all[2].Server()
	if !ok || s.Directory != "d1" || s.ClockOffset != -1500*time.Millisecond || s.Code.Kind != otp.TOTP || len(s.Code.Secret) != 20 || s.State != "active" {
		t.Errorf("%+v, %v", s, ok)
	}
}

// What faces wrote comes back to them as they wrote it, whatever it is.
func TestFacesFindWhatTheyWrote(t *testing.T) {
	got := object(t, open(t, []byte(present), noon).Bytes())
	want := object(t, []byte(present))
	delete(got, "core")
	equal(t, "vault", got, want)
}

func TestSameBytesAreTheSameVault(t *testing.T) {
	a := open(t, []byte(present), noon)
	b := open(t, []byte(present), noon.Add(time.Hour))
	equal(t, "bytes", string(a.Bytes()), string(b.Bytes()))
	if !a.Changed() {
		t.Error("a vault without stamps got some, and does not say so")
	}
	c := open(t, a.Bytes(), noon.Add(time.Hour))
	if c.Changed() {
		t.Error("nothing changed")
	}
	equal(t, "bytes", string(c.Bytes()), string(a.Bytes()))
}

// A face that knows nothing of stamps changes accounts, and is understood.
func TestWhatFacesChangeGetsStamps(t *testing.T) {
	v := open(t, []byte(present), noon)
	face := object(t, v.Bytes())
	entries := face["entries"].([]any)
	mei := entries[0].(map[string]any)
	mei["name"], mei["pinned"], mei["tags"] = "mei.tanaka", true, []any{"code"}
	bank := entries[1].(map[string]any)
	bank["counter"], bank["colour"] = 45.0, "green"
	fresh := map[string]any{"id": "n9", "kind": "other", "type": "steam", "issuer": "Steam", "name": "m", "secret": "MFRGGZDFMY", "algorithm": "SHA1", "digits": 5.0, "period": 30.0, "counter": 0.0, "note": "", "order": 9.0, "pinned": false, "created": 1763800003000.0}
	face["entries"] = []any{mei, bank, fresh} // and the work account was removed
	face["settings"].(map[string]any)["theme"] = "light"
	data, err := json.Marshal(face)
	if err != nil {
		t.Fatal(err)
	}

	later := noon.Add(time.Hour)
	w := open(t, data, later)
	equal(t, "titles", titles(w.Entries()), []string{"GitHub (mei.tanaka)", `銀行 "A"`, "Steam (m)"})
	equal(t, "counter", entry(t, w, "b2").Counter, uint64(45))
	equal(t, "tags", entry(t, w, "a1").Tags, []string{"code"})
	again := object(t, w.Bytes())
	equal(t, "entries", again["entries"], face["entries"])
	equal(t, "settings", again["settings"], face["settings"])

	// Merged into the vault as it was, the face's changes win.
	out, q := v.Merge(w, later, Delete)
	if q != nil || len(out.Removed) != 1 || len(out.Added) != 1 || len(out.Changed) != 2 {
		t.Errorf("%+v, %+v", out, q)
	}
	equal(t, "entries", object(t, v.Bytes())["entries"], face["entries"])
}

// What a person did in a face can be taken back; what machines did is nobody's deed.
func TestWhatFacesDidCanBeTakenBack(t *testing.T) {
	v := open(t, []byte(present), noon)
	written := string(v.Bytes())
	for change, want := range map[[2]string]Deed{
		{`"name":"mei","secret"`, `"name":"lena","secret"`}:     Editing,
		{`"order":1,"pinned":false`, `"order":1,"pinned":true`}: Moving,
		{`"counter":41`, `"counter":42`}:                        "",
		{`"state":"active"`, `"state":"removed"`}:               "",
	} {
		w := open(t, []byte(strings.Replace(written, change[0], change[1], 1)), noon)
		if last, ok := w.LastDone(); !w.Changed() || ok != (want != "") || last.Deed != want {
			t.Errorf("%v: %+v", change, last)
		}
	}
}

// The web app's own undo puts a removed account back as it was. If the core has
// seen the removal meanwhile, the account has a new id from then on.
func TestFaceBringsBackWhatItRemoved(t *testing.T) {
	v := open(t, []byte(present), noon)
	before := object(t, v.Bytes())
	remove(t, v, noon, "a1")
	face := object(t, v.Bytes())
	face["entries"] = before["entries"]
	data, _ := json.Marshal(face)
	w := open(t, data, noon.Add(time.Second))
	equal(t, "titles", titles(w.Entries()), []string{"GitHub (mei)", `銀行 "A"`, "Aoba Works (mei@aoba.example)"})
	if _, err := w.Entry("a1"); !errors.Is(err, ErrUnknown) {
		t.Error("a removed id is used again")
	}
	equal(t, "trash", len(w.Trash(noon)), 0)
}

func TestCounterNeverGoesBackByAFace(t *testing.T) {
	v := open(t, []byte(present), noon)
	data := bytes.Replace(v.Bytes(), []byte(`"counter":41`), []byte(`"counter":7`), 1)
	equal(t, "counter", entry(t, open(t, data, noon), "b2").Counter, uint64(41))
}

func TestWhatIsNoVaultIsRefused(t *testing.T) {
	whole := string(open(t, []byte(present), noon).Bytes())
	for name, data := range map[string]string{
		"nothing":           "",
		"no object":         `[]`,
		"no version":        `{"lineage":"a","entries":[],"settings":{}}`,
		"cut off":           whole[:len(whole)-2],
		"more behind":       whole + "{}",
		"an id missing":     `{"version":1,"lineage":"a","entries":[{"kind":"other"}],"settings":{}}`,
		"a stamp of words":  strings.Replace(whole, `"born":"1763800000000.0.`, `"born":"today.0.`, 1),
		"a device of signs": strings.Replace(whole, `"device":"l`, `"device":"<`, 1),
		"a counter of 2^60": strings.Replace(whole, `"counter":41`, `"counter":1152921504606846976`, 1),
		"a short key":       strings.Replace(whole, `"key":"`, `"key":"AAAA`, 1),
	} {
		if v, err := Open([]byte(data), noon); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	for name, data := range map[string]string{
		"vault": strings.Replace(whole, `{"version":1`, `{"version":2`, 1),
		"core":  strings.Replace(whole, `"core":{"version":1`, `"core":{"version":2`, 1),
	} {
		if _, err := Open([]byte(data), noon); !errors.Is(err, ErrNewer) {
			t.Errorf("a newer %s: %v", name, err)
		}
	}
}

// One odd account does not take the others with it.
func TestOddAccountIsKeptAsItStands(t *testing.T) {
	data := strings.Replace(present, `"secret":"GEZDGNBVGY3TQOJQ"`, `"secret":"not base32!"`, 1)
	v := open(t, []byte(data), noon)
	if _, err := entry(t, v, "a1").Key().CodeAt(noon); !errors.Is(err, otp.ErrSecret) {
		t.Error(err)
	}
	rename(t, v, noon, "a1", "lena")
	again := object(t, v.Bytes())["entries"].([]any)[0].(map[string]any)
	equal(t, "secret", again["secret"], "not base32!")
}

// FuzzOpen knows: a vault that opens is written so that encoding/json reads
// it, holds what faces wrote to the last unknown field, and opens again as the
// same vault.
func FuzzOpen(f *testing.F) {
	v := open(f, []byte(present), noon)
	f.Add([]byte(present))
	f.Add(v.Bytes())
	f.Add([]byte(`{"version":1,"entries":[{"id":"a","x":1,"x":2,"server":[],"tags":["b","b"]}],"settings":{"a":{}},"core":3}`))
	remove(f, v, noon, "a1")
	v.RemoveDevice(noon, "gone")
	f.Add(v.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Open(data, noon)
		if err != nil {
			return
		}
		written := v.Bytes()
		if !json.Valid(written) {
			t.Fatalf("%s\nbecomes no JSON: %s", data, written)
		}
		if again := open(t, written, noon).Bytes(); !bytes.Equal(written, again) {
			t.Fatalf("%s\nbecomes, the second time,\n%s", written, again)
		}
		unknownKept(t, data, written)
	})
}

// unknownKept compares the fields that the core does not know, in a vault that
// it has not written before.
func unknownKept(t *testing.T, data, written []byte) {
	var before, after map[string]any
	if json.Unmarshal(data, &before) != nil || before["core"] != nil {
		return
	}
	after = object(t, written)
	for name, value := range before {
		known := name == "version" || name == "lineage" || name == "entries" || name == "settings"
		if !known && !reflect.DeepEqual(after[name], value) {
			t.Fatalf("%q: %v became %v", name, value, after[name])
		}
	}
}

// What lies in a text beside a vault is taken out of it, and the rest is the
// same vault, whatever stands where.
func TestAVaultIsPartedFromWhatLiesBesideIt(t *testing.T) {
	whole := `{ "beside" : 1 ,"version":1,"lineage":"l", "more":{"beside":2}, "entries":[ {"id":"a","issuer":"A"},{"id":"b","issuer":"B"} ],"beside":{"x":[ 3 ]},"settings":{"nextEarly":true}}`
	rest, member, n, err := Part([]byte(whole), "beside")
	if err != nil || string(member) != `{"x":[3]}` || n != 2 {
		t.Fatalf("%q, %d, %v", member, n, err)
	}
	want, err := Open([]byte(strings.NewReplacer(` "beside" : 1 ,`, "", `"beside":{"x":[ 3 ]},`, "").Replace(whole)), noon)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Open(rest, noon); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%s: %v", rest, err)
	}
	for _, broken := range []string{"", "[]", `{"entries":{}}`, `{"entries":[1,]}`, `{"version":1}}`, `{"beside":}`} {
		if _, _, _, err := Part([]byte(broken), "beside"); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// FuzzJSON knows: our reader accepts exactly what encoding/json accepts, and
// reads strings and whole numbers as it does.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,true,null,"é\n\ud83d\ude00"]}`, `"\ud800x"`, `01`, `[1,]`, `{"a":1,}`, "\"\xff\"", `1e400`, " [] ", `-`, `9007199254740993`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Count(string(data), "[")+strings.Count(string(data), "{") >= maxDepth {
			return
		}
		r := &reader{b: data}
		r.skip()
		if err := r.end(); (err == nil) != json.Valid(data) {
			t.Fatalf("%q: %v", data, err)
		}
		var s string
		r = &reader{b: data}
		if got := r.string(); json.Unmarshal(data, &s) == nil && r.end() == nil && got != s {
			t.Fatalf("%q: %q, want %q", data, got, s)
		}
		var n int64
		r = &reader{b: data}
		if got := r.integer(); json.Unmarshal(data, &n) == nil && !bytes.Contains(data, []byte("null")) && -maxCount <= n && n <= maxCount && (r.end() != nil || got != n) {
			t.Fatalf("%q: %d, %v, want %d", data, got, r.err, n)
		}
	})
}
