package function

import (
	"math/rand/v2"
	"time"
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Func is one function or operator.
type Func struct {
	catalog.Function
	// New makes the kernel of one call. It sees the call, so that constants (a
	// pattern, a path, a format) are compiled once. nil for the special forms that
	// exec/expr evaluates itself, and for functions that only the planner knows.
	New func(call *rex.Call) (Kernel, error)
	// FallibleCall refines Fallible for one call, e.g. a cast that cannot fail.
	FallibleCall func(call *rex.Call) bool
}

// Fails reports whether evaluating the call can fail on some row.
func (f *Func) Fails(call *rex.Call) bool {
	if f.FallibleCall != nil {
		return f.FallibleCall(call)
	}
	return f.Fallible
}

// Kernel computes a call over n rows.
type Kernel struct {
	// Eval gets vectors of length n, one per argument, and gives one of length n. It
	// makes room for the result through the frame. Values of NULL rows are garbage:
	// a kernel that can fail must not look at them.
	Eval func(f *Frame, args []*vec.Vec, n int) (*vec.Vec, error)
	// Owned says that the result shares no memory with the arguments (validity bitmaps
	// apart), so that these may be scratch that the next batch overwrites.
	Owned bool
}

// Ctx is what kernels may know besides their arguments. One Ctx serves one task.
type Ctx struct {
	// Now is the processing time in milliseconds since the epoch. It is asked at most
	// once per function and batch.
	Now func() int64
	// QueryStart is the time, in milliseconds, that CURRENT_TIMESTAMP and its like give
	// in batch mode, one value for the whole query.
	QueryStart int64
	Batch      bool // batch mode
	Zone       *time.Location
	// Watermark gives the current watermark of the input in milliseconds, false if
	// there is none yet. nil where there is no event time.
	Watermark func() (int64, bool)
	// Rand is where RAND() and UUID() get their randomness; nil takes the runtime's.
	Rand *rand.Rand
	// Database is what CURRENT_DATABASE() gives.
	Database string

	clock *zone // Zone with its memory
}

// zone is the session's time zone, UTC if none is set.
func (c *Ctx) zone() *zone {
	loc := c.Zone
	if loc == nil {
		loc = time.UTC
	}
	if c.clock == nil || c.clock.loc != loc {
		c.clock = newZone(loc)
	}
	return c.clock
}

// now is the time that CURRENT_TIMESTAMP gives: of the query in batch mode, else of
// the batch.
func (c *Ctx) now() int64 {
	if c.Batch && c.QueryStart != 0 {
		return c.QueryStart
	}
	return c.procTime()
}

// procTime is the processing time.
func (c *Ctx) procTime() int64 {
	if c.Now == nil {
		return time.Now().UnixMilli()
	}
	return c.Now()
}

func (c *Ctx) random() uint64 {
	if c.Rand == nil {
		return rand.Uint64()
	}
	return c.Rand.Uint64()
}

// Frame is one evaluation of one kernel: the context, and where the memory of the
// result comes from.
type Frame struct {
	*Ctx
	Scratch *Scratch // nil: fresh memory, to be kept
}

// Fresh is the same frame with fresh memory, for kernels called by kernels.
func (f *Frame) Fresh() *Frame {
	if f.Scratch == nil {
		return f
	}
	return &Frame{Ctx: f.Ctx}
}

// New makes a vector of n values without NULLs for a kernel to fill: fixed-width
// values are garbage, other layouts come as vec.New makes them. The memory is the
// frame's scratch if it has one.
func (f *Frame) New(t types.Type, n int) *vec.Vec {
	w := vec.PhysOf(t).Width()
	if f.Scratch == nil || w == 0 {
		return vec.New(t, n)
	}
	return vec.NewFixed(t, n, f.Scratch.bytes(n*w), nil)
}

// text gives the buffers of a text or binary result: n+1 offsets, the first 0, and
// an empty byte buffer.
func (f *Frame) text(n int) (off []int32, data []byte) {
	s := f.Scratch
	if s == nil {
		return make([]int32, n+1), make([]byte, 0, 16*n)
	}
	if cap(s.off) < n+1 {
		s.off = make([]int32, max(n+1, vec.BatchSize+1))
	}
	return s.off[:n+1], s.data[:0]
}

// Scratch is the memory of one intermediate result, used again for every batch.
type Scratch struct {
	words []uint64
	off   []int32
	data  []byte
}

func (s *Scratch) bytes(n int) []byte {
	if need := (n + 7) / 8; cap(s.words) < need {
		s.words = make([]uint64, need)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s.words))), cap(s.words)*8)
}
