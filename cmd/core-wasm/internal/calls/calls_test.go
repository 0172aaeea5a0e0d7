package calls

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rsc.io/qr/coding"

	"countersign/cmd/core-wasm/internal/talk"
	"countersign/transfer"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const face = `{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
	{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000}
],"settings":{"nextEarly":true,"clockOffset":0}}`

type object = map[string]any

// A session is a desk and who talks to it.
type session struct {
	*testing.T
	desk  Desk
	vault []byte
}

func begin(t *testing.T) *session {
	c := &session{T: t}
	c.say("open", nil, []byte(face))
	return c
}

// ask makes a call, as JSON both ways.
func (t *session) ask(op string, args any, data []byte) (any, *talk.Error, talk.Answer) {
	t.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		t.Fatal(err)
	}
	a := t.desk.Answer(t.Context(), talk.Call{Op: op, Args: raw, Bytes: data, Now: noon, Progress: func(int64, int64) {}})
	if a.Vault != nil {
		t.vault = a.Vault
	}
	raw, err = json.Marshal(a.Result)
	if err != nil {
		t.Fatal(err)
	}
	var said any
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	return said, a.Error, a
}

// say is ask for what must succeed.
func (t *session) say(op string, args any, data []byte) any {
	t.Helper()
	said, e, _ := t.ask(op, args, data)
	if e != nil {
		t.Fatalf("%s: %+v", op, e)
	}
	return said
}

func (t *session) fails(op string, args any, data []byte, code string) *talk.Error {
	t.Helper()
	said, e, a := t.ask(op, args, data)
	if e == nil || e.Code != code || a.Vault != nil {
		t.Fatalf("%s: %v, %+v, want %s", op, said, e, code)
	}
	return e
}

func (t *session) titles() (all []string) {
	var v struct {
		Entries []struct{ Issuer, Name string }
	}
	if err := json.Unmarshal(t.vault, &v); err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Entries {
		all = append(all, e.Issuer+" "+e.Name)
	}
	return all
}

func (t *session) shows(want ...string) {
	t.Helper()
	if got := t.titles(); !slices.Equal(got, want) {
		t.Fatalf("shows %q, want %q", got, want)
	}
}

func TestAccountsAreChangedByCalls(t *testing.T) {
	c := begin(t)
	bank := c.say("add", object{"type": "hotp", "issuer": "Bank", "name": "mei", "secret": "mzxw 6ytb", "digits": 8, "counter": 3, "tags": []string{"money"}}, nil).(object)["id"].(string)
	shop := c.say("addURI", object{"uri": "otpauth://totp/Shop:mei?secret=MFRGGZDF"}, nil).(object)["id"].(string)
	if again := c.say("addURI", object{"uri": "otpauth://totp/Shop:mei?secret=MFRGGZDF"}, nil).(object); again["already"] != true || again["id"] != shop {
		t.Errorf("%v", again)
	}
	c.say("edit", object{"id": bank, "name": "lena", "note": "n", "recipe": object{"type": "hotp", "secret": "MZXW6YTB", "digits": 6, "algorithm": "SHA1", "counter": 9}}, nil)
	c.say("move", object{"id": shop, "above": ""}, nil)
	c.say("pin", object{"ids": []string{bank}, "pinned": true}, nil)
	c.say("tag", object{"ids": []string{bank, shop}, "tag": "all", "on": true}, nil)
	c.shows("Shop mei", "GitHub mei", "Bank lena")
	if past := c.say("history", object{"id": bank}, nil).([]any); len(past) != 4 || past[0].(object)["device"] != "" {
		t.Errorf("%v", past)
	}

	c.say("remove", object{"ids": []string{bank, shop}}, nil)
	c.shows("GitHub mei")
	trash := c.say("trash", nil, nil).([]any)
	if len(trash) != 2 || trash[0].(object)["until"].(float64) <= trash[0].(object)["removed"].(float64) {
		t.Fatalf("%v", trash)
	}
	if last := c.say("last", nil, nil).(object); last["did"] != "remove" || last["count"] != 2.0 {
		t.Errorf("%v", last)
	}
	c.say("restore", object{"ids": []string{bank}}, nil)
	c.say("undo", nil, nil)
	c.say("undo", nil, nil)
	c.shows("Shop mei", "GitHub mei", "Bank lena")
	c.say("name", object{"name": "Phone"}, nil)
	if !strings.Contains(string(c.vault), `"name":"Phone"`) {
		t.Errorf("%s", c.vault)
	}
}

