package securityweb_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// An act is one form of Security info that somebody sends, in a house where they
// are signed in, with a phone and two mail addresses.
type act struct {
	*house
	t     *testing.T
	p     directory.Person
	phone regtest.Device
	other string // id of the second address
	b     *browser
}

// elsewhere is the second address.
const elsewhere = "second@mail.example"

// A form is where one goes, and its fields.
type form struct {
	path   string
	fields []string
}

func to(path string, fields ...string) form { return form{path, fields} }

// mailed says of every form of Security info which letter every address of the person
// gets for it, or why it is none. What is on its way is no change before its last step.
var mailed = map[string]struct {
	letter string
	does   func(*act) form
	why    string
}{
	"POST /security/methods/{id}/rename":        {letter: "app_renamed", does: func(a *act) form { return to(a.app()+"/rename", "name", "芽衣のスマホ") }},
	"POST /security/methods/{id}/remove":        {letter: "app_removed", does: (*act).losesTablet},
	"POST /security/methods/{id}/unlock":        {why: "asks the phone"},
	"POST /security/methods/{id}/unlock/finish": {letter: "passwordless_on", does: (*act).unlocks},
	"POST /security/methods/{id}/unlock/off":    {letter: "passwordless_off", does: (*act).unlocksNoMore},
	"POST /security/first":                      {letter: "first_way", does: func(*act) form { return to("/security/first", "way", "otp") }},

	"POST /security/pair":                 {why: "on its way"},
	"POST /security/pair/{offer}/confirm": {why: "on its way"},
	"POST /security/pair/{offer}/test":    {why: "asks the phone"},
	"POST /security/pair/{offer}/finish":  {letter: "app_added", does: func(a *act) form { return a.pairs(true) }},
	"POST /security/pair/{offer}/code":    {letter: "app_added", does: func(a *act) form { return a.pairs(false) }},
	"POST /security/pair/{offer}/cancel":  {why: "nothing was added"},

	"POST /security/add/passkey":                {why: "on its way"},
	"POST /security/add/passkey/{offer}/create": {why: "on its way"},
	"POST /security/add/passkey/{offer}/try":    {letter: "passkey_added", does: (*act).triesKey},
	"POST /security/add/passkey/{offer}/cancel": {why: "nothing was added"},
	"POST /security/passkeys/{id}/rename":       {letter: "method_renamed", does: func(a *act) form { return to(a.key()+"/rename", "name", "Blue") }},
	"POST /security/passkeys/{id}/remove":       {letter: "passkey_removed", does: func(a *act) form { return to(a.key() + "/remove") }},

	"POST /security/add/code":                 {why: "on its way"},
	"POST /security/add/code/{offer}/confirm": {letter: "codeapp_added", does: (*act).triesCode},
	"POST /security/add/code/{offer}/cancel":  {why: "nothing was added"},
	"POST /security/codeapps/{id}/rename":     {letter: "method_renamed", does: func(a *act) form { return to(a.token()+"/rename", "name", "Blue") }},
	"POST /security/codeapps/{id}/set":        {letter: "codeapp_set", does: (*act).setsClock},
	"POST /security/codeapps/{id}/remove":     {letter: "codeapp_removed", does: func(a *act) form { return to(a.token() + "/remove") }},

	"POST /security/add/email":             {why: "sends a code to the new address, which proves nothing yet"},
	"POST /security/add/email/{offer}":     {letter: "address_added", does: func(a *act) form { return a.typesCode("/security/add/email", home) }},
	"POST /security/add/phone":             {why: "sends a code to the new number, which proves nothing yet"},
	"POST /security/add/phone/{offer}":     {letter: "number_added", does: func(a *act) form { return a.typesCode("/security/add/phone", mobile) }},
	"POST /security/addresses/{id}/remove": {letter: "address_removed", does: func(a *act) form { return to("/security/addresses/" + a.other + "/remove") }},

	"POST /security/recovery":        {letter: "recovery_made", does: func(*act) form { return to("/security/recovery", "set", "0") }},
	"POST /security/recovery/remove": {letter: "recovery_removed", does: func(a *act) form { a.b.post("/security/recovery", "set", "0"); return to("/security/recovery/remove") }},
	"POST /security/password":        {letter: "password_changed", does: func(*act) form { return to("/security/password", "password", newPassword) }},
	"POST /security/account/copy":    {letter: "data_copied", does: func(*act) form { return to("/security/account/copy") }},
	"POST /security/account/delete":  {letter: "account_deleted", does: (*act).leaves},

	"POST /security/activity/{event}/not-me": {letter: "notme", does: (*act).disowns},
	"POST /security/sessions/end":            {letter: "signed_out", does: func(*act) form { return to("/security/sessions/end") }},
	"POST /security/sessions/{id}/end":       {why: "one session ends, which changes no method and only tightens"},
	"POST /security/sessions/end-since":      {why: "only tightens, after a report that every address heard of"},
	"POST /security/browsers/forget":         {why: "more is asked there, which only tightens"},
	"POST /security/browsers/{id}/forget":    {why: "more is asked there, which only tightens"},
	"POST /security/waiting/{id}/stop":       {why: "what every address was told of does not come"},
	"POST /stop/{token}":                     {why: "a letter's own link: what it removes is told as removed, and those who manage the people hear"},

	"POST /security/backup/{device}/remove": {letter: "backup_unbound", does: (*act).unbinds},
	"POST /security/backup/reminder":        {why: "a preference: whether one letter comes. The backup is as it was"},
	"POST /security/nudge":                  {why: "a preference: advice is put off"},
}

