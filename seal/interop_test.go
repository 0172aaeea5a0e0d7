package seal

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scene in testdata opens a backup at a terminal with age and nothing else.
func TestTheAgeToolOpensABackup(t *testing.T) {
	tool, err := exec.CommandContext(t.Context(), "go", "tool", "-n", "age").Output()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files:               []string{"testdata/age.txtar"},
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			files, key, device, _ := first(t)
			writeFile(t, filepath.Join(e.WorkDir, "all.tar"), files.Bytes())
			writeFile(t, filepath.Join(e.WorkDir, "typed"), []byte(key.Reveal()+"\n"))
			writeFile(t, filepath.Join(e.WorkDir, "device"), []byte(device.Reveal()+"\n"))
			e.Setenv("AGE", strings.TrimSpace(string(tool)))
			return nil
		},
	})
}

func TestAgeInJavaScriptOpensABackup(t *testing.T) {
	files, key, device, _ := first(t)
	dir := t.TempDir()
	for name, file := range files {
		writeFile(t, filepath.Join(dir, name), file)
	}
	writeFile(t, filepath.Join(dir, "device"), []byte(device.Reveal()+"\n"))
	cmd := exec.CommandContext(t.Context(), "node", "testdata/open.mjs", dir)
	cmd.Stdin = strings.NewReader(key.Reveal())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errorOf(err))
	}
	var plain []string
	if err := json.Unmarshal(out, &plain); err != nil || len(plain) != 3 {
		t.Fatal(err, len(plain))
	}
	for i, p := range plain {
		if lines := strings.Split(p, "\n"); len(p) != 16<<10 || lines[1] != string(vault) {
			t.Errorf("holder %d: %d bytes", i, len(p))
		}
	}
}

func TestABackupOfAgeInJavaScriptOpens(t *testing.T) {
	id, key, dir := NewIdentity(), NewRecoveryKey(), t.TempDir()
	file, err := Seal(id, Mark{}.Next("line", "phone", noon), vault)
	if err != nil {
		t.Fatal(err)
	}
	plain, _, err := decrypt(file, MaxPlain, []Identity{id})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "id"), []byte(id.Reveal()+"\n"))
	cmd := exec.CommandContext(t.Context(), "node", "testdata/seal.mjs", dir, key.Reveal())
	cmd.Stdin = bytes.NewReader(plain)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files := Files{}
	for _, name := range []string{BackupFile, IdentityFile, KeyFile, PasskeyFile} {
		files[name] = readFile(t, filepath.Join(dir, name))
	}
	byKey, err := OpenKey(files[KeyFile], key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	nonce, err := NonceOf(files[PasskeyFile])
	if err != nil {
		t.Fatal(err)
	}
	byPasskey, err := OpenPasskey(files[PasskeyFile], touched(nonce))
	if err != nil {
		t.Fatal(err)
	}
	for _, holder := range []Identity{byKey, byPasskey} {
		opened, err := files.Identity(holder)
		if err != nil || !opened.Is(id) {
			t.Fatal(err)
		}
		b, err := Open(files[BackupFile], opened)
		if err != nil || !bytes.Equal(b.Vault, vault) {
			t.Error(err)
		}
	}
}

func errorOf(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return ""
}
