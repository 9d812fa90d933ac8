package session

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

// gcHeadroom is the garbage that may pile up before the collector runs, as long as it
// is more than the live heap. Batches die young: with Go's default a run over a small
// state would collect every few megabytes, which costs up to half its time.
const gcHeadroom = 128 << 20

var tuneOnce sync.Once

// TuneGC lets the collector run after gcHeadroom bytes of garbage or, where more is live, after a
// quarter as much garbage as there are live bytes: large states are columns without
// pointers, which cost a collection next to nothing, while Go's default would double their
// memory. A GOGC in the environment is left alone. It is for the process, so programs
// call it, not packages.
func TuneGC() {
	if os.Getenv("GOGC") != "" {
		return
	}
	tuneOnce.Do(func() {
		debug.SetGCPercent(percentFor(4 << 20))
		watchGC(new(gcMark))
	})
}

// gcMark dies with every collection and tells of it.
type gcMark struct{ _ [16]byte }

// watchGC sets the percentage anew after every collection, when the live heap is known.
func watchGC(m *gcMark) {
	runtime.AddCleanup(m, func(struct{}) {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		debug.SetGCPercent(percentFor(int64(s.HeapAlloc)))
		watchGC(new(gcMark))
	}, struct{}{})
}

// percentFor gives the garbage, in percent of the live heap, that makes gcHeadroom.
func percentFor(live int64) int {
	return int(max(25, gcHeadroom*100/max(live, 1<<20)))
}
