package admin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/admin"
	"countersign/internal/server/approval"
	"countersign/internal/server/audit"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
	"countersign/internal/server/notify"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

// An office is an organisation with a desk.
type office struct {
	*signintest.World
	desk *admin.Desk
}

func open(t *testing.T) *office {
	t.Helper()
	w := signintest.New(t)
	return &office{w, &admin.Desk{Apps: w.Registry, SignIn: w.SignIn, Notify: w.Notify}}
}

// hire adds somebody with a role, who has signed in.
func (o *office) hire(t *testing.T, name, role string) (directory.Person, admin.By) {
	t.Helper()
	p := o.Member(t, name)
	o.Write(t, func(tx *db.Tx) error { return directory.SetRole(t.Context(), tx, p.ID, role) })
	return o.Now(t, p), o.signIn(t, p)
}

// signIn signs somebody in with the password alone: the policy of these tests asks no more.
func (o *office) signIn(t *testing.T, p directory.Person) admin.By {
	t.Helper()
	o.Policy(t, func(q *directory.Policy) { q.SecondFactor = false })
	from := signintest.Browser("192.0.2.9")
	token, _, err := o.SignIn.Begin(t.Context(), signin.Start{Goal: "/admin", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := o.SignIn.Name(t.Context(), token, p.Login, from)
	if err == nil {
		went, err = o.SignIn.Password(t.Context(), went.Token, signintest.Password, from)
	}
	if err != nil || went.Signed == nil {
		t.Fatalf("%s is not signed in: %v", p.Login, err)
	}
	return admin.By{Session: went.Signed.Session, From: regtest.From, Correlation: "CS-TEST-0001"}
}

func (o *office) do(t *testing.T, fn func(tx *db.Tx) error) error {
	t.Helper()
	return o.DB.Write(t.Context(), fn)
}

func (o *office) sessions(t *testing.T, p directory.Person) int {
	t.Helper()
	n := 0
	o.Write(t, func(tx *db.Tx) error {
		all, err := signin.List(t.Context(), tx, p.ID)
		n = len(all)
		return err
	})
	return n
}

func (o *office) happened(t *testing.T, p directory.Person, kind audit.Kind) (e audit.Event) {
	t.Helper()
	o.Write(t, func(tx *db.Tx) error {
		events, err := audit.Of(t.Context(), tx, p.ID, 50)
		for _, x := range events {
			if x.Kind == kind {
				e = x
			}
		}
		return err
	})
	if e.Kind == "" {
		t.Fatalf("no %s of %s in the log", kind, p.Login)
	}
	return e
}

// Least rights: the whole table of who may do what to whom.
func TestRolesReachOnlySoFar(t *testing.T) {
	person := func(id, role string) directory.Person {
		return directory.Person{ID: id, DirectoryID: "D", Role: role, State: directory.Active}
	}
	const o, a, h, x, m = directory.Owner, directory.Admin, directory.Helpdesk, directory.Auditor, directory.Member
	everybody := []string{o, a, h, x, m}
	may := map[admin.Act]map[string][]string{
		admin.See:         {o: everybody, a: everybody, h: everybody, x: everybody},
		admin.EndSessions: {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.Remove:      {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.Reset:       {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.Reregister:  {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.IssuePass:   {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.Settle:      {o: everybody, a: {a, h, x, m}, h: {m}},
		admin.Suspend:     {o: everybody, a: {a, h, x, m}},
		admin.Edit:        {o: everybody, a: {a, h, x, m}},
		admin.SetRole:     {o: everybody, a: {h, x, m}},
	}
	for act, table := range may {
		for _, actor := range everybody {
			for _, subject := range everybody {
				want := false
				for _, r := range table[actor] {
					want = want || r == subject
				}
				if err := admin.May(person("1", actor), person("2", subject), act); (err == nil) != want {
					t.Errorf("%q may %s %q: %v, want %v", actor, act, subject, err, want)
				}
			}
			if err := admin.May(person("1", actor), person("1", actor), act); act != admin.See && err == nil {
				t.Errorf("%q may %s themselves", actor, act)
			}
			other := person("2", m)
			other.DirectoryID = "E"
			if admin.May(person("1", actor), other, act) == nil {
				t.Errorf("%q may %s somebody of another organisation", actor, act)
			}
			away := person("1", actor)
			away.State = directory.Suspended
			if admin.May(away, person("2", m), act) == nil {
				t.Errorf("a suspended %q may %s", actor, act)
			}
		}
	}
	if roles := admin.Gives(person("1", a), person("2", m)); strings.Join(roles, " ") != " auditor helpdesk" {
		t.Errorf("an admin gives %q", roles)
	}
}

func TestSessionsAreRevokedWithAllThatIsUnderWay(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Admin)
	mei := o.Member(t, "mei")
	o.signIn(t, mei)
	mei = o.Now(t, mei)
	offer := o.Offer(t, mei, "S")
	if err := o.do(t, func(tx *db.Tx) error { return o.desk.EndSessions(t.Context(), tx, by, mei.ID) }); err != nil {
		t.Fatal(err)
	}
	if n := o.sessions(t, mei); n != 0 {
		t.Errorf("%d sessions live on", n)
	}
	if _, err := o.Registry.Accept(t.Context(), regtest.Pair(t, offer, regtest.NewKey(t), "Phone"), regtest.From); err == nil {
		t.Error("the offer lives on")
	}
	e := o.happened(t, mei, audit.AdminSessionsEnded)
	if e.Actor != by.Session.Person || e.IP != regtest.From.IP || e.Correlation != by.Correlation {
		t.Errorf("%+v", e)
	}
	if mails := o.Mails(t, mei); len(mails) == 0 || mails[len(mails)-1] != notify.MailAdminSessions {
		t.Errorf("mails: %v", mails)
	}
}

// The admin gets a link and never a password; apps stay, so the link alone is no way in.
func TestPasswordResetLeavesTheChoiceToThePerson(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Helpdesk)
	mei := o.Member(t, "mei")
	phone := o.Device(t, mei, "Phone")
	var link string
	err := o.do(t, func(tx *db.Tx) (err error) {
		link, err = o.desk.ResetPassword(t.Context(), tx, by, mei.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Write(t, func(tx *db.Tx) error {
		p, err := method.PasswordOf(t.Context(), tx, mei.ID)
		if p.Hash != "" {
			t.Error("the old password still works")
		}
		return err
	})
	o.Policy(t, func(q *directory.Policy) { q.SecondFactor = true })
	went, err := o.SignIn.SetUp(t.Context(), link, "another lantern here", signin.Start{Goal: "/security", Browser: signintest.Browser("192.0.2.9")})
	if err != nil || went.Signed != nil {
		t.Errorf("the link alone signed in: %+v, %v", went.Signed, err)
	}
	if g := o.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("the app is %s", g.State)
	}
	o.happened(t, mei, audit.AdminPasswordReset)
}

// An admin resets a password mostly because others know it: it opens nothing any more, and
// is not chosen again, not after a second reset either. What is chosen ends that.
func TestAPasswordThatWasResetOpensNothingAndIsNotChosenAgain(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Helpdesk)
	mei := o.Member(t, "mei")
	from := signintest.Browser("192.0.2.9")
	reset := func() (link string) {
		t.Helper()
		o.Write(t, func(tx *db.Tx) (err error) {
			link, err = o.desk.ResetPassword(t.Context(), tx, by, mei.ID)
			return err
		})
		return link
	}
	chooses := func(link, password string) error {
		t.Helper()
		_, err := o.SignIn.SetUp(t.Context(), link, password, signin.Start{Goal: "/security", Browser: from})
		return err
	}
	reset()
	link := reset()
	token, _, err := o.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
	if err != nil {
		t.Fatal(err)
	}
	went, err := o.SignIn.Name(t.Context(), token, mei.Login, from)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.SignIn.Password(t.Context(), went.Token, signintest.Password, from); !errors.Is(err, signin.ErrWrong) {
		t.Errorf("the old password at sign-in: %v", err)
	}
	if err := chooses(link, signintest.Password); !errors.Is(err, method.ErrSame) {
		t.Errorf("the old password chosen again: %v", err)
	}
	if err := chooses(link, "another lantern here"); err != nil {
		t.Fatalf("another one: %v", err)
	}
	link = reset()
	if err := chooses(link, "another lantern here"); !errors.Is(err, method.ErrSame) {
		t.Errorf("the second one chosen again: %v", err)
	}
	if err := chooses(link, signintest.Password); err != nil {
		t.Errorf("one of before: %v", err)
	}
}

func TestSuspendedPeopleAreOutAtOnceAndComeBackWhole(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Admin)
	mei := o.Member(t, "mei")
	o.signIn(t, mei)
	set := func(state string) error {
		return o.do(t, func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, by, mei.ID, state) })
	}
	if err := set(directory.Suspended); err != nil {
		t.Fatal(err)
	}
	if n := o.sessions(t, mei); n != 0 || o.Now(t, mei).State != directory.Suspended {
		t.Errorf("%d sessions, %s", n, o.Now(t, mei).State)
	}
	if err := errors.Join(set(directory.Suspended), set(directory.Active)); err != nil {
		t.Fatal(err)
	}
	o.signIn(t, mei)
	if mails := strings.Join(o.Mails(t, mei), " "); strings.Count(mails, notify.MailAdminSuspended) != 1 || !strings.Contains(mails, notify.MailAdminRestored) {
		t.Errorf("mails: %s", mails)
	}
}

// Whatever is done for somebody stands in the log, with who did it.
func TestEveryActIsWrittenDown(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Owner)
	mei := o.Member(t, "mei")
	phone := o.Device(t, mei, "Phone")
	session := o.signIn(t, mei).Session
	for _, act := range []struct {
		kind audit.Kind
		do   func(tx *db.Tx) error
	}{
		{audit.AdminSessionEnded, func(tx *db.Tx) error { return o.desk.EndSession(t.Context(), tx, by, mei.ID, session.ID) }},
		{audit.AdminAppRemoved, func(tx *db.Tx) error { return o.desk.RemoveApp(t.Context(), tx, by, mei.ID, phone.ID()) }},
		{audit.AdminSuspended, func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, by, mei.ID, directory.Suspended) }},
		{audit.AdminRestored, func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, by, mei.ID, directory.Active) }},
		{audit.AdminRole, func(tx *db.Tx) error { return o.desk.SetRole(t.Context(), tx, by, mei.ID, directory.Helpdesk) }},
	} {
		if err := o.do(t, act.do); err != nil {
			t.Fatalf("%s: %v", act.kind, err)
		}
		if e := o.happened(t, mei, act.kind); e.Actor != by.Session.Person || e.IP != regtest.From.IP || e.Correlation != by.Correlation {
			t.Errorf("%+v", e)
		}
	}
	o.Recorded(t, mei.ID, audit.PersonRole, audit.PersonEnrolClosed)
}

