package runtime_test

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// echo gives every batch back a little later, from another goroutine, watermarks
// between batches as they came: what an asynchronous lookup does.
type echo struct {
	ctx   *exec.Context
	queue []echoed
	after time.Duration
	marks exec.WatermarkOut
}

type echoed struct {
	batch *vec.Batch
	done  chan struct{}
	mark  int64
}

func (e *echo) Open(ctx *exec.Context) error { e.ctx = ctx; return nil }
func (e *echo) Process(_ int, b *vec.Batch, _ exec.Out) error {
	done := make(chan struct{})
	e.queue = append(e.queue, echoed{batch: b, done: done})
	wake := e.ctx.Wake
	time.AfterFunc(e.after, func() { close(done); wake() })
	return nil
}
func (e *echo) HoldWatermark(wm int64, out exec.WatermarkOut) error {
	e.marks = out
	e.queue = append(e.queue, echoed{mark: wm})
	return e.OnWake(out)
}
func (e *echo) OnWatermark(_ int64, out exec.Out) error { return e.Drain(out) }
func (e *echo) OnWake(out exec.Out) error               { return e.release(out, false) }
func (e *echo) Drain(out exec.Out) error                { return e.release(out, true) }
func (e *echo) release(out exec.Out, wait bool) error {
	for len(e.queue) > 0 {
		q := e.queue[0]
		if q.batch == nil {
			if err := e.marks.Watermark(q.mark); err != nil {
				return err
			}
			e.queue = e.queue[1:]
			continue
		}
		if wait {
			<-q.done
		}
		select {
		case <-q.done:
		default:
			return nil
		}
		e.queue = e.queue[1:]
		if err := out.Emit(q.batch); err != nil {
			return err
		}
	}
	return nil
}

// An operator that waits for other goroutines is woken when they are done, in a source's
// chain and behind an exchange: rows come without further input, watermarks behind the
// rows that they followed, and a snapshot leaves no row out.
func TestWake(t *testing.T) {
	for _, p := range []topology.Partitioner{topology.Forward, topology.Rebalance} {
		t.Run(string(p), func(t *testing.T) {
			r := newRig()
			var mu sync.Mutex
			var seen []int64
			late := 0
			src := r.from("numbers", &numbers{splits: [][2]int64{{0, 400}}, batch: 20, endless: true}, 1, &physical.Watermark{Interval: time.Second})
			later := r.op("echo", 1, func() exec.Operator { return &echo{after: 3 * time.Millisecond} })
			logOp := r.op("log", 1, func() exec.Operator { return &marksLog{mu: &mu, seen: &seen, late: &late} })
			sink := r.to(1)
			r.edge(src, later, 0, p)
			r.edge(later, logOp, 0, topology.Forward)
			r.edge(logOp, sink, 0, topology.Forward)
			if p == topology.Rebalance {
				r.g.Nodes[later].Chaining = topology.ChainHead
			}
			j := r.start(t, t.Context(), nil)
			deadline := time.Now().Add(10 * time.Second)
			for j.Total(logOp).RowsIn < 400 { // the input gives nothing more: only waking brings them
				if time.Now().After(deadline) {
					t.Fatalf("%d of 400 rows came", j.Total(logOp).RowsIn)
				}
				time.Sleep(time.Millisecond)
			}
			if _, err := j.Snapshot(t.Context()); err != nil {
				t.Fatal(err)
			}
			j.Stop(errDone)
			_ = j.Wait() // gives errDone
			mu.Lock()
			defer mu.Unlock()
			if late > 0 || len(seen) < 10 {
				t.Errorf("%d rows came behind their watermark; %d watermarks", late, len(seen))
			}
		})
	}
}

// A snapshot waits for what is under way: going on from it neither loses nor repeats a row.
func TestSnapshotWithRequestsUnderWay(t *testing.T) {
	build := func() (*rig, topology.NodeID) {
		r := newRig()
		src := r.from("numbers", &numbers{splits: [][2]int64{{0, 600}}, batch: 5, pause: time.Millisecond}, 1, nil)
		later := r.op("echo", 2, func() exec.Operator { return &echo{after: 5 * time.Millisecond} })
		sink := r.to(2)
		r.edge(src, later, 0, topology.Rebalance)
		r.edge(later, sink, 0, topology.Forward)
		return r, later
	}
	r, later := build()
	j := r.start(t, t.Context(), nil)
	for j.Total(later).RowsIn < 100 {
		time.Sleep(time.Millisecond)
	}
	snap, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j.Stop(errDone)
	_ = j.Wait() // gives errDone
	if err := r.sink.Commit(t.Context(), snap.Commits["sink"]); err != nil {
		t.Fatal(err)
	}
	before := r.rows()
	again, _ := build()
	if err := again.start(t, t.Context(), snap).Wait(); err != nil {
		t.Fatal(err)
	}
	if got := append(before, again.rows()...); !reflect.DeepEqual(got, counting(600)) {
		t.Fatalf("%d rows before and %d after the snapshot, want 600 in all", len(before), len(got)-len(before))
	}
}

var errDone = errors.New("the test has seen enough")
