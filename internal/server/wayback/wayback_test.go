package wayback_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/audit"
	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/wire"
)

const phrase = "another phrase of mine"

// A house is people, an organisation that lets them help themselves, and a
// personal directory.
type house struct {
	*signintest.World
	back *wayback.Service
	home directory.Directory
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{World: signintest.New(t)}
	h.back = wayback.New(h.SignIn)
	h.Policy(t, func(p *directory.Policy) { p.SelfReset = true })
	h.Write(t, func(tx *db.Tx) (err error) {
		h.home, err = directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Komorebi", Domain: "komorebi.example"})
		return err
	})
	return h
}

// atHome adds somebody to the personal directory who has a password and an address, and no other way in.
func (h *house) atHome(t *testing.T, name string) (p directory.Person) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) (err error) {
		p, err = directory.CreatePerson(t.Context(), tx, directory.Person{
			DirectoryID: h.home.ID, Login: name + "@komorebi.example", Name: name, Email: name + "@mail.example", Enrol: directory.EnrolClosed,
		})
		return err
	})
	h.SetPassword(t, p, signintest.Password)
	return h.Now(t, p)
}

// A way is one browser on its way back.
type way struct {
	t      *testing.T
	h      *house
	b      signin.Browser
	token  string
	ticket string // of the device that led here
}

// begins goes from the name on.
func (h *house) begins(t *testing.T, login string) *way {
	t.Helper()
	return h.led(t, login, "")
}

// led is [house.begins] where a device has led.
func (h *house) led(t *testing.T, login, ticket string) *way {
	t.Helper()
	v := &way{t: t, h: h, b: signintest.Browser("192.0.2.7"), ticket: ticket}
	var err error
	if v.token, err = h.back.Begin(t.Context(), login, v.ticket, v.b); err != nil {
		t.Fatal(err)
	}
	return v
}

// mailed is the code that was sent to an address, or "".
func (v *way) mailed(address string) string {
	v.t.Helper()
	if err := v.h.back.Send(v.t.Context(), v.token, policy.Mail, v.b); err != nil {
		v.t.Fatal(err)
	}
	template, data := v.h.Letter(v.t, address)
	if template != "wayback_code" {
		return ""
	}
	return data["code"]
}

func (v *way) keep(token string, err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	v.token = token
}

// proves gives both proofs of a person.
func (h *house) proves(t *testing.T, p directory.Person, code string) *way {
	t.Helper()
	return h.begins(t, p.Login).proves(p, code)
}

func (v *way) proves(p directory.Person, code string) *way {
	v.t.Helper()
	v.keep(v.h.back.Code(v.t.Context(), v.token, policy.Mail, v.mailed(p.Email), v.b))
	v.keep(v.h.back.RecoveryCode(v.t.Context(), v.token, code, v.b))
	return v
}

func (v *way) plan() wayback.Plan {
	v.t.Helper()
	_, p, err := v.h.back.Plan(v.t.Context(), v.token, false, v.b)
	if err != nil {
		v.t.Fatal(err)
	}
	return p
}

// signsIn tells whether a password is somebody's.
func (h *house) signsIn(t *testing.T, p directory.Person, password string) bool {
	t.Helper()
	token, _, err := h.SignIn.Begin(t.Context(), signin.Start{Goal: "/", Browser: signintest.Browser("198.51.100.3")})
	if err != nil {
		t.Fatal(err)
	}
	went, err := h.SignIn.Name(t.Context(), token, p.Login, signintest.Browser("198.51.100.3"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.SignIn.Password(t.Context(), went.Token, password, signintest.Browser("198.51.100.3"))
	if err != nil && !errors.Is(err, signin.ErrWrong) {
		t.Fatal(err)
	}
	return err == nil
}

func (h *house) left(t *testing.T, p directory.Person) (n int) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) error {
		set, err := h.Recovery.Of(t.Context(), tx, p.ID)
		n = set.Left
		return err
	})
	return n
}

// days lets time pass in which addresses become old enough (R1).
func (h *house) days() { h.Clock.Add(ways.AddressAge + time.Hour) }

