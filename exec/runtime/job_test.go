package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func counting(n int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}

// Every partitioner delivers every row exactly once (broadcast: once a receiver),
// whatever the parallelism on both ends.
func TestPartitionersDeliverAllRows(t *testing.T) {
	for _, p := range topology.Partitioners {
		for _, par := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 3}, {3, 2}} {
			if p == topology.Forward && par[0] != par[1] {
				continue
			}
			t.Run(fmt.Sprintf("%s/%d-%d", p, par[0], par[1]), func(t *testing.T) {
				r := newRig()
				src := r.from("numbers", &numbers{splits: [][2]int64{{0, 500}, {500, 990}, {990, 1000}}, batch: 7}, par[0], nil)
				sink := r.to(par[1])
				if p == topology.Hash {
					r.edge(src, sink, 0, p, 0)
				} else {
					r.edge(src, sink, 0, p)
				}
				if err := r.start(t, t.Context(), nil).Wait(); err != nil {
					t.Fatal(err)
				}
				want, got := counting(1000), r.rows()
				if p == topology.Broadcast {
					want = nil
					for i := range int64(1000) {
						for range par[1] {
							want = append(want, i)
						}
					}
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("%d rows arrived, want %d", len(got), len(want))
				}
			})
		}
	}
}

// Hash sends equal keys to one subtask, so that a total a key can be kept there.
func TestHashKeepsKeysTogether(t *testing.T) {
	r := newRig()
	var mu sync.Mutex
	owner := map[int64]int{}
	src := r.from("numbers", &numbers{splits: [][2]int64{{0, 100}, {0, 100}}, batch: 9}, 2, nil)
	check := r.op("check", 3, func() exec.Operator {
		return &ownerCheck{see: func(subtask int, x int64) {
			mu.Lock()
			defer mu.Unlock()
			if o, ok := owner[x]; ok && o != subtask {
				t.Errorf("value %d came to subtasks %d and %d", x, o, subtask)
			}
			owner[x] = subtask
		}}
	})
	sink := r.to(3)
	r.edge(src, check, 0, topology.Hash, 0)
	r.edge(check, sink, 0, topology.Forward)
	if err := r.start(t, t.Context(), nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if len(owner) != 100 || len(r.rows()) != 200 {
		t.Fatalf("%d values, %d rows", len(owner), len(r.rows()))
	}
}

type ownerCheck struct {
	subtask int
	see     func(subtask int, x int64)
}

func (o *ownerCheck) Open(ctx *exec.Context) error { o.subtask = ctx.Subtask; return nil }
func (o *ownerCheck) Process(_ int, b *vec.Batch, out exec.Out) error {
	for _, x := range b.Cols[0].Int64s() {
		o.see(o.subtask, x)
	}
	return out.Emit(b)
}

// The watermark of side-by-side splits is the minimum over them: no row of the slow
// split is late, although the fast one runs ahead. The last watermark is the maximum.
func TestWatermarkIsMinimumOverSplits(t *testing.T) {
	r := newRig()
	var mu sync.Mutex
	var seen []int64
	late := 0
	src := r.from("numbers", &numbers{splits: [][2]int64{{1000, 2000}, {1000, 2000}}, batch: 10, interleaved: true}, 1,
		&physical.Watermark{Interval: time.Second})
	logOp := r.op("log", 1, func() exec.Operator { return &marksLog{mu: &mu, seen: &seen, late: &late} })
	sink := r.to(1)
	r.edge(src, logOp, 0, topology.Forward)
	r.edge(logOp, sink, 0, topology.Rebalance)
	if err := r.start(t, t.Context(), nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if late > 0 {
		t.Errorf("%d rows came behind the watermark", late)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i] <= seen[i-1] {
			t.Fatalf("watermark went from %d to %d", seen[i-1], seen[i])
		}
	}
	if len(seen) < 2 || seen[len(seen)-1] != exec.MaxWatermark {
		t.Fatalf("watermarks %v", seen)
	}
}

// A split that gives nothing is left out of the watermark after the idle timeout.
func TestIdleSplitDoesNotHoldTheWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		var mu sync.Mutex
		var seen []int64
		late := 0
		src := r.from("numbers", &numbers{splits: [][2]int64{{100, 200}, {0, 0}}, batch: 10, interleaved: true, endless: true,
			pause: time.Second}, 1, &physical.Watermark{Interval: time.Second, IdleTimeout: 3 * time.Second})
		logOp := r.op("log", 1, func() exec.Operator { return &marksLog{mu: &mu, seen: &seen, late: &late} })
		sink := r.to(1)
		r.edge(src, logOp, 0, topology.Forward)
		r.edge(logOp, sink, 0, topology.Forward)
		ctx, cancel := context.WithCancel(t.Context())
		j := r.start(t, ctx, nil)
		time.Sleep(2500 * time.Millisecond)
		mu.Lock()
		if len(seen) != 0 {
			t.Errorf("watermarks %v before the idle timeout", seen)
		}
		mu.Unlock()
		time.Sleep(30 * time.Second)
		mu.Lock()
		if len(seen) == 0 || seen[len(seen)-1] != 199-5 {
			t.Errorf("watermarks %v, want the last to be 194", seen)
		}
		mu.Unlock()
		cancel()
		if err := j.Wait(); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled job ended with %v", err)
		}
		if !r.sink.aborted || len(r.sink.committed) > 0 {
			t.Error("a cancelled job must abort its sink and show nothing")
		}
	})
}