// Who has the vault as it was hears which accounts changed; who was told of it anew
// has to have it all.
func TestAChangeOfOneAccountIsToldAsOne(t *testing.T) {
	c := begin(t)
	_, _, a := c.ask("add", object{"type": "totp", "issuer": "Bank", "name": "mei", "secret": "mzxw 6ytb"}, nil)
	if a.Changes != nil {
		t.Errorf("the app has not seen the stamps: %v", mustJSON(t, a.Changes))
	}
	_, _, a = c.ask("edit", object{"id": "a1", "note": "n"}, nil)
	if told, ok := a.Changes.(*changes); !ok || len(told.Entries) != 1 || told.Entries[0].ID != "a1" || told.Entries[0].Note != "n" || len(told.Gone) != 0 {
		t.Errorf("%v", mustJSON(t, a.Changes))
	}
	_, _, a = c.ask("remove", object{"ids": []string{"a1"}}, nil)
	if said := mustJSON(t, a.Changes); said != `{"entries":[],"gone":["a1"]}` {
		t.Error(said)
	}
	c.say("open", nil, a.Vault)
	_, _, a = c.ask("undo", nil, nil)
	if told, ok := a.Changes.(*changes); !ok || len(told.Entries) != 1 || told.Entries[0].Issuer != "GitHub" {
		t.Errorf("%v", mustJSON(t, a.Changes))
	}
}

func TestUndoTakesBackWhatWasMeantAndPurgeIsForEver(t *testing.T) {
	c := begin(t)
	c.say("edit", object{"id": "a1", "note": "n"}, nil)
	at := c.say("last", nil, nil).(object)["at"].(float64)
	c.fails("undo", object{"at": at - 1}, nil, "nothing")
	c.say("undo", object{"at": at}, nil)
	c.say("remove", object{"ids": []string{"a1"}}, nil)
	c.fails("purge", object{"ids": []string{"b2"}}, nil, "unknown")
	c.say("purge", object{"ids": []string{"a1"}}, nil)
	if trash := c.say("trash", nil, nil).([]any); len(trash) != 0 || strings.Contains(string(c.vault), "GEZDGNBVGY3TQOJQ") {
		t.Errorf("%v: %s", trash, c.vault)
	}
}

func TestFilesAreReadAndImportedByCalls(t *testing.T) {
	c := begin(t)
	file := []byte("otpauth://totp/New:mei?secret=MFRGGZDF\notpauth://totp/GitHub:mei?secret=MZXW6YTB&issuer=GitHub\nmotp://Work:mei?secret=00ff00ff\nnonsense\n")
	found := c.say("read", nil, file).(object)
	if found["format"].(object)["id"] != "otpauth" || len(found["items"].([]any)) != 2 || len(found["problems"].([]any)) != 2 {
		t.Fatalf("%v", found)
	}
	if item := found["items"].([]any)[1].(object); item["state"] != "conflict" || item["here"] != "a1" || item["choice"] != "add" {
		t.Errorf("%v", item)
	}
	if p := found["problems"].([]any)[0].(object); p["needsPin"] != true || p["message"] != "transfer.reason.pin" {
		t.Errorf("%v", p)
	}
	if strings.Contains(mustJSON(t, found), "MFRGGZDF") {
		t.Error("a secret left the core")
	}
	c.fails("import", object{"pins": object{"0": ""}}, nil, "pin")
	got := c.say("import", object{"choices": object{"1": "skip"}, "pins": object{"0": "1234"}}, nil).(object)
	if got["added"] != 2.0 || got["skipped"] != 1.0 {
		t.Errorf("%v", got)
	}
	c.shows("GitHub mei", "New mei", "Work mei")
	c.fails("import", nil, nil, "no_file")
	c.say("undo", nil, nil)
	c.shows("GitHub mei")
	c.fails("read", nil, []byte("hello"), "file_unknown")
}

func TestPasswordsAreAskedFor(t *testing.T) {
	c := begin(t)
	_, _, sealed := c.ask("export", object{"format": "aegis", "password": "secret"}, nil)
	e := c.fails("read", nil, sealed.File, "needs_password")
	if h, ok := e.Hint.(*hint); !ok || h.Format.ID != "aegis" || h.Memory <= 0 || e.Message != "transfer.error.needs_password" {
		t.Errorf("%+v", e.Hint)
	}
	c.fails("read", object{"password": "wrong"}, sealed.File, "password")
	c.say("read", object{"password": "secret"}, sealed.File)
	c.say("forget", nil, nil)
	c.fails("import", nil, nil, "no_file")
}

