package authenticator

import (
	"slices"
	"testing"
	"time"

	"countersign/transfer"
)

func from(issuer, name, secret string) transfer.Account {
	return transfer.Account{Type: "totp", Issuer: issuer, Name: name, Secret: []byte(secret), Algorithm: "SHA1", Digits: 6, Period: 30}
}

// file is one with an account in each state.
func file(t *testing.T) (*App, []string, []transfer.Account) {
	a, ids := with(t, github, bank, "otpauth://totp/Forge:mei?secret=ONQW2ZI", "otpauth://totp/Shop:mei?secret=ONUG64A")
	changed := from("GitHub", "mei.tanaka", "12345678901234567890")
	changed.Note, changed.Tags = "from the file", []string{"code"}
	counted := transfer.Account{Type: "hotp", Issuer: "Bank", Name: "mei", Secret: []byte("12345678901234567890"), Algorithm: "SHA1", Digits: 6, Counter: 9}
	eight := from("Other", "name", "same")
	eight.Digits = 8
	refused := from("Broken", "", "x")
	refused.Digits = 12
	return a, ids, []transfer.Account{
		from("New", "mei", "new"), from("New", "mei", "new"), from("Forge", "mei", "same"), changed, counted,
		from("shop", "MEI", "another"), eight, refused,
	}
}

func TestPreviewSaysWhatAnImportWouldDo(t *testing.T) {
	a, ids, accounts := file(t)
	before := string(a.Bytes())
	p := a.Preview(noon, accounts)
	for i, want := range []struct {
		state   State
		reasons []Reason
		here    string
		choice  Choice
	}{
		{IsNew, nil, "", AddIt},
		{IsSame, []Reason{Twice}, "", Skip},
		{IsSame, nil, ids[2], Skip},
		{IsChanged, []Reason{Names, Note, Tags}, ids[0], Fill},
		{IsChanged, []Reason{Counter}, ids[1], Fill},
		{IsConflict, []Reason{OtherSecret}, ids[3], AddIt},
		{IsConflict, []Reason{OtherForm}, ids[2], AddIt},
		{IsRefused, nil, "", Skip},
	} {
		got := p.Items[i]
		if got.State != want.state || !slices.Equal(got.Reasons, want.reasons) || got.Here != want.here || got.Choice != want.choice || (got.Err != nil) != (want.state == IsRefused) {
			t.Errorf("%s: %+v, want %+v", got.Account.Issuer, got, want)
		}
	}
	equal(t, "conflicts", p.Count(IsConflict), 2)
	equal(t, "vault", string(a.Bytes()), before)
}

// Unless the person says otherwise nothing is overwritten and nothing is lost.
func TestImportTakesWhatIsMissing(t *testing.T) {
	a, ids, accounts := file(t)
	r, err := a.Import(noon, a.Preview(noon, accounts), nil)
	if err != nil || r.Added != 3 || r.Filled != 2 || r.Replaced != 0 || r.Skipped != 3 || len(r.IDs) != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	equal(t, "list", titles(a.Accounts(Filter{}), itself), []string{"GitHub (mei)", "Bank (mei)", "Forge (mei)", "Shop (mei)", "New (mei)", "shop (MEI)", "Other (name)"})
	e, _ := a.Account(ids[0])
	equal(t, "note", e.Note, "from the file")
	equal(t, "tags", e.Tags, []string{"code"})
	e, _ = a.Account(ids[1])
	equal(t, "counter", e.Counter, uint64(9))
}

func TestImportingTwiceChangesNothing(t *testing.T) {
	a, _, accounts := file(t)
	_, err := a.Import(noon, a.Preview(noon, accounts), nil)
	check(t, err)
	before := string(a.Bytes())
	r, err := a.Import(noon.Add(time.Hour), a.Preview(noon, accounts), nil)
	if err != nil || r.Skipped != len(accounts) || string(a.Bytes()) != before {
		t.Errorf("%+v, %v", r, err)
	}
	for _, item := range a.Preview(noon, accounts).Items {
		if item.State == IsNew || item.State == IsConflict {
			t.Errorf("%+v", item)
		}
	}
}

// One undo takes back the whole import, but for counters.
// A key that counts is one account, under however many names: with its highest counter, new or here.
func TestAKeyThatCountsTwiceInAFileIsFurthestOn(t *testing.T) {
	counts := func(issuer string, counter uint64, secret string) transfer.Account {
		return transfer.Account{Type: "hotp", Issuer: issuer, Secret: []byte(secret), Algorithm: "SHA1", Digits: 6, Counter: counter}
	}
	a, ids := with(t, bank)
	accounts := []transfer.Account{counts("Old", 2, "a"), counts("New", 7, "a"), counts("Bank", 0, "12345678901234567890"), counts("Bank 2", 9, "12345678901234567890")}
	r, err := a.Import(noon, a.Preview(noon, accounts), nil)
	if err != nil || r.Added != 1 || r.Filled != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	for id, want := range map[string]uint64{r.IDs[0]: 7, ids[0]: 9} {
		if e, err := a.Account(id); err != nil || e.Counter != want {
			t.Errorf("%s: %d, want %d, %v", e.Title(), e.Counter, want, err)
		}
	}
	equal(t, "the file", accounts[0].Counter, uint64(2))
}

func TestImportIsUndoneAtOnce(t *testing.T) {
	a, ids, accounts := file(t)
	_, err := a.Import(noon, a.Preview(noon, accounts), nil)
	check(t, err)
	last, err := a.Undo(noon)
	if err != nil || last.Deed != "import" || last.Count != 4 {
		t.Errorf("%+v, %v", last, err)
	}
	equal(t, "list", titles(a.Accounts(Filter{}), itself), []string{"GitHub (mei)", "Bank (mei)", "Forge (mei)", "Shop (mei)"})
	e, _ := a.Account(ids[0])
	equal(t, "note", e.Note, "")
	if p := a.Preview(noon, accounts); p.Items[0].State != IsNew || !slices.Equal(p.Items[0].Reasons, []Reason{InTrash}) {
		t.Errorf("%+v", p.Items[0])
	}
}

func TestPersonChoosesWhatAnImportDoes(t *testing.T) {
	a, ids, accounts := file(t)
	p := a.Preview(noon, accounts)
	r, err := a.Import(noon, p, map[int]Choice{0: Skip, 2: Replace, 3: Replace, 4: Skip, 5: Replace, 6: Replace, 7: AddIt})
	if err != nil || r.Added != 0 || r.Replaced != 3 || r.Skipped != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	equal(t, "list", titles(a.Accounts(Filter{}), itself), []string{"GitHub (mei.tanaka)", "Bank (mei)", "shop (MEI)", "Other (name)"})
	equal(t, "trash", len(a.Trash(noon)), 2)
	e, _ := a.Account(ids[1])
	equal(t, "counter", e.Counter, uint64(7))
}

func TestExportIsWhatAnImportReads(t *testing.T) {
	a, _ := with(t, github, bank, steam, yandex, mobile)
	accounts, left := a.Export(Filter{})
	equal(t, "left", len(left), 0)
	b := New()
	r, err := b.Import(noon, b.Preview(noon, accounts), nil)
	if err != nil || r.Added != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	again, _ := b.Export(Filter{})
	equal(t, "accounts", again, accounts)
	equal(t, "of one tag", len(first(b.Export(Filter{Tag: "none"}))), 0)
}

func first[A, B any](a A, _ B) A { return a }
