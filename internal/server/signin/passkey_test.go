package signin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/method/methodtest"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// question is what the page would have a passkey sign.
func (v *visitor) question() string {
	v.t.Helper()
	q, err := v.w.SignIn.PasskeyQuestion(v.attempt())
	if err != nil {
		v.t.Fatal(err)
	}
	return q
}

func (v *visitor) passkey(key *methodtest.Passkey) error {
	v.t.Helper()
	return v.answer(key.Sign(v.t, v.question()))
}

func (v *visitor) answer(answer string) error {
	return v.took(v.w.SignIn.Passkey(v.t.Context(), v.token, answer, v.b))
}

// kindsOf lists what the log says of a person.
func kindsOf(t *testing.T, w *signintest.World, p directory.Person) (kinds []audit.Kind) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, p.ID, 100)
		for _, e := range events {
			kinds = append(kinds, e.Kind)
		}
		return err
	})
	return kinds
}

// A passkey is enough, and needs no name: strength 4.
func TestAPasskeySignsInByItself(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	for name, begin := range map[string]func(*visitor){
		"without a name":          func(*visitor) {},
		"after the name":          func(v *visitor) { v.must(v.name(mei.Login)) },
		"after another's name":    func(v *visitor) { v.must(v.name("ren@aoba.example")) },
		"after the name of none":  func(v *visitor) { v.must(v.name("nobody@aoba.example")) },
		"after name and password": func(v *visitor) { v.proven(mei) },
	} {
		v := visit(t, w, "192.0.2.7")
		begin(v)
		v.must(v.passkey(key))
		s, err := v.session()
		if err != nil || s.Person != mei.ID || s.Strength != policy.Strong || !slices.Contains(s.Methods, policy.Passkey) || !s.Fresh(w.Clock.Now(), w.Aoba.Policy) {
			t.Errorf("%s: %+v %v", name, s, err)
		}
		if a := v.attempt(); a.Login != mei.Login || v.b.Known == "" {
			t.Errorf("%s: the attempt is %q's, the browser %q", name, a.Login, v.b.Known)
		}
	}
	if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.SigninPasskeyOK) || !slices.Contains(kinds, audit.PasskeyAdded) {
		t.Errorf("%v", kinds)
	}
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailPasskeyAdded) {
		t.Errorf("N11: her address hears of %v", mails)
	}
}

// An answer is good once, for one attempt, on our pages, from somebody verified.
func TestWhatAPasskeyDoesNotOpen(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	stolen := visit(t, w, "192.0.2.7")
	answer := key.Sign(t, stolen.question())
	for name, try := range map[string]func(v *visitor) error{
		"of another sign-in": func(v *visitor) error { return v.answer(answer) },
		"of another step": func(v *visitor) error {
			early := key.Sign(t, v.question())
			v.must(v.name(mei.Login))
			return v.answer(early)
		},
		"on another page": func(v *visitor) error {
			fake := key.Copy()
			fake.Origin = "https://id.examp1e.org"
			return v.passkey(fake)
		},
		"of another port":     func(v *visitor) error { k := key.Copy(); k.Origin = "https://id.example.org:444"; return v.passkey(k) },
		"nobody verified":     func(v *visitor) error { k := key.Copy(); k.Unverified = true; return v.passkey(k) },
		"another user handle": func(v *visitor) error { k := key.Copy(); k.User = []byte("somebody"); return v.passkey(k) },
		"unknown": func(v *visitor) error {
			k := key.Copy()
			k.ID = []byte("no such passkey here, whatever it is")
			return v.passkey(k)
		},
		"nothing":  func(v *visitor) error { return v.answer("") },
		"nonsense": func(v *visitor) error { return v.answer(`{"id":1}`) },
		"too long": func(v *visitor) error { return v.answer(strings.Repeat("x", 1<<20)) },
	} {
		v := visit(t, w, "192.0.2.7")
		if err := try(v); !errors.Is(err, signin.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := v.session(); err == nil {
			t.Errorf("%s signs in", name)
		}
	}
	stolen.must(stolen.answer(answer))
	wants(t, stolen.answer(answer), signin.ErrStep)
}

func TestAPasskeyOfAnotherAccountDoesNotMixIn(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	ren := w.Member(t, "ren")
	key := w.Passkey(t, ren, "Ren's key")
	w.Passkey(t, mei, "ThinkPad")
	v := visit(t, w, "192.0.2.7").proven(mei)
	wants(t, v.passkey(key), signin.ErrOther)
	v.must(v.code(phone.Code(t, w.Clock.Now())))
	session, err := v.session()
	v.must(err)
	v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: session})
	wants(t, v.passkey(key), signin.ErrOther)
}