func TestCodesOfAnotherPhoneAreCollected(t *testing.T) {
	var accounts []transfer.Account
	for i := range 12 {
		accounts = append(accounts, transfer.Account{Type: "totp", Issuer: "Site", Name: string(rune('a' + i)), Secret: []byte{byte(i), 1}, Algorithm: "SHA1", Digits: 6, Period: 30})
	}
	pages, _ := transfer.WriteGoogle(accounts)
	c := begin(t)
	found := c.say("scanned", object{"text": string(pages[1]), "first": true}, nil).(object)
	if s := found["scanned"].(object); s["have"] != 1.0 || s["of"] != 2.0 || s["missing"].([]any)[0] != 1.0 {
		t.Errorf("%v", s)
	}
	found = c.say("scanned", object{"text": string(pages[0])}, nil).(object)
	if len(found["items"].([]any)) != 12 {
		t.Errorf("%v", found)
	}
	c.fails("scanned", object{"text": "otpauth://totp/a?secret=MFRGGZDF"}, nil, "file_unknown")
	if got := c.say("import", nil, nil).(object); got["added"] != 12.0 {
		t.Errorf("%v", got)
	}
}

func TestAccountsLeaveInEveryForm(t *testing.T) {
	c := begin(t)
	c.say("addURI", object{"uri": "otpauth://totp/Long:mei?secret=MFRGGZDF&period=60"}, nil)
	for format, want := range map[string]string{
		"otpauth": `"accounts":2`, "google": `"reason":"write_period"`, "uris": `"uri":"otpauth://totp/GitHub:mei?secret=GEZDGNBVGY3TQOJQ`,
	} {
		said, e, a := c.ask("export", object{"format": format}, nil)
		if e != nil || !strings.Contains(mustJSON(t, said), want) || (len(a.File) > 0) != (format == "otpauth") {
			t.Errorf("%s: %v, %+v", format, said, e)
		}
	}
	if said := c.say("export", object{"format": "uris", "ids": []string{"a1"}}, nil).(object); said["accounts"] != 1.0 {
		t.Errorf("%v", said)
	}
	link := c.say("export", object{"format": "uris", "ids": []string{"a1"}}, nil).(object)["links"].([]any)[0].(object)
	if p := link["picture"].(object); p["size"] != 41.0 || !strings.HasPrefix(p["path"].(string), "M0 0.5h7M") || link["key"] != "GEZDGNBVGY3TQOJQ" {
		t.Errorf("%v", link)
	}
	if p := c.say("picture", object{"text": "AAAAA-BBBBB"}, nil).(object); p["size"] != 21.0 {
		t.Errorf("%v", p)
	}
	if pictureOf(strings.Repeat("x", 3000), coding.L) != nil {
		t.Error("a QR code of 3000 bytes")
	}
	c.fails("export", object{"format": "xlsx"}, nil, "format")
	if all := c.say("formats", nil, nil).([]any); len(all) != len(transfer.Formats()) {
		t.Errorf("%v", all)
	}
}

func TestCopiesMergeByCalls(t *testing.T) {
	c, other := begin(t), begin(t)
	other.say("add", object{"type": "totp", "issuer": "Shop", "name": "mei", "secret": "MFRGGZDF"}, nil)
	here := strings.Replace(face, "GEZDGNBVGY3TQOJQ", "MZXW6YTBOI", 1)
	third := &session{T: t}
	third.say("open", nil, []byte(strings.Replace(strings.Replace(here, `"a1"`, `"b1"`, 1), "0123", "4567", 1)))
	out := c.say("merge", nil, other.vault).(object)
	if len(out["added"].([]any)) != 1 {
		t.Errorf("%v", out)
	}
	out = c.say("merge", nil, third.vault).(object)
	if h := out["alreadyHere"].([]any); len(h) != 1 || h[0].(object)["why"] != "names" {
		t.Errorf("%v", out)
	}
	if all := c.say("aside", nil, nil).([]any); len(all) != 1 {
		t.Errorf("%v", all)
	}
	c.say("beside", object{"ids": []string{"b1"}, "instead": true}, nil)
	c.shows("GitHub mei", "Shop mei")

	// The other copy removes everything: the brake asks.
	gone := &session{T: t}
	gone.say("open", nil, c.vault)
	gone.say("remove", object{"ids": []string{"b1"}}, nil)
	e := c.fails("merge", nil, gone.vault, "asks")
	if q, ok := e.Asks.(*question); !ok || len(q.Accounts) != 1 {
		t.Errorf("%+v", e.Asks)
	}
	c.say("merge", object{"answer": "delete"}, gone.vault)
	c.shows("Shop mei")
}

