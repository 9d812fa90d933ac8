package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Unnest is CROSS JOIN and LEFT JOIN UNNEST: a row for every element of a
// collection: the element of an ARRAY, or its fields if it is a ROW; key and value of a
// MAP; the element of a MULTISET as often as it is in it. WITH ORDINALITY numbers the
// elements of a row from 1. A NULL or empty collection gives no row, or with Outer one
// row of NULLs. Row kinds and watermarks pass. Stateless.
type Unnest struct {
	spec       *physical.Unnest
	outTypes   []types.Type
	collection *expr.Program
	cond       *expr.Program // nil = every element counts
	ctx        *expr.Ctx

	rows     []int32 // of the input
	elems    []int32 // of the collection's children, -1 = none
	ordinals []int32
}

// NewUnnest compiles the collection.
func NewUnnest(spec *physical.Unnest, reg expr.Registry) (*Unnest, error) {
	c, err := expr.Compile(spec.Collection, spec.In, reg)
	u := &Unnest{spec: spec, outTypes: outTypes(spec), collection: c}
	if err == nil && spec.Cond != nil {
		u.cond, err = expr.Compile(spec.Cond, u.outTypes, reg)
	}
	return u, err
}

// Open takes what the expression may know of the world.
func (u *Unnest) Open(ctx *exec.Context) error {
	u.ctx = exprContext(ctx)
	return nil
}

// Process unnests a batch.
func (u *Unnest) Process(_ int, b *vec.Batch, out exec.Out) error {
	v, err := u.collection.Eval(u.ctx, b)
	if err != nil {
		return err
	}
	for i := range b.Len {
		if err := u.row(b, v, i, out); err != nil {
			return err
		}
	}
	if u.cond != nil {
		if err := u.choose(b, v); err != nil {
			return err
		}
	}
	return u.emit(b, v, out)
}

// choose drops the listed elements that do not meet the condition. A row that has no
// other is listed without element, if rows without elements are kept.
func (u *Unnest) choose(b *vec.Batch, v *vec.Vec) error {
	if len(u.rows) == 0 {
		return nil
	}
	ok, err := u.cond.Eval(u.ctx, u.listed(b, v))
	if err != nil {
		return err
	}
	n, kept := 0, false
	for j, row := range u.rows {
		last := j+1 == len(u.rows) || u.rows[j+1] != row
		switch {
		case u.elems[j] >= 0 && isTrue(ok, j):
			u.elems[n], u.ordinals[n], kept = u.elems[j], u.ordinals[j], true
		case last && !kept && u.spec.Outer:
			u.elems[n], u.ordinals[n] = -1, -1
		default:
			kept = kept && !last
			continue
		}
		u.rows[n] = row
		n++
		kept = kept && !last
	}
	u.rows, u.elems, u.ordinals = u.rows[:n], u.elems[:n], u.ordinals[:n]
	return nil
}

// row lists the elements of row i.
func (u *Unnest) row(b *vec.Batch, v *vec.Vec, i int, out exec.Out) error {
	none := true
	if !v.IsNull(i) && v.Type.Kind != types.Null {
		n := int32(0)
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			times := int32(1)
			if v.Type.Kind == types.Multiset {
				times = v.Kids[1].Int32s()[k]
			} else if elem := v.Kids[0]; v.Type.Kind == types.Array && elem.Type.Kind == types.Row && elem.IsNull(int(k)) {
				times = 0 // Flink passes over rows that are NULL
			}
			for ; times > 0; times-- {
				none, n = false, n+1
				if err := u.put(b, v, int32(i), k, n, out); err != nil {
					return err
				}
			}
		}
	}
	if none && u.spec.Outer {
		return u.put(b, v, int32(i), -1, -1, out)
	}
	return nil
}

func (u *Unnest) put(b *vec.Batch, v *vec.Vec, row, elem, ordinal int32, out exec.Out) error {
	u.rows, u.elems, u.ordinals = append(u.rows, row), append(u.elems, elem), append(u.ordinals, ordinal)
	if len(u.rows) == vec.BatchSize && u.cond == nil {
		return u.emit(b, v, out)
	}
	return nil
}

// emit puts the listed rows out.
func (u *Unnest) emit(b *vec.Batch, v *vec.Vec, out exec.Out) error {
	if len(u.rows) == 0 {
		return nil
	}
	res := u.listed(b, v)
	u.rows, u.elems, u.ordinals = u.rows[:0], u.elems[:0], u.ordinals[:0]
	return out.Emit(res)
}

// listed gathers the listed rows.
func (u *Unnest) listed(b *vec.Batch, v *vec.Vec) *vec.Batch {
	res := b.Take(u.rows)
	want := len(u.outTypes)
	if u.spec.WithOrdinality {
		want--
	}
	var elems []*vec.Vec
	switch {
	case v.Type.Kind == types.Null: // a bare NULL: all columns are NULL
		for range want - len(res.Cols) {
			elems = append(elems, nullColumn(u.outTypes[len(res.Cols)+len(elems)], len(u.rows)))
		}
	case v.Type.Kind == types.Map:
		elems = takeAll(v.Kids, u.elems)
	case v.Kids[0].Type.Kind == types.Row && want-len(res.Cols) == len(v.Kids[0].Kids):
		elems = rowFields(vec.Take(v.Kids[0], u.elems))
	default:
		elems = []*vec.Vec{vec.Take(v.Kids[0], u.elems)}
	}
	res.Cols = append(res.Cols, elems...)
	if u.spec.WithOrdinality {
		o := vec.New(types.Int32, len(u.ordinals))
		for j, n := range u.ordinals {
			if o.Int32s()[j] = n; n < 0 {
				o.SetNull(j)
			}
		}
		res.Cols = append(res.Cols, o)
	}
	retype(res.Cols, u.outTypes)
	return res
}

// rowFields gives the fields of a ROW vector as columns, NULL where the row is NULL.
func rowFields(v *vec.Vec) []*vec.Vec {
	out := make([]*vec.Vec, len(v.Kids))
	for f, k := range v.Kids {
		c := *k
		c.Valid = vec.And(k.Valid, v.Valid, v.Len)
		out[f] = &c
	}
	return out
}

// nullColumn makes a column of NULLs.
func nullColumn(t types.Type, n int) *vec.Vec {
	b := vec.NewBuilder(t, n)
	for range n {
		b.Null()
	}
	return b.Finish()
}
