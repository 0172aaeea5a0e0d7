package signin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

func reregister(t *testing.T, w *signintest.World, p directory.Person, in signin.Reregistration) (out signin.Reregistered) {
	t.Helper()
	in.Person = p.ID
	w.Write(t, func(tx *db.Tx) (err error) {
		out, err = w.SignIn.Reregister(t.Context(), tx, in)
		return err
	})
	return out
}

// long is when password and address are old enough to be proofs.
const long = ways.AddressAge + time.Second

// anew is mei, who has had her password and her address for long and has to
// register anew, without a pass.
func anew(t *testing.T) (*signintest.World, directory.Person) {
	t.Helper()
	w := signintest.New(t)
	mei, _ := meiWithPhone(t, w)
	w.Clock.Add(long)
	if out := reregister(t, w, mei, signin.Reregistration{}); len(out.Codes) != 1 || out.Codes[0].Text != mei.Email || !out.Pass.EndsAt.IsZero() {
		t.Fatalf("%+v", out)
	}
	return w, w.Now(t, mei)
}

// sent has a code sent to set up again, and returns it.
func (v *visitor) sent(id, address string) string {
	v.t.Helper()
	v.w.Clock.Add(time.Second) // so that it is the newest letter
	v.must(v.w.SignIn.SendMail(v.t.Context(), v.token, id, v.b))
	template, letter := v.w.Letter(v.t, address)
	if template != notify.MailSetUpCode {
		v.t.Fatalf("the address got %q", template)
	}
	return letter["code"]
}

func (v *visitor) enrolling() (s signin.Session, err error) {
	err = v.w.DB.Read(v.t.Context(), func(tx *db.Tx) (err error) {
		s, err = signin.EnrolSessionOf(v.t.Context(), tx, v.b.Sessions[0])
		return err
	})
	return s, err
}

// offered asks for an offer in an enrol-only session, as its page does.
func offered(t *testing.T, w *signintest.World, s signin.Session) (o registration.Offer, err error) {
	t.Helper()
	err = w.DB.Write(t.Context(), func(tx *db.Tx) (err error) {
		o, err = w.Registry.Offer(t.Context(), tx, registration.OfferIn{Person: s.Person, Session: s.ID, Epoch: s.Epoch, First: directory.EnrolCode, From: regtest.From})
		return err
	})
	return o, err
}

// N14, N10: the password and a code to an address known for long, two different
// proofs, open the right to pair one app. It is no session, and every address hears of it.
func TestN14ACodeToAnOldAddressSetsUpAfterReregistration(t *testing.T) {
	w, mei := anew(t)
	v := visit(t, w, "192.0.2.7").proven(mei)
	if a := v.attempt(); a.Step != (policy.Step{Kind: policy.AskSecond, Mail: true, First: policy.Mail}) {
		t.Fatalf("%+v, ended %q", a.Step, a.Ended)
	}
	v.must(v.mail(v.sent(directory.OwnAddress, mei.Email)))
	if a := v.attempt(); a.Step.Kind != policy.Enrol {
		t.Fatalf("%+v, ended %q", a.Step, a.Ended)
	}
	if _, err := v.session(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("N10: signed in: %v", err)
	}
	session, err := v.enrolling()
	if err != nil || !session.Enrol || session.Strength > policy.Helped {
		t.Errorf("N10: %+v, %v", session, err)
	}
	o, err := offered(t, w, session)
	if err != nil {
		t.Fatal(err)
	}
	w.Accept(t, o, "New phone")
	w.Confirm(t, o)
	w.Write(t, func(tx *db.Tx) error {
		_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: session.ID, Offer: o.ID, First: directory.EnrolCode})
		return err
	})
	v.must(v.finish())
	if s, err := v.session(); err != nil || s.Strength != policy.TwoProofs {
		t.Errorf("%+v %v", s, err)
	}
	if p := w.Now(t, mei); p.Enrol != directory.EnrolClosed || !p.AnewAt.IsZero() {
		t.Errorf("set up, and still %s since %v", p.Enrol, p.AnewAt)
	}
	for _, template := range []string{notify.MailReregisterCode, notify.MailSetsUp} {
		if mails := w.Mails(t, mei); !slices.Contains(mails, template) {
			t.Errorf("her address hears of %v", mails)
		}
	}
	if kinds := kindsOf(t, w, mei); !slices.Contains(kinds, audit.SigninSetsUp) {
		t.Errorf("%v", kinds)
	}
}

