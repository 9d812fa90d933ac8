package agg

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec/expr/bitmap"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// row is one row of the model: the arguments as one vector of one row each.
type row []*vec.Vec

// model computes an aggregate the naive way: it keeps the rows of each group and,
// for a result, feeds those that are left to a fresh accumulator, one at a time and
// without retraction. That this single-group, add-only path is right is what
// TestFlinkAnswers shows; here many groups, selections, retractions, merges,
// partials and resets must agree with it.
type model struct {
	call rex.AggCall
	in   []types.Type
	rows [][]row
}

func (m *model) result(t *rapid.T, group int) string {
	acc, err := New(m.call, m.in, false)
	if err != nil {
		t.Fatal(err)
	}
	acc.Grow(1)
	for _, r := range m.rows[group] {
		acc.Add([]int32{0}, r, nil)
	}
	return text(t, acc, 0)
}

func text(t *rapid.T, acc Acc, id int32) string {
	v, err := acc.Result([]int32{id})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(canonical(v.Value(0)))
}

// calls are the functions and argument types under test. Floats are small integers,
// so that sums are exact whatever their order.
func calls() []rex.AggCall {
	var out []rex.AggCall
	flat := []types.Type{types.Int8, types.Int16, types.Int32, types.Int64, types.Float32, types.Float64,
		types.NewDecimal(10, 2), types.NewDecimal(30, 4), types.String, types.Bool, types.NewTimestamp(3), types.DateType,
		types.NewArray(types.Int32), types.Bytes}
	for _, e := range Entries() {
		for i, t := range flat {
			if i%3 != 0 && e.Name != "MIN" && e.Name != "SUM" && e.Name != "LAST_VALUE" && e.Name != "VAR_SAMP" {
				continue // these four see every type
			}
			args := []types.Type{t}
			lits := []*rex.Lit{nil, nil}
			switch e.Name {
			case "LISTAGG":
				args = append(args, types.String)
				lits[1] = &rex.Lit{Value: "|", T: types.String}
			case "JSON_OBJECTAGG", "JSON_OBJECTAGG_ABSENT_ON_NULL":
				args = []types.Type{types.String, t}
			case "PERCENTILE":
				args = append(args, types.Float64)
			}
			r, err := e.Infer(catalog.Call{Args: args, Lits: lits})
			if err != nil {
				continue
			}
			c := rex.AggCall{Fn: e.Name, Filter: -1, T: r.Result}
			c.Name = fmt.Sprint(r.Args)
			for i := range args {
				c.Args = append(c.Args, i)
			}
			argTypes[c.Fn+c.Name] = r.Args
			out = append(out, c)
			if e.Name != "PERCENTILE" && e.Name != "SINGLE_VALUE" {
				c.Distinct = true
				out = append(out, c)
			}
		}
	}
	return append(out, rex.AggCall{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull()})
}

var argTypes = map[string][]types.Type{}

func drawArg(t *rapid.T, typ types.Type, nth int, fn string) *vec.Vec {
	if nth == 1 && fn == "LISTAGG" {
		return vec.FromValues(typ, "|")
	}
	if nth == 1 && fn == "PERCENTILE" {
		return vec.FromValues(typ, 0.25)
	}
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return vec.FromValues(typ, nil)
	}
	small := rapid.IntRange(-4, 4).Draw(t, "value")
	switch vec.PhysOf(typ) {
	case vec.PhysBool:
		return vec.FromValues(typ, small > 0)
	case vec.PhysF32, vec.PhysF64:
		return vec.FromValues(typ, float64(small))
	case vec.PhysBytes:
		s := []string{"", "a", "ab", "b", "c,d"}[(small+4)%5]
		if typ.IsCharacter() {
			return vec.FromValues(typ, s)
		}
		if strings.HasPrefix(fn, "BITMAP_") {
			set := bitmap.New()
			for x := -4; x <= small; x += 2 {
				set.Add(uint32(int32(x)))
			}
			return vec.FromValues(typ, bitmap.Append(nil, set))
		}
		return vec.FromValues(typ, []byte(s))
	case vec.PhysList:
		return vec.FromValues(typ, []any{small, nil})
	}
	return vec.FromValues(typ, int64(small))
}

// TestAccumulatorsAgainstModel drives every function with random batches.
func TestAccumulatorsAgainstModel(t *testing.T) {
	for _, call := range calls() {
		name := fmt.Sprintf("%s distinct=%v %s", call.Fn, call.Distinct, call.Name)
		t.Run(name, func(t *testing.T) {
			for _, retract := range []bool{false, true} {
				if retract && Lookup(call.Fn).InsertOnly {
					continue
				}
				// DISTINCT keeps a value in the place of its first row even when that is
				// taken back and a later one stays; the model does not.
				if retract && call.Distinct && ordered(call.Fn) {
					continue
				}
				rapid.Check(t, func(t *rapid.T) { drive(t, call, retract) })
			}
		})
	}
}

