package limit_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/limit"
)

func hit(t *testing.T, d *db.DB, key string, span time.Duration, most int) (ok bool, after time.Duration) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		ok, after, err = limit.Hit(t.Context(), tx, key, span, most)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok, after
}

func peek(t *testing.T, d *db.DB, key string, span time.Duration, most int) (ok bool, after time.Duration) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		ok, after, err = limit.Peek(t.Context(), tx, key, span, most)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ok, after
}

func TestWindowAllowsSoManyAndThenSaysWhenAgain(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	for range 3 {
		if ok, _ := peek(t, d, "a", time.Hour, 3); !ok {
			t.Fatal("peek refused early")
		}
		if ok, after := hit(t, d, "a", time.Hour, 3); !ok || after != 0 {
			t.Fatal("refused early", after)
		}
	}
	clock.Add(20 * time.Minute)
	if ok, after := hit(t, d, "a", time.Hour, 3); ok || after != 40*time.Minute {
		t.Errorf("fourth: %v, again in %v", ok, after)
	}
	if ok, after := peek(t, d, "a", time.Hour, 3); ok || after != 40*time.Minute {
		t.Errorf("peek: %v, again in %v", ok, after)
	}
	if ok, _ := hit(t, d, "b", time.Hour, 3); !ok {
		t.Error("another key is counted with it")
	}
	if ok, _ := hit(t, d, "a", time.Minute, 3); !ok {
		t.Error("another span is counted with it")
	}
	clock.Add(40 * time.Minute)
	if ok, _ := peek(t, d, "a", time.Hour, 3); !ok {
		t.Error("peek refused after the window")
	}
	if ok, _ := hit(t, d, "a", time.Hour, 3); !ok {
		t.Error("refused after the window")
	}
}

// Two nodes that count at once let through exactly as many as allowed.
func TestNodesCountTogether(t *testing.T) {
	url := dbtest.URL(t)
	nodes := []*db.DB{dbtest.OpenURL(t, url, nil), dbtest.OpenURL(t, url, nil)}
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			err := nodes[i%2].Write(t.Context(), func(tx *db.Tx) error {
				ok, _, err := limit.Hit(t.Context(), tx, "a", time.Hour, 10)
				if err == nil && ok {
					tx.After(func() { allowed.Add(1) })
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != 10 {
		t.Errorf("%d were let through, want 10", n)
	}
}

func TestPruneRemovesWhatHasEnded(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	hit(t, d, "a", time.Minute, 1)
	hit(t, d, "b", time.Hour, 1)
	clock.Add(time.Minute)
	var n int64
	err := d.Write(t.Context(), func(tx *db.Tx) (err error) {
		n, err = limit.Prune(context.WithoutCancel(t.Context()), tx)
		return err
	})
	if err != nil || n != 1 {
		t.Errorf("pruned %d, %v; want 1", n, err)
	}
	if ok, _ := peek(t, d, "b", time.Hour, 1); ok {
		t.Error("a running window was pruned")
	}
}

func TestNetIsWhatOneCustomerGets(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.77":           "192.0.2.0/24",
		"::ffff:192.0.2.77":    "192.0.2.0/24",
		"::ffff:c000:24d":      "192.0.2.0/24",
		"2001:db8:1:2fe::1":    "2001:db8:1:200::/56",
		"2001:db8:1:201::1":    "2001:db8:1:200::/56",
		"2001:db8:1:300::1":    "2001:db8:1:300::/56",
		"fe80::1%eth0":         "fe80::/56",
		"::1":                  "::/56",
		"":                     "unknown",
		"192.0.2.77:443":       "unknown",
		"192.0.2.077":          "unknown",
		"example.com":          "unknown",
		"' OR 1=1 --":          "unknown",
		"999.0.0.1":            "unknown",
		"2001:db8:1:2fe::1/64": "unknown",
	} {
		if got := limit.Net(ip); got != want {
			t.Errorf("Net(%q) = %q, want %q", ip, got, want)
		}
	}
}

func TestAllBudgetsHaveRoomOrTheLastSaysWhenAgain(t *testing.T) {
	clock := dbtest.NewClock()
	d := dbtest.OpenAt(t, clock)
	peekAll := func(span time.Duration, budgets ...limit.Budget) (ok bool, after time.Duration) {
		t.Helper()
		err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			ok, after, err = limit.PeekAll(t.Context(), tx, span, budgets)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ok, after
	}
	a, b, never := limit.Budget{Key: "a", Most: 1}, limit.Budget{Key: "b", Most: 2}, limit.Budget{Key: "c", Most: 1}
	hit(t, d, "a", time.Hour, 1)
	clock.Add(20 * time.Minute)
	hit(t, d, "b", time.Hour, 2)
	if ok, after := peekAll(time.Hour, b, never); !ok || after != 0 {
		t.Errorf("with room: %v, again in %v", ok, after)
	}
	if ok, after := peekAll(time.Hour, a, b, never); ok || after != 40*time.Minute {
		t.Errorf("one is used up: %v, again in %v", ok, after)
	}
	hit(t, d, "b", time.Hour, 2)
	if ok, after := peekAll(time.Hour, b, a, never); ok || after != time.Hour {
		t.Errorf("two are used up: %v, again in %v", ok, after)
	}
	if ok, _ := peekAll(time.Minute, a, b); !ok {
		t.Error("another span is counted with it")
	}
	clock.Add(time.Hour)
	if ok, _ := peekAll(time.Hour, a, b); !ok {
		t.Error("refused after the windows")
	}
}
