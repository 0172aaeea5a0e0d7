package restoreweb_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/oauth"
	"countersign/internal/server/policy/ways"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/server/signin/signintest"
	"countersign/internal/server/wayback"
	"countersign/internal/server/web"
	"countersign/internal/server/web/api"
	restoreweb "countersign/internal/server/web/restore"
	signinweb "countersign/internal/server/web/signin"
	"countersign/internal/wire"
	"countersign/internal/wire/restorekey"
)

const vaultIdentity = "AGE-SECRET-KEY-PQ-1OFATEST"

// A house is a server with all that a device on which an account came back meets.
type house struct {
	*signintest.World
	t     *testing.T
	shell *web.Shell
	haru  directory.Person
	old   regtest.Device
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{World: signintest.New(t), t: t}
	log := slog.New(slog.DiscardHandler)
	clients, err := oauth.New(t.Context(), oauth.Options{DB: h.DB, Keeper: h.Keeper, Issuer: regtest.Issuer, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	if h.shell, err = web.New(web.Config{DB: h.DB, ID: regtest.Issuer, App: "https://app.example.org", Hub: h.Notify.Hub, Log: log}); err != nil {
		t.Fatal(err)
	}
	back := wayback.New(h.SignIn)
	if err := signinweb.Mount(h.shell, signinweb.Deps{SignIn: h.SignIn, OAuth: clients, Back: back, Addresses: directory.NewAddresses(h.Keeper, h.Notify)}); err != nil {
		t.Fatal(err)
	}
	if err := restoreweb.Mount(h.shell, restoreweb.Deps{Registry: h.Registry, Approvals: h.Approvals, SignIn: h.SignIn, Back: back}); err != nil {
		t.Fatal(err)
	}
	api.Mount(h.shell, api.Deps{DB: h.DB, Registry: h.Registry, Approvals: h.Approvals, Notify: h.Notify, Back: back, Backups: backup.New(h.DB, h.Notify, backup.DefaultQuota)})
	h.Write(t, func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Komorebi", Domain: "komorebi.example"})
		if err != nil {
			return err
		}
		h.haru, err = directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "haru@komorebi.example", Name: "Haru", Email: "haru@mail.example"})
		return err
	})
	h.SetPassword(t, h.haru, signintest.Password)
	h.haru = h.Now(t, h.haru)
	h.old = h.Device(t, h.haru, "Old phone")
	h.Clock.Add(ways.AddressAge + time.Hour)
	return h
}

func (h *house) send(r *http.Request) *http.Response {
	r.RemoteAddr = "192.0.2.7:4711"
	r.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1")
	rec := httptest.NewRecorder()
	h.shell.ServeHTTP(rec, r)
	return rec.Result()
}

