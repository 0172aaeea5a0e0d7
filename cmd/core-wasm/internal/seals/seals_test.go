package seals

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/internal/authenticator/vault"
	"countersign/seal"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const face = `{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
	{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000}
],"settings":{"nextEarly":true,"clockOffset":0}}`

type object = map[string]any

// A tab is a desk and who talks to it.
type tab struct {
	*testing.T
	desk Desk
}

func (t *tab) ask(op string, args any, data []byte) talk.Answer {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	return t.desk.Answer(t.Context(), talk.Call{Op: op, Args: raw, Bytes: data, Now: noon})
}

// says asks for what must come; the result is as JavaScript sees it.
func (t *tab) says(op string, args any, data []byte) (object, talk.Answer) {
	t.Helper()
	a := t.ask(op, args, data)
	if a.Error != nil {
		t.Fatalf("%s: %+v", op, a.Error)
	}
	raw, err := json.Marshal(a.Result)
	if err != nil {
		t.Fatal(err)
	}
	var result object
	if err := json.Unmarshal(raw, &result); err != nil {
		t.Fatal(err)
	}
	return result, a
}

func (t *tab) fails(op string, args any, data []byte, code string) *talk.Error {
	t.Helper()
	a := t.ask(op, args, data)
	if a.Error == nil || a.Error.Code != code || a.File != nil || a.Vault != nil {
		t.Fatalf("%s: %+v, want %s", op, a.Error, code)
	}
	return a.Error
}

func TestATextIsSealedAndOpened(t *testing.T) {
	c := &tab{T: t}
	_, sealed := c.says("seal", object{"password": "a long password"}, []byte("a text\n"))
	_, open := c.says("unseal", object{"password": "a long password"}, sealed.File)
	if string(bytes.TrimRight(open.File, " ")) != "a text\n" {
		t.Errorf("%q", open.File)
	}
	if e := c.fails("unseal", object{"password": "another"}, sealed.File, "password"); e.Message != "transfer.error.password" {
		t.Error(e.Message)
	}
	sealed.File[len(sealed.File)-1] ^= 1
	if e := c.fails("unseal", object{"password": "a long password"}, sealed.File, "file_broken"); e.Message != "transfer.error.broken" {
		t.Error(e.Message)
	}
	c.fails("seal", object{"password": ""}, []byte("a"), "key")
	c.fails("fly", nil, nil, "call")
	c.fails("checkKey", 7, nil, "call")
}

func TestAMistypedRecoveryKeyTellsItsGroup(t *testing.T) {
	c := &tab{T: t}
	made, _ := c.says("newKey", nil, nil)
	key := made["key"].(string)
	again, _ := c.says("checkKey", object{"typed": strings.ToLower(key)}, nil)
	if again["key"] != key {
		t.Error(again)
	}
	groups := strings.Split(key, "-")
	groups[2], groups[3] = groups[3], groups[2]
	if e := c.fails("checkKey", object{"typed": strings.Join(groups, "-")}, nil, "mistyped"); e.About != (slip{3}) {
		t.Errorf("%+v", e.About)
	}
}

