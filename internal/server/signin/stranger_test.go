package signin_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// A8: a name nobody has goes the same way, to the same answers.
func TestANameNobodyHasGoesTheSameWay(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	suspended := w.Member(t, "ren")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, suspended.ID, directory.Suspended) })
	var seen []signin.Attempt
	for _, login := range []string{mei.Login, suspended.Login, "nobody@aoba.example"} {
		v := visit(t, w, "192.0.2.7")
		v.must(v.name(login))
		a := v.attempt()
		wants(t, v.password("wrong"), signin.ErrWrong)
		wants(t, v.finish(), signin.ErrStep)
		wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
		if len(seen) > 0 {
			b := seen[0]
			if a.Step != b.Step || a.Directory.ID != b.Directory.ID || a.Known != b.Known || a.Second != b.Second || a.Ended != b.Ended {
				t.Errorf("%s: %+v, but %s: %+v", login, a, b.Login, b)
			}
		}
		seen = append(seen, a)
	}
}

// A8: where the phone is asked first, a name nobody has gets a number too, and
// a no, a wrong number and nobody look alike until time is up.
func TestANumberForNobodyLooksLikeAnyOther(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	answers := map[string]func(number string){
		mei.Login + " says nothing":      func(string) {},
		mei.Login + " denies":            func(string) { w.Answer(t, phone, wire.Deny, "") },
		mei.Login + " reports":           func(string) { w.Answer(t, phone, wire.Report, "") },
		mei.Login + " types another one": func(n string) { w.Answer(t, phone, wire.Approve, other(n)) },
		"nobody@aoba.example is nobody":  func(string) {},
	}
	for name, answer := range answers {
		login, _, _ := strings.Cut(name, " ")
		v := visit(t, w, "198.51.100.9")
		v.must(v.name(login))
		first := v.ask()
		if first.State != approval.Open || len(first.Number) != 2 || first.ExpiresAt.Sub(w.Clock.Now()) != time.Minute {
			t.Errorf("%s: %+v", name, first)
		}
		answer(first.Number)
		if again := v.watch(); again != first {
			t.Errorf("%s: the page learnt it: %+v, was %+v", name, again, first)
		}
		wants(t, v.finish(), signin.ErrStep)
		w.Clock.Add(time.Minute)
		if after := v.watch(); after.State != approval.Expired || after.Number != "" {
			t.Errorf("%s: after a minute %+v", name, after)
		}
		if a := v.attempt(); !a.Open() {
			t.Errorf("%s: ended %s", name, a.Ended)
		}
		w.Clock.Add(25 * time.Hour) // blocks and silence are over
	}
}

func TestThePhoneFirstThenThePassword(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	if _, err := v.session(); err == nil || v.attempt().Step.Kind != policy.AskPassword {
		t.Fatalf("after the approval: %v, %+v", err, v.attempt().Step)
	}
	v.must(v.password(signintest.Password))
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs {
		t.Errorf("%+v %v", s, err)
	}
}

func TestWhoSaidNoIsNotAskedAgain(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	v := visit(t, w, "192.0.2.7")
	v.must(v.name(mei.Login))
	v.ask()
	w.Answer(t, phone, wire.Deny, "")
	if again := v.ask(); again.State != approval.Open || again.Number == "" {
		t.Errorf("the page sees %+v", again)
	}
	if open := w.Waiting(t, phone); len(open) != 0 {
		t.Errorf("the phone is asked %+v", open)
	}
}

func TestWrongPasswordsAreLimitedPerNameButNotForKnownBrowsers(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Name = 3 })
	mei, phone := meiWithPhone(t, w)
	own := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		for i := range 3 {
			v := visit(t, w, "203.0.113.66")
			v.must(v.name(login))
			if err := v.password("wrong"); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s, try %d: %v", login, i, err)
			}
		}
		v := visit(t, w, "198.51.100.1")
		v.must(v.name(login))
		err := v.password(signintest.Password)
		var wait *signin.TooMany
		if !errors.As(err, &wait) || wait.After != 15*time.Minute {
			t.Errorf("%s: %v", login, err)
		}
	}
	own.begin(signin.Start{Goal: "/security"})
	own.proven(mei)
	w.Clock.Add(15 * time.Minute)
	visit(t, w, "198.51.100.1").proven(mei)
}

func TestWrongPasswordsAreLimitedPerNetworkAndInAll(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Net, c.Limits.Server = 2, 4 })
	mei, _ := meiWithPhone(t, w)
	try := func(ip, login string) error {
		v := visit(t, w, ip)
		v.must(v.name(login))
		return v.password("wrong")
	}
	wants(t, try("203.0.113.1", "a"), signin.ErrWrong)
	wants(t, try("203.0.113.2", "b"), signin.ErrWrong)
	wants(t, try("203.0.113.3", "c"), signin.ErrTooMany)
	wants(t, try("198.51.100.1", "d"), signin.ErrWrong)
	wants(t, try("192.0.2.1", mei.Login), signin.ErrWrong)
	wants(t, try("192.0.3.1", mei.Login), signin.ErrTooMany)
}

func TestNoTokenLiesInTheDatabase(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	number := v.ask()
	w.Answer(t, phone, wire.Approve, number.Number)
	v.must(v.finish())
	w.Write(t, func(tx *db.Tx) error {
		for _, table := range []string{"attempt", "session", "known_browser", "password"} {
			dump := dumpOf(t, tx, table)
			for _, secret := range append([]string{v.token, v.b.Known, signintest.Password}, v.b.Sessions...) {
				if bytes.Contains(dump, []byte(secret)) {
					t.Errorf("a secret lies in %s", table)
				}
			}
		}
		return nil
	})
}

func dumpOf(t *testing.T, tx *db.Tx, table string) []byte {
	t.Helper()
	rows, err := tx.Query(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			out.Write(*v.(*[]byte))
			out.WriteByte('\n')
		}
	}
	if out.Len() == 0 {
		t.Errorf("%s is empty", table)
	}
	return out.Bytes()
}

// A8: that a person's places are full is not told to who has proven nothing.
func TestFullPlacesTellAStrangerNothing(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	for range 3 {
		visit(t, w, "192.0.2.7").proven(mei).ask()
	}
	proven := visit(t, w, "192.0.2.7").proven(mei)
	wants(t, w.SignIn.Ask(t.Context(), proven.token, proven.b), approval.ErrFull)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		for i := range 5 {
			v := visit(t, w, "203.0.113.66")
			v.must(v.name(login))
			if got := v.ask(); got.State != approval.Open || len(got.Number) != 2 {
				t.Errorf("%s, request %d: %+v", login, i, got)
			}
		}
	}
	if n := len(w.Waiting(t, phone)); n != 3 {
		t.Errorf("the phone is asked %d times", n)
	}
}

func TestANameIsCountedTheSameHoweverItIsTyped(t *testing.T) {
	w := signintest.New(t, func(c *signin.Config) { c.Limits.Name = 3 })
	mei, _ := meiWithPhone(t, w)
	for _, typed := range []string{"mei@aoba.example", "MEI@aoba.example", " Mei@Aoba.Example "} {
		v := visit(t, w, "203.0.113.66")
		v.must(v.name(typed))
		wants(t, v.password("wrong"), signin.ErrWrong)
	}
	v := visit(t, w, "203.0.113.66")
	v.must(v.name(strings.ToUpper(mei.Login)))
	wants(t, v.password("wrong"), signin.ErrTooMany)
}
