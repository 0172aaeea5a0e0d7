package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"

	"countersign/internal/authenticator"
	"countersign/internal/authenticator/cli"
	"countersign/internal/authenticator/desk"
	"countersign/otp"
)

// asTerminal makes this program the terminal app: what stands in it is the
// keyring, as "id key".
const asTerminal = "COUNTERSIGN_BENCH_TERMINAL"

func beTerminal(kept string) (code int) {
	keyring.MockInit()
	id, key, _ := strings.Cut(kept, " ")
	if err := keyring.Set("countersign", id, key); err != nil {
		panic(err)
	}
	w := cli.World{Env: os.Getenv, Environment: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now}
	return cli.Run(context.Background(), w, os.Args[1:])
}

// BenchmarkTerminal measures the processor time of the whole program: from its
// start to the last of the codes, with the key in a keyring, and with one that
// is derived from a passphrase.
func BenchmarkTerminal(b *testing.B) {
	for _, lock := range []string{"keyring", "passphrase"} {
		b.Run("codes --once/accounts=300/"+lock, func(b *testing.B) {
			dir := b.TempDir()
			kept := terminalVault(b, dir, lock, 300)
			passphrase := filepath.Join(b.TempDir(), "passphrase")
			must(b, os.WriteFile(passphrase, []byte("lantern in the gate\n"), 0o600))
			var spent time.Duration
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), os.Args[0], "codes", "--once", "--vault", dir, "--passphrase-file", passphrase)
				cmd.Env = append(os.Environ(), asTerminal+"="+kept)
				out, err := cmd.Output()
				must(b, err)
				if lines := strings.Count(string(out), "\n"); lines != 300 {
					b.Fatal(lines)
				}
				spent += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			b.ReportMetric(float64(spent.Microseconds())/float64(b.N)/1000, "cpu-ms/op")
		})
	}
}

// terminalVault makes a vault in a folder, and returns what the keyring keeps.
func terminalVault(b *testing.B, dir, lock string, n int) (kept string) {
	keyring.MockInit()
	d, err := desk.Open(dir, desk.Options{
		Keyring: lock == "keyring", Passphrase: func(bool) (string, error) { return "lantern in the gate", nil },
	}, time.Now)
	must(b, err)
	defer d.Close()
	_, err = d.Change(b.Context(), func(a *authenticator.App) error {
		for i := range n {
			draft := authenticator.Draft{Key: otp.Key{Kind: otp.TOTP, Issuer: fmt.Sprint("Issuer ", i), Account: "mei", Secret: fmt.Appendf(nil, "a secret of 20 b%05d", i)}}
			if _, _, err := a.Add(time.Now(), draft); err != nil {
				return err
			}
		}
		return nil
	})
	must(b, err)
	return keptBy(b, dir)
}

// keptBy looks into the vault's head for the name of its key.
func keptBy(b *testing.B, dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, "vault-*"))
	must(b, err)
	f, err := os.Open(files[len(files)-1])
	must(b, err)
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4<<10))
	must(b, err)
	line, _, _ := strings.Cut(string(text), "\n")
	var head struct{ ID string }
	must(b, json.Unmarshal([]byte(line[strings.Index(line, "{"):]), &head))
	key, err := keyring.Get("countersign", head.ID)
	if err != nil {
		return "" // a passphrase has it
	}
	return head.ID + " " + key
}
