package cli_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/internal/authenticator/cli"
	"countersign/internal/server/journeytest"
	"countersign/seal"
)

// A home is a server with somebody's recovery account, and the codes with which
// they sign in.
type home struct {
	*journeytest.World
	t      *testing.T
	mei    *journeytest.Person
	codes  []string
	proves func(b *journeytest.Browser, path string) // how they sign in, if not like that
}

func newHome(t *testing.T) *home {
	t.Helper()
	w := journeytest.New(t, 0)
	h := &home{World: w, t: t}
	h.mei, h.codes = w.Personal(t, "mei@mail.example")
	w.Start(t, io.Discard)
	return h
}

// heard is what a command says while it runs.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case h.more <- struct{}{}:
	default:
	}
	return h.text.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

var address = regexp.MustCompile(`http://localhost:\d+(/authorize\?\S+)`)

// signingIn runs a command that sends somebody to a browser, and is that person.
func (h *home) signingIn(d desk, code int, args ...string) (out string) {
	h.t.Helper()
	return h.by("DISPLAY=:0", address, h.signIn, d, code, args...)
}

// by runs a command in an environment, and gives what it says to whoever waits for it.
func (h *home) by(environment string, pattern *regexp.Regexp, person func(string), d desk, code int, args ...string) (out string) {
	h.t.Helper()
	var printed bytes.Buffer
	said := &heard{more: make(chan struct{}, 1)}
	env := func(name string) string {
		for v := range strings.FieldsSeq(environment) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
	w := cli.World{Env: env, In: strings.NewReader(""), Out: &printed, Err: said, Now: time.Now}
	args = append([]string{"--vault", d.vault, "--passphrase-file", d.pass}, args...)
	done := make(chan int, 1)
	go func() { done <- cli.Run(h.t.Context(), w, args) }()
	var found []string
	for found == nil {
		select {
		case <-said.more:
			found = pattern.FindStringSubmatch(said.String())
		case got := <-done:
			h.t.Fatalf("%v: exit %d before anybody signed in: %s", args, got, said)
		}
	}
	person(found[1])
	if got := <-done; got != code {
		h.t.Fatalf("%v: exit %d, want %d\n%s%s", args, got, code, printed.String(), said)
	}
	return printed.String()
}

// signIn is a person in a browser: name, password, recovery code, consent.
func (h *home) signIn(path string) {
	h.t.Helper()
	ctx, b := h.t.Context(), h.Browser(h.mei)
	if h.proves != nil {
		h.proves(b, path)
		return
	}
	must(h.t, b.Get(ctx, path))
	must(h.t, b.Submit(ctx, "/signin/name", url.Values{"login": {h.mei.Login}}))
	must(h.t, b.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
	must(h.t, b.Get(ctx, "/signin/recovery"))
	must(h.t, b.Submit(ctx, "/signin/recovery", url.Values{"code": {h.codes[0]}}))
	h.codes = h.codes[1:]
	must(h.t, b.Submit(ctx, "/consent", url.Values{"answer": {"allow"}}))
	if b.Status != 200 || b.URL.Path != "/callback" {
		h.t.Fatalf("%s: %d\n%s", b.URL, b.Status, b.Page)
	}
	if in, err := b.SignedIn(ctx); err != nil || in != strings.Contains(path, "scope=backup") {
		h.t.Errorf("N14: a session is left: %v, %v", in, err)
	}
}

// Under another account of theirs there is no backup: that is said, nothing is taken
// over, and the right one is recovered afterwards.
func TestUnderAnotherAccountThereIsNoBackup(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, b, key := newDesk(t), newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	back := []string{"recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--json"}
	mei, codes := h.mei, h.codes
	h.mei, h.codes = h.Personal(t, "nina@mail.example")
	if out := h.signingIn(b, 3, back...); out != "" || b.run(3, "codes", "--once") != "" {
		t.Errorf("%q", out)
	}
	h.mei, h.codes = mei, codes
	var got result
	must(t, json.Unmarshal([]byte(h.signingIn(b, 0, back...)), &got))
	if len(got.Results) != 1 || got.Results[0].State != "restored" {
		t.Errorf("%+v", got)
	}
}

type result struct {
	Generation uint64
	Results    []struct{ State, Issuer, Name string }
}

// Back up on one device, lose it, recover on another; what is there already is
// kept; and both go on together.
func TestWhatWasBackedUpComesBackOnAnotherDevice(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, key := newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	a.add("Bank", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	if got := a.checkup(); got.Fix != "turn_on" || got.Lost != 2 {
		t.Errorf("before: %+v", got)
	}
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	a.run(1, "backup", "on")                          // it is, and nobody has to sign in to hear so
	a.add("青葉銀行", "MZXW6YTBOJRGC6TBMZXW6YTBOJRGC6TB") // backed up by itself
	if got := a.checkup(); got.Fix != "" || got.Returns != 3 || got.Lost != 0 || got.Backup.State != "fine" || got.Backup.Verified == nil || len(got.Backup.Ways) != 2 {
		t.Errorf("after: %+v", got)
	}
	var versions []struct{ Version int }
	must(t, json.Unmarshal([]byte(a.run(0, "backup", "versions", "--json")), &versions))
	if len(versions) != 2 {
		t.Errorf("%d versions", len(versions))
	}

	b := newDesk(t)
	b.add("Bank", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU") // the same name, another key
	var got result
	must(t, json.Unmarshal([]byte(h.signingIn(b, 0, "recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--json")), &got))
	want := map[string]string{"GitHub": "restored", "Bank": "kept", "青葉銀行": "restored"}
	if len(got.Results) != len(want) || got.Generation != 2 {
		t.Errorf("%+v", got)
	}
	for _, r := range got.Results {
		if want[r.Issuer] != r.State {
			t.Errorf("%s: %s, want %s", r.Issuer, r.State, want[r.Issuer])
		}
	}
	if a.run(0, "code", "青葉銀行") == "" || b.run(0, "code", "Bank") == a.run(0, "code", "Bank") {
		t.Error("the account that was there was overwritten")
	}
	must(t, json.Unmarshal([]byte(h.signingIn(b, 0, "recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--json")), &got))
	for _, r := range got.Results {
		if r.State != "kept" {
			t.Errorf("once more: %s %s", r.Issuer, r.State)
		}
	}

	// The second device joins, and each takes in what the other did.
	h.signingIn(b, 0, "backup", "on", "--server", h.Config.IDURL, "--recovery-key-file", key)
	b.add("Mail", "ORSXG5BRGIZTINJWORSXG5BRGIZTINJW")
	a.run(0, "backup", "now")
	if a.run(0, "code", "Mail") == "" {
		t.Error("the first device has not heard of it")
	}
	if got := a.checkup(); len(got.Backup.Ways) != 3 {
		t.Errorf("ways %+v", got.Backup.Ways)
	}
	h.greps(key)
}

// greps looks for what the server must never have seen: names and secrets of
// accounts, the recovery key – as text, and as bytes in any row.
func (h *home) greps(key string) {
	h.t.Helper()
	text, err := os.ReadFile(key)
	must(h.t, err)
	secrets := []string{"GitHub", "青葉銀行", "GEZDGNBVGY3TQOJQ", "JBSWY3DPEHPK3PXP", strings.TrimSpace(string(text)), "12345678901234567890"}
	all := h.Dump(h.t)
	for name, rows := range all {
		for _, secret := range secrets {
			if strings.Contains(rows, secret) || strings.Contains(rows, hex.EncodeToString([]byte(secret))) {
				h.t.Errorf("%s has %q", name, secret)
			}
		}
	}
	whole := strings.Join(slices.Collect(maps.Values(all)), "\n")
	if login := h.mei.Login; !strings.Contains(whole, login) || !strings.Contains(whole, "age-encryption.org") && !strings.Contains(whole, hex.EncodeToString([]byte("age-encryption.org"))) {
		h.t.Error("the dump has no person and no backup: it shows nothing")
	}
}

// The person says what becomes of an account that is here with another key.
func TestOthersComeBesideOrInstead(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, key := newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("Bank", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	theirs := codesOf(a, "Bank")
	for others, want := range map[string]func(ours string) []string{
		"aside":   func(ours string) []string { return []string{ours} },
		"beside":  func(ours string) []string { return []string{ours, theirs[0]} },
		"instead": func(string) []string { return theirs },
	} {
		b := newDesk(t)
		b.add("Bank", "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU")
		ours := codesOf(b, "Bank")[0]
		h.signingIn(b, 0, "recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--others", others)
		got, expected := codesOf(b, "Bank"), want(ours)
		slices.Sort(got)
		slices.Sort(expected)
		if !slices.Equal(got, expected) {
			t.Errorf("--others %s: the codes are %v, want %v", others, got, expected)
		}
	}
}

// codesOf are the codes of all accounts of an issuer, at one moment.
func codesOf(d desk, issuer string) (all []string) {
	d.t.Helper()
	var list struct {
		Codes []struct{ Issuer, Code string }
	}
	must(d.t, json.Unmarshal([]byte(d.run(0, "codes", "--once", "--json", "--at", "2026-11-29T12:00:00Z")), &list))
	for _, c := range list.Codes {
		if c.Issuer == issuer {
			all = append(all, c.Code)
		}
	}
	return all
}

func TestVersionsComeBackAndDeletedBackupsToo(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, key := newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	a.run(0, "rm", "GitHub")
	a.run(3, "code", "GitHub")
	if out := a.run(0, "backup", "restore", "1"); !strings.Contains(out, "Restored") {
		t.Errorf("restore says %q", out)
	}
	a.run(0, "code", "GitHub")
	a.run(3, "backup", "restore", "99")

	h.signingIn(a, 0, "backup", "delete")
	a.run(7, "backup", "now")
	if got := a.checkup(); got.Backup.State != "deleted_elsewhere" || got.Fix != "bring_back" || got.Lost != 1 {
		t.Errorf("deleted: %+v", got)
	}
	a.run(0, "backup", "undelete")
	if got := a.checkup(); got.Backup.State != "fine" || got.Returns != 1 {
		t.Errorf("brought back: %+v", got)
	}

	// What is saved opens with the recovery key, and with no other.
	file := filepath.Join(t.TempDir(), "backup.tar")
	a.run(0, "backup", "save", file)
	if id := a.run(0, "backup", "identity", file, "--recovery-key-file", key); !strings.HasPrefix(id, "AGE-SECRET-KEY-PQ-1") {
		t.Error("no identity")
	}
	// It is imported elsewhere like a file of any app.
	if got := a.run(0, "--vault", t.TempDir(), "import", file, "--password-file", key, "--json", "--dry-run"); !strings.Contains(got, `"issuer"`) {
		t.Errorf("imported: %s", got)
	}
	a.run(0, "backup", "pause")
	if got := a.checkup(); got.Backup.State != "paused" || got.Fix != "resume" {
		t.Errorf("paused: %+v", got)
	}
	a.run(0, "backup", "resume")
	a.run(0, "backup", "off")
	a.run(3, "backup", "now")
}

func (d desk) add(issuer, secret string) {
	d.t.Helper()
	var out, said bytes.Buffer
	w := cli.World{Env: func(string) string { return "" }, In: strings.NewReader(secret + "\n"), Out: &out, Err: &said, Now: time.Now}
	if got := cli.Run(d.t.Context(), w, []string{"--vault", d.vault, "--passphrase-file", d.pass, "add", "--issuer", issuer}); got != 0 {
		d.t.Fatalf("add %s: exit %d: %s", issuer, got, said.String())
	}
}

type checkup struct {
	Backup struct {
		On       bool
		State    string
		Verified *time.Time
		Ways     []struct{ Kind string }
	}
	Returns, Lost int
	Fix           string
	Lines         []found
}

type found struct {
	What, Fix, Kind string
	Good            bool
	At              *time.Time
}

func (d desk) checkup() (c checkup) {
	d.t.Helper()
	must(d.t, json.Unmarshal([]byte(d.run(0, "checkup", "--json")), &c))
	return c
}

// The check-up practises: what opens the newest backup is proven, and by what.
func TestACheckUpReallyOpensTheNewestBackup(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	a, key := newDesk(t), filepath.Join(t.TempDir(), "key")
	a.run(3, "checkup", "--drill") // there is none
	a.add("Google", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	line := func(what string) found {
		t.Helper()
		lines := a.checkup().Lines
		i := slices.IndexFunc(lines, func(l found) bool { return l.What == what })
		if i < 0 {
			t.Fatalf("no line %q", what)
		}
		return lines[i]
	}
	if l := line("way"); l.Kind != "key" || l.Good || l.Fix != "prove_key" {
		t.Errorf("a key that opened nothing yet: %+v", l)
	}
	wrong := filepath.Join(t.TempDir(), "wrong")
	must(t, os.WriteFile(wrong, []byte(seal.NewRecoveryKey().Reveal()+"\n"), 0o600))
	a.run(4, "checkup", "--drill", "--recovery-key-file", wrong)
	if l := line("practice"); l.At != nil {
		t.Errorf("practised with the wrong key: %+v", l)
	}
	a.run(0, "checkup", "--drill", "--recovery-key-file", key)
	if l := line("way"); !l.Good || l.At == nil {
		t.Errorf("after it opened one: %+v", l)
	}
	if l := line("practice"); !l.Good || l.At == nil {
		t.Errorf("%+v", l)
	}
	a.run(0, "checkup", "--drill")
	says := a.run(0, "checkup")
	if doctor := a.run(0, "doctor"); !strings.Contains(says, "the recovery key, proven") || !strings.Contains(doctor, says) {
		t.Errorf("doctor says something else:\n%s\n%s", says, doctor)
	}
}

// restoring is the address that verify prints.
var restoring = regexp.MustCompile(`http://localhost:\d+(/restore/\S+)`)

// An account that came back by its name is set up by two proofs; its codes are others than those of the old device, and it answers.
func TestAnAccountThatCameBackIsSetUp(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	ctx, a, b, key := t.Context(), newDesk(t), newDesk(t), filepath.Join(t.TempDir(), "key")
	web := h.Browser(h.mei)
	must(t, web.Get(ctx, "/signin?to=/security"))
	must(t, web.Submit(ctx, "/signin/name", url.Values{"login": {h.mei.Login}}))
	must(t, web.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
	must(t, web.Submit(ctx, "/signin/recovery", url.Values{"code": {h.codes[0]}}))
	h.codes = h.codes[1:]
	path, code := offer(t, web)
	a.run(0, "pair", code, "--server", h.Config.IDURL)
	must(t, web.Get(ctx, path))
	must(t, web.Submit(ctx, path+"/confirm", url.Values{"yours": {"yes"}}))
	a.run(0, "approve", a.asked(), "--number", match(t, web, spoken))
	must(t, web.Get(ctx, path))
	must(t, web.Submit(ctx, path+"/finish", nil))

	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	h.signingIn(b, 0, "recover", "--from", h.Config.IDURL, "--recovery-key-file", key)
	h.signingIn(b, 0, "backup", "on", "--server", h.Config.IDURL, "--recovery-key-file", key)
	a.run(1, "verify", h.mei.Login)
	b.run(3, "verify", "nobody@mail.example")

	page := h.Browser(h.mei)
	at := ""
	person := func(to string) {
		at, _, _ = strings.Cut(to, "?")
		must(t, page.Get(ctx, to))
		must(t, page.Submit(ctx, "/signin/name", url.Values{"login": {h.mei.Login}}))
		must(t, page.Submit(ctx, "/signin/password", url.Values{"password": {journeytest.Password}}))
		must(t, page.Get(ctx, "/signin/recovery"))
		must(t, page.Submit(ctx, "/signin/recovery", url.Values{"code": {h.codes[0]}}))
		must(t, page.Submit(ctx, at+"/go", nil))
	}
	h.by("", restoring, person, b, 0, "verify", h.mei.Login)
	var waits []struct{ ID, What, Account string }
	must(t, json.Unmarshal([]byte(a.run(0, "waiting", "--json")), &waits))
	if len(waits) != 1 || waits[0].What != "app" || waits[0].Account != h.mei.Login {
		t.Errorf("R1: the old device hears %+v", waits)
	}
	a.run(3, "waiting", "--stop", "NOSUCHCHANGE00000000")
	must(t, page.Get(ctx, at))
	must(t, page.Submit(ctx, at+"/test", nil))
	b.run(0, "approve", b.asked(), "--number", match(t, page, spoken))
	must(t, page.Get(ctx, at))
	must(t, page.Submit(ctx, at+"/finish", nil))
	codeOf := func(d desk) string { return strings.TrimSpace(d.run(0, "code", h.mei.Login)) }
	before, mine, after := codeOf(a), codeOf(b), codeOf(a)
	if len(mine) != 6 || mine == before || mine == after {
		t.Errorf("%q on the new device, %q and %q on the old", mine, before, after)
	}
	b.run(1, "verify", h.mei.Login)
	if said := a.run(0, "waiting"); said != "" {
		t.Errorf("still waiting: %s", said)
	}
	b.removesTheLost(a)
}

// removesTheLost is a new device that works, and takes from the lost one what it has.
func (d desk) removesTheLost(lost desk) {
	d.t.Helper()
	type devices struct {
		Devices []struct {
			ID       string
			Accounts []string
			Backup   bool
		}
		Left []string
	}
	var found, none devices
	must(d.t, json.Unmarshal([]byte(d.run(0, "lost", "--json")), &found))
	if len(found.Devices) != 1 || len(found.Devices[0].Accounts) != 1 || !found.Devices[0].Backup || len(found.Left) > 0 {
		d.t.Fatalf("%+v", found)
	}
	if printed := d.run(0, "lost"); !strings.HasPrefix(printed, found.Devices[0].ID+"  ") || !strings.Contains(printed, "cloud backup") {
		d.t.Errorf("%q", printed)
	}
	d.run(3, "lost", "--remove", "NOSUCHDEVICE00000000")
	d.run(0, "lost", "--remove", found.Devices[0].ID)
	lost.run(7, "waiting")
	lost.run(7, "backup", "now")
	d.run(0, "backup", "now")
	must(d.t, json.Unmarshal([]byte(d.run(0, "lost", "--json")), &none))
	if len(none.Devices) > 0 {
		d.t.Errorf("afterwards: %+v", none)
	}
}
