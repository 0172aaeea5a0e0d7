package method

import (
	"context"
	"slices"
	"sync"
	"time"
)

// ErrBusy is returned when too many passwords wait to be checked. Nothing was
// looked at. It tells when to try again (RetryAfter).
var ErrBusy error = busy{}

type busy struct{}

func (busy) Error() string             { return "too many sign-ins at once" }
func (busy) RetryAfter() time.Duration { return 2 * time.Second }

const (
	laneRoom = 8 // waiting in each lane, per slot
	netRoom  = 2 // waiting of one network that is not known
)

// A queue gives out slots. Who finds none free waits in one of two lanes that
// take turns: known browsers in the order they came, the others one network
// after the other. So strangers can neither keep a known browser out nor, from
// one network, each other.
type queue struct {
	mu    sync.Mutex
	free  int
	room  int // of each lane
	known []*waiter
	nets  []string // that have somebody waiting, the next to be served first
	byNet map[string][]*waiter
	other int  // waiting in byNet
	turn  bool // the known lane was served last
}

type waiter struct {
	net   string // "" in the known lane
	ready chan struct{}
}

func newQueue(slots int) queue {
	return queue{free: slots, room: laneRoom * slots, byNet: map[string][]*waiter{}}
}

// enter waits for a slot. The caller gives it back with leave.
func (q *queue) enter(ctx context.Context, from Asker) (leave func(), err error) {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return q.leave, nil
	}
	w, ok := q.join(from)
	q.mu.Unlock()
	if !ok {
		return nil, ErrBusy
	}
	select {
	case <-w.ready:
		return q.leave, nil
	case <-ctx.Done():
		q.abandon(w)
		return nil, context.Cause(ctx)
	}
}

// join puts the asker in a lane that has room.
func (q *queue) join(from Asker) (*waiter, bool) {
	w := &waiter{ready: make(chan struct{})}
	if from.Known {
		if len(q.known) >= q.room {
			return nil, false
		}
		q.known = append(q.known, w)
		return w, true
	}
	w.net = "net " + from.Net
	if q.other >= q.room || len(q.byNet[w.net]) >= netRoom {
		return nil, false
	}
	if len(q.byNet[w.net]) == 0 {
		q.nets = append(q.nets, w.net)
	}
	q.byNet[w.net] = append(q.byNet[w.net], w)
	q.other++
	return w, true
}

// leave passes the slot to the next in line.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w := q.next(); w != nil {
		close(w.ready)
		return
	}
	q.free++
}

func (q *queue) next() *waiter {
	if len(q.known) > 0 && (!q.turn || q.other == 0) {
		w := q.known[0]
		q.known, q.turn = q.known[1:], true
		return w
	}
	if q.other == 0 {
		return nil
	}
	q.turn = false
	net := q.nets[0]
	q.nets = q.nets[1:]
	w := q.byNet[net][0]
	q.drop(w)
	if len(q.byNet[net]) > 0 {
		q.nets = append(q.nets, net)
	}
	return w
}

// drop takes a waiter out of its network.
func (q *queue) drop(w *waiter) {
	left := slices.DeleteFunc(q.byNet[w.net], func(o *waiter) bool { return o == w })
	q.other--
	if len(left) == 0 {
		delete(q.byNet, w.net)
	} else {
		q.byNet[w.net] = left
	}
}

// abandon takes out a waiter who has gone. A slot that was given to them
// meanwhile is passed on.
func (q *queue) abandon(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-w.ready:
		if next := q.next(); next != nil {
			close(next.ready)
		} else {
			q.free++
		}
		return
	default:
	}
	if w.net == "" {
		q.known = slices.DeleteFunc(q.known, func(o *waiter) bool { return o == w })
		return
	}
	q.drop(w)
	if len(q.byNet[w.net]) == 0 {
		q.nets = slices.DeleteFunc(q.nets, func(n string) bool { return n == w.net })
	}
}
