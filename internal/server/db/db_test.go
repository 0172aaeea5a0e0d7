package db_test

import (
	"errors"
	"testing"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
)

var errNo = errors.New("no")

func TestFailedWriteChangesNothingAndItsNeighbourStands(t *testing.T) {
	d := dbtest.Open(t)
	ctx := t.Context()
	put := func(key string, err error) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			if _, e := tx.Exec(ctx, `INSERT INTO tally (key, span, n, ends_at) VALUES ($1, 0, 1, 0)`, key); e != nil {
				return e
			}
			return err
		})
	}
	done := make(chan error, 40)
	for i := range 40 {
		go func() {
			key, want := string(rune('a'+i)), error(nil)
			if i%2 == 1 {
				want = errNo
			}
			if got := put(key, want); !errors.Is(got, want) {
				done <- got
				return
			}
			done <- nil
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	var n int
	err := d.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM tally`).Scan(&n)
	})
	if err != nil || n != 20 {
		t.Fatalf("rows = %d, %v; want the 20 that succeeded", n, err)
	}
}

func TestAfterRunsOnlyWhenCommitted(t *testing.T) {
	d := dbtest.Open(t)
	ran := 0
	_ = d.Write(t.Context(), func(tx *db.Tx) error { tx.After(func() { ran++ }); return errNo })
	if ran != 0 {
		t.Fatal("ran after a failed write")
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { tx.After(func() { ran++ }); return nil }); err != nil || ran != 1 {
		t.Fatal(ran, err)
	}
}
