package session

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// gcHeadroom is the garbage that may pile up before the collector runs, as long as it
// is more than the live heap. Batches die young: with Go's default a run over a small
// state would collect every few megabytes, which costs up to half its time.
const gcHeadroom = 128 << 20

// gcResting is the same while no run goes on, in a program that stays open.
const gcResting = 16 << 20

// gc is what the collector's pace depends on.
var gc struct {
	tuned, stays atomic.Bool
	runs         atomic.Int32
}

// TuneGC lets the collector run after gcHeadroom bytes of garbage or, where more is live, after a
// quarter as much garbage as there are live bytes: large states are columns without
// pointers, which cost a collection next to nothing, while Go's default would double their
// memory. A GOGC in the environment is left alone. It is for the process, so programs
// call it, not packages.
func TuneGC() {
	if os.Getenv("GOGC") != "" || gc.tuned.Swap(true) {
		return
	}
	paceGC()
	watchGC(new(gcMark))
}

// StayOpen tells that the program stays open between runs, and answers a person meanwhile, as the workbench does.
// While no run goes on, gcResting bytes of garbage are enough for the collector to run. Go's scheduler has no
// priorities: a key waits in its queue behind the tasks of a run that take every processor. So there are twice as many
// of its processors as cores, and the kernel, which prefers who has slept, shares the cores among their threads.
func StayOpen() {
	if gc.stays.Swap(true) {
		return
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
	paceGC()
}

// GiveBackMemory gives what is not used to the operating system. It costs a collection, in the
// goroutine that calls it.
func GiveBackMemory() { debug.FreeOSMemory() }

// countRun says that a run begins (1) or has ended (-1).
func countRun(by int32) {
	if n := gc.runs.Add(by); gc.stays.Load() && (n == 0 || n == by) {
		paceGC()
	}
}

// gcMark dies with every collection and tells of it.
type gcMark struct{ _ [16]byte }

// watchGC sets the percentage anew after every collection, when the live heap is known.
func watchGC(m *gcMark) {
	runtime.AddCleanup(m, func(struct{}) {
		paceGC()
		watchGC(new(gcMark))
	}, struct{}{})
}

// paceGC sets the percentage for what is live and for what goes on.
func paceGC() {
	if !gc.tuned.Load() {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	headroom := int64(gcHeadroom)
	if gc.stays.Load() && gc.runs.Load() == 0 {
		headroom = gcResting
	}
	debug.SetGCPercent(percentFor(int64(live[0].Value.Uint64()), headroom))
}

// percentFor gives the garbage, in percent of the live heap, that makes the headroom.
func percentFor(live, headroom int64) int {
	return int(max(25, headroom*100/max(live, 4<<20)))
}
