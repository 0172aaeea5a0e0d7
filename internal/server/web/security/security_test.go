package securityweb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/approval"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/wire"
)

func TestTheOverviewTellsWhatThereIs(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Mei’s Pixel")
	b := h.signIn(t, mei, phone)
	b.get("/security").shows("Security info", "Countersign on Mei’s Pixel", "iPhone, Safari", "Password", "Signed in on 1 device<", "<strong>Signed in</strong>", "Chrome, Windows")
	b.get("/security/add").shows("Authenticator app", "Passkey", "Security key").lacks("Text")
	b.lang = "ja"
	b.get("/security").shows("セキュリティ情報", "Countersign(Mei’s Pixel)", "1 台でサインイン中", "今日")
}

func TestAnAppIsRenamed(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	path := "/security/methods/" + phone.ID()
	b := h.signIn(t, mei, phone).get(path)
	b.press(path+"/rename", "name", " 芽衣のスマホ ").shows("Saved.", "芽衣のスマホ")
	b.press(path+"/rename", "name", "\u202ePhone").shows("Choose a name", `aria-invalid="true"`)
	if g := h.Get(t, phone.ID()); g.Name != "芽衣のスマホ" {
		t.Errorf("its name is %q", g.Name)
	}
}

// Where the policy asks for a second proof the last app stays.
func TestTheLastAppStays(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone, tablet := h.Device(t, mei, "Phone"), h.Device(t, mei, "Tablet")
	b := h.signIn(t, mei, phone)
	path := "/security/methods/" + tablet.ID()
	b.get(path).shows("Remove")
	b.get(path+"/remove").shows("Remove Countersign on Tablet?", "hangs on Phone").lacks("only authenticator app").press(path + "/remove")
	if g := h.Get(t, tablet.ID()); b.at != "/security" || g.State != registration.Removed || g.RemovedWhy != registration.WhyPerson {
		t.Errorf("at %s, it is %s %s", b.at, g.State, g.RemovedWhy)
	}
	b.shows("Tablet removed")
	path = "/security/methods/" + phone.ID()
	b.get(path).shows("Add the new phone first").lacks(path + "/remove")
	b.get(path + "/remove").lacks(`action="` + path + `/remove"`)
	if b.post(path + "/remove"); b.status != 409 || !strings.Contains(b.page, "Your last way to sign in stays") {
		t.Errorf("%d %s", b.status, b.page)
	}
	if g := h.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("it is %s", g.State)
	}
}

// Where it does not, removing the last one is warned of.
func TestRemovingTheLastAppIsWarnedOf(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	h.Policy(t, func(p *directory.Policy) { p.SecondFactor = false })
	path := "/security/methods/" + phone.ID() + "/remove"
	b.get(path).shows("your password alone signs you in").press(path)
	if g := h.Get(t, phone.ID()); g.State != registration.Removed {
		t.Errorf("it is %s", g.State)
	}
}

func TestAppsOfOthersAreNotThere(t *testing.T) {
	h := newHouse(t)
	mei, rei := h.Member(t, "mei"), h.Member(t, "rei")
	his := h.Device(t, rei, "Rei’s phone")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone"))
	path := "/security/methods/" + his.ID()
	for _, r := range []*browser{b.get(path), b.post(path+"/rename", "name", "Mine"), b.post(path + "/remove")} {
		if r.status != 404 && r.status != 409 {
			t.Errorf("%s: %d", r.at, r.status)
		}
	}
	if g := h.Get(t, his.ID()); g.Name != "Rei’s phone" || g.State != registration.Active {
		t.Errorf("%+v", g)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	here := h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	there := h.signIn(t, mei, phone)
	here.get("/security").shows("Signed in on 2 devices")
	here.get("/security/sessions").shows("This one")
	_, action, _ := strings.Cut(here.page, `action="/security/sessions/`)
	id, _, _ := strings.Cut(action, `/end"`)
	here.press("/security/sessions/" + id + "/end").lacks("/security/sessions/" + id)
	if there.get("/security"); !strings.HasPrefix(there.at, "/signin") {
		t.Errorf("the ended session sees %s", there.at)
	}
	here.get("/security").shows("Signed in on 1 device<")
}

// Signing out everywhere ends this session too, and what is under way.
func TestSignOutEverywhereEndsEverything(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	here := h.signIn(t, mei, phone)
	h.Clock.Add(time.Minute)
	there := h.signIn(t, mei, phone).start()
	o := there.offer()
	here.get("/security").press("/security/sessions/end").shows("Signed out everywhere")
	for _, b := range []*browser{here, there} {
		if b.get("/security"); !strings.HasPrefix(b.at, "/signin") {
			t.Errorf("a session sees %s", b.at)
		}
	}
	if _, err := h.Registry.Accept(t.Context(), regtest.Pair(t, o, regtest.NewKey(t), "Phone"), regtest.From); err == nil {
		t.Error("the offer lives on")
	}
	if g := h.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("the app is %s", g.State)
	}
}