// R1 (c): neither proof may be new when it is required, and none that was changed since counts.
func TestR1WhatIsNewOpensNoSetUp(t *testing.T) {
	own := func(t *testing.T, w *signintest.World, p directory.Person, mail string) {
		w.Write(t, func(tx *db.Tx) error { return directory.Describe(t.Context(), tx, p.ID, p.Name, mail) })
	}
	for name, c := range map[string]struct {
		before, after func(*testing.T, *signintest.World, directory.Person)
		counts        bool
	}{
		"all as it was": {counts: true},
		"the address was given just before": {before: func(t *testing.T, w *signintest.World, p directory.Person) {
			own(t, w, p, "thief@mail.example")
			w.Clock.Add(ways.AddressAge)
		}},
		"the password was chosen just before": {before: func(t *testing.T, w *signintest.World, p directory.Person) {
			w.SetPassword(t, p, signintest.Password)
			w.Clock.Add(ways.AddressAge)
		}},
		"the password is known to others": {before: func(t *testing.T, w *signintest.World, p directory.Person) {
			w.Write(t, func(tx *db.Tx) error { return method.Expose(t.Context(), tx, p.ID) })
		}},
		"the address was given afterwards": {after: func(t *testing.T, w *signintest.World, p directory.Person) {
			own(t, w, p, "thief@mail.example")
			w.Clock.Add(long)
		}},
		// The link for it may come by the mailbox that the code goes to: then one proof would be both (N14).
		"an admin has the password chosen anew": {after: func(t *testing.T, w *signintest.World, p directory.Person) {
			w.SetPassword(t, p, signintest.Password)
			w.Clock.Add(long)
		}},
		"a pass was issued": {after: func(t *testing.T, w *signintest.World, p directory.Person) {
			issue(t, w, method.PassIn{Person: p.ID})
			w.Clock.Add(method.PassLife)
		}},
		"more than a week ago": {after: func(t *testing.T, w *signintest.World, _ directory.Person) { w.Clock.Add(directory.CodeLife) }},
		"nearly a week ago": {after: func(t *testing.T, w *signintest.World, _ directory.Person) {
			w.Clock.Add(directory.CodeLife - time.Minute)
		}, counts: true},
		"suspended, and let in":   {after: suspendAndBack, counts: true},
		"an address is added too": {after: func(t *testing.T, w *signintest.World, p directory.Person) { w.Address(t, p, "thief@mail.example") }, counts: true},
		"required once more, late": {after: func(t *testing.T, w *signintest.World, p directory.Person) {
			reregister(t, w, p, signin.Reregistration{})
		}, counts: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := signintest.New(t)
			mei, _ := meiWithPhone(t, w)
			w.Clock.Add(long)
			if c.before != nil {
				c.before(t, w, mei)
			}
			reregister(t, w, mei, signin.Reregistration{})
			if c.after != nil {
				c.after(t, w, mei)
			}
			v := visit(t, w, "192.0.2.7").proven(mei)
			a := v.attempt()
			if a.Step.Mail != c.counts || !c.counts && a.Step.Kind != policy.Refuse {
				t.Fatalf("%+v, ended %q", a.Step, a.Ended)
			}
			if !c.counts {
				wants(t, w.SignIn.SendMail(t.Context(), v.token, directory.OwnAddress, v.b), signin.ErrStep)
				return
			}
			all, _, err := w.SignIn.Reachable(t.Context(), a)
			if err != nil || len(all) != 1 || all[0].Text != mei.Email {
				t.Errorf("it goes to %+v, %v", all, err)
			}
		})
	}
}

func suspendAndBack(t *testing.T, w *signintest.World, p directory.Person) {
	w.Write(t, func(tx *db.Tx) error {
		return errors.Join(directory.SetState(t.Context(), tx, p.ID, directory.Suspended), directory.SetState(t.Context(), tx, p.ID, directory.Active))
	})
}

// The code belongs to the sign-in that had it sent, is good once, and guessing it costs time.
func TestN9TheCodeThatSetsUpIsOfOneSignInOnceAndCountsTries(t *testing.T) {
	w, mei := anew(t)
	v := visit(t, w, "192.0.2.7").proven(mei)
	code := v.sent(directory.OwnAddress, mei.Email)
	other := visit(t, w, "192.0.2.8").proven(mei)
	wants(t, other.mail(code), signin.ErrWrong)
	recovers := lost(t, w).proven(mei)
	wants(t, recovers.mail(code), signin.ErrWrong)
	v.must(v.mail(code))
	wants(t, v.mail(code), signin.ErrStep)
	again := visit(t, w, "192.0.2.9").proven(mei)
	wants(t, again.mail(code), signin.ErrWrong)
	right := again.sent(directory.OwnAddress, mei.Email)
	wrong := "000000"
	if right == wrong {
		wrong = "000001"
	}
	for range 4 {
		wants(t, again.mail(wrong), signin.ErrWrong)
	}
	wants(t, again.mail(right), signin.ErrTooMany)
	if mails := w.Mails(t, mei); !slices.Contains(mails, notify.MailRecoveryGuessed) {
		t.Errorf("her address hears of %v", mails)
	}
}

