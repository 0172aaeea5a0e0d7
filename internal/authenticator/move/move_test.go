package move

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/backup"
	"countersign/internal/authenticator/frames"
	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/seal"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// face is a vault as the web app keeps it: two accounts of other sites, one of
// a personal directory and two of an organisation.
const face = `{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
	{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000},
	{"id":"a2","kind":"other","type":"hotp","issuer":"Bank","name":"mei","secret":"MZXW6YTBOI","algorithm":"SHA1","digits":6,"period":0,"counter":7,"note":"","order":2,"pinned":false,"created":1763800000000},
	{"id":"p1","kind":"personal","type":"totp","issuer":"Home","name":"mei","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":3,"pinned":false,"created":1763800000000,
	 "server":{"issuer":"https://id.home.example","host":"id.home.example","directory":{"id":"d1","kind":"personal","name":"Home"},"subject":"s1","registration":"r1","state":"active","code":{"type":"totp","secret":"ONSWG4TFOQYQ","algorithm":"SHA1","digits":6,"period":30}}},
	{"id":"w1","kind":"work","type":"totp","issuer":"Aoba","name":"mei","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":4,"pinned":false,"created":1763800000000,
	 "server":{"issuer":"https://id.aoba.example","host":"id.aoba.example","directory":{"id":"d2","kind":"organization","name":"Aoba"},"subject":"s2","registration":"r2","state":"active","code":{"type":"totp","secret":"ONSWG4TFOQZA","algorithm":"SHA1","digits":6,"period":30}}}
],"settings":{"nextEarly":true,"clockOffset":0}}`

