package authenticator

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/transfer"
)

var noon = time.Date(2026, 11, 22, 12, 0, 7, 0, time.UTC)

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// with is an app with the accounts of these URIs, and their ids.
func with(t testing.TB, uris ...string) (*App, []string) {
	t.Helper()
	a := New()
	var ids []string
	for _, uri := range uris {
		id, already, err := a.AddURI(noon, uri)
		if err != nil || already {
			t.Fatal(uri, already, err)
		}
		ids = append(ids, id)
	}
	return a, ids
}

func titles[E any](entries []E, entry func(E) vault.Entry) (all []string) {
	for _, e := range entries {
		all = append(all, entry(e).Title())
	}
	return all
}

func itself(e vault.Entry) vault.Entry { return e }

const (
	github = "otpauth://totp/GitHub:mei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=GitHub"
	bank   = "otpauth://hotp/Bank:mei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=7&digits=6"
	steam  = "steam://MFRGGZDFMZTWQ2LK"
	yandex = "otpauth://yaotp/mei?secret=LA2V6KMCGYMWWVEW64RNP3JA3I&pin=7586"
	mobile = "motp://Work:mei?secret=e3152afee62599c8&pin=1234"
)

func TestCodesHoldForTheirPeriod(t *testing.T) {
	a, ids := with(t, github, bank, steam, yandex, mobile)
	for i, c := range a.Codes(noon, Filter{}) {
		k := c.Account.Key()
		if ids[i] == ids[1] {
			if !errors.Is(c.Err, ErrCounts) {
				t.Errorf("%+v", c)
			}
			continue
		}
		now, _ := k.CodeAt(noon)
		next, _ := k.CodeAt(c.Until)
		last, _ := k.CodeAt(c.Until.Add(-time.Millisecond))
		if c.Err != nil || c.Code != now || c.Code != last || c.Next != next || c.From.After(noon) || !c.Until.After(noon) {
			t.Errorf("%+v; want %s, then %s", c, now, next)
		}
	}
}

// An account of a sign-in service follows that server's clock; the others do
// what the person agreed to.
func TestCodesFollowTheirClocks(t *testing.T) {
	const face = `{"version":1,"lineage":"00","entries":[
		{"id":"a","kind":"other","type":"totp","issuer":"A","name":"","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30},
		{"id":"b","kind":"work","type":"totp","issuer":"B","name":"","secret":"","server":{"state":"active","clockOffset":-60000,"code":{"secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30}}},
		{"id":"c","kind":"work","type":"totp","issuer":"C","name":"","secret":"","server":{"state":"pending","code":{"secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30}}},
		{"id":"d","kind":"work","type":"totp","issuer":"D","name":"","secret":"","server":{"state":"suspended","code":{"secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30}}}
	],"settings":{"nextEarly":true,"clockOffset":90000}}`
	a, err := Open([]byte(face), noon)
	check(t, err)
	k := otp.Key{Kind: otp.TOTP, Secret: []byte("1234567890")}.Shaped()
	for id, offset := range map[string]time.Duration{"a": 90 * time.Second, "b": -time.Minute} {
		c, err := a.CodeOf(noon, id)
		want, _ := k.CodeAt(noon.Add(offset))
		if err != nil || c.Code != want || c.Until.Sub(noon) > 30*time.Second {
			t.Errorf("%s: %+v, want %s", id, c, want)
		}
	}
	for id, want := range map[string]error{"c": ErrNoCodes, "d": ErrSuspended} {
		if c, _ := a.CodeOf(noon, id); !errors.Is(c.Err, want) || c.Code != "" {
			t.Errorf("%s: %+v, want %v", id, c, want)
		}
	}
}

func TestCodeByCounterIsShownOnce(t *testing.T) {
	a, ids := with(t, bank)
	k := otp.Key{Kind: otp.HOTP, Secret: []byte("12345678901234567890")}.Shaped()
	for n := uint64(7); n < 10; n++ {
		c, err := a.NextCode(noon, ids[0])
		want, _ := k.CodeOf(n)
		if err != nil || c.Code != want || c.Counter != n {
			t.Errorf("%+v, %v; want %s", c, err, want)
		}
		a, err = Open(a.Bytes(), noon)
		check(t, err)
	}
	if _, err := a.NextCode(noon, "nobody"); !errors.Is(err, vault.ErrUnknown) {
		t.Error(err)
	}
}

