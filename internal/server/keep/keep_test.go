package keep_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/keep"
	"countersign/internal/server/keep/keeptest"
)

var place = keep.Where{Table: "registration", Column: "code_secret", Key: "R1", Person: "P1"}

func TestSealedValueOpensInItsPlace(t *testing.T) {
	k := keeptest.New(t, dbtest.Open(t))
	sealed, err := k.Seal([]byte("plain"), place)
	if err != nil || bytes.Contains(sealed, []byte("plain")) {
		t.Fatal(sealed, err)
	}
	if plain, err := k.Unseal(sealed, place); err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
	again, _ := k.Seal([]byte("plain"), place)
	if bytes.Equal(sealed, again) {
		t.Error("the same value looks the same when sealed twice")
	}
}

// T1, secrets at rest: whoever can write to the database cannot move a sealed
// value to another row, column, table or person.
func TestSealedValueMovedDoesNotOpen(t *testing.T) {
	k := keeptest.New(t, dbtest.Open(t))
	sealed, err := k.Seal([]byte("plain"), place)
	if err != nil {
		t.Fatal(err)
	}
	for what, at := range map[string]keep.Where{
		"row":       {Table: place.Table, Column: place.Column, Key: "R2", Person: place.Person},
		"column":    {Table: place.Table, Column: "push_keys", Key: place.Key, Person: place.Person},
		"table":     {Table: "oauth_key", Column: place.Column, Key: place.Key, Person: place.Person},
		"person":    {Table: place.Table, Column: place.Column, Key: place.Key, Person: "P2"},
		"no person": {Table: place.Table, Column: place.Column, Key: place.Key},
		"boundary":  {Table: place.Table, Column: place.Column, Key: "R1P1"},
	} {
		if plain, err := k.Unseal(sealed, at); !errors.Is(err, keep.ErrSealed) || plain != nil {
			t.Errorf("in another %s: %q, %v", what, plain, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Unseal(changed, place); !errors.Is(err, keep.ErrSealed) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for _, short := range [][]byte{nil, {}, sealed[:5], sealed[:len(sealed)-1]} {
		if _, err := k.Unseal(short, place); !errors.Is(err, keep.ErrSealed) {
			t.Errorf("cut to %d bytes: %v", len(short), err)
		}
	}
}

func TestMACKeepsPurposesAndPartsApart(t *testing.T) {
	d := dbtest.Open(t)
	k := keeptest.New(t, d)
	a, b := []byte("a"), []byte("b")
	mac := k.MAC("offer", a, b)
	if len(mac) != 32 || !bytes.Equal(mac, keeptest.New(t, d).MAC("offer", a, b)) {
		t.Error("another node makes another MAC")
	}
	for what, other := range map[string][]byte{
		"purpose": k.MAC("recovery", a, b), "one part": k.MAC("offer", []byte("ab")), "order": k.MAC("offer", b, a),
		"empty part": k.MAC("offer", a, b, nil), "no part": k.MAC("offer"), "purpose that runs on": k.MAC("offer\x00", a, b),
		"server": keeptest.New(t, dbtest.Open(t)).MAC("offer", a, b), "derived key": k.Derive("offer", 32),
	} {
		if bytes.Equal(mac, other) {
			t.Errorf("another %s makes the same MAC", what)
		}
	}
}

func TestHashIsSHA256(t *testing.T) {
	want := "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad" // FIPS 180-2, "abc"
	if string(keep.Hash("abc")) != want {
		t.Errorf("%x", keep.Hash("abc"))
	}
}

func newKEK(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kek.json")
	if err := keep.NewKEKFile(file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestKEKFileIsItsOwnersAndNeverReplaced(t *testing.T) {
	file := newKEK(t)
	if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
		t.Fatal(i.Mode(), err)
	}
	if err := keep.NewKEKFile(file); !errors.Is(err, os.ErrExist) {
		t.Errorf("made again: %v", err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o660, 0o644, 0o777} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := keep.ReadKEKFile(file)
		if !errors.Is(err, keep.ErrExposed) || !strings.Contains(err.Error(), "chmod 600 "+file) {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	for _, mode := range []os.FileMode{0o600, 0o400} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keep.ReadKEKFile(file); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

func TestWrongKEKHasItsOwnError(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	right, wrong := newKEK(t), newKEK(t)
	if _, err := keep.Open(ctx, d, right); err != nil {
		t.Fatal(err)
	}
	if _, err := keep.Open(ctx, d, wrong); !errors.Is(err, keep.ErrWrongKEK) {
		t.Errorf("wrong KEK: %v", err)
	}
	if _, err := keep.Open(ctx, d, right); err != nil {
		t.Errorf("the right one afterwards: %v", err)
	}
	if _, err := keep.Open(ctx, d, filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, text := range []string{"", "{}", "hunter2", `{"primaryKeyId":1,"key":[]}`, `{"primaryKeyId":1,"key":[{"hunter2":1}]}`} {
		_, err := keep.OpenKEK(ctx, d, keep.NewSecret(text))
		if !errors.Is(err, keep.ErrNoKEK) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A new KEK changes two rows; what was sealed before opens as before, and the
// old KEK opens nothing any more.
func TestKEKRotationSealsOnlyTheServersKeysAgain(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	file := newKEK(t)
	old, err := keep.ReadKEKFile(file)
	if err != nil {
		t.Fatal(err)
	}
	k := open(t, d, file)
	sealed, err := k.Seal([]byte("plain"), place)
	if err != nil {
		t.Fatal(err)
	}
	mac := k.MAC("x")

	if err := keep.AddKEK(file); err != nil {
		t.Fatal(err)
	}
	if err := open(t, d, file).Reseal(ctx); err != nil {
		t.Fatal(err)
	}
	if err := keep.TrimKEK(t.Context(), d, file); err != nil {
		t.Fatal(err)
	}
	k = open(t, d, file)
	if plain, err := k.Unseal(sealed, place); err != nil || string(plain) != "plain" {
		t.Errorf("after rotation: %q, %v", plain, err)
	}
	if !bytes.Equal(k.MAC("x"), mac) {
		t.Error("rotation changed keyed hashes")
	}
	if _, err := keep.OpenKEK(ctx, d, old); !errors.Is(err, keep.ErrWrongKEK) {
		t.Errorf("old KEK after rotation: %v", err)
	}
	if i, err := os.Stat(file); err != nil || i.Mode().Perm() != 0o600 {
		t.Error(i.Mode(), err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 {
		t.Errorf("left beside the key: %v, %v", left, err)
	}
}

func open(t *testing.T, d *db.DB, file string) *keep.Keeper {
	t.Helper()
	k, err := keep.Open(t.Context(), d, file)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNodesThatStartAtOnceShareTheirKeys(t *testing.T) {
	d := dbtest.Open(t)
	macs := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range macs {
		wg.Go(func() { macs[i] = keeptest.New(t, d).MAC("x") })
	}
	wg.Wait()
	for _, m := range macs {
		if !bytes.Equal(m, macs[0]) {
			t.Fatal("two nodes made different keys")
		}
	}
}

// The rows of server_key hold nothing that opens anything by itself.
func TestServerKeysLieSealed(t *testing.T) {
	d := dbtest.Open(t)
	k := keeptest.New(t, d)
	names := map[string]bool{}
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(t.Context(), `SELECT name, sealed FROM server_key`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var sealed []byte
			if err := rows.Scan(&name, &sealed); err != nil {
				return err
			}
			names[name] = true
			if bytes.Contains(sealed, []byte("primaryKeyId")) || len(sealed) < 32+16 {
				t.Errorf("%s is not sealed", name)
			}
		}
		return rows.Err()
	})
	if err != nil || len(names) != 2 {
		t.Error(names, err)
	}
	swapped := d.Write(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), `UPDATE server_key SET sealed = (SELECT sealed FROM server_key WHERE name = 'root') WHERE name = 'data'`)
		return err
	})
	if swapped != nil {
		t.Fatal(swapped)
	}
	if _, err := k.Seal(nil, place); err != nil { // what is open stays open
		t.Error(err)
	}
}
