package signinweb_test

import (
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/signin"
	"countersign/internal/server/signin/signintest"
)

// komorebi is a personal directory beside the organisation.
func (w *world) komorebi(t *testing.T, change ...func(*directory.Directory)) (d directory.Directory) {
	t.Helper()
	d = directory.Directory{Kind: directory.Personal, Name: "Komorebi", Domain: "komorebi.example", Policy: directory.DefaultPolicy()}
	d.Policy.SelfRegister = true
	for _, f := range change {
		f(&d)
	}
	w.Write(t, func(tx *db.Tx) (err error) {
		d, err = directory.Create(t.Context(), tx, d)
		return err
	})
	return d
}

// who is whoever has a name to sign in with, or nobody.
func (w *world) who(t *testing.T, login string) (p directory.Person) {
	t.Helper()
	w.Write(t, func(tx *db.Tx) (err error) {
		p, err = directory.ByLogin(t.Context(), tx, login)
		if errors.Is(err, directory.ErrUnknown) {
			err = nil
		}
		return err
	})
	return p
}

const (
	registering = "/signin/register"
	phrase      = "three words of mine"
)

// makes goes to the form and sends it.
func (b *browser) makes(name, password string) *browser {
	b.t.Helper()
	return b.get("/security").get(registering).submit(registering, "login", name, "password", password)
}

func TestAPersonMakesTheirAccountConfirmsAnAddressAndGoesOnToPairing(t *testing.T) {
	w := newWorld(t)
	d := w.komorebi(t)
	b := w.browser(t)
	b.get("/security").shows("/signin/name", "Create an account")
	b.get(registering).shows(registering, "followed by @komorebi.example")
	b.submit(registering, "login", "Haru.S", "password", phrase).shows("/signin/reach", "Where can we reach you?")
	haru := w.who(t, "haru.s@komorebi.example")
	if haru.DirectoryID != d.ID || haru.Role != directory.Member || haru.Name != "Haru.S" || haru.Email != "" {
		t.Errorf("%+v", haru)
	}
	const home = "haru@home.example"
	b.submit("/signin/reach", "address", "haru").shows("/signin/reach", "not an email address")
	b.submit("/signin/reach", "address", home)
	offer := b.at
	_, letter := w.Letter(t, home)
	if len(letter["code"]) != 6 {
		t.Fatalf("%v", letter)
	}
	b.submit(offer, "code", "12345").shows(offer, "That is not the code")
	b.submit(offer, "code", letter["code"])
	if b.at != "/security/pair?enrol=1" {
		t.Errorf("at %s", b.at)
	}
	w.Write(t, func(tx *db.Tx) error {
		all, err := directory.AddressesOf(t.Context(), tx, haru.ID, directory.ByMail)
		if len(all) != 1 || all[0].Text != home {
			t.Errorf("%+v", all)
		}
		return err
	})
	again := w.browser(t)
	again.get("/security").submit("/signin/name", "login", "HARU.S@komorebi.example")
	if again.submit("/signin/password", "password", phrase); again.at != "/security/pair?enrol=1" {
		t.Errorf("signing in leads to %s", again.at)
	}
}

func TestGivingAnAddressCanBePutOff(t *testing.T) {
	w := newWorld(t)
	w.komorebi(t)
	b := w.browser(t)
	b.lang = "ja"
	b.makes("haru", phrase).shows("/signin/reach", "今はしない")
	if b.get("/signin"); b.at != "/security/pair?enrol=1" {
		t.Errorf("at %s", b.at)
	}
}

func TestWhatIsNoNameOrPasswordIsRefusedAndMakesNobody(t *testing.T) {
	w := newWorld(t)
	w.komorebi(t)
	for _, c := range []struct{ name, password, says string }{
		{"ha", phrase, "A name has 3 to 40"}, {"", phrase, "A name has 3 to 40"}, {strings.Repeat("h", 41), phrase, "A name has 3 to 40"},
		{"ceo@aoba.example", phrase, "A name has 3 to 40"}, {"ha ru", phrase, "A name has 3 to 40"}, {".haru", phrase, "A name has 3 to 40"}, {"ha\u202eru", phrase, "A name has 3 to 40"},
		{"haru", "short", "at least 8"}, {"haru", "password", "That is one of the passwo"}, {"haruharu", "haruharu", "name"},
	} {
		b := w.browser(t).makes(c.name, c.password)
		if b.status != 422 || !strings.Contains(b.page, c.says) || !strings.Contains(b.page, `aria-invalid="true"`) {
			t.Errorf("%q with %q: %d\n%s", c.name, c.password, b.status, b.page)
		}
	}
	for _, login := range []string{"haru@komorebi.example", "haruharu@komorebi.example", "ceo@aoba.example"} {
		if p := w.who(t, login); p.ID != "" {
			t.Errorf("there is %+v", p)
		}
	}
}

