package server

import (
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/internal/server/db"
)

// SQLite is brought forward at the start; PostgreSQL, where other nodes may be
// at work, waits until it is asked; a newer schema is left alone by both.
func TestASchemaIsBroughtForwardOnlyWhereNobodyElseWorks(t *testing.T) {
	for _, c := range []struct {
		kind      db.Kind
		now, need int
		want      error
	}{
		{db.SQLite, 0, 3, ErrNotSetUp}, {db.Postgres, 0, 3, ErrNotSetUp},
		{db.SQLite, 2, 3, nil}, {db.Postgres, 2, 3, ErrOld},
		{db.SQLite, 3, 3, nil}, {db.Postgres, 3, 3, nil},
		{db.SQLite, 4, 3, db.ErrNewer}, {db.Postgres, 4, 3, db.ErrNewer},
	} {
		if err := fits(c.kind, c.now, c.need); !errors.Is(err, c.want) || c.want != nil && err == nil {
			t.Errorf("%v at %d of %d: %v, want %v", c.kind, c.now, c.need, err, c.want)
		}
	}
}

// A node whose clock is more than two seconds off, either way, gets no work.
func TestANodeWithAWrongClockIsNotReady(t *testing.T) {
	for drift, ready := range map[time.Duration]bool{
		0: true, 2 * time.Second: true, -2 * time.Second: true, 2001 * time.Millisecond: false, -3 * time.Second: false, time.Hour: false,
	} {
		text, err := agree(drift)
		if (err == nil) != ready || !ready && !strings.Contains(text, drift.String()) {
			t.Errorf("%v: %q, %v", drift, text, err)
		}
	}
}
