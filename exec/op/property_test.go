package op_test

import (
	"fmt"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// row is a row of the naive models: NULL is nil.
type row []any

func (r row) text() string {
	s := ""
	for i, v := range r {
		if i > 0 {
			s += " "
		}
		s += valueText(v)
	}
	return s
}

func texts(rows []row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r.text()
	}
	slices.Sort(out)
	return out
}

// change is a row of an input with its kind.
type change struct {
	in   int
	kind vec.RowKind
	row  row
}

func changeEvents(changes []change, inputs [][]types.Type) []event {
	out := make([]event, len(changes))
	for i, c := range changes {
		b := vec.NewBatchBuilder(inputs[c.in], 1)
		for k, v := range c.row {
			b.Cols[k].Append(v)
		}
		b.EndRow(c.kind)
		out[i] = event{in: c.in, rows: b.Finish()}
	}
	return out
}

// drawRow draws a row of (BIGINT key, BIGINT value), NULLs among them, of few values.
func drawRow(t *rapid.T, label string) row {
	v := func(n int64, name string) any {
		x := rapid.Int64Range(-1, n).Draw(t, label+name)
		if x < 0 {
			return nil
		}
		return x
	}
	return row{v(3, "key"), v(4, "value")}
}

var twoInts = []types.Type{types.Int64, types.Int64}

// drawChanges draws a valid changelog of inputs: rows are taken back only if they are
// there. It gives the changes and the rows left of each input, in the order they came.
func drawChanges(t *rapid.T, inputs int, retract bool) ([]change, [][]row) {
	live := make([][]row, inputs)
	var out []change
	for i := range rapid.IntRange(0, 40).Draw(t, "changes") {
		in := rapid.IntRange(0, inputs-1).Draw(t, fmt.Sprint("in", i))
		if retract && len(live[in]) > 0 && rapid.IntRange(0, 2).Draw(t, fmt.Sprint("back", i)) == 0 {
			k := rapid.IntRange(0, len(live[in])-1).Draw(t, fmt.Sprint("which", i))
			// Of equal rows the first goes.
			for e := range live[in] {
				if live[in][e].text() == live[in][k].text() {
					k = e
					break
				}
			}
			kind := rapid.SampledFrom([]vec.RowKind{vec.Delete, vec.UpdateBefore}).Draw(t, fmt.Sprint("kind", i))
			out = append(out, change{in, kind, live[in][k]})
			live[in] = slices.Delete(slices.Clone(live[in]), k, k+1)
			continue
		}
		r := drawRow(t, fmt.Sprint(i))
		kind := vec.Insert
		if retract {
			kind = rapid.SampledFrom([]vec.RowKind{vec.Insert, vec.UpdateAfter}).Draw(t, fmt.Sprint("kind", i))
		}
		out = append(out, change{in, kind, r})
		live[in] = append(live[in], r)
	}
	return out, live
}

// runRandomly plays events in random batches, with restarts, and half of the time at
// another parallelism from some point on. keys are the columns each input is
// partitioned by; nil = it cannot run in parallel.
func runRandomly(t *rapid.T, spec physical.Spec, inputs [][]types.Type, keys [][]int, events []event) []string {
	most := rapid.IntRange(1, 10).Draw(t, "batch")
	events = joined(events, most)
	cut := rapid.IntRange(0, len(events)).Draw(t, "restart")
	if keys == nil || rapid.Bool().Draw(t, "same parallelism") {
		r, err := play(spec, env(false), len(inputs), events, cut)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return r.out
	}
	out, err := playRescaled(spec, len(inputs), keys, events, cut)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return out
}