// A name belongs to one person, also of those who choose it at once; the others
// hear that it is taken, and their password opens nothing.
func TestANameIsTakenOnce(t *testing.T) {
	w := newWorld(t, func(c *signin.Config) { c.Limits.Registered = 100 })
	w.komorebi(t)
	errs := make([]error, 6)
	var at sync.WaitGroup
	for i := range errs {
		from := signintest.Browser("192.0.2.7")
		token, _, err := w.SignIn.Begin(t.Context(), signin.Start{Goal: "/security", Browser: from})
		if err != nil {
			t.Fatal(err)
		}
		at.Go(func() { _, errs[i] = w.SignIn.Register(t.Context(), token, "haru", phrase, from) })
	}
	at.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else if !errors.Is(err, directory.ErrTaken) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Errorf("%d have the name", made)
	}
	w.browser(t).makes("HARU", "another phrase of mine").shows(registering, "Somebody has that name already")
}

// A8: who has a name is told to whoever wants it, and to nobody in bulk.
func TestA8NamesAreNotReadOutByRegistering(t *testing.T) {
	w := newWorld(t, func(c *signin.Config) { c.Limits.Registered = 3 })
	w.komorebi(t)
	w.browser(t).makes("haru", phrase)
	b := w.browser(t)
	b.makes("haru", phrase).shows(registering, "Somebody has that name already")
	b.makes("haru", phrase)
	taken := b.makes("haru", phrase)
	if taken.status != 429 || strings.Contains(taken.page, "Somebody has") || taken.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", taken.status, taken.page)
	}
	if b.makes("nobody-has-this", phrase); b.status != 429 {
		t.Errorf("a free name: %d", b.status)
	}
	other := w.browser(t)
	other.ip = "198.51.100.9"
	other.makes("natsu", phrase).shows("/signin/reach", "Where can we reach you?")
	w.Clock.Add(time.Hour)
	w.browser(t).makes("aki", phrase).shows("/signin/reach", "Where can we reach you?")
}

// Nobody registers in an organisation, nor where the policy does not say so.
func TestNobodyRegistersWhereItIsNotAllowed(t *testing.T) {
	for name, arrange := range map[string]func(w *world){
		"an organisation alone": func(*world) {},
		"switched off":          func(w *world) { w.komorebi(t, func(d *directory.Directory) { d.Policy.SelfRegister = false }) },
		"an organisation's switch": func(w *world) {
			w.Policy(t, func(p *directory.Policy) { p.SelfRegister = true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			arrange(w)
			b := w.browser(t)
			if b.get("/security"); strings.Contains(b.page, registering) {
				t.Error("the page offers it")
			}
			form := url.Values{"a": {hiddenOf(b.page)}, "login": {"haru"}, "password": {phrase}}
			if b.get(registering); b.status != 404 {
				t.Errorf("the page: %d", b.status)
			}
			if b.follow(registering, b.send("POST", registering, form)); b.status != 404 {
				t.Errorf("the form: %d", b.status)
			}
		})
	}
}

// A12: who is at another step, or signed in, makes no account in passing, and
// an address is given by those who have just made theirs.
func TestRegisteringIsForWhoHasProvenNothing(t *testing.T) {
	w := newWorld(t)
	w.komorebi(t)
	mei, _ := w.mei(t)
	b := w.browser(t).proves(mei)
	form := url.Values{"a": {hiddenOf(b.page)}, "login": {"haru"}, "password": {phrase}}
	b.follow(registering, b.send("POST", registering, form))
	if p := w.who(t, "haru@komorebi.example"); p.ID != "" {
		t.Errorf("there is %+v", p)
	}
	if b.get("/signin/reach"); strings.HasPrefix(b.at, "/signin/reach") {
		t.Errorf("at %s", b.at)
	}
}

// Who is to be advised is led there first, with where they were going; the back
// button and a second tab go straight on.
func TestAdviceComesBeforeWhereTheSignInWasGoing(t *testing.T) {
	w := newWorld(t)
	w.Policy(t, func(p *directory.Policy) { p.SecondFactor, p.Nudge = false, 24*time.Hour })
	mei := w.Member(t, "mei")
	b := w.browser(t)
	b.get("/security").submit("/signin/name", "login", mei.Login)
	r := b.send("POST", "/signin/password", b.form("/signin/password", "password", signintest.Password))
	if to := r.Header.Get("Location"); to != "/security/nudge?to=%2Fsecurity" {
		t.Errorf("led to %s", to)
	}
	if b.get("/signin"); b.at != "/security" {
		t.Errorf("at %s", b.at)
	}
}