func TestAccountIsAddedOnce(t *testing.T) {
	a, ids := with(t, github)
	id, already, err := a.AddURI(noon, strings.Replace(github, "GitHub:mei", "GitHub:Mei%20Tanaka", 1))
	if id != ids[0] || !already || err != nil {
		t.Error(id, already, err)
	}
	for uri, want := range map[string]error{
		"otpauth://totp/?secret=GEZDGNBV": ErrNoName, "otpauth://totp/a": otp.ErrSecret, "hello": otp.ErrNotURI,
		"motp://a?secret=00ff": otp.ErrPIN, "otpauth://hotp/a?secret=GEZDGNBV&counter=18446744073709551615": otp.ErrCounter,
	} {
		if _, _, err := a.AddURI(noon, uri); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", uri, err, want)
		}
	}
}

func TestEditsChangeWhatTheySay(t *testing.T) {
	a, ids := with(t, github, bank)
	name, note, tags := " mei.tanaka ", "second phone", []string{"code", "code", " "}
	check(t, a.Edit(noon, ids[0], Edit{Name: &name, Note: &note, Tags: &tags}))
	e, _ := a.Account(ids[0])
	if e.Title() != "GitHub (mei.tanaka)" || e.Note != note || !slices.Equal(e.Tags, []string{"code"}) || len(e.Secret) != 20 {
		t.Errorf("%+v", e)
	}
	k := e.Key()
	k.Digits, k.Algorithm = 8, otp.SHA256
	check(t, a.Edit(noon, ids[0], Edit{Key: &k}))
	if c, err := a.CodeOf(noon, ids[0]); err != nil || len(c.Code) != 8 {
		t.Errorf("%+v, %v", c, err)
	}
	k.Digits = 3
	empty := ""
	for _, c := range []struct {
		id   string
		edit Edit
		want error
	}{
		{ids[0], Edit{Key: &k}, otp.ErrDigits},
		{ids[0], Edit{Issuer: &empty, Name: &empty}, ErrNoName},
		{"nobody", Edit{}, vault.ErrUnknown},
		{ids[1], Edit{Key: &otp.Key{Kind: otp.HOTP, Secret: []byte("12345678901234567890"), Counter: 3}}, vault.ErrCounter},
	} {
		if err := a.Edit(noon, c.id, c.edit); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.edit, err, c.want)
		}
	}
}

func TestListIsPinnedFirstThenInOrder(t *testing.T) {
	a, ids := with(t, github, bank, steam, yandex)
	check(t, a.Pin(noon, true, ids[2]))
	check(t, a.Move(noon, ids[3], ""))
	check(t, a.Tag(noon, "play", true, ids[2], ids[3]))
	equal(t, "list", titles(a.Accounts(Filter{}), itself), []string{"Steam", "mei", "GitHub (mei)", "Bank (mei)"})
	equal(t, "tagged", titles(a.Accounts(Filter{Tag: "play"}), itself), []string{"Steam", "mei"})
	equal(t, "work", len(a.Accounts(Filter{Kind: vault.Work})), 0)
	equal(t, "groups", a.Groups(), Groups{4, map[vault.Kind]int{vault.Other: 4}, []TagCount{{"play", 2}}})
	check(t, a.Tag(noon, "play", false, ids[2]))
	equal(t, "groups", a.Groups().Tags, []TagCount{{"play", 1}})
}

