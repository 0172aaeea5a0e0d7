package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/cli"
	"countersign/internal/authenticator/disk/disktest"
	"countersign/internal/server/directory"
	"countersign/internal/server/journeytest"
)

// A desk is a terminal with a vault of its own.
type desk struct {
	t     *testing.T
	vault string
	pass  string
}

func newDesk(t *testing.T) desk {
	t.Helper()
	dir := t.TempDir()
	d := desk{t, filepath.Join(dir, "vault"), filepath.Join(dir, "passphrase")}
	if err := os.WriteFile(d.pass, []byte("lantern\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	disktest.Make(t, d.vault, "lantern")
	return d
}

// run types a command and returns what it printed for scripts.
func (d desk) run(code int, args ...string) string {
	d.t.Helper()
	out, _ := d.both(code, args...)
	return out
}

// tells types a command and returns what it said to the person.
func (d desk) tells(code int, args ...string) string {
	d.t.Helper()
	_, said := d.both(code, args...)
	return said
}

func (d desk) both(code int, args ...string) (printed, told string) {
	d.t.Helper()
	var out, said bytes.Buffer
	w := cli.World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: &out, Err: &said, Now: time.Now}
	args = append([]string{"--vault", d.vault, "--passphrase-file", d.pass}, args...)
	if got := cli.Run(d.t.Context(), w, args); got != code {
		d.t.Fatalf("%v: exit %d, want %d\n%s%s", args, got, code, out.String(), said.String())
	}
	return out.String(), said.String()
}

// asked waits for a request as a script does, and returns its id.
func (d desk) asked() string {
	d.t.Helper()
	var e struct{ Event, ID string }
	if err := json.Unmarshal([]byte(d.run(0, "watch", "--json", "--once")), &e); err != nil || e.Event != "request" {
		d.t.Fatal(e, err)
	}
	return e.ID
}

func match(t *testing.T, b *journeytest.Browser, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(b.Page)
	if m == nil {
		t.Fatalf("%s: no %s in\n%s", b.URL, pattern, b.Page)
	}
	return m[1]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const spoken = `<span class="vh">[^<0-9]*(\d+)[^<0-9]*</span>`

// offer opens the page that pairs a device, and returns its path and the code on it.
func offer(t *testing.T, b *journeytest.Browser) (path, code string) {
	t.Helper()
	must(t, b.Get(t.Context(), "/security/add"))
	must(t, b.Submit(t.Context(), "/security/pair", nil))
	return b.URL.Path, match(t, b, `class="setup-code mono" translate="no">([^<]+)<`)
}

func TestATerminalIsPairedAndAnswers(t *testing.T) {
	t.Parallel()
	world := journeytest.New(t, 1)
	stop := world.Start(t, io.Discard)
	ctx, mei, d := t.Context(), world.People[0], newDesk(t)
	b := world.Browser(mei)
	must(t, b.SignIn(ctx, mei))

	d.run(3, "watch") // nothing to watch yet
	path, code := offer(t, b)
	d.run(2, "pair", code[:len(code)-1], "--server", world.Config.IDURL)
	d.run(2, "pair", code)
	d.run(0, "pair", code, "--server", world.Config.IDURL, "--name", "Desk")
	d.run(7, "pair", code, "--server", world.Config.IDURL, "--vault", filepath.Join(t.TempDir(), "another"))

	must(t, b.Get(ctx, path))
	must(t, b.Submit(ctx, path+"/confirm", url.Values{"yours": {"yes"}}))
	d.run(0, "approve", d.asked(), "--number", match(t, b, spoken))
	must(t, b.Get(ctx, path))
	must(t, b.Submit(ctx, path+"/finish", nil))

	// An account that is here and works is not paired once more.
	_, again := offer(t, b)
	d.run(1, "pair", again, "--server", world.Config.IDURL)

	var list struct{ Codes []struct{ Kind, Code string } }
	must(t, json.Unmarshal([]byte(d.run(0, "codes", "--json")), &list))
	if len(list.Codes) != 1 || list.Codes[0].Kind != "work" || len(list.Codes[0].Code) != 6 {
		t.Errorf("%+v", list)
	}

	// From now on it answers sign-ins: rightly, wrongly, and with no.
	for _, c := range []struct {
		args []string
		exit int
	}{{[]string{"approve"}, 0}, {[]string{"approve", "--number", "0"}, 7}, {[]string{"deny"}, 0}, {[]string{"deny", "--report"}, 0}} {
		b := world.Browser(mei)
		must(t, b.Begin(ctx, mei))
		number, err := b.Number()
		must(t, err)
		if len(c.args) == 1 && c.args[0] == "approve" {
			c.args = append(c.args, "--number", number)
		}
		id := d.asked()
		d.run(c.exit, append([]string{c.args[0], id}, c.args[1:]...)...)
		if c.args[0] == "approve" && c.exit == 0 {
			must(t, b.Finish(ctx))
		}
		d.run(7, "approve", id, "--number", number) // too late
	}
	d.run(3, "approve", "--number", "12")
	d.run(3, "approve", "NOSUCHREQUESTATALL00", "--number", "12")
	if said := d.run(0, "doctor"); !strings.Contains(said, "reached; "+mei.Login+" is paired") || !strings.Contains(said, "Clock: agrees with localhost") {
		t.Error(said)
	}
	d.rests(world, mei)
	must(t, stop())
	d.run(6, "doctor")
	d.run(6, "approve")
}

// rests: the terminal hears that its person is suspended, keeps the registration,
// and is what it was when they are restored.
func (d desk) rests(world *journeytest.World, mei *journeytest.Person) {
	d.t.Helper()
	hears, stop := d.watches()
	world.SetState(d.t, mei, directory.Suspended)
	hears("suspended")
	if said := d.run(0, "doctor"); !strings.Contains(said, mei.Login+" is suspended") {
		d.t.Error(said)
	}
	if said := d.run(0, "codes", "--once"); !strings.HasPrefix(said, "suspended ") {
		d.t.Error(said)
	}
	d.run(7, "code", mei.Login)
	d.run(7, "approve", "--number", "12")
	world.SetState(d.t, mei, directory.Active)
	hears("active")
	stop()
	if said := d.run(0, "codes", "--once"); strings.HasPrefix(said, "suspended ") {
		d.t.Error(said)
	}
}

// watches listens as a script does. hears waits for the next event.
func (d desk) watches() (hears func(event string), stop func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(d.t.Context())
	in, out := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w := cli.World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: out, Err: io.Discard, Now: time.Now}
		out.CloseWithError(fmt.Errorf("watch ended with %d", cli.Run(ctx, w, []string{"--vault", d.vault, "--passphrase-file", d.pass, "watch", "--json"})))
	}()
	lines := json.NewDecoder(in)
	hears = func(event string) {
		d.t.Helper()
		var e struct{ Event string }
		if err := lines.Decode(&e); err != nil || e.Event != event {
			d.t.Fatalf("%+v (%v), want %s", e, err, event)
		}
	}
	return hears, func() { cancel(); <-ended }
}
