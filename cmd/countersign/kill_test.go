package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/internal/authenticator/disk/disktest"
	"countersign/internal/server/journeytest"
)

// A vault is a terminal whose commands are processes of their own, and somebody
// who signs in for it.
type vault struct {
	t         *testing.T
	w         *journeytest.World
	mei       *journeytest.Person
	codes     *[]string
	dir, pass string
	key       string // a file with the recovery key
}

func newVault(t *testing.T, w *journeytest.World, mei *journeytest.Person, codes *[]string) vault {
	t.Helper()
	dir := t.TempDir()
	v := vault{t, w, mei, codes, filepath.Join(dir, "vault"), filepath.Join(dir, "passphrase"), filepath.Join(dir, "key")}
	must(t, os.WriteFile(v.pass, []byte("lantern\n"), 0o600))
	disktest.Make(t, v.dir, "lantern")
	return v
}

// command is the real program: this test binary under the program's name.
func (v vault) command(in string, args ...string) *exec.Cmd {
	v.t.Helper()
	program, err := os.Executable()
	must(v.t, err)
	c := exec.Command(program, append([]string{"--vault", v.dir, "--passphrase-file", v.pass}, args...)...)
	c.Args[0] = "countersign" // testscript.Main looks at it
	c.Env = append(os.Environ(), "LANG=en_US.UTF-8", "DISPLAY=:0", "SSH_CONNECTION=", "DBUS_SESSION_BUS_ADDRESS=disabled:")
	c.Stdin = strings.NewReader(in)
	return c
}

// run runs a command to its end.
func (v vault) run(in string, args ...string) string {
	v.t.Helper()
	c := v.command(in, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		v.t.Fatalf("%v: %v\n%s", args, err, said.String())
	}
	return string(out)
}

var authorize = regexp.MustCompile(`http://localhost:\d+(/authorize\?\S+)\s`)

// signingIn runs a command that sends its person to a browser.
func (v vault) signingIn(args ...string) string {
	v.t.Helper()
	c := v.command("", args...)
	said, err := c.StderrPipe()
	must(v.t, err)
	var out bytes.Buffer
	c.Stdout = &out
	must(v.t, c.Start())
	var text []byte
	for authorize.FindSubmatch(text) == nil {
		more := make([]byte, 4096)
		n, err := said.Read(more)
		if text = append(text, more[:n]...); err != nil {
			v.t.Fatalf("%v: %v\n%s", args, err, text)
		}
	}
	b := v.proves(string(authorize.FindSubmatch(text)[1]))
	must(v.t, b.Submit(v.t.Context(), "/consent", url.Values{"answer": {"allow"}}))
	rest, err := io.ReadAll(said)
	must(v.t, err)
	if err := c.Wait(); err != nil {
		v.t.Fatalf("%v: %v\n%s%s", args, err, text, rest)
	}
	return out.String()
}

func (v vault) add(issuer string) *exec.Cmd {
	return v.command(rand.Text()+"\n", "add", "--issuer", issuer, "--name", "mei")
}

// issuers are the accounts of a vault, in order.
func (v vault) issuers() (all []string) {
	v.t.Helper()
	var list struct{ Codes []struct{ Issuer string } }
	must(v.t, json.Unmarshal([]byte(v.run("", "codes", "--once", "--json")), &list))
	for _, c := range list.Codes {
		all = append(all, c.Issuer)
	}
	slices.Sort(all)
	return all
}

// opens fetches the newest backup and really opens it, as a device that has nothing else would.
func (v vault) opens() (returns int) {
	v.t.Helper()
	var up struct{ Returns int }
	must(v.t, json.Unmarshal([]byte(v.run("", "checkup", "--drill", "--json", "--recovery-key-file", v.key)), &up))
	return up.Returns
}

func newPlace(t *testing.T) (*journeytest.World, *journeytest.Person, *[]string) {
	t.Helper()
	w := journeytest.New(t, 0)
	mei, codes := w.Personal(t, "mei@mail.example")
	w.Start(t, io.Discard)
	return w, mei, &codes
}