func TestSearchFindsWhatPeopleMean(t *testing.T) {
	a, ids := with(t, github, "otpauth://totp/%E3%83%91%E3%83%B3%E9%8A%80%E8%A1%8C:%E3%82%81%E3%81%84?secret=GEZDGNBV", "otpauth://totp/ＡＢＣ　Bank:straße?secret=GEZDGNBW")
	note := "the ｶﾞﾗｽ door"
	check(t, a.Edit(noon, ids[0], Edit{Note: &note}))
	check(t, a.Tag(noon, "Büro", true, ids[0]))
	for query, want := range map[string][]string{
		"": ids, "git": ids[:1], "GITHUB mei": ids[:1], "ぱん": ids[1:2], "ﾊﾟﾝ": ids[1:2], "パン メイ": ids[1:2], "abc bank": ids[2:], "ａｂｃ": ids[2:],
		"がらす": ids[:1], "ガラス": ids[:1], "カ\u3099ラス": ids[:1], "büro": ids[:1], "nobody": nil, "git bank": nil,
	} {
		var got []string
		for _, e := range a.Search(query) {
			got = append(got, e.ID)
		}
		equal(t, query, got, want)
	}
	equal(t, "after a change", len(a.Search("mei.tanaka")), 0)
	name := "mei.tanaka"
	check(t, a.Edit(noon, ids[0], Edit{Name: &name}))
	equal(t, "after a change", len(a.Search("mei.tanaka")), 1)
}

func TestAccountsAreCalledByName(t *testing.T) {
	a, ids := with(t, github, bank, "otpauth://totp/GitHub:work?secret=GEZDGNBW&issuer=GitHub")
	for name, want := range map[string]string{ids[1]: ids[1], "bank": ids[1], "GitHub (work)": ids[2], "wor": ids[2]} {
		if e, err := a.Named(name); err != nil || e.ID != want {
			t.Errorf("%s: %v, %v", name, e.Title(), err)
		}
	}
	for name, want := range map[string]error{"GitHub": ErrAmbiguous, "mei": ErrAmbiguous, "nobody": vault.ErrUnknown} {
		if _, err := a.Named(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestRemovedAccountsComeBack(t *testing.T) {
	a, ids := with(t, github, bank)
	check(t, a.Remove(noon, ids...))
	trashed := a.Trash(noon)
	equal(t, "trash", titles(trashed, func(t vault.Trashed) vault.Entry { return t.Entry }), []string{"GitHub (mei)", "Bank (mei)"})
	restored, err := a.Restore(noon, trashed[1].ID)
	if err != nil || len(restored) != 1 || restored[0] == ids[1] {
		t.Error(restored, err)
	}
	last, err := a.Undo(noon)
	if err != nil || last.Deed != vault.Restoring || len(a.Accounts(Filter{})) != 0 {
		t.Error(last, err)
	}
	if _, err := a.Undo(noon); err != nil {
		t.Error(err)
	}
	equal(t, "undone", len(a.Accounts(Filter{})), 2)
}

// What another device has in another form can be added beside ours, or taken
// instead of it.
func TestAlreadyHereIsForThePersonToDecide(t *testing.T) {
	for _, instead := range []bool{false, true} {
		a, _ := with(t, github)
		b, ids := with(t, strings.Replace(github, "GEZD", "AAAA", 1))
		if out, q := a.Merge(b, noon, vault.Unasked); q != nil || len(out.AlreadyHere) != 1 {
			t.Fatal(out, q)
		}
		equal(t, "accounts", len(a.Accounts(Filter{})), 1)
		check(t, a.Beside(noon, instead, ids[0]))
		equal(t, "accounts", len(a.Accounts(Filter{})), map[bool]int{false: 2, true: 1}[instead])
		if _, err := a.Account(ids[0]); err != nil {
			t.Error(err)
		}
		equal(t, "trash", len(a.Trash(noon)), map[bool]int{false: 0, true: 1}[instead])
	}
}

// BenchmarkSearch is what a key costs, in a list that has not changed since.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		a := New()
		p := Preview{}
		for i := range n {
			p.Items = append(p.Items, Item{Account: transfer.Account{Type: "totp", Issuer: fmt.Sprint("Issuer ", i), Name: "mei@example.org", Secret: fmt.Append(nil, i), Algorithm: "SHA1", Digits: 6, Period: 30}})
		}
		if _, err := a.Import(noon, p, nil); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				a.Search("issuer 99")
			}
		})
	}
}
