package db

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// killed is the variable that makes this test program the one to be killed.
const killed = "COUNTERSIGN_TEST_KILLED"

func TestMain(m *testing.M) {
	if file := os.Getenv(killed); file != "" {
		fmt.Fprintln(os.Stderr, writeForEver(file))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// writeForEver writes pairs of rows from many goroutines and names each pair
// on the standard output once the database has acknowledged it.
func writeForEver(file string) error {
	ctx := context.Background()
	d, err := Open(ctx, Config{URL: "sqlite:" + file})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				key := fmt.Sprintf("%016x", rand.Uint64())
				err := d.Write(ctx, func(tx *Tx) error {
					_, err := tx.Exec(ctx, `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 0, 1, 0)`, key)
					if err == nil {
						_, err = tx.Exec(ctx, `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 1, 1, 0)`, key)
					}
					return err
				})
				if err == nil {
					_, err = os.Stdout.WriteString(key + "\n")
				}
				if err != nil {
					failed <- err
					return
				}
			}
		}()
	}
	return <-failed
}

// A program killed at any moment has lost nothing it has acknowledged, and left
// nothing half done. COUNTERSIGN_SOAK says how many times, for make soak.
func TestKilledProgramLosesNothingItAcknowledged(t *testing.T) {
	rounds := 20
	if soak, err := strconv.Atoi(os.Getenv("COUNTERSIGN_SOAK")); err == nil {
		rounds = soak
	}
	file := filepath.Join(t.TempDir(), "test.db")
	d, err := Open(t.Context(), Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Migrate(t.Context()), d.Close()); err != nil {
		t.Fatal(err)
	}
	acked := map[string]bool{}
	for round := range rounds {
		news := writeAndKill(t, file)
		for _, key := range news {
			acked[key] = true
		}
		checkPairs(t, file, acked, round)
	}
	if len(acked) < rounds {
		t.Errorf("only %d writes in %d rounds: nothing was tested", len(acked), rounds)
	}
	if _, err := Check(t.Context(), file); err != nil {
		t.Error(err)
	}
	t.Logf("%d kills, %d acknowledged writes", rounds, len(acked))
}

// writeAndKill runs the program on a file, kills it soon, and returns what it had acknowledged.
func writeAndKill(t *testing.T, file string) (acked []string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), killed+"="+file)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(acked) == 0 {
			time.AfterFunc(rand.N(100*time.Millisecond), func() { _ = cmd.Process.Kill() })
		}
		if len(lines.Text()) == 16 { // the last line may be cut
			acked = append(acked, lines.Text())
		}
	}
	_ = cmd.Wait() // killed
	return acked
}

func checkPairs(t *testing.T, file string, acked map[string]bool, round int) {
	t.Helper()
	ctx := t.Context()
	d, err := Open(ctx, Config{URL: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := map[string]bool{}
	err = d.Read(ctx, func(tx *Tx) error {
		rows, err := tx.Query(ctx, `SELECT key, count(*) FROM tally GROUP BY key`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key string
			var n int
			if err := rows.Scan(&key, &n); err != nil {
				return err
			}
			if n != 2 {
				t.Errorf("round %d: %s is half there", round, key)
			}
			found[key] = true
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range acked {
		if !found[key] {
			t.Errorf("round %d: %s was acknowledged and is lost", round, key)
		}
	}
}