// playRescaled runs the events before cut in one subtask and the rest in two, which
// restore its snapshot.
func playRescaled(spec physical.Spec, inputs int, keys [][]int, events []event, cut int) ([]string, error) {
	clock := &fakeClock{}
	one, err := newRun(spec, env(false), clock)
	if err != nil {
		return nil, err
	}
	for _, e := range events[:cut] {
		if err := one.feed(e); err != nil {
			return nil, err
		}
	}
	if err := one.flush(); err != nil {
		return nil, err
	}
	snap := state.NewMemory()
	if err := one.op.(exec.Stateful).Snapshot(snap); err != nil {
		return nil, err
	}
	out := one.out
	var two [2]*run
	for i := range two {
		two[i] = &run{spec: one.spec, env: one.env, zone: one.zone, clock: clock, mark: one.mark}
		if err := two[i].start(state.RangeOf(128, 2, i)); err != nil {
			return nil, err
		}
		if err := two[i].op.(exec.Stateful).Restore(snap); err != nil {
			return nil, err
		}
	}
	for _, e := range events[cut:] {
		if e.rows == nil {
			for _, r := range two {
				if err := r.feed(e); err != nil {
					return nil, err
				}
			}
			continue
		}
		hashes, part := make([]uint64, e.rows.Len), make([]int32, e.rows.Len)
		var cols []*vec.Vec
		for _, k := range keys[e.in] {
			cols = append(cols, e.rows.Cols[k])
		}
		vec.HashColumns(cols, hashes)
		state.Subtasks(hashes, 128, 2, part)
		for i, r := range two {
			var rows []int32
			for j, p := range part {
				if int(p) == i {
					rows = append(rows, int32(j))
				}
			}
			if len(rows) > 0 {
				if err := r.feed(event{in: e.in, rows: e.rows.Take(rows)}); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, r := range two {
		if err := r.end(inputs); err != nil {
			return nil, err
		}
		out = append(out, r.out...)
	}
	return out, nil
}

// runBatch plays only the rows, in batch, with little or much memory.
func playBatch(t *rapid.T, spec physical.Spec, inputs int, events []event) []string {
	r, err := newRun(spec, env(true), &fakeClock{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if rapid.Bool().Draw(t, "little memory") {
		r.ctx.Budget = state.NewBudget(1)
	}
	for _, e := range joined(events, rapid.IntRange(1, 10).Draw(t, "batch rows")) {
		if e.rows != nil {
			if err := r.feed(e); err != nil {
				t.Fatalf("%v", err)
			}
		}
	}
	if err := r.endIn(rapid.Permutation([]int{0, 1}[:inputs]).Draw(t, "ends")); err != nil {
		t.Fatalf("%v", err)
	}
	if used := r.ctx.Budget.Used(); used != 0 {
		t.Errorf("%d bytes of the budget are not given back", used)
	}
	return r.out
}

// left gives what a changelog leaves.
func left(t *rapid.T, rows []string) []string {
	n := map[string]int{}
	for _, r := range rows {
		if r[0] == '+' {
			n[r[3:]]++
		} else {
			n[r[3:]]--
		}
	}
	var out []string
	for r, k := range n {
		if k < 0 {
			t.Fatalf("row %q was taken back more often than it came", r)
		}
		for range k {
			out = append(out, r)
		}
	}
	slices.Sort(out)
	return out
}

func same(t *rapid.T, what string, got, want []string) {
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got\n%swant\n%s", what, text(got), text(want))
	}
}

// naiveJoin joins rows by nested loops.
func naiveJoin(kind physical.JoinKind, left, right []row, match func(l, r row) bool) []row {
	var out []row
	matched := make([]bool, len(right))
	null := row{nil, nil}
	for _, l := range left {
		found := false
		for i, r := range right {
			if match(l, r) {
				found, matched[i] = true, true
				if kind != physical.Semi && kind != physical.Anti {
					out = append(out, append(slices.Clone(l), r...))
				}
			}
		}
		switch {
		case kind == physical.Semi && found, kind == physical.Anti && !found:
			out = append(out, l)
		case !found && (kind == physical.LeftOuter || kind == physical.FullOuter):
			out = append(out, append(slices.Clone(l), null...))
		}
	}
	for i, r := range right {
		if !matched[i] && (kind == physical.RightOuter || kind == physical.FullOuter) {
			out = append(out, append(slices.Clone(null), r...))
		}
	}
	return out
}

// The regular join against nested loops: all kinds, NULLs, residuals, as a stream of
// changes with restarts and rescaling, and in batch with and without spilling.
func TestJoinModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := physical.JoinKind(rapid.IntRange(0, int(physical.Anti)).Draw(t, "kind"))
		residual, nulls, keyed := rapid.Bool().Draw(t, "residual"), rapid.Bool().Draw(t, "nulls equal"), rapid.IntRange(0, 3).Draw(t, "keyed") > 0
		s := &physical.Join{Kind: kind, Left: twoInts, Right: twoInts, LeftChanges: true, RightChanges: true, EmitUpdateBefore: true,
			Out: fields(joinTypes(kind, twoInts, twoInts)...)}
		keys := [][]int(nil)
		if keyed {
			s.LeftKeys, s.RightKeys, s.NullEquals = []int{0}, []int{0}, []bool{nulls}
			keys = [][]int{{0}, {0}}
		}
		if residual {
			s.Residual = condition([]string{"1", "<", "3"}, append(slices.Clone(twoInts), twoInts...))
		}
		match := func(l, r row) bool {
			if keyed && !(l[0] != nil && l[0] == r[0] || nulls && l[0] == nil && r[0] == nil) {
				return false
			}
			return !residual || l[1] != nil && r[1] != nil && l[1].(int64) < r[1].(int64)
		}
		changes, live := drawChanges(t, 2, true)
		inputs := [][]types.Type{twoInts, twoInts}
		want := texts(naiveJoin(kind, live[0], live[1], match))
		same(t, "stream", left(t, runRandomly(t, s, inputs, keys, changeEvents(changes, inputs))), want)

		var rows []change
		for in, rs := range live {
			for _, r := range rs {
				rows = append(rows, change{in, vec.Insert, r})
			}
		}
		same(t, "batch", left(t, playBatch(t, s, 2, changeEvents(rows, inputs))), want)
	})
}

// naiveGroups aggregates COUNT(*), SUM(value), MIN(value), COUNT(DISTINCT value) by key.
func naiveGroups(rows []row) []row {
	type group struct {
		key      any
		n, sum   int64
		values   int64
		min      any
		distinct map[int64]bool
	}
	groups := map[any]*group{}
	for _, r := range rows {
		g := groups[r[0]]
		if g == nil {
			g = &group{key: r[0], distinct: map[int64]bool{}}
			groups[r[0]] = g
		}
		g.n++
		if v, ok := r[1].(int64); ok {
			g.values++
			g.sum += v
			g.distinct[v] = true
			if g.min == nil || v < g.min.(int64) {
				g.min = v
			}
		}
	}
	var out []row
	for _, g := range groups {
		sum := any(g.sum)
		if g.values == 0 {
			sum = nil
		}
		out = append(out, row{g.key, g.n, sum, g.min, int64(len(g.distinct))})
	}
	return out
}

// GROUP BY against a map: every phase and mode.
func TestGroupAggModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		calls, err := aggCalls([]string{"COUNT", "SUM:1", "MIN:1", "COUNT:1:distinct"}, twoInts)
		if err != nil {
			t.Fatal(err)
		}
		retract := rapid.Bool().Draw(t, "retract")
		s := &physical.GroupAgg{In: twoInts, Keys: []int{0}, Aggs: calls, Retract: retract, EmitUpdateBefore: true,
			MiniBatchSize: rapid.SampledFrom([]int{0, 3}).Draw(t, "mini-batch"),
			Out:           fields(types.Int64, calls[0].T, calls[1].T, calls[2].T, calls[3].T)}
		changes, live := drawChanges(t, 1, retract)
		inputs := [][]types.Type{twoInts}
		want := texts(naiveGroups(live[0]))
		events := changeEvents(changes, inputs)
		same(t, "stream", left(t, runRandomly(t, s, inputs, [][]int{{0}}, events)), want)
		same(t, "batch", left(t, playBatch(t, s, 1, events)), want)

		local, global := *s, *s
		local.Phase, global.Phase = physical.Local, physical.Global
		ts, err := partialTypes(twoInts, s.Keys, calls, retract)
		if err != nil {
			t.Fatal(err)
		}
		local.Out, global.In, global.LocalIn = fields(ts...), ts, twoInts
		two := &twoPhase{&local, &global}
		same(t, "two phases", left(t, runRandomly(t, two, inputs, nil, events)), want)
		same(t, "two phases in batch", left(t, playBatch(t, two, 1, events)), want)
	})
}

