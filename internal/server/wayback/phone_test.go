package wayback_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/policy"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/wire"
	"countersign/internal/wire/restorekey"
)

const vaultIdentity = "AGE-SECRET-KEY-PQ-1OFATEST"

// A phone is a new device on which somebody's account came back by its name.
type phone struct {
	t       *testing.T
	h       *house
	subject string
	key     *ecdsa.PrivateKey
	wire.Ticket
}

func (h *house) phone(t *testing.T, subject string) *phone {
	t.Helper()
	f := &phone{t: t, h: h, subject: subject, key: regtest.NewKey(t)}
	in := wire.Rebind{Subject: subject, Name: "New phone", Platform: "iPhone, Safari"}
	if err := in.Sign(regtest.Issuer, f.key); err != nil {
		t.Fatal(err)
	}
	var err error
	if f.Ticket, err = h.back.Open(t.Context(), in, regtest.From); err != nil {
		t.Fatal(err)
	}
	return f
}

// look is the ticket as it stands.
func (f *phone) look() (w wayback.Ticket, state wire.TicketState) {
	f.t.Helper()
	err := f.h.DB.Read(f.t.Context(), func(tx *db.Tx) (err error) {
		if w, err = f.h.back.TicketOf(f.t.Context(), tx, f.Ticket.Ticket); err != nil {
			return err
		}
		state, err = f.h.back.Describe(f.t.Context(), tx, w)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return w, state
}

// opens signs with what somebody has who opened the backup of a vault.
func (f *phone) opens(vault string) {
	f.t.Helper()
	key, err := restorekey.Derive(vault, regtest.Issuer, f.subject)
	if err != nil {
		f.t.Fatal(err)
	}
	device, err := wire.NewJWK(&f.key.PublicKey)
	if err != nil {
		f.t.Fatal(err)
	}
	by, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key.Bytes())
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := wire.Restore{Issuer: regtest.Issuer, Subject: f.subject, Ticket: f.Ticket.Ticket, Challenge: f.Challenge, Key: device}.Sign(by)
	if err != nil {
		f.t.Fatal(err)
	}
	w, _ := f.look()
	f.h.Write(f.t, func(tx *db.Tx) error { return f.h.back.Sign(f.t.Context(), tx, w, s) })
}

// keeps has an app send the restore key of its vault, as one whose backup is on.
func (h *house) keeps(t *testing.T, p directory.Person, d regtest.Device) {
	t.Helper()
	key, err := restorekey.Derive(vaultIdentity, regtest.Issuer, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	jwk := wire.JWK(restorekey.PublicOf(key))
	h.Write(t, func(tx *db.Tx) error { return h.Registry.SetRestore(t.Context(), tx, d.ID(), &jwk) })
}

// proven is a recovery sign-in for a ticket, by the password and a code that is sent
// to an address, or a recovery code.
func (f *phone) proven(p directory.Person, paper ...string) signin.Session {
	f.t.Helper()
	s, err := f.tries(p, paper...)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *phone) tries(p directory.Person, paper ...string) (signin.Session, error) {
	f.t.Helper()
	h, ctx, b := f.h, f.t.Context(), signintest.Browser("192.0.2.7")
	goal := "/restore/" + f.Ticket.Ticket
	token, _, err := h.SignIn.Begin(ctx, signin.Start{Goal: goal, Purpose: policy.Restore, Browser: b})
	took := func(went signin.Went, failed error) {
		if failed != nil && err == nil {
			err = failed
		}
		if went.Token != "" {
			token = went.Token
		}
	}
	if err == nil {
		took(h.SignIn.Name(ctx, token, p.Login, b))
		took(h.SignIn.Password(ctx, token, signintest.Password, b))
	}
	switch {
	case err != nil:
	case len(paper) > 0:
		took(h.SignIn.RecoveryCode(ctx, token, paper[0], b))
	default:
		h.Clock.Add(time.Second) // so that it is the newest letter
		if err = h.SignIn.SendMail(ctx, token, directory.OwnAddress, b); err == nil {
			_, letter := h.Letter(f.t, p.Email)
			took(h.SignIn.Mail(ctx, token, letter["code"], b))
		}
	}
	if err != nil {
		return signin.Session{}, err
	}
	return h.SignIn.Recovered(ctx, token, goal)
}

func (f *phone) foresees(by signin.Session) ways.Answer {
	f.t.Helper()
	var a ways.Answer
	err := f.h.DB.Read(f.t.Context(), func(tx *db.Tx) (err error) {
		_, a, err = f.h.back.Foresee(f.t.Context(), tx, f.Ticket.Ticket, by)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return a
}

func (f *phone) goesOn(by signin.Session, replaces ...string) error {
	return f.h.back.GoOn(f.t.Context(), f.Ticket.Ticket, by, append(replaces, "")[0], regtest.From)
}

// takes has the new phone take the offer that was made for it.
func (f *phone) takes() regtest.Device {
	f.t.Helper()
	_, state := f.look()
	if state.Offer == nil {
		f.t.Fatalf("no offer: %+v", state)
	}
	pair := wire.Pair{Offer: state.Offer.Offer, Secret: state.Offer.Secret, Name: "New phone", Platform: "iPhone, Safari"}
	stranger := pair
	if err := errors.Join(pair.Sign(regtest.Issuer, f.key), stranger.Sign(regtest.Issuer, regtest.NewKey(f.t))); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.h.Registry.Accept(f.t.Context(), stranger, regtest.From); !errors.Is(err, registration.ErrOfferUnknown) {
		f.t.Errorf("another device takes the offer: %v", err)
	}
	answer, err := f.h.Registry.Accept(f.t.Context(), pair, regtest.From)
	if err != nil {
		f.t.Fatal(err)
	}
	return regtest.Device{Key: f.key, Answer: answer}
}

func (f *phone) activates() error {
	w, _ := f.look()
	return f.h.DB.Write(f.t.Context(), func(tx *db.Tx) error {
		return f.h.back.Activate(f.t.Context(), tx, w, registration.ByTest, regtest.From)
	})
}

func (h *house) waiting(t *testing.T, p directory.Person) (all []wayback.Change) {
	t.Helper()
	p = h.Now(t, p)
	h.Write(t, func(tx *db.Tx) (err error) {
		all, err = wayback.Waiting(t.Context(), tx, p)
		return err
	})
	return all
}

// stop presses the button at all that waits.
func (h *house) stop(t *testing.T, p directory.Person) error {
	t.Helper()
	for _, c := range h.waiting(t, p) {
		if err := h.DB.Write(t.Context(), func(tx *db.Tx) error { return h.back.Stop(t.Context(), tx, p, c.ID, signinWhere) }); err != nil {
			return err
		}
	}
	return nil
}

// N20, R2: who has opened the backup is set up at once, by two proofs; the new phone
// has codes of its own, and those of the old one stay good.
func TestN20WhoOpenedTheBackupIsSetUpAtOnce(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	old := h.Device(t, haru, "Old phone")
	h.keeps(t, haru, old)
	h.days()
	f := h.phone(t, haru.ID)
	f.opens(vaultIdentity)
	by := f.proven(haru)
	if a := f.foresees(by); a.Outcome != ways.Now {
		t.Fatalf("%+v", a)
	}
	if err := f.goesOn(by); err != nil {
		t.Fatal(err)
	}
	if all := h.waiting(t, haru); len(all) != 1 || all[0].What != wire.WaitsApp || all[0].Name != "New phone" {
		t.Errorf("the old phone hears %+v", all)
	}
	phone := f.takes()
	if err := f.activates(); err != nil {
		t.Fatal(err)
	}
	if err := f.activates(); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("a second time: %v", err)
	}
	if err := f.goesOn(by); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("a ticket that was used: %v", err)
	}
	now := h.Clock.Now()
	if old.Code(t, now) == phone.Code(t, now) || old.Answer.Code.Secret == phone.Answer.Code.Secret {
		t.Error("both have the same codes")
	}
	h.Write(t, func(tx *db.Tx) error {
		for _, d := range []regtest.Device{old, phone} {
			if id, err := h.Registry.CheckCode(t.Context(), tx, haru.ID, d.Code(t, now)); err != nil || id != d.ID() {
				t.Errorf("a code of %s: %q, %v", d.ID(), id, err)
			}
		}
		return nil
	})
	if mails := h.Mails(t, haru); !slices.Contains(mails, "app_added") {
		t.Errorf("%v", mails)
	}
}

// N20: a signature counts by a key that an app of this person's stands for now, and by
// no other.
func TestN20ASignatureByAnotherKeyIsNone(t *testing.T) {
	for name, spoil := range map[string]func(h *house, haru directory.Person, old regtest.Device, f *phone){
		"none":             func(*house, directory.Person, regtest.Device, *phone) {},
		"of another vault": func(_ *house, _ directory.Person, _ regtest.Device, f *phone) { f.opens(vaultIdentity + "2") },
		"of an account beside it": func(_ *house, haru directory.Person, _ regtest.Device, f *phone) {
			f.subject = "another"
			f.opens(vaultIdentity)
		},
		"of an app that was removed": func(h *house, haru directory.Person, old regtest.Device, f *phone) {
			f.opens(vaultIdentity)
			h.Device(t, haru, "Third phone")
			h.Write(t, func(tx *db.Tx) error {
				return h.Registry.Remove(t.Context(), tx, registration.Removal{Person: haru.ID, ID: old.ID(), Why: registration.WhyPerson})
			})
		},
		"of a backup that was turned off": func(h *house, _ directory.Person, old regtest.Device, f *phone) {
			f.opens(vaultIdentity)
			h.Write(t, func(tx *db.Tx) error { return h.Registry.SetRestore(t.Context(), tx, old.ID(), nil) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru := h.atHome(t, "haru")
			old := h.Device(t, haru, "Old phone")
			h.keeps(t, haru, old)
			h.days()
			f := h.phone(t, haru.ID)
			spoil(h, haru, old, f)
			if a := f.foresees(f.proven(haru)); a.Outcome != ways.Wait || a.Wait != ways.PersonalWait {
				t.Errorf("%+v", a)
			}
		})
	}
}

// R1: without the signature it waits for a day, announced; then it goes on with both
// proofs once more, and not before.
func TestR1WithoutTheSignatureANewPhoneWaitsForADay(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	h.Device(t, haru, "Old phone")
	h.days()
	f := h.phone(t, haru.ID)
	by := f.proven(haru)
	if err := f.goesOn(by); err != nil {
		t.Fatal(err)
	}
	w, state := f.look()
	if state.State != wire.TicketWaits || state.ReadyAt != db.Millis(h.Clock.Now().Add(ways.PersonalWait)) || state.Offer != nil {
		t.Fatalf("%+v", state)
	}
	if mails := h.Mails(t, haru); !slices.Contains(mails, "restore_waits") {
		t.Errorf("%v", mails)
	}
	if all := h.waiting(t, haru); len(all) != 1 || all[0].ReadyAt != w.ReadyAt || all[0].Name != "New phone" {
		t.Errorf("%+v", all)
	}
	h.Clock.Add(ways.PersonalWait - time.Second)
	if err := f.goesOn(by); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("a second before: %v", err)
	}
	h.Clock.Add(2 * time.Second)
	if _, state = f.look(); state.State != wire.TicketReady {
		t.Errorf("%+v", state)
	}
	if err := f.goesOn(f.proven(haru)); err != nil {
		t.Fatal(err)
	}
	h.Clock.Add(registration.OfferLife + time.Second)
	if err := f.goesOn(f.proven(haru)); err != nil {
		t.Fatalf("an offer that ran out after the wait: %v", err)
	}
	f.takes()
	if err := f.activates(); err != nil {
		t.Fatal(err)
	}
	if all := h.waiting(t, haru); len(all) > 0 {
		t.Errorf("%+v", all)
	}
}

// R1, N21: what waits, and what is being set up until the last moment, is stopped by
// the link of the mail, on an app, and by anything that changes the account.
func TestR1ANewPhoneCanBeStopped(t *testing.T) {
	stops := map[string]func(h *house, haru directory.Person) error{
		"by the link": func(h *house, haru directory.Person) error {
			_, data := h.Letter(t, haru.Email)
			return h.DB.Write(t.Context(), func(tx *db.Tx) error {
				b, err := h.SignIn.Brake(t.Context(), tx, data["stop"], signinWhere, "CS-TEST-0000")
				if b.What != brake.Restore || b.Name != "New phone" {
					t.Errorf("the link is about %q, %q", b.What, b.Name)
				}
				return err
			})
		},
		"on an app": func(h *house, haru directory.Person) error { return h.stop(t, haru) },
		"by a change of the account": func(h *house, haru directory.Person) error {
			h.SetPassword(t, haru, signintest.Password)
			return nil
		},
	}
	for name, stop := range stops {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru := h.atHome(t, "haru")
			h.Device(t, haru, "Old phone")
			h.days()
			f := h.phone(t, haru.ID)
			by := f.proven(haru)
			h.Clock.Add(time.Second) // so that it is the newest letter
			if err := errors.Join(f.goesOn(by), stop(h, haru)); err != nil {
				t.Fatal(err)
			}
			h.Clock.Add(ways.PersonalWait + time.Hour)
			if _, state := f.look(); state.State != wire.TicketStopped && state.State != wire.TicketOver {
				t.Errorf("%+v", state)
			}
			if err := f.goesOn(by); !errors.Is(err, wayback.ErrNone) {
				t.Errorf("%v", err)
			}
		})
	}
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	old := h.Device(t, haru, "Old phone")
	h.keeps(t, haru, old)
	h.days()
	f := h.phone(t, haru.ID)
	f.opens(vaultIdentity)
	if err := f.goesOn(f.proven(haru)); err != nil {
		t.Fatal(err)
	}
	phone := f.takes()
	if err := h.stop(t, haru); err != nil {
		t.Fatal(err)
	}
	if err := f.activates(); !errors.Is(err, wayback.ErrStep) {
		t.Errorf("after the old phone's no: %v", err)
	}
	if g := h.Get(t, phone.ID()); g.State != registration.Removed {
		t.Errorf("the new phone is %s", g.State)
	}
	if g := h.Get(t, old.ID()); g.State != registration.Active {
		t.Errorf("the old phone is %s", g.State)
	}
}

