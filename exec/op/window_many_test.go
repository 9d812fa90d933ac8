package op_test

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Windows with more keys than have timers, and several windows over shared panes, against
// looking at every window: with rows that come late, and restored in the middle. 20,000
// keys go past the limit on the way; 20 keep their timers.
func TestManyKeysModel(t *testing.T) {
	hop := func(size, slide int64) physical.Window {
		return physical.Window{Kind: physical.Hop, Size: size, Slide: slide, Time: 1, Rowtime: true}
	}
	cases := []struct {
		name    string
		calls   []string
		windows []physical.Window
	}{
		{"running sums", []string{"COUNT", "SUM:2"}, []physical.Window{hop(40, 5)}},
		{"two stacks", []string{"COUNT", "SUM:2", "MIN:2"}, []physical.Window{hop(100, 5)}},
		{"listed", []string{"COUNT", "SUM:2", "MIN:2"}, []physical.Window{hop(20, 5)}},
		{"gathered", []string{"COUNT", "SUM:2", "MIN:2"}, []physical.Window{{Kind: physical.Cumulate, Size: 40, Slide: 10, Time: 1, Rowtime: true}}},
		{"shared", []string{"COUNT", "SUM:2", "MIN:2"}, []physical.Window{hop(40, 5), {Kind: physical.Tumble, Size: 20, Time: 1, Rowtime: true}, hop(150, 10)}},
		{"shared sums", []string{"COUNT", "SUM:2"}, []physical.Window{hop(40, 5), hop(150, 10)}},
	}
	r := testSeed(t)
	for _, c := range cases {
		for _, keys := range []int{20, 20_000} {
			t.Run(c.name, func(t *testing.T) { manyKeys(t, r, c.calls, c.windows, keys) })
		}
	}
}

func manyKeys(t *testing.T, r *rand.Rand, texts []string, windows []physical.Window, keys int) {
	calls, err := aggCalls(texts, timed)
	if err != nil {
		t.Fatal(err)
	}
	bound := types.NewTimestamp(3).NotNull()
	s := &physical.WindowAgg{In: timed, Window: windows[0], Keys: []int{0}, Aggs: calls,
		Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd, physical.WindowIndex}}
	if len(windows) > 1 {
		s.Shared, s.Window = windows, physical.Window{Kind: physical.Tumble, Size: 5, Time: 1, Rowtime: true}
	}
	ts := []types.Type{types.Int64}
	for _, call := range calls {
		ts = append(ts, call.T)
	}
	s.Out = fields(append(ts, bound, bound, types.Int64.NotNull())...)

	type at struct {
		span
		window int
	}
	rowsOf := map[at][]row{}
	var events []event
	mark, end := int64(exec.MinWatermark), int64(exec.MaxWatermark)
	for range 40 {
		b := vec.NewBatchBuilder(timed, 0)
		now := int64(len(events)) * 2
		for range 200 {
			x := row{int64(r.Intn(keys)), now - int64(r.Intn(60)), int64(r.Intn(100))}
			for k, v := range x {
				b.Cols[k].Append(v)
			}
			b.EndRow(vec.Insert)
			for i, w := range windows {
				for _, win := range naiveWindows(w, x[1].(int64)) {
					if win.end-1 > mark {
						rowsOf[at{win, i}] = append(rowsOf[at{win, i}], row{x[0], x[2]})
					}
				}
			}
		}
		events = append(events, event{rows: b.Finish()})
		wm := now - 20
		mark = max(mark, wm)
		events = append(events, event{mark: &wm})
	}
	var want []string
	for w, rows := range rowsOf {
		for _, g := range naiveGroups(rows) {
			want = append(want, append(g[:1+len(calls):1+len(calls)], w.start, w.end, int64(w.window)).text())
		}
	}
	slices.Sort(want)
	for _, restart := range []int{-1, 31, 70} {
		run, err := play(s, env(false), 1, append(slices.Clone(events), event{mark: &end}), restart)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, text := range run.out {
			got = append(got, text[3:])
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%d keys, restart before event %d: %d rows, want %d", keys, restart, len(got), len(want))
		}
	}
}
