package expr

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Filter finds the rows for which a condition is TRUE. Its conjuncts are evaluated
// one after the other, each only on the rows that the ones before it left.
type Filter struct {
	tests []test
	run   *run
}

// test narrows a selection. sel is nil for all rows of b. The result is appended to
// dst, which may be sel[:0].
type test interface {
	narrow(r *run, b *vec.Batch, sel, dst []int32) ([]int32, error)
}

// CompileFilter makes the filter of a condition; nil lets every row pass. See Compile.
func CompileFilter(cond rex.Expr, in []types.Type, reg Registry) (*Filter, error) {
	parts := rex.Conjuncts(cond)
	return newCompiler(in, reg, parts...).filter(parts)
}

func (c *compiler) filter(parts []rex.Expr) (*Filter, error) {
	f := &Filter{run: &run{}}
	for _, p := range parts {
		if t := constTest(p); t != nil {
			f.tests = append(f.tests, t)
			continue
		}
		x, err := c.compile(p, false)
		if err != nil {
			return nil, err
		}
		f.tests = append(f.tests, &exprTest{x: x, refs: readings(p), lazy: c.fails(p)})
	}
	return f, nil
}

// Select gives the rows of b that pass, ascending: nil if all do, an empty slice if
// none does. buf is memory to use; it belongs to the result until the next call.
func (f *Filter) Select(ctx *Ctx, b *vec.Batch, buf []int32) ([]int32, error) {
	f.run.start(ctx, b)
	if cap(buf) < b.Len {
		buf = make([]int32, 0, max(b.Len, vec.BatchSize))
	}
	var sel []int32
	for _, t := range f.tests {
		next, err := t.narrow(f.run, b, sel, buf[:0])
		if err != nil {
			return nil, err
		}
		switch {
		case len(next) == b.Len:
			continue // still all rows
		case len(next) == 0:
			return buf[:0], nil
		}
		sel, buf = next, next
	}
	return sel, nil
}

// exprTest is a conjunct that is evaluated to truth values.
type exprTest struct {
	x    node
	refs []reading
	lazy bool
}

func (t *exprTest) narrow(r *run, b *vec.Batch, sel, dst []int32) ([]int32, error) {
	// Gathering costs a copy of each column, so a conjunct that cannot fail is computed
	// for all rows while most of them are left.
	if sel == nil || !t.lazy && 2*len(sel) >= b.Len {
		v, err := t.x.eval(r, b)
		if err != nil {
			return nil, err
		}
		return vec.SelectTrue(v, sel, dst), nil
	}
	v, err := t.x.eval(r, r.gather(b, sel, t.refs))
	if err != nil {
		return nil, err
	}
	truth := v.Bools()
	for j, i := range sel {
		if truth[j] && !v.IsNull(j) {
			dst = append(dst, i)
		}
	}
	return dst, nil
}

// columnTest compares a number column with a constant without making truth values.
type columnTest[T vec.Ordered] struct {
	col int
	op  vec.CompareOp
	c   T
}

func (t *columnTest[T]) narrow(_ *run, b *vec.Batch, sel, dst []int32) ([]int32, error) {
	v := b.Cols[t.col]
	if v.Valid != nil {
		return vec.SelectCompare(v, t.op, t.c, sel, dst), nil
	}
	vals := vec.Slice[T](v)
	if sel == nil {
		if cap(dst) < len(vals) {
			dst = make([]int32, 0, len(vals))
		}
		return dst[:selectAll(t.op, vals, t.c, dst[:len(vals)])], nil
	}
	return dst[:selectSome(t.op, vals, t.c, sel, dst[:len(sel)])], nil
}

// one turns a condition into a number without a jump.
func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// selectAll writes the rows that compare so into dst and counts them. Every row is
// written and counted only if it passes, so that there is no branch to mispredict.
func selectAll[T vec.Ordered](op vec.CompareOp, vals []T, c T, dst []int32) (k int) {
	dst = dst[:len(vals)]
	switch op {
	case vec.EQ:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x == c)
		}
	case vec.NE:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x != c)
		}
	case vec.LT:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x < c)
		}
	case vec.LE:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x <= c)
		}
	case vec.GT:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x > c)
		}
	default:
		for i, x := range vals {
			dst[k] = int32(i)
			k += one(x >= c)
		}
	}
	return k
}

// selectSome is selectAll among the rows sel; dst may be sel.
func selectSome[T vec.Ordered](op vec.CompareOp, vals []T, c T, sel, dst []int32) (k int) {
	switch op {
	case vec.EQ:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] == c)
		}
	case vec.NE:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] != c)
		}
	case vec.LT:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] < c)
		}
	case vec.LE:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] <= c)
		}
	case vec.GT:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] > c)
		}
	default:
		for _, i := range sel {
			dst[k] = i
			k += one(vals[i] >= c)
		}
	}
	return k
}

var compareOps = map[string][2]vec.CompareOp{ // of (column, constant), of (constant, column)
	"=": {vec.EQ, vec.EQ}, "<>": {vec.NE, vec.NE}, "<": {vec.LT, vec.GT}, "<=": {vec.LE, vec.GE},
	">": {vec.GT, vec.LT}, ">=": {vec.GE, vec.LE},
}

// constTest is the test of a comparison between a column and a constant of the same
// type; nil if the conjunct is something else.
func constTest(e rex.Expr) test {
	call, ok := e.(*rex.Call)
	if !ok || len(call.Args) != 2 {
		return nil
	}
	ops, ok := compareOps[call.Fn]
	if !ok {
		return nil
	}
	op := ops[0]
	ref, ok1 := call.Args[0].(*rex.Ref)
	lit, ok2 := call.Args[1].(*rex.Lit)
	if !ok1 || !ok2 {
		op = ops[1]
		ref, ok1 = call.Args[1].(*rex.Ref)
		lit, ok2 = call.Args[0].(*rex.Lit)
	}
	if !ok1 || !ok2 || !ref.T.Null().WithAttr(types.NoTimeAttr).Equal(lit.T.Null()) {
		return nil
	}
	switch v := lit.Value.(type) {
	case int64:
		switch vec.PhysOf(ref.T) {
		case vec.PhysI8:
			return &columnTest[int8]{ref.Index, op, int8(v)}
		case vec.PhysI16:
			return &columnTest[int16]{ref.Index, op, int16(v)}
		case vec.PhysI32:
			return &columnTest[int32]{ref.Index, op, int32(v)}
		case vec.PhysI64:
			return &columnTest[int64]{ref.Index, op, v}
		}
	case float64:
		if ref.T.Kind == types.Float {
			return &columnTest[float32]{ref.Index, op, float32(v)}
		}
		return &columnTest[float64]{ref.Index, op, v}
	}
	return nil
}