// Top-N against sorting: with and without rank and offset, over rows that change or do not.
func TestTopNModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changing, desc := rapid.Bool().Draw(t, "changing"), rapid.Bool().Draw(t, "desc")
		s := &physical.TopN{In: twoInts, Partition: []int{0}, Order: []rex.SortKey{{Col: 1, Desc: desc, NullsLast: desc}},
			Start: rapid.Int64Range(1, 2).Draw(t, "start"), WithRank: rapid.Bool().Draw(t, "rank"), InputChanges: changing, EmitUpdateBefore: true}
		s.End = s.Start + rapid.Int64Range(0, 2).Draw(t, "more")
		ts := slices.Clone(twoInts)
		if s.WithRank {
			ts = append(ts, types.Int64.NotNull())
		}
		s.Out = fields(ts...)
		changes, live := drawChanges(t, 1, changing)

		parts := map[any][]row{}
		for _, r := range live[0] {
			parts[r[0]] = append(parts[r[0]], r)
		}
		var rows []row
		for _, p := range parts {
			sort.SliceStable(p, func(i, j int) bool {
				less := func(a, b any) bool { return a == nil && b != nil || a != nil && b != nil && a.(int64) < b.(int64) }
				if desc {
					return less(p[j][1], p[i][1])
				}
				return less(p[i][1], p[j][1])
			})
			for i, r := range p {
				if rank := int64(i + 1); rank >= s.Start && rank <= s.End {
					if s.WithRank {
						r = append(slices.Clone(r), rank)
					}
					rows = append(rows, r)
				}
			}
		}
		inputs := [][]types.Type{twoInts}
		events := changeEvents(changes, inputs)
		same(t, "stream", left(t, runRandomly(t, s, inputs, [][]int{{0}}, events)), texts(rows))
		if !changing {
			same(t, "batch", left(t, playBatch(t, s, 1, events)), texts(rows))
		}
	})
}

