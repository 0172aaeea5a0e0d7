package command

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/server/brake"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/method"
)

// After a reset the password alone may pair an app again. So the old one,
// which somebody else may know, has to go, and no freeze may stand in the way.
func TestAResetTakesThePassword(t *testing.T) {
	w := World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: new(bytes.Buffer), Err: new(bytes.Buffer)}
	file := filepath.Join(t.TempDir(), "c.toml")
	initialised(t, w, file)
	ctx, g := t.Context(), &grammar{Config: file}
	passwords := method.NewPasswords(1, method.Params{Memory: 64, Time: 1, Threads: 1})
	hash, err := passwords.Hash(ctx, method.Asker{}, "a password that was known")
	if err != nil {
		t.Fatal(err)
	}
	password := func(change func(tx *db.Tx, p directory.Person) error) (kept method.Password) {
		t.Helper()
		err := g.work(ctx, w, func(d *desk) error {
			return d.db.Write(ctx, func(tx *db.Tx) error {
				p, err := directory.ByLogin(ctx, tx, "mori@aoba.example")
				if err != nil {
					return err
				}
				if err := change(tx, p); err != nil {
					return err
				}
				kept, err = method.PasswordOf(ctx, tx, p.ID)
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	before := password(func(tx *db.Tx, p directory.Person) error {
		if err := brake.Freeze(ctx, tx, p.ID); err != nil {
			return err
		}
		return method.Set(ctx, tx, p.ID, hash)
	})
	if before.Hash == "" {
		t.Fatal("no password to take")
	}
	if err := Run(ctx, w, []string{"user", "reset", "mori@aoba.example", "--break-glass", "--config", file}); err != nil {
		t.Fatal(err)
	}
	after := password(func(tx *db.Tx, p directory.Person) error { return brake.Check(ctx, tx, p.ID) })
	if after.Hash != "" {
		t.Error("the old password still signs in")
	}
}
