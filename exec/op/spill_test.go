package op_test

import (
	"fmt"
	"math/rand"
	"os"
	"slices"
	"testing"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

var spillTypes = []types.Type{types.Int64, types.String, types.Float64}

// spillRows makes batches of (BIGINT, STRING, DOUBLE) with NULLs.
func spillRows(r *rand.Rand, batches, keys int) []*vec.Batch {
	out := make([]*vec.Batch, batches)
	for i := range out {
		b := vec.NewBatchBuilder(spillTypes, vec.BatchSize)
		for range vec.BatchSize {
			if k := r.Intn(keys); k == 0 {
				b.Cols[0].Null()
			} else {
				b.Cols[0].Int64(int64(k))
			}
			b.Cols[1].String(fmt.Sprintf("text %d", r.Intn(1000)))
			b.Cols[2].Float64(float64(r.Intn(1000)))
			b.EndRow(vec.Insert)
		}
		out[i] = b.Finish()
	}
	return out
}

var spillTimedTypes = []types.Type{types.Int64, types.NewTimestamp(3), types.Float64, types.String}

// spillTimed makes batches of (BIGINT, TIMESTAMP, DOUBLE, STRING), 100 rows a millisecond.
func spillTimed(r *rand.Rand, batches, keys int) []*vec.Batch {
	out := make([]*vec.Batch, batches)
	for i := range out {
		b := vec.NewBatchBuilder(spillTimedTypes, vec.BatchSize)
		for j := range vec.BatchSize {
			b.Cols[0].Int64(int64(r.Intn(keys)))
			if at := i*vec.BatchSize + j; at%1000 == 7 {
				b.Cols[1].Null() // belongs to no window
			} else {
				b.Cols[1].Int64(int64(at / 100))
			}
			b.Cols[2].Float64(float64(r.Intn(1000)))
			b.Cols[3].String(fmt.Sprintf("text %d", r.Intn(1000)))
			b.EndRow(vec.Insert)
		}
		out[i] = b.Finish()
	}
	return out
}

// spillRun plays batches in batch mode with a budget and gives the rows, the bytes
// spilled and whether anything is left in the directory.
func spillRun(t *testing.T, spec physical.Spec, inputs [][]*vec.Batch, budget int64) ([]string, int64) {
	t.Helper()
	r, err := newRun(spec, env(true), &fakeClock{})
	if err != nil {
		t.Fatal(err)
	}
	r.ctx.Budget, r.ctx.TempDir = state.NewBudget(budget), t.TempDir()
	for in, bs := range inputs {
		for _, b := range bs {
			if err := r.op.Process(in, b, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.end(len(inputs)); err != nil {
		t.Fatal(err)
	}
	if used := r.ctx.Budget.Used(); used != 0 {
		t.Errorf("%d bytes of the budget are not given back", used)
	}
	if left, err := os.ReadDir(r.ctx.TempDir); err != nil || len(left) > 0 {
		t.Errorf("left in the spill directory: %v %v", left, err)
	}
	return r.out, r.ctx.Counters.SpilledBytes.Load()
}

// What spills gives the same rows as what does not: group aggregation, joins, sort.
func TestSpill(t *testing.T) {
	r := testSeed(t)
	rows, right := spillRows(r, 24, 20000), spillRows(r, 24, 20000)
	sum := rex.AggCall{Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Float64}
	texts := rex.AggCall{Fn: "MAX", Args: []int{1}, Filter: -1, T: types.String}
	distinct := rex.AggCall{Fn: "COUNT", Args: []int{1}, Distinct: true, Filter: -1, T: types.Int64.NotNull()}
	join := func(kind physical.JoinKind) *physical.Join {
		return &physical.Join{Kind: kind, Left: spillTypes, Right: spillTypes, LeftKeys: []int{0}, RightKeys: []int{0}, NullEquals: []bool{false},
			Residual: condition([]string{"2", "<", "5"}, append(slices.Clone(spillTypes), spillTypes...)), Out: fields(joinTypes(kind, spillTypes, spillTypes)...)}
	}
	timedRows := spillTimed(r, 24, 20000)
	window := func(w physical.Window) *physical.WindowAgg {
		w.Time, w.Rowtime = 1, true
		return &physical.WindowAgg{In: spillTimedTypes, Window: w, Keys: []int{0}, Aggs: []rex.AggCall{sum, texts},
			Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd},
			Out:   fields(types.Int64, types.Float64, types.String, types.NewTimestamp(3).NotNull(), types.NewTimestamp(3).NotNull())}
	}
	sum3 := func(s *physical.WindowAgg) *physical.WindowAgg {
		s.Aggs = []rex.AggCall{{Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Float64}, {Fn: "MAX", Args: []int{3}, Filter: -1, T: types.String}}
		return s
	}
	sessionRows := &physical.WindowTVF{In: spillTimedTypes, Window: physical.Window{Kind: physical.Session, Size: 3, Time: 1, Rowtime: true, Partition: []int{0}},
		Out: fields(append(slices.Clone(spillTimedTypes), types.NewTimestamp(3).NotNull(), types.NewTimestamp(3).NotNull(), types.NewTimestamp(3).NotNull())...)}
	cases := []struct {
		name    string
		spec    physical.Spec
		inputs  [][]*vec.Batch
		ordered bool
	}{
		{"group agg", &physical.GroupAgg{In: spillTypes, Keys: []int{0}, Aggs: []rex.AggCall{sum, texts, distinct},
			Out: fields(types.Int64, types.Float64, types.String, types.Int64.NotNull())}, [][]*vec.Batch{rows}, false},
		{"sort", &physical.Sort{Out: fields(spillTypes...), Keys: []rex.SortKey{{Col: 1}, {Col: 0, Desc: true, NullsLast: true}}, Fetch: -1}, [][]*vec.Batch{rows}, true},
		{"sort, some rows", &physical.Sort{Out: fields(spillTypes...), Keys: []rex.SortKey{{Col: 1}, {Col: 0}}, Offset: 5000, Fetch: 50000}, [][]*vec.Batch{rows}, true},
		{"over", &physical.Over{In: spillTypes, Partition: []int{1}, Order: []rex.SortKey{{Col: 0}}, Preceding: -1, Calls: []rex.AggCall{sum},
			Out: fields(append(slices.Clone(spillTypes), types.Float64)...)}, [][]*vec.Batch{rows}, true},
		{"tumble", sum3(window(physical.Window{Kind: physical.Tumble, Size: 10})), [][]*vec.Batch{timedRows}, false},
		{"hop", sum3(window(physical.Window{Kind: physical.Hop, Size: 20, Slide: 10})), [][]*vec.Batch{timedRows}, false},
		{"cumulate", sum3(window(physical.Window{Kind: physical.Cumulate, Size: 20, Slide: 10})), [][]*vec.Batch{timedRows}, false},
		{"session", sum3(window(physical.Window{Kind: physical.Session, Size: 3, Partition: []int{0}})), [][]*vec.Batch{timedRows}, false},
		{"session rows", sessionRows, [][]*vec.Batch{timedRows}, false},
		{"top n", &physical.TopN{Out: fields(spillTypes...), In: spillTypes, Partition: []int{0}, Order: []rex.SortKey{{Col: 2}, {Col: 1}}, Start: 1, End: 3}, [][]*vec.Batch{rows}, false},
		{"inner join", join(physical.Inner), [][]*vec.Batch{rows[:8], right[:8]}, false},
		{"full join", join(physical.FullOuter), [][]*vec.Batch{rows[:8], right[:4]}, false},
		{"anti join", join(physical.Anti), [][]*vec.Batch{rows[:4], right[:8]}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, spilled := spillRun(t, c.spec, c.inputs, 0)
			if spilled != 0 {
				t.Errorf("spilled %d bytes without need", spilled)
			}
			got, spilled := spillRun(t, c.spec, c.inputs, 1<<20)
			if spilled == 0 {
				t.Error("did not spill")
			}
			if !c.ordered {
				slices.Sort(want)
				slices.Sort(got)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d rows, %d without spilling", len(got), len(want))
			}
		})
	}
}

// An error of the spill directory reaches the caller and names the directory.
func TestSpillFails(t *testing.T) {
	spec := &physical.Sort{Out: fields(spillTypes...), Keys: []rex.SortKey{{Col: 1}}, Fetch: -1}
	r, err := newRun(spec, env(true), &fakeClock{})
	if err != nil {
		t.Fatal(err)
	}
	r.ctx.Budget, r.ctx.TempDir = state.NewBudget(1), t.TempDir()+"/gone"
	for _, b := range spillRows(testSeed(t), 32, 10) {
		if err = r.op.Process(0, b, r); err != nil {
			break
		}
	}
	if err == nil {
		t.Fatal("no error")
	}
	if err := r.op.(exec.Closer).Close(); err != nil {
		t.Error(err)
	}
}