// timed is (BIGINT key, TIMESTAMP time, BIGINT value).
var timed = []types.Type{types.Int64, types.NewTimestamp(3), types.Int64}

// drawTimed draws rows up to 10 out of order, with a watermark 10 behind after some of
// them, so that none is late, nor late for a session that it touches.
func drawTimed(t *rapid.T, inputs int) ([]event, [][]row) {
	rows := make([][]row, inputs)
	ts := make([][]types.Type, inputs)
	for i := range ts {
		ts[i] = timed
	}
	var out []event
	now, mark := int64(0), int64(exec.MinWatermark)
	for i := range rapid.IntRange(0, 40).Draw(t, "rows") {
		now += rapid.Int64Range(0, 6).Draw(t, fmt.Sprint("step", i))
		in := rapid.IntRange(0, inputs-1).Draw(t, fmt.Sprint("in", i))
		r := drawRow(t, fmt.Sprint(i))
		r = row{r[0], now - rapid.Int64Range(0, 8).Draw(t, fmt.Sprint("back", i)), r[1]}
		out = append(out, changeEvents([]change{{in, vec.Insert, r}}, ts)...)
		rows[in] = append(rows[in], r)
		if wm := now - 10; wm > mark && rapid.Bool().Draw(t, fmt.Sprint("mark", i)) {
			mark = wm
			out = append(out, event{mark: &wm})
		}
	}
	wm := int64(exec.MaxWatermark)
	return append(out, event{mark: &wm}), rows
}

// naiveWindows puts a time into windows, [start, end).
func naiveWindows(w physical.Window, at int64) []span {
	floor := func(t, step int64) int64 {
		d := (t - w.Offset) % step
		if d < 0 {
			d += step
		}
		return t - d
	}
	var out []span
	switch w.Kind {
	case physical.Tumble:
		s := floor(at, w.Size)
		out = append(out, span{s, s + w.Size})
	case physical.Hop:
		for s := floor(at, w.Slide); s > at-w.Size; s -= w.Slide {
			out = append(out, span{s, s + w.Size})
		}
	case physical.Cumulate:
		s := floor(at, w.Size)
		for e := s + w.Slide; e <= s+w.Size; e += w.Slide {
			if e > at {
				out = append(out, span{s, e})
			}
		}
	}
	return out
}

type span struct{ start, end int64 }

// naiveSessions puts the rows of each key into sessions.
func naiveSessions(gap int64, rows []row) map[span][]row {
	out := map[span][]row{}
	byKey := map[any][]row{}
	for _, r := range rows {
		byKey[r[0]] = append(byKey[r[0]], r)
	}
	for _, rs := range byKey {
		sort.SliceStable(rs, func(i, j int) bool { return rs[i][1].(int64) < rs[j][1].(int64) })
		for i := 0; i < len(rs); {
			j := i + 1
			for j < len(rs) && rs[j][1].(int64) <= rs[j-1][1].(int64)+gap {
				j++
			}
			s := span{rs[i][1].(int64), rs[j-1][1].(int64) + gap}
			out[s] = append(out[s], rs[i:j]...)
			i = j
		}
	}
	return out
}