// R1, N14: where the phone still stands before it, two proofs bring the password
// back at once; the paper that was one of them ends with it.
func TestR1TwoProofsBringThePasswordBackAndThePaperEnds(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	h.Device(t, mei, "Pixel")
	codes := h.RecoveryCodes(t, mei)
	h.days()
	v := h.proves(t, mei, codes[0])
	if p := v.plan(); p.Outcome != ways.Now || !p.Voids {
		t.Fatalf("%+v", p)
	}
	epoch := h.Now(t, mei).Epoch
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	if h.signsIn(t, mei, signintest.Password) || !h.signsIn(t, mei, phrase) {
		t.Error("the new password is not the password")
	}
	if h.left(t, mei) != 0 || h.Now(t, mei).Epoch == epoch {
		t.Errorf("%d codes left, epoch %d", h.left(t, mei), h.Now(t, mei).Epoch)
	}
	if mails := h.Mails(t, mei); !slices.Contains(mails, "password_changed") || !slices.Contains(mails, "recovery_removed") {
		t.Errorf("%v", mails)
	}
	if w, err := h.back.Find(t.Context(), v.token); err != nil || w.State != wayback.Done {
		t.Errorf("%+v, %v", w, err)
	}
	h.Recorded(t, mei.ID, audit.WayBackSent, audit.WayBackProven, audit.WayBackDone)
	if _, err := h.back.Renew(t.Context(), v.token, phrase, false, v.b); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("a second time: %v", err)
	}
}

// R1: where nothing else would be asked, the new password waits for a day, is
// announced, and works then; until then the old one does.
func TestR1ANewPasswordThatOpensMoreWaitsForADay(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	codes := h.RecoveryCodes(t, haru)
	h.days()
	v := h.proves(t, haru, codes[0])
	if p := v.plan(); p.Outcome != ways.Wait || p.Voids || p.Wait != ways.PersonalWait {
		t.Fatalf("%+v", p)
	}
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	if mails := h.Mails(t, haru); !slices.Contains(mails, "wayback_waits") {
		t.Errorf("%v", mails)
	}
	h.Recorded(t, haru.ID, audit.WayBackWaits)
	h.Clock.Add(ways.PersonalWait - time.Second)
	h.ripens(t)
	if !h.signsIn(t, haru, signintest.Password) {
		t.Error("the old password does not work while the new one waits")
	}
	h.Clock.Add(2 * time.Second)
	h.ripens(t)
	if h.signsIn(t, haru, signintest.Password) || !h.signsIn(t, haru, phrase) || h.left(t, haru) != 9 {
		t.Errorf("after the wait; %d codes left", h.left(t, haru))
	}
	h.SetPassword(t, haru, signintest.Password)
	h.ripens(t)
	if !h.signsIn(t, haru, signintest.Password) {
		t.Error("it was set twice")
	}
}

