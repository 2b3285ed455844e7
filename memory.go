package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Bounds of how the garbage collector is paced: a heap of up to heapTarget is let grow before it is collected, whatever of it is live.
const (
	heapTarget  = 48 << 20
	leastGrowth = 50  // percent of what is live
	mostGrowth  = 400 // so that a young heap is collected, too
	liveMetric  = "/gc/heap/live:bytes"
)

// paceCollector lets a small heap grow to heapTarget between two collections and a large one by less than the runtime's own 100 percent, until ctx ends.
// Left to itself the runtime collects a heap of 10 MB after each 10 MB of requests, which is work for nothing, and lets one of 90 MB grow to 180.
// Where GOGC is set, the operator has decided, and this does nothing.
func paceCollector(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: liveMetric}}
	current := 100
	afterCollection(func() bool {
		if ctx.Err() != nil {
			debug.SetGCPercent(100)
			return false
		}
		metrics.Read(live)
		if next := growth(live[0].Value.Uint64()); 10*max(next-current, current-next) > current {
			debug.SetGCPercent(next)
			current = next
		}
		return true
	})
}

// growth is by how many percent a heap with so many live bytes may grow before it is collected.
func growth(live uint64) int {
	return int(min(max(heapTarget*100/max(live, 1), 100+leastGrowth), 100+mostGrowth)) - 100
}

// afterCollection calls do after each collection until it gives false.
func afterCollection(do func() bool) {
	type witness struct{ _ [32]byte } // by itself: objects of less than 16 bytes share a block, and live on with their neighbours
	runtime.AddCleanup(new(witness), func(do func() bool) {
		if do() {
			afterCollection(do)
		}
	}, do)
}