// Window aggregation against putting every row into all of its windows: all kinds, sizes
// that are no multiples of the slide, offsets, one and two phases.
func TestWindowAggModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := physical.Window{Time: 1, Rowtime: true, Kind: physical.WindowKind(rapid.IntRange(0, 3).Draw(t, "kind"))}
		switch w.Kind {
		case physical.Tumble:
			w.Size = rapid.Int64Range(1, 12).Draw(t, "size")
		case physical.Hop:
			w.Slide = rapid.Int64Range(1, 6).Draw(t, "slide")
			w.Size = w.Slide * rapid.Int64Range(1, 20).Draw(t, "times")
			if rapid.Bool().Draw(t, "odd") {
				w.Size += rapid.Int64Range(0, 3).Draw(t, "more")
			}
		case physical.Cumulate:
			w.Slide = rapid.Int64Range(1, 6).Draw(t, "step")
			w.Size = w.Slide * rapid.Int64Range(1, 5).Draw(t, "steps")
		case physical.Session:
			w.Size, w.Partition = rapid.Int64Range(1, 5).Draw(t, "gap"), []int{0}
		}
		if w.Kind != physical.Session {
			w.Offset = rapid.Int64Range(-3, 3).Draw(t, "offset")
		}
		calls, err := aggCalls([]string{"COUNT", "SUM:2", "MIN:2", "COUNT:2:distinct"}, timed)
		if err != nil {
			t.Fatal(err)
		}
		bound := types.NewTimestamp(3).NotNull()
		s := &physical.WindowAgg{In: timed, Window: w, Keys: []int{0}, Aggs: calls, Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd},
			Out: fields(types.Int64, calls[0].T, calls[1].T, calls[2].T, calls[3].T, bound, bound)}
		events, rows := drawTimed(t, 1)

		windows := map[span][]row{}
		if w.Kind == physical.Session {
			windows = naiveSessions(w.Size, rows[0])
		} else {
			for _, r := range rows[0] {
				for _, win := range naiveWindows(w, r[1].(int64)) {
					windows[win] = append(windows[win], r)
				}
			}
		}
		var want []row
		for win, rs := range windows {
			var pairs []row
			for _, r := range rs {
				pairs = append(pairs, row{r[0], r[2]})
			}
			for _, g := range naiveGroups(pairs) {
				want = append(want, append(g, win.start, win.end))
			}
		}
		inputs := [][]types.Type{timed}
		same(t, "stream", left(t, runRandomly(t, s, inputs, [][]int{{0}}, events)), texts(want))
		same(t, "batch", left(t, playBatch(t, s, 1, events)), texts(want))
		if w.Kind == physical.Session {
			return
		}
		local, global := *s, *s
		local.Phase, global.Phase = physical.Local, physical.Global
		ts, err := partialTypes(timed, s.Keys, calls, false)
		if err != nil {
			t.Fatal(err)
		}
		ts = append(ts, types.Int64.NotNull())
		local.Out, global.In, global.LocalIn = fields(ts...), ts, timed
		same(t, "two phases", left(t, runRandomly(t, &twoPhase{&local, &global}, inputs, nil, events)), texts(want))
	})
}

// The interval join against nested loops.
func TestIntervalJoinModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := physical.JoinKind(rapid.IntRange(0, int(physical.Anti)).Draw(t, "kind"))
		lower := rapid.Int64Range(-8, 4).Draw(t, "lower")
		upper := lower + rapid.Int64Range(0, 8).Draw(t, "width")
		s := &physical.IntervalJoin{Kind: kind, Left: timed, Right: timed, LeftKeys: []int{0}, RightKeys: []int{0}, LeftTime: 1, RightTime: 1,
			Rowtime: true, Lower: lower, Upper: upper, Out: fields(joinTypes(kind, timed, timed)...)}
		residual := rapid.Bool().Draw(t, "residual")
		if residual {
			s.Residual = condition([]string{"2", "<", "5"}, append(slices.Clone(timed), timed...))
		}
		events, rows := drawTimed(t, 2)
		match := func(l, r row) bool {
			d := l[1].(int64) - r[1].(int64)
			return l[0] != nil && l[0] == r[0] && d >= lower && d <= upper &&
				(!residual || l[2] != nil && r[2] != nil && l[2].(int64) < r[2].(int64))
		}
		want := naiveJoin(kind, rows[0], rows[1], match)
		for i, r := range want { // naiveJoin pads with two NULLs
			if len(r) == 5 && (kind == physical.LeftOuter || kind == physical.FullOuter) && r[3] == nil && r[4] == nil {
				want[i] = append(r, nil)
			} else if len(r) == 5 {
				want[i] = append(row{nil}, r...)
			}
		}
		inputs := [][]types.Type{timed, timed}
		same(t, "stream", left(t, runRandomly(t, s, inputs, [][]int{{0}, {0}}, events)), texts(want))
		same(t, "batch", left(t, playBatch(t, s, 2, events)), texts(want))
	})
}