// R1: in an organisation a code to an address never brings a phone back, signed or
// not; a recovery code does, which is worth what guards the account.
func TestR1AnOrganisationsPhoneNeedsAsMuchAsItGives(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	old := h.Device(t, mei, "Old phone")
	h.keeps(t, mei, old)
	codes := h.RecoveryCodes(t, mei)
	h.days()
	f := h.phone(t, mei.ID)
	f.opens(vaultIdentity)
	by := f.proven(mei)
	if a := f.foresees(by); a.Outcome != ways.Never || a.Reason != ways.WhyManaged {
		t.Errorf("%+v", a)
	}
	if err := f.goesOn(by); !errors.Is(err, wayback.ErrManaged) {
		t.Errorf("%v", err)
	}
	if err := f.goesOn(f.proven(mei, codes[0])); err != nil {
		t.Errorf("with a recovery code: %v", err)
	}
}

// N14, R1: the password alone is no recovery sign-in, and an address of today gets no code.
func TestN14AnAddressOfTodayBringsNoPhoneBack(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	h.RecoveryCodes(t, haru)
	f := h.phone(t, haru.ID)
	if _, err := f.tries(haru); !errors.Is(err, signin.ErrStep) {
		t.Errorf("%v", err)
	}
	h.days()
	if _, err := f.tries(haru); err != nil {
		t.Errorf("three days later: %v", err)
	}
}

