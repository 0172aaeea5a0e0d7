package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// What ends within minutes is seen to have ended within a minute or so, and
// two nodes that start together soon do not look together.
func TestHousekeepingComesEachMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		var times [2][]time.Time
		done := make(chan bool)
		for node := range times {
			go func() {
				each(ctx, lookEvery, func() { times[node] = append(times[node], time.Now()) })
				done <- true
			}()
		}
		<-done
		<-done
		for node, at := range times {
			if n := len(at); n < 54 || n > 61 {
				t.Errorf("node %d looked %d times in an hour", node, n)
			}
		}
		if a, b := times[0], times[1]; a[10].Equal(b[10]) {
			t.Error("the nodes look at the same instants")
		}
	})
}
