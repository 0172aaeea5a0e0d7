package notify

import (
	"sync"
	"testing"
)

func signalled(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestSignalReachesEverybodyWhoWaitsForItsTopic(t *testing.T) {
	var h Hub
	a, cancelA := h.Subscribe("x")
	b, cancelB := h.Subscribe("x")
	other, cancelOther := h.Subscribe("y")
	defer cancelB()
	defer cancelOther()
	h.Signal("x")
	if !signalled(a) || !signalled(b) || signalled(other) {
		t.Error("the signal went astray")
	}
	cancelA()
	h.Signal("x")
	if signalled(a) || !signalled(b) {
		t.Error("a cancelled subscription was signalled, or its neighbour was not")
	}
}

func TestManySignalsAreOne(t *testing.T) {
	var h Hub
	c, cancel := h.Subscribe("x")
	defer cancel()
	for range 100 { // never waits, although nobody listens
		h.Signal("x")
	}
	if !signalled(c) || signalled(c) {
		t.Error("want exactly one signal")
	}
}

func TestCancelledSubscriptionsLeaveNothingBehind(t *testing.T) {
	var h Hub
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				c, cancel := h.Subscribe("x")
				h.Signal("x")
				<-c
				cancel()
				cancel() // twice is once
			}
		})
	}
	wg.Wait()
	if h.Waiting() != 0 || len(h.topics) != 0 {
		t.Errorf("%d subscriptions, %d topics are left", h.Waiting(), len(h.topics))
	}
}
