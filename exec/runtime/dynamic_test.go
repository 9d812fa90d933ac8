package runtime_test

import (
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// paced takes a time for every batch, subtask 0 four times as long.
type paced struct{ every time.Duration }

func (p *paced) Open(ctx *exec.Context) error {
	if ctx.Subtask == 0 {
		p.every *= 4
	}
	return nil
}
func (p *paced) Process(_ int, b *vec.Batch, out exec.Out) error {
	time.Sleep(p.every)
	return out.Emit(b)
}

// With one of four subtasks four times as slow, round robin goes at the pace of the slow
// one; dynamic gives it a quarter of what the others get: 3.25 batches in the time of
// one, instead of 1. Watermarks, which all receive, do not change that.
func TestDynamicFollowsTheBacklog(t *testing.T) {
	elapsed := func(p topology.Partitioner, producers int, wm *physical.Watermark) time.Duration {
		var took time.Duration
		synctest.Test(t, func(t *testing.T) { // sleeping costs no time in there
			r := newRig()
			var splits [][2]int64
			for i := range int64(producers) {
				splits = append(splits, [2]int64{i * 6000 / int64(producers), (i + 1) * 6000 / int64(producers)})
			}
			src := r.from("numbers", &numbers{splits: splits, batch: 10, interleaved: true}, producers, wm)
			work := r.op("work", 4, func() exec.Operator { return &paced{every: time.Millisecond} })
			sink := r.to(4)
			r.edge(src, work, 0, p)
			r.edge(work, sink, 0, topology.Forward)
			start := time.Now()
			if err := r.start(t, t.Context(), nil).Wait(); err != nil {
				t.Fatal(err)
			}
			took = time.Since(start)
			if !reflect.DeepEqual(r.rows(), counting(6000)) {
				t.Errorf("%s lost or repeated rows", p)
			}
		})
		return took
	}
	for _, producers := range []int{1, 3} {
		for _, wm := range []*physical.Watermark{nil, {Interval: time.Second}} {
			even, dynamic := elapsed(topology.Rebalance, producers, wm), elapsed(topology.Dynamic, producers, wm)
			ratio := float64(even) / float64(dynamic)
			t.Logf("%d producers, watermarks %v: rebalance %v, dynamic %v, %.2f times as fast", producers, wm != nil, even, dynamic, ratio)
			if ratio < 2.5 {
				t.Errorf("dynamic is %.2f times as fast as rebalance, want 2.5", ratio)
			}
		}
	}
}