// Whatever moment a terminal is killed at while it adds an account and backs up:
// vault and backup open, what was told to be there is there, and nothing is there
// twice. It is 20 kills here; COUNTERSIGN_SOAK says how many in make soak.
func TestVaultAndBackupOutliveKill(t *testing.T) {
	kills := 20
	if soak, err := strconv.Atoi(os.Getenv("COUNTERSIGN_SOAK")); err == nil {
		kills = soak
	}
	w, mei, codes := newPlace(t)
	a := newVault(t, w, mei, codes)
	must(t, a.add("First").Run())
	a.signingIn("backup", "on", "--server", w.Config.IDURL, "--new-key-file", a.key)
	began := time.Now()
	must(t, a.add("Second").Run())
	whole := time.Since(began) // so long it takes: what is struck is any moment of it
	told, killed := []string{"First", "Second"}, 0
	for i := range kills {
		name := fmt.Sprintf("Account %03d", i)
		began = time.Now()
		if struck(t, a.add(name), whole) {
			killed++
		} else {
			told, whole = append(told, name), time.Since(began)
		}
		a.opens()
		if here := a.issuers(); len(slices.Compact(slices.Clone(here))) != len(here) || !covers(here, told) {
			t.Fatalf("after kill %d: told %v, there are %v", i, told, here)
		}
	}
	if killed < kills/4 {
		t.Errorf("only %d of %d were killed: the test tests little", killed, kills)
	}
	t.Logf("%d kills, %d accounts told", killed, len(told))
	a.run("", "backup", "now")
	b := newVault(t, w, mei, codes)
	b.signingIn("recover", "--from", w.Config.IDURL, "--recovery-key-file", a.key, "--json")
	if here, there := a.issuers(), b.issuers(); !slices.Equal(here, there) {
		t.Errorf("the backup brings back %v of %v", there, here)
	}
}

// struck kills a command at some moment, and tells whether it had not ended before.
func struck(t *testing.T, c *exec.Cmd, within time.Duration) bool {
	t.Helper()
	must(t, c.Start())
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		must(t, err)
		return false
	case <-time.After(upTo(t, within)):
	}
	must(t, c.Process.Kill())
	return <-ended != nil // it may have ended at that very moment
}

func upTo(t *testing.T, most time.Duration) time.Duration {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(int64(most)))
	must(t, err)
	return time.Duration(n.Int64())
}

func covers(all, some []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(all, one) })
}

// Two terminals that back up to one place at the same moment lose nothing of
// each other's, and nothing comes twice.
func TestTwoTerminalsBackUpAtOnce(t *testing.T) {
	t.Parallel()
	w, mei, codes := newPlace(t)
	a, b := newVault(t, w, mei, codes), newVault(t, w, mei, codes)
	must(t, a.add("First").Run())
	a.signingIn("backup", "on", "--server", w.Config.IDURL, "--new-key-file", a.key)
	b.signingIn("backup", "on", "--server", w.Config.IDURL, "--recovery-key-file", a.key)
	want := []string{"First"}
	for i := range 4 {
		both := []*exec.Cmd{a.add(fmt.Sprint("A", i)), b.add(fmt.Sprint("B", i))}
		want = append(want, fmt.Sprint("A", i), fmt.Sprint("B", i))
		for _, c := range both {
			must(t, c.Start())
		}
		for _, c := range both {
			must(t, c.Wait())
		}
	}
	for _, v := range []vault{a, b, a} {
		v.run("", "backup", "now")
	}
	slices.Sort(want)
	for _, v := range []vault{a, b} {
		if here := v.issuers(); !slices.Equal(here, want) {
			t.Errorf("there are %v, want %v", here, want)
		}
	}
	if n := a.opens(); n != len(want) {
		t.Errorf("%d accounts would come back, want %d", n, len(want))
	}
}