// called is a signed call of a device, or of one that has a ticket.
func called[T any](h *house, d regtest.Device, method, path string, body any) (out T, status int) {
	h.t.Helper()
	var b []byte
	if body != nil {
		var err error
		if b, err = json.Marshal(body); err != nil {
			h.t.Fatal(err)
		}
	}
	header, err := wire.Call{Method: method, TargetURI: regtest.Issuer + path, Body: b}.
		Sign(d.Key, wire.Stamp{Registration: d.ID(), Nonce: rand.Text(), Created: h.Clock.Now().Unix()})
	if err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequest(method, regtest.Issuer+path, bytes.NewReader(b))
	r.Header = header
	a := h.send(r)
	if a.StatusCode == http.StatusOK || a.StatusCode == http.StatusCreated {
		err = json.NewDecoder(a.Body).Decode(&out)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return out, a.StatusCode
}

// posted is a call without a signature of its own.
func posted[T any](h *house, path string, body any) (out T, status int) {
	h.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequest("POST", regtest.Issuer+path, bytes.NewReader(b))
	r.Header.Set("Content-Type", "application/json")
	a := h.send(r)
	if err := json.NewDecoder(a.Body).Decode(&out); err != nil {
		h.t.Fatal(err)
	}
	return out, a.StatusCode
}

// ticket is what a new phone asks for; as a device it is named by its ticket.
func (h *house) ticket() (f regtest.Device, t wire.Ticket) {
	h.t.Helper()
	f.Key = regtest.NewKey(h.t)
	in := wire.Rebind{Subject: h.haru.ID, Name: "New phone", Platform: "iPhone, Safari"}
	if err := in.Sign(regtest.Issuer, f.Key); err != nil {
		h.t.Fatal(err)
	}
	t, status := posted[wire.Ticket](h, "/device/rebind", in)
	if status != http.StatusCreated {
		h.t.Fatal(status)
	}
	f.Answer.Registration = t.Ticket
	return f, t
}

// keeps has the old phone send its restore key.
func (h *house) keeps() {
	h.t.Helper()
	key, err := restorekey.Derive(vaultIdentity, regtest.Issuer, h.haru.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	jwk := wire.JWK(restorekey.PublicOf(key))
	if _, status := called[any](h, h.old, "PUT", "/device/registration", map[string]any{"restore": jwk}); status != http.StatusNoContent {
		h.t.Fatal(status)
	}
	if told, _ := called[wire.Registration](h, h.old, "GET", "/device/registration", nil); told.Restore == nil || *told.Restore != jwk {
		h.t.Errorf("%+v", told.Restore)
	}
}

func (h *house) signs(f regtest.Device, t wire.Ticket) {
	h.t.Helper()
	key, err := restorekey.Derive(vaultIdentity, regtest.Issuer, h.haru.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	device, err := wire.NewJWK(&f.Key.PublicKey)
	if err != nil {
		h.t.Fatal(err)
	}
	by, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), key.Bytes())
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := wire.Restore{Issuer: regtest.Issuer, Subject: h.haru.ID, Ticket: t.Ticket, Challenge: t.Challenge, Key: device}.Sign(by)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, status := called[any](h, f, "PUT", "/device/rebind", s); status != http.StatusNoContent {
		h.t.Fatal(status)
	}
}

func (h *house) state(f regtest.Device) wire.TicketState {
	h.t.Helper()
	s, status := called[wire.TicketState](h, f, "GET", "/device/rebind", nil)
	if status != http.StatusOK {
		h.t.Fatal(status)
	}
	return s
}

// takes has the phone of a ticket take the offer: it is a registration then.
func (h *house) takes(f regtest.Device) regtest.Device {
	h.t.Helper()
	offer := h.state(f).Offer
	if offer == nil {
		h.t.Fatal("no offer")
	}
	pair := wire.Pair{Offer: offer.Offer, Secret: offer.Secret, Name: "New phone", Platform: "iPhone, Safari"}
	if err := pair.Sign(regtest.Issuer, f.Key); err != nil {
		h.t.Fatal(err)
	}
	answer, status := posted[wire.PairAnswer](h, "/device/pair", pair)
	if status != http.StatusCreated {
		h.t.Fatal(status)
	}
	return regtest.Device{Key: f.Key, Answer: answer}
}

// A browser keeps cookies and knows which page it is on. It has no scripts.
type browser struct {
	*house
	lang    string
	cookies map[string]*http.Cookie
	at      string
	page    string
}

func (h *house) browser(lang string) *browser {
	return &browser{house: h, lang: lang, cookies: map[string]*http.Cookie{}}
}

func (b *browser) load(method, target string, form url.Values) *browser {
	b.t.Helper()
	for range 10 {
		r := httptest.NewRequest(method, regtest.Issuer+target, strings.NewReader(form.Encode()))
		r.Header.Set("Accept-Language", b.lang)
		if method == "POST" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for _, c := range b.cookies {
			r.AddCookie(c)
		}
		a := b.send(r)
		for _, c := range a.Cookies() {
			b.cookies[c.Name] = c
		}
		body, err := io.ReadAll(a.Body)
		if err != nil {
			b.t.Fatal(err)
		}
		b.at, b.page = target, string(body)
		if a.StatusCode != http.StatusSeeOther {
			return b
		}
		method, target, form = "GET", a.Header.Get("Location"), nil
	}
	b.t.Fatalf("redirects without end at %s", target)
	return b
}

func (b *browser) get(target string) *browser { b.t.Helper(); return b.load("GET", target, nil) }

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// submit fills in the form that posts to action.
func (b *browser) submit(action string, fields ...string) *browser {
	b.t.Helper()
	_, form, found := strings.Cut(b.page, `action="`+action+`"`)
	if !found {
		b.t.Fatalf("%s has no form for %s:\n%s", b.at, action, b.page)
	}
	form, _, _ = strings.Cut(form, "</form>")
	v := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(form, -1) {
		v.Set(m[1], m[2])
	}
	for i := 0; i < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return b.load("POST", action, v)
}

func (b *browser) shows(text string) *browser {
	b.t.Helper()
	if !strings.Contains(b.page, text) {
		b.t.Fatalf("%s has no %q:\n%s", b.at, text, b.page)
	}
	return b
}

// proves signs in to recover: the password, and a code to the address.
func (b *browser) proves(at string) *browser {
	b.t.Helper()
	b.get(at+"?login="+b.haru.Login).shows(`value="`+b.haru.Login+`"`).submit("/signin/name", "login", b.haru.Login)
	b.submit("/signin/password", "password", signintest.Password)
	b.Clock.Add(time.Second) // so that it is the newest letter
	b.submit("/signin/mail/send")
	_, letter := b.Letter(b.t, b.haru.Email)
	return b.submit("/signin/mail", "code", letter["code"])
}

var spoken = regexp.MustCompile(`class="vh">[^<]*?([0-9]{2,6})[^<]*</span>`)

func (b *browser) number() string {
	b.t.Helper()
	m := spoken.FindStringSubmatch(b.page)
	if m == nil {
		b.t.Fatalf("%s shows no number:\n%s", b.at, b.page)
	}
	return m[1]
}

// N20: with the backup opened a new phone is set up at once, without a script, in
// both languages, and ends as a registration that was tried with a number.
func TestN20ANewPhoneIsSetUpAtOnce(t *testing.T) {
	for lang, words := range map[string][]string{
		"en": {"Set up your new phone", "Now on the phone", "Your phone has it", "Type this number", "It matches", "Your phone is ready"},
		"ja": {"新しいスマートフォンを設定", "端末で続けます", "端末が受け取りました", "この番号を入力", "一致しました", "準備ができました"},
	} {
		t.Run(lang, func(t *testing.T) {
			h := newHouse(t)
			h.keeps()
			f, ticket := h.ticket()
			h.signs(f, ticket)
			at := "/restore/" + ticket.Ticket
			b := h.browser(lang).proves(at).shows(words[0]).shows("New phone")
			b.submit(at + "/go").shows(words[1])
			phone := h.takes(f)
			b.get(at).shows(words[2]).submit(at + "/test").shows(words[3])
			if open := h.Waiting(t, h.old); len(open) > 0 {
				t.Errorf("the old phone is asked %+v", open)
			}
			h.Answer(t, phone, wire.Approve, b.number())
			b.get(at).shows(words[4]).submit(at + "/finish").shows(words[5])
			if s := h.state(f); s.State != wire.TicketDone {
				t.Errorf("%+v", s)
			}
			now, _ := called[wire.Registration](h, phone, "GET", "/device/registration", nil)
			if now.State != "active" || len(now.Older) != 1 || now.Older[0].Registration != h.old.ID() {
				t.Fatalf("%+v", now)
			}
			if told, _ := called[wire.Registration](h, h.old, "GET", "/device/registration", nil); len(told.Newer) != 1 || len(told.Waiting) > 0 {
				t.Errorf("the old phone hears %+v", told)
			}
			h.browser(lang).get(at).shows(words[5]) // and nothing of whose it is
			lost := wire.Lost{Remove: []string{h.old.ID()}}
			if _, status := called[any](h, h.old, "POST", "/device/older", wire.Lost{Remove: []string{phone.ID()}}); status != http.StatusForbidden {
				t.Errorf("the old phone removes the new one: %d", status)
			}
			if _, status := called[any](h, phone, "POST", "/device/older", lost); status != http.StatusNoContent {
				t.Errorf("the lost phone is removed: %d", status)
			}
			if _, status := called[any](h, h.old, "GET", "/device/registration", nil); status != http.StatusUnauthorized {
				t.Errorf("and hears it: %d", status)
			}
			h.Clock.Add(wayback.Settling + time.Second)
			if _, status := called[any](h, phone, "POST", "/device/older", lost); status != http.StatusForbidden {
				t.Errorf("after an hour: %d", status)
			}
		})
	}
}

// R1: without it, it waits, and the old phone hears of it and stops it.
func TestR1AnOldPhoneStopsWhatWaits(t *testing.T) {
	h := newHouse(t)
	f, ticket := h.ticket()
	at := "/restore/" + ticket.Ticket
	b := h.browser("en").proves(at).shows("A day’s wait")
	b.submit(at + "/go").shows("tomorrow 06:32 or later").shows("can stop it")
	if s := h.state(f); s.State != wire.TicketWaits || s.ReadyAt == 0 {
		t.Errorf("%+v", s)
	}
	told, _ := called[wire.Registration](h, h.old, "GET", "/device/registration", nil)
	if len(told.Waiting) != 1 || told.Waiting[0].Name != "New phone" || told.Waiting[0].What != wire.WaitsApp {
		t.Fatalf("%+v", told.Waiting)
	}
	if _, status := called[any](h, h.old, "DELETE", "/device/waiting/"+told.Waiting[0].ID, nil); status != http.StatusNoContent {
		t.Errorf("%d", status)
	}
	if s := h.state(f); s.State != wire.TicketStopped {
		t.Errorf("%+v", s)
	}
	b.get(at).shows("It was stopped")
	h.Clock.Add(ways.PersonalWait + time.Hour)
	b.get(at).shows("It was stopped")
}

// R1: the wait over, both proofs are asked once more, and the phone is set up.
func TestR1AfterTheWaitItGoesOn(t *testing.T) {
	h := newHouse(t)
	f, ticket := h.ticket()
	at := "/restore/" + ticket.Ticket
	h.browser("ja").proves(at).shows("1 日お待ちください").submit(at + "/go").shows("お知らせしました")
	h.Clock.Add(ways.PersonalWait + time.Minute)
	if s := h.state(f); s.State != wire.TicketReady {
		t.Errorf("%+v", s)
	}
	b := h.browser("en").proves(at).shows("Set up your new phone").submit(at + "/go")
	phone := h.takes(f)
	b.get(at+"?code=1").shows("one-time code").submit(at+"/code", "code", "000000").shows("not the code")
	b.submit(at+"/code", "code", phone.Code(t, h.Clock.Now())).shows("Your phone is ready")
}

// A8: who has the link and has proven nothing learns nothing of whose ticket it is,
// and whoever signs in as somebody else does not either.
func TestA8ATicketTellsAStrangerNothing(t *testing.T) {
	h := newHouse(t)
	f, ticket := h.ticket()
	at := "/restore/" + ticket.Ticket
	h.haru.ID = rand.Text()
	_, nobody := h.ticket()
	var pages []string
	for _, path := range []string{at, "/restore/" + nobody.Ticket} {
		page := h.browser("en").get(path).page
		page = regexp.MustCompile(`value="[A-Z0-9]{26}"|challenge[^,]*`).ReplaceAllString(page, "")
		pages = append(pages, strings.ReplaceAll(page, path, ""))
	}
	if pages[0] != pages[1] || strings.Contains(pages[0], "haru") {
		t.Errorf("%s\nbut\n%s", pages[0], pages[1])
	}
	h.browser("en").get("/restore/NOSUCHTICKET").shows("Begin again in the app")
	f.Key = regtest.NewKey(t)
	for _, d := range []regtest.Device{f, {Key: f.Key}} {
		if _, status := called[any](h, d, "GET", "/device/rebind", nil); status != http.StatusUnauthorized {
			t.Errorf("by another key: %d", status)
		}
	}
}

// N14: a recovery sign-in for one ticket speaks for no other.
func TestN14ARecoverySignInIsForOneTicket(t *testing.T) {
	h := newHouse(t)
	_, mine := h.ticket()
	_, other := h.ticket()
	b := h.browser("en").proves("/restore/" + mine.Ticket).shows("A day’s wait")
	if b.get("/restore/" + other.Ticket); strings.Contains(b.page, "A day’s wait") || !slices.Contains([]string{"/signin/name", "/signin/password"}, b.at) {
		t.Errorf("at %s", b.at)
	}
}

// N6, N14: a phone that is still there says yes to the new one, by the six digits
// that this page shows and its unlock key; with the password that is enough, and
// nothing waits. An ordinary approval is not even asked for.
func TestN14AnOldPhoneSaysYesToTheNewOne(t *testing.T) {
	for lang, words := range map[string][]string{
		"en": {"Ask a phone you have", "setting up “New phone”", "It matches", "Set up your new phone"},
		"ja": {"手元のスマートフォンで許可", "「New phone」を設定してよいか", "一致しました", "新しいスマートフォンを設定"},
	} {
		t.Run(lang, func(t *testing.T) {
			h := newHouse(t)
			old := h.Unlocked(t, h.haru, "Phone with a lock")
			_, ticket := h.ticket()
			at := "/restore/" + ticket.Ticket
			b := h.browser(lang)
			b.get(at+"?login="+b.haru.Login).submit("/signin/name", "login", b.haru.Login)
			b.submit("/signin/password", "password", signintest.Password)
			b.get("/signin/ways").shows(words[0]).submit("/signin/ask").shows(words[1])
			number := b.number()
			open := h.Waiting(t, old)
			if len(number) != wire.NewPhoneDigits || len(open) != 1 || open[0].Kind != wire.KindNewPhone {
				t.Fatalf("%q %+v", number, open)
			}
			h.Clock.Add(4 * time.Minute) // the old phone was in another room
			h.Answer(t, old, wire.Approve, number)
			b.get("/signin/number").shows(words[2]).submit("/signin/finish").shows(words[3])
		})
	}
}

// Whoever asks has five minutes to fetch the old phone; then the page says so.
func TestNobodyAnswersForTheNewPhone(t *testing.T) {
	h := newHouse(t)
	old := h.Unlocked(t, h.haru, "Phone with a lock")
	_, ticket := h.ticket()
	b := h.browser("en")
	b.get("/restore/"+ticket.Ticket+"?login="+b.haru.Login).submit("/signin/name", "login", b.haru.Login)
	b.submit("/signin/password", "password", signintest.Password).get("/signin/ways").submit("/signin/ask")
	h.Clock.Add(5 * time.Minute)
	if open := h.Waiting(t, old); len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	b.get("/signin/number").shows("5 minutes")
}

// A phone without a lock can say no, and the page says what is needed for a yes.
func TestN6AnOldPhoneWithoutItsLockCannotSayYes(t *testing.T) {
	h := newHouse(t)
	_, ticket := h.ticket()
	b := h.browser("en")
	b.get("/restore/"+ticket.Ticket+"?login="+b.haru.Login).submit("/signin/name", "login", b.haru.Login)
	b.submit("/signin/password", "password", signintest.Password).get("/signin/ways")
	if strings.Contains(b.page, "Ask a phone you have") || strings.Contains(b.page, "Approve on your phone") {
		t.Errorf("%s", b.page)
	}
}

// N3: after three wrong numbers the page says why no phone is asked any more.
func TestN3WrongNumbersOfTheNewPhoneEndInAnotherWay(t *testing.T) {
	h := newHouse(t)
	old := h.Unlocked(t, h.haru, "Phone with a lock")
	_, ticket := h.ticket()
	b := h.browser("en")
	b.get("/restore/"+ticket.Ticket+"?login="+b.haru.Login).submit("/signin/name", "login", b.haru.Login)
	b.submit("/signin/password", "password", signintest.Password).get("/signin/ways")
	for range 3 {
		b.submit("/signin/ask")
		number := b.number()
		h.Answer(t, old, wire.Approve, string('0'+(number[0]-'0'+1)%10)+number[1:])
		b.get("/signin/number").shows("did not match")
	}
	b.submit("/signin/ask").shows("Too many wrong numbers").shows("/signin/ways")
}
