package signin_test

import (
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

const day = 24 * time.Hour

// remembering is an organisation that lets browsers be remembered for 30 days, and a
// browser in which somebody has ticked that it be, with an approval.
func remembering(t *testing.T) (*signintest.World, directory.Person, regtest.Device, *visitor) {
	t.Helper()
	w := signintest.New(t)
	w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei, phone := meiWithPhone(t, w)
	v := visit(t, w, "192.0.2.7").proven(mei)
	if !v.attempt().Step.Remember {
		t.Fatalf("it is not offered: %+v", v.attempt().Step)
	}
	v.b.Remember = true
	w.Answer(t, phone, wire.Approve, v.ask().Number)
	v.must(v.finish())
	v.b.Remember = false
	return w, mei, phone, v
}

// passes signs in again with the password, and tells whether that was enough.
func (v *visitor) passes(p directory.Person, start signin.Start) bool {
	v.t.Helper()
	start.Goal = "/"
	v.begin(start)
	v.proven(p)
	return v.last.Attempt.Done
}

func (v *visitor) remembered(p directory.Person) (all []signin.RememberedBrowser) {
	v.t.Helper()
	v.w.Write(v.t, func(tx *db.Tx) (err error) {
		all, err = signin.RememberedBy(v.t.Context(), tx, p.ID)
		return err
	})
	return all
}

func TestInARememberedBrowserThePasswordIsEnoughAndWorthWhatItIs(t *testing.T) {
	w, mei, _, v := remembering(t)
	first := v.b.Known
	w.Clock.Add(29 * day)
	if !v.passes(mei, signin.Start{}) {
		t.Fatalf("asked for %+v", v.last.Attempt.Step)
	}
	s, err := v.session()
	if err != nil || s.Strength != policy.OneProof || !slices.Equal(s.Methods, []string{policy.Password}) {
		t.Errorf("%+v %v", s, err)
	}
	// N11: it is not full authentication, however fresh.
	if !s.FullAt.IsZero() || s.Fresh(w.Clock.Now(), w.Aoba.Policy) {
		t.Errorf("counts as a full sign-in at %v", s.FullAt)
	}
	w.Write(t, func(tx *db.Tx) error {
		if may, err := signin.MayChange(t.Context(), tx, s); may || err != nil {
			t.Errorf("may change sign-in methods: %v, %v", may, err)
		}
		done, err := audit.Of(t.Context(), tx, mei.ID, 20)
		i := slices.IndexFunc(done, func(e audit.Event) bool { return e.Kind == audit.SigninDone })
		if e := done[i]; e.Method != policy.Password || e.Detail["remembered"] != true {
			t.Errorf("written down as %+v", e)
		}
		return err
	})
	// The token turned: one copied before is of no use any more.
	thief := visit(t, w, "198.51.100.9")
	if thief.b.Known = first; first == v.b.Known || thief.passes(mei, signin.Start{}) {
		t.Error("a token copied before still counts")
	}
	w.Clock.Add(2 * day)
	if v.passes(mei, signin.Start{}) {
		t.Error("after its days are over")
	}
}

func TestWhatAskingLessNeverGoesFor(t *testing.T) {
	w, mei, _, v := remembering(t)
	s, err := v.session()
	if err != nil {
		t.Fatal(err)
	}
	v.begin(signin.Start{Purpose: policy.Again, Session: s})
	v.must(v.password(signintest.Password))
	if v.last.Attempt.Done {
		t.Error("N11: a change of sign-in methods")
	}
	for name, start := range map[string]signin.Start{
		"an application asks for two proofs":   {Strength: policy.TwoProofs, App: "Payroll"},
		"an application asks for a strong one": {Strength: policy.Strong, App: "Payroll"},
		"N14: a backup is to be recovered":     {Purpose: policy.Recover},
	} {
		if v.passes(mei, start) {
			t.Errorf("%s, and the password was enough", name)
		}
	}
	stranger := visit(t, w, "192.0.2.7")
	if stranger.passes(mei, signin.Start{}) {
		t.Error("another browser of the same network")
	}
	ren := w.Member(t, "ren")
	w.Device(t, ren, "Ren's phone")
	if v.passes(ren, signin.Start{}) {
		t.Error("somebody else in this browser")
	}
	if !v.passes(mei, signin.Start{}) {
		t.Error("and after all that not even an ordinary sign-in")
	}
}

// Whatever voids a credential, or says that something is wrong, forgets.
func TestWhatForgetsARememberedBrowser(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, w *signintest.World, mei directory.Person, phone regtest.Device){
		"the password changed": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.SetPassword(t, mei, signintest.Password)
		},
		"sessions were revoked": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error {
				_, err := directory.BumpEpoch(t.Context(), tx, mei.ID)
				return err
			})
		},
		"suspended, and let in again": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error {
				if err := directory.SetState(t.Context(), tx, mei.ID, directory.Suspended); err != nil {
					return err
				}
				return directory.SetState(t.Context(), tx, mei.ID, directory.Active)
			})
		},
		"re-registration was required": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error {
				_, err := w.SignIn.Reregister(t.Context(), tx, signin.Reregistration{Person: mei.ID, Alone: true})
				return err
			})
		},
		"changes are frozen": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, mei.ID) })
		},
		"the password is known to others": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error { return method.Expose(t.Context(), tx, mei.ID) })
		},
		"a sign-in was reported": func(t *testing.T, w *signintest.World, mei directory.Person, phone regtest.Device) {
			other := visit(t, w, "198.51.100.9").proven(mei)
			other.ask()
			w.Answer(t, phone, wire.Report, "")
		},
		"three passwords were guessed in it": nil,
		"they were given a role": func(t *testing.T, w *signintest.World, mei directory.Person, _ regtest.Device) {
			w.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, mei.ID, directory.Helpdesk) })
		},
		"the policy forbids it": func(t *testing.T, w *signintest.World, _ directory.Person, _ regtest.Device) {
			w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 0 })
		},
		"the policy allows fewer days": func(t *testing.T, w *signintest.World, _ directory.Person, _ regtest.Device) {
			w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 1 })
			w.Clock.Add(25 * time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, mei, phone, v := remembering(t)
			if change != nil {
				change(t, w, mei, phone)
			} else {
				v.begin(signin.Start{Goal: "/"})
				v.must(v.name(mei.Login))
				for range 3 {
					wants(t, v.password("not this one"), signin.ErrWrong)
				}
			}
			if v.passes(mei, signin.Start{}) {
				t.Error("the password alone was enough")
			}
		})
	}
}

