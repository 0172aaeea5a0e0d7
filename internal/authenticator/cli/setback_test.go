package cli_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/journeytest"
)

// A server that is set back to an older backup is found out, and gets the newer
// one again.
func TestAServerThatWasSetBackIsFoundOut(t *testing.T) {
	t.Parallel()
	w := journeytest.OnSQLite(t, 0)
	h := &home{World: w, t: t}
	h.mei, h.codes = w.Personal(t, "mei@mail.example")
	stop := w.Start(t, io.Discard)
	a, key := newDesk(t), filepath.Join(t.TempDir(), "key")
	a.add("GitHub", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
	h.signingIn(a, 0, "backup", "on", "--server", h.Config.IDURL, "--new-key-file", key)
	must(t, stop())
	file := w.Config.Database.File()
	copyOf(t, file, file+".old")
	stop = w.Start(t, io.Discard)
	a.add("Bank", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
	must(t, stop())
	must(t, errors.Join(os.Remove(file), os.Rename(file+".old", file)))
	w.Start(t, io.Discard)

	a.run(0, "backup", "now")
	var s struct {
		State   string
		SetBack *string `json:"set_back"`
	}
	must(t, json.Unmarshal([]byte(a.run(0, "backup", "status", "--json")), &s))
	if s.SetBack == nil || s.State != "fine" {
		t.Errorf("nobody is told: %+v", s)
	}
	b := newDesk(t)
	var got result
	must(t, json.Unmarshal([]byte(h.signingIn(b, 0, "recover", "--from", h.Config.IDURL, "--recovery-key-file", key, "--json")), &got))
	if len(got.Results) != 2 {
		t.Errorf("recovered %+v", got.Results)
	}
}

// copyOf copies a database whole, as somebody does who keeps an old one.
func copyOf(t *testing.T, file, to string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	must(t, err)
	must(t, errors.Join(d.Copy(t.Context(), to), d.Close()))
}
