package expr

import (
	"maps"
	"slices"

	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Ctx is what an evaluation may know besides its input: clock, zone, mode.
type Ctx = function.Ctx

// Registry finds the kernels of functions by their upper-case names.
type Registry interface {
	Scalar(name string) *function.Func // nil if there is none
}

// Program computes one expression.
type Program struct {
	root node
	run  run
}

// Compile makes the program of an expression over input columns of the types in. It
// fails with a *diag.Diagnostic if a function has no kernel or a constant argument
// (a pattern, a path) is wrong.
func Compile(e rex.Expr, in []types.Type, reg Registry) (*Program, error) {
	c := newCompiler(in, reg, e)
	root, err := c.compile(e, true)
	if err != nil {
		return nil, err
	}
	return &Program{root: root}, nil
}

// Eval computes the expression for every row of b. A plain column reference gives
// the column itself. A run-time error is a *diag.Diagnostic.
func (p *Program) Eval(ctx *Ctx, b *vec.Batch) (*vec.Vec, error) {
	p.run.start(ctx, b)
	return p.root.eval(&p.run, b)
}

// Projection computes several expressions over one input; deterministic
// subexpressions that occur more than once are computed once.
type Projection struct {
	roots []node
	refs  []reading // what any expression reads
	run   *run
	// after is the filter whose run this is: it has begun for the batch.
	after *Filter
}

// CompileProjection makes a projection. See Compile.
func CompileProjection(es []rex.Expr, in []types.Type, reg Registry) (*Projection, error) {
	return newCompiler(in, reg, es...).projection(es)
}

func (c *compiler) projection(es []rex.Expr) (*Projection, error) {
	p := &Projection{refs: readings(es...), run: &run{}}
	for _, e := range es {
		root, err := c.compile(e, true)
		if err != nil {
			return nil, err
		}
		p.roots = append(p.roots, root)
	}
	return p, nil
}

// Eval gives one vector per expression.
func (p *Projection) Eval(ctx *Ctx, b *vec.Batch) ([]*vec.Vec, error) {
	if p.after == nil || p.run.top != b {
		p.run.start(ctx, b)
	}
	return p.eval(b)
}

func (p *Projection) eval(b *vec.Batch) ([]*vec.Vec, error) {
	out := make([]*vec.Vec, len(p.roots))
	for i, r := range p.roots {
		v, err := r.eval(p.run, b)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// Batch computes the expressions into a batch that keeps the rows' kinds.
func (p *Projection) Batch(ctx *Ctx, b *vec.Batch) (*vec.Batch, error) {
	cols, err := p.Eval(ctx, b)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Len: b.Len, Cols: cols, Kinds: b.Kinds}, nil
}

// Selected computes the expressions for the rows sel of b, nil meaning all: it
// gathers only the columns that the expressions read.
func (p *Projection) Selected(ctx *Ctx, b *vec.Batch, sel []int32) (*vec.Batch, error) {
	if sel == nil || len(sel) == b.Len {
		return p.Batch(ctx, b)
	}
	if p.after == nil || p.run.top != b {
		return p.Batch(ctx, gather(b, sel, p.refs))
	}
	part := p.run.gather(b, sel, p.refs)
	cols, err := p.eval(part)
	if err != nil {
		return nil, err
	}
	return &vec.Batch{Len: part.Len, Cols: cols, Kinds: part.Kinds}, nil
}

// CompileCalc makes a filter, nil without a condition, and a projection of the rows it
// leaves, which share what both compute: Select comes first, then Selected of the same
// batch.
func CompileCalc(cond rex.Expr, es []rex.Expr, in []types.Type, reg Registry) (*Filter, *Projection, error) {
	if cond == nil {
		p, err := CompileProjection(es, in, reg)
		return nil, p, err
	}
	parts := rex.Conjuncts(cond)
	c := newCompiler(in, reg, append(slices.Clone(parts), es...)...)
	f, err := c.filter(parts)
	if err != nil {
		return nil, nil, err
	}
	p, err := c.projection(es)
	if err != nil {
		return nil, nil, err
	}
	p.run, p.after = f.run, f
	return f, p, nil
}

// reading is a column that expressions read: all of it, or some fields of a ROW.
type reading struct {
	col    int
	fields []int // nil = all of it
}

// readings lists what expressions read, by column.
func readings(es ...rex.Expr) []reading {
	whole, fields := map[int]bool{}, map[int]map[int]bool{}
	for _, e := range es {
		rex.Walk(e, func(e rex.Expr) bool {
			switch e := e.(type) {
			case *rex.Ref:
				whole[e.Index] = true
			case *rex.Field:
				if r, ok := e.X.(*rex.Ref); ok {
					if fields[r.Index] == nil {
						fields[r.Index] = map[int]bool{}
					}
					fields[r.Index][e.Index] = true
					return false
				}
			}
			return true
		})
	}
	out := make([]reading, 0, len(whole)+len(fields))
	for _, col := range rex.Refs(es...) {
		r := reading{col: col}
		if !whole[col] {
			r.fields = slices.Sorted(maps.Keys(fields[col]))
		}
		out = append(out, r)
	}
	return out
}

// take gathers rows of the column; fields that nobody reads are left out (nil).
func (r reading) take(v *vec.Vec, sel []int32) *vec.Vec {
	if r.fields == nil {
		return vec.Take(v, sel)
	}
	return vec.TakeFields(v, sel, r.fields)
}

// gather makes a batch of the rows sel that has the columns refs only; the others
// are nil.
func gather(b *vec.Batch, sel []int32, refs []reading) *vec.Batch {
	out := &vec.Batch{Len: len(sel), Cols: make([]*vec.Vec, len(b.Cols))}
	for _, r := range refs {
		out.Cols[r.col] = r.take(b.Cols[r.col], sel)
	}
	if b.Kinds != nil {
		out.Kinds = make([]vec.RowKind, len(sel))
		for j, i := range sel {
			out.Kinds[j] = b.Kinds[i]
		}
	}
	return out
}

// run is one evaluation over one batch.
type run struct {
	ctx   *Ctx
	top   *vec.Batch // the input batch
	gen   uint64     // counts evaluations, so that remembered results expire
	parts []part     // batches gathered from it or from each other, innermost last
}

// part is a batch that holds the rows sel of another.
type part struct {
	batch, of *vec.Batch
	sel       []int32
}

func (r *run) start(ctx *Ctx, b *vec.Batch) {
	r.ctx, r.top = ctx, b
	r.gen++
	clear(r.parts)
	r.parts = r.parts[:0]
}

// gather makes a part of b, with the columns refs.
func (r *run) gather(b *vec.Batch, sel []int32, refs []reading) *vec.Batch {
	out := gather(b, sel, refs)
	r.parts = append(r.parts, part{out, b, sel})
	return out
}

// rowsOf gives the rows of the input batch that a part holds, nil for all of it.
func (r *run) rowsOf(b *vec.Batch) []int32 {
	if b == r.top {
		return nil
	}
	for i := len(r.parts) - 1; i >= 0; i-- {
		p := r.parts[i]
		if p.batch != b {
			continue
		}
		rows := make([]int32, len(p.sel))
		copy(rows, p.sel)
		if above := r.rowsOf(p.of); above != nil {
			for j, k := range p.sel {
				rows[j] = above[k]
			}
		}
		return rows
	}
	return nil
}

// node computes one subexpression over the rows of b, which is the input batch or a
// gathered part of it.
type node interface {
	eval(r *run, b *vec.Batch) (*vec.Vec, error)
}