func (h *house) ripens(t *testing.T) {
	t.Helper()
	if err := h.back.Ripen(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// R1, N21: what waits is stopped by the link of the mail, by whoever is signed
// in, and by anything that changes the account meanwhile.
func TestR1WhatWaitsCanBeStopped(t *testing.T) {
	for name, stop := range map[string]func(h *house, haru directory.Person) error{
		"by the link": func(h *house, haru directory.Person) error {
			_, data := h.Letter(t, haru.Email)
			return h.DB.Write(t.Context(), func(tx *db.Tx) error {
				b, err := h.SignIn.Brake(t.Context(), tx, data["stop"], signinWhere, "CS-TEST-0000")
				if b.What != brake.WayBack {
					t.Errorf("the link is about %q", b.What)
				}
				return err
			})
		},
		"by whoever is signed in": func(h *house, haru directory.Person) error {
			return h.stop(t, haru)
		},
		"by a change of the account": func(h *house, haru directory.Person) error {
			h.SetPassword(t, haru, signintest.Password)
			return nil
		},
		"by suspending": func(h *house, haru directory.Person) error {
			return h.DB.Write(t.Context(), func(tx *db.Tx) error {
				return errors.Join(directory.SetState(t.Context(), tx, haru.ID, directory.Suspended), directory.SetState(t.Context(), tx, haru.ID, directory.Active))
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru := h.atHome(t, "haru")
			codes := h.RecoveryCodes(t, haru)
			h.days()
			v := h.proves(t, haru, codes[0])
			h.Clock.Add(time.Second)
			v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
			if err := stop(h, haru); err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(ways.PersonalWait + time.Hour)
			h.ripens(t)
			if h.signsIn(t, haru, phrase) || !h.signsIn(t, haru, signintest.Password) {
				t.Error("it was set all the same")
			}
			if name == "by whoever is signed in" {
				h.Recorded(t, haru.ID, audit.WayBackStopped)
			}
		})
	}
}

var signinWhere = method.Where{IP: "192.0.2.9", Browser: "Chrome, Windows"}

// R1: in an organisation the same never happens without an admin, and where the
// policy does not say so nobody begins.
func TestR1AnAdminHelpsWhereTheNewPasswordWouldOpenMore(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	h.Write(t, func(tx *db.Tx) error { return directory.CloseEnrol(t.Context(), tx, mei.ID) })
	codes := h.RecoveryCodes(t, mei)
	h.days()
	v := h.proves(t, mei, codes[0])
	if p := v.plan(); p.Outcome != ways.Never || p.Reason != ways.WhyManaged {
		t.Errorf("%+v", p)
	}
	if _, err := h.back.Renew(t.Context(), v.token, phrase, false, v.b); !errors.Is(err, wayback.ErrManaged) {
		t.Errorf("%v", err)
	}
	if !h.signsIn(t, mei, signintest.Password) {
		t.Error("the password was changed")
	}
	h.Policy(t, func(p *directory.Policy) { p.SelfReset = false })
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		if _, err := h.back.Begin(t.Context(), login, "", v.b); !errors.Is(err, wayback.ErrManaged) {
			t.Errorf("%s: %v", login, err)
		}
	}
}

// N14: one proof chooses no password, twice the same is one, and an address of
// yesterday gets no code (R1).
func TestN14OneProofIsNotEnough(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	codes := h.RecoveryCodes(t, mei)
	v := h.begins(t, mei.Login)
	if code := v.mailed(mei.Email); code != "" {
		t.Errorf("an address of today gets %s", code)
	}
	h.days()
	v = h.begins(t, mei.Login)
	v.keep(h.back.RecoveryCode(t.Context(), v.token, codes[0], v.b))
	if _, _, err := h.back.Plan(t.Context(), v.token, false, v.b); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("with one proof: %v", err)
	}
	if _, err := h.back.RecoveryCode(t.Context(), v.token, codes[1], v.b); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("a second code of one kind: %v", err)
	}
	if _, err := h.back.Renew(t.Context(), v.token, phrase, false, v.b); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("%v", err)
	}
}

// N10: the proofs of a way back sign nobody in.
func TestN10AWayBackIsNoSignIn(t *testing.T) {
	if n := policy.Strength([]string{policy.Password, policy.Mail}); n != policy.OneProof {
		t.Errorf("password and mail are worth %d", n)
	}
	if n := policy.Strength([]string{policy.Mail}); n != policy.Nothing {
		t.Errorf("mail alone is worth %d", n)
	}
}

// N10, R1: a text and a mail are two proofs; whoever has them alone gets no
// further than the password, so it is set at once and the paper stays.
func TestN10MailAndTextBringThePasswordAndNoMore(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	h.Write(t, func(tx *db.Tx) error { return directory.CloseEnrol(t.Context(), tx, mei.ID) })
	h.RecoveryCodes(t, mei)
	const mobile = "+819012345678"
	addresses := directory.NewAddresses(h.Keeper, h.Notify)
	in := directory.AddressIn{Person: mei.ID, Kind: directory.ByPhone, Session: "S", Net: "n"}
	var id string
	h.Write(t, func(tx *db.Tx) (err error) {
		id, _, err = addresses.Offer(t.Context(), tx, in, mobile)
		return err
	})
	_, data := h.Letter(t, mobile)
	h.Write(t, func(tx *db.Tx) error {
		refused, err := addresses.Confirm(t.Context(), tx, in, id, data["code"])
		return errors.Join(refused, err)
	})
	h.days()
	v := h.begins(t, mei.Login)
	v.keep(h.back.Code(t.Context(), v.token, policy.Mail, v.mailed(mei.Email), v.b))
	if err := h.back.Send(t.Context(), v.token, policy.Text, v.b); err != nil {
		t.Fatal(err)
	}
	_, data = h.Letter(t, mobile)
	v.keep(h.back.Code(t.Context(), v.token, policy.Text, data["code"], v.b))
	if p := v.plan(); p.Outcome != ways.Now || p.Voids {
		t.Fatalf("%+v", p)
	}
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	if !h.signsIn(t, mei, phrase) || h.left(t, mei) != method.RecoveryCodes {
		t.Errorf("%d codes left", h.left(t, mei))
	}
}