func (a *act) app() string { return "/security/methods/" + a.phone.ID() }

func (a *act) losesTablet() form {
	return to("/security/methods/" + a.Device(a.t, a.p, "Tablet").ID() + "/remove")
}

func (a *act) unlocks() form {
	a.Policy(a.t, func(p *directory.Policy) { p.Passwordless = true })
	a.b.get(a.app() + "/unlock").press(a.app() + "/unlock")
	a.phone.Unlock = regtest.NewKey(a.t)
	a.Answer(a.t, a.phone, wire.Approve, a.b.number())
	return to(a.app() + "/unlock/finish")
}

func (a *act) unlocksNoMore() form {
	a.b.post(a.unlocks().path)
	return to(a.app() + "/unlock/off")
}

func (a *act) pairs(byTest bool) form {
	a.b.start()
	phone := a.Accept(a.t, a.b.offer(), "Tablet")
	offer := a.b.path()
	a.b.get(offer).press(offer+"/confirm", "yours", "yes")
	if !byTest {
		return to(offer+"/code", "code", phone.Code(a.t, a.Clock.Now()))
	}
	a.Answer(a.t, phone, wire.Approve, a.b.number())
	return to(offer + "/finish")
}

func (a *act) triesKey() form {
	a.b.get("/security/add").press("/security/add/passkey", "kind", "passkey")
	offer := a.b.at
	key, answer := methodtest.Create(a.t, a.b.asked(), regtest.Issuer, true)
	a.b.press(offer+"/create", "name", "ThinkPad", "answer", answer)
	return to(offer+"/try", "answer", key.Sign(a.t, a.b.asked()))
}

func (a *act) key() string {
	a.b.addsPasskey("passkey", "ThinkPad")
	return a.b.path()
}

func (a *act) triesCode() form {
	a.b.get("/security/add").press("/security/add/code")
	return to(a.b.at+"/confirm", "name", "Token", "code", a.b.codeOf(a.b.key(), 0))
}

func (a *act) token() string {
	a.b.addsCodeApp("Token")
	return a.b.path()
}

func (a *act) setsClock() form {
	key := a.b.addsCodeApp("Token")
	a.Clock.Add(5 * time.Minute)
	return to(a.b.path()+"/set", "first", a.b.codeOf(key, 9), "second", a.b.codeOf(key, 10))
}

func (a *act) typesCode(path, address string) form {
	a.b.post(path, "address", address)
	_, letter := a.Letter(a.t, address)
	return to(a.b.at, "code", letter["code"])
}

func (a *act) leaves() form {
	a.Policy(a.t, func(p *directory.Policy) { p.SelfDelete = true })
	return to("/security/account/delete", "login", a.p.Login)
}

func (a *act) disowns() form {
	a.Clock.Add(time.Minute)
	a.signIn(a.t, a.p, a.phone)
	return to(notMe.FindString(a.b.get("/security/activity").page))
}

// unbinds is of somebody at home: only they have a backup.
func (a *act) unbinds() form {
	a.p = a.ren(a.t)
	a.Address(a.t, a.p, elsewhere)
	bound := a.binds(a.t, a.p, "iPhone, Safari")
	a.b = a.signIn(a.t, a.p, a.Device(a.t, a.p, "Pixel"))
	return to("/security/backup/" + bound.ID + "/remove")
}

// letters counts what was written to each address of a person.
func (a *act) letters() map[string]int {
	a.t.Helper()
	n := map[string]int{}
	a.Write(a.t, func(tx *db.Tx) error {
		rows, err := tx.Query(a.t.Context(), `SELECT address, template, COUNT(*) FROM mail WHERE person_id = $1 AND address <> $2 GROUP BY address, template`, a.p.ID, mobile)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var address, template string
			var count int
			if err := rows.Scan(&address, &template, &count); err != nil {
				return err
			}
			n[address+" "+template] = count
		}
		return rows.Err()
	})
	return n
}

// since are the letters that were written after some, sorted.
func (a *act) since(before map[string]int) (all []string) {
	a.t.Helper()
	for letter, n := range a.letters() {
		for range n - before[letter] {
			all = append(all, letter)
		}
	}
	slices.Sort(all)
	return all
}

func newAct(t *testing.T) *act {
	t.Helper()
	h := newHouse(t)
	mei := h.Member(t, "mei")
	a := &act{house: h, t: t, p: mei, phone: h.Device(t, mei, "Phone"), other: h.Address(t, mei, elsewhere)}
	h.Clock.Add(time.Minute)
	a.b = h.signIn(t, mei, a.phone)
	h.Clock.Add(time.Minute)
	return a
}