func TestABrowserIsRememberedOnlyWhereThatIsOfferedAndTicked(t *testing.T) {
	w := signintest.New(t)
	mei, phone := meiWithPhone(t, w)
	for _, c := range []struct {
		name   string
		days   int
		ticked bool
		role   string
		want   int
	}{
		{"not allowed", 0, true, directory.Member, 0},
		{"not ticked", 30, false, directory.Member, 0},
		{"an owner", 30, true, directory.Owner, 0},
		{"ticked", 30, true, directory.Member, 1},
	} {
		w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = c.days })
		w.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, mei.ID, c.role) })
		w.Clock.Add(time.Minute)
		v := visit(t, w, "192.0.2.7")
		v.b.Remember = c.ticked
		v.proven(mei)
		if offered := v.attempt().Step.Remember; offered != (c.days > 0 && c.role == directory.Member) {
			t.Errorf("%s: offered %v", c.name, offered)
		}
		v.must(v.code(phone.Code(t, w.Clock.Now())))
		if all := v.remembered(mei); len(all) != c.want {
			t.Errorf("%s: %+v", c.name, all)
		}
	}
}

// A recovery code lets in once; that is no moment to be asked less from then on.
func TestARecoveryCodeHasNoBrowserRemembered(t *testing.T) {
	w := signintest.New(t)
	w.Policy(t, func(p *directory.Policy) { p.RememberBrowser = 30 })
	mei, _ := meiWithPhone(t, w)
	codes := w.RecoveryCodes(t, mei)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.b.Remember = true
	v.must(v.took(w.SignIn.RecoveryCode(t.Context(), v.token, codes[0], v.b)))
	if all := v.remembered(mei); len(all) != 0 || !v.last.Attempt.Done {
		t.Errorf("%+v", all)
	}
}