func TestARemovedPasskeyOpensNothing(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	w.Write(t, func(tx *db.Tx) error { return w.Passkeys.RemoveAll(t.Context(), tx, mei.ID, method.Where{}) })
	wants(t, visit(t, w, "192.0.2.7").passkey(key), signin.ErrWrong)
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailPasskeyRemoved) {
		t.Errorf("her address hears of %v", mails)
	}
}

// A counter that goes back is a copy's: neither it nor the original signs in any more.
func TestACopiedPasskeyIsFoundByItsCounter(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	thief := key.Copy()
	v := visit(t, w, "192.0.2.7")
	v.must(v.passkey(key))
	wants(t, visit(t, w, "203.0.113.66").passkey(thief), method.ErrCopied)
	wants(t, visit(t, w, "192.0.2.7").passkey(key), method.ErrCopied)
	w.Write(t, func(tx *db.Tx) error {
		all, err := w.Passkeys.Of(t.Context(), tx, mei.ID)
		if len(all) != 1 || !all[0].Copied {
			t.Errorf("%+v", all)
		}
		has, _, err2 := signin.MethodsOf(t.Context(), tx, mei.ID)
		if has.Passkey {
			t.Error("a copied passkey counts as one she has")
		}
		return errors.Join(err, err2)
	})
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailPasskeyCopied) {
		t.Errorf("her address hears of %v", mails)
	}
	if n := len(slices.DeleteFunc(kindsOf(t, w, mei), func(k audit.Kind) bool { return k != audit.PasskeyCopied })); n != 1 {
		t.Errorf("%d events", n)
	}
}

// Original and copy at once, with the same counter: one at most gets in.
func TestOfTwoAnswersWithOneCountOneGetsIn(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	done := make(chan error)
	for range 4 {
		v := visit(t, w, "192.0.2.7")
		answer := key.Copy().Sign(t, v.question())
		go func() {
			_, err := w.SignIn.Passkey(t.Context(), v.token, answer, v.b)
			done <- err
		}()
	}
	in := 0
	for range 4 {
		if err := <-done; err == nil {
			in++
		} else if !errors.Is(err, method.ErrCopied) {
			t.Error(err)
		}
	}
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}

// N19: with a passkey the phone is not asked from a browser she has not used.
func TestN19WithAPasskeyThePhoneIsNotAskedFromANewBrowser(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	v := visit(t, w, "203.0.113.66").proven(mei)
	if a := v.attempt(); a.Step.Approval || a.Step.First != policy.Passkey || !a.Step.Code {
		t.Errorf("%+v", a.Step)
	}
	wants(t, w.SignIn.Ask(t.Context(), v.token, v.b), signin.ErrStep)
	v = visit(t, w, "192.0.2.7")
	v.must(v.passkey(key))
	v.begin(signin.Start{Goal: "/"})
	v.proven(mei)
	if a := v.attempt(); !a.Step.Approval {
		t.Errorf("from a known browser: %+v", a.Step)
	}
	w.Policy(t, func(p *directory.Policy) { p.NewBrowsers = directory.PhonesAsked })
	if a := visit(t, w, "203.0.113.66").proven(mei).attempt(); !a.Step.Approval {
		t.Errorf("where the policy allows it: %+v", a.Step)
	}
	w.Policy(t, func(p *directory.Policy) { p.NewBrowsers, p.Codes = directory.PhonesQuiet, false })
	ren := w.Member(t, "ren")
	w.Device(t, ren, "Ren's phone")
	if a := visit(t, w, "203.0.113.66").proven(ren).attempt(); a.Ended != policy.WhyNewBrowser {
		t.Errorf("never, and nothing else: %+v, ended %q", a.Step, a.Ended)
	}
	if open := w.Waiting(t, phone); len(open) != 0 {
		t.Errorf("asked: %v", open)
	}
}

