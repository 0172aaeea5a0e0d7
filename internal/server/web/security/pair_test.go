package securityweb_test

import (
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// start brings a browser to the page with the QR code.
func (b *browser) start() *browser {
	b.t.Helper()
	return b.get("/security/add").press("/security/pair").shows("Pair your phone", "<svg viewBox")
}

func TestAPhoneIsPairedByThePages(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	old := h.Device(t, mei, "Old phone")
	b := h.signIn(t, mei, old).start()
	o := b.offer()
	phone := h.Accept(t, o, "Mei’s Pixel")
	b.get(b.at).shows("iPhone, Safari, Osaka took this code.", "Mei’s Pixel", "Is it yours?").lacks("Your number is")
	b.press(b.path()+"/confirm", "yours", "yes").shows("Type this number in Countersign on Mei’s Pixel.")
	if out := h.Answer(t, phone, wire.Approve, b.number()); out.Outcome != wire.Approved {
		t.Fatalf("%+v", out)
	}
	b.get(b.at).shows("It matches").lacks("Your number is")
	b.press(b.path()+"/finish").shows("Your phone is ready", "Mei’s Pixel now approves your sign-ins.")
	if g := h.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("it is %s", g.State)
	}
	b.get("/security").shows("Countersign on Mei’s Pixel", "Countersign on Old phone", "Mei’s Pixel added")
}

// The first app, in the session of a sign-in that waits for it: the pages look
// like that sign-in, and lead back to it.
func TestTheFirstPhoneContinuesTheSignIn(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei)
	if b.get("/security"); !strings.HasPrefix(b.at, "/signin?") {
		t.Errorf("such a session sees %s", b.at)
	}
	b.get("/security/pair?enrol=1").shows(`class="gate"`, "Set up your phone").lacks("Sign-in methods")
	b.press("/security/pair").shows(`class="gate"`, "<svg viewBox")
	phone := h.Accept(t, b.offer(), "Mei’s Pixel")
	b.get(b.at).press(b.path()+"/confirm", "yours", "yes")
	h.Answer(t, phone, wire.Approve, b.number())
	b.get(b.at).press(b.path() + "/finish")
	if b.at != "/signin" {
		t.Errorf("it leads to %s", b.at)
	}
	b.get("/security/pair").press("/security/pair")
	if b.status != 409 || !strings.Contains(b.page, "An app was added before") {
		t.Errorf("a second app by the password alone: %d\n%s", b.status, b.page)
	}
}

func TestACodeStandsInForTheNumber(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	phone := h.Accept(t, b.offer(), "Phone")
	b.get(b.at).press(b.path()+"/confirm", "yours", "yes")
	path := b.path()
	b.shows(`href="` + path + `?code=1"`).get(path + "?code=1").shows("Type a code from the phone").lacks("http-equiv")
	b.press(path+"/code", "code", "000000").shows("not the code of this phone", `aria-invalid="true"`)
	code := phone.Code(t, h.Clock.Now())
	b.press(path+"/code", "code", code[:3]+" "+code[3:]).shows("Your phone is ready")
	if g := h.Get(t, phone.ID()); g.State != registration.Active {
		t.Errorf("it is %s", g.State)
	}
}

// The QR code is read by another program, and holds the link of the protocol.
func TestTheQRCodeIsRead(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	o := b.offer()
	read, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", draw(t, b.page)).Output()
	if err != nil {
		t.Fatalf("zbarimg: %v (Debian: apt install zbar-tools)", err)
	}
	want := appOrigin + "/#pair?i=" + url.QueryEscape(regtest.Issuer) + "&o=" + o.ID + "&s=" + o.Secret.Reveal()
	if got := strings.TrimSpace(string(read)); got != want {
		t.Errorf("read %q, want %q", got, want)
	}
	if m := setupCode.FindStringSubmatch(b.page); m == nil || m[1] != wire.ShowPairingCode(o.Code.Reveal()) {
		t.Errorf("the setup code is %v", m)
	}
	// N12: the secret is in the fragment only, so no server and no log hears of it.
	if link, err := url.Parse(want); err != nil || strings.Contains(link.Path+link.RawQuery, o.Secret.Reveal()) {
		t.Errorf("%v %v", link, err)
	}
}