// A8: for a name that nobody has every step answers the same, and nothing is sent.
func TestA8ANameNobodyHasGoesTheSameWayBack(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	h.days()
	var seen []wayback.Way
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		v := h.begins(t, login)
		if err := h.back.Send(t.Context(), v.token, policy.Mail, v.b); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := h.back.Code(t.Context(), v.token, policy.Mail, "1234567", v.b); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s: %v", login, err)
			}
			if _, err := h.back.RecoveryCode(t.Context(), v.token, wire.ShowPairingCode(wire.NewPairingCode()), v.b); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s: %v", login, err)
			}
		}
		if _, err := h.back.RecoveryCode(t.Context(), v.token, "nonsense", v.b); !errors.Is(err, wire.ErrMistyped) {
			t.Errorf("%s: %v", login, err)
		}
		w, err := h.back.Find(t.Context(), v.token)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, w)
	}
	if a, b := seen[0], seen[1]; !slices.Equal(a.Sent, b.Sent) || a.State != b.State || a.Directory.ID != b.Directory.ID || len(a.Proofs)+len(b.Proofs) > 0 {
		t.Errorf("%+v, but %+v", a, b)
	}
}

// N9: codes are tried few times, by name and by network, also when nobody has
// the name; a new code is sent a few times an hour.
func TestN9CodesAreTriedAndSentFewTimes(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	codes := h.RecoveryCodes(t, mei)
	h.days()
	for _, login := range []string{mei.Login, "nobody@aoba.example"} {
		v := h.begins(t, login)
		for range 3 {
			if err := h.back.Send(t.Context(), v.token, policy.Mail, v.b); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.back.Send(t.Context(), v.token, policy.Mail, v.b); !errors.Is(err, signin.ErrTooMany) {
			t.Errorf("%s: a fourth: %v", login, err)
		}
		for range 5 {
			if _, err := h.back.Code(t.Context(), v.token, policy.Mail, "1234567", v.b); !errors.Is(err, signin.ErrWrong) {
				t.Errorf("%s: %v", login, err)
			}
		}
		if _, err := h.back.RecoveryCode(t.Context(), v.token, codes[0], v.b); !errors.Is(err, signin.ErrTooMany) {
			t.Errorf("%s: a sixth: %v", login, err)
		}
	}
	h.Recorded(t, mei.ID, audit.WayBackWrong)
	other := h.begins(t, strings.ToUpper(mei.Login))
	other.b = signintest.Browser("198.51.100.77")
	other.keep(h.back.RecoveryCode(t.Context(), other.token, codes[0], other.b)) // from elsewhere there is room
}

// R2: of two who choose a password at once by one way back, one does.
func TestR2OneWayBackSetsOnePassword(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	h.Device(t, mei, "Pixel")
	codes := h.RecoveryCodes(t, mei)
	h.days()
	v := h.proves(t, mei, codes[0])
	errs := make(chan error, 4)
	for i := range cap(errs) {
		go func() {
			_, err := h.back.Renew(t.Context(), v.token, phrase+strings.Repeat("!", i), false, v.b)
			errs <- err
		}()
	}
	set := 0
	for range cap(errs) {
		switch err := <-errs; {
		case err == nil:
			set++
		case !errors.Is(err, wayback.ErrStep) && !errors.Is(err, wayback.ErrNone):
			t.Error(err)
		}
	}
	if set != 1 {
		t.Errorf("%d were set", set)
	}
}

// A12: a way back dies with the epoch, with time, while changes are frozen, and
// for the suspended.
func TestA12AWayBackDiesWithTheEpoch(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *house, mei directory.Person) func(*db.Tx) error
		want  error
	}{
		"password changed": {func(h *house, mei directory.Person) func(*db.Tx) error {
			return func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, mei.ID); return err }
		}, wayback.ErrNone},
		"frozen": {func(h *house, mei directory.Person) func(*db.Tx) error {
			return func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, mei.ID) }
		}, brake.ErrFrozen},
		"late": {func(h *house, mei directory.Person) func(*db.Tx) error {
			h.Clock.Add(wayback.Life)
			return func(tx *db.Tx) error { return wayback.Prune(t.Context(), tx) }
		}, wayback.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			mei := h.Member(t, "mei")
			h.Device(t, mei, "Pixel")
			codes := h.RecoveryCodes(t, mei)
			h.days()
			v := h.proves(t, mei, codes[0])
			h.Write(t, c.spoil(h, mei))
			if _, err := h.back.Renew(t.Context(), v.token, phrase, false, v.b); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	h := newHouse(t)
	ren := h.Member(t, "ren")
	codes := h.RecoveryCodes(t, ren)
	h.Write(t, func(tx *db.Tx) error { return directory.SetState(t.Context(), tx, ren.ID, directory.Suspended) })
	h.days()
	v := h.proves(t, ren, codes[0])
	if _, _, err := h.back.Plan(t.Context(), v.token, false, v.b); !errors.Is(err, wayback.ErrSuspended) {
		t.Errorf("suspended: %v", err)
	}
}

