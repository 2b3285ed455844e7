package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	for _, c := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing lives", 0, mostGrowth},
		{"a young heap is collected now and then", 1 << 20, mostGrowth},
		{"a small one grows to the target", heapTarget / 3, 200},
		{"at half the target, as the runtime has it", heapTarget / 2, 100},
		{"near the target", heapTarget * 9 / 10, leastGrowth},
		{"a large one must not be collected without end", 20 * heapTarget, leastGrowth},
	} {
		if got := growth(c.live); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestCollectorIsPaced: what the collector found decides how long it waits, until the program ends.
func TestCollectorIsPaced(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	ctx, stop := context.WithCancel(t.Context())
	paceCollector(ctx)
	ballast := make([]byte, 4*heapTarget)
	untilPercent(t, func(percent int) bool { return percent == leastGrowth })
	runtime.KeepAlive(ballast)
	stop()
	untilPercent(t, func(percent int) bool { return percent == 100 })
}

// untilPercent collects until the collector's percentage is as wanted.
func untilPercent(t *testing.T, wanted func(int) bool) {
	t.Helper()
	percent := 0
	for range 200 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // what follows a collection comes after it
		percent = debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		if wanted(percent) {
			return
		}
	}
	t.Fatalf("the collector waits for %d percent", percent)
}

// TestOperatorsChoiceStays: GOGC decides, where it is set.
func TestOperatorsChoiceStays(t *testing.T) {
	t.Setenv("GOGC", "100")
	before := debug.SetGCPercent(70)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	paceCollector(t.Context())
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	if percent := debug.SetGCPercent(70); percent != 70 {
		t.Error(percent)
	}
}
