package server

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// What passwords left lying about is given back when the node grows quiet.
func TestQuietNodesGiveMemoryBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		go giveBack(ctx)
		litter := make([]byte, 64<<20)
		for i := 0; i < len(litter); i += 4096 {
			litter[i] = 1
		}
		runtime.KeepAlive(litter)
		time.Sleep(3 * quietLook)
		if left := memory().idle; left > quietMost {
			t.Errorf("%d MiB still lie about", left>>20)
		}
		stop()
	})
}
