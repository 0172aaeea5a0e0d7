package backup

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/vault"
	"countersign/otp"
	"countersign/seal"
)

// A phone is a device with a vault and a backup.
type phone struct {
	t *testing.T
	v *vault.Vault
	k Keys
}

func newPhone(t *testing.T) (*phone, seal.RecoveryKey) {
	t.Helper()
	key := seal.NewRecoveryKey()
	k, err := New(noon, "iPhone", key)
	if err != nil {
		t.Fatal(err)
	}
	return &phone{t, vault.New(), k}, key
}

func (p *phone) add(now time.Time, issuer string) string {
	p.t.Helper()
	id := ""
	err := p.v.Change(now, vault.Adding, func(c *vault.Change) error {
		id = c.Add(vault.Entry{Kind: vault.Other, Issuer: issuer, Name: "mei"}.WithKey(otp.Key{
			Kind: otp.TOTP, Secret: []byte("secret of " + issuer), Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}))
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// store makes a generation and verifies it, as if a server had kept it.
func (p *phone) store(now time.Time) []byte {
	p.t.Helper()
	files, next, err := p.k.Make(p.v, now)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := Verify(next, files, files.Bytes()); err != nil {
		p.t.Fatal(err)
	}
	p.k = next
	return files.Bytes()
}

// take reads a generation and takes it in.
func (p *phone) take(archive []byte, now time.Time) vault.Outcome {
	p.t.Helper()
	g, err := p.k.Read(archive, now)
	if err != nil {
		p.t.Fatal(err)
	}
	out, question := p.k.Merge(p.v, g, now, vault.Unasked)
	if question != nil {
		p.t.Fatalf("%+v", question)
	}
	return out
}

func (p *phone) issuers() string {
	var all []string
	for _, e := range p.v.Entries() {
		all = append(all, e.Issuer)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// join is a fresh device that opens a backup by the recovery key.
func join(t *testing.T, archive []byte, key seal.RecoveryKey, label string, now time.Time) *phone {
	t.Helper()
	files, err := seal.ReadFiles(archive)
	if err != nil {
		t.Fatal(err)
	}
	holder, err := seal.OpenKey(files[seal.KeyFile], key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	u, err := OpenWith(archive, holder)
	if err != nil {
		t.Fatal(err)
	}
	g, err := u.Read(now)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t, vault.New(), Join(u, now, label)}
	if _, question := p.k.Merge(p.v, g, now, vault.Unasked); question != nil {
		t.Fatal("a fresh device was asked")
	}
	return p
}

// Ten thousand accounts are one backup, which a fresh device opens.
func TestTenThousandAccountsComeBack(t *testing.T) {
	p, key := newPhone(t)
	var ids []string
	err := p.v.Change(noon, vault.Adding, func(c *vault.Change) error {
		for i := range 10_000 {
			issuer := fmt.Sprint("Site ", i)
			ids = append(ids, c.Add(vault.Entry{Kind: vault.Other, Issuer: issuer, Name: "mei@example.org"}.WithKey(otp.Key{
				Kind: otp.TOTP, Secret: []byte("secret of " + issuer), Algorithm: otp.SHA1, Digits: 6, Period: 30,
			})))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	fresh := join(t, p.store(noon), key, "Pixel", noon.Add(time.Hour))
	var got []string
	for _, e := range fresh.v.Entries() {
		got = append(got, e.ID)
	}
	slices.Sort(ids)
	slices.Sort(got)
	if !slices.Equal(got, ids) {
		t.Errorf("%d of %d came back", len(got), len(ids))
	}
}

const code = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" // what codes of a work account are made from

// mixed is a vault as an app leaves it, with accounts of sign-in services and
// with what nobody of this version knows.
func mixed(t *testing.T) *vault.Vault {
	t.Helper()
	server := func(kind string) string {
		return `{"issuer":"https://id.aoba.example","host":"id.aoba.example","directory":{"id":"aoba-dir","name":"Aoba","kind":"` + kind + `"},
			"subject":"subject-of-mei","registration":"registration-of-this-phone","state":"active","numberDigits":2,"pushKey":"push-key-of-the-server",
			"key":"device-key-of-a-terminal","code":{"secret":"` + code + `","algorithm":"SHA1","digits":6,"period":30}}`
	}
	v, err := vault.Open([]byte(`{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
		{"id":"a1","kind":"other","type":"totp","issuer":"GitHub","name":"mei","secret":"GEZDGNBVGY3TQOJQ","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"at the desk","tags":["仕事"],"order":1,"pinned":true,"created":1763800000000},
		{"id":"a2","kind":"work","type":"totp","issuer":"Aoba","name":"mei@aoba.example","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"work note","order":2,"pinned":false,"created":1763800000000,"server":`+server("organisation")+`,"unlock":"unlock-credential"},
		{"id":"a3","kind":"personal","type":"totp","issuer":"Kitsune","name":"mei@kitsune.example","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":3,"pinned":false,"created":1763800000000,"server":`+server("personal")+`}
	],"settings":{"nextEarly":true,"theme":"dark","clockOffset":4711},"deviceKeys":["approval-credential"]}`), noon)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What a backup says is in it is in it, and what it says is not is not: a test
// that opens it and looks.
func TestABackupHoldsNoKeyOfADeviceAndNoCodeOfASignInService(t *testing.T) {
	p, key := newPhone(t)
	p.v = mixed(t)
	p.add(noon, "Removed")
	for _, e := range p.v.Entries() {
		if e.Issuer == "Removed" {
			if err := p.v.Change(noon, vault.Removing, func(c *vault.Change) error { return c.Remove(e.ID) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.store(noon)
	archive := p.store(after(time.Minute)) // the second time round it has been taken apart once more
	files, err := seal.ReadFiles(archive)
	if err != nil {
		t.Fatal(err)
	}
	b, err := files.Open(p.k.Vault)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b.Vault)
	for _, never := range []string{
		code, "registration-of-this-phone", "push-key-of-the-server", "device-key-of-a-terminal", "unlock-credential", "approval-credential",
		"4711", p.k.Private.Reveal(), p.k.Vault.Reveal(), key.Reveal(), strings.ReplaceAll(key.Reveal(), "-", ""),
	} {
		if strings.Contains(text, never) {
			t.Errorf("%q is in the backup", never)
		}
	}
	for _, always := range []string{"GEZDGNBVGY3TQOJQ", "GitHub", "at the desk", "仕事", `"theme":"dark"`, "mei@aoba.example", "subject-of-mei", "aoba-dir", "work note",
		base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("secret of Removed"))} {
		if !strings.Contains(text, always) {
			t.Errorf("%q is not in the backup", always)
		}
	}
	for name, file := range files {
		if bytes.Contains(file, []byte("GitHub")) || bytes.Contains(file, []byte("aoba")) || bytes.Contains(file, []byte("iPhone")) {
			t.Errorf("%s shows a name without being opened", name)
		}
	}
	g, err := p.k.ReadVersion(archive, noon)
	if err != nil || g.Count() != 3 || len(g.Paired) != 2 {
		t.Fatalf("%+v, %v", g, err)
	}
	work := g.Paired[0]
	if work.Kind != vault.Work || work.Server != "https://id.aoba.example" || work.Directory != "aoba-dir" || work.Subject != "subject-of-mei" || work.Note != "work note" {
		t.Errorf("%+v", work)
	}
}

// Taking in a backup never touches what a sign-in service gave this device.
func TestAPairedAccountOutlivesItsOwnBackup(t *testing.T) {
	p, _ := newPhone(t)
	p.v = mixed(t)
	archive := p.store(noon)
	before := p.v.Bytes()
	out := p.take(archive, after(time.Minute))
	if len(out.Added)+len(out.Changed)+len(out.Removed)+len(out.AlreadyHere) > 0 || !bytes.Equal(p.v.Bytes(), before) {
		t.Errorf("%+v", out)
	}
	e, err := p.v.Entry("a2")
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := e.Server(); !ok || otp.FormatSecret(s.Code.Secret) != code {
		t.Error("its code secret is gone")
	}
	if len(p.k.Elsewhere) > 0 {
		t.Errorf("%+v", p.k.Elsewhere)
	}
}

// Two devices at once: the later one takes in what the other made, whichever
// it is, and at the end both have everything.
func TestDevicesBecomeOneInTheBackup(t *testing.T) {
	a, key := newPhone(t)
	a.v = mixed(t)
	archive := a.store(noon)
	b := join(t, archive, key, "Laptop", after(time.Hour))
	if b.issuers() != "GitHub" || len(b.k.Elsewhere) != 2 {
		t.Fatalf("%s, %+v", b.issuers(), b.k.Elsewhere)
	}
	archive = b.store(after(2 * time.Hour))
	a.take(archive, after(3*time.Hour))

	a.add(after(3*time.Hour), "Phone")
	b.add(after(3*time.Hour), "Laptop")
	byA := a.store(after(4 * time.Hour))
	lost, _, err := b.k.Make(b.v, after(4*time.Hour)) // the server refuses this: If-Match
	if err != nil {
		t.Fatal(err)
	}
	b.take(byA, after(5*time.Hour))
	a.take(b.store(after(5*time.Hour)), after(6*time.Hour))
	if a.issuers() != "Aoba GitHub Kitsune Laptop Phone" || b.issuers() != "GitHub Laptop Phone" {
		t.Errorf("%s; %s", a.issuers(), b.issuers())
	}
	if _, err := a.k.Read(lost.Bytes(), after(6*time.Hour)); !errors.Is(err, seal.ErrOlder) {
		t.Errorf("the one that came too late: %v", err)
	}
	if a.k.Known.Generation != 4 || b.k.Known.Generation != 4 {
		t.Error(a.k.Known.Generation, b.k.Known.Generation)
	}

	// A paired account that its own device removes is no longer told of.
	if err := a.v.Change(after(7*time.Hour), vault.Removing, func(c *vault.Change) error { return c.Remove("a3") }); err != nil {
		t.Fatal(err)
	}
	b.take(a.store(after(7*time.Hour)), after(8*time.Hour))
	g, err := b.k.ReadVersion(b.store(after(8*time.Hour)), after(8*time.Hour))
	if err != nil || len(g.Paired) != 1 || g.Paired[0].ID != "a2" {
		t.Errorf("%+v, %v", g.Paired, err)
	}
}

func TestAGenerationThatIsRolledBackIsRefused(t *testing.T) {
	a, key := newPhone(t)
	one := a.store(noon)
	a.add(noon, "GitHub")
	two := a.store(after(time.Hour))
	if _, err := a.k.Read(one, after(2*time.Hour)); !errors.Is(err, seal.ErrOlder) {
		t.Error(err)
	}
	if g, err := a.k.ReadVersion(one, after(2*time.Hour)); err != nil || g.Count() != 0 {
		t.Errorf("on purpose: %v", err)
	}
	other, _ := newPhone(t)
	other.k = join(t, one, key, "Tablet", noon).k
	other.store(noon)
	rival := other.store(after(time.Minute)) // follows another generation 2
	if _, err := a.k.Read(rival, after(2*time.Hour)); !errors.Is(err, seal.ErrBranch) {
		t.Error(err)
	}
	stranger, _ := newPhone(t)
	if _, err := stranger.k.Read(two, noon); !errors.Is(err, seal.ErrKey) {
		t.Error(err)
	}
}

func TestARemovedDeviceOpensNothingNew(t *testing.T) {
	a, key := newPhone(t)
	one := a.store(noon)
	b := join(t, one, key, "Tablet", noon)
	two := b.store(after(time.Minute))
	a.take(two, after(time.Minute))
	old := a.k.Vault
	for _, w := range a.k.Ways {
		if w.Label == "Tablet" {
			if err := a.k.Remove(after(time.Hour), w.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	three := a.store(after(time.Hour))
	if a.k.Vault.Is(old) {
		t.Error("the identity is the same")
	}
	if _, err := b.k.Read(three, after(time.Hour)); !errors.Is(err, seal.ErrKey) {
		t.Errorf("the tablet: %v", err)
	}
	four := a.store(after(2 * time.Hour))
	for n, archive := range [][]byte{one, two, three, four} {
		if g, err := a.k.ReadVersion(archive, after(2*time.Hour)); err != nil || g.Generation != uint64(n+1) {
			t.Errorf("version %d: %v", n+1, err)
		}
	}
	// Whoever joins later has the identities of before.
	c := join(t, four, key, "New phone", after(3*time.Hour))
	if _, err := c.k.ReadVersion(one, after(3*time.Hour)); err != nil {
		t.Error(err)
	}
}

func TestAReplacedKeyOpensNothingNew(t *testing.T) {
	a, key := newPhone(t)
	b := join(t, a.store(noon), key, "Laptop", noon)
	a.take(b.store(noon), noon)
	holder, err := seal.NewKeyHolder(seal.NewRecoveryKey())
	if err != nil {
		t.Fatal(err)
	}
	a.k.Add(after(time.Hour), "", holder)
	archive := a.store(after(time.Hour))
	files, err := seal.ReadFiles(archive)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.OpenKey(files[seal.KeyFile], key.Reveal()); !errors.Is(err, seal.ErrKey) {
		t.Errorf("the old key: %v", err)
	}
	b.take(archive, after(time.Hour)) // which has another identity now
	if !b.k.Vault.Is(a.k.Vault) {
		t.Error("the other device did not follow")
	}
	b.store(after(2 * time.Hour))
	if n := len(openOf(b.k.Ways)); n != 3 {
		t.Errorf("%d ways of opening", n)
	}
}

// Two devices replace the recovery key at once: one key stays, on both.
func TestOfTwoNewKeysOneStays(t *testing.T) {
	a, key := newPhone(t)
	b := join(t, a.store(noon), key, "Laptop", noon)
	a.take(b.store(noon), noon)
	for i, p := range []*phone{a, b} {
		holder, err := seal.NewKeyHolder(seal.NewRecoveryKey())
		if err != nil {
			t.Fatal(err)
		}
		p.k.Add(after(time.Duration(i+1)*time.Hour), "", holder)
	}
	b.take(a.store(after(3*time.Hour)), after(3*time.Hour))
	a.take(b.store(after(3*time.Hour)), after(4*time.Hour))
	for _, p := range []*phone{a, b} {
		keys := 0
		for _, w := range p.k.Ways {
			if w.Open() && w.Kind == seal.ByKey {
				keys++
			}
		}
		if keys != 1 {
			t.Errorf("%d recovery keys", keys)
		}
	}
}

func TestAWayOfOpeningThatIsNotKnownIsKept(t *testing.T) {
	a, key := newPhone(t)
	holder := seal.NewIdentity()
	a.k.Add(noon, "", seal.Holder{Kind: "card", Recipient: holder.Recipient(), Name: "holder-card.age", File: []byte("of a later version")})
	b := join(t, a.store(noon), key, "Laptop", noon)
	archive := b.store(noon)
	files, err := seal.ReadFiles(archive)
	if err != nil || string(files["holder-card.age"]) != "of a later version" {
		t.Fatal(err)
	}
	if _, err := OpenWith(archive, holder); err != nil {
		t.Error(err)
	}
}

func TestWhatCameBackOtherwiseIsNotVerified(t *testing.T) {
	a, _ := newPhone(t)
	one := a.store(noon)
	files, next, err := a.k.Make(a.v, noon)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(next, files, one); !errors.Is(err, ErrDiffers) {
		t.Error(err)
	}
	if err := Verify(next, files, nil); !errors.Is(err, ErrDiffers) {
		t.Error(err)
	}
	if a.k.Known.Generation != 1 {
		t.Error("what was only made is taken for stored")
	}
}

func TestManyRemovalsAreAskedAbout(t *testing.T) {
	a, key := newPhone(t)
	for i := range 10 {
		a.add(noon, fmt.Sprint("Site ", i))
	}
	b := join(t, a.store(noon), key, "Tablet", noon)
	a.take(b.store(noon), noon)
	err := b.v.Change(after(time.Hour), vault.Removing, func(c *vault.Change) error {
		for _, e := range b.v.Entries() {
			if err := c.Remove(e.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := a.k.Read(b.store(after(time.Hour)), after(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	known := a.k.Known
	if _, q := a.k.Merge(a.v, g, after(time.Hour), vault.Unasked); q == nil || len(q.Accounts) != 10 || a.k.Known.Generation != known.Generation {
		t.Errorf("%+v", q)
	}
	if _, q := a.k.Merge(a.v, g, after(time.Hour), vault.Keep); q != nil || len(a.v.Entries()) != 10 || a.k.Known.Generation != known.Generation+1 {
		t.Errorf("%+v", q)
	}
}

func TestKeysAreKept(t *testing.T) {
	a, key := newPhone(t)
	a.v = mixed(t)
	b := join(t, a.store(noon), key, "Laptop", noon)
	phone := slices.IndexFunc(b.k.Ways, func(w Way) bool { return w.Label == "iPhone" })
	if err := b.k.Remove(after(time.Hour), b.k.Ways[phone].ID); err != nil {
		t.Fatal(err)
	}
	b.store(after(time.Hour))
	again, err := OpenKeys(b.k.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), b.k.Bytes()) || len(again.Old) != 1 || len(again.Elsewhere) != 2 || again.Known.Generation != 2 {
		t.Errorf("%+v", again)
	}
	b.k = again
	b.store(after(2 * time.Hour))
	for text, want := range map[string]error{"": vault.ErrBroken, "{}": vault.ErrBroken, `{"version":2}`: vault.ErrNewer, `{"version":1,"private":"x"}`: vault.ErrBroken} {
		if _, err := OpenKeys([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if err := b.k.Remove(noon, "nobody"); !errors.Is(err, ErrNoHolder) {
		t.Error(err)
	}
}

// A later version of the app may write more into the second line; what is not
// known of it harms nothing.
func TestTheSecondLineIsAVault(t *testing.T) {
	a, _ := newPhone(t)
	a.add(noon, "GitHub")
	files, err := seal.ReadFiles(a.store(noon))
	if err != nil {
		t.Fatal(err)
	}
	b, err := files.Open(a.k.Vault)
	if err != nil {
		t.Fatal(err)
	}
	var line struct {
		Version int
		Entries []struct{ Issuer, Secret string }
		Backup  struct{ Holders []struct{ Kind string } }
	}
	if err := json.Unmarshal(b.Vault, &line); err != nil || line.Version != 1 || len(line.Entries) != 1 || len(line.Backup.Holders) != 2 {
		t.Errorf("%+v, %v", line, err)
	}
	if v, err := vault.Open(b.Vault, noon); err != nil || len(v.Entries()) != 1 {
		t.Error(err)
	}
}

// One person at one service is one account, however many devices have it: what
// another device calls by another id is not named twice.
func TestAnAccountOfTwoDevicesIsNamedOnce(t *testing.T) {
	work := func(id string) *vault.Vault {
		v, err := vault.Open([]byte(`{"version":1,"lineage":"0123456789abcdef0123456789abcdef","entries":[
			{"id":"`+id+`","kind":"work","type":"totp","issuer":"Aoba","name":"mei","secret":"","algorithm":"SHA1","digits":6,"period":30,"counter":0,"note":"","order":1,"pinned":false,"created":1763800000000,
			"server":{"issuer":"https://id.aoba.example","host":"id.aoba.example","directory":{"id":"dir"},"subject":"mei","registration":"`+id+`","state":"active","code":{}}}
		],"settings":{"nextEarly":true,"clockOffset":0}}`), noon)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, key := newPhone(t)
	a.v = work("a1")
	b := join(t, a.store(noon), key, "Tablet", after(time.Minute))
	b.v = work("b1") // paired there, too
	archive := b.store(after(2 * time.Minute))
	g, err := a.k.Read(archive, after(3*time.Minute))
	if err != nil || len(g.Paired) != 1 || g.Paired[0].ID != "b1" {
		t.Errorf("%+v, %v", g.Paired, err)
	}
	a.take(archive, after(3*time.Minute))
	if len(a.k.Elsewhere) > 0 {
		t.Errorf("the first device counts its own account as one elsewhere: %+v", a.k.Elsewhere)
	}
}

// A device that opens the backup lets another one in: it takes in what is there,
// joins, and is a way of opening of its own from then on.
func TestADeviceOpensTheBackupForAnother(t *testing.T) {
	p, _ := newPhone(t)
	p.add(noon, "GitHub")
	archive := p.store(noon)
	u, err := OpenLent(archive, p.k.Lend())
	if err != nil {
		t.Fatal(err)
	}
	g, err := u.Read(noon)
	if err != nil {
		t.Fatal(err)
	}
	tablet := &phone{t, g.Vault, Join(u, noon, "Tablet")}
	next := tablet.store(noon.Add(time.Minute))
	if _, err := p.k.Read(next, noon.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	stranger, _ := newPhone(t)
	if _, err := OpenLent(archive, stranger.k.Lend()); !errors.Is(err, seal.ErrKey) {
		t.Errorf("by what opens another backup: %v", err)
	}
	for _, lent := range []string{"", "hello"} {
		if _, err := OpenLent(archive, []byte(lent)); !errors.Is(err, seal.ErrCorrupted) {
			t.Errorf("by %q: %v", lent, err)
		}
	}
}
