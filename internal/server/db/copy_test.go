package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"countersign/internal/server/db"
)

// A copy made while others write is whole, only its owner's, and never takes
// the place of another file.
func TestCopyIsWholeWhileOthersWrite(t *testing.T) {
	folder := t.TempDir()
	d := openFile(t, filepath.Join(folder, "a.db"))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		for ctx.Err() == nil {
			if err := tally(t.Context(), d); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for tallied(t, d) < 10 {
	}
	least := tallied(t, d)
	copied := filepath.Join(folder, "copy.db")
	if err := d.Copy(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("copy: %v, %v", info.Mode(), err)
	}
	if _, err := db.Check(t.Context(), copied); err != nil {
		t.Error(err)
	}
	if n := tallied(t, openFile(t, copied)); n < least {
		t.Errorf("the copy has %d, there were %d before it", n, least)
	}
	if err := d.Copy(t.Context(), copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("copied over a file: %v", err)
	}
}

// A database is replaced only when nobody has it open, and what was there is kept.
func TestReplaceKeepsWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + at("a.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Migrate(t.Context()), tally(t.Context(), d), d.Copy(t.Context(), at("copy.db")), tally(t.Context(), d)); err != nil {
		t.Fatal(err)
	}
	if err := db.Replace(t.Context(), at("a.db"), at("copy.db"), at("old.db")); !errors.Is(err, db.ErrInUse) {
		t.Fatalf("replaced a database that is open: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Replace(t.Context(), at("a.db"), at("copy.db"), at("old.db")); err != nil {
		t.Fatal(err)
	}
	if n := tallied(t, openFile(t, at("a.db"))); n != 1 {
		t.Errorf("restored %d, want 1", n)
	}
	if n := tallied(t, openFile(t, at("old.db"))); n != 2 {
		t.Errorf("kept %d, want 2", n)
	}
}

func TestCheckRefusesWhatIsNotADatabase(t *testing.T) {
	folder := t.TempDir()
	whole := filepath.Join(folder, "a.db")
	if err := openFile(t, whole).Copy(t.Context(), filepath.Join(folder, "b.db")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(folder, "b.db"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"text": []byte("not a database at all"), "half": b[:len(b)/2], "empty": {}} {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Check(t.Context(), file); !errors.Is(err, db.ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func openFile(t *testing.T, file string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func tally(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO tally (key, span, n, ends_at) VALUES ('x', 1, 1, 1)
			ON CONFLICT (key, span) DO UPDATE SET n = tally.n + 1`)
		return err
	})
}

func tallied(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT COALESCE(SUM(n), 0) FROM tally`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
