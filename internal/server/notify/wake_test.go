package notify

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign/internal/server/db"
	"countersign/internal/server/db/dbtest"
	"countersign/internal/server/keep/keeptest"
)

// node is a node's notifier with a connection of its own to the database. Its
// looks at other nodes' wakes are quick.
func node(t *testing.T, url string, clock *dbtest.Clock, o Options) *Notify {
	t.Helper()
	d := dbtest.OpenURL(t, url, clock)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	n := New(d, keeptest.New(t, d), o)
	n.every = 5 * time.Millisecond
	n.retry = time.Millisecond
	return n
}

// run has the node at work until stop is called, or the test ends.
func run(t *testing.T, n *Notify) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func wake(t *testing.T, n *Notify, topic string, and error) error {
	t.Helper()
	return n.d.Write(t.Context(), func(tx *db.Tx) error {
		return errors.Join(n.Wake(t.Context(), tx, topic), and)
	})
}

func TestWakeSignalsThisNodeAtOnceAndOnlyWhenCommitted(t *testing.T) {
	n := node(t, dbtest.URL(t), nil, Options{})
	c, cancel := n.Hub.Subscribe("person:P")
	defer cancel()
	no := errors.New("no")
	if err := wake(t, n, "person:P", no); !errors.Is(err, no) || signalled(c) {
		t.Errorf("%v; signalled although rolled back", err)
	}
	if err := wake(t, n, "person:P", nil); err != nil || !signalled(c) {
		t.Errorf("%v; not signalled", err)
	}
}

func TestWakeReachesASubscriberOfAnotherNode(t *testing.T) {
	url := dbtest.URL(t)
	a, b := node(t, url, nil, Options{}), node(t, url, nil, Options{})
	run(t, a)
	run(t, b)
	for range 3 {
		c, cancel := b.Hub.Subscribe("attempt:X")
		if err := wake(t, a, "attempt:X", nil); err != nil {
			t.Fatal(err)
		}
		<-c
		cancel()
	}
}

// Where the engine passes word, nobody waits for the next look.
func TestWordFromPostgreSQLComesBeforeTheNextLook(t *testing.T) {
	url := dbtest.URL(t)
	a, b := node(t, url, nil, Options{}), node(t, url, nil, Options{})
	if a.d.Kind() == db.Postgres {
		a.every, b.every = time.Hour, time.Hour
	}
	run(t, a)
	run(t, b)
	c, cancel := b.Hub.Subscribe("attempt:X")
	defer cancel()
	for !signalled(c) { // the first may come before b listens
		if err := wake(t, a, "attempt:X", nil); err != nil {
			t.Fatal(err)
		}
		select {
		case <-c:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Ids are given out before their transactions commit: a smaller one may show
// after a larger one, and is not missed. None is passed on twice.
func TestWakesThatCommitOutOfOrderAreSeenOnce(t *testing.T) {
	url := dbtest.URL(t)
	a, b := node(t, url, nil, Options{}), node(t, url, nil, Options{})
	first, cancel := b.Hub.Subscribe("first")
	defer cancel()
	second, cancel := b.Hub.Subscribe("second")
	defer cancel()
	if err := errors.Join(wake(t, a, "first", nil), wake(t, a, "second", nil)); err != nil {
		t.Fatal(err)
	}
	show := func(node string) { // a row that names b itself is as invisible to b as one that is not committed
		err := a.d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), `UPDATE wake SET node = $1 WHERE topic = 'first'`, node)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	f := follower{seen: map[int64]int64{}}
	look := func(all bool) {
		if err := b.look(t.Context(), &f, all); err != nil {
			t.Fatal(err)
		}
	}
	show(b.node)
	look(false)
	if signalled(first) || !signalled(second) {
		t.Fatal("the second should have shown, and only it")
	}
	show(a.node)
	look(true)
	if !signalled(first) || signalled(second) {
		t.Fatal("the first should have shown now, and only it")
	}
	look(true)
	look(false)
	if signalled(first) || signalled(second) {
		t.Error("a wake was passed on twice")
	}
}

func TestOldWakesAreForgotten(t *testing.T) {
	clock := dbtest.NewClock()
	n := node(t, dbtest.URL(t), clock, Options{})
	f := follower{seen: map[int64]int64{}}
	if err := wake(t, n, "x", nil); err != nil {
		t.Fatal(err)
	}
	n.node = "another"
	if err := n.look(t.Context(), &f, true); err != nil || len(f.seen) != 1 {
		t.Fatal(len(f.seen), err)
	}
	clock.Add(lookBack)
	if err := n.look(t.Context(), &f, true); err != nil || len(f.seen) != 0 {
		t.Errorf("%d are remembered, %v", len(f.seen), err)
	}
	clock.Add(keepWakes)
	if err := n.pruneOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	err := n.d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT count(*) FROM wake`).Scan(&left)
	})
	if err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}