// N19, A8: where the phone comes first, whoever has a passkey is asked as
// little as nobody is, and the page does not show it.
func TestN19WhereThePhoneComesFirstThePageDoesNotTell(t *testing.T) {
	w := signintest.New(t)
	w.Policy(t, func(p *directory.Policy) { p.PhoneFirst = true })
	mei, phone := meiWithPhone(t, w)
	w.Passkey(t, mei, "ThinkPad")
	ren := w.Member(t, "ren")
	rens := w.Device(t, ren, "Ren's phone")
	for _, login := range []string{mei.Login, ren.Login, "nobody@aoba.example"} {
		v := visit(t, w, "203.0.113.66")
		v.must(v.name(login))
		if now := v.ask(); now.State != approval.Open || len(now.Number) != 2 || !now.ExpiresAt.Equal(w.Clock.Now().Add(time.Minute)) {
			t.Errorf("%s sees %+v", login, now)
		}
	}
	if a, b := len(w.Waiting(t, phone)), len(w.Waiting(t, rens)); a != 0 || b != 1 {
		t.Errorf("asked on her phone %d, on his %d", a, b)
	}
}

// N11: the second look at who is about to change methods is as strong as the account's strongest way in.
func TestN11AfterAPasskeyWasAddedOnlyThatIsFullAuthentication(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	may := func() (ok bool) {
		t.Helper()
		s, err := v.session()
		v.must(err)
		w.Write(t, func(tx *db.Tx) error {
			ok, err = signin.MayChange(t.Context(), tx, s)
			return err
		})
		return ok
	}
	if !may() {
		t.Fatal("signed in fully, and may not change methods")
	}
	key := w.Passkey(t, mei, "ThinkPad")
	if may() {
		t.Error("what was full before is full still")
	}
	s, _ := v.session()
	a := v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: s})
	if a.Step != (policy.Step{Kind: policy.AskSecond, Passkey: true, First: policy.Passkey}) {
		t.Errorf("%+v", a.Step)
	}
	wants(t, v.password(signintest.Password), signin.ErrStep)
	v.must(v.passkey(key))
	if !may() {
		t.Error("with the passkey she may not change methods")
	}
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(mei, phone)
	if may() {
		t.Error("with password and phone she may change methods though she has a passkey")
	}
}

// What an application asks for is asked of the person (acr).
func TestAnApplicationThatAsksForMoreGetsIt(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	v := visit(t, w, "192.0.2.7")
	v.begin(signin.Start{Goal: "/", Strength: policy.Strong})
	v.must(v.name(mei.Login))
	if a := v.attempt(); a.Step.First != policy.Passkey || !a.Step.Password {
		t.Errorf("%+v", a.Step)
	}
	v.must(v.password(signintest.Password))
	wants(t, v.code(phone.Code(t, w.Clock.Now())), signin.ErrStep)
	v.must(v.passkey(key))
	if s, err := v.session(); err != nil || s.Strength != policy.Strong {
		t.Errorf("%+v %v", s, err)
	}
	ren := w.Member(t, "ren")
	rens := w.Device(t, ren, "Ren's phone")
	v = visit(t, w, "192.0.2.8")
	v.begin(signin.Start{Goal: "/", Strength: policy.Strong})
	v.must(v.name(ren.Login))
	v.must(v.password(signintest.Password))
	v.must(v.code(rens.Code(t, w.Clock.Now())))
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs {
		t.Errorf("who has none gives what they have: %+v %v", s, err)
	}
}

func TestASuspendedPersonsPasskeyMakesNoSession(t *testing.T) {
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	key := w.Passkey(t, mei, "ThinkPad")
	w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, mei.ID, directory.Suspended) })
	v := visit(t, w, "192.0.2.7")
	v.must(v.passkey(key))
	if a := v.attempt(); a.Ended != policy.WhySuspended || v.last.Signed != nil {
		t.Errorf("%+v", a)
	}
}
