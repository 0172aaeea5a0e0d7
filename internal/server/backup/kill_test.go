package backup_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/backup"
	"countersign/internal/server/db"
	"countersign/internal/server/directory"
	"countersign/internal/server/keep/keeptest"
	"countersign/internal/server/notify"
	"countersign/internal/server/policy"
	"countersign/internal/server/registration"
	"countersign/internal/server/registration/regtest"
	"countersign/internal/wire"
)

// killed is the variable that makes this test program the one to be killed.
const killed = "COUNTERSIGN_TEST_KILLED_BACKUP"

// TestMain is also the program that is killed.
func TestMain(m *testing.M) {
	if file := os.Getenv(killed); file != "" {
		body, err := os.ReadFile(file + ".body")
		if err == nil {
			err = storeForEver(file, body)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// storeForEver follows the newest version again and again, and names each that
// was acknowledged.
func storeForEver(file string, body []byte) error {
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: "sqlite:" + file})
	if err != nil {
		return err
	}
	store := backup.New(d, nil, 1<<30)
	id, err := os.ReadFile(file + ".binding")
	if err != nil {
		return err
	}
	for {
		var v backup.Version
		err := d.Write(ctx, func(tx *db.Tx) error {
			b, _, err := store.ByID(ctx, tx, string(id))
			if err != nil {
				return err
			}
			tag := ""
			st, err := store.Status(ctx, tx, b)
			if st.Latest != nil {
				tag = st.Latest.ETag
			}
			if err == nil {
				v, err = store.Put(ctx, tx, b, tag, body, registration.Where{})
			}
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(v.N, v.ETag)
	}
}

// A server killed at any moment has lost no version it acknowledged, and what
// is newest is whole. COUNTERSIGN_SOAK says how many times, for make soak.
func TestAKilledServerLosesNoVersionItAcknowledged(t *testing.T) {
	rounds := 20
	if soak, err := strconv.Atoi(os.Getenv("COUNTERSIGN_SOAK")); err == nil {
		rounds = soak
	}
	file := filepath.Join(t.TempDir(), "test.db")
	body := sealed(t, 16<<10)
	begin(t, file, body)
	newest := ""
	for round := range rounds {
		for _, line := range storeAndKill(t, file, round) {
			newest = line
		}
		look(t, file, newest, body)
	}
	if newest == "" {
		t.Error("nothing was stored: nothing was tested")
	}
}

// begin makes a database with a place and one bound device.
func begin(t *testing.T, file string, body []byte) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	store := backup.New(d, notify.New(d, keeptest.New(t, d), notify.Options{}), 1<<30)
	var b backup.Binding
	err = d.Write(t.Context(), func(tx *db.Tx) error {
		home, err := directory.Create(t.Context(), tx, directory.Directory{Kind: directory.Personal, Name: "Personal"})
		if err != nil {
			return err
		}
		mei, err := directory.CreatePerson(t.Context(), tx, directory.Person{DirectoryID: home.ID, Login: "mei@mail.example", Name: "Mei"})
		if err != nil {
			return err
		}
		proof := backup.Proof{Person: mei.ID, Epoch: mei.Epoch, Rights: wire.Write, AuthAt: tx.Now, Strength: policy.TwoProofs}
		b, err = store.Bind(t.Context(), tx, proof, &regtest.NewKey(t).PublicKey, "Terminal", registration.Where{})
		return err
	})
	err = errors.Join(err, d.Close(), os.WriteFile(file+".binding", []byte(b.ID), 0o600), os.WriteFile(file+".body", body, 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// storeAndKill runs the program, kills it after a while that differs from round
// to round, and returns what it had acknowledged.
func storeAndKill(t *testing.T, file string, round int) (acked []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env, cmd.Stderr = append(os.Environ(), killed+"="+file), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line without its end was not said
		}
		if len(acked) == 0 {
			time.AfterFunc(time.Duration(1+round%20*2)*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		acked = append(acked, strings.TrimSuffix(line, "\n"))
	}
	_ = cmd.Wait() // killed
	return acked
}

// look opens the database anew: the newest version is the one acknowledged last,
// or one after it, and all versions are whole.
func look(t *testing.T, file, acked string, body []byte) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	id, err := os.ReadFile(file + ".binding")
	if err != nil {
		t.Fatal(err)
	}
	store := backup.New(d, nil, 1<<30)
	var n int64
	var tag string
	if acked != "" {
		if _, err := fmt.Sscan(acked, &n, &tag); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(body)
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		b, _, err := store.ByID(t.Context(), tx, string(id))
		if err != nil {
			return err
		}
		all, err := store.Versions(t.Context(), tx, b)
		if err != nil && n == 0 && errors.Is(err, backup.ErrNone) {
			return nil
		}
		if len(all) == 0 || all[0].N < n || all[0].N > n+1 {
			t.Errorf("%d was acknowledged, the newest of %d is another (%v)", n, len(all), err)
			return err
		}
		for _, v := range all {
			_, got, err := store.Get(t.Context(), tx, b, v.N)
			if have := sha256.Sum256(got); err != nil || have != sum {
				t.Errorf("version %d is not whole: %s, %v", v.N, hex.EncodeToString(have[:4]), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
