package admin_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration"
)

func (o *office) reregister(t *testing.T, by admin.By, p directory.Person, way admin.Way) (out admin.Handed, err error) {
	t.Helper()
	err = o.do(t, func(tx *db.Tx) (err error) {
		out, err = o.desk.Reregister(t.Context(), tx, by, p.ID, way)
		return err
	})
	return out, err
}

func TestReregistrationHandsOutThePassInTheSameStep(t *testing.T) {
	o := open(t)
	kenji, by := o.hire(t, "kenji", directory.Helpdesk)
	mei := o.Member(t, "mei")
	phone := o.Device(t, mei, "Phone")
	o.signIn(t, mei)
	out, err := o.reregister(t, by, mei, admin.Way{Pass: &method.PassIn{Length: 16, Life: 8 * time.Hour, Once: true}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Secret.Reveal()) != 16 || !out.Pass.Once || !out.Pass.EndsAt.Equal(o.Clock.Now().Add(8*time.Hour)) {
		t.Errorf("%+v", out.Pass)
	}
	if n := o.sessions(t, mei); n != 0 || o.Get(t, phone.ID()).State != registration.Removed {
		t.Errorf("%d sessions, the app is %s", n, o.Get(t, phone.ID()).State)
	}
	for _, kind := range []audit.Kind{audit.AdminReregister, audit.PersonReregister, audit.PassIssued} {
		if e := o.happened(t, mei, kind); e.Actor != kenji.ID {
			t.Errorf("%s: %+v", kind, e)
		}
	}
	mails := o.Mails(t, mei)
	if !slices.Contains(mails, notify.MailReregister) || !slices.Contains(mails, notify.MailPassIssued) {
		t.Errorf("her address hears of %v", mails)
	}
}

func TestOnlyOwnersLetThePasswordAloneIn(t *testing.T) {
	o := open(t)
	_, admins := o.hire(t, "kenji", directory.Admin)
	_, owner := o.hire(t, "owner", directory.Owner)
	mei := o.Member(t, "mei")
	phone := o.Device(t, mei, "Phone")
	if _, err := o.reregister(t, admins, mei, admin.Way{Alone: true}); !errors.Is(err, admin.ErrNotAllowed) || o.Get(t, phone.ID()).State != registration.Active {
		t.Errorf("an admin: %v", err)
	}
	if _, err := o.reregister(t, owner, mei, admin.Way{Alone: true}); err != nil {
		t.Fatal(err)
	}
	now := o.Now(t, mei)
	if now.EnrolAt(o.Clock.Now()) != directory.EnrolOpen || now.EnrolAt(o.Clock.Now().Add(directory.AloneLife)) != directory.EnrolClosed {
		t.Errorf("%s until %v", now.Enrol, now.EnrolUntil)
	}
	if e := o.happened(t, mei, audit.AdminReregister); e.Detail["way"] != "password_alone" {
		t.Errorf("%+v", e)
	}
}

// Without a pass the person's own proofs stand in for it, where they have any that count.
func TestReregistrationWithoutAPassSaysWhatStandsInForIt(t *testing.T) {
	o := open(t)
	mei := o.Member(t, "mei")
	o.Clock.Add(ways.AddressAge + time.Second)
	ren := o.Member(t, "ren") // today
	_, by := o.hire(t, "kenji", directory.Helpdesk)
	for _, c := range []struct {
		person     directory.Person
		way, enrol string
		codes      int
	}{{mei, "password_code", directory.EnrolCode, 1}, {ren, "later", directory.EnrolClosed, 0}} {
		out, err := o.reregister(t, by, c.person, admin.Way{})
		if err != nil || len(out.Codes) != c.codes || !out.Pass.EndsAt.IsZero() {
			t.Errorf("%s: %+v %v", c.person.Name, out, err)
		}
		now := o.Now(t, c.person)
		if now.Enrol != c.enrol || c.codes > 0 && !now.EnrolUntil.Equal(o.Clock.Now().Add(directory.CodeLife)) {
			t.Errorf("%s: %s until %v", c.person.Name, now.Enrol, now.EnrolUntil)
		}
		if e := o.happened(t, c.person, audit.AdminReregister); e.Detail["way"] != c.way {
			t.Errorf("%s: %+v", c.person.Name, e)
		}
	}
	yui := o.Member(t, "yui")
	o.Device(t, yui, "Phone")
	var toSetUp []directory.Person
	o.Write(t, func(tx *db.Tx) (err error) {
		toSetUp, err = directory.PeopleAfter(t.Context(), tx, o.Aoba.ID, directory.Page{ToSetUp: true, Limit: 9})
		return err
	})
	if n := o.headcount(t).NotSetUp; n != len(toSetUp) || n != 3 || toSetUp[1].Name != "mei" || toSetUp[2].Name != "ren" {
		t.Errorf("%d have to set up: %v", n, toSetUp)
	}
}

// N11, R3: nobody issues a pass for themselves, the helpdesk none for who is above it.
func TestPassesAreIssuedDownwardsOnly(t *testing.T) {
	o := open(t)
	kenji, by := o.hire(t, "kenji", directory.Helpdesk)
	boss, _ := o.hire(t, "boss", directory.Admin)
	mei := o.Member(t, "mei")
	issue := func(p directory.Person, terms method.PassIn) (out admin.Handed, err error) {
		err = o.do(t, func(tx *db.Tx) (err error) {
			out, err = o.desk.IssuePass(t.Context(), tx, by, p.ID, terms)
			return err
		})
		return out, err
	}
	if _, err := issue(kenji, method.PassIn{}); !errors.Is(err, admin.ErrSelf) {
		t.Errorf("for himself: %v", err)
	}
	if _, err := issue(boss, method.PassIn{}); !errors.Is(err, admin.ErrNotAllowed) {
		t.Errorf("for an admin: %v", err)
	}
	if _, err := issue(mei, method.PassIn{Length: 7}); !errors.Is(err, method.ErrPassTerms) {
		t.Errorf("a short one: %v", err)
	}
	// Whose it is and who issues it do not come from the form.
	out, err := issue(mei, method.PassIn{Person: boss.ID, Actor: mei.ID})
	if err != nil || len(out.Secret.Reveal()) != method.PassUsual {
		t.Fatal(err)
	}
	if e := o.happened(t, mei, audit.AdminPass); e.Actor != kenji.ID {
		t.Errorf("%+v", e)
	}
}
