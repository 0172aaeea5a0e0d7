package command

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"countersign/internal/server/audit"
	"countersign/internal/server/db"
)

// A database of an earlier version is brought forward, and says so in its log.
func TestMigratingIsWrittenDown(t *testing.T) {
	out := new(bytes.Buffer)
	w := World{Env: func(string) string { return "" }, In: strings.NewReader(""), Out: out, Err: new(bytes.Buffer)}
	file := filepath.Join(t.TempDir(), "c.toml")
	initialised(t, w, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(filepath.Dir(file), "old.db")
	text = regexp.MustCompile(`(?m)^database = .*$`).ReplaceAll(text, []byte(`database = "sqlite:`+old+`"`))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Run(t.Context(), w, []string{"migrate", "--config", file}); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + old})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var kinds []audit.Kind
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		for e, err := range audit.All(t.Context(), tx, db.Time(1), tx.Now.AddDate(1, 0, 0)) {
			if err != nil {
				return err
			}
			kinds = append(kinds, e.Kind)
		}
		return nil
	})
	if err != nil || len(kinds) != 1 || kinds[0] != audit.ServerMigrate {
		t.Errorf("%v, %v\n%s", kinds, err, out)
	}
}