// R1: who never had a password has lost the passkey. What two proofs bring waits, since
// with a code of the paper it will be a way in; and the paper stays for that.
func TestR1WhoHasNoPasswordComesBackToOneAfterADay(t *testing.T) {
	h := newHouse(t)
	var haru directory.Person
	h.Write(t, func(tx *db.Tx) (err error) {
		haru, err = directory.CreatePerson(t.Context(), tx, directory.Person{
			DirectoryID: h.home.ID, Login: "haru@komorebi.example", Name: "Haru", Email: "haru@mail.example",
		})
		return err
	})
	h.Passkey(t, haru, "ThinkPad")
	codes := h.RecoveryCodes(t, haru)
	h.days()
	v := h.proves(t, haru, codes[0])
	if p := v.plan(); p.Outcome != ways.Wait || p.Voids {
		t.Fatalf("%+v", p)
	}
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	if mails := h.Mails(t, haru); !slices.Contains(mails, "wayback_all") || h.signsIn(t, haru, phrase) || !h.has(t, haru).Passkey {
		t.Errorf("it does not wait, or in silence: %v", mails)
	}
	h.Clock.Add(ways.PersonalWait + time.Minute)
	h.ripens(t)
	if !h.signsIn(t, haru, phrase) || h.left(t, haru) != len(codes)-1 || h.has(t, haru).Passkey {
		t.Errorf("%d codes left, %+v", h.left(t, haru), h.has(t, haru))
	}
}

// has is what somebody can sign in with now.
func (h *house) has(t *testing.T, p directory.Person) (has policy.Methods) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) (err error) {
		has, _, err = signin.MethodsOf(t.Context(), tx, p.ID)
		return err
	})
	return has
}

// asked is what is asked of somebody who has typed the password and is about to
// change their sign-in methods.
func (h *house) asked(t *testing.T, p directory.Person) policy.Step {
	t.Helper()
	return policy.Next(policy.State{Policy: h.home.Policy, Purpose: policy.Again, Proofs: []string{policy.Password}, Known: true, Passkeys: true, Active: true, Enrol: directory.EnrolClosed, Has: h.has(t, p)})
}

// N11, R1: before sign-in methods are changed the strongest is asked for, for ever,
// also of who has lost all that signs in alone. Where no admin helps, they say so:
// after a day in which it was announced and could be stopped, it ends, with the
// new password. Nothing of it goes faster, nor where an admin helps.
func TestN11WhoHasLostWhatSignsInAloneIsNotAskedForItForEver(t *testing.T) {
	lost := map[string]func(h *house, p directory.Person){
		"a passkey": func(h *house, p directory.Person) { h.Passkey(t, p, "ThinkPad") },
		"a phone alone": func(h *house, p directory.Person) {
			h.home.Policy.Passwordless = true
			h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.home.ID, h.home.Policy) })
			h.Alone(t, p, "Pixel")
		},
	}
	for name, have := range lost {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru := h.atHome(t, "haru")
			have(h, haru)
			codes := h.RecoveryCodes(t, haru)
			h.days()
			v := h.proves(t, haru, codes[0])
			if p := v.plan(); !p.Strong || p.Ends {
				t.Fatalf("not said: %+v", p)
			}
			if _, p, err := h.back.Plan(t.Context(), v.token, true, v.b); err != nil || p.Outcome != ways.Wait || p.Wait != ways.PersonalWait || !p.Ends {
				t.Fatalf("said: %+v, %v", p, err)
			}
			v.keep(h.back.Renew(t.Context(), v.token, phrase, true, v.b))
			if mails := h.Mails(t, haru); !slices.Contains(mails, "wayback_all") {
				t.Errorf("not announced: %v", mails)
			}
			h.Clock.Add(ways.PersonalWait - time.Second)
			h.ripens(t)
			if h.signsIn(t, haru, phrase) || h.has(t, haru).Strongest() != policy.Strong || h.asked(t, haru).Kind != policy.AskSecond {
				t.Error("it did not wait")
			}
			h.Clock.Add(2 * time.Second)
			h.ripens(t)
			if !h.signsIn(t, haru, phrase) || h.has(t, haru).Strongest() == policy.Strong {
				t.Errorf("after the wait: %+v", h.has(t, haru))
			}
			if step := h.asked(t, haru); step.Passkey || step.Passwordless {
				t.Errorf("still asked for what was lost: %+v", step)
			}
			if name == "a phone alone" && !h.has(t, haru).App {
				t.Error("the phone is gone, and was only to ask for the password")
			}
		})
	}
}