// OVER by event time against looking at every row's frame.
func TestOverModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &physical.Over{In: timed, Partition: []int{0}, Order: []rex.SortKey{{Col: 1}}, Rowtime: true, Rows: rapid.Bool().Draw(t, "rows"),
			Preceding: rapid.Int64Range(-1, 4).Draw(t, "preceding")}
		calls, err := aggCalls([]string{"COUNT", "SUM:2", "MIN:2"}, timed)
		if err != nil {
			t.Fatal(err)
		}
		s.Calls = append(calls, rex.AggCall{Fn: "ROW_NUMBER", Filter: -1, T: types.Int64.NotNull()})
		s.Out = fields(append(slices.Clone(timed), calls[0].T, calls[1].T, calls[2].T, types.Int64.NotNull())...)
		events, rows := drawTimed(t, 1)
		var want []row
		byKey := map[any][]row{}
		for _, r := range rows[0] {
			byKey[r[0]] = append(byKey[r[0]], r)
		}
		for _, rs := range byKey {
			sort.SliceStable(rs, func(i, j int) bool { return rs[i][1].(int64) < rs[j][1].(int64) })
			for i, r := range rs {
				var frame []row
				for j, x := range rs {
					in := j <= i && (s.Preceding < 0 || int64(i-j) <= s.Preceding)
					if !s.Rows {
						d := r[1].(int64) - x[1].(int64)
						in = d >= 0 && (s.Preceding < 0 || d <= s.Preceding)
					}
					if in {
						frame = append(frame, row{int64(0), x[2]})
					}
				}
				g := naiveGroups(frame)[0]
				want = append(want, row{r[0], r[1], r[2], g[1], g[2], g[3], int64(i + 1)})
			}
		}
		inputs := [][]types.Type{timed}
		same(t, "stream", left(t, runRandomly(t, s, inputs, [][]int{{0}}, events)), texts(want))
		same(t, "batch", left(t, playBatch(t, s, 1, events)), texts(want))
	})
}

// Late rows: a row counts for those of its windows that have not fired when it comes.
func TestWindowLateModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := physical.Window{Time: 1, Rowtime: true, Kind: physical.WindowKind(rapid.IntRange(0, 2).Draw(t, "kind"))}
		w.Slide = rapid.Int64Range(1, 4).Draw(t, "slide")
		w.Size = w.Slide * rapid.Int64Range(1, 30).Draw(t, "times")
		if w.Kind == physical.Tumble {
			w.Slide = 0
		}
		calls, err := aggCalls([]string{"COUNT", "SUM:2", "MIN:2", "COUNT:2:distinct"}, timed)
		if err != nil {
			t.Fatal(err)
		}
		bound := types.NewTimestamp(3).NotNull()
		s := &physical.WindowAgg{In: timed, Window: w, Keys: []int{0}, Aggs: calls, Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd},
			Out: fields(types.Int64, calls[0].T, calls[1].T, calls[2].T, calls[3].T, bound, bound)}
		inputs := [][]types.Type{timed}
		windows := map[span][]row{}
		var events []event
		now, mark := int64(0), int64(exec.MinWatermark)
		for i := range rapid.IntRange(0, 60).Draw(t, "rows") {
			now += rapid.Int64Range(0, 6).Draw(t, fmt.Sprint("step", i))
			r := drawRow(t, fmt.Sprint(i))
			r = row{r[0], now - rapid.Int64Range(0, 60).Draw(t, fmt.Sprint("back", i)), r[1]}
			events = append(events, changeEvents([]change{{0, vec.Insert, r}}, inputs)...)
			for _, win := range naiveWindows(w, r[1].(int64)) {
				if win.end-1 > mark {
					windows[win] = append(windows[win], row{r[0], r[2]})
				}
			}
			if wm := now - 5; wm > mark && rapid.Bool().Draw(t, fmt.Sprint("mark", i)) {
				mark = wm
				events = append(events, event{mark: &wm})
			}
		}
		end := int64(exec.MaxWatermark)
		var want []row
		for win, rs := range windows {
			for _, g := range naiveGroups(rs) {
				want = append(want, append(g, win.start, win.end))
			}
		}
		got := runRandomly(t, s, inputs, [][]int{{0}}, append(events, event{mark: &end}))
		same(t, "stream", left(t, got), texts(want))
	})
}
