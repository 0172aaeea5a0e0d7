package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

func TestSigningInAgainKeepsTheSessionUnderANewToken(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	first, err := v.session()
	if err != nil {
		t.Fatal(err)
	}
	old := v.b.Sessions[0]
	w.Clock.Add(time.Hour)
	if first.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Error("an hour later it is still fresh")
	}
	a := v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: first})
	if a.Step.Kind != policy.AskPassword || a.Login != mei.Login {
		t.Fatalf("%+v", a)
	}
	wants(t, v.name("ren@aoba.example"), signin.ErrStep)
	v.must(v.password(signintest.Password))
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	again, err := v.session()
	if err != nil || again.ID != first.ID || !again.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Errorf("%+v %v", again, err)
	}
	w.Write(t, func(tx *db.Tx) error {
		_, err := signin.SessionOf(t.Context(), tx, old)
		wants(t, err, signin.ErrNoSession)
		return nil
	})
}

func TestASessionEndsByTimeEpochSuspensionAndWord(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(*testing.T, *signintest.World, signin.Session)
		still bool
	}{
		"nothing":         {func(*testing.T, *signintest.World, signin.Session) {}, true},
		"idle":            {func(_ *testing.T, w *signintest.World, _ signin.Session) { w.Clock.Add(24 * time.Hour) }, false},
		"almost idle":     {func(_ *testing.T, w *signintest.World, _ signin.Session) { w.Clock.Add(24*time.Hour - time.Second) }, true},
		"used and in use": {func(t *testing.T, w *signintest.World, s signin.Session) { use(t, w, s, 29) }, true},
		"used too long":   {func(t *testing.T, w *signintest.World, s signin.Session) { use(t, w, s, 30) }, false},
		"password": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.SetPassword(t, directory.Person{ID: s.Person}, "new")
		}, false},
		"suspension": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, s.Person, directory.Suspended) })
		}, false},
		"ended": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return signin.End(t.Context(), tx, s.Person, s.ID, "signed_out") })
		}, false},
		"another's word": {func(t *testing.T, w *signintest.World, s signin.Session) {
			w.Write(t, func(tx *db.Tx) error { return signin.End(t.Context(), tx, "somebody else", s.ID, "signed_out") })
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := signintest.New(t)
			mei, phone := meiWithPhone(t, w)
			v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
			c.do(t, w, v.last.Signed.Session)
			if _, err := v.session(); (err == nil) != c.still {
				t.Errorf("session: %v", err)
			}
		})
	}
}

// use keeps a session in use for days.
func use(t *testing.T, w *signintest.World, s signin.Session, days int) {
	t.Helper()
	for range days * 2 {
		w.Clock.Add(12 * time.Hour)
		w.Write(t, func(tx *db.Tx) error { return signin.Touch(t.Context(), tx, s.ID) })
	}
}

func TestSessionsAreListedAndEndedTogether(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	a := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.Clock.Add(time.Minute)
	b := visit(t, w, "198.51.100.1").signedIn(mei, phone)
	w.Write(t, func(tx *db.Tx) error {
		all, err := signin.List(t.Context(), tx, mei.ID)
		if len(all) != 2 || all[0].ID != b.last.Signed.Session.ID {
			t.Errorf("%+v", all)
		}
		if err != nil {
			return err
		}
		n, err := signin.EndAll(t.Context(), tx, mei.ID, b.last.Signed.Session.ID, "signed_out_everywhere")
		if n != 1 {
			t.Errorf("ended %d", n)
		}
		return err
	})
	w.Recorded(t, mei.ID, audit.SigninAsked, audit.SessionEndedAll)
	if _, err := a.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Error(err)
	}
	if _, err := b.session(); err != nil {
		t.Error(err)
	}
}

func TestTheChooserHasOneLinePerAccountOfThisBrowser(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	ren := w.Member(t, "ren")
	rens := w.Device(t, ren, "Ren's phone")
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(ren, rens)
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(mei, phone)
	all, err := w.SignIn.Accounts(t.Context(), v.b.Sessions)
	if err != nil || len(all) != 2 || all[0].Person.ID != mei.ID || all[1].Person.ID != ren.ID || !all[0].Live || !all[1].Live {
		t.Fatalf("%+v %v", all, err)
	}
	tokens, err := w.SignIn.Use(t.Context(), v.b.Sessions, all[1].Session.ID)
	if err != nil || tokens[0] != v.b.Sessions[1] || len(tokens) != 2 {
		t.Errorf("%v %v", tokens, err)
	}
	left, err := w.SignIn.Forget(t.Context(), tokens, all[0].Session.ID)
	if err != nil || !slices.Equal(left, tokens[:1]) {
		t.Errorf("%v %v", left, err)
	}
	if _, err := w.SignIn.Use(t.Context(), tokens, "somebody else's"); !errors.Is(err, signin.ErrNoSession) {
		t.Error(err)
	}
}

func TestAKnownBrowserIsRememberedForItsPersonOnly(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.code(phone.Code(t, w.Clock.Now())))
	old := v.b.Known
	for _, c := range []struct {
		login  string
		known  bool
		second string
	}{{mei.Login, true, policy.Code}, {"ren@aoba.example", false, ""}, {"nobody@aoba.example", false, ""}} {
		v.begin(signin.Start{Goal: "/"})
		v.must(v.name(c.login))
		if a := v.attempt(); a.Known != c.known || a.Second != c.second {
			t.Errorf("%s: known %v, %q", c.login, a.Known, a.Second)
		}
	}
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(mei, phone)
	if v.b.Known == old {
		t.Error("the token was not replaced")
	}
	v.b.Known = old
	v.begin(signin.Start{Goal: "/"})
	v.must(v.name(mei.Login))
	if v.attempt().Known {
		t.Error("a copied token of a known browser still counts")
	}
}

func TestAKnownBrowserIsForgottenWhenTheCredentialChanges(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.SetPassword(t, mei, "another lantern")
	v.begin(signin.Start{Goal: "/"})
	v.must(v.name(mei.Login))
	if v.attempt().Known {
		t.Error("still known")
	}
}

func TestOldSignInsAndSessionsArePruned(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").signedIn(mei, phone)
	w.Clock.Add(100 * 24 * time.Hour)
	if err := w.SignIn.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.SignIn.Attempt(t.Context(), v.token)
	wants(t, err, signin.ErrNoAttempt)
	all, err := w.SignIn.Accounts(t.Context(), v.b.Sessions)
	if len(all) != 0 || err != nil {
		t.Errorf("%+v %v", all, err)
	}
}
