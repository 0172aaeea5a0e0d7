package house_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What the tests need is never skipped: where it is missing and may not be
// installed, one line names the command, and that is a failure.
func TestMissingPackagesAreNamedWithTheirCommand(t *testing.T) {
	bin := t.TempDir()
	for name, says := range map[string]string{
		"go": "echo go1.26.8", "node": "echo v20.20.0", "npm": "", "id": "echo 1000", "sudo": "exit 1", "apt-get": "echo apt-get was run",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+says+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"sort", "head"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	need := func(what string) (string, error) {
		cmd := exec.Command(bash, "scripts/need.sh", what)
		cmd.Env = []string{"PATH=" + bin}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := need("run"); err != nil {
		t.Errorf("running takes Go and Node alone: %v\n%s", err, out)
	}
	out, err := need("test")
	if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) || failed.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	if strings.Count(out, "\n") != 1 || !strings.Contains(out, "Run: sudo apt-get install -y --no-install-recommends ") || !strings.Contains(out, " oathtool ") {
		t.Errorf("said:\n%s", out)
	}
}