// One tab makes a backup, another device opens it with the recovery key, joins,
// and what it makes the first takes in.
// What somebody saved is imported like any file: its key is the password.
func TestASavedBackupIsOpenedForAnImportByItsKey(t *testing.T) {
	c := &tab{T: t}
	key := seal.NewRecoveryKey()
	holder, err := seal.NewKeyHolder(key)
	if err != nil {
		t.Fatal(err)
	}
	head := seal.Head{Lineage: "l", Generation: 1, Device: "d", Time: time.UnixMilli(1_800_000_000_000)}
	files, err := seal.Write(seal.NewIdentity(), []seal.Holder{holder}, head, []byte(`{"version":1}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, open := c.says("unseal", object{"password": key.Reveal()}, files.Bytes()); string(open.File) != `{"version":1}` {
		t.Errorf("%q", open.File)
	}
	if e := c.fails("unseal", object{"password": "U" + key.Reveal()[1:]}, files.Bytes(), "mistyped"); e.Detail != "1" {
		t.Error(e.Detail)
	}
	c.fails("unseal", object{"password": seal.NewRecoveryKey().Reveal()}, files.Bytes(), "password")
}

func TestABackupGoesRoundTwoDevices(t *testing.T) {
	phone, tablet := &tab{T: t}, &tab{T: t}
	key, _ := phone.says("newKey", nil, nil)
	begun, _ := phone.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	first, archive := phone.says("makeBackup", object{"keys": begun["keys"]}, []byte(face))
	phone.says("verifyBackup", object{"keys": first["keys"], "sum": first["sum"]}, archive.File)
	phone.fails("verifyBackup", object{"keys": first["keys"], "sum": first["sum"]}, archive.File[:1000], "differs")

	tablet.fails("openBackup", object{"typed": seal.NewRecoveryKey().Reveal()}, archive.File, "key")
	for _, typed := range []string{"", "hello", key["key"].(string)[:20]} {
		if e := tablet.fails("openBackup", object{"typed": typed}, archive.File, "mistyped"); e.About != nil {
			t.Errorf("%q: a group of what is no recovery key is wrong: %+v", typed, e.About)
		}
	}
	tablet.fails("contents", nil, nil, "not_open")
	tablet.fails("joinBackup", object{"device": "Tablet"}, nil, "not_open")
	seen, _ := tablet.says("openBackup", object{"typed": key["key"]}, archive.File)
	if seen["generation"] != 1.0 || seen["accounts"] != 1.0 {
		t.Errorf("%v", seen)
	}
	_, there := tablet.says("contents", nil, nil)
	if text := string(there.Vault); !strings.Contains(text, `"issuer":"GitHub"`) || strings.Contains(text, "backup") || strings.Contains(text, "holders") {
		t.Errorf("the accounts, and nothing of what opens the backup: %s", text)
	}
	joined, _ := tablet.says("joinBackup", object{"device": "Tablet"}, nil)
	_, next := tablet.says("makeBackup", object{"keys": joined["keys"]}, there.Vault)

	read, _ := phone.says("readBackup", object{"keys": first["keys"]}, next.File)
	if read["generation"] != 2.0 {
		t.Errorf("%v", read)
	}
	followed, _ := phone.says("followBackup", object{"keys": first["keys"]}, []byte(face))
	known, _ := phone.says("ways", object{"keys": followed["keys"]}, nil)
	var labels []string
	for _, w := range known["ways"].([]any) {
		labels = append(labels, w.(object)["kind"].(string)+" "+w.(object)["label"].(string))
	}
	slices.Sort(labels) // they were added at one instant
	if known["generation"] != 2.0 || !slices.Equal(labels, []string{"device Phone", "device Tablet", "key "}) {
		t.Errorf("%v %v", known["generation"], labels)
	}
	phone.fails("readBackup", object{"keys": followed["keys"]}, archive.File, "older")
	phone.says("readBackup", object{"keys": followed["keys"], "version": true}, archive.File)
}

func TestAPasskeyOpensABackupUntilItIsRemoved(t *testing.T) {
	c := &tab{T: t}
	key, _ := c.says("newKey", nil, nil)
	begun, _ := c.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	asked, _ := c.says("newPasskey", nil, nil)
	answered := object{"nonce": asked["nonce"], "first": bytes.Repeat([]byte{1}, 32), "second": bytes.Repeat([]byte{2}, 32)}
	added, _ := c.says("addPasskey", object{"keys": begun["keys"], "label": "This phone", "passkey": answered}, nil)
	made, archive := c.says("makeBackup", object{"keys": added["keys"]}, []byte(face))
	again, _ := c.says("passkeyOf", nil, archive.File)
	if again["first"] != asked["first"] || again["nonce"] != asked["nonce"] {
		t.Errorf("%v, then %v", asked, again)
	}
	c.says("openBackup", object{"passkey": answered}, archive.File)

	another, _ := c.says("newKey", nil, nil)
	removed, _ := c.says("removeWay", object{"keys": made["keys"], "id": added["id"]}, nil)
	replaced, _ := c.says("addKey", object{"keys": removed["keys"], "key": another["key"]}, nil)
	_, next := c.says("makeBackup", object{"keys": replaced["keys"]}, []byte(face))
	c.fails("openBackup", object{"passkey": answered}, next.File, "key")
	c.fails("openBackup", object{"typed": key["key"]}, next.File, "key")
	c.says("openBackup", object{"typed": another["key"]}, next.File)
	c.fails("removeWay", object{"keys": replaced["keys"], "id": added["id"]}, nil, "unknown")
}

// The check-up of the terminal, for what the web app knows.
func TestACheckUpSaysWhatComesBack(t *testing.T) {
	c := &tab{T: t}
	lines := func(facts object) map[string]object {
		by := map[string]object{}
		raw, err := json.Marshal(c.ask("checkUp", facts, []byte(face)).Result)
		if err != nil {
			t.Fatal(err)
		}
		var list []object
		if err := json.Unmarshal(raw, &list); err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			by[l["what"].(string)] = l
		}
		return by
	}
	off := lines(object{})
	if off["backup"]["fix"] != "turn_on" || off["lost"]["titles"].([]any)[0] != "GitHub (mei)" || len(off) != 2 {
		t.Errorf("off: %v", off)
	}

	key, _ := c.says("newKey", nil, nil)
	begun, _ := c.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	known, _ := c.says("ways", object{"keys": begun["keys"]}, nil)
	way := slices.IndexFunc(known["ways"].([]any), func(w any) bool { return w.(object)["kind"] == "key" })
	id := known["ways"].([]any)[way].(object)["id"].(string)
	now := noon.UnixMilli()
	watch := object{"on": now, "verified": now, "since": 0, "failures": 0, "paused": false}
	on := lines(object{"keys": begun["keys"], "watch": watch})
	if on["backup"]["good"] != true || on["practice"]["at"] != 0.0 || on["way"]["fix"] != "prove_key" || on["returns"] == nil || on["lost"] != nil {
		t.Errorf("on: %v", on)
	}
	watch["stop"] = "sign_in"
	later := lines(object{"keys": begun["keys"], "watch": watch, "practised": now, "proven": object{id: now}})
	if later["backup"]["fix"] != "sign_in" || later["practice"]["at"] != float64(now) || later["way"]["good"] != true || later["way"]["at"] != float64(now) {
		t.Errorf("later: %v", later)
	}
	c.fails("checkUp", object{"keys": "nonsense"}, []byte(face), "broken")
	c.fails("checkUp", nil, []byte("{"), "broken")
}

func TestWhatIsWrongWithABackupIsTold(t *testing.T) {
	c := &tab{T: t}
	key, _ := c.says("newKey", nil, nil)
	begun, _ := c.says("beginBackup", object{"device": "Phone", "key": key["key"]}, nil)
	made, archive := c.says("makeBackup", object{"keys": begun["keys"]}, []byte(face))
	c.fails("readBackup", object{"keys": made["keys"]}, []byte("hello"), "not_sealed")
	c.fails("readBackup", object{"keys": made["keys"]}, archive.File[:len(archive.File)-1], "truncated")
	c.fails("readBackup", object{"keys": object{"version": 9}}, archive.File, "newer")
	c.fails("readBackup", object{"keys": "nonsense"}, archive.File, "broken")
	c.fails("makeBackup", object{"keys": made["keys"]}, []byte("{"), "broken")

	// Whoever knows the vault's public half can write what opens, and no more.
	files, err := seal.ReadFiles(archive.File)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := seal.OpenKey(files[seal.KeyFile], key["key"].(string))
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := seal.Write(seal.NewIdentity(), []seal.Holder{{Kind: seal.ByDevice, Recipient: holder.Recipient()}},
		seal.Head{Lineage: "l", Generation: 1, Device: "d", Time: noon}, vault.New().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	files[seal.BackupFile] = stranger[seal.BackupFile]
	c.fails("openBackup", object{"typed": key["key"]}, files.Bytes(), "mixed")
}

// What can be called here is what the web app has types for.
func TestAppKnowsEveryCall(t *testing.T) {
	types, err := os.ReadFile("../../../../app/src/core/ops.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, ours, ok := strings.Cut(string(types), "export type Sealing = {")
	ours, list, ok2 := strings.Cut(ours, "\n}\n")
	list, _, ok3 := strings.Cut(list, "\n])")
	if !ok || !ok2 || !ok3 {
		t.Fatal("Sealing and its list are gone")
	}
	known := []string{}
	for op := range ops {
		known = append(known, op)
	}
	slices.Sort(known)
	for _, place := range []struct{ text, pattern string }{{ours, `(?m)^  (\w+): Op<`}, {list, `(?m)^  '(\w+)',`}} {
		var named []string
		for _, m := range regexp.MustCompile(place.pattern).FindAllStringSubmatch(place.text, -1) {
			named = append(named, m[1])
		}
		slices.Sort(named)
		if !slices.Equal(named, known) {
			t.Errorf("the app has %q, the core answers %q", named, known)
		}
	}
	for _, c := range slices.Concat(causes, ofFiles) {
		if !strings.Contains(string(types), "'"+c.Code+"'") {
			t.Errorf("the app does not know the error %q", c.Code)
		}
	}
}
