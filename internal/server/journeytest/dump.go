package journeytest

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
)

// Dump is all that is in the database: every byte of SQLite's files, or every
// row of PostgreSQL's tables with bytes in hexadecimal.
func (w *World) Dump(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	if w.Config.Database.File() == "" {
		dumpTables(t, w.Config.Database.Reveal(), out)
		return out
	}
	files, err := filepath.Glob(w.Config.Database.File() + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = string(b)
	}
	return out
}

func dumpTables(t testing.TB, url string, out map[string]string) {
	t.Helper()
	d, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rows, err := d.QueryContext(t.Context(), `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		out[name] = ""
	}
	for name := range out {
		var text string
		if err := d.QueryRowContext(t.Context(), `SELECT COALESCE(string_agg(t::text, ' '), '') FROM `+name+` t`).Scan(&text); err != nil {
			t.Fatal(err)
		}
		out[name] = text
	}
}
