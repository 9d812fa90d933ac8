package op_test

import (
	"fmt"
	"math/rand"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// windowRun plays rows into a window aggregate of calls by a BIGINT key with a
// watermark at every second of event time: perSecond rows a second. It gives the processor time of
// every fire, and that until its first rows.
type windowRun struct {
	op    exec.Operator
	out   countOut
	fires []time.Duration
	first []time.Duration
	began time.Duration // of the fire under way, 0 once it has given rows
}

// Emit counts rows.
func (w *windowRun) Emit(b *vec.Batch) error {
	if w.began > 0 {
		w.first = append(w.first, threadTime()-w.began)
		w.began = 0
	}
	return w.out.Emit(b)
}

func newWindowRun(b *testing.B, windows []physical.Window, calls []rex.AggCall) *windowRun {
	bound := types.NewTimestamp(3).NotNull()
	spec := &physical.WindowAgg{In: benchTimedTypes, Keys: []int{0}, Aggs: calls, Props: []physical.WindowProp{physical.WindowEnd},
		Out: fields(types.Int64.NotNull())}
	for _, c := range calls {
		spec.Out.Fields = append(spec.Out.Fields, types.Field{Type: c.T})
	}
	spec.Out.Fields = append(spec.Out.Fields, types.Field{Type: bound})
	for i := range windows {
		windows[i].Time, windows[i].Rowtime = 1, true
	}
	spec.Window = windows[0]
	if len(windows) > 1 {
		spec.Shared, spec.Props = windows, append(spec.Props, physical.WindowIndex)
		spec.Out.Fields = append(spec.Out.Fields, types.Field{Type: types.Int64.NotNull()})
		spec.Window.Kind, spec.Window.Size, spec.Window.Slide = physical.Tumble, windows[0].Slide, 0
	}
	r, err := newRun(spec, env(false), &fakeClock{})
	if err != nil {
		b.Fatal(err)
	}
	return &windowRun{op: r.op}
}

// play takes rows of seconds [from, to) of event time.
func (w *windowRun) play(b *testing.B, rows func(second int) []*vec.Batch, from, to int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for s := from; s < to; s++ {
		for _, x := range rows(s) {
			if err := w.op.Process(0, x, &w.out); err != nil {
				b.Fatal(err)
			}
		}
		start := threadTime()
		w.began = start
		if err := w.op.(exec.WatermarkHandler).OnWatermark(int64(s+1)*1000-1, w); err != nil {
			b.Fatal(err)
		}
		w.fires = append(w.fires, threadTime()-start)
	}
}

// secondsOf makes the rows of any second: n rows with keys below keys.
func secondsOf(n, keys int) func(second int) []*vec.Batch {
	r := rand.New(rand.NewSource(1))
	return func(second int) []*vec.Batch {
		var out []*vec.Batch
		for left := n; left > 0; left -= vec.BatchSize {
			size := min(left, vec.BatchSize)
			k, at, x := make([]int64, size), make([]int64, size), make([]int64, size)
			for j := range k {
				k[j], at[j], x[j] = r.Int63n(int64(keys)), int64(second)*1000+int64(j)*1000/int64(size), r.Int63n(1000)
			}
			out = append(out, vec.NewBatch(size, vec.FromSlice(types.Int64.NotNull(), k, nil),
				vec.FromSlice(types.NewTimestamp(3).NotNull(), at, nil), vec.FromSlice(types.Int64.NotNull(), x, nil)))
		}
		return out
	}
}

var (
	countCall = rex.AggCall{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull()}
	sumCall   = rex.AggCall{Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Int64}
	maxCall   = rex.AggCall{Fn: "MAX", Args: []int{2}, Filter: -1, T: types.Int64}
)

// BenchmarkSharedWindows counts and sums by key in k HOP windows of one stream at once,
// sliding by 10 s, over 100,000 rows a second with 100 keys.
func BenchmarkSharedWindows(b *testing.B) {
	const seconds = 60
	rows := make([][]*vec.Batch, seconds)
	make := secondsOf(100_000, 100)
	for s := range rows {
		rows[s] = make(s)
	}
	for _, k := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("k=%d", k), func(b *testing.B) {
			for b.Loop() {
				var windows []physical.Window
				for i := range k {
					windows = append(windows, physical.Window{Kind: physical.Hop, Slide: 10_000, Size: 10_000 * int64(i+2)})
				}
				w := newWindowRun(b, windows, []rex.AggCall{countCall, sumCall})
				w.play(b, func(s int) []*vec.Batch { return rows[s] }, 0, seconds)
			}
			b.ReportMetric(float64(b.N)*seconds*100_000/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkHopFire fires HOP windows of an hour sliding by a second with 100,000 keys, of
// which 2,000 get a row a second, after the first hour: sums that can be taken back, and a
// maximum that cannot.
func BenchmarkHopFire(b *testing.B) {
	for _, c := range []struct {
		name  string
		calls []rex.AggCall
	}{{"count+sum", []rex.AggCall{countCall, sumCall}}, {"max", []rex.AggCall{maxCall}}} {
		b.Run(c.name, func(b *testing.B) {
			var all, first []time.Duration
			for b.Loop() {
				b.StopTimer()
				w := newWindowRun(b, []physical.Window{{Kind: physical.Hop, Size: 3_600_000, Slide: 1000}}, c.calls)
				rows := secondsOf(2_000, 100_000)
				w.play(b, rows, 0, 3600)
				w.fires, w.first = nil, nil
				b.StartTimer()
				w.play(b, rows, 3600, 3900)
				all, first = append(all, w.fires...), append(first, w.first...)
			}
			slices.Sort(all)
			slices.Sort(first)
			b.ReportMetric(float64(first[len(first)/2].Microseconds())/1000, "first-p50-ms")
			b.ReportMetric(float64(first[len(first)*99/100].Microseconds())/1000, "first-p99-ms")
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "max-ms")
		})
	}
}

// BenchmarkHopSlide sums by key in HOP windows of an hour whose slide goes from a minute to
// a second, over 100,000 rows a second with 100 keys.
func BenchmarkHopSlide(b *testing.B) {
	const seconds = 120
	rows := make([][]*vec.Batch, seconds)
	make := secondsOf(100_000, 100)
	for s := range rows {
		rows[s] = make(s)
	}
	for _, slide := range []int64{60_000, 10_000, 1000} {
		b.Run(fmt.Sprintf("slide=%ds", slide/1000), func(b *testing.B) {
			for b.Loop() {
				w := newWindowRun(b, []physical.Window{{Kind: physical.Hop, Size: 3_600_000, Slide: slide}}, []rex.AggCall{countCall, sumCall})
				w.play(b, func(s int) []*vec.Batch { return rows[s] }, 0, seconds)
			}
			b.ReportMetric(float64(b.N)*seconds*100_000/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