// A8: a ticket tells nothing of its subject; one that nobody has leads nowhere.
func TestA8ATicketOfNobodyLooksLikeAnother(t *testing.T) {
	h := newHouse(t)
	haru, aki := h.atHome(t, "haru"), h.atHome(t, "aki")
	h.days()
	for _, subject := range []string{haru.ID, rand.Text()} {
		f := h.phone(t, subject)
		f.opens(vaultIdentity)
		if _, state := f.look(); state.State != wire.TicketOpen || state.Offer != nil {
			t.Errorf("%+v", state)
		}
		if err := f.goesOn(f.proven(aki)); !errors.Is(err, wayback.ErrOther) {
			t.Errorf("by another person: %v", err)
		}
	}
}

// R2: of many who go on at once, one offer is made.
func TestR2OneTicketMakesOneOffer(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	old := h.Device(t, haru, "Old phone")
	h.keeps(t, haru, old)
	h.days()
	f := h.phone(t, haru.ID)
	f.opens(vaultIdentity)
	by := f.proven(haru)
	var made atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			switch err := f.goesOn(by); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, wayback.ErrStep):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if made.Load() != 1 {
		t.Errorf("%d offers", made.Load())
	}
	first, _ := f.look()
	h.Clock.Add(registration.OfferLife)
	if err := f.goesOn(by); err != nil {
		t.Errorf("once it ran out there is another: %v", err)
	}
	if second, state := f.look(); second.Offer == first.Offer || state.Offer == nil {
		t.Errorf("%+v", state)
	}
	h.Clock.Add(registration.OfferLife)
	if _, state := f.look(); state.State != wire.TicketOver {
		t.Errorf("an offer that ran out with its ticket: %+v", state)
	}
}

