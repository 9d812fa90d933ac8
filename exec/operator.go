package exec

import (
	"context"
	"math"
	"time"

	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
)

// Watermark bounds, in milliseconds since the epoch.
const (
	MinWatermark = math.MinInt64 // nothing known
	MaxWatermark = math.MaxInt64 // no row will come any more
)

// Out takes what an operator emits. Emit may run the rest of the chain or block on
// back-pressure; an error ends the task and must be returned unchanged.
type Out interface {
	Emit(*vec.Batch) error
}

// Operator handles the batches of its inputs, numbered from 0. This is all an
// operator must do; the optional interfaces below give it more. They are found
// once, when the task is built.
type Operator interface {
	Process(in int, b *vec.Batch, out Out) error
}

// Opener is called once before the first batch.
type Opener interface {
	Open(ctx *Context) error
}

// WatermarkHandler is called when the operator's watermark, the minimum over its
// inputs, has risen to wm; the runtime passes wm on afterwards. The last one, before
// the end of a bounded run, is MaxWatermark.
type WatermarkHandler interface {
	OnWatermark(wm int64, out Out) error
}

// WatermarkMaker makes watermarks itself: the watermarks of its input are dropped
// (but MaxWatermark, which always passes) and those it returns are passed on. It is
// called after every batch and on every idle tick.
type WatermarkMaker interface {
	MakeWatermark() (wm int64, ok bool)
}

// ProcTimer is called when processing time has reached the time that NextTimer
// gave, in milliseconds. NextTimer gives MaxWatermark when nothing is to be done. At
// the end of a bounded run, pending processing-time timers fire in order (in batch)
// or are dropped (in streaming, as in Flink).
type ProcTimer interface {
	NextTimer() int64
	OnTimer(now int64, out Out) error
}

// Ender is called when one input has ended. OnEnd of the last input comes after
// OnWatermark(MaxWatermark).
type Ender interface {
	OnEnd(in int, out Out) error
}

// Stateful operators put all they would need to go on into a snapshot. Snapshot is
// called between batches; it must not emit and must leave the operator as it
// was. Restore is called after Open and before the first batch; the reader gives
// the entries of the key groups in Context.KeyGroups, whichever subtasks wrote them.
type Stateful interface {
	Snapshot(w state.Writer) error
	Restore(r state.Reader) error
}

// Limiter is an operator that may want no more rows although its input goes on
// (LIMIT). Once Satisfied, it gets nothing more, and its producers end when all
// their consumers are satisfied.
type Limiter interface {
	Satisfied() bool
}

// Closer is called once at the end, also after errors.
type Closer interface {
	Close() error
}

// Flusher is called before a snapshot, at the end of a batch of input when the task
// would otherwise wait, and at the end of an input: operators that hold back
// changes (mini-batch) give them out. It must not wait.
type Flusher interface {
	Flush(out Out) error
}

// Drainer is an operator with requests to another system under way. Drain waits for their
// answers and gives out all that depends on them, so that nothing is under way
// afterwards. It is called before a snapshot, before the input idles and at its end.
type Drainer interface {
	Drain(out Out) error
}

// Waker is an operator that has something to give out when other goroutines are done. They
// call Context.Wake; the task then calls OnWake soon, between batches, once for any
// number of calls of Wake.
type Waker interface {
	OnWake(out Out) error
}

// WatermarkHolder is an operator that may give rows out after the watermark that followed
// them has come in. It gets that watermark here in place of the runtime passing it on,
// and passes it on itself, through the same out, once those rows are out. The last one,
// MaxWatermark, is not held: the operator gets it as a WatermarkHandler.
type WatermarkHolder interface {
	HoldWatermark(wm int64, out WatermarkOut) error
}

// WatermarkOut is an Out through which a WatermarkHolder passes watermarks on.
type WatermarkOut interface {
	Out
	Watermark(wm int64) error
}

// Clock tells processing time; tests and fixture runs use a virtual one.
type Clock interface {
	Now() time.Time
}

// SystemClock is the clock on the wall.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// Context is what an operator may use of the world.
type Context struct {
	UID                                  string // of the node; prefixes state names
	Name                                 string // of the node, for messages
	Subtask, Parallelism, MaxParallelism int
	KeyGroups                            state.Range // key groups of this subtask
	Batch                                bool        // only final results count
	Clock                                Clock
	QueryStart                           time.Time      // value of CURRENT_TIMESTAMP in batch
	Zone                                 *time.Location // session time zone
	Budget                               *state.Budget  // memory shared by the run's operators
	TempDir                              string         // for spill files; made on demand
	Config                               map[string]string
	Counters                             *Counters
	Run                                  context.Context // done when the job stops; nil = never
	Wake                                 func()          // from any goroutine: has Waker.OnWake called soon; nil = nobody listens
}

// Now is processing time in milliseconds since the epoch.
func (c *Context) Now() int64 { return c.Clock.Now().UnixMilli() }