// A snapshot taken at any moment, and a run that goes on from it, together give
// what one run gives: every row counted once, at two joined inputs and behind a
// repartition.
func TestSnapshotAndRestoreCountEveryRowOnce(t *testing.T) {
	build := func(hook func(int64)) *rig {
		r := newRig()
		a := r.from("a", &numbers{splits: [][2]int64{{0, 3000}, {3000, 6000}}, batch: 11, interleaved: true, hook: hook}, 2, nil)
		b := r.from("b", &numbers{splits: [][2]int64{{6000, 8000}, {8000, 9000}}, batch: 13}, 1, nil)
		u := r.op("union", 2, func() exec.Operator { return pass{} })
		s := r.op("sum", 2, newSum)
		sink := r.to(1)
		r.edge(a, u, 0, topology.Rebalance)
		r.edge(b, u, 1, topology.Rebalance)
		r.edge(u, s, 0, topology.Hash, 0)
		r.edge(s, sink, 0, topology.Global)
		return r
	}
	total := func(rows []int64) (t int64) {
		for _, x := range rows {
			t += x
		}
		return t
	}
	const want = int64(9000) * 8999 / 2
	for _, at := range []int64{0, 500, 2500, 5990} {
		reached := make(chan struct{})
		var once sync.Once
		r := build(func(row int64) {
			if row >= at {
				once.Do(func() { close(reached) })
			}
		})
		j := r.start(t, t.Context(), nil)
		<-reached
		snap, err := j.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Wait(); err != nil {
			t.Fatal(err)
		}
		if got := total(r.rows()); got != want {
			t.Fatalf("the run with a snapshot gave %d, want %d", got, want)
		}
		again := build(nil)
		if err := again.start(t, t.Context(), snap).Wait(); err != nil {
			t.Fatal(err)
		}
		if got := total(again.rows()); got != want {
			t.Fatalf("the run restored at %d gave %d, want %d", at, got, want)
		}
	}
}

// A satisfied operator ends an endless source.
func TestSatisfiedLimitEndsTheJob(t *testing.T) {
	r := newRig()
	src := r.from("numbers", &numbers{splits: [][2]int64{{0, 1 << 40}}, batch: 100, endless: true}, 1, nil)
	lim := r.op("limit", 1, func() exec.Operator { return &first{n: 250} })
	sink := r.to(1)
	r.edge(src, lim, 0, topology.Global)
	r.edge(lim, sink, 0, topology.Forward)
	if err := r.start(t, t.Context(), nil).Wait(); err != nil {
		t.Fatal(err)
	}
	if got := r.rows(); !reflect.DeepEqual(got, counting(250)) {
		t.Fatalf("%d rows", len(got))
	}
}