// What the code has opened ends with the epoch, with a pass that takes its place, and with the week.
func TestTheRightToSetUpEndsWithWhatGaveIt(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *signintest.World, directory.Person){
		"everything is signed out": directoryEpoch,
		"suspended":                suspendAndBack,
		"required once more": func(t *testing.T, w *signintest.World, p directory.Person) {
			reregister(t, w, p, signin.Reregistration{})
		},
		"a pass is issued": func(t *testing.T, w *signintest.World, p directory.Person) { issue(t, w, method.PassIn{Person: p.ID}) },
		"the week is over": func(t *testing.T, w *signintest.World, _ directory.Person) { w.Clock.Add(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			w, mei := anew(t)
			w.Clock.Add(directory.CodeLife - time.Minute)
			v := visit(t, w, "192.0.2.7").proven(mei)
			v.must(v.mail(v.sent(directory.OwnAddress, mei.Email)))
			session, err := v.enrolling()
			if err != nil {
				t.Fatal(err)
			}
			o, err := offered(t, w, session)
			if err != nil {
				t.Fatal(err)
			}
			w.Accept(t, o, "Phone of a thief")
			w.Confirm(t, o)
			end(t, w, mei)
			err = w.DB.Write(t.Context(), func(tx *db.Tx) error {
				_, err := w.Registry.Activate(t.Context(), tx, registration.Activation{Session: session.ID, Offer: o.ID, First: directory.EnrolCode})
				return err
			})
			if !errors.Is(err, registration.ErrNotFirst) && !errors.Is(err, registration.ErrOfferExpired) && !errors.Is(err, registration.ErrOfferUnknown) {
				t.Errorf("an app was paired: %v", err)
			}
		})
	}
}

// N21: the link in the mail about it ends the set-up for good; a pass leads on from there.
func TestN21TheLinkEndsSettingUpWithACode(t *testing.T) {
	w, mei := anew(t)
	v := visit(t, w, "192.0.2.7").proven(mei)
	v.must(v.mail(v.sent(directory.OwnAddress, mei.Email)))
	session, err := v.enrolling()
	if err != nil {
		t.Fatal(err)
	}
	b, err := pull(t, w, stopLinks(t, w, mei)[notify.MailSetsUp])
	if err != nil || b.What != brake.SetUp {
		t.Fatalf("%+v %v", b, err)
	}
	if _, err := v.enrolling(); !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("the session is %v", err)
	}
	if _, err := offered(t, w, session); err == nil {
		t.Error("an app is still offered")
	}
	w.Clock.Add(brake.FreezeLife)
	if a := visit(t, w, "192.0.2.7").proven(mei).attempt(); a.Ended != policy.WhyExposed || w.Now(t, mei).Enrol != directory.EnrolClosed {
		t.Errorf("%+v, ended %q", a.Step, a.Ended)
	}
}

// N21: where the password alone signs in, it still changes no sign-in methods after
// re-registration; a pass does, and so does what an owner allowed.
func TestN21ThePasswordAloneAddsNothingAfterReregistration(t *testing.T) {
	for name, c := range map[string]struct {
		in    signin.Reregistration
		first string // that confirming it is them asks for; "" for nothing more
	}{
		"a pass":         {signin.Reregistration{Pass: &method.PassIn{}}, policy.Pass},
		"a code":         {signin.Reregistration{}, policy.Mail},
		"password alone": {signin.Reregistration{Alone: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := signintest.New(t)
			w.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
			mei, _ := meiWithPhone(t, w)
			w.Clock.Add(long)
			reregister(t, w, mei, c.in)
			v := visit(t, w, "192.0.2.7").proven(mei)
			s, err := v.session()
			if err != nil {
				t.Fatal(err)
			}
			var may bool
			w.Write(t, func(tx *db.Tx) (err error) {
				may, err = signin.MayChange(t.Context(), tx, s)
				return err
			})
			if may != (c.first == "") {
				t.Errorf("may change: %v", may)
			}
			v.begin(signin.Start{Goal: "/security", Purpose: policy.Again, Session: s})
			v.must(v.password(signintest.Password))
			if a := v.attempt(); a.Step.First != c.first || (c.first == "") != a.Done {
				t.Errorf("%+v", a.Step)
			}
		})
	}
}