// ordered says that the order of rows matters to a function.
func ordered(fn string) bool {
	return strings.HasSuffix(fn, "AGG") || strings.HasPrefix(fn, "JSON") || strings.HasSuffix(fn, "T_VALUE")
}

const groups = 4

func drive(t *rapid.T, call rex.AggCall, retract bool) {
	in := argTypes[call.Fn+call.Name]
	m := &model{call: call, in: in, rows: make([][]row, groups)}
	fresh := func() Acc {
		acc, err := New(call, in, retract)
		if err != nil {
			t.Fatal(err)
		}
		acc.Grow(1)
		acc.Grow(groups)
		return acc
	}
	acc := fresh()
	for range rapid.IntRange(1, 8).Draw(t, "steps") {
		target := acc
		// Through a local accumulator, its partial and a merge. There a row that comes
		// and goes at once leaves no trace, where it would take the place of an older one.
		local := rapid.Bool().Draw(t, "local") && !(retract && ordered(call.Fn))
		if local {
			target = fresh()
		}
		add(t, m, target, rapid.IntRange(0, 8).Draw(t, "adds"))
		if retract {
			takeBack(t, m, target)
		}
		if local {
			ids := []int32{2, 0, 3, 1}
			partial := target.Partial(ids)
			for c, p := range partial {
				if p.Phys() != vec.PhysOf(target.PartialTypes()[c]) || p.Len != groups {
					t.Fatalf("partial %d is %s with %d rows, want %s", c, p.Type, p.Len, target.PartialTypes()[c])
				}
			}
			acc.Merge(ids, stored(t, target.PartialTypes(), partial))
		}
		if rapid.IntRange(0, 4).Draw(t, "reset") == 0 {
			id := rapid.IntRange(0, groups-1).Draw(t, "group")
			acc.Reset([]int32{int32(id)})
			m.rows[id] = nil
		}
		if rapid.IntRange(0, 4).Draw(t, "restore") == 0 { // a snapshot and back
			next := fresh()
			ids := []int32{0, 1, 2, 3}
			next.Merge(ids, stored(t, acc.PartialTypes(), acc.Partial(ids)))
			acc = next
		}
		for g := range groups {
			if got, want := text(t, acc, int32(g)), m.result(t, g); got != want {
				t.Fatalf("group %d: %s, want %s of %s", g, got, want, dump(m.rows[g]))
			}
		}
		if acc.Bytes() < 0 {
			t.Fatalf("%d bytes", acc.Bytes())
		}
	}
}

// stored sends partials through the bytes of state and spill.
func stored(t *rapid.T, ts []types.Type, partial []*vec.Vec) []*vec.Vec {
	var rows vec.Rows
	codec := vec.NewRowCodec(ts)
	codec.Encode(partial, nil, groups, &rows)
	b := vec.NewBatchBuilder(ts, groups)
	if err := codec.DecodeAll(&rows, b.Cols); err != nil {
		t.Fatal(err)
	}
	out := make([]*vec.Vec, len(ts))
	for i, c := range b.Cols {
		out[i] = c.Finish()
	}
	return out
}

// add adds n rows, with or without a selection.
func add(t *rapid.T, m *model, acc Acc, n int) {
	var rs []row
	var ids []int32
	for range n {
		var r row
		for i, typ := range m.in {
			r = append(r, drawArg(t, typ, i, m.call.Fn))
		}
		id := rapid.IntRange(0, groups-1).Draw(t, "group")
		rs, ids = append(rs, r), append(ids, int32(id))
		m.rows[id] = append(m.rows[id], r)
	}
	apply(t, m, acc.Add, ids, rs)
}

// takeBack retracts some rows that are in the model, oldest first among equals.
func takeBack(t *rapid.T, m *model, acc Acc) {
	var rs []row
	var ids []int32
	for id := range m.rows {
		for range rapid.IntRange(0, 3).Draw(t, "retractions") {
			if len(m.rows[id]) == 0 {
				break
			}
			at := rapid.IntRange(0, len(m.rows[id])-1).Draw(t, "row")
			r := m.rows[id][at]
			oldest := slices.IndexFunc(m.rows[id], func(o row) bool { return dump([]row{o}) == dump([]row{r}) })
			m.rows[id] = slices.Delete(m.rows[id], oldest, oldest+1)
			rs, ids = append(rs, r), append(ids, int32(id))
		}
	}
	apply(t, m, acc.Retract, ids, rs)
}