// forms are all forms of Security info, as security.go has them.
func forms(t *testing.T) (all []string) {
	t.Helper()
	text, err := os.ReadFile("security.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`s\.Page\("(POST [^"]*)"(\+path)?(?:\+"([^"]*)")?,`).FindAllStringSubmatch(string(text), -1) {
		if m[2] == "" {
			all = append(all, m[1])
			continue
		}
		for _, path := range []string{"/security/add/email", "/security/add/phone"} {
			all = append(all, m[1]+path+m[3])
		}
	}
	if read, there := len(all), strings.Count(string(text), `"POST `)+2; read != there {
		t.Fatalf("of %d forms %d are understood", there, read)
	}
	slices.Sort(all)
	return all
}

// N21: every change on Security info is mailed, once, to every address of the person, with
// the link that only tightens, or it stands here why it is not.
func TestN21EveryChangeOnSecurityInfoIsMailedToEveryAddress(t *testing.T) {
	if got, want := slices.Sorted(maps.Keys(mailed)), forms(t); !slices.Equal(got, want) {
		t.Fatalf("of the forms\n%s\nit is said what is mailed of\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
	for route, m := range mailed {
		if (m.letter == "") == (m.why == "") || (m.letter == "") != (m.does == nil) {
			t.Errorf("%s: either a letter, or why there is none", route)
		}
		if m.does == nil {
			continue
		}
		t.Run(route, func(t *testing.T) {
			a := newAct(t)
			f := m.does(a)
			if on(f.path) != route {
				t.Fatalf("%s is not %s", f.path, route)
			}
			a.Clock.Add(time.Second)
			before := a.letters()
			if a.b.post(f.path, f.fields...); a.b.status != http.StatusOK {
				t.Fatalf("%d at %s:\n%s", a.b.status, a.b.at, a.b.page)
			}
			want := []string{a.p.Email + " " + m.letter, elsewhere + " " + m.letter}
			slices.Sort(want)
			if got := a.since(before); !slices.Equal(got, want) {
				t.Errorf("mailed is %q, want %q", got, want)
			}
			if _, data := a.Letter(t, a.p.Email); (data["stop"] == "") != linkless[m.letter] {
				t.Errorf("it says %v", data)
			}
		})
	}
}

// linkless are the letters of what nothing is left to be tightened of: the account is
// gone, the link was pulled already, or the copy was taken.
var linkless = map[string]bool{"account_deleted": true, "notme": true, "data_copied": true}

// on is the form that a path is of.
func on(path string) string {
	mux := http.NewServeMux()
	for route := range mailed {
		mux.HandleFunc(route, func(http.ResponseWriter, *http.Request) {})
	}
	_, pattern := mux.Handler(httptest.NewRequest(http.MethodPost, path, nil))
	return pattern
}

// What changes nothing is no news: the same name, the same default.
func TestN21WhatChangesNothingIsNotMailed(t *testing.T) {
	a := newAct(t)
	key, token := a.key(), a.token()
	a.b.post("/security/first", "way", "otp")
	a.Recorded(t, a.p.ID, audit.PersonFirst)
	before := a.letters()
	for _, f := range []form{
		to(a.app()+"/rename", "name", "Phone"), to(key+"/rename", "name", " ThinkPad "), to(token+"/rename", "name", "Token"), to("/security/first", "way", "otp"),
	} {
		if a.b.post(f.path, f.fields...); a.b.status != http.StatusOK {
			t.Errorf("%s: %d", f.path, a.b.status)
		}
	}
	if got := a.since(before); len(got) > 0 {
		t.Errorf("mailed is %q", got)
	}
	a.Clock.Add(time.Second)
	a.b.post(a.app()+"/rename", "name", "Telephone")
	if got := a.since(before); len(got) != 2 {
		t.Errorf("a new name: mailed is %q", got)
	}
	if _, letter := a.Letter(t, a.p.Email); letter["was"] != "Phone" || letter["device"] != "Telephone" {
		t.Errorf("it says %v", letter)
	}
}

// N21: while changes are frozen nothing gets another name, and the default stays.
func TestN21WhileFrozenNothingIsRenamed(t *testing.T) {
	a := newAct(t)
	key, token := a.key(), a.token()
	a.freeze()
	before := a.letters()
	for _, f := range []form{
		to(a.app()+"/rename", "name", "Mine"), to(key+"/rename", "name", "Mine"), to(token+"/rename", "name", "Mine"),
		to(token+"/set", "first", "111111", "second", "222222"), to("/security/first", "way", "otp"),
	} {
		if a.b.post(f.path, f.fields...); a.b.status != http.StatusConflict {
			t.Errorf("%s: %d", f.path, a.b.status)
		}
	}
	if got := a.since(before); len(got) > 0 {
		t.Errorf("mailed is %q", got)
	}
}

func (a *act) freeze() {
	a.t.Helper()
	a.Write(a.t, func(tx *db.Tx) error { return brake.Freeze(a.t.Context(), tx, a.p.ID) })
}