// The first failure, a panic included, stops the job with the operator's name;
// nothing written becomes visible.
func TestFailureStopsAndAborts(t *testing.T) {
	for name, fail := range map[string]func(){
		"error": nil,
		"panic": func() { panic("broken invariant") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig()
			src := r.from("numbers", &numbers{splits: [][2]int64{{0, 100000}}, batch: 10}, 1, nil)
			bad := r.op("bad", 2, func() exec.Operator { return &failing{after: 20, fail: fail} })
			sink := r.to(2)
			r.edge(src, bad, 0, topology.Rebalance)
			r.edge(bad, sink, 0, topology.Forward)
			err := r.start(t, t.Context(), nil).Wait()
			var opErr *runtime.OperatorError
			var panicErr *runtime.PanicError
			if name == "error" && (!errors.As(err, &opErr) || opErr.Operator != "bad") ||
				name == "panic" && (!errors.As(err, &panicErr) || panicErr.Operator != "bad") {
				t.Fatalf("got %v", err)
			}
			if !r.sink.aborted || len(r.sink.committed) > 0 {
				t.Error("rows of a failed job became visible")
			}
		})
	}
}

type failing struct {
	after int
	fail  func()
}

func (f *failing) Process(_ int, b *vec.Batch, out exec.Out) error {
	if f.after--; f.after < 0 {
		if f.fail != nil {
			f.fail()
		}
		return errors.New("no luck")
	}
	return out.Emit(b)
}

// Processing-time timers fire in order while the input is quiet.
func TestProcessingTimeTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		src := r.from("numbers", &numbers{splits: [][2]int64{{0, 3}}, batch: 1, pause: 10 * time.Second, endless: true}, 1, nil)
		fired := make(chan time.Duration, 10)
		tm := r.op("timer", 1, func() exec.Operator { return &every{period: 4000, fired: fired, start: time.Now()} })
		sink := r.to(1)
		r.edge(src, tm, 0, topology.Rebalance)
		r.edge(tm, sink, 0, topology.Forward)
		ctx, cancel := context.WithCancel(t.Context())
		j := r.start(t, ctx, nil)
		for i := 1; i <= 5; i++ {
			if at := <-fired; at.Round(time.Second) != time.Duration(i)*4*time.Second {
				t.Errorf("timer %d fired after %v", i, at)
			}
		}
		cancel()
		_ = j.Wait()
	})
}

type every struct {
	period, next int64
	ctx          *exec.Context
	start        time.Time
	fired        chan time.Duration
}

func (e *every) Open(ctx *exec.Context) error {
	e.ctx, e.next = ctx, ctx.Now()+e.period
	return nil
}
func (e *every) Process(_ int, b *vec.Batch, out exec.Out) error { return out.Emit(b) }
func (e *every) NextTimer() int64                                { return e.next }
func (e *every) OnTimer(now int64, _ exec.Out) error {
	e.next += e.period
	select {
	case e.fired <- time.Since(e.start):
	default:
	}
	return nil
}

// A snapshot with state that no operator of the plan would read is refused.
func TestSnapshotOfAnotherPlanIsRefused(t *testing.T) {
	r := newRig()
	begun := make(chan struct{})
	var once sync.Once
	src := r.from("numbers", &numbers{splits: [][2]int64{{0, 1000}}, batch: 1, pause: time.Millisecond, hook: func(row int64) {
		if row > 5 {
			once.Do(func() { close(begun) })
		}
	}}, 1, nil)
	s := r.op("sum", 1, newSum)
	sink := r.to(1)
	r.edge(src, s, 0, topology.Rebalance)
	r.edge(s, sink, 0, topology.Global)
	ctx, cancel := context.WithCancel(t.Context())
	j := r.start(t, ctx, nil)
	<-begun
	snap, err := j.Snapshot(t.Context())
	cancel()
	_ = j.Wait()
	if err != nil {
		t.Fatal(err)
	}
	other := newRig()
	src = other.from("numbers", &numbers{}, 1, nil)
	sink = other.to(1)
	other.edge(src, sink, 0, topology.Forward)
	_, err = runtime.Start(t.Context(), other.g, runtime.Config{Connectors: other, Restore: snap})
	if err == nil || !strings.Contains(err.Error(), `state of operator "sum"`) {
		t.Fatalf("got %v", err)
	}
}