// apply makes a batch of rows, with strangers among them if there is a selection.
func apply(t *rapid.T, m *model, fn func([]int32, []*vec.Vec, []int32), ids []int32, rs []row) {
	if len(ids) == 0 {
		return
	}
	selected := rapid.Bool().Draw(t, "selected")
	var sel []int32
	args := make([]*vec.Vec, len(m.in))
	for i, typ := range m.in {
		b := vec.NewBuilder(typ, len(rs))
		for j, r := range rs {
			if selected {
				b.From(drawArg(t, typ, i, m.call.Fn), 0)
			}
			if i == 0 && selected {
				sel = append(sel, int32(2*j+1))
			}
			b.From(r[i], 0)
		}
		args[i] = b.Finish()
	}
	if len(m.in) == 0 && selected {
		for j := range rs {
			sel = append(sel, int32(2*j+1))
		}
	}
	fn(ids, args, sel)
}

func dump(rs []row) string {
	s := ""
	for _, r := range rs {
		s += "("
		for _, v := range r {
			s += vec.FormatValue(v, 0) + " "
		}
		s += ") "
	}
	return s
}

// TestApproxCountDistinct checks the error of the sketch and that merging two is
// the same as counting all at once.
func TestApproxCountDistinct(t *testing.T) {
	call := rex.AggCall{Fn: "APPROX_COUNT_DISTINCT", Args: []int{0}, Filter: -1, T: types.Int64.NotNull()}
	for _, n := range []int{10, 500, 5000, 200_000} {
		whole, _ := New(call, []types.Type{types.Int64}, false)
		parts := [2]Acc{}
		for i := range parts {
			parts[i], _ = New(call, []types.Type{types.Int64}, false)
			parts[i].Grow(1)
		}
		whole.Grow(1)
		vals, ids := make([]int64, n), make([]int32, n)
		for i := range vals {
			vals[i] = int64(i) * 7
		}
		v := vec.FromSlice(types.Int64, vals, nil)
		whole.Add(ids, []*vec.Vec{v}, nil)
		whole.Add(ids, []*vec.Vec{v}, nil)
		parts[0].Add(ids[:n*2/3], []*vec.Vec{v.Slice(0, n*2/3)}, nil)
		parts[1].Add(ids[n/3:], []*vec.Vec{v.Slice(n/3, n-n/3)}, nil)
		parts[0].Merge([]int32{0}, parts[1].Partial([]int32{0}))
		a, _ := whole.Result([]int32{0})
		b, _ := parts[0].Result([]int32{0})
		got := a.Int64s()[0]
		if off := math.Abs(float64(got)/float64(n) - 1); off > 0.03 || n <= exactMax && off != 0 {
			t.Errorf("%d values counted as %d", n, got)
		}
		if b.Int64s()[0] != got {
			t.Errorf("%d values: merged %d, at once %d", n, b.Int64s()[0], got)
		}
	}
}

// TestNewRefuses asks for what there is not.
func TestNewRefuses(t *testing.T) {
	in := []types.Type{types.Int64}
	for fn, call := range map[string]rex.AggCall{
		`aggregate function "MEDIAN" not found`:       {Fn: "MEDIAN", Args: []int{0}},
		"APPROX_COUNT_DISTINCT cannot take rows back": {Fn: "APPROX_COUNT_DISTINCT", Args: []int{0}, T: types.Int64},
		"LISTAGG does not take an order of its rows":  {Fn: "LISTAGG", Args: []int{0}, OrderBy: []rex.SortKey{{}}},
	} {
		if _, err := New(call, in, true); err == nil || !strings.Contains(err.Error(), fn) {
			t.Errorf("%s: %v", fn, err)
		}
	}
	for fn, args := range map[string][]types.Type{
		"SUM": {types.String}, "AVG": {types.Bool}, "MIN": {types.Bytes}, "MAX": {types.NewArray(types.Int32)},
		"LISTAGG": {types.Int32}, "COUNT": {types.Int32, types.Int32}, "FIRST_VALUE": {}, "STDDEV": {types.DateType},
		"JSON_ARRAYAGG": {types.DateType}, "JSON_OBJECTAGG": {types.Int32, types.Int32}, "PERCENTILE": {types.Int32},
		"APPROX_COUNT_DISTINCT": {types.Bool},
	} {
		if r, err := Lookup(fn).Infer(catalog.Call{Args: args, Lits: make([]*rex.Lit, len(args))}); err == nil {
			t.Errorf("%s(%v) gives %s", fn, args, r.Result)
		}
	}
}
