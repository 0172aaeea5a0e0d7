package notify

import (
	"slices"
	"sync"
)

// A Hub tells goroutines of this process that something they wait for has
// changed. It carries no news, only "look again": two changes in a row may be
// one signal, and a signal may find nothing new. The zero Hub is ready.
type Hub struct {
	mu     sync.Mutex
	topics map[string][]chan struct{}
}

// Subscribe returns a channel that gets a signal when the topic changes, from
// now on: subscribe first, then look. It must be cancelled; the channel is
// never closed, and hears nothing afterwards.
func (h *Hub) Subscribe(topic string) (signal <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics == nil {
		h.topics = map[string][]chan struct{}{}
	}
	h.topics[topic] = append(h.topics[topic], c)
	return c, func() { h.cancel(topic, c) }
}

func (h *Hub) cancel(topic string, c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := slices.DeleteFunc(h.topics[topic], func(o chan struct{}) bool { return o == c })
	if len(left) == 0 {
		delete(h.topics, topic)
	} else {
		h.topics[topic] = left
	}
}

// Signal wakes everybody who waits for a topic. It never waits.
func (h *Hub) Signal(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.topics[topic] {
		select {
		case c <- struct{}{}:
		default: // one signal is there already
		}
	}
}

// Waiting tells how many subscriptions there are.
func (h *Hub) Waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, s := range h.topics {
		n += len(s)
	}
	return n
}
