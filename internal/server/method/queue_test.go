package method

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A line is people who wait in a queue with one slot, taken.
type line struct {
	q      queue
	mu     sync.Mutex
	served []string
	wait   sync.WaitGroup
}

func newLine() *line {
	l := &line{q: newQueue(1)}
	l.q.free = 0
	return l
}

// stand has somebody wait; once served they take a second.
func (l *line) stand(name string, from Asker) {
	l.wait.Go(func() {
		leave, err := l.q.enter(context.Background(), from)
		l.mu.Lock()
		if err != nil {
			name += " refused"
		}
		l.served = append(l.served, name)
		l.mu.Unlock()
		if err == nil {
			time.Sleep(time.Second)
			leave()
		}
	})
	synctest.Wait()
}

func (l *line) serveAll() []string {
	l.q.leave()
	l.wait.Wait()
	return l.served
}

func TestKnownBrowsersAndNetworksTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		a, b := Asker{Net: "a"}, Asker{Net: "b"}
		known := Asker{Net: "a", Known: true}
		l.stand("a1", a)
		l.stand("a2", a)
		l.stand("b1", b)
		l.stand("k1", known)
		l.stand("k2", known)
		l.stand("b2", b)
		want := []string{"k1", "a1", "k2", "b1", "a2", "b2"}
		if got := l.serveAll(); !slices.Equal(got, want) {
			t.Errorf("served %v, want %v", got, want)
		}
	})
}

func TestOneNetworkMayHaveTwoWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		a := Asker{Net: "a"}
		l.stand("a1", a)
		l.stand("a2", a)
		l.stand("a3", a)
		l.stand("b1", Asker{Net: "b"})
		want := []string{"a3 refused", "a1", "b1", "a2"}
		if got := l.serveAll(); !slices.Equal(got, want) {
			t.Errorf("served %v, want %v", got, want)
		}
	})
}

func TestStrangersCannotTakeThePlacesOfKnownBrowsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		for i := range laneRoom + 3 {
			l.stand("stranger", Asker{Net: string(rune('a' + i))})
		}
		l.stand("known", Asker{Known: true})
		got := l.serveAll()
		if !slices.Equal(got[:4], []string{"stranger refused", "stranger refused", "stranger refused", "known"}) {
			t.Errorf("served %v", got)
		}
	})
}

func TestWhoLeavesTheQueueGivesUpTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine()
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error, 2)
		for _, from := range []Asker{{Net: "a"}, {Known: true}} {
			go func() {
				_, err := l.q.enter(ctx, from)
				gone <- err
			}()
		}
		synctest.Wait()
		l.stand("b1", Asker{Net: "b"})
		cancel()
		for range 2 {
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("who left got %v", err)
			}
		}
		if got := l.serveAll(); !slices.Equal(got, []string{"b1"}) {
			t.Errorf("served %v", got)
		}
		if l.q.free != 1 || l.q.other != 0 || len(l.q.known)+len(l.q.nets)+len(l.q.byNet) != 0 {
			t.Errorf("left behind: %+v", &l.q)
		}
	})
}

func TestNoSlotIsLost(t *testing.T) {
	q := newQueue(2)
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%3)*time.Microsecond)
			defer cancel()
			if leave, err := q.enter(ctx, Asker{Net: string(rune(i)), Known: i%2 == 0}); err == nil {
				leave()
			}
		})
	}
	wait.Wait()
	if q.free != 2 {
		t.Errorf("%d slots free, want 2", q.free)
	}
}