func TestRememberedBrowsersAreListedToldAndForgotten(t *testing.T) {
	w, mei, _, v := remembering(t)
	all := v.remembered(mei)
	if len(all) != 1 || all[0].Browser != "Chrome, Windows" || all[0].Place != "Osaka" || !all[0].ExpiresAt.Equal(w.Clock.Now().Add(30*day)) {
		t.Fatalf("%+v", all)
	}
	w.Recorded(t, mei.ID, audit.BrowserRemembered)
	if mails := w.Mails(t, mei); !slices.Contains(mails, "remembered") {
		t.Errorf("mails: %v", mails)
	}
	s, err := v.session()
	if err != nil {
		t.Fatal(err)
	}
	forget := func(by signin.Session, id string) {
		w.Write(t, func(tx *db.Tx) error { return signin.ForgetBrowser(t.Context(), tx, by, id, method.Where{}) })
	}
	forget(signin.Session{Person: "somebody else"}, all[0].ID)
	forget(s, "another")
	if len(v.remembered(mei)) != 1 {
		t.Error("forgotten by somebody else, or by another id")
	}
	if forget(s, all[0].ID); len(v.remembered(mei)) != 0 || v.passes(mei, signin.Start{}) {
		t.Error("it is remembered still")
	}
	w.Recorded(t, mei.ID, audit.BrowserForgotten)
}

// N21: the link in the mail forgets it, with everything else that it does.
func TestN21TheMailOfARememberedBrowserStopsIt(t *testing.T) {
	w, mei, _, v := remembering(t)
	token := stopLinks(t, w, mei)["remembered"]
	if token == "" {
		t.Fatal("the mail has no link")
	}
	w.Write(t, func(tx *db.Tx) error {
		_, err := w.SignIn.Brake(t.Context(), tx, token, method.Where{}, "")
		return err
	})
	if v.passes(mei, signin.Start{}) || count(t, w, `SELECT count(*) FROM remembered_browser`) != 0 {
		t.Error("it is remembered still")
	}
}

// In a remembered browser, a further sign-in with both proofs changes nothing of how long.
func TestASignInWithBothProofsKeepsTheDayItWasRemembered(t *testing.T) {
	w, mei, phone, v := remembering(t)
	until := v.remembered(mei)[0].ExpiresAt
	w.Clock.Add(10 * day)
	v.begin(signin.Start{Goal: "/", Strength: policy.TwoProofs, App: "Payroll"})
	v.signedIn(mei, phone)
	if all := v.remembered(mei); len(all) != 1 || !all[0].ExpiresAt.Equal(until) {
		t.Errorf("%+v, want until %v", all, until)
	}
	if !v.passes(mei, signin.Start{}) {
		t.Error("it is not remembered under its new token")
	}
	w.Clock.Add(21 * day)
	if err := w.SignIn.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, w, `SELECT count(*) FROM remembered_browser`); n != 0 {
		t.Errorf("%d are kept past their days", n)
	}
}

// Of two who use a browser, each has it remembered for themselves.
func TestTwoPeopleOfOneBrowserAreRememberedApart(t *testing.T) {
	w, mei, _, v := remembering(t)
	ren := w.Member(t, "ren")
	phone := w.Device(t, ren, "Ren's phone")
	v.begin(signin.Start{Goal: "/"})
	v.signedIn(ren, phone)
	if !v.passes(mei, signin.Start{}) || v.passes(ren, signin.Start{}) {
		t.Error("it is remembered for both, or for none")
	}
}
