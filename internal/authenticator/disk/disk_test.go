package disk

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

func open(t *testing.T, path, passphrase string) *Folder {
	t.Helper()
	f, err := Open(path, Options{Passphrase: func(bool) (string, error) { return passphrase, nil }, Memory: 64})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func put(t *testing.T, f *Folder, n int) {
	t.Helper()
	if err := f.Update(t.Context(), func(c *Content) error { c.Vault = fmt.Appendf(nil, `{"n":%d}`, n); return nil }); err != nil {
		t.Fatal(err)
	}
}

func get(f *Folder) (int, error) {
	c, err := f.Read()
	var v struct{ N int }
	if err == nil {
		err = json.Unmarshal(c.Vault, &v)
	}
	return v.N, err
}

func mustGet(t *testing.T, f *Folder, want int) {
	t.Helper()
	if n, err := get(f); n != want || err != nil {
		t.Fatalf("%d, %v; want %d", n, err, want)
	}
}

func TestWhatIsSavedOpensWithItsPassphraseOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if _, err := open(t, dir, "lantern").Read(); !errors.Is(err, ErrNone) {
		t.Fatal(err)
	}
	put(t, open(t, dir, "lantern"), 1)
	mustGet(t, open(t, dir, "lantern"), 1)
	if _, err := open(t, dir, "Lantern").Read(); !errors.Is(err, ErrPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	if err := open(t, dir, "Lantern").Update(t.Context(), func(*Content) error { return nil }); !errors.Is(err, ErrPassphrase) {
		t.Errorf("saving under another passphrase: %v", err)
	}
}

func TestTheKeyringKeepsTheKey(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	if !HasKeyring() {
		t.Fatal("no keyring")
	}
	f, err := Open(dir, Options{Keyring: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	put(t, f, 7)
	mustGet(t, open(t, dir, "not asked"), 7)
	keyring.MockInit() // another computer
	if _, err := open(t, dir, "").Read(); !errors.Is(err, ErrKeyring) {
		t.Error(err)
	}
}

func TestFiveVersionsAreKeptAndADamagedOneFallsBack(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, "p")
	for n := range 8 {
		put(t, f, n)
	}
	versions, err := f.Versions()
	if err != nil || len(versions) != 5 {
		t.Fatal(versions, err)
	}
	for _, damage := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:len(b)-1] },
		func([]byte) []byte { return nil },
		func(b []byte) []byte { b[len(magic)+3] ^= 1; return b },
	} {
		path := filepath.Join(dir, versions[0])
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage([]byte(string(whole))), 0o600); err != nil {
			t.Fatal(err)
		}
		g := open(t, dir, "p")
		mustGet(t, g, 6)
		if len(g.Damaged) != 1 || g.Damaged[0] != versions[0] {
			t.Errorf("damaged: %v", g.Damaged)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, versions[0]), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, dir, "p"), 9)
	g := open(t, dir, "p")
	mustGet(t, g, 9)
	if after, _ := g.Versions(); len(g.Damaged) != 0 || len(after) != 5 {
		t.Errorf("after a save: %v, damaged %v", after, g.Damaged)
	}
}

// A version under the name of another would bring back what was deleted.
func TestVersionsCannotBeExchanged(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, "p")
	put(t, f, 1)
	put(t, f, 2)
	v, _ := f.Versions()
	old, err := os.ReadFile(filepath.Join(dir, v[1]))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vault-0000000009"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	mustGet(t, open(t, dir, "p"), 2)
}

func TestAllOfItDamagedIsToldApartFromAWrongPassphrase(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vault-0000000001"), []byte("?"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, "p").Read(); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestNobodyElseMayReadIt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "v")
	put(t, open(t, dir, "p"), 1)
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "vault-0000000001"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", path, info.Mode().Perm(), err)
		}
	}
}

func TestChangesAtOnceAllCount(t *testing.T) {
	dir := t.TempDir()
	put(t, open(t, dir, "p"), 0)
	var group sync.WaitGroup
	for range 4 {
		f := open(t, dir, "p")
		group.Go(func() {
			for range 5 {
				err := f.Update(t.Context(), func(c *Content) error {
					n, _ := strconv.Atoi(strings.Trim(string(c.Vault), `{}"n:`))
					c.Vault = fmt.Appendf(nil, `{"n":%d}`, n+1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	mustGet(t, open(t, dir, "p"), 20)
}

// writer is the environment variable that makes this test a program that saves.
const writer = "COUNTERSIGN_DISK_WRITER"

// TestKilledAtAnyMomentNothingIsLost kills a program that saves, twenty times
// at random moments. What it said was saved is there.
func TestKilledAtAnyMomentNothingIsLost(t *testing.T) {
	if dir := os.Getenv(writer); dir != "" {
		write(t.Context(), dir)
		return
	}
	dir := t.TempDir()
	put(t, open(t, dir, "p"), 0)
	said := 0
	for range 20 {
		said = max(said, killed(t, dir))
		if n, err := get(open(t, dir, "p")); err != nil || n < said {
			t.Fatalf("said %d, kept %d: %v", said, n, err)
		}
	}
	if said < 20 {
		t.Errorf("only %d saves were seen", said)
	}
}

func write(ctx context.Context, dir string) {
	f, err := Open(dir, Options{Passphrase: func(bool) (string, error) { return "p", nil }, Memory: 64})
	if err != nil {
		panic(err)
	}
	for {
		n := 0
		err := f.Update(ctx, func(c *Content) error {
			n, _ = strconv.Atoi(strings.Trim(string(c.Vault), `{}"n:`))
			n++
			c.Vault = fmt.Appendf(nil, `{"n":%d}`, n)
			return nil
		})
		if err != nil {
			panic(err)
		}
		fmt.Println("saved", n)
	}
}

// killed runs the writer and kills it a moment after its first word. It
// returns what the writer said last.
func killed(t *testing.T, dir string) (said int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledAtAnyMomentNothingIsLost$")
	c.Env = append(os.Environ(), writer+"="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	moment, err := rand.Int(rand.Reader, big.NewInt(int64(20*time.Millisecond)))
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "saved "); ok {
			if said == 0 {
				time.AfterFunc(time.Duration(moment.Int64()), func() { _ = c.Process.Kill() })
			}
			if n, err := strconv.Atoi(text); err == nil {
				said = n
			}
		}
	}
	_ = c.Wait() // it was killed
	return said
}