// R1, N20: whoever is left with the password alone, where a second proof is asked,
// pairs a first app with it; the paper is not taken from who has nothing else.
func TestWhoLosesWhatSignsInAloneIsNotLockedOutByIt(t *testing.T) {
	for name, used := range map[string]int{"some paper is left": 1, "none is left": 10} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.home.Policy = directory.DefaultPolicy()
			h.home.Policy.SecondFactor = true
			h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.home.ID, h.home.Policy) })
			haru := h.atHome(t, "haru")
			h.Passkey(t, haru, "ThinkPad")
			codes := h.RecoveryCodes(t, haru)
			h.days()
			h.Write(t, func(tx *db.Tx) error {
				for _, code := range codes[1:used] {
					if _, err := h.Recovery.Use(t.Context(), tx, haru.ID, code, method.Where{}); err != nil {
						return err
					}
				}
				return nil
			})
			h.Clock.Add(time.Second)
			v := h.proves(t, h.Now(t, haru), codes[0])
			if _, p, err := h.back.Plan(t.Context(), v.token, true, v.b); err != nil || p.Voids || !p.Ends {
				t.Fatalf("%+v, %v", p, err)
			}
			v.keep(h.back.Renew(t.Context(), v.token, phrase, true, v.b))
			h.Clock.Add(ways.PersonalWait + time.Minute)
			h.ripens(t)
			has, now := h.has(t, haru), h.Now(t, haru)
			if enrols := now.EnrolAt(h.Clock.Now()) == directory.EnrolOpen; !h.signsIn(t, haru, phrase) || has.Passkey || has.Recovery == enrols {
				t.Errorf("%+v, pairs a first app: %t", has, enrols)
			}
		})
	}
}

// R1: it can be stopped, and is not done where it was not said.
func TestR1WhatSignsInAloneStaysUnlessItWasSaidAndNobodyStoppedIt(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	h.Passkey(t, haru, "ThinkPad")
	codes := h.RecoveryCodes(t, haru)
	h.days()
	v := h.proves(t, haru, codes[0])
	h.Clock.Add(time.Second)
	v.keep(h.back.Renew(t.Context(), v.token, phrase, true, v.b))
	if err := h.stop(t, haru); err != nil {
		t.Fatal(err)
	}
	h.Clock.Add(ways.PersonalWait + time.Hour)
	h.ripens(t)
	if h.signsIn(t, haru, phrase) || !h.has(t, haru).Passkey {
		t.Errorf("stopped: %+v", h.has(t, haru))
	}
	v = h.proves(t, haru, codes[1])
	v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
	h.Clock.Add(ways.PersonalWait + time.Hour)
	h.ripens(t)
	if !h.signsIn(t, haru, phrase) || !h.has(t, haru).Passkey {
		t.Errorf("not said: %+v", h.has(t, haru))
	}

	mei := h.Member(t, "mei")
	h.Device(t, mei, "Pixel")
	h.Passkey(t, mei, "ThinkPad")
	codes = h.RecoveryCodes(t, mei)
	h.days()
	v = h.proves(t, mei, codes[0])
	if _, p, err := h.back.Plan(t.Context(), v.token, true, v.b); err != nil || p.Strong || p.Ends {
		t.Errorf("where an admin helps: %+v, %v", p, err)
	}
	v.keep(h.back.Renew(t.Context(), v.token, phrase, true, v.b))
	if !h.has(t, mei).Passkey {
		t.Error("where an admin helps the passkey went")
	}
}