// After a report the sessions begun since are offered to be ended, and only those.
func TestSessionsSinceAReportAreEnded(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	before := h.signIn(t, mei, phone)
	h.Clock.Add(time.Hour)
	here := h.signIn(t, mei, phone)
	h.report(t, mei, phone)
	here.get("/security").lacks("session was begun")
	h.Clock.Add(time.Minute)
	since := h.signIn(t, mei, phone)
	here.get("/security").shows("1 session was begun").press("/security/sessions/end-since").lacks("session was begun")
	if since.get("/security"); !strings.HasPrefix(since.at, "/signin") {
		t.Errorf("the one begun since sees %s", since.at)
	}
	before.get("/security").shows("Security info")
}

// report has the phone report a sign-in from abroad.
func (h *house) report(t *testing.T, p directory.Person, d regtest.Device) {
	t.Helper()
	h.Write(t, func(tx *db.Tx) error {
		_, err := h.Approvals.Ask(t.Context(), tx, approval.AskIn{
			Kind: wire.KindSecond, Person: p.ID, Directory: p.DirectoryID, Attempt: "abroad", App: "Mail", IP: "203.0.113.9", Place: "Rotterdam",
			Epoch: h.Now(t, p).Epoch, Correlation: "CS-0000-0001", Digits: 2, TTL: time.Minute,
		})
		return err
	})
	if out := h.Answer(t, d, wire.Report, ""); out.Outcome != wire.Reported {
		t.Fatalf("%+v", out)
	}
}

func TestActivityHasPagesAndNoNumbers(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	h.report(t, mei, phone)
	for i := range 30 {
		h.Write(t, func(tx *db.Tx) error {
			return h.Registry.Rename(t.Context(), tx, mei.ID, phone.ID(), fmt.Sprint("Phone ", i), regtest.From)
		})
	}
	b.get("/security/activity").shows("Recent activity", "Renamed to Phone 29").lacks("You reported a sign-in")
	_, after, ok := strings.Cut(b.page, `href="/security/activity?after=`)
	if !ok {
		t.Fatal("no way to the older ones")
	}
	id, _, _ := strings.Cut(after, `"`)
	b.get("/security/activity?after="+id).shows("You reported a sign-in", "Rotterdam").lacks(`href="/security/activity?after=`)
	if b.get("/security/activity?after=nothing"); b.status != 404 {
		t.Errorf("%d", b.status)
	}
}

// It is no organisation that asks somebody in a personal directory for a second proof.
func TestPersonalAccountsAreAskedByNoOrganisation(t *testing.T) {
	h := newHouse(t)
	p := directory.Person{Login: "mei@home.example", Name: "Mei"}
	h.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Home"})
		if err != nil {
			return err
		}
		p.DirectoryID = home.ID
		p, err = directory.CreatePerson(t.Context(), tx, p)
		return err
	})
	h.SetPassword(t, p, signintest.Password)
	h.signIn(t, p).get("/security/pair?enrol=1").shows("protects your account").lacks("organisation")
	h.signIn(t, h.Member(t, "rei")).get("/security/pair?enrol=1").shows("Your organisation asks")
}