// R3: two owners who suspend each other at the same moment: one of them remains.
func TestR3TwoOwnersCannotShutEachOtherOut(t *testing.T) {
	o := open(t)
	one, byOne := o.hire(t, "one", directory.Owner)
	two, byTwo := o.hire(t, "two", directory.Owner)
	var both sync.WaitGroup
	var errs [2]error
	for i, c := range []struct {
		by   admin.By
		whom string
	}{{byOne, two.ID}, {byTwo, one.ID}} {
		both.Go(func() {
			errs[i] = o.DB.Write(t.Context(), func(tx *db.Tx) error {
				return o.desk.SetState(t.Context(), tx, c.by, c.whom, directory.Suspended)
			})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both or none: %v", errs)
	}
	if (o.Now(t, one).State == directory.Active) == (o.Now(t, two).State == directory.Active) {
		t.Error("not exactly one owner remains")
	}
}

// Whoever lost their role or session a moment ago does nothing more with the page they still have.
func TestActsCheckWhoActsAnew(t *testing.T) {
	o := open(t)
	_, owner := o.hire(t, "owner", directory.Owner)
	kenji, by := o.hire(t, "kenji", directory.Admin)
	mei := o.Member(t, "mei")
	if err := o.do(t, func(tx *db.Tx) error { return o.desk.SetRole(t.Context(), tx, owner, kenji.ID, directory.Member) }); err != nil {
		t.Fatal(err)
	}
	err := o.do(t, func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, by, mei.ID, directory.Suspended) })
	if !errors.Is(err, signin.ErrNoSession) {
		t.Errorf("%v", err)
	}
	again := o.signIn(t, kenji)
	err = o.do(t, func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, again, mei.ID, directory.Suspended) })
	if !errors.Is(err, admin.ErrNotAllowed) || o.Now(t, mei).State != directory.Active {
		t.Errorf("%v", err)
	}
}