var (
	box = regexp.MustCompile(`<svg viewBox="0 0 (\d+) \d+" aria-hidden="true" shape-rendering="crispEdges"><path d="([^"]+)"`)
	run = regexp.MustCompile(`M(\d+) (\d+)\.5h(\d+)`)
)

// draw makes a picture of the page's QR code.
func draw(t *testing.T, page string) string {
	t.Helper()
	const scale, margin = 6, 4
	m := box.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("no QR code on\n%s", page)
	}
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	size := (number(m[1]) + 2*margin) * scale
	picture := image.NewGray(image.Rect(0, 0, size, size))
	for i := range picture.Pix {
		picture.Pix[i] = 255
	}
	for _, r := range run.FindAllStringSubmatch(m[2], -1) {
		x, y, n := (number(r[1])+margin)*scale, (number(r[2])+margin)*scale, number(r[3])*scale
		for dy := range scale {
			for dx := range n {
				picture.Set(x+dx, y+dy, color.Black)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "qr.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSomebodyElsesPhoneIsTurnedAway(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	phone := h.Accept(t, b.offer(), "Eve’s phone")
	b.get(b.at).press(b.path()+"/confirm", "yours", "no").shows("Turned away")
	if g := h.Get(t, phone.ID()); g.State != registration.Removed {
		t.Errorf("it is %s", g.State)
	}
	b.press("/security/pair").shows("Pair your phone")
	b.get("/security").shows("You turned Eve’s phone away").lacks("Countersign on Eve’s phone")
}

func TestWhatWentWrongInTheTestIsSaid(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	phone := h.Accept(t, b.offer(), "Phone")
	b.get(b.at).press(b.path()+"/confirm", "yours", "yes")
	path := b.path()
	for name, c := range map[string]struct {
		answer func()
		says   string
	}{
		"a wrong number": {func() {
			number := "11"
			if b.number() == number {
				number = "12"
			}
			h.Answer(t, phone, wire.Approve, number)
		}, "That was another number."},
		"no":          {func() { h.Answer(t, phone, wire.Deny, "") }, "You said no on the phone."},
		"no answer":   {func() { h.Clock.Add(time.Minute) }, "not typed in time"},
		"a lost page": {func() { h.Answer(t, phone, wire.Approve, b.number()); h.Clock.Add(61 * time.Second) }, "not typed in time"},
	} {
		c.answer()
		if b.get(path); !strings.Contains(b.page, c.says) {
			t.Errorf("%s: %s", name, b.page)
		}
		h.Clock.Add(time.Second) // so that the next request is the newer one
		b.press(path + "/test").shows("Your number is")
	}
	if g := h.Get(t, phone.ID()); g.State != registration.Pending {
		t.Errorf("it is %s", g.State)
	}
}

// A page that is out of date does nothing, and shows how things stand.
func TestAnOldPageChangesNothing(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	path := b.path()
	for _, action := range []string{"/finish", "/test"} {
		b.post(path + action).shows("Pair your phone")
	}
	b.post(path+"/confirm", "yours", "yes").shows("Pair your phone")
	b.post(path+"/code", "code", "123456").shows("Pair your phone")
	h.Clock.Add(registration.OfferLife)
	b.get(path).shows("This code has expired")
	b.post(path+"/confirm", "yours", "yes").shows("This code has expired")
	if b.get("/security/pair/NOTHING"); b.status != 404 {
		t.Errorf("no such offer: %d", b.status)
	}
}

func TestGoingBackEndsTheOffer(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	o := b.offer()
	b.press(b.path() + "/cancel")
	if b.at != "/security/add" {
		t.Errorf("at %s", b.at)
	}
	if _, err := h.Registry.Accept(t.Context(), regtest.Pair(t, o, regtest.NewKey(t), "Phone"), regtest.From); err == nil {
		t.Error("the offer lives on")
	}
}

func TestAnOfferIsSeenByItsSessionOnly(t *testing.T) {
	h := newHouse(t)
	mei, rei := h.Member(t, "mei"), h.Member(t, "rei")
	b := h.signIn(t, mei, h.Device(t, mei, "Phone")).start()
	other := h.signIn(t, rei, h.Device(t, rei, "Phone"))
	if other.get(b.at); other.status != 404 {
		t.Errorf("somebody else's session: %d", other.status)
	}
	if other.get(b.at + "/stream"); other.status != 404 {
		t.Errorf("the stream: %d", other.status)
	}
	h.Clock.Add(time.Minute)
	if o := b.offer(); o.Step != registration.Waiting {
		t.Errorf("it is %s", o.Step)
	}
}

// With five apps the person chooses which one goes.
func TestWithFiveAppsOneIsChosen(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	var all []regtest.Device
	for _, name := range []string{"One", "Two", "Three", "Four", "Five"} {
		all = append(all, h.Device(t, mei, name))
	}
	b := h.signIn(t, mei, all[0]).get("/security/add").press("/security/pair").shows("You have 5 apps", "Two", `value="`+all[1].ID()+`"`)
	b.press("/security/pair", "replaces", "NOBODY").shows("Choose one of these.")
	b.press("/security/pair", "replaces", all[1].ID()).shows("Pair your phone")
	phone := h.Accept(t, b.offer(), "Six")
	b.get(b.at).press(b.path()+"/confirm", "yours", "yes")
	h.Answer(t, phone, wire.Approve, b.number())
	b.get(b.at).press(b.path() + "/finish").shows("Your phone is ready")
	if g := h.Get(t, all[1].ID()); g.RemovedWhy != registration.WhyReplaced {
		t.Errorf("Two is %s %s", g.State, g.RemovedWhy)
	}
}

// Who changes methods has signed in fully within ten minutes.
func TestChangesNeedAFreshSignIn(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	phone := h.Device(t, mei, "Phone")
	b := h.signIn(t, mei, phone)
	h.Clock.Add(10 * time.Minute)
	for _, c := range []struct{ method, path string }{
		{"GET", "/security/pair"}, {"POST", "/security/pair"}, {"GET", "/security/methods/" + phone.ID()},
		{"POST", "/security/methods/" + phone.ID() + "/rename"}, {"POST", "/security/methods/" + phone.ID() + "/remove"},
	} {
		b.follow(c.path, b.send(c.method, c.path, url.Values{"name": {"Mine"}}))
		if !strings.HasPrefix(b.at, "/signin?again=1") {
			t.Errorf("%s %s leads to %s", c.method, c.path, b.at)
		}
	}
	if g := h.Get(t, phone.ID()); g.Name != "Phone" || g.State != registration.Active {
		t.Errorf("%+v", g)
	}
	b.get("/security").shows("Countersign on Phone")
}

func TestAStrangerIsSentToSignIn(t *testing.T) {
	h := newHouse(t)
	b := &browser{t: t, h: h, lang: "en"}
	for _, path := range []string{"/security", "/security/add", "/security/activity", "/security/sessions", "/security/pair", "/security/pair/X", "/security/methods/X"} {
		if b.get(path); !strings.HasPrefix(b.at, "/signin?to=") {
			t.Errorf("%s leads to %s", path, b.at)
		}
	}
}

// On a phone, which cannot scan its own screen, a link opens the app.
func TestOnAPhoneALinkStandsBesideTheCode(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start().lacks("Open Countersign on this phone")
	b.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
	b.get(b.at).shows("Open Countersign on this phone", `href="`+appOrigin+`/#pair?i=`)
}

// The session epoch ends a pairing under way: nothing is added.
func TestAPairingDiesWithTheEpoch(t *testing.T) {
	h := newHouse(t)
	mei := h.Member(t, "mei")
	b := h.signIn(t, mei, h.Device(t, mei, "Old phone")).start()
	phone := h.Accept(t, b.offer(), "Phone")
	b.get(b.at).press(b.path()+"/confirm", "yours", "yes")
	h.Answer(t, phone, wire.Approve, b.number())
	h.Write(t, func(tx *db.Tx) error {
		_, err := directory.BumpEpoch(t.Context(), tx, mei.ID)
		return err
	})
	b.post(b.path() + "/finish")
	if !strings.HasPrefix(b.at, "/signin?") || h.Get(t, phone.ID()).State != registration.Removed {
		t.Errorf("at %s", b.at)
	}
}