// A12: a ticket dies with the epoch and with time, and does nothing while changes are
// frozen.
func TestA12ATicketDiesWithTheEpoch(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *house, haru directory.Person)
		want  error
	}{
		"password changed": {func(h *house, haru directory.Person) {
			h.Write(t, func(tx *db.Tx) error { _, err := directory.BumpEpoch(t.Context(), tx, haru.ID); return err })
		}, wayback.ErrNone},
		"frozen": {func(h *house, haru directory.Person) {
			h.Write(t, func(tx *db.Tx) error { return brake.Freeze(t.Context(), tx, haru.ID) })
		}, brake.ErrFrozen},
		"late": {func(h *house, _ directory.Person) { h.Clock.Add(wayback.TicketLife) }, wayback.ErrNone},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru := h.atHome(t, "haru")
			h.days()
			f := h.phone(t, haru.ID)
			by := f.proven(haru)
			c.spoil(h, haru)
			if err := f.goesOn(by); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

// With five apps one goes for the new one, in the same transaction, and with it what
// it may have opened (R2, A12).
func TestR2WithFiveAppsOneIsReplaced(t *testing.T) {
	h := newHouse(t)
	haru := h.atHome(t, "haru")
	var apps []regtest.Device
	for range registration.Most {
		apps = append(apps, h.Device(t, haru, "Phone"))
	}
	h.keeps(t, haru, apps[0])
	h.days()
	f := h.phone(t, haru.ID)
	f.opens(vaultIdentity)
	by := f.proven(haru)
	if err := f.goesOn(by); !errors.Is(err, registration.ErrFull) {
		t.Errorf("with none chosen: %v", err)
	}
	if err := f.goesOn(by, apps[3].ID()); err != nil {
		t.Fatal(err)
	}
	phone, epoch := f.takes(), h.Now(t, haru).Epoch
	if g := h.Get(t, apps[3].ID()); g.State != registration.Active {
		t.Errorf("it goes before the new one was tried: %s", g.State)
	}
	if err := f.activates(); err != nil {
		t.Fatal(err)
	}
	if g := h.Get(t, apps[3].ID()); g.State != registration.Removed || h.Get(t, phone.ID()).State != registration.Active || h.Now(t, haru).Epoch == epoch {
		t.Errorf("%s, epoch %d", g.State, h.Now(t, haru).Epoch)
	}
}

// N20: who was led to a forgotten password by a device on which the backup was opened
// does not wait for the new one; a ticket of somebody else's, or unsigned, changes
// nothing. The app here cannot approve what the directory asks, so paper and password
// would sign in.
func TestN20AForgottenPasswordDoesNotWaitForWhoOpenedTheBackup(t *testing.T) {
	for name, c := range map[string]struct {
		vault string // that was opened, or ""
		mine  bool
		want  ways.Outcome
	}{"opened": {vaultIdentity, true, ways.Now}, "not opened": {"", true, ways.Wait}, "another's": {vaultIdentity, false, ways.Wait}} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			haru, aki := h.atHome(t, "haru"), h.atHome(t, "aki")
			h.keeps(t, haru, h.Device(t, haru, "Old phone"))
			h.keeps(t, aki, h.Device(t, aki, "Old phone"))
			strict := h.home.Policy
			strict.Unlock, strict.Codes = true, false
			h.Write(t, func(tx *db.Tx) error { return directory.SetPolicy(t.Context(), tx, h.home.ID, strict) })
			codes := h.RecoveryCodes(t, haru)
			h.days()
			f := h.phone(t, map[bool]string{true: haru.ID, false: aki.ID}[c.mine])
			if c.vault != "" {
				f.opens(c.vault)
			}
			v := h.led(t, haru.Login, f.Ticket.Ticket).proves(haru, codes[0])
			if p := v.plan(); p.Outcome != c.want {
				t.Fatalf("%+v", p)
			}
			v.keep(h.back.Renew(t.Context(), v.token, phrase, false, v.b))
			if now := h.signsIn(t, haru, phrase); now != (c.want == ways.Now) {
				t.Errorf("the new password works: %v", now)
			}
		})
	}
}