func TestAnAdminAddsMembersButNoAdmins(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Admin)
	add := func(role string) (p directory.Person, link string, err error) {
		err = o.do(t, func(tx *db.Tx) (err error) {
			p, link, err = o.desk.Add(t.Context(), tx, by, directory.Person{Login: "yu@aoba.example", Name: "Yu", Role: role})
			return err
		})
		return p, link, err
	}
	if _, _, err := add(directory.Owner); !errors.Is(err, admin.ErrNotAllowed) {
		t.Errorf("an owner: %v", err)
	}
	p, link, err := add(directory.Member)
	if err != nil || p.DirectoryID != o.Aoba.ID || link == "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, _, err := add(directory.Member); !errors.Is(err, directory.ErrTaken) {
		t.Errorf("again: %v", err)
	}
	o.happened(t, p, audit.AdminAdded)
	o.happened(t, p, audit.PersonSetupLink)
}

func TestReportsWaitUntilTheyAreSeenTo(t *testing.T) {
	o := open(t)
	_, by := o.hire(t, "kenji", directory.Admin)
	var people []directory.Person
	for _, name := range []string{"mei", "rei"} {
		p := o.Member(t, name)
		d := o.Device(t, p, "Phone")
		o.Write(t, func(tx *db.Tx) error {
			_, err := o.Approvals.Ask(t.Context(), tx, approval.AskIn{
				Kind: wire.KindSecond, Person: p.ID, Directory: p.DirectoryID, Attempt: "abroad" + name, App: "Mail", IP: "203.0.113.9", Place: "Rotterdam",
				Epoch: o.Now(t, p).Epoch, Correlation: "CS-0000-0001", Digits: 2, TTL: time.Minute,
			})
			return err
		})
		if out := o.Answer(t, d, wire.Report, ""); out.Outcome != wire.Reported {
			t.Fatalf("%+v", out)
		}
		people = append(people, p)
	}
	reports := func() (all []admin.Report) {
		o.Write(t, func(tx *db.Tx) (err error) {
			all, err = admin.Open(t.Context(), tx, o.Aoba.ID)
			return err
		})
		return all
	}
	if all := reports(); len(all) != 2 || all[0].Shared != 2 {
		t.Fatalf("%+v", all)
	}
	for range 2 {
		if err := o.do(t, func(tx *db.Tx) error { _, err := o.desk.Settle(t.Context(), tx, by, people[0].ID); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if all := reports(); len(all) != 1 || all[0].Person.ID != people[1].ID {
		t.Errorf("%+v", all)
	}
	o.happened(t, people[0], audit.AdminSettled)
	o.Clock.Add(31 * 24 * time.Hour)
	o.Write(t, func(tx *db.Tx) error { return admin.PruneSettled(t.Context(), tx) })
	if all := reports(); len(all) != 0 {
		t.Errorf("old ones: %+v", all)
	}
}

// R3: no act of a colleague takes away the last owner who gets in without help.
func TestR3TheLastOwnerIsNotTakenAway(t *testing.T) {
	o := open(t)
	kenji, _ := o.hire(t, "kenji", directory.Owner)
	yui, by := o.hire(t, "yui", directory.Owner)
	phone := o.Device(t, o.Now(t, kenji), "Phone of kenji")
	o.Write(t, func(tx *db.Tx) error { return directory.CloseEnrol(t.Context(), tx, yui.ID) })
	o.Policy(t, func(p *directory.Policy) { p.SecondFactor = true }) // yui is signed in, and could not again
	acts := map[string]func(tx *db.Tx) error{
		"suspend":  func(tx *db.Tx) error { return o.desk.SetState(t.Context(), tx, by, kenji.ID, directory.Suspended) },
		"role":     func(tx *db.Tx) error { return o.desk.SetRole(t.Context(), tx, by, kenji.ID, directory.Admin) },
		"app":      func(tx *db.Tx) error { return o.desk.RemoveApp(t.Context(), tx, by, kenji.ID, phone.ID()) },
		"password": func(tx *db.Tx) error { _, err := o.desk.ResetPassword(t.Context(), tx, by, kenji.ID); return err },
	}
	for name, act := range acts {
		if err := o.do(t, act); !errors.Is(err, signin.ErrNoOwner) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := o.do(t, func(tx *db.Tx) error { return o.desk.EndSessions(t.Context(), tx, by, kenji.ID) }); err != nil {
		t.Errorf("signing them out takes nothing away, and still: %v", err)
	}
}