// What was removed since comes back under a new id; what is here stays as it is.
func TestAnOldVersionBringsBackWhatIsNotHere(t *testing.T) {
	c := begin(t)
	c.say("add", object{"type": "totp", "issuer": "Shop", "name": "mei", "secret": "MFRGGZDF"}, nil)
	old := c.vault
	c.say("remove", object{"ids": []string{"a1"}}, nil)
	c.shows("Shop mei")
	list := c.say("bringBack", nil, old).([]any)
	if len(list) != 2 || list[0].(object)["state"] != "restored" || list[0].(object)["id"] == "a1" || list[1].(object)["state"] != "kept" {
		t.Errorf("%v", list)
	}
	c.shows("Shop mei", "GitHub mei")
	if again := c.say("bringBack", nil, old).([]any); again[0].(object)["state"] != "kept" {
		t.Errorf("%v", again)
	}
}

// Before anything comes back a person sees what is new, what was changed since,
// and what that version has not; looking changes nothing.
func TestAnOldVersionIsComparedFirst(t *testing.T) {
	c := begin(t)
	shop := c.say("add", object{"type": "totp", "issuer": "Shop", "name": "mei", "secret": "MFRGGZDF"}, nil).(object)["id"]
	old := c.vault
	names := func(list any) (all []string) {
		for _, e := range list.([]any) {
			all = append(all, e.(object)["issuer"].(string))
		}
		return all
	}
	looks := func(added, changed, missing []string) {
		t.Helper()
		is := c.say("compare", nil, old).(object)
		if a, b, m := names(is["new"]), names(is["changed"]), names(is["missing"]); !slices.Equal(a, added) || !slices.Equal(b, changed) || !slices.Equal(m, missing) {
			t.Errorf("new %q, changed %q, missing %q", a, b, m)
		}
	}
	looks(nil, nil, nil)
	c.say("remove", object{"ids": []string{"a1"}}, nil)
	c.say("edit", object{"id": shop, "issuer": "Kawa"}, nil)
	c.say("add", object{"type": "totp", "issuer": "Later", "name": "mei", "secret": "GEZDGNBV"}, nil)
	looks([]string{"GitHub"}, []string{"Kawa"}, []string{"Later"})
	c.shows("Kawa mei", "Later mei")
}

func TestWrongCallsChangeNothing(t *testing.T) {
	var d Desk
	if a := d.Answer(t.Context(), talk.Call{Op: "trash"}); a.Error == nil || a.Error.Code != "not_open" {
		t.Errorf("%+v", a)
	}
	c := begin(t)
	for code, call := range map[string][2]any{
		"call": {"fly", nil}, "unknown": {"remove", object{"ids": []string{"x"}}}, "secret": {"add", object{"type": "totp", "issuer": "a", "secret": "1"}},
		"no_name": {"add", object{"type": "totp", "secret": "MFRGGZDF"}}, "digits": {"add", object{"type": "totp", "issuer": "a", "secret": "MFRGGZDF", "digits": 3}},
		"nothing": {"undo", nil}, "not_uri": {"addURI", object{"uri": "x"}}, "broken": {"open", nil},
	} {
		c.fails(call[0].(string), call[1], nil, code)
	}
	if a := c.desk.Answer(t.Context(), talk.Call{Op: "edit", Args: []byte("[")}); a.Error == nil || a.Error.Code != "call" {
		t.Errorf("%+v", a)
	}
	c.say("pin", object{"ids": []string{"a1"}, "pinned": true}, nil)
	c.shows("GitHub mei")
}

// What can be called here is what the web app has types for.
func TestAppKnowsEveryCall(t *testing.T) {
	types, err := os.ReadFile("../../../../app/src/core/ops.ts")
	if err != nil {
		t.Fatal(err)
	}
	ours, rest, ok := strings.Cut(string(types), "export type Sealing = {")
	_, own, ok2 := strings.Cut(rest, "\n}\n")
	if !ok || !ok2 {
		t.Fatal("what the other part answers has no type any more")
	}
	var named []string
	for _, m := range regexp.MustCompile(`(?m)^  (\w+): Op<`).FindAllStringSubmatch(ours+own, -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	var known []string
	for op := range ops {
		known = append(known, op)
	}
	slices.Sort(known)
	if !slices.Equal(named, known) {
		t.Errorf("the app has types for %q, the core answers %q", named, known)
	}
	for _, c := range causes {
		if !strings.Contains(string(types), "'"+c.Code+"'") {
			t.Errorf("the app does not know the error %q", c.Code)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
