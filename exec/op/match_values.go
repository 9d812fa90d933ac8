package op

import (
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// foundMatch is a match: the slots of its rows, how many of them each variable has, and
// its time.
type foundMatch struct {
	slots  []int32
	counts []int32
	at     int64
}

// of gives the rows of a variable, -1 = all.
func (f *foundMatch) of(v int) []int32 {
	if v < 0 {
		return f.slots
	}
	if v >= len(f.counts) {
		return nil
	}
	lo := int32(0)
	for _, n := range f.counts[:v] {
		lo += n
	}
	return f.slots[lo : lo+f.counts[v]]
}

// matchValues computes physical.RowValues.
type matchValues struct {
	spec  *physical.RowValues
	width int // columns of the input
	refs  []int
	exprs *expr.Projection
	aggs  []*matchAggregate // by value; nil = none
	slots []int32
	cols  []*vec.Vec
}

// matchAggregate is one aggregate over the rows of a variable.
type matchAggregate struct {
	args *expr.Projection
	refs []int
	set  *aggSet
	ids  []int32
}

func newMatchValues(spec *physical.RowValues, in []types.Type, reg expr.Registry, lib agg.Library) (*matchValues, error) {
	v := &matchValues{spec: spec, width: len(in), aggs: make([]*matchAggregate, len(spec.Values)), cols: make([]*vec.Vec, len(in)+len(spec.Values))}
	all := append([]types.Type(nil), in...)
	for i, x := range spec.Values {
		all = append(all, x.T)
		if x.Kind != physical.Aggregated {
			continue
		}
		a := &matchAggregate{refs: rex.Refs(x.Args...)}
		var err error
		if a.args, err = expr.CompileProjection(x.Args, in, reg); err != nil {
			return nil, err
		}
		ts := make([]types.Type, len(x.Args))
		for j, e := range x.Args {
			ts[j] = e.Type()
		}
		if a.set, err = newAggSet(lib, []rex.AggCall{x.Call}, ts, false); err != nil {
			return nil, err
		}
		v.aggs[i] = a
	}
	for _, c := range rex.Refs(spec.Exprs...) {
		if c < v.width {
			v.refs = append(v.refs, c)
		}
	}
	var err error
	v.exprs, err = expr.CompileProjection(spec.Exprs, all, reg)
	return v, err
}

// eval computes the expressions for matches. rows are the rows whose columns they see.
func (v *matchValues) eval(ctx *expr.Ctx, store *rowStore, rows []int32, found []foundMatch) ([]*vec.Vec, error) {
	for _, c := range v.refs {
		v.cols[c] = store.column(c, rows)
	}
	for i := range v.spec.Values {
		x := &v.spec.Values[i]
		col := &v.cols[v.width+i]
		switch x.Kind {
		case physical.Aggregated:
			var err error
			if *col, err = v.aggs[i].eval(ctx, store, x.Var, found); err != nil {
				return nil, err
			}
		case physical.MatchTime:
			*col = vec.New(x.T, len(found))
			for j := range found {
				(*col).Int64s()[j] = found[j].at
			}
		default:
			v.slots = scratch(v.slots, len(found))
			for j := range found {
				of := found[j].of(x.Var)
				switch at := len(of) - 1 - x.Offset; {
				case at < 0:
					v.slots[j] = -1
				case x.Kind == physical.FromFirst:
					v.slots[j] = of[x.Offset]
				default:
					v.slots[j] = of[at]
				}
			}
			*col = store.column(x.Col, v.slots)
		}
	}
	return v.exprs.Eval(ctx, vec.NewBatch(len(found), v.cols...))
}

// eval aggregates the rows of a variable, for each match.
func (a *matchAggregate) eval(ctx *expr.Ctx, store *rowStore, of int, found []foundMatch) (*vec.Vec, error) {
	groups := iota32(len(found))
	a.set.grow(len(found))
	var slots []int32
	a.ids = a.ids[:0]
	for j := range found {
		for _, slot := range found[j].of(of) {
			slots, a.ids = append(slots, slot), append(a.ids, int32(j))
		}
	}
	if len(slots) > 0 {
		in := &vec.Batch{Len: len(slots), Cols: make([]*vec.Vec, len(store.ts))}
		for _, c := range a.refs {
			in.Cols[c] = store.column(c, slots)
		}
		args, err := a.args.Eval(ctx, in)
		if err != nil {
			return nil, err
		}
		a.set.add(a.ids, args, nil)
	}
	res, err := a.set.result(groups)
	if err != nil {
		return nil, err
	}
	a.set.reset(groups)
	return res[0], nil
}

// isTrue reports whether row i of a BOOLEAN vector is TRUE.
func isTrue(v *vec.Vec, i int) bool { return !v.IsNull(i) && v.Bools()[i] }
