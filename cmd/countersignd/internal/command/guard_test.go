package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
)

// R3 at the terminal: what would leave no owner who gets in is refused with its
// reason, and a policy that locks people out is asked about.
func TestR3TheTerminalRefusesToLockOut(t *testing.T) {
	w := World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
	file := filepath.Join(t.TempDir(), "c.toml")
	initialised(t, w, file)
	ctx, g := t.Context(), &grammar{Config: file}
	hash, err := method.NewPasswords(1, method.Params{Memory: 64, Time: 1, Threads: 1}).Hash(ctx, method.Asker{}, "lantern in the gate")
	if err != nil {
		t.Fatal(err)
	}
	err = g.work(ctx, w, func(d *desk) error {
		return d.db.Write(ctx, func(tx *db.Tx) error {
			owner, err := directory.ByLogin(ctx, tx, "mori@aoba.example")
			if err != nil {
				return err
			}
			mei, err := directory.CreatePerson(ctx, tx, directory.Person{DirectoryID: owner.DirectoryID, Login: "mei@aoba.example", Name: "Mei", Enrol: directory.EnrolClosed})
			if err != nil {
				return err
			}
			if err := method.Set(ctx, tx, mei.ID, hash); err != nil {
				return err
			}
			return method.Set(ctx, tx, owner.ID, hash) // and may still pair a first app
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		if err := Run(ctx, w, append(args, "--config", file)); err != nil {
			return err.Error()
		}
		return ""
	}
	if said := run("user", "suspend", "mori@aoba.example", "--break-glass"); !strings.Contains(said, "no owner") {
		t.Errorf("suspending the only owner: %q", said)
	}
	if said := run("user", "reregister", "mori@aoba.example", "--break-glass", "--no-pass"); !strings.Contains(said, "no owner") {
		t.Errorf("without a pass: %q", said)
	}
	if said := run("policy", "aoba.example", "--no-second-factor"); said != "" {
		t.Errorf("asking for less: %q", said)
	}
	if said := run("policy", "aoba.example", "--second-factor"); !strings.Contains(said, "one person") {
		t.Errorf("asking for more than somebody has: %q", said)
	}
	if said := run("policy", "aoba.example", "--second-factor", "--lock-out"); said != "" {
		t.Errorf("told to go on: %q", said)
	}
	if said := run("user", "reregister", "mori@aoba.example", "--break-glass"); said != "" {
		t.Errorf("with a pass: %q", said)
	}
}

// Without a pass the terminal says where a code goes in its place, or that it goes nowhere (R1).
func TestR1TheTerminalSaysWhatStandsInForAPass(t *testing.T) {
	out := new(bytes.Buffer)
	w := World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: out, Err: out}
	file := filepath.Join(t.TempDir(), "c.toml")
	head := initialised(t, w, file)
	if err := os.WriteFile(file, []byte(head+"\n[mail]\nserver = \"127.0.0.1:25\"\nsecurity = \"none\"\nfrom = \"id@aoba.example\"\n[tls]\nmode = \"off\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, g := t.Context(), &grammar{Config: file}
	err := g.work(ctx, w, func(d *desk) error {
		return d.db.Write(ctx, func(tx *db.Tx) error {
			owner, err := directory.ByLogin(ctx, tx, "mori@aoba.example")
			if err != nil {
				return err
			}
			for _, login := range []string{"new@aoba.example", "mei@aoba.example"} {
				p, err := directory.CreatePerson(ctx, tx, directory.Person{DirectoryID: owner.DirectoryID, Login: login, Name: "Mei", Email: login})
				if err == nil {
					err = method.Set(ctx, tx, p.ID, "a hash")
				}
				if err != nil {
					return err
				}
				tx.Now = tx.Now.Add(-7 * 24 * time.Hour) // the one who comes next has been there for a week
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for login, said := range map[string]string{"mei@aoba.example": "a code to m•••@aoba.example", "new@aoba.example": "countersignd user pass new@aoba.example"} {
		out.Reset()
		if err := Run(ctx, w, []string{"user", "reregister", login, "--no-pass", "--config", file}); err != nil || !strings.Contains(out.String(), said) {
			t.Errorf("%s: %v\n%s", login, err, out)
		}
	}
}
