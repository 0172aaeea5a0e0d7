package server

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A password takes 19 MiB to check. After a busy hour that much, several times
// over, lies about as garbage, and a runtime that has nothing to allocate has no
// reason to collect it. So when the node has grown quiet its memory is collected
// once and given back.
const (
	quietLook = 15 * time.Second
	quietMost = 16 << 20 // bytes that may lie about
)

// The collector comes when the heap has doubled, and two passwords double that of a
// small node: it would go through everything for every other sign-in. An allocation
// of this size that is never touched, and so takes no memory, counts as heap all the
// same, and it comes for every fifth.
const elbowRoom = 64 << 20

// giveBack looks now and then until ctx ends.
func giveBack(ctx context.Context) {
	room := make([]byte, elbowRoom)
	defer runtime.KeepAlive(room)
	tick := time.NewTicker(quietLook)
	defer tick.Stop()
	before := memory()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := memory()
		if now.cycles == before.cycles && now.idle > quietMost { // nothing was collected meanwhile: quiet
			debug.FreeOSMemory()
			now = memory()
		}
		before = now
	}
}

// usage is what the runtime tells about its memory.
type usage struct {
	cycles uint64 // collections so far
	idle   uint64 // bytes held that nobody needed at the last one
}

func memory() usage {
	s := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(s)
	held, live := s[1].Value.Uint64()+s[2].Value.Uint64()+s[3].Value.Uint64(), s[4].Value.Uint64()
	if held < live {
		held = live
	}
	return usage{s[0].Value.Uint64(), held - live}
}