func opened(t testing.TB, text string) *vault.Vault {
	t.Helper()
	v, err := vault.Open([]byte(text), noon)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A ceremony is both devices.
type ceremony struct {
	t   *testing.T
	new *New
	old *Old
}

func begin(t *testing.T) *ceremony {
	t.Helper()
	n := Begin("iPhone, Safari", Accounts)
	o, err := Meet(n.Invitation())
	if err != nil {
		t.Fatal(err)
	}
	return &ceremony{t, n, o}
}

func (c *ceremony) answer(typed string) []byte {
	c.t.Helper()
	a, err := c.new.Answer(typed)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

func (c *ceremony) agree() *ceremony {
	c.t.Helper()
	if err := c.old.Hear(c.answer(c.old.Digits())); err != nil {
		c.t.Fatal(err)
	}
	return c
}

func (c *ceremony) pack(v *vault.Vault) []byte {
	c.t.Helper()
	parcel, err := c.old.Seal(Pack(v))
	if err != nil {
		c.t.Fatal(err)
	}
	return parcel
}

// take opens a parcel on the new device.
func (c *ceremony) take(parcel []byte) backup.Generation {
	c.t.Helper()
	packed, err := c.new.Unseal(parcel)
	if err != nil {
		c.t.Fatal(err)
	}
	g, err := Unpack(packed, noon)
	if err != nil {
		c.t.Fatal(err)
	}
	return g
}

func another(digits string) string {
	return string('0'+(digits[0]-'0'+1)%10) + digits[1:]
}

func TestTheNewDeviceGetsWhatTheOldOneHas(t *testing.T) {
	c := begin(t)
	if c.old.Name() != "iPhone, Safari" || c.old.Wants() != Accounts || len(c.old.Digits()) != Digits {
		t.Errorf("%q %q", c.old.Name(), c.old.Digits())
	}
	digits := c.old.Digits()
	if err := c.old.Hear(c.answer(digits[:3] + "\u3000" + digits[3:])); err != nil {
		t.Fatal(err)
	}
	g := c.take(c.pack(opened(t, face)))
	here := vault.New()
	here.Merge(g.Vault, noon, vault.Keep)
	if e, err := here.Entry("a2"); err != nil || e.Counter != 7 || string(e.Secret) != "foobar" {
		t.Errorf("%+v %v", e, err)
	}
	receipt := Count(here, g)
	if receipt != (Receipt{Of: 4, Arrived: 4, Personal: 1, Work: 1}) {
		t.Errorf("%+v", receipt)
	}
	said, err := c.new.Receipt(receipt)
	if err != nil {
		t.Fatal(err)
	}
	if heard, err := c.old.Received(said); err != nil || heard != receipt {
		t.Errorf("%+v %v", heard, err)
	}
}

// What the codes of a sign-in service are made from, and what signs for the
// person there, stays on its device.
func TestNoSecretOfASignInServiceLeaves(t *testing.T) {
	line, err := io.ReadAll(flate.NewReader(bytes.NewReader(Pack(opened(t, face)))))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"ONSWG4TFOQYQ", "ONSWG4TFOQZA", `"r1"`, `"r2"`, "registration"} {
		if bytes.Contains(line, []byte(secret)) {
			t.Errorf("%s left the device", secret)
		}
	}
	if !bytes.Contains(line, []byte("GEZDGNBVGY3TQOJQ")) || !bytes.Contains(line, []byte("id.aoba.example")) {
		t.Errorf("%s", line)
	}
}

func TestWhatWasHereIsKept(t *testing.T) {
	c := begin(t).agree()
	g := c.take(c.pack(opened(t, face)))
	// GitHub with another secret, the bank with the same, and Aoba paired anew.
	here := strings.Replace(strings.Replace(face, "GEZDGNBVGY3TQOJQ", "MFRGGZDFMZTWQ2LK", 1), "0123456789abcdef01", "fedcba9876543210fe", 1)
	for _, id := range []string{"a1", "a2", "p1", "w1"} {
		here = strings.Replace(here, `"id":"`+id, `"id":"x`+id, 1)
	}
	here = strings.Replace(here, `"subject":"s1"`, `"subject":"s9"`, 1)
	v := opened(t, here)
	before := v.Entries()
	v.Merge(g.Vault, noon, vault.Keep)
	for _, e := range before {
		kept := slices.ContainsFunc(v.Entries(), func(f vault.Entry) bool { return f.Issuer == e.Issuer && bytes.Equal(f.Secret, e.Secret) })
		if !kept {
			t.Errorf("%s is another now", e.Title())
		}
	}
	if r := Count(v, g); r != (Receipt{Of: 4, Arrived: 4, Beside: 1, Personal: 1}) {
		t.Errorf("%+v", r)
	}
}

func TestWhatDidNotArriveIsNotCounted(t *testing.T) {
	c := begin(t).agree()
	g := c.take(c.pack(opened(t, face)))
	if r := Count(vault.New(), g); r != (Receipt{Of: 4, Arrived: 2, Personal: 1, Work: 1}) {
		t.Errorf("%+v", r)
	}
}

// One try, and the right digits come too late.
func TestOtherDigitsEndIt(t *testing.T) {
	c := begin(t)
	right := c.answer(c.old.Digits())
	if err := c.old.Hear(c.answer(another(c.old.Digits()))); !errors.Is(err, ErrDigits) {
		t.Fatal(err)
	}
	if err := c.old.Hear(right); !errors.Is(err, ErrStep) {
		t.Errorf("a second try: %v", err)
	}
	if _, err := c.old.Seal(Pack(opened(t, face))); !errors.Is(err, ErrStep) {
		t.Errorf("%v", err)
	}
}

func TestNothingIsPackedBeforeTheDigitsWereRight(t *testing.T) {
	c := begin(t)
	if _, err := c.old.Seal(Pack(opened(t, face))); !errors.Is(err, ErrStep) {
		t.Errorf("%v", err)
	}
	for _, other := range [][]byte{nil, []byte("hello"), c.new.Invitation(), Receipt{}.bytes(c.old.secret)} {
		if err := c.old.Hear(other); !errors.Is(err, ErrOther) {
			t.Errorf("%v", err)
		}
	}
	c.agree() // what was no answer was no try
}

// Somebody who knows the invitation's public half, and even the digits, but not
// its salt, cannot make the new device believe a parcel; nor can somebody answer
// in its place.
func TestAStrangersParcelIsNotBelieved(t *testing.T) {
	c, others := begin(t).agree(), begin(t).agree()
	others.old.to.Recipient = c.new.key.Recipient()
	forged, err := others.old.Seal(Pack(opened(t, face)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.new.Unseal(forged); !errors.Is(err, ErrStranger) {
		t.Errorf("%v", err)
	}
	if _, err := c.new.Unseal(begin(t).agree().pack(opened(t, face))); !errors.Is(err, seal.ErrKey) {
		t.Errorf("%v", err)
	}
	stranger := begin(t)
	stranger.new.key = c.new.key
	if err := begin(t).old.Hear(stranger.answer(c.old.Digits())); !errors.Is(err, ErrDigits) {
		t.Errorf("%v", err)
	}
	if _, err := c.new.Unseal(c.pack(opened(t, face))); err != nil {
		t.Errorf("the right one, after those: %v", err)
	}
}

// Digits follow from what the old device draws: who has only seen the invitation
// cannot know them.
func TestDigitsAreNewEachTime(t *testing.T) {
	n, seen := Begin("iPhone", Accounts), map[string]bool{}
	for range 5 {
		o, err := Meet(n.Invitation())
		if err != nil {
			t.Fatal(err)
		}
		seen[o.Digits()] = true
	}
	if len(seen) == 1 {
		t.Errorf("always %v", seen)
	}
}

func TestAReceiptIsTheNewDevicesOwn(t *testing.T) {
	c := begin(t).agree()
	if _, err := c.new.Receipt(Receipt{}); !errors.Is(err, ErrStep) {
		t.Errorf("before anything was opened: %v", err)
	}
	if _, err := c.old.Received(Receipt{Of: 4, Arrived: 4}.bytes(make([]byte, secretSize))); !errors.Is(err, ErrOther) {
		t.Errorf("by somebody else: %v", err)
	}
	if _, err := c.old.Received(Receipt{Of: -1}.bytes(c.old.secret)); !errors.Is(err, ErrOther) {
		t.Errorf("of less than nothing: %v", err)
	}
	if _, err := begin(t).old.Received(nil); !errors.Is(err, ErrStep) {
		t.Errorf("%v", err)
	}
}

func TestWhatIsNoInvitationIsSaidToBe(t *testing.T) {
	good := string(Begin("iPhone", Accounts).Invitation())
	for name, message := range map[string]struct {
		text string
		want error
	}{
		"nothing":            {"", ErrOther},
		"no JSON":            {"[", ErrOther},
		"newer":              {`{"move":2,"invitation":[]}`, ErrNewer},
		"no kind":            {`{"move":1}`, ErrOther},
		"no name":            {strings.Replace(good, "iPhone", "", 1), ErrOther},
		"a name in the dark": {strings.Replace(good, "iPhone", `i\u202ePhone`, 1), ErrOther},
		"a long name":        {strings.Replace(good, "iPhone", strings.Repeat("i", maxName+1), 1), ErrOther},
		"no wish":            {strings.Replace(good, `"wants":"accounts"`, `"wants":"all"`, 1), ErrOther},
		"no recipient":       {strings.Replace(good, "age1pq1", "age1pq2", 1), ErrOther},
		"no salt":            {strings.Replace(good, `"salt":"`, `"salt":"AAAA`, 1), ErrOther},
		"too much":           {`{"move":1,"x":"` + strings.Repeat("x", maxSmall) + `"}`, ErrOther},
	} {
		if _, err := Meet([]byte(message.text)); !errors.Is(err, message.want) {
			t.Errorf("%s: %v, want %v", name, err, message.want)
		}
	}
	if _, err := Meet([]byte(good)); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

func TestWhatIsNoVaultIsNotUnpacked(t *testing.T) {
	good := Pack(opened(t, face))
	bomb := packed(bytes.Repeat([]byte{' '}, seal.MaxPlain+1))
	for name, c := range map[string]struct {
		packed []byte
		want   error
	}{"nothing": {nil, seal.ErrCorrupted}, "cut off": {good[:len(good)-9], seal.ErrCorrupted}, "no vault": {packed([]byte("{}")), vault.ErrBroken}, "too much": {bomb, seal.ErrTooLarge}} {
		if _, err := Unpack(c.packed, noon); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func packed(text []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	_, _ = w.Write(text)
	_ = w.Close()
	return b.Bytes()
}

func TestOnlySixDigitsAreTyped(t *testing.T) {
	for typed, ok := range map[string]bool{
		"123456": true, " 123 456 ": true, "１２３４５６": true, "123-456": true, "": false, "12345": false, "1234567": false, "12345a": false,
	} {
		n := Begin("iPhone", Accounts)
		if _, err := n.Answer(typed); (err == nil) != ok || n.typed != "" && n.typed != "123456" {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

// A vault of 300 accounts takes less than a minute to show.
func TestThreeHundredAccountsAreShownInAMinute(t *testing.T) {
	v := vault.New()
	err := v.Change(noon, vault.Adding, func(c *vault.Change) error {
		for i := range 300 {
			secret := seal.NewRecoveryKey().Reveal()[:20]
			c.Add(vault.Entry{Kind: vault.Other, Issuer: "Site " + secret[:4], Name: "mei.tanaka@example.org", Order: float64(i)}.WithKey(
				otp.Key{Kind: otp.TOTP, Secret: []byte(secret), Algorithm: otp.SHA1, Digits: 6, Period: 30}))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	screen, err := frames.Show(begin(t).agree().pack(v))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d frames", screen.Blocks())
	if seconds := screen.Blocks() / frames.PerSecond; seconds >= 60 {
		t.Errorf("%d frames, %d seconds", screen.Blocks(), seconds)
	}
}

// Whatever is read, the old device does not break, and only an answer to its
// own digits is one.
func FuzzMessages(f *testing.F) {
	n := Begin("iPhone", Accounts)
	a, _ := n.Answer("123456")
	f.Add(n.Invitation())
	f.Add(a)
	f.Add(Receipt{Of: 1}.bytes(make([]byte, secretSize)))
	f.Add([]byte(`{"move":2}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		if o, err := Meet(message); err == nil {
			again, err := Meet(o.to.bytes())
			if err != nil || again.Name() != o.Name() || !isName(o.Name()) {
				t.Errorf("%+v is read once and not again: %v", o.to, err)
			}
		}
		o, err := Meet(n.Invitation())
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Hear(message); err == nil {
			t.Errorf("%q agrees with digits it does not know", message)
		}
		if _, err := readReceipt(message, o.secret); err == nil {
			t.Errorf("%q is a receipt", message)
		}
	})
}
